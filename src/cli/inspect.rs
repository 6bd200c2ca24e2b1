//! `skep inspect`: what is in a data file, or in the files of a table.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use formats::serde_names::Format as FileFormat;
use formats::table::{
    Descriptor, Predicate, ReadRequest, TableColumn, TableEncoder, WriteOptions, open,
    parse_condition,
};
use formats::{Input, inspect};
use metastore::names::TableName;

use super::{Format, Place, existing_catalog, files, say, tell};
use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};
use crate::read::scan::{self, request, virtual_columns};
use crate::read::view::{self, seen_ids};
use crate::read::{ReadTable, ScanPlan};

/// Files of a table that are described.
const MAX_FILES: usize = 100;

/// Arguments of `skep inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// A file (Parquet, ORC, Avro), or a table: name or database.name
    target: String,
    /// Show what a condition skips: "x > 5 and s in ('a', 'b')"; of a table also by partition columns
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Print the first rows as JSON lines instead
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// Form of the description
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    place: Place,
}

/// Runs the verb.
pub(super) fn run(args: &InspectArgs) -> Result<()> {
    let path = Path::new(&args.target);
    if path.is_file() {
        return one_file(args, path);
    }
    let settings = args.place.settings()?;
    let catalog =
        existing_catalog(&settings).map_err(|e| e.with("no such file either", path.display()))?;
    let name = TableName::parse(&args.target, metastore::names::DEFAULT_DATABASE)?;
    let files = files(&settings);
    let table = ReadTable::open(catalog.get_table(&name)?, &files)?;
    let mut plan = ScanPlan::new(&table, None)?;
    let shown_columns = plan.table_columns();
    if let Some(text) = &args.condition {
        let mut columns = shown_columns.clone();
        columns.extend(virtual_columns());
        let predicate = parse_condition(text, &columns)?;
        if args.rows.is_some() {
            let named = predicate.columns();
            let hidden: Vec<&str> =
                named.into_iter().filter(|name| !has(&shown_columns, name)).collect();
            plan.columns.extend(ScanPlan::new(&table, Some(&hidden))?.columns);
        }
        plan.predicate = Some(predicate);
    }
    let mut rows = args.rows.map(|n| Rows::new(shown_columns, n)).transpose()?;
    let ids = seen_ids(catalog.as_ref(), &table)?;
    let mut shown = 0;
    for partition in table.partitions(catalog.as_ref(), None) {
        let partition = partition?;
        if !plan.wants(&partition)? {
            continue;
        }
        for file in view::list(&files, &partition, &ids)? {
            if let Some(rows) = &mut rows {
                for batch in scan::scan(&plan, &files, &partition, &file, None)? {
                    rows.print(&batch?, plan.predicate.as_ref())?;
                    if rows.left == 0 {
                        return Ok(());
                    }
                }
            } else if shown == MAX_FILES {
                tell(&format!(
                    "only the first {MAX_FILES} files are shown; name another to see it"
                ));
                return Ok(());
            } else {
                let Some(request) = request(&plan, &partition, &file)? else { continue };
                shown += 1;
                let input = files.open(&file)?;
                describe(args.format, &partition.descriptor, input, &request)?;
            }
        }
    }
    Ok(())
}

/// Tells whether a column is among others, or a part of one is.
fn has(columns: &[TableColumn], path: &str) -> bool {
    let name = path.split('.').next().unwrap_or(path);
    columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
}

/// Describes a file that tells its columns itself, or prints its first rows.
fn one_file(args: &InspectArgs, path: &Path) -> Result<()> {
    let cannot = |e| failed("cannot open the file", path, e);
    let file = File::open(path).and_then(DiskFile::new).map_err(cannot)?;
    let input: Arc<dyn Input> = Arc::new(file);
    let named = |e| Error::from(e).with("file", path.display());
    let descriptor = inspect::descriptor_of(&input).map_err(named)?;
    let condition = args.condition.as_deref();
    let predicate = condition.map(|text| parse_condition(text, &descriptor.columns)).transpose()?;
    let file_name = path.display().to_string();
    let mut request = ReadRequest { predicate, file_name, ..ReadRequest::default() };
    let Some(most) = args.rows else {
        return describe(args.format, &descriptor, input, &request);
    };
    let mut rows = Rows::new(descriptor.columns.clone(), most)?;
    request.batch_rows = most.clamp(1, 1024);
    for batch in open(&descriptor, input, &request).map_err(named)? {
        rows.print(&batch.map_err(named)?, request.predicate.as_ref())?;
        if rows.left == 0 {
            break;
        }
    }
    Ok(())
}

fn describe(
    format: Format,
    descriptor: &Descriptor,
    input: Arc<dyn Input>,
    request: &ReadRequest,
) -> Result<()> {
    let path = &request.file_name;
    let description = inspect::describe(descriptor, input, request);
    let mut description = description.map_err(|e| Error::from(e).with("file", path))?;
    if let Some(object) = description.as_object_mut() {
        object.shift_insert(0, "file".to_owned(), path.clone().into());
    }
    match format {
        Format::Json => say(&description.to_string()),
        Format::Table => say(&inspect::print(&description)),
    }
    Ok(())
}

/// Prints rows as JSON lines, up to a number of them.
struct Rows {
    encoder: TableEncoder,
    /// How many columns are printed; those behind them are for the condition alone.
    columns: usize,
    left: usize,
}

impl Rows {
    fn new(columns: Vec<TableColumn>, most: usize) -> Result<Self> {
        let count = columns.len();
        let json = Descriptor::stored_as(FileFormat::JsonFile, columns);
        let encoder = TableEncoder::new(&json, &WriteOptions::default())?;
        Ok(Self { encoder, columns: count, left: most })
    }

    /// Prints the rows of a batch that fulfil the condition.
    fn print(&mut self, batch: &RecordBatch, predicate: Option<&Predicate>) -> Result<()> {
        let mut batch = batch.clone();
        if let Some(predicate) = predicate {
            let mask = predicate.evaluate(&batch)?;
            batch = arrow::compute::filter_record_batch(&batch, &mask)
                .map_err(|e| Error::internal("cannot leave rows out").with_source(e))?;
        }
        let printed: Vec<usize> = (0..self.columns).collect();
        let batch = batch
            .project(&printed)
            .map_err(|e| Error::internal("a batch lacks a column").with_source(e))?;
        let batch = batch.slice(0, batch.num_rows().min(self.left));
        self.left -= batch.num_rows();
        let mut file = self.encoder.start();
        let mut lines = Vec::new();
        self.encoder.append(&mut file, &[batch], &mut lines)?;
        for line in String::from_utf8_lossy(&lines).lines() {
            say(line);
        }
        Ok(())
    }
}
