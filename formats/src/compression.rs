//! Compression codecs: their names in table options, and one reusable compressor.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use crate::{FormatError, Result};

/// Names how the blocks of a file are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// Snappy, which every reader of Hive tables knows.
    #[default]
    Snappy,
    /// Gzip, level 6.
    Gzip,
    /// Zstandard; Hive before 4 cannot read it without native Hadoop libraries.
    Zstd(ZstdLevel),
    /// LZ4 blocks without any framing; not Hadoop's `LZ4`, which has its own.
    Lz4Raw,
}

/// Holds a zstd level from 1 to 22; 1 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZstdLevel(u8);

impl ZstdLevel {
    /// Takes a level.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is not from 1 to 22.
    pub fn new(level: u8) -> Result<Self> {
        if (1..=22).contains(&level) {
            Ok(Self(level))
        } else {
            Err(FormatError::config("zstd level must be 1 to 22").with("level", level))
        }
    }

    /// Returns the level.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for ZstdLevel {
    fn default() -> Self {
        Self(1)
    }
}

impl Compression {
    /// Returns the name that `parquet.compression` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "UNCOMPRESSED",
            Self::Snappy => "SNAPPY",
            Self::Gzip => "GZIP",
            Self::Zstd(_) => "ZSTD",
            Self::Lz4Raw => "LZ4_RAW",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads the value of a table option such as `parquet.compression`, in any case.
///
/// Source: parquet-mr `CompressionCodecName`, and `NONE` as in ORC's option.
impl FromStr for Compression {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.trim().to_ascii_uppercase().as_str() {
            "UNCOMPRESSED" | "NONE" | "" => Self::None,
            "SNAPPY" => Self::Snappy,
            "GZIP" => Self::Gzip,
            "ZSTD" => Self::Zstd(ZstdLevel::default()),
            "LZ4_RAW" => Self::Lz4Raw,
            "LZ4" => {
                return Err(FormatError::unsupported(
                    "hadoop's LZ4 framing is not supported, use LZ4_RAW, SNAPPY or ZSTD",
                ));
            }
            _ => {
                return Err(FormatError::config("unknown compression codec")
                    .with("codec", name)
                    .with("known", "UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW"));
            }
        })
    }
}

/// Compresses any number of blocks, one after another, with one codec context.
pub(crate) enum Compressor {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Gzip,
    Zstd(Box<zstd::bulk::Compressor<'static>>),
    Lz4Raw,
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}

impl Compressor {
    pub(crate) fn new(codec: Compression) -> Result<Self> {
        Ok(match codec {
            Compression::None => Self::None,
            Compression::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Gzip => Self::Gzip,
            Compression::Zstd(level) => {
                let context = zstd::bulk::Compressor::new(i32::from(level.get()));
                Self::Zstd(Box::new(context.map_err(|e| {
                    FormatError::internal("cannot make a zstd context").with_source(e)
                })?))
            }
            Compression::Lz4Raw => Self::Lz4Raw,
        })
    }

    /// Compresses `raw` into `block`, whose former content is dropped.
    ///
    /// With [`Compression::None`] the two are exchanged instead of copied, so `raw` must be cleared
    /// before it is used again in any case.
    pub(crate) fn compress(&mut self, raw: &mut Vec<u8>, block: &mut Vec<u8>) -> Result<()> {
        let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
            FormatError::internal("cannot compress a block").with_source(e)
        };
        block.clear();
        match self {
            Self::None => std::mem::swap(raw, block),
            Self::Snappy(encoder) => {
                block.resize(snap::raw::max_compress_len(raw.len()), 0);
                let len = encoder.compress(raw, block).map_err(|e| failed(e.into()))?;
                block.truncate(len);
            }
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(block, flate2::Compression::new(6));
                let written = encoder.write_all(raw).and_then(|()| encoder.finish().map(|_| ()));
                written.map_err(|e| failed(e.into()))?;
            }
            Self::Zstd(context) => {
                block.reserve(zstd::zstd_safe::compress_bound(raw.len()));
                context.compress_to_buffer(raw, block).map_err(|e| failed(e.into()))?;
            }
            Self::Lz4Raw => {
                block.resize(lz4_flex::block::get_maximum_output_size(raw.len()), 0);
                let len =
                    lz4_flex::block::compress_into(raw, block).map_err(|e| failed(e.into()))?;
                block.truncate(len);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_option_values() {
        for (text, codec) in [
            ("snappy", Compression::Snappy),
            ("None", Compression::None),
            ("uncompressed", Compression::None),
            ("gzip", Compression::Gzip),
            ("ZSTD", Compression::Zstd(ZstdLevel(1))),
            ("lz4_raw", Compression::Lz4Raw),
        ] {
            assert_eq!(text.parse::<Compression>().unwrap(), codec);
            assert_eq!(codec.to_string().parse::<Compression>().unwrap(), codec);
        }
        for (text, kind) in
            [("LZ4", crate::ErrorKind::Unsupported), ("brotli", crate::ErrorKind::Config)]
        {
            assert_eq!(text.parse::<Compression>().unwrap_err().kind(), kind);
        }
        assert!(ZstdLevel::new(0).is_err() && ZstdLevel::new(23).is_err());
    }
}
