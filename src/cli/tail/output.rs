//! Rows on stdout: a table, JSON lines, CSV, Arrow's stream.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use formats::serde_names::Format as FileFormat;
use formats::table::{Descriptor, TableColumn, TableEncoder, WriteOptions, schema_of};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::RowForm;
use crate::error::{Error, Kind, Result};

/// Message of the error that a reader which has gone away is.
const CLOSED: &str = "nobody reads the rows any more";

/// Where rows go.
pub(super) struct Output {
    form: Form,
}

enum Form {
    Table { columns: Vec<TableColumn>, widths: Vec<usize>, out: BufWriter<Stdout> },
    Json { encoder: Box<TableEncoder>, out: BufWriter<Stdout> },
    Csv { schema: SchemaRef, writer: Box<csv::Writer<BufWriter<Stdout>>> },
    Arrow(Box<StreamWriter<BufWriter<Stdout>>>),
}

impl Output {
    /// Makes the output of some columns; writes what comes before the first row.
    ///
    /// # Errors
    /// `Unsupported` for columns that the form cannot have.
    pub(super) fn new(form: RowForm, columns: &[TableColumn]) -> Result<Self> {
        let out = || BufWriter::with_capacity(64 << 10, io::stdout());
        let schema = schema_of(columns);
        let form = match form {
            RowForm::Table => Form::Table {
                columns: columns.to_vec(),
                widths: columns.iter().map(|column| column.name.chars().count()).collect(),
                out: out(),
            },
            RowForm::Json => {
                let json = Descriptor::stored_as(FileFormat::JsonFile, columns.to_vec());
                let encoder = Box::new(TableEncoder::new(&json, &WriteOptions::default())?);
                Form::Json { encoder, out: out() }
            }
            RowForm::Csv => {
                let writer = csv::WriterBuilder::new()
                    .with_header(true)
                    .with_timestamp_format("%Y-%m-%d %H:%M:%S%.f".to_owned())
                    .build(out());
                let fields = schema.fields().iter().map(|field| {
                    let ty = if field.data_type().is_nested() {
                        &DataType::Utf8
                    } else {
                        field.data_type()
                    };
                    Field::new(field.name(), ty.clone(), true)
                });
                let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
                let mut writer = Box::new(writer);
                writer.write(&RecordBatch::new_empty(Arc::clone(&schema))).map_err(of_arrow)?;
                Form::Csv { schema, writer }
            }
            RowForm::Arrow => {
                let writer = StreamWriter::try_new(out(), &schema).map_err(of_arrow)?;
                Form::Arrow(Box::new(writer))
            }
        };
        let mut output = Self { form };
        if let Form::Table { columns, widths, out } = &mut output.form {
            let names = columns.iter().map(|column| column.name.clone()).collect();
            line(out, names, widths)?;
        }
        output.flush()?;
        Ok(output)
    }

    /// Prints rows.
    ///
    /// # Errors
    /// An error that [`is_closed`] tells if nobody reads any more.
    pub(super) fn print(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        match &mut self.form {
            Form::Table { widths, out, .. } => table(batch, widths, out),
            Form::Json { encoder, out } => {
                let (mut file, mut lines) = (encoder.start(), Vec::new());
                encoder.append(&mut file, std::slice::from_ref(batch), &mut lines)?;
                out.write_all(&lines).map_err(of_io)
            }
            Form::Csv { schema, writer } => {
                let columns = batch.columns().iter().map(flat).collect::<Result<Vec<_>>>()?;
                let batch = RecordBatch::try_new(Arc::clone(schema), columns).map_err(of_arrow)?;
                writer.write(&batch).map_err(of_arrow)
            }
            Form::Arrow(writer) => writer.write(batch).map_err(of_arrow),
        }
    }

    /// Has what was printed seen.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub(super) fn flush(&mut self) -> Result<()> {
        match &mut self.form {
            Form::Table { out, .. } | Form::Json { out, .. } => out.flush().map_err(of_io),
            // It flushes every batch.
            Form::Csv { .. } => Ok(()),
            Form::Arrow(writer) => writer.flush().map_err(of_arrow),
        }
    }

    /// Ends the rows: Arrow's stream has an end.
    ///
    /// # Errors
    /// As [`print`](Self::print).
    pub(super) fn finish(&mut self) -> Result<()> {
        if let Form::Arrow(writer) = &mut self.form {
            writer.finish().map_err(of_arrow)?;
        }
        self.flush()
    }
}

/// Finds out whether somebody still reads, without anything to print.
///
/// # Errors
/// As [`Output::print`].
pub(super) fn check() -> Result<()> {
    let stdout = io::stdout();
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut polled, Some(&at_once)) {
        Ok(_) if polled[0].revents().contains(PollFlags::ERR) => Err(closed()),
        // What cannot be polled is no pipe.
        _ => Ok(()),
    }
}

/// Tells whether an error only says that nobody reads any more.
pub(super) fn is_closed(error: &Error) -> bool {
    error.kind() == Kind::NotFound && error.to_string() == CLOSED
}

fn closed() -> Error {
    Error::not_found(CLOSED)
}

fn of_io(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return closed();
    }
    Error::io("cannot write the rows", error)
}

fn of_arrow(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => of_io(error),
        ArrowError::CsvError(text) if text.contains("Broken pipe") => closed(),
        error => Error::unsupported("cannot print the rows in this form").with_source(error),
    }
}

fn formats() -> FormatOptions<'static> {
    FormatOptions::new().with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"))
}

/// Gives nested values as text.
fn flat(column: &ArrayRef) -> Result<ArrayRef> {
    if !column.data_type().is_nested() {
        return Ok(Arc::clone(column));
    }
    let options = formats();
    let formatter = ArrayFormatter::try_new(column, &options).map_err(of_arrow)?;
    let texts = (0..column.len())
        .map(|row| (!column.is_null(row)).then(|| formatter.value(row).to_string()));
    Ok(Arc::new(texts.collect::<StringArray>()))
}

/// Prints rows below each other; columns get wider, never narrower.
fn table(batch: &RecordBatch, widths: &mut [usize], out: &mut impl Write) -> Result<()> {
    let options = formats().with_null("NULL");
    let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let formatters = formatters.collect::<Result<Vec<_>, ArrowError>>().map_err(of_arrow)?;
    let cells = |row: usize| formatters.iter().map(move |f| shown(&f.value(row).to_string()));
    for row in 0..batch.num_rows() {
        for (width, cell) in widths.iter_mut().zip(cells(row)) {
            *width = (*width).max(cell.chars().count());
        }
    }
    (0..batch.num_rows()).try_for_each(|row| line(out, cells(row).collect(), widths))
}

/// Prints cells; the last one is not filled up.
fn line(out: &mut impl Write, cells: Vec<String>, widths: &[usize]) -> Result<()> {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        write!(text, "{cell:<width$}  ").unwrap_or_default();
    }
    writeln!(out, "{}", text.trim_end()).map_err(of_io)
}

/// Spells out what would disturb a terminal.
fn shown(cell: &str) -> String {
    if !cell.contains(char::is_control) {
        return cell.to_owned();
    }
    let spell = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    cell.chars().map(spell).collect()
}
