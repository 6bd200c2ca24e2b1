//! Text: rows of lines, as Hive's text SerDes read and write them.
//!
//! ```text
//!  file ─► codec by its name ─► lines ─► charset ─► SerDe ─► columns
//!                               └─ header and footer lines are left out
//!  delimited and quoted rows:    tiles of whole lines ─► where fields lie ─► column after column
//! ```

mod csv;
mod cuts;
mod file;
mod json;
mod json_cursor;
mod json_file;
mod lazy;
mod lazy_rows;
mod lines;
mod number;
pub(crate) mod print;
mod regex;
mod time;
mod value;
mod write;
mod write_values;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use encoding_rs::Encoding;

use self::csv::CsvRows;
use self::cuts::{Piece, Take};
pub(crate) use self::file::open;
use self::json::JsonRows;
pub(crate) use self::lazy::Lazy;
use self::lazy_rows::LazyRows;
use self::regex::RegexRows;
pub(crate) use self::time::calendar_of;
pub(crate) use self::write::{TextEncoder, TextKind};
use crate::calendar::DAY_MICROS;
use crate::rows::{Column, Data, Rows};
use crate::table::{
    BLOCK_OFFSET, Descriptor, FitRules, ReadOptions, ReadRequest, RowFormat, Scalar, TableColumn,
    fit_batch, offset_asked, schema_of,
};
use crate::types::HiveType;
use crate::{FormatError, Result};

/// Most rows of a batch that is filled row by row.
const ROWS_BATCH: usize = 8192;

/// Reads rows of text into columns.
#[derive(Debug)]
pub(crate) enum RowReader {
    Lazy(Box<LazyRows>),
    Csv(Box<CsvRows>),
    Json(Box<JsonRows>),
    Regex(Box<RegexRows>),
}

impl RowReader {
    /// Makes a reader whose column `i` gets the field `targets[..] == Some(i)`.
    pub(crate) fn new(
        descriptor: &Descriptor,
        request: &ReadRequest,
        format: RowFormat,
        targets: Vec<Option<usize>>,
    ) -> Result<Self> {
        Ok(match format {
            RowFormat::LazySimple | RowFormat::MultiDelimit => {
                Self::Lazy(Box::new(LazyRows::new(descriptor, request, format, targets)?))
            }
            RowFormat::OpenCsv => Self::Csv(Box::new(CsvRows::new(descriptor, request, targets)?)),
            RowFormat::Json => Self::Json(Box::new(JsonRows::new(descriptor, request, &targets)?)),
            RowFormat::Regex => {
                Self::Regex(Box::new(RegexRows::new(descriptor, request, targets)?))
            }
            RowFormat::LazyBinary => {
                return Err(FormatError::unsupported("binary rows do not lie in text files")
                    .with("serde", &descriptor.serde));
            }
        })
    }

    /// Appends a row to the columns; what it lacks is left to the caller. False for no row.
    #[inline]
    pub(crate) fn row(&mut self, row: &[u8], columns: &mut [Column]) -> Result<bool> {
        match self {
            Self::Lazy(lazy) => lazy.row(row, columns)?,
            Self::Csv(csv) => csv.row(row, columns),
            Self::Json(json) => return json.row(row, columns),
            Self::Regex(regex) => regex.row(row, columns),
        }
        Ok(true)
    }

    /// Tells whether rows can be read by the tile.
    fn has_tiles(&self) -> bool {
        matches!(self, Self::Lazy(_) | Self::Csv(_))
    }

    /// Appends the rows of whole lines to the columns; gives the bytes that were taken, and where the rows begin in them.
    fn rows(&mut self, tile: &[u8], take: Take, columns: &mut [Column]) -> Result<(usize, &[u32])> {
        match self {
            Self::Lazy(lazy) => Ok((lazy.rows(tile, take, columns)?, lazy.begins())),
            Self::Csv(csv) => Ok((csv.rows(tile, take, columns), csv.begins())),
            _ => Err(FormatError::internal("these rows are read one by one")),
        }
    }
}

/// The columns that row formats fill, and how they become those that are wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The builders' columns: those of the table that are wanted.
    pub(crate) rows: Rows,
    /// For each column of the table its builder.
    pub(crate) targets: Vec<Option<usize>>,
    output: Vec<TableColumn>,
    places: Vec<Option<usize>>,
    schema: arrow::datatypes::SchemaRef,
    same: bool,
    built: Vec<TableColumn>,
    /// The builders' column of where rows lie, if it is wanted.
    offset: Option<usize>,
}

impl Wanted {
    pub(crate) fn new(descriptor: &Descriptor, request: &ReadRequest) -> Result<Self> {
        let all = descriptor.row_columns()?;
        let output = match &request.columns {
            Some(columns) => columns.clone(),
            None => all.clone(),
        };
        let place = |name: &str| all.iter().position(|c| c.name.eq_ignore_ascii_case(name));
        let found: Vec<Option<usize>> = output.iter().map(|c| place(&c.name)).collect();
        let mut targets = vec![None; all.len()];
        let mut built = Vec::new();
        for at in found.iter().flatten() {
            if targets[*at].is_none() {
                targets[*at] = Some(built.len());
                built.push(all[*at].clone());
            }
        }
        let mut places: Vec<Option<usize>> =
            found.iter().map(|at| at.and_then(|at| targets[at])).collect();
        let offset = offset_asked(descriptor, &output).map(|place| {
            places[place] = Some(built.len());
            built.push(TableColumn::new(BLOCK_OFFSET, HiveType::BigInt));
            built.len() - 1
        });
        let types: Vec<HiveType> = built.iter().map(|c| c.ty.clone()).collect();
        let same = built.len() == output.len()
            && built.iter().zip(&output).all(|(a, b)| a.ty == b.ty && a.name == b.name);
        // Batches of this size stay in the processor's cache while they grow.
        let most = request.batch_rows.min(ROWS_BATCH);
        let rows = Rows::new(schema_of(&built), &types, most);
        let schema = schema_of(&output);
        Ok(Self { rows, targets, output, places, schema, same, built, offset })
    }

    /// Ends a row that begins at a byte of its file.
    #[inline]
    fn end_row(&mut self, begin: u64) {
        if let Some(column) = self.offset.and_then(|at| self.rows.columns().get_mut(at))
            && let Data::I64(values) = &mut column.data
        {
            values.push(begin.cast_signed());
            column.valid();
        }
        self.rows.end_row();
    }

    /// Ends rows that begin at places behind a byte of their file.
    fn end_rows(&mut self, at: u64, begins: &[u32]) {
        if let Some(column) = self.offset.and_then(|at| self.rows.columns().get_mut(at))
            && let (_, Data::I64(values), nulls) = column.parts()
        {
            values.extend(begins.iter().map(|begin| (at + u64::from(*begin)).cast_signed()));
            nulls.append_n_non_nulls(begins.len());
        }
        self.rows.end_rows(begins.len());
    }

    /// Takes the rows out in the columns that are wanted.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let batch = self.rows.finish()?;
        if self.same {
            return Ok(batch);
        }
        let rules = FitRules::default();
        fit_batch(&batch, &self.places, &self.output, &self.schema, &rules)
    }

    /// Gives rows that another decoder made of the builders' columns in the columns that are wanted.
    fn fitted(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rules = FitRules::default();
        fit_batch(batch, &self.places, &self.output, &self.schema, &rules)
    }

    /// Returns the schema of the builders' columns.
    fn built(&self) -> arrow::datatypes::SchemaRef {
        schema_of(&self.built)
    }

    pub(crate) fn output(&self) -> &[TableColumn] {
        &self.output
    }
}

/// Reads a value of a condition that compares with a type.
///
/// Numbers keep all their digits, so that `x > 5.5` is right for an integer column.
pub(crate) fn scalar(text: &str, ty: &HiveType) -> Option<Scalar> {
    let bytes = text.as_bytes();
    Some(match ty {
        HiveType::Boolean if text.eq_ignore_ascii_case("true") => Scalar::Bool(true),
        HiveType::Boolean if text.eq_ignore_ascii_case("false") => Scalar::Bool(false),
        HiveType::TinyInt
        | HiveType::SmallInt
        | HiveType::Int
        | HiveType::BigInt
        | HiveType::Decimal { .. } => {
            let plain = !text.contains(['e', 'E']);
            let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let scale = u8::try_from(fraction).ok().filter(|scale| plain && *scale <= 38);
            match scale
                .and_then(|scale| Some((number::decimal(Piece::of(bytes), 38, scale)?, scale)))
            {
                Some((digits, scale)) => Scalar::Number(digits, scale),
                None => Scalar::Float(number::double(Piece::of(bytes))?),
            }
        }
        HiveType::Float | HiveType::Double => Scalar::Float(number::double(Piece::of(bytes))?),
        HiveType::String | HiveType::Varchar(_) => Scalar::Text(bytes.to_vec()),
        HiveType::Char(_) => Scalar::Text(text.trim_end_matches(' ').as_bytes().to_vec()),
        HiveType::Binary => Scalar::Binary(bytes.to_vec()),
        HiveType::Date => Scalar::Date(time::date(bytes, None)?),
        HiveType::Timestamp => {
            let midnight = || Some(i64::from(time::date(bytes, None)?) * DAY_MICROS);
            Scalar::Timestamp(time::timestamp(bytes, None).or_else(midnight)?)
        }
        HiveType::TimestampLocalTz => Scalar::Timestamp(time::instant(bytes, chrono_tz::Tz::UTC)?),
        _ => return None,
    })
}

/// Gives the values that texts stand for, such as those of partition columns, as Hive's text SerDe reads them.
///
/// Shape: one row for each text, in the Arrow type of the column; what is no value of it is NULL,
/// and so is no text.
///
/// # Errors
/// [`ErrorKind::Internal`](crate::ErrorKind::Internal) if the rows cannot be made.
pub fn values_of<'a>(
    texts: impl IntoIterator<Item = Option<&'a str>>,
    ty: &HiveType,
    options: &ReadOptions,
) -> Result<ArrayRef> {
    let request = ReadRequest { options: options.clone(), ..ReadRequest::default() };
    let rules = value::ValueRules::new(&Descriptor::default(), &request)?;
    let column = TableColumn::new("value", ty.clone());
    let mut rows = Rows::new(schema_of(&[column]), std::slice::from_ref(ty), usize::MAX);
    for text in texts {
        if let (Some(text), Some(column)) = (text, rows.columns().first_mut()) {
            rules.push(column, text.as_bytes());
        }
        rows.end_row();
    }
    Ok(Arc::clone(rows.finish()?.column(0)))
}

/// Finds the encoding of `serialization.encoding`; none for UTF-8.
pub(crate) fn charset(descriptor: &Descriptor) -> Result<Option<&'static Encoding>> {
    let Some(name) = descriptor.property("serialization.encoding") else { return Ok(None) };
    let charset = Encoding::for_label(name.trim().as_bytes()).ok_or_else(|| {
        FormatError::unsupported("unknown serialization.encoding").with("encoding", name)
    })?;
    Ok((charset != encoding_rs::UTF_8).then_some(charset))
}
