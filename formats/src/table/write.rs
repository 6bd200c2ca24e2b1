//! The port that encodes files of every format that is written.

use ::parquet::file::reader::ChunkReader;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use bytes::Bytes;

use super::descriptor::{Descriptor, Layout, RowFormat, TableColumn};
use crate::avro::AvroEncoder;
use crate::codec::StreamCodec;
use crate::orc::{OpenOrcFile, OrcEncoder, OrcFile, OrcOptions};
use crate::parquet::{Encoder, OpenFile, ParquetOptions};
use crate::text::{TextEncoder, TextKind};
use crate::types::HiveType;
use crate::{FileStats, FormatError, Result};

/// Chooses how files of a table are written where the table's properties do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteOptions {
    /// How Parquet files are written.
    pub parquet: ParquetOptions,
    /// How ORC files are written.
    pub orc: OrcOptions,
    /// How text files are compressed; their names must end in
    /// [`TableEncoder::extension`].
    pub text: Option<StreamCodec>,
}

/// Encodes rows for any number of open files of one table.
///
/// Shape: [`append`](Self::append) gives the bytes of whole pieces of a file, row groups or blocks,
/// so an [`OpenTableFile`] holds little; the bytes given out in order, and those of
/// [`finish`](Self::finish) behind them, are the file.
#[derive(Debug)]
pub struct TableEncoder(Kind);

#[derive(Debug)]
enum Kind {
    Parquet(Box<Encoder>),
    Text(Box<TextEncoder>),
    Avro(Box<AvroEncoder>),
    Orc(Box<OrcEncoder>),
}

/// Keeps what a file needs until it is complete.
#[derive(Debug)]
pub struct OpenTableFile(Open);

#[derive(Debug)]
enum Open {
    Parquet(OpenFile),
    Orc(OpenOrcFile),
    Plain(PlainFile),
}

/// Counts what was given out of a file without a footer.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainFile {
    pub(crate) stats: FileStats,
    /// The marker between the blocks of an Avro file.
    pub(crate) sync: [u8; 16],
}

impl OpenTableFile {
    /// Returns the number of bytes given out so far.
    pub fn bytes(&self) -> u64 {
        match &self.0 {
            Open::Parquet(file) => file.bytes(),
            Open::Orc(file) => file.bytes(),
            Open::Plain(file) => file.stats.bytes,
        }
    }

    /// Returns the number of rows encoded so far.
    pub fn rows(&self) -> u64 {
        match &self.0 {
            Open::Parquet(file) => file.rows(),
            Open::Orc(file) => file.rows(),
            Open::Plain(file) => file.stats.rows,
        }
    }

    /// Returns about how many bytes of memory the file holds until it is finished.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Open::Parquet(file) => file.memory(),
            Open::Orc(file) => file.memory(),
            Open::Plain(_) => size_of::<Self>(),
        }
    }
}

impl TableEncoder {
    /// Makes an encoder for the files of a table.
    ///
    /// Batches have the descriptor's columns in their order, in the Arrow types of
    /// [`HiveType::to_arrow`].
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for a format that is only read, or
    /// a type that the format does not have; [`ErrorKind::Config`](crate::ErrorKind::Config) for
    /// table properties that make no sense.
    pub fn new(descriptor: &Descriptor, options: &WriteOptions) -> Result<Self> {
        let columns = &descriptor.columns;
        let text = |kind| -> Result<Kind> {
            let codec = options.text.unwrap_or(StreamCodec::None);
            Ok(Kind::Text(Box::new(TextEncoder::new(descriptor, kind, codec)?)))
        };
        Ok(Self(match descriptor.layout()? {
            Layout::Parquet => {
                let types: Vec<HiveType> = columns.iter().map(|c| c.ty.clone()).collect();
                let schema = arrow_schema(columns);
                let mut parquet = options.parquet.clone();
                if let Some(names) = descriptor.property("parquet.bloom.filter.columns") {
                    parquet.bloom_columns = names.split(',').map(|n| n.trim().to_owned()).collect();
                }
                Kind::Parquet(Box::new(Encoder::new(&schema, Some(&types), &parquet)?))
            }
            Layout::Text(RowFormat::LazySimple) => text(TextKind::Lazy)?,
            Layout::Text(RowFormat::OpenCsv) => text(TextKind::Csv)?,
            Layout::Text(RowFormat::Json) => text(TextKind::Json)?,
            Layout::Avro => Kind::Avro(Box::new(AvroEncoder::new(descriptor)?)),
            Layout::Orc => {
                let types: Vec<HiveType> = columns.iter().map(|c| c.ty.clone()).collect();
                let schema = arrow_schema(columns);
                Kind::Orc(Box::new(OrcEncoder::new(&schema, Some(&types), &options.orc)?))
            }
            Layout::Text(_) | Layout::Sequence(_) | Layout::RcText | Layout::RcBinary => {
                return Err(FormatError::unsupported("files of this format are not written")
                    .with("serde", &descriptor.serde)
                    .with("written", "PARQUET, ORC, TEXTFILE, JSONFILE, AVRO, OpenCSVSerde"));
            }
        }))
    }

    /// Returns what the names of the files end in, without the first dot.
    ///
    /// Readers find out by it how text is compressed.
    pub fn extension(&self) -> String {
        match &self.0 {
            Kind::Parquet(_) => "parquet".to_owned(),
            Kind::Avro(_) => "avro".to_owned(),
            Kind::Orc(_) => "orc".to_owned(),
            Kind::Text(text) => text.extension(),
        }
    }

    /// Opens a file; it has no bytes yet.
    pub fn start(&self) -> OpenTableFile {
        OpenTableFile(match &self.0 {
            Kind::Parquet(encoder) => Open::Parquet(encoder.start()),
            Kind::Orc(encoder) => Open::Orc(encoder.start()),
            Kind::Text(_) | Kind::Avro(_) => Open::Plain(PlainFile::default()),
        })
    }

    /// Encodes all rows of `batches`, in order, and appends their bytes to `out`.
    ///
    /// Without rows nothing happens. After an error file and `out` are as before.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if a batch has other columns than the
    /// encoder, [`ErrorKind::Data`](crate::ErrorKind::Data) if a value cannot be stored.
    pub fn append(
        &mut self,
        file: &mut OpenTableFile,
        batches: &[RecordBatch],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let start = out.len();
        match (&mut self.0, &mut file.0) {
            (Kind::Parquet(encoder), Open::Parquet(file)) => encoder.row_group(file, batches, out),
            (Kind::Orc(encoder), Open::Orc(file)) => encoder.stripes(file, batches, out),
            (Kind::Text(encoder), Open::Plain(file)) => {
                let done = encoder.append(file, batches, out);
                if done.is_err() {
                    out.truncate(start);
                }
                done
            }
            (Kind::Avro(encoder), Open::Plain(file)) => {
                let done = encoder.append(file, batches, out);
                if done.is_err() {
                    out.truncate(start);
                }
                done
            }
            _ => Err(FormatError::internal("the file is of another encoder")),
        }
    }

    /// Appends what ends a file; it is complete, also without any rows.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the end cannot be written.
    pub fn finish(&mut self, file: OpenTableFile, out: &mut Vec<u8>) -> Result<FileStats> {
        match (&mut self.0, file.0) {
            (Kind::Parquet(encoder), Open::Parquet(file)) => encoder.finish(file, out),
            (Kind::Orc(encoder), Open::Orc(file)) => encoder.finish(file, out),
            (Kind::Text(_), Open::Plain(file)) => Ok(file.stats),
            (Kind::Avro(encoder), Open::Plain(file)) => Ok(encoder.finish(file, out)),
            _ => Err(FormatError::internal("the file is of another encoder")),
        }
    }
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

fn arrow_schema(columns: &[TableColumn]) -> Schema {
    super::fit::schema_of(columns).as_ref().clone()
}
