//! What can be chosen about an ORC file.

use super::meta::OrcCompression;
use crate::{FormatError, Result};

/// Chooses how ORC files are written; the default is what Hive 2.3 and 3.1 read.
#[derive(Clone, Debug, PartialEq)]
pub struct OrcOptions {
    /// The codec of all streams (`orc.compress`).
    pub compression: OrcCompression,
    /// Level of zstd, 1 to 22.
    pub zstd_level: u8,
    /// Level of zlib, 1 to 9.
    pub zlib_level: u8,
    /// Bytes that are compressed at once (`orc.compress.size`), 1024 to 8388607.
    pub block_bytes: usize,
    /// Bytes of rows in a stripe before encoding, roughly (`orc.stripe.size`).
    pub stripe_bytes: usize,
    /// Rows of an index entry (`orc.row.index.stride`); 0 writes no index (`orc.create.index`).
    pub row_index_stride: usize,
    /// Columns with bloom filters (`orc.bloom.filter.columns`); a field of a struct is `a.b`.
    pub bloom_columns: Vec<String>,
    /// False positives of the bloom filters (`orc.bloom.filter.fpp`), between 0 and 1.
    pub bloom_fpp: f64,
    /// Most distinct values, as a share of all, of a text column that gets a dictionary
    /// (`orc.dictionary.key.threshold`); 0 never, 1 always.
    pub dictionary_threshold: f64,
    /// User metadata of the footer.
    pub user_metadata: Vec<(String, Vec<u8>)>,
}

impl Default for OrcOptions {
    fn default() -> Self {
        Self {
            compression: OrcCompression::Zlib,
            zstd_level: 1,
            zlib_level: 3,
            block_bytes: 256 << 10,
            stripe_bytes: 64 << 20,
            row_index_stride: 10_000,
            bloom_columns: Vec::new(),
            bloom_fpp: 0.05,
            dictionary_threshold: 0.8,
            user_metadata: Vec::new(),
        }
    }
}

impl OrcOptions {
    pub(super) fn check(&self) -> Result<()> {
        let problem = if matches!(self.compression, OrcCompression::Lzo | OrcCompression::Brotli) {
            "lzo and brotli are only read; use NONE, ZLIB, SNAPPY, LZ4 or ZSTD as orc.compress"
        } else if !(1..=22).contains(&self.zstd_level) {
            "the level of zstd must be 1 to 22"
        } else if !(1..=9).contains(&self.zlib_level) {
            "the level of zlib must be 1 to 9"
        } else if !(1024..1 << 23).contains(&self.block_bytes) {
            "orc.compress.size must be 1024 to 8388607"
        } else if self.stripe_bytes < 1024 {
            "orc.stripe.size must be at least 1024"
        } else if self.row_index_stride != 0 && !(1000..=1 << 24).contains(&self.row_index_stride) {
            "orc.row.index.stride must be 1000 to 16777216"
        } else if !(self.bloom_fpp > 0.0 && self.bloom_fpp < 1.0) {
            "orc.bloom.filter.fpp must be between 0 and 1"
        } else if !(0.0..=1.0).contains(&self.dictionary_threshold) {
            "orc.dictionary.key.threshold must be 0 to 1"
        } else {
            return Ok(());
        };
        Err(FormatError::config(problem))
    }
}
