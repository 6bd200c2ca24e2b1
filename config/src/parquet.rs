//! Options of the Parquet files of a table.

use crate::table_options::{OptionType, options};
use crate::units::ByteSize;
use crate::values::{ZoneName, choice};

choice! {
    /// Compression of Parquet pages.
    pub enum ParquetCompression {
        /// No compression.
        Uncompressed = "uncompressed" | "none",
        /// Snappy; every version of Hive reads it.
        Snappy = "snappy",
        /// gzip; every version of Hive reads it.
        Gzip = "gzip",
        /// Zstandard; Hive 2.3 and 3.1 read it only with Hadoop's native library.
        Zstd = "zstd",
        /// LZ4 without framing; Hive 2.3 and 3.1 do not read it.
        Lz4Raw = "lz4_raw",
    }
}

choice! {
    /// How a timestamp is stored in Parquet.
    pub enum ParquetTimestamp {
        /// 12 bytes; the only form that Hive 2.3 and 3.1 read as a timestamp.
        Int96 = "int96",
        /// Microseconds as an annotated 8 byte integer.
        Int64 = "int64" | "int64-micros",
        /// Milliseconds as an annotated 8 byte integer; finer digits are cut off.
        Int64Millis = "int64-millis",
    }
}

choice! {
    /// How a decimal is stored in Parquet.
    pub enum ParquetDecimal {
        /// Always as fixed-length bytes; the only form that Hive 2.3 and 3.1 read.
        Legacy = "legacy",
        /// As an integer if the precision allows it.
        Standard = "standard",
    }
}

/// Level of Zstandard, from 1 (fast) to 22 (small).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZstdLevel(pub u8);

impl OptionType for ZstdLevel {
    fn accepts() -> String {
        "a whole number from 1 to 22".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(level @ 1..=22) => Ok(Self(level)),
            _ => Err(format!("`{text}` is not {}", Self::accepts())),
        }
    }
    fn show(&self) -> String {
        self.0.to_string()
    }
}

options! {
    /// How Parquet files are written; the defaults are what Hive 2.3 and 3.1 read.
    pub struct ParquetOptions in Sink {
        /// Compression of the pages. Hive reads `zstd` and `lz4_raw` from 4 on; Trino 476 reads no
        /// `lz4_raw`.
        compression: ParquetCompression = ["parquet.compression"] default "snappy",
        /// Level of `zstd`.
        zstd_level: ZstdLevel = ["parquet.compression.codec.zstd.level"] default "1",
        /// Form of timestamps.
        timestamp: ParquetTimestamp = ["parquet.timestamp"] default "int96",
        /// Zone whose wall clock a timestamp is taken for when it becomes INT96. Hive takes the zone
        /// of its own machine; readers in UTC expect `UTC`.
        timestamp_zone: ZoneName = ["parquet.timestamp.time-zone"] default "UTC",
        /// Form of decimals.
        decimal: ParquetDecimal = ["parquet.decimal"] default "legacy",
        /// Largest size of a page before compression.
        page_size: ByteSize = ["parquet.page.size"] default "1MB",
        /// Whether columns that repeat their values get a dictionary.
        dictionary: bool = ["parquet.enable.dictionary"] default "true",
    }
}
