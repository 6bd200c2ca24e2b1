//! Reads folders of sample files and compares them with the rows that are expected.
//!
//! `cargo run --release -p formats --example conform -- DIR [NAME]` understands a folder of tables
//! with `tables.tsv`, folders of loose files with `expected/NAME.jsn.gz` or `NAME_expect.csv` beside
//! them, and loose files without expected rows, which must be read to their end. Files below
//! `bad_data/` or `corrupt/` must end in an error, encrypted ones in one that names encryption.

#![expect(
    unreachable_pub,
    clippy::assigning_clones,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::format_collect,
    clippy::print_stdout,
    clippy::trivially_copy_pass_by_ref,
    reason = "a tool for the terminal"
)]

mod ddl;
mod folder;
mod loose;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use bytes::Bytes;
use formats::acid::{DataFile, ROW_ID, Snapshot, Transactional, WriteIds, row_id_type};
use formats::table::{Descriptor, HiveVersion, ReadOptions, ReadRequest, TableColumn, open};
use formats::types::HiveType;
use serde_json::{Map, Value};

use self::ddl::Table;
use self::folder::Folder;
use self::values::Form;

type Outcome = Result<(), String>;

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next() else {
        println!("usage: conform DIR [NAME]");
        std::process::exit(64);
    };
    let filter = args.next();
    std::panic::set_hook(Box::new(|_| {}));
    let folder = PathBuf::from(folder);
    let mut results = Vec::new();
    let wanted = |name: &str| filter.as_deref().is_none_or(|f| name.contains(f));
    if folder.join("tables.tsv").exists() {
        tables(&folder, &wanted, &mut results);
    } else {
        loose::files(&folder, &wanted, &mut results);
    }
    let failed = results.iter().filter(|(_, outcome)| outcome.is_err()).count();
    for (name, outcome) in &results {
        if let Err(why) = outcome {
            println!("FAIL {name}: {why}");
        }
    }
    println!("read {} of {}", results.len() - failed, results.len());
    std::process::exit(i32::from(failed > 0));
}

/// Runs something; a panic counts as a failure.
fn guarded(run: impl FnOnce() -> Outcome) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
        Err(format!("PANIC {}", text.unwrap_or("")))
    })
}

fn full(e: &formats::FormatError) -> String {
    let mut text = e.to_string();
    let mut source = std::error::Error::source(e);
    while let Some(e) = source {
        text = format!("{text}: {e}");
        source = e.source();
    }
    text
}

fn gunzip(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .map_err(|e| e.to_string())?;
    Ok(text)
}

fn json_rows(text: &str) -> Result<Vec<Map<String, Value>>, String> {
    let parse = |line: &str| match serde_json::from_str(line) {
        Ok(Value::Object(row)) => Ok(row),
        other => Err(format!("expected row is no object: {other:?}")),
    };
    text.lines().map(parse).collect()
}

/// Types of columns by name, for tables whose statement does not list them.
fn known_types(folder: &Path, last: &str) -> BTreeMap<String, String> {
    let mut types = BTreeMap::new();
    for table in ["hive31/text_default", "hive31/times_text_utc", last] {
        let Ok(text) = fs::read_to_string(folder.join(table).join("ddl.sql")) else { continue };
        if let Ok(table) = ddl::parse(&text, &types, &[]) {
            for column in table.descriptor.columns {
                types.insert(column.name, column.ty.to_string());
            }
        }
    }
    for (name, ty) in [("id", "int"), ("s", "string"), ("d", "date"), ("ts", "timestamp")] {
        types.entry(name.to_owned()).or_insert_with(|| ty.to_owned());
    }
    types
}

fn tables(folder: &Path, wanted: &dyn Fn(&str) -> bool, results: &mut Vec<(String, Outcome)>) {
    let Ok(list) = fs::read_to_string(folder.join("tables.tsv")) else { return };
    let types = known_types(folder, "hive31/times_text_utc");
    let big = known_types(folder, "hive31/text_z_gzip");
    for line in list.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [engine, name, _, expected, error, ..] = cells.as_slice() else { continue };
        let title = format!("{engine}/{name}");
        if !wanted(&title) {
            continue;
        }
        let path = folder.join(engine).join(name);
        for (label, expected, version) in expectations(folder, engine, name, expected) {
            let outcome = {
                let types =
                    if name.contains("_big") || name.contains("bloom") { &big } else { &types };
                guarded(|| table(&path, expected.as_deref(), version, types, !error.is_empty()))
            };
            results.push((format!("{title}{label}"), outcome));
        }
    }
}

/// Lists whose reading is expected to give what.
fn expectations(
    folder: &Path,
    engine: &str,
    name: &str,
    expected: &str,
) -> Vec<(String, Option<PathBuf>, Option<HiveVersion>)> {
    let version = |engine: &str| match engine {
        "hive23" => Some(HiveVersion::V2),
        "hive31" => Some(HiveVersion::V3),
        "hive4" => Some(HiveVersion::V4),
        _ => None,
    };
    if engine != "input" {
        let path = (expected != "-" && !expected.is_empty()).then(|| folder.join(expected));
        // Spark's Hive SerDes are those of 2.3.
        let serde = engine == "spark35" && (name.contains("rc_") || name.contains("seq_"));
        let version = if serde { Some(HiveVersion::V2) } else { version(engine) };
        return vec![(String::new(), path, version)];
    }
    let Ok(files) = fs::read_dir(folder.join("input/expected")) else { return Vec::new() };
    let mut all: Vec<_> = files
        .flatten()
        .filter_map(|file| {
            let path = file.path();
            let file = path.file_name()?.to_str()?.to_owned();
            let readers = file.strip_prefix(&format!("{name}."))?.strip_suffix(".jsonl.gz")?;
            // One of the versions that agree is enough.
            let reader = readers.split('+').next_back()?;
            Some((format!(" as {readers}"), Some(path), version(reader)))
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn table(
    path: &Path,
    expected: Option<&Path>,
    version: Option<HiveVersion>,
    types: &BTreeMap<String, String>,
    fails: bool,
) -> Outcome {
    let rows = match expected {
        Some(expected) => Some(json_rows(&gunzip(expected)?)?),
        None => None,
    };
    let names: Vec<String> = rows
        .as_ref()
        .and_then(|rows| rows.first())
        .map(|row| row.keys().cloned().collect())
        .unwrap_or_default();
    let text = fs::read_to_string(path.join("ddl.sql")).map_err(|e| e.to_string())?;
    let mut table = ddl::parse(&text, types, &names)?;
    if path.iter().any(|p| p == "spark35") {
        // Spark does not hand its null format to the SerDe.
        table.descriptor.properties.remove("serialization.null.format");
    }
    let folders = Folder(path.join("data")).partitions(table.partitions.len());
    let ids = WriteIds::new(i64::MAX, [], table.aborted.iter().copied());
    let mut parts = Vec::new();
    for folder in folders {
        let kind = Transactional::of(&table.descriptor);
        let snapshot = Snapshot::new(kind, &folder.entries(), ids.clone()).map_err(|e| full(&e))?;
        parts.push((folder, snapshot));
    }
    if table.descriptor.columns.is_empty() {
        let first = parts.iter().find_map(|(folder, snapshot)| {
            snapshot.files().first().map(|file| folder.0.join(file.path()))
        });
        table.descriptor.columns = match first {
            Some(first) => loose::columns_of(&first)?,
            None => Vec::new(),
        };
    }
    let trino = path.iter().any(|p| p == "trino");
    let form = Form {
        millis: trino,
        zone: table.zone.unwrap_or(chrono_tz::Tz::UTC),
        era: matches!(version, Some(HiveVersion::V2 | HiveVersion::V3)),
        padded: !path.iter().any(|p| p == "spark35" || p == "trino"),
    };
    let mut columns = table.descriptor.row_columns().map_err(|e| full(&e))?;
    if names.iter().any(|name| name == "_writeid") {
        columns.push(TableColumn::new(ROW_ID, row_id_type()));
    }
    let mut read = Vec::new();
    for (folder, snapshot) in &parts {
        for file in snapshot.files() {
            let done = file_rows(
                (folder, snapshot, file),
                path,
                &table,
                &columns,
                version,
                &form,
                &mut read,
            );
            match done {
                Err(_) if fails => return Ok(()),
                other => other?,
            }
        }
    }
    let Some(rows) = rows else { return Ok(()) };
    if fails {
        return Ok(());
    }
    let all: Vec<TableColumn> = columns.iter().chain(&table.partitions).cloned().collect();
    let expected = rows.iter().map(|row| {
        let cell = |c: &TableColumn| {
            if c.name == ROW_ID {
                return form.expected(&row_id(row), &c.ty);
            }
            let value = row.iter().find(|(k, _)| k.eq_ignore_ascii_case(&c.name));
            form.expected(value.map_or(&Value::Null, |(_, v)| v), &c.ty)
        };
        all.iter().map(cell).collect()
    });
    compare(&all, expected.collect(), read, false)
}

/// Gives the id that is expected of a row.
fn row_id(row: &Map<String, Value>) -> Value {
    let at = |key: &str| row.get(key).cloned().unwrap_or(Value::Null);
    serde_json::json!({
        "writeid": at("_writeid"), "bucketid": at("_bucketid"), "rowid": at("_rowid"),
    })
}

fn file_rows(
    (folder, snapshot, file): (&Folder, &Snapshot, &DataFile),
    root: &Path,
    table: &Table,
    columns: &[TableColumn],
    version: Option<HiveVersion>,
    form: &Form,
    out: &mut Vec<Vec<String>>,
) -> Outcome {
    let partition = partition_values(&folder.0, root, table, form)?;
    let request = ReadRequest {
        batch_rows: 1000,
        options: ReadOptions { zone: form.zone, version, by_position: false },
        columns: Some(columns.to_vec()),
        ..ReadRequest::default()
    };
    let said = |e: formats::FormatError| format!("{}: {}", file.path(), full(&e));
    let reader = snapshot.open(&table.descriptor, file, folder, &request).map_err(said)?;
    for batch in reader {
        let batch = batch.map_err(said)?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.columns());
            let mut cells: Vec<String> =
                cells.map(|(c, array)| form.read(array, row, &c.ty)).collect();
            cells.extend(partition.iter().cloned());
            out.push(cells);
        }
    }
    Ok(())
}

/// Reads a file to its end.
fn read(
    descriptor: &Descriptor,
    file: &Path,
    request: &ReadRequest,
) -> Result<Vec<RecordBatch>, String> {
    let bytes = fs::read(file).map_err(|e| e.to_string())?;
    let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    let said = |e: formats::FormatError| format!("{name}: {}", full(&e));
    let reader = open(descriptor, Arc::new(Bytes::from(bytes)), request).map_err(said)?;
    reader.collect::<Result<_, _>>().map_err(said)
}

/// Takes partition values from the folders' names.
fn partition_values(
    file: &Path,
    root: &Path,
    table: &Table,
    form: &Form,
) -> Result<Vec<String>, String> {
    let relative = file.strip_prefix(root).map_err(|e| e.to_string())?;
    let mut values = Vec::new();
    for column in &table.partitions {
        let folder = relative.iter().filter_map(|p| p.to_str()).find_map(|p| {
            p.split_once('=').filter(|(k, _)| k.eq_ignore_ascii_case(&column.name)).map(|(_, v)| v)
        });
        let folder = folder.ok_or_else(|| format!("no folder of {}", column.name))?;
        let by = |engine: &str| root.iter().any(|p| p == engine);
        let hive = by("hive23") || by("hive31") || by("hive4");
        let text = matches!(column.ty, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_));
        let none = folder == "__HIVE_DEFAULT_PARTITION__";
        if hive && column.ty == HiveType::Boolean && (none || by("hive23")) {
            // Hive takes all text for true.
            values.push("true".to_owned());
            continue;
        }
        if none && hive && text {
            // Hive shows the name itself.
        } else if folder == "__HIVE_DEFAULT_PARTITION__" {
            values.push("null".to_owned());
            continue;
        }
        values.push(typed(&unescape(folder), &column.ty, form)?);
    }
    Ok(values)
}

/// Gives text the type of a column, by way of a text file of one row.
fn typed(text: &str, ty: &HiveType, form: &Form) -> Result<String, String> {
    let mut descriptor = Descriptor::stored_as(
        formats::serde_names::Format::TextFile,
        vec![TableColumn::new("v", ty.clone())],
    );
    descriptor.properties.insert("serialization.null.format".to_owned(), "\u{1}".to_owned());
    let line = Bytes::from(format!("{text}\n").into_bytes());
    let reader = open(&descriptor, Arc::new(line), &ReadRequest::default());
    let batch = reader.map_err(|e| full(&e))?.next().ok_or("no value")?.map_err(|e| full(&e))?;
    let array: &ArrayRef = batch.column(0);
    if ty == &HiveType::String {
        return Ok(Value::from(array.as_string::<i32>().value(0)).to_string());
    }
    Ok(form.read(array, 0, ty))
}

fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        match code.and_then(|d| u8::from_str_radix(d, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Compares rows as sets.
///
/// With `rounded` the expected rows were printed with fewer digits than there are.
fn compare(
    columns: &[TableColumn],
    mut expected: Vec<Vec<String>>,
    mut read: Vec<Vec<String>>,
    rounded: bool,
) -> Outcome {
    let counts = (expected.len(), read.len());
    expected.sort();
    read.sort();
    let mut differences = BTreeMap::<&str, (usize, String)>::new();
    for (want, got) in expected.iter().zip(&read) {
        for ((column, want), got) in columns.iter().zip(want).zip(got) {
            if want != got && !(rounded && values::close(want, got)) {
                let shown = |text: &str| text.chars().take(60).collect::<String>();
                let entry = differences.entry(&column.name).or_insert_with(|| {
                    (0, format!("expected {} read {}", shown(want), shown(got)))
                });
                entry.0 += 1;
            }
        }
    }
    if counts.0 != counts.1 {
        let first = differences.iter().next().map(|(name, (_, text))| format!("; {name}: {text}"));
        return Err(format!(
            "{} rows expected, {} read{}",
            counts.0,
            counts.1,
            first.unwrap_or_default()
        ));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = differences
        .iter()
        .map(|(name, (count, text))| format!("{name} ({count} of {}, {text})", counts.0))
        .collect();
    Err(list.join("; "))
}
