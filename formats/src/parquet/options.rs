//! What can be chosen about a Parquet file.

use chrono_tz::Tz;

use crate::compression::Compression;
use crate::{FormatError, Result};

/// Chooses how Parquet files are written; the default is what Hive 2.3 and 3.1 read.
#[derive(Clone, Debug, PartialEq)]
pub struct ParquetOptions {
    /// The codec of all pages.
    pub compression: Compression,
    /// The physical type of timestamps.
    pub timestamp: ParquetTimestamp,
    /// The physical type of decimals.
    pub decimal: ParquetDecimal,
    /// Most rows in a page (most values, in nested columns); at least 1, rounded up to eights.
    pub page_rows: usize,
    /// Bytes of values in a page, roughly: pages get fewer rows if these are large.
    pub page_bytes: usize,
    /// Whether columns that repeat their values get a dictionary.
    pub dictionary: bool,
    /// Columns with bloom filters; a field of a struct is `a.b`.
    pub bloom_columns: Vec<String>,
    /// False positives of the bloom filters, between 0 and 1.
    pub bloom_fpp: f64,
    /// The zone whose wall clock a timestamp is taken for when it becomes INT96.
    ///
    /// Hive writes the point in time at which its own zone showed the timestamp. With UTC the wall
    /// clock is written as it is, which is what Spark, Trino and Hive in UTC expect.
    pub time_zone: Tz,
    /// The `created_by` of the footer: `NAME version NUMBER (build ID)`, or Hive and Spark do not trust the bounds of texts.
    ///
    /// Source: parquet-mr `VersionParser`, `CorruptStatistics`.
    pub created_by: String,
    /// Further key-value metadata of the footer.
    pub key_value_metadata: Vec<(String, String)>,
}

/// Names the physical type of timestamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParquetTimestamp {
    /// INT96: the only type Hive before 4 reads.
    #[default]
    Int96,
    /// INT64 in microseconds.
    Int64Micros,
    /// INT64 in milliseconds; finer digits are cut off.
    Int64Millis,
}

/// Names the physical type of decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParquetDecimal {
    /// Byte arrays of the least length, whatever the precision: the only type Hive before 4 reads.
    #[default]
    Legacy,
    /// INT32 up to 9 digits, INT64 up to 18, byte arrays beyond.
    Standard,
}

impl Default for ParquetOptions {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            timestamp: ParquetTimestamp::default(),
            decimal: ParquetDecimal::default(),
            page_rows: 20_000,
            page_bytes: 1 << 20,
            dictionary: true,
            bloom_columns: Vec::new(),
            bloom_fpp: 0.01,
            time_zone: Tz::UTC,
            created_by: concat!("skep version ", env!("CARGO_PKG_VERSION"), " (build skep)")
                .to_owned(),
            key_value_metadata: Vec::new(),
        }
    }
}

impl ParquetOptions {
    pub(super) fn check(&self) -> Result<()> {
        if self.page_rows == 0 || self.page_rows > 1 << 24 {
            return Err(FormatError::config("parquet page rows must be 1 to 16777216")
                .with("page rows", self.page_rows));
        }
        if !(self.bloom_fpp > 0.0 && self.bloom_fpp < 1.0) {
            return Err(FormatError::config("parquet bloom filters need an fpp between 0 and 1")
                .with("fpp", self.bloom_fpp));
        }
        if self.page_bytes == 0 || self.page_bytes > 1 << 30 {
            return Err(FormatError::config("parquet page bytes must be 1 to 1073741824")
                .with("page bytes", self.page_bytes));
        }
        Ok(())
    }
}
