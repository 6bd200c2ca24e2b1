//! `skep inspect`: what is in a data file, or in the files of a table.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use formats::serde_names::Format as FileFormat;
use formats::table::{Descriptor, ReadRequest, TableEncoder, WriteOptions, open, parse_condition};
use formats::{Input, inspect};
use metastore::names::TableName;

use super::{Format, Place, resolve, say, tell};
use crate::catalog;
use crate::disk::{DiskFile, failed};
use crate::error::{Error, Result};

/// Files of a table that are described.
const MAX_FILES: usize = 100;

/// Arguments of `skep inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// A file (Parquet, ORC, Avro), or a table: name or database.name
    target: String,
    /// Show what a condition skips: "x > 5 and s in ('a', 'b')"
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
        let input = input(path)?;
        let descriptor = inspect::descriptor_of(&input).map_err(|e| named(path, e))?;
        let mut left = args.rows;
        return one(args, &descriptor, path, &mut left);
    }
    let settings = args.place.settings()?;
    if !catalog::exists(&settings.warehouse) {
        return Err(Error::not_found("there is no such file, and no metastore in this warehouse")
            .with("file", path.display())
            .with("warehouse", settings.warehouse.display()));
    }
    let catalog = catalog::open(&settings.warehouse)?;
    let name = TableName::parse(&args.target, metastore::names::DEFAULT_DATABASE)?;
    let table = catalog.get_table(&name)?;
    let descriptor = catalog::table::descriptor(&table)
        .map_err(|message| Error::schema(message).with("table", &name))?;
    let mut files = Vec::new();
    data_files(&resolve::folder(&table)?, &mut files)?;
    let mut left = args.rows;
    let most = if left.is_some() { files.len() } else { MAX_FILES };
    for file in files.iter().take(most) {
        one(args, &descriptor, file, &mut left)?;
        if left == Some(0) {
            break;
        }
    }
    if files.len() > most {
        tell(&format!("{} more files are not shown; name one to see it", files.len() - most));
    }
    Ok(())
}

fn named(path: &Path, error: formats::FormatError) -> Error {
    Error::from(error).with("file", path.display())
}

fn input(path: &Path) -> Result<Arc<dyn Input>> {
    let file = File::open(path).map_err(|e| failed("cannot open the file", path, e))?;
    let file = DiskFile::new(file).map_err(|e| failed("cannot open the file", path, e))?;
    Ok(Arc::new(file))
}

/// Lists the visible files below a folder, in order.
fn data_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|e| failed("cannot list the folder", folder, e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| failed("cannot list the folder", folder, e))?.path());
    }
    paths.sort();
    for path in paths {
        let hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['_', '.']));
        if hidden {
            continue;
        }
        if path.is_dir() {
            data_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Describes a file, or prints its first rows.
fn one(
    args: &InspectArgs,
    descriptor: &Descriptor,
    path: &Path,
    left: &mut Option<usize>,
) -> Result<()> {
    let columns = descriptor.row_columns()?;
    let condition = args.condition.as_deref().map(|text| parse_condition(text, &columns));
    let request = ReadRequest {
        predicate: condition.transpose()?,
        file_name: path.display().to_string(),
        ..ReadRequest::default()
    };
    if let Some(left) = left {
        return rows(descriptor, path, &request, left);
    }
    let input = input(path)?;
    let description = inspect::describe(descriptor, input, &request);
    let mut description = description.map_err(|e| named(path, e))?;
    if let Some(object) = description.as_object_mut() {
        object.shift_insert(0, "file".to_owned(), path.display().to_string().into());
    }
    match args.format {
        Format::Json => say(&description.to_string()),
        Format::Table => say(&inspect::print(&description)),
    }
    Ok(())
}

fn rows(
    descriptor: &Descriptor,
    path: &Path,
    request: &ReadRequest,
    left: &mut usize,
) -> Result<()> {
    let columns = descriptor.row_columns()?;
    let json = Descriptor::stored_as(FileFormat::JsonFile, columns);
    let mut encoder = TableEncoder::new(&json, &WriteOptions::default())?;
    let mut file = encoder.start();
    let request = ReadRequest { batch_rows: (*left).clamp(1, 1024), ..request.clone() };
    for batch in open(descriptor, input(path)?, &request).map_err(|e| named(path, e))? {
        let mut batch = batch.map_err(|e| named(path, e))?;
        if let Some(predicate) = &request.predicate {
            let mask = predicate.evaluate(&batch)?;
            batch = arrow::compute::filter_record_batch(&batch, &mask)
                .map_err(|e| Error::internal("cannot leave rows out").with_source(e))?;
        }
        let batch = batch.slice(0, batch.num_rows().min(*left));
        *left -= batch.num_rows();
        let mut lines = Vec::new();
        encoder.append(&mut file, &[batch], &mut lines)?;
        for line in String::from_utf8_lossy(&lines).lines() {
            say(line);
        }
        if *left == 0 {
            break;
        }
    }
    Ok(())
}
