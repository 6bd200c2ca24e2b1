//! Files that lie in folders by themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use formats::serde_names::Format;
use formats::table::{Descriptor, ReadRequest, TableColumn};

use super::values::Form;
use super::{Outcome, full, guarded, gunzip, json_rows, read};

/// Reads all files below a folder.
pub fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool, results: &mut Vec<(String, Outcome)>) {
    let mut files = Vec::new();
    collect(folder, &mut files);
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        if wanted(&name) {
            let outcome = guarded(|| one(&file, &name));
            results.push((name, outcome));
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "expected" {
                collect(&path, files);
            }
        } else if [".parquet", ".orc", ".encrypted", ".avro"].iter().any(|end| name.ends_with(end))
        {
            files.push(path);
        }
    }
}

fn format_of(file: &Path) -> Format {
    match file.to_str() {
        Some(name) if name.ends_with(".orc") => Format::Orc,
        Some(name) if name.ends_with(".avro") => Format::Avro,
        _ => Format::Parquet,
    }
}

/// Returns the columns that a file says it has.
pub fn columns_of(file: &Path) -> Result<Vec<TableColumn>, String> {
    let bytes = Bytes::from(fs::read(file).map_err(|e| e.to_string())?);
    match format_of(file) {
        Format::Parquet => formats::parquet::file_columns(Arc::new(bytes)).map_err(|e| full(&e)),
        Format::Orc => formats::table::orc_columns(Arc::new(bytes)).map_err(|e| full(&e)),
        Format::Avro => formats::avro::file_columns(Arc::new(bytes)).map_err(|e| full(&e)),
        other => Err(format!("columns of {other} files are not known")),
    }
}

fn one(file: &Path, name: &str) -> Outcome {
    let bad = name.contains("bad_data") || name.contains("corrupt/");
    let encrypted = name.contains("encrypt");
    let outcome = rows(file);
    if encrypted {
        return match outcome {
            Err(why) if why.contains("encrypt") => Ok(()),
            Err(why) => Err(format!("refused without naming encryption: {why}")),
            Ok(_) => Err("an encrypted file was read".to_owned()),
        };
    }
    if bad {
        return match outcome {
            Err(why) if why.contains("PANIC") => Err(why),
            Err(_) => Ok(()),
            Ok(n) => Err(format!("a broken file was read: {n} rows")),
        };
    }
    outcome.map(|_| ())
}

/// Reads a file and compares it with the rows beside it; gives their number.
fn rows(file: &Path) -> Result<usize, String> {
    let columns = columns_of(file)?;
    let descriptor = Descriptor::stored_as(format_of(file), columns.clone());
    let batches = read(&descriptor, file, &ReadRequest::default())?;
    let form = Form { zone: chrono_tz::Tz::UTC, padded: false, millis: false, era: false };
    let mut found = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.columns());
            found.push(cells.map(|(c, a)| form.read(a, row, &c.ty)).collect::<Vec<_>>());
        }
    }
    let stem = file.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
    let csv = file.with_file_name(format!("{stem}_expect.csv"));
    let json = file.with_file_name("expected").join(format!("{stem}.jsn.gz"));
    if csv.exists() {
        against_csv(&csv, &columns, &found)?;
    } else if json.exists() {
        let expected = json_rows(&gunzip(&json)?)?;
        let expected = expected.iter().map(|row| {
            let cell = |c: &TableColumn| {
                let null = serde_json::Value::Null;
                form.expected(row.get(&c.name).unwrap_or(&null), &c.ty)
            };
            columns.iter().map(cell).collect()
        });
        super::compare(&columns, expected.collect(), found.clone(), true)?;
    }
    Ok(found.len())
}

fn against_csv(path: &Path, columns: &[TableColumn], found: &[Vec<String>]) -> Outcome {
    let text = fs::read(path).map_err(|e| e.to_string())?;
    let expected = csv_rows(&text);
    if expected.len() != found.len() + 1 {
        return Err(format!("{} rows expected, {} read", expected.len() - 1, found.len()));
    }
    for (n, (want, got)) in expected.iter().skip(1).zip(found).enumerate() {
        for ((column, want), got) in columns.iter().zip(want).zip(got) {
            let got = got.trim_matches('"');
            let same = want == got || (want.is_empty() && got == "null");
            if !same {
                return Err(format!("row {n}, {}: expected {want} read {got}", column.name));
            }
        }
    }
    Ok(())
}

/// Splits CSV with quotes into rows.
fn csv_rows(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let (mut input, mut out, mut filled) = (text, vec![0; 1 << 16], 0);
    loop {
        let (result, read, wrote) = reader.read_field(input, &mut out[filled..]);
        input = &input[read..];
        filled += wrote;
        match result {
            csv_core::ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8_lossy(&out[..filled]).into_owned());
                filled = 0;
                if record_end {
                    rows.push(std::mem::take(&mut row));
                }
            }
            csv_core::ReadFieldResult::End => return rows,
            csv_core::ReadFieldResult::InputEmpty => {}
            csv_core::ReadFieldResult::OutputFull => filled = 0,
        }
    }
}
