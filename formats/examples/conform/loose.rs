//! Loose files, with `expected/` beside them.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::values::{self, Style};
use crate::{Failure, Format, Report, chain, files_below, format_of_file};

/// A broken file must be seen to be broken in this time.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn check(folder: &Path, report: &mut Report) {
    for path in files_below(folder) {
        let Some(format) = format_of_file(&path) else { continue };
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let outcome = if name.starts_with("corrupt/") || name.starts_with("bad_data/") {
            broken(format, &path)
        } else if name.starts_with("encrypted/") {
            refused(format, &path)
        } else {
            whole(format, &path)
        };
        report.add(&name, outcome);
    }
}

fn broken(format: &dyn Format, path: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    match format.read(path, None) {
        Ok(_) => Err("it is broken, and was read all the same".to_owned()),
        Err(_) if started.elapsed() > PATIENCE => Err("its error came too late".to_owned()),
        Err(e) if e.to_string().is_empty() => Err("its error says nothing".to_owned()),
        Err(_) => Ok(()),
    }
}

fn refused(format: &dyn Format, path: &Path) -> Result<(), Failure> {
    match format.read(path, None) {
        Ok(_) => Err("it is encrypted, and was read all the same".to_owned()),
        Err(e) if chain(&e).contains("encrypt") => Ok(()),
        Err(e) => Err(format!("refused for another reason: {}", chain(&e))),
    }
}

fn whole(format: &dyn Format, path: &Path) -> Result<(), Failure> {
    let (columns, batches) = format.read(path, None).map_err(|e| chain(&e))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let expected = path.with_file_name(format!("expected/{stem}.jsn.gz"));
    if !expected.exists() {
        return Ok(());
    }
    let got = values::rows(&columns, &batches, Style::Dump);
    let lines = json_lines(&expected)?;
    if lines.len() != got.len() {
        return Err(format!("{} rows instead of {}", got.len(), lines.len()));
    }
    for (row, (line, got)) in lines.iter().zip(&got).enumerate() {
        for column in &columns {
            let name = &column.name;
            let want = values::expected(&line[name], &column.ty, Style::Dump);
            if !values::same(&want, &got[name], Style::Dump) {
                return Err(format!("row {row}, {name}: {} instead of {want}", got[name]));
            }
        }
    }
    Ok(())
}

/// Reads a file of one JSON value a line.
pub(crate) fn json_lines(path: &Path) -> Result<Vec<Value>, Failure> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut text = String::new();
    let read = flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text);
    read.map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().map(|line| serde_json::from_str(line).map_err(|e| e.to_string()));
    lines.collect()
}
