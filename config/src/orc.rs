//! Options of the ORC files of a table.

use crate::parquet::ZstdLevel;
use crate::table_options::{OptionType, Reader, options};
use crate::units::ByteSize;
use crate::values::{Share, choice};

choice! {
    /// Compression of ORC streams.
    pub enum OrcCompression {
        /// No compression.
        None = "none" | "uncompressed",
        /// Deflate; every version of Hive reads it.
        Zlib = "zlib",
        /// Snappy; every version of Hive reads it.
        Snappy = "snappy",
        /// LZ4; Hive 3.1 and 4 read it.
        Lz4 = "lz4",
        /// Zstandard; Hive 2.3 and 3.1 do not read it.
        Zstd = "zstd",
    }
}

/// Names of columns, separated by commas; a field of a struct is `column.field`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnNames(pub Vec<String>);

impl OptionType for ColumnNames {
    fn accepts() -> String {
        "a list of columns, separated by commas".to_owned()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self(names.map(str::to_owned).collect()))
    }
    fn show(&self) -> String {
        self.0.join(",")
    }
    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

options! {
    /// How ORC files are written; the defaults are what Hive 2.3 and 3.1 read.
    pub struct OrcOptions in Sink {
        /// Compression of the streams. Hive reads `zstd` from 4 on.
        compress: OrcCompression = ["orc.compress"] default "zlib",
        /// Level of `zstd`.
        zstd_level: ZstdLevel = ["orc.compression.zstd.level"] default "1",
        /// Bytes that are compressed at once.
        compress_size: ByteSize = ["orc.compress.size"] default "256kb",
        /// Bytes of rows in memory that become one stripe, unless `write.memory` runs short before.
        stripe_size: ByteSize = ["orc.stripe.size"] default "64MB",
        /// Rows of an entry of the row index.
        row_index_stride: u32 = ["orc.row.index.stride"] default "10000",
        /// Whether there is a row index.
        create_index: bool = ["orc.create.index"] default "true",
        /// Columns with bloom filters.
        bloom_filter_columns: ColumnNames = ["orc.bloom.filter.columns"],
        /// Share of values for which a bloom filter says wrongly that they may be there.
        bloom_filter_fpp: Share = ["orc.bloom.filter.fpp"] default "0.05",
        /// A text column gets a dictionary if its distinct values are at most this share of all.
        dictionary_key_threshold: Share = [
            "orc.dictionary.key.threshold",
            "hive.exec.orc.dictionary.key.size.threshold"
        ] default "0.8",
    }
}

impl OrcOptions {
    /// Checks the values that are wrong whatever else is set.
    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        let stride = self.row_index_stride;
        for (key, wrong, message) in [
            (
                "orc.compress.size",
                !(1024..1 << 23).contains(&self.compress_size.0),
                "must be from 1kb to below 8MB",
            ),
            ("orc.stripe.size", self.stripe_size.0 < 1024, "must be at least 1kb"),
            (
                "orc.row.index.stride",
                stride != 0 && !(1000..=1 << 24).contains(&stride),
                "must be from 1000 to 16777216, or 0 for no index",
            ),
            (
                "orc.bloom.filter.fpp",
                !(self.bloom_filter_fpp.0 > 0.0 && self.bloom_filter_fpp.0 < 1.0),
                "must be above 0 and below 1",
            ),
        ] {
            if wrong {
                reader.refuse(key, message, "use another value, or leave it out");
            }
        }
    }
}
