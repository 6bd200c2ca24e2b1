//! Blocks: how the streams of a file are compressed.
//!
//! A compressed stream is a row of blocks, each with a header of 3 bytes: its length, and whether
//! it is stored as it was. Without compression a stream has no headers.

use std::fmt;
use std::io::Read as _;

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::lzo;
use super::meta::OrcCompression;
use super::options::OrcOptions;
use crate::{FormatError, Result};

/// Length of a block's header.
pub(super) const HEADER: usize = 3;
/// Largest block that the header can tell.
pub(super) const MAX_BLOCK: u64 = 1 << 23;

/// Compresses any number of streams with one codec context.
pub(super) struct Compressor {
    codec: Codec,
    block_bytes: usize,
    block: Vec<u8>,
}

enum Codec {
    None,
    Zlib(Compress),
    Snappy(Box<snap::raw::Encoder>),
    Lz4,
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").field("block_bytes", &self.block_bytes).finish_non_exhaustive()
    }
}

/// Tells where the blocks of a compressed stream begin, so that positions can be given.
#[derive(Debug, Default)]
pub(super) struct BlockMap {
    /// Starts in the compressed stream; empty without compression.
    starts: Vec<u64>,
    block_bytes: usize,
}

impl BlockMap {
    /// Appends the position of a byte of the stream before compression.
    pub(super) fn position(&self, offset: usize, positions: &mut Vec<u64>) {
        if self.block_bytes == 0 {
            positions.push(offset as u64);
            return;
        }
        let block = offset / self.block_bytes;
        // At the very end of the stream there is no block any more.
        let start = self.starts.get(block).or(self.starts.last()).copied().unwrap_or(0);
        positions.push(start);
        positions.push((offset % self.block_bytes) as u64);
    }
}

impl Compressor {
    pub(super) fn new(options: &OrcOptions) -> Result<Self> {
        let codec = match options.compression {
            OrcCompression::None => Codec::None,
            OrcCompression::Zlib => {
                let level = flate2::Compression::new(u32::from(options.zlib_level));
                Codec::Zlib(Compress::new(level, false))
            }
            OrcCompression::Snappy => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
            OrcCompression::Lz4 => Codec::Lz4,
            OrcCompression::Zstd => {
                let context = zstd::bulk::Compressor::new(i32::from(options.zstd_level));
                Codec::Zstd(Box::new(context.map_err(|e| {
                    FormatError::internal("cannot make a zstd context").with_source(e)
                })?))
            }
            OrcCompression::Lzo | OrcCompression::Brotli => {
                return Err(FormatError::unsupported("lzo and brotli in orc files are only read"));
            }
        };
        Ok(Self { codec, block_bytes: options.block_bytes, block: Vec::new() })
    }

    /// Appends a whole stream as blocks; tells where they are.
    pub(super) fn put(&mut self, stream: &[u8], out: &mut Vec<u8>) -> Result<BlockMap> {
        if matches!(self.codec, Codec::None) {
            out.extend_from_slice(stream);
            return Ok(BlockMap::default());
        }
        let mut map = BlockMap { starts: Vec::new(), block_bytes: self.block_bytes };
        let base = out.len();
        for block in stream.chunks(self.block_bytes) {
            map.starts.push((out.len() - base) as u64);
            self.codec.compress(block, &mut self.block)?;
            let original = self.block.len() >= block.len();
            let stored = if original { block } else { &self.block };
            let header = (stored.len() as u32) << 1 | u32::from(original);
            out.extend_from_slice(&header.to_le_bytes()[..HEADER]);
            out.extend_from_slice(stored);
        }
        // Where the stream ends on a block's border, a position may point behind the last block.
        if stream.len().is_multiple_of(self.block_bytes) {
            map.starts.push((out.len() - base) as u64);
        }
        Ok(map)
    }
}

fn failed(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FormatError {
    FormatError::internal("cannot compress an orc block").with_source(e)
}

impl Codec {
    /// Replaces `out` by the compressed block; what does not get smaller may come in any length
    /// that is not smaller.
    fn compress(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        match self {
            Self::None => out.extend_from_slice(block),
            Self::Zlib(context) => {
                context.reset();
                out.resize(block.len(), 0);
                let status = context.compress(block, out, FlushCompress::Finish).map_err(failed)?;
                if status == Status::StreamEnd {
                    out.truncate(context.total_out() as usize);
                }
            }
            Self::Snappy(encoder) => {
                out.resize(snap::raw::max_compress_len(block.len()), 0);
                let len = encoder.compress(block, out).map_err(failed)?;
                out.truncate(len);
            }
            Self::Lz4 => {
                out.resize(lz4_flex::block::get_maximum_output_size(block.len()), 0);
                let len = lz4_flex::block::compress_into(block, out).map_err(failed)?;
                out.truncate(len);
            }
            Self::Zstd(context) => {
                out.reserve(zstd::zstd_safe::compress_bound(block.len()));
                context.compress_to_buffer(block, out).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Bytes of a brotli block that are read at once.
const BROTLI_BUFFER: usize = 4096;
/// First seven bits of a brotli stream with a "large window": an extension, for which a decoder takes up to a gigabyte.
///
/// Source: RFC 7932, section 9.1: the pattern is invalid.
const LARGE_WINDOW: u8 = 0x11;

/// Bytes of output that are made room for at first, for each byte of a block: a file of many tiny blocks must not cost a largest
/// block for each of them.
const EXPECTED: usize = 32;

/// Decompresses blocks of one codec.
pub(super) struct Decompressor {
    codec: Decoder,
    /// Most bytes of a block after decompression.
    block_bytes: usize,
}

enum Decoder {
    None,
    Zlib(Decompress),
    Snappy(snap::raw::Decoder),
    Lzo,
    Lz4,
    Zstd(Box<zstd::bulk::Decompressor<'static>>),
    Brotli,
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor").finish_non_exhaustive()
    }
}

impl Decompressor {
    /// Makes a decompressor for blocks of at most `block_bytes` bytes.
    pub(super) fn new(codec: OrcCompression, block_bytes: u64) -> Result<Self> {
        if codec != OrcCompression::None && (block_bytes == 0 || block_bytes > MAX_BLOCK) {
            return Err(FormatError::data("orc file has blocks of an impossible size")
                .with("bytes", block_bytes));
        }
        let codec = match codec {
            OrcCompression::None => Decoder::None,
            OrcCompression::Zlib => Decoder::Zlib(Decompress::new(false)),
            OrcCompression::Snappy => Decoder::Snappy(snap::raw::Decoder::new()),
            OrcCompression::Lzo => Decoder::Lzo,
            OrcCompression::Lz4 => Decoder::Lz4,
            OrcCompression::Brotli => Decoder::Brotli,
            OrcCompression::Zstd => {
                let context = zstd::bulk::Decompressor::new();
                Decoder::Zstd(Box::new(context.map_err(|e| {
                    FormatError::internal("cannot make a zstd context").with_source(e)
                })?))
            }
        };
        Ok(Self { codec, block_bytes: block_bytes as usize })
    }

    /// Tells whether streams have blocks at all.
    pub(super) fn has_blocks(&self) -> bool {
        !matches!(self.codec, Decoder::None)
    }

    /// Appends the next block of `stream` to `out`; returns how many bytes of `stream` it took.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the block is broken or too large.
    pub(super) fn block(&mut self, stream: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        let broken = || FormatError::data("a block of an orc stream is broken");
        let Some((header, rest)) = stream.split_first_chunk::<HEADER>() else {
            return Err(broken().with("why", "its header is cut off"));
        };
        let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let len = (header >> 1) as usize;
        let block = rest.get(..len).ok_or_else(|| broken().with("why", "it is cut off"))?;
        let start = out.len();
        let original = header & 1 == 1;
        if original {
            if len > self.block_bytes {
                return Err(broken().with("why", "it is too long"));
            }
            out.extend_from_slice(block);
            return Ok(HEADER + len);
        }
        self.decompress(block, start, out).map_err(|e| broken().with_source(e))?;
        Ok(HEADER + len)
    }

    fn decompress(
        &mut self,
        block: &[u8],
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let limit = self.block_bytes;
        let expected = limit.min(block.len() * EXPECTED + HEADER);
        match &mut self.codec {
            Decoder::None => out.extend_from_slice(block),
            Decoder::Snappy(decoder) => {
                let len = snap::raw::decompress_len(block)?;
                if len > limit {
                    return Err("it is longer than the file's blocks".into());
                }
                out.resize(start + len, 0);
                decoder.decompress(block, &mut out[start..])?;
            }
            Decoder::Zlib(decoder) => inflate(decoder, block, (expected, limit), start, out)?,
            Decoder::Lz4 => {
                // A byte of a length stands for 255 bytes at most.
                out.resize(start + limit.min(block.len() * 255 + 64), 0);
                let len = lz4_flex::block::decompress_into(block, &mut out[start..])?;
                out.truncate(start + len);
            }
            Decoder::Lzo => lzo::decompress(block, limit, out)?,
            Decoder::Brotli => {
                if block.first().is_some_and(|first| first & 0x7f == LARGE_WINDOW) {
                    return Err("its window is larger than brotli's standard allows".into());
                }
                let most = limit as u64 + 1;
                brotli::Decompressor::new(block, BROTLI_BUFFER).take(most).read_to_end(out)?;
                if out.len() - start > limit {
                    return Err("it is longer than the file's blocks".into());
                }
            }
            Decoder::Zstd(context) => {
                let told = zstd::zstd_safe::get_frame_content_size(block).ok().flatten();
                let told = told.and_then(|told| usize::try_from(told).ok());
                out.resize(start + told.unwrap_or(expected).min(limit), 0);
                let len = context.decompress_to_buffer(block, &mut out[start..]).or_else(|e| {
                    if out.len() == start + limit {
                        return Err(e);
                    }
                    out.resize(start + limit, 0);
                    context.decompress_to_buffer(block, &mut out[start..])
                })?;
                out.truncate(start + len);
            }
        }
        Ok(())
    }

    /// Decompresses a whole stream of metadata of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Self::block`], and if it is longer.
    pub(super) fn whole(&mut self, mut stream: &[u8], limit: usize) -> Result<Vec<u8>> {
        if !self.has_blocks() {
            return Ok(stream.to_vec());
        }
        let mut out = Vec::new();
        while !stream.is_empty() {
            let taken = self.block(stream, &mut out)?;
            stream = &stream[taken..];
            if out.len() > limit {
                return Err(FormatError::data("orc metadata is too large").with("limit", limit));
            }
        }
        Ok(out)
    }
}

/// Appends an inflated block, at most `limit` bytes; room grows from what is `expected` as it is needed.
fn inflate(
    decoder: &mut Decompress,
    block: &[u8],
    (expected, limit): (usize, usize),
    start: usize,
    out: &mut Vec<u8>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    decoder.reset(false);
    let mut room = expected;
    loop {
        out.resize(start + room, 0);
        let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
        let flush = if room == limit && read == 0 {
            FlushDecompress::Finish
        } else {
            FlushDecompress::None
        };
        let status = decoder.decompress(&block[read..], &mut out[start + written..], flush)?;
        let written = decoder.total_out() as usize;
        if status == Status::StreamEnd {
            out.truncate(start + written);
            return Ok(());
        }
        if written < room || room == limit {
            return Err("it does not end where it should".into());
        }
        room = limit.min(room * 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brotli is not written; its blocks are made here.
    #[test]
    fn blocks_of_brotli_are_read_up_to_the_files_limit() {
        let text = "brotli ".repeat(500);
        let mut packed = Vec::new();
        let mut encoder = brotli::CompressorReader::new(text.as_bytes(), 4096, 5, 20);
        encoder.read_to_end(&mut packed).unwrap();
        let header = (packed.len() as u32) << 1;
        packed.splice(0..0, header.to_le_bytes()[..HEADER].iter().copied());
        for (limit, fits) in [(text.len(), true), (text.len() - 1, false)] {
            let mut decompressor = Decompressor::new(OrcCompression::Brotli, limit as u64).unwrap();
            let mut out = b"before".to_vec();
            let read = decompressor.block(&packed, &mut out);
            assert_eq!(read.is_ok_and(|taken| taken == packed.len()), fits, "{limit}");
            assert!(!fits || out == format!("before{text}").into_bytes());
        }
    }

    /// An extension of brotli, for which a decoder takes up to a gigabyte at once.
    #[test]
    fn a_large_window_of_brotli_is_refused() {
        let packed = [&[16, 0, 0, 0x11, 0x9e][..], &[0; 6]].concat();
        let mut decompressor = Decompressor::new(OrcCompression::Brotli, 1 << 18).unwrap();
        let error = decompressor.block(&packed, &mut Vec::new()).unwrap_err();
        assert!(format!("{error:?}").contains("window"), "{error:?}");
    }

    #[test]
    fn a_tiny_block_takes_little_room_and_grows_where_it_must() {
        let small = b"abcabcabcabcabcabc".to_vec();
        let large = vec![7; 1 << 20];
        for compression in [OrcCompression::Zlib, OrcCompression::Lz4, OrcCompression::Zstd] {
            let options = OrcOptions { compression, block_bytes: 1 << 20, ..Default::default() };
            let mut compressor = Compressor::new(&options).unwrap();
            let mut decompressor = Decompressor::new(compression, 1 << 20).unwrap();
            for (stream, room) in [(&small, 64 << 10), (&large, 4 << 20)] {
                let (mut packed, mut out) = (Vec::new(), Vec::new());
                compressor.put(stream, &mut packed).unwrap();
                assert_eq!(decompressor.block(&packed, &mut out).unwrap(), packed.len());
                assert!(out == *stream, "{compression:?}");
                assert!(out.capacity() <= room, "{compression:?}: {}", out.capacity());
                // The last byte is missing.
                let len = (packed.len() as u32 - 4) << 1;
                packed[..HEADER].copy_from_slice(&len.to_le_bytes()[..HEADER]);
                packed.pop();
                assert!(decompressor.block(&packed, &mut out).is_err(), "{compression:?}");
            }
            let mut shorter = Decompressor::new(compression, 1000).unwrap();
            let mut packed = Vec::new();
            compressor.put(&large, &mut packed).unwrap();
            assert!(shorter.block(&packed, &mut Vec::new()).is_err(), "{compression:?}");
        }
    }

    #[test]
    fn every_codec_comes_back() {
        let mut stream: Vec<u8> = (0..100_000u32).flat_map(|i| (i / 7).to_le_bytes()).collect();
        stream.extend((0..3000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8));
        for compression in [
            OrcCompression::None,
            OrcCompression::Zlib,
            OrcCompression::Snappy,
            OrcCompression::Lz4,
            OrcCompression::Zstd,
        ] {
            let options = OrcOptions { compression, block_bytes: 1 << 16, ..Default::default() };
            let mut out = Vec::new();
            Compressor::new(&options).unwrap().put(&stream, &mut out).unwrap();
            let mut decompressor = Decompressor::new(compression, 1 << 16).unwrap();
            assert_eq!(decompressor.whole(&out, usize::MAX).unwrap(), stream, "{compression:?}");
            for len in [1, 2, 3, out.len() - 1] {
                let cut = decompressor.whole(&out[..len], usize::MAX);
                assert_eq!(cut.is_ok(), compression == OrcCompression::None);
            }
        }
    }
}
