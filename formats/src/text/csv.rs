//! CSV lines as `OpenCSVSerde` reads them: all fields are text.
//!
//! Source: opencsv 2.3 `CSVParser.parseLineMulti`, which Hive uses: quotes in the middle of a field
//! are kept unless they stand at its borders, white space before an opening quote is dropped, an
//! escape counts only inside of quotes and only before a quote or another escape. A line whose quotes
//! are not closed loses its last field.

use memchr::{memchr2, memchr3};

use super::lazy::places;
use super::value::ValueRules;
use crate::Result;
use crate::rows::Column;
use crate::table::{Descriptor, ReadRequest};

/// Reads rows of quoted fields.
#[derive(Debug)]
pub(crate) struct CsvRows {
    rules: ValueRules,
    separator: u8,
    quote: u8,
    escape: u8,
    targets: Vec<Option<usize>>,
    field: Vec<u8>,
    /// Where the separators of a line are.
    ends: Vec<usize>,
}

/// Returns the first byte of a property.
pub(crate) fn character(descriptor: &Descriptor, key: &str, default: u8) -> u8 {
    descriptor.property(key).and_then(|text| text.bytes().next()).unwrap_or(default)
}

impl CsvRows {
    pub(crate) fn new(
        descriptor: &Descriptor,
        request: &ReadRequest,
        targets: Vec<Option<usize>>,
    ) -> Result<Self> {
        // Hive takes the writer's default escape, the quote, for none and reads with a backslash.
        let escape = match character(descriptor, "escapeChar", b'"') {
            b'"' => b'\\',
            other => other,
        };
        Ok(Self {
            rules: ValueRules::new(descriptor, request)?,
            separator: character(descriptor, "separatorChar", b','),
            quote: character(descriptor, "quoteChar", b'"'),
            escape,
            targets,
            field: Vec::new(),
            ends: Vec::new(),
        })
    }

    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) {
        let Self { rules, targets, field, separator, quote, escape, ends } = self;
        let (separator, quote, escape) = (*separator, *quote, *escape);
        if line.is_empty() {
            return;
        }
        if memchr2(quote, escape, line).is_none() {
            places(line, separator, ends);
            let mut start = 0;
            let all = ends.iter().copied().chain([line.len()]);
            for (end, target) in all.zip(targets.iter()) {
                if let Some(column) = target.and_then(|target| columns.get_mut(target)) {
                    rules.push(column, &line[start..end]);
                }
                start = end + 1;
            }
            return;
        }
        let mut target = 0;
        let mut end_field = |field: &mut Vec<u8>| {
            if let Some(Some(column)) = targets.get(target)
                && let Some(column) = columns.get_mut(*column)
            {
                rules.push(column, field);
            }
            target += 1;
            field.clear();
        };
        field.clear();
        let (mut quoted, mut at) = (false, 0);
        // A field without quotes and escapes is taken whole.
        while at < line.len() {
            let c = line[at];
            if c == escape {
                let next = line.get(at + 1);
                if quoted && next.is_some_and(|next| *next == quote || *next == escape) {
                    field.push(line[at + 1]);
                    at += 1;
                }
            } else if c == quote {
                if quoted && line.get(at + 1) == Some(&quote) {
                    field.push(quote);
                    at += 1;
                } else {
                    let inside = characters_before(line, at) > 2
                        && line[at - 1] != separator
                        && line.get(at + 1).is_some_and(|next| *next != separator);
                    if inside {
                        if !field.is_empty() && field.iter().all(u8::is_ascii_whitespace) {
                            field.clear();
                        } else {
                            field.push(c);
                        }
                    }
                    quoted = !quoted;
                }
            } else if c == separator && !quoted {
                end_field(field);
            } else {
                let rest = &line[at..];
                let end = if quoted {
                    memchr2(quote, escape, rest)
                } else {
                    memchr3(quote, escape, separator, rest)
                };
                let length = end.unwrap_or(rest.len());
                field.extend_from_slice(&line[at..at + length]);
                at += length;
                continue;
            }
            at += 1;
        }
        if !quoted {
            end_field(field);
        }
    }
}

/// Counts characters as Java does, up to three.
fn characters_before(line: &[u8], at: usize) -> usize {
    let unit = |c: &u8| match c {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    };
    line[..at.min(16)].iter().map(unit).sum()
}
