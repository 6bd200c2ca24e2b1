//! Data files of a table in whatever format it has: one encoder, one kind of open file.

use ::parquet::file::reader::ChunkReader;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use bytes::Bytes;

use crate::orc::{OpenOrcFile, OrcBatches, OrcEncoder, OrcFile, OrcOptions, OrcRead};
use crate::parquet::{Batches, Encoder, OpenFile, ParquetOptions};
use crate::types::HiveType;
use crate::{FileStats, FormatError, Result};

/// Rows of a full row group of Parquet.
const PARQUET_ROWS: usize = 131_072;
/// Buffered bytes of a full row group of Parquet.
const PARQUET_BYTES: usize = 48 << 20;
/// Most rows that wait to become a stripe of ORC.
const ORC_ROWS: usize = 1 << 20;

/// Chooses the format of data files and how they are written.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoding {
    /// Parquet.
    Parquet(ParquetOptions),
    /// ORC.
    Orc(OrcOptions),
}

impl Encoding {
    /// Returns the ending of the files' names.
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Parquet(_) => "parquet",
            Self::Orc(_) => "orc",
        }
    }

    /// Returns how many rows, and bytes of rows in memory, make a full row group or stripe.
    pub fn full(&self) -> (usize, usize) {
        match self {
            Self::Parquet(_) => (PARQUET_ROWS, PARQUET_BYTES),
            Self::Orc(options) => (ORC_ROWS, options.stripe_bytes),
        }
    }

    /// Returns the same for rows that were read from such files.
    ///
    /// Timestamps that were shifted to a zone when they were written are not shifted again.
    #[must_use]
    pub fn of_read_rows(&self) -> Self {
        match self {
            Self::Parquet(options) => {
                Self::Parquet(ParquetOptions { time_zone: chrono_tz::Tz::UTC, ..options.clone() })
            }
            Self::Orc(options) => Self::Orc(options.clone()),
        }
    }
}

/// Encodes rows for any number of open files of one format; see [`Encoder`] and [`OrcEncoder`].
#[derive(Debug)]
pub enum FileEncoder {
    /// Parquet.
    Parquet(Box<Encoder>),
    /// ORC.
    Orc(Box<OrcEncoder>),
}

/// Keeps what a file needs until its footer is written.
#[derive(Debug)]
pub enum OpenDataFile {
    /// Parquet.
    Parquet(OpenFile),
    /// ORC.
    Orc(OpenOrcFile),
}

impl OpenDataFile {
    /// Returns about how many bytes of memory the file holds until it is finished.
    pub fn memory(&self) -> usize {
        match self {
            Self::Parquet(file) => file.memory(),
            Self::Orc(file) => file.memory(),
        }
    }
}

impl FileEncoder {
    /// Makes an encoder for files of one schema; `hive_types` tells `char` and `varchar` apart.
    ///
    /// # Errors
    /// As [`Encoder::new`] and [`OrcEncoder::new`].
    pub fn new(
        schema: &Schema,
        hive_types: Option<&[HiveType]>,
        encoding: &Encoding,
    ) -> Result<Self> {
        Ok(match encoding {
            Encoding::Parquet(options) => {
                Self::Parquet(Box::new(Encoder::new(schema, hive_types, options)?))
            }
            Encoding::Orc(options) => {
                Self::Orc(Box::new(OrcEncoder::new(schema, hive_types, options)?))
            }
        })
    }

    /// Opens a file; it has no bytes yet.
    pub fn start(&self) -> OpenDataFile {
        match self {
            Self::Parquet(encoder) => OpenDataFile::Parquet(encoder.start()),
            Self::Orc(encoder) => OpenDataFile::Orc(encoder.start()),
        }
    }

    /// Encodes all rows of `batches` as a row group or as stripes and appends their bytes to `out`.
    ///
    /// # Errors
    /// As [`Encoder::row_group`] and [`OrcEncoder::stripes`].
    pub fn row_group(
        &mut self,
        file: &mut OpenDataFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match (self, file) {
            (Self::Parquet(encoder), OpenDataFile::Parquet(file)) => {
                encoder.row_group(file, batches, out)
            }
            (Self::Orc(encoder), OpenDataFile::Orc(file)) => encoder.stripes(file, batches, out),
            _ => Err(other_format()),
        }
    }

    /// Appends the footer; the file is complete.
    ///
    /// # Errors
    /// As [`Encoder::finish`] and [`OrcEncoder::finish`].
    pub fn finish(&mut self, file: OpenDataFile, out: &mut Vec<u8>) -> Result<FileStats> {
        match (self, file) {
            (Self::Parquet(encoder), OpenDataFile::Parquet(file)) => encoder.finish(file, out),
            (Self::Orc(encoder), OpenDataFile::Orc(file)) => encoder.finish(file, out),
            _ => Err(other_format()),
        }
    }
}

fn other_format() -> FormatError {
    FormatError::internal("an open file has another format than its encoder")
}

/// Gives the rows of a data file batch by batch.
#[derive(Debug)]
pub enum FileBatches {
    /// Parquet.
    Parquet(Box<Batches>),
    /// ORC.
    Orc(Box<OrcBatches>),
}

impl Iterator for FileBatches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Parquet(batches) => batches.next(),
            Self::Orc(batches) => batches.next(),
        }
    }
}

/// Reads a whole file that was written with an encoding, in batches of at most `batch_rows` rows.
///
/// # Errors
/// As [`crate::parquet::read_batches`] and [`OrcFile::open`].
pub fn read_file<R: ChunkReader + 'static>(
    encoding: &Encoding,
    input: R,
    batch_rows: usize,
) -> Result<FileBatches> {
    Ok(match encoding {
        Encoding::Parquet(_) => {
            FileBatches::Parquet(Box::new(crate::parquet::read_batches(input, batch_rows)?))
        }
        Encoding::Orc(_) => {
            let what = OrcRead { batch_rows, ..OrcRead::default() };
            FileBatches::Orc(Box::new(OrcFile::open(input)?.read(&what)?))
        }
    })
}

/// Returns the counts of a Parquet or ORC file from its footer alone.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if it is neither, or its footer is broken.
pub fn file_stats<R: ChunkReader + 'static>(input: R) -> Result<FileStats> {
    let magic = if input.len() < 4 {
        Bytes::new()
    } else {
        let read = input.get_bytes(0, 4);
        read.map_err(|e| FormatError::data("cannot read the file").with_source(e))?
    };
    if magic.starts_with(b"ORC") {
        return Ok(OrcFile::open(input)?.stats());
    }
    crate::parquet::footer(&input)
}
