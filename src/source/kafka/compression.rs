//! Decompression of record batches into a block, behind what is there already.

use std::io::Read as _;

use formats::message::PADDING;

use crate::error::{Error, Result};

/// Bytes of one batch at most: a few bytes can claim to be any number.
const MAX_BATCH: usize = 256 << 20;
/// What zstd says when the room is too small. Source: `ZSTD_getErrorString`.
const TOO_SMALL: &str = "buffer is too small";
/// Bytes that a batch is guessed to have at least.
const MIN_GUESS: usize = 16 << 10;

/// A buffer that is filled from the front; what lies behind is of no interest and is never cleared.
#[derive(Debug, Default)]
pub(super) struct Filling {
    pub(super) bytes: Vec<u8>,
    pub(super) filled: usize,
}

impl Filling {
    /// Uses a buffer again.
    pub(super) fn new(bytes: Option<Vec<u8>>) -> Self {
        Self { bytes: bytes.unwrap_or_default(), filled: 0 }
    }

    /// Gives at least `room` bytes behind what is filled.
    pub(super) fn room(&mut self, room: usize) -> &mut [u8] {
        let wanted = self.filled + room;
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted.max(self.bytes.len() + self.bytes.len() / 2), 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// Gives the buffer with zeros behind what is filled and at its end; it is not cut, so that it is never cleared again.
    pub(super) fn padded(mut self) -> Vec<u8> {
        if let Some(padding) = self.room(PADDING).first_chunk_mut::<PADDING>() {
            padding.fill(0);
        }
        if let Some(end) = self.bytes.last_chunk_mut::<PADDING>() {
            end.fill(0);
        }
        self.bytes
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        if let Some(target) = self.room(bytes.len()).get_mut(..bytes.len()) {
            target.copy_from_slice(bytes);
            self.filled += bytes.len();
        }
    }
}

/// How a batch is compressed. Source: Kafka `CompressionType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Codec {
    /// Reads the codec from a batch's attributes.
    pub(super) fn of(attributes: i16) -> Result<Self> {
        Ok(match attributes & 7 {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            other => {
                return Err(Error::unsupported("a record batch has an unknown compression")
                    .with("number", other));
            }
        })
    }
}

/// Decompresses batches; keeps what is costly to make.
#[derive(Default)]
pub(super) struct Decompressor {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    snappy: snap::raw::Decoder,
    /// How many times larger the last batch was than its compressed form.
    ratio: usize,
}

impl std::fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decompressor").field("ratio", &self.ratio).finish_non_exhaustive()
    }
}

fn damaged(codec: Codec) -> Error {
    Error::data("a record batch cannot be decompressed").with("codec", format!("{codec:?}"))
}

fn too_large() -> Error {
    Error::data("a record batch has more than 256 MB when decompressed")
}

impl Decompressor {
    /// Appends what `input` is the compressed form of.
    ///
    /// # Errors
    /// `Data` if it is damaged or larger than 256 MB.
    pub(super) fn append(&mut self, codec: Codec, input: &[u8], out: &mut Filling) -> Result<()> {
        match codec {
            Codec::None => out.append(input),
            Codec::Gzip => {
                let failed = |e| damaged(codec).with_source(e);
                let mut reader =
                    flate2::read::MultiGzDecoder::new(input).take(MAX_BATCH as u64 + 1);
                let start = out.filled;
                loop {
                    let room = out.room(MIN_GUESS);
                    match reader.read(room).map_err(failed)? {
                        0 => break,
                        n => out.filled += n,
                    }
                }
                if out.filled - start > MAX_BATCH {
                    return Err(too_large());
                }
            }
            Codec::Snappy => self.snappy(input, out)?,
            Codec::Lz4 => lz4(input, out).ok_or_else(|| damaged(codec))?,
            Codec::Zstd => self.zstd(input, out)?,
        }
        Ok(())
    }

    /// Source: plain snappy, or the framing of xerial's `SnappyOutputStream` that Java clients use.
    fn snappy(&mut self, input: &[u8], out: &mut Filling) -> Result<()> {
        const MAGIC: &[u8] = b"\x82SNAPPY\0";
        let Some(mut rest) = input.strip_prefix(MAGIC).and_then(|rest| rest.get(8..)) else {
            return self.snappy_block(input, out);
        };
        let start = out.filled;
        while let Some((len, behind)) = rest.split_first_chunk::<4>() {
            let (block, behind) = behind
                .split_at_checked(u32::from_be_bytes(*len) as usize)
                .ok_or_else(|| damaged(Codec::Snappy))?;
            self.snappy_block(block, out)?;
            if out.filled - start > MAX_BATCH {
                return Err(too_large());
            }
            rest = behind;
        }
        Ok(())
    }

    fn snappy_block(&mut self, block: &[u8], out: &mut Filling) -> Result<()> {
        let failed = |e| damaged(Codec::Snappy).with_source(e);
        let len = snap::raw::decompress_len(block).map_err(failed)?;
        if len > MAX_BATCH {
            return Err(too_large());
        }
        let room = out.room(len);
        out.filled += self.snappy.decompress(block, room).map_err(failed)?;
        Ok(())
    }

    fn zstd(&mut self, input: &[u8], out: &mut Filling) -> Result<()> {
        let decompressor = match &mut self.zstd {
            Some(decompressor) => decompressor,
            none => none.insert(
                zstd::bulk::Decompressor::new()
                    .map_err(|e| Error::internal("cannot make a decompressor").with_source(e))?,
            ),
        };
        // Java's stream does not say how long the content is, so the room is guessed from the last batch.
        let mut guess = (input.len() * (self.ratio + 1)).max(MIN_GUESS);
        loop {
            let room = out.room(guess.min(MAX_BATCH));
            match decompressor.decompress_to_buffer(input, room) {
                Ok(len) => {
                    out.filled += len;
                    self.ratio = (len / input.len().max(1)).clamp(3, 64);
                    return Ok(());
                }
                Err(e) if !e.to_string().contains(TOO_SMALL) => {
                    return Err(damaged(Codec::Zstd).with_source(e));
                }
                Err(_) if guess < MAX_BATCH => guess *= 4,
                Err(_) => return Err(too_large()),
            }
        }
    }
}

/// Decompresses an LZ4 frame; `None` if it is damaged. Its checksums are left to the batch's own.
///
/// Source: the LZ4 frame format.
fn lz4(input: &[u8], out: &mut Filling) -> Option<()> {
    const MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
    let rest = input.strip_prefix(&MAGIC)?;
    let (flags, block_kind) = (*rest.first()?, *rest.get(1)?);
    let has = |bit: u8| flags >> bit & 1 == 1;
    let (independent, block_sums, sized, dictionary) = (has(5), has(4), has(3), has(0));
    let block_max = match block_kind >> 4 & 7 {
        kind @ 4..=7 => 1usize << (8 + 2 * kind),
        _ => return None,
    };
    let header = 2 + if sized { 8 } else { 0 } + if dictionary { 4 } else { 0 } + 1;
    let mut rest = rest.get(header..)?;
    let start = out.filled;
    loop {
        let (len, behind) = rest.split_first_chunk::<4>()?;
        let word = u32::from_le_bytes(*len);
        if word == 0 {
            return Some(());
        }
        let (block, behind) = behind.split_at_checked((word & 0x7fff_ffff) as usize)?;
        if word >> 31 == 1 {
            out.append(block);
        } else if independent {
            let room = out.room(block_max);
            out.filled += lz4_flex::block::decompress_into(block, room).ok()?;
        } else {
            // Blocks may refer to the 64 KB before them.
            out.room(block_max);
            let (done, room) = out.bytes.split_at_mut_checked(out.filled)?;
            let window = done.get(start.max(done.len().saturating_sub(64 << 10))..)?;
            out.filled += lz4_flex::block::decompress_into_with_dict(block, room, window).ok()?;
        }
        if out.filled - start > MAX_BATCH {
            return None;
        }
        rest = if block_sums { behind.get(4..)? } else { behind };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(codec: Codec, input: &[u8], expected: &[u8]) {
        let mut decompressor = Decompressor::default();
        let mut out = Filling::new(Some(vec![9; 10]));
        out.append(b"before");
        for _ in 0..2 {
            decompressor.append(codec, input, &mut out).unwrap();
        }
        let all = [b"before", expected, expected].concat();
        assert_eq!(out.bytes[..out.filled], all, "{codec:?}");
        for cut in (0..input.len().min(200)).step_by(7) {
            let mut out = Filling::new(None);
            // No panic, and no more than there is.
            drop(decompressor.append(codec, &input[..cut], &mut out));
            assert!(out.filled <= expected.len());
        }
    }

    fn text() -> Vec<u8> {
        (0..60_000u32).flat_map(|n| (n / 7).to_string().into_bytes()).collect()
    }

    #[test]
    fn every_codec_appends_what_it_was_made_of() {
        let text = text();
        check(Codec::None, b"abc", b"abc");
        check(Codec::Zstd, &zstd::bulk::compress(&text, 1).unwrap(), &text);
        let mut streamed = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        std::io::Write::write_all(&mut streamed, &text).unwrap();
        check(Codec::Zstd, &streamed.finish().unwrap(), &text);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &text).unwrap();
        check(Codec::Gzip, &gzip.finish().unwrap(), &text);
        check(Codec::Snappy, &snap::raw::Encoder::new().compress_vec(&text).unwrap(), &text);
        let mut xerial = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
        for part in text.chunks(32 << 10) {
            let block = snap::raw::Encoder::new().compress_vec(part).unwrap();
            xerial.extend((block.len() as u32).to_be_bytes());
            xerial.extend(block);
        }
        check(Codec::Snappy, &xerial, &text);
    }

    #[test]
    fn lz4_frames_may_have_linked_stored_and_checked_blocks() {
        let text = text();
        // Independent blocks of 64 KB, as Java clients and librdkafka write them.
        let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
        for part in text.chunks(64 << 10) {
            let block = lz4_flex::block::compress(part);
            frame.extend((block.len() as u32).to_le_bytes());
            frame.extend(block);
        }
        frame.extend([0; 4]);
        check(Codec::Lz4, &frame, &text);
        // Linked blocks with checksums, the first one stored.
        let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0x50, 0x40, 0xff];
        let mut before: &[u8] = &[];
        for (n, part) in text.chunks(60_000).enumerate() {
            if n == 0 {
                frame.extend((part.len() as u32 | 1 << 31).to_le_bytes());
                frame.extend(part);
            } else {
                let block = lz4_flex::block::compress_with_dict(part, before);
                frame.extend((block.len() as u32).to_le_bytes());
                frame.extend(block);
            }
            frame.extend([1, 2, 3, 4]);
            before = part;
        }
        frame.extend([0; 4]);
        check(Codec::Lz4, &frame, &text);
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = zstd::bulk::compress(&vec![0; MAX_BATCH + 1], 1).unwrap();
        let error = Decompressor::default().append(Codec::Zstd, &zeros, &mut Filling::new(None));
        assert_eq!(error.unwrap_err().kind(), crate::error::Kind::Data);
    }
}
