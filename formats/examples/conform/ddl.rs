//! As much of `CREATE TABLE` as the sample tables have.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use formats::serde_names::Format;
use formats::table::{Descriptor, TableColumn};

/// A table of the samples.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub descriptor: Descriptor,
    pub partitions: Vec<TableColumn>,
    pub zone: Option<Tz>,
    /// Write ids that were rolled back.
    pub aborted: Vec<i64>,
}

/// Reads the statement that made a table; columns that it does not list come from `types`.
pub fn parse(
    text: &str,
    types: &BTreeMap<String, String>,
    names: &[String],
) -> Result<Table, String> {
    let zone = text.lines().next().and_then(zone_of);
    let create = text.lines().find(|line| line.starts_with("create")).ok_or("no create table")?;
    let create = create.trim_end_matches(';');
    let mut table = Table { zone, ..Table::default() };
    let lower = create.to_lowercase();
    let mut columns = Vec::new();
    let mut rest = create;
    let head = lower.contains(" with (") && lower.ends_with(" as");
    if head {
        let csv = lower.contains("format='csv'");
        for name in names.iter().filter(|name| !name.starts_with('_')) {
            let ty = if csv { "string" } else { types.get(name).map_or("string", String::as_str) };
            columns.push(column(name, ty)?);
        }
    } else {
        let open = create.find('(').ok_or("no columns")?;
        let end = close(create, open).ok_or("columns do not end")?;
        columns = columns_of(&create[open + 1..end])?;
        rest = &create[end + 1..];
    }
    let lower = rest.to_lowercase();
    if let Some(at) = lower.find("partitioned by") {
        let open = at + rest[at..].find('(').ok_or("no partition columns")?;
        let end = close(rest, open).ok_or("partition columns do not end")?;
        for part in split(&rest[open + 1..end]) {
            let plain = part.trim().to_owned();
            if plain.contains(' ') {
                table.partitions.extend(columns_of(&plain)?);
            } else if let Some(at) = columns.iter().position(|c| c.name == plain) {
                table.partitions.push(columns.remove(at));
            }
        }
    }
    let format = format_of(&lower)?;
    table.descriptor = Descriptor::stored_as(format, columns);
    properties(rest, &lower, &mut table)?;
    trino(&lower, &mut table);
    statements(text, &mut table)?;
    Ok(table)
}

/// Follows the statements after the first: properties that were set, and transactions rolled back.
fn statements(text: &str, table: &mut Table) -> Result<(), String> {
    let mut write_id = 0;
    let mut rolls_back = false;
    for line in text.lines() {
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("set hive.test.rollbacktxn=") {
            rolls_back = value.starts_with("true");
        } else if lower.starts_with("set hive.lazysimple.extended_boolean_literal=true") {
            let key = "hive.lazysimple.extended_boolean_literal".to_owned();
            table.descriptor.properties.insert(key, "true".to_owned());
        } else if lower.starts_with("alter table") && lower.contains("set tblproperties") {
            properties(line, &lower, table)?;
            // Where a table becomes transactional, its ids begin after those of old files.
            write_id = 10_000_000;
        } else if ["insert", "update", "delete", "merge"].iter().any(|w| lower.starts_with(w)) {
            write_id += 1;
            if rolls_back {
                table.aborted.push(write_id);
            }
        }
    }
    Ok(())
}

fn zone_of(line: &str) -> Option<Tz> {
    let at = line.find("JVM zone ")? + "JVM zone ".len();
    let name = line[at..].split([' ', ';', '.', ',']).next()?;
    match name {
        "utc" => Some(Tz::UTC),
        "shanghai" => Some(Tz::Asia__Shanghai),
        "la" => Some(Tz::America__Los_Angeles),
        name => name.parse().ok(),
    }
}

fn format_of(lower: &str) -> Result<Format, String> {
    let after = |word: &str| lower.find(word).map(|at| &lower[at + word.len()..]);
    if lower.contains("orc.orcinputformat") {
        return Ok(Format::Orc);
    }
    if lower.contains("avrocontainerinputformat") {
        return Ok(Format::Avro);
    }
    let word = after("stored as ").or_else(|| after("using ")).or_else(|| after("format='"));
    let word = word.and_then(|w| w.split([' ', '\'', '(', ')', ',']).next()).unwrap_or("textfile");
    match word {
        "rctext" | "rcbinary" => Ok(Format::RcFile),
        "csv" => Ok(Format::TextFile),
        word => word.parse().map_err(|e: formats::FormatError| e.to_string()),
    }
}

fn properties(rest: &str, lower: &str, table: &mut Table) -> Result<(), String> {
    let descriptor = &mut table.descriptor;
    let mut set = |key: &str, value: String| {
        descriptor.properties.insert(key.to_owned(), value);
    };
    let quoted = |word: &str| {
        let at = lower.find(word)? + word.len();
        string(rest[at..].trim_start()).map(|(text, _)| text)
    };
    for (word, key) in [
        ("fields terminated by", "field.delim"),
        ("escaped by", "escape.delim"),
        ("collection items terminated by", "collection.delim"),
        ("map keys terminated by", "mapkey.delim"),
        ("null defined as", "serialization.null.format"),
    ] {
        if let Some(value) = quoted(word) {
            set(key, value);
        }
    }
    for word in ["serdeproperties", "tblproperties", "options"] {
        let mut from = 0;
        while let Some(at) = lower[from..].find(word).map(|at| from + at) {
            from = at + word.len();
            let Some(open) = rest[from..].find('(').map(|at| from + at) else { continue };
            let mut text = &rest[open + 1..];
            while let Some((key, after)) = string(text.trim_start()) {
                let after = after.trim_start();
                let Some((value, after)) =
                    after.strip_prefix('=').and_then(|t| string(t.trim_start()))
                else {
                    break;
                };
                set(&key, value);
                text = after.trim_start().trim_start_matches(',');
            }
        }
    }
    if let Some(serde) = quoted("row format serde") {
        descriptor.serde = serde;
    }
    if lower.contains("using csv") {
        descriptor.serde = formats::serde_names::OPEN_CSV_SERDE.to_owned();
        descriptor.properties.insert("skip.header.line.count".to_owned(), "1".to_owned());
    }
    Ok(())
}

/// Translates what Trino writes after `WITH`.
fn trino(lower: &str, table: &mut Table) {
    let descriptor = &mut table.descriptor;
    if lower.contains("format='rctext'") {
        descriptor.serde = "org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe".to_owned();
    }
    if lower.contains("format='csv'") {
        descriptor.serde = formats::serde_names::OPEN_CSV_SERDE.to_owned();
    }
    for (word, key) in [
        ("textfile_field_separator='", "field.delim"),
        ("textfile_field_separator_escape='", "escape.delim"),
        ("null_format='", "serialization.null.format"),
    ] {
        if let Some(at) = lower.find(word) {
            // Trino's strings have no escapes.
            let value = lower[at + word.len()..].split('\'').next().unwrap_or_default();
            let value = if key == "serialization.null.format" {
                value.to_uppercase()
            } else {
                value.to_owned()
            };
            descriptor.properties.insert(key.to_owned(), value);
        }
    }
}

/// Reads a string literal with Hive's escapes; gives what follows too.
fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((out, &text[at + 1..]));
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let rest = &text[at + 1..];
        let octal = rest.get(..3).filter(|d| d.bytes().all(|b| (b'0'..=b'7').contains(&b)));
        if let Some(code) = octal.and_then(|d| u8::from_str_radix(d, 8).ok()) {
            out.push(char::from(code));
            chars.nth(2);
            continue;
        }
        if let Some(code) = rest.strip_prefix('u').and_then(|r| r.get(..4)) {
            let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
            out.push(code);
            chars.nth(4);
            continue;
        }
        match chars.next()?.1 {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '0' => out.push('\0'),
            c @ ('%' | '_') => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    None
}

fn close(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' | '<' => depth += 1,
            ')' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn columns_of(text: &str) -> Result<Vec<TableColumn>, String> {
    split(text)
        .into_iter()
        .map(|part| {
            let part = part.trim();
            let (name, ty) = part.split_once(' ').ok_or_else(|| format!("no type: {part}"))?;
            column(name.trim_matches('`'), ty.split(" comment ").next().unwrap_or(ty))
        })
        .collect()
}

fn column(name: &str, ty: &str) -> Result<TableColumn, String> {
    let parsed = ty.trim().parse().map_err(|e| format!("{name}: {e}"))?;
    Ok(TableColumn::new(name.to_lowercase(), parsed))
}
