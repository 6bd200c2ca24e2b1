//! Streams of compressed bytes: by the end of a file's name, and by the class name of Hadoop's codec.

use std::fmt;
use std::io::{self, Read};

use crate::{FormatError, Result};

/// Largest block of Hadoop's own framing that is unpacked; its writers make 256 KiB.
const BLOCK_BYTES: usize = 256 << 20;

/// Names how a whole stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamCodec {
    /// Not at all.
    None,
    /// Gzip with any number of members.
    Gzip,
    /// Zlib, which Hadoop calls deflate.
    Deflate,
    /// Bzip2 with any number of streams.
    Bzip2,
    /// Zstandard frames.
    Zstd,
    /// Snappy blocks in Hadoop's framing.
    Snappy,
    /// LZ4 blocks in Hadoop's framing.
    Lz4,
}

impl StreamCodec {
    /// Finds the codec of a text file by the end of its name.
    ///
    /// Source: Hadoop `CompressionCodecFactory`.
    pub fn of_name(name: &str) -> Self {
        let end = name.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
        match end.map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
            Some("gz") => Self::Gzip,
            Some("deflate") => Self::Deflate,
            Some("bz2") => Self::Bzip2,
            Some("zst" | "zstd") => Self::Zstd,
            Some("snappy") => Self::Snappy,
            Some("lz4") => Self::Lz4,
            _ => Self::None,
        }
    }

    /// Finds the codec of a sequence file or RCFile.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a class that is none of these.
    pub fn of_class(class: &str) -> Result<Self> {
        Ok(match class.rsplit('.').next().unwrap_or(class) {
            "GzipCodec" | "BuiltInGzipCodec" => Self::Gzip,
            "DefaultCodec" | "DeflateCodec" => Self::Deflate,
            "BZip2Codec" => Self::Bzip2,
            "ZStandardCodec" => Self::Zstd,
            "SnappyCodec" => Self::Snappy,
            "Lz4Codec" => Self::Lz4,
            _ => {
                return Err(FormatError::unsupported("unknown hadoop compression codec")
                    .with("class", class)
                    .with("known", "gzip, default, deflate, bzip2, zstandard, snappy, lz4"));
            }
        })
    }

    /// Returns what a text file's name ends in, with its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Deflate => ".deflate",
            Self::Bzip2 => ".bz2",
            Self::Zstd => ".zst",
            Self::Snappy => ".snappy",
            Self::Lz4 => ".lz4",
        }
    }

    /// Unpacks a stream.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the codec cannot be set up.
    pub(crate) fn unpack(self, input: impl Read + Send + 'static) -> Result<Unpacked> {
        let input = io::BufReader::with_capacity(128 << 10, input);
        Ok(Unpacked(match self {
            Self::None => Box::new(input),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Self::Deflate => Box::new(flate2::bufread::ZlibDecoder::new(input)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Self::Zstd => {
                let made = zstd::stream::read::Decoder::with_buffer(input);
                Box::new(made.map_err(|e| {
                    FormatError::internal("cannot make a zstd context").with_source(e)
                })?)
            }
            Self::Snappy => Box::new(HadoopBlocks::new(input, BlockCodec::Snappy)),
            Self::Lz4 => Box::new(HadoopBlocks::new(input, BlockCodec::Lz4)),
        }))
    }

    /// Unpacks a block that is in memory, to at most `limit` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the block is broken or larger.
    pub(crate) fn unpack_block(self, block: bytes::Bytes, limit: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut stream = self.unpack(io::Cursor::new(block))?.take(limit as u64 + 1);
        stream.read_to_end(&mut out).map_err(|e| {
            FormatError::data("cannot unpack a block")
                .with("codec", self.extension())
                .with_source(e)
        })?;
        if out.len() > limit {
            return Err(FormatError::data("a block is larger than it says").with("limit", limit));
        }
        Ok(out)
    }
}

/// Bytes that were compressed.
pub(crate) struct Unpacked(Box<dyn Read + Send>);

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked").finish_non_exhaustive()
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

#[derive(Clone, Copy, Debug)]
enum BlockCodec {
    Snappy,
    Lz4,
}

/// Reads Hadoop's framing: the length of a block, then pieces, each with its compressed length.
///
/// Source: Hadoop `BlockDecompressorStream`; all lengths are 32 bit and big-endian.
struct HadoopBlocks<R> {
    input: R,
    codec: BlockCodec,
    /// Bytes that the current block still gives.
    left: usize,
    piece: Vec<u8>,
    at: usize,
    packed: Vec<u8>,
}

fn bad(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.to_owned())
}

impl<R: Read> HadoopBlocks<R> {
    fn new(input: R, codec: BlockCodec) -> Self {
        Self { input, codec, left: 0, piece: Vec::new(), at: 0, packed: Vec::new() }
    }

    /// Reads a length, or nothing at the end of the stream.
    fn length(&mut self) -> io::Result<Option<usize>> {
        let mut bytes = [0; 4];
        let mut filled = 0;
        while filled < 4 {
            match self.input.read(&mut bytes[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => filled += n,
            }
        }
        let length = u32::from_be_bytes(bytes) as usize;
        if length > BLOCK_BYTES {
            return Err(bad("a hadoop block says it is larger than 256 MB"));
        }
        Ok(Some(length))
    }

    /// Unpacks the next piece; false at the end.
    fn next_piece(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            match self.length()? {
                Some(length) => self.left = length,
                None => return Ok(false),
            }
        }
        let packed = self.length()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.packed.clear();
        let read = (&mut self.input).take(packed as u64).read_to_end(&mut self.packed)?;
        if read < packed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = match self.codec {
            BlockCodec::Snappy => {
                let length = snap::raw::decompress_len(&self.packed).map_err(io::Error::other)?;
                if length > self.left {
                    return Err(bad("a hadoop block is larger than it says"));
                }
                self.piece.resize(length, 0);
                snap::raw::Decoder::new()
                    .decompress(&self.packed, &mut self.piece)
                    .map_err(io::Error::other)?
            }
            BlockCodec::Lz4 => {
                // A byte of a length stands for 255 bytes at most; the block may say anything.
                self.piece.resize(self.left.min(packed * 255 + 64), 0);
                lz4_flex::block::decompress_into(&self.packed, &mut self.piece)
                    .map_err(io::Error::other)?
            }
        };
        if length == 0 {
            return Err(bad("a hadoop block holds nothing"));
        }
        self.piece.truncate(length);
        self.left -= length.min(self.left);
        self.at = 0;
        Ok(true)
    }
}

impl<R: Read> Read for HadoopBlocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || (self.at == self.piece.len() && !self.next_piece()?) {
            return Ok(0);
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn names_and_classes_tell_the_codec() {
        assert_eq!(StreamCodec::of_name("dt=1.gz/000000_0"), StreamCodec::None);
        assert_eq!(StreamCodec::of_name("a/b.txt.BZ2"), StreamCodec::Bzip2);
        let class = "org.apache.hadoop.io.compress.SnappyCodec";
        assert_eq!(StreamCodec::of_class(class).unwrap(), StreamCodec::Snappy);
        assert!(StreamCodec::of_class("com.hadoop.compression.lzo.LzoCodec").is_err());
    }

    #[test]
    fn blocks_in_pieces_are_read_on() {
        let text = b"the same again, the same again, the same again";
        let packed = snap::raw::Encoder::new().compress_vec(text).unwrap();
        let mut stream = Vec::new();
        stream.extend(((text.len() * 2) as u32).to_be_bytes());
        for _ in 0..2 {
            stream.extend((packed.len() as u32).to_be_bytes());
            stream.extend(&packed);
        }
        let whole = StreamCodec::Snappy.unpack_block(stream.clone().into(), 1000).unwrap();
        assert_eq!(whole, [text.as_slice(), text].concat());
        assert!(StreamCodec::Snappy.unpack_block(stream.clone().into(), 50).is_err());
        stream.truncate(stream.len() - 1);
        assert!(StreamCodec::Snappy.unpack_block(stream.into(), 1000).is_err());
        let huge = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0];
        assert!(StreamCodec::Lz4.unpack_block(huge.to_vec().into(), 1000).is_err());
    }

    #[test]
    fn a_tiny_piece_takes_little_room_whatever_its_block_says() {
        let packed = lz4_flex::block::compress(b"some text");
        let mut stream = (BLOCK_BYTES as u32).to_be_bytes().to_vec();
        stream.extend((packed.len() as u32).to_be_bytes());
        stream.extend(packed);
        let mut blocks = HadoopBlocks::new(stream.as_slice(), BlockCodec::Lz4);
        let mut text = [0; 9];
        blocks.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"some text");
        assert!(blocks.piece.capacity() < 1 << 16, "{}", blocks.piece.capacity());
    }

    #[test]
    fn members_follow_each_other() {
        let mut stream = Vec::new();
        for text in ["one,", "two"] {
            let mut encoder =
                flate2::write::GzEncoder::new(&mut stream, flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap();
        }
        assert_eq!(StreamCodec::Gzip.unpack_block(stream.into(), 100).unwrap(), b"one,two");
    }
}
