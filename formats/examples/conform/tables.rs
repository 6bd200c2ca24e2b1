//! Tables with their definitions, listed in `tables.tsv`.

use std::fs;
use std::path::Path;

use formats::types::{HiveType, StructField};
use serde_json::Value;

use crate::loose::json_lines;
use crate::values::{self, Style};
use crate::{Failure, Format, Report, chain, files_below, format_of_ddl};

pub(crate) fn check(folder: &Path, report: &mut Report) {
    let list = fs::read_to_string(folder.join("tables.tsv")).unwrap_or_default();
    for line in list.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[engine, table, _, expected, ..] = &fields[..] else { continue };
        let place = folder.join(engine).join(table);
        let Ok(ddl) = fs::read_to_string(place.join("ddl.sql")) else { continue };
        let Some(format) = format_of_ddl(&ddl.to_lowercase().replace(" = ", "=")) else {
            continue;
        };
        // Tables with deletes need more than a reader of files.
        if table.starts_with("acid_") && !table.starts_with("acid_io_") {
            continue;
        }
        let expected = Some(folder.join(expected)).filter(|path| path.is_file());
        let style = if engine == "trino" { Style::RoundedTables } else { Style::Tables };
        let outcome = one(format, &place, (&ddl, style), expected.as_deref());
        report.add(&format!("{engine}/{table}"), outcome);
    }
}

fn one(
    format: &dyn Format,
    place: &Path,
    (ddl, style): (&str, Style),
    expected: Option<&Path>,
) -> Result<(), Failure> {
    let want = columns(ddl)?;
    let (mut columns, mut got) = (Vec::new(), Vec::new());
    for file in files_below(&place.join("data")) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['_', '.']) {
            continue;
        }
        let read = format.read(&file, want.as_deref());
        let (found, batches) = read.map_err(|e| format!("{name}: {}", chain(&e)))?;
        if !found.is_empty() || columns.is_empty() {
            columns = found;
        }
        got.extend(values::rows(&columns, &batches, Style::Tables));
    }
    let Some(expected) = expected else { return Ok(()) };
    let lines = json_lines(expected)?;
    if lines.len() != got.len() {
        return Err(format!("{} rows instead of {}", got.len(), lines.len()));
    }
    // Two engines that wrote the same rows may have done so in another order.
    let keys = |rows: &[Value]| rows.iter().map(|r| r["id"].to_string()).collect::<Vec<_>>();
    let (mut lines, mut got) = (lines, got);
    if keys(&lines) != keys(&got) {
        lines.sort_by_key(|row| row["id"].to_string());
        got.sort_by_key(|row| row["id"].to_string());
    }
    for (row, (line, got)) in lines.iter().zip(&got).enumerate() {
        for column in &columns {
            let name = column.name.to_lowercase();
            let Some(value) = line.get(&name) else { continue };
            let want = values::expected(value, &column.ty, Style::Tables);
            if !values::same(&want, &got[&column.name], style) {
                let got = &got[&column.name];
                return Err(format!("row {row}, {name}: {got} instead of {want}"));
            }
        }
    }
    Ok(())
}

/// Takes names and types out of `CREATE TABLE name (...)`; nothing if the definition has none.
fn columns(ddl: &str) -> Result<Option<Vec<StructField>>, Failure> {
    let ddl: String = ddl.lines().filter(|l| !l.starts_with("--")).collect::<Vec<_>>().join(" ");
    let lower = ddl.to_lowercase();
    let Some(create) = lower.find("create ") else { return Ok(None) };
    let Some(open) = lower[create..].find('(').map(|at| create + at) else { return Ok(None) };
    if lower[create..open].contains(" with") || lower[create..open].contains(" using ") {
        return Ok(None);
    }
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for c in ddl[open..].chars() {
        match c {
            '(' | '<' => depth += 1,
            ')' | '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if c == ',' && depth == 1 {
            parts.push(std::mem::take(&mut part));
        } else if !(c == '(' && part.is_empty()) {
            part.push(c);
        }
    }
    parts.push(part);
    let fields = parts.iter().map(|part| {
        let (name, ty) = part.trim().split_once(' ').ok_or(format!("no type in {part}"))?;
        let ty = ty.split(" comment ").next().unwrap_or(ty);
        let ty: HiveType = ty.parse().map_err(|e| format!("{part}: {e}"))?;
        Ok(StructField { name: name.trim_matches('`').to_lowercase(), ty })
    });
    fields.collect::<Result<Vec<_>, Failure>>().map(Some)
}
