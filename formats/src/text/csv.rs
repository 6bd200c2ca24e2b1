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
    /// Whether the three are different, so that a field can be told by its first byte.
    distinct: bool,
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
        let separator = character(descriptor, "separatorChar", b',');
        let quote = character(descriptor, "quoteChar", b'"');
        Ok(Self {
            rules: ValueRules::new(descriptor, request)?,
            separator,
            quote,
            escape,
            distinct: separator != quote && separator != escape && quote != escape,
            targets,
            field: Vec::new(),
            ends: Vec::new(),
        })
    }

    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) {
        let Self { rules, targets, field, separator, quote, escape, distinct, ends } = self;
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
        let mut at = 0;
        for target in targets.iter() {
            let marks = (separator, quote, escape);
            let simple = if *distinct { simple_field(line, at, marks) } else { None };
            let (value, next) = match simple {
                Some((start, end)) => (&line[start..end], end + usize::from(start > at)),
                None => match odd_field(line, at, marks, field) {
                    Some(next) => (field.as_slice(), next),
                    None => return,
                },
            };
            if let Some(column) = target.and_then(|target| columns.get_mut(target)) {
                rules.push(column, value);
            }
            if next == line.len() {
                return;
            }
            at = next + 1;
        }
    }
}

/// Finds the value of a field that begins at `at`, if it is quoted as a whole and holds neither quotes nor escapes, or has none at all.
#[inline]
fn simple_field(
    line: &[u8],
    at: usize,
    (separator, quote, escape): (u8, u8, u8),
) -> Option<(usize, usize)> {
    let rest = &line[at..];
    if rest.first() == Some(&quote) {
        let end = at + 1 + memchr2(quote, escape, &rest[1..])?;
        let is_last = line.get(end + 1).is_none_or(|next| *next == separator);
        return (line[end] == quote && is_last).then_some((at + 1, end));
    }
    match memchr3(quote, escape, separator, rest) {
        None => Some((at, line.len())),
        Some(length) => (rest[length] == separator).then_some((at, at + length)),
    }
}

/// Reads a field of any kind into `field`; tells where its separator or the line's end is, nothing if its quotes are not closed.
fn odd_field(
    line: &[u8],
    mut at: usize,
    (separator, quote, escape): (u8, u8, u8),
    field: &mut Vec<u8>,
) -> Option<usize> {
    field.clear();
    let mut quoted = false;
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
            return Some(at);
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
    (!quoted).then_some(at)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKS: (u8, u8, u8) = (b',', b'"', b'\\');

    proptest! {
        /// Whatever is taken for simple is what the slow way gives.
        #[test]
        fn simple_fields_are_what_odd_ones_would_be(
            line in prop::collection::vec(prop::sample::select(&b"ab ,,\"\"\\\xc3\xa4"[..]), 0..24),
        ) {
            let (mut at, mut field) = (0, Vec::new());
            while let Some(next) = odd_field(&line, at, MARKS, &mut field) {
                if let Some((start, end)) = simple_field(&line, at, MARKS) {
                    prop_assert_eq!(&line[start..end], field.as_slice());
                    prop_assert_eq!(end + usize::from(start > at), next);
                }
                if next == line.len() {
                    return Ok(());
                }
                at = next + 1;
            }
            prop_assert_eq!(simple_field(&line, at, MARKS), None);
        }
    }

    #[test]
    fn usual_fields_are_simple() {
        for (line, at, found) in [
            ("\"a,b\",c", 0, Some((1, 4))),
            ("\"a,b\",c", 6, Some((6, 7))),
            ("x,\"\"", 2, Some((3, 3))),
            ("x,", 2, Some((2, 2))),
            ("\"a\"\"b\"", 0, None),
            ("\"a\\\"b\"", 0, None),
            (" \"a\"", 0, None),
            ("\"a", 0, None),
        ] {
            assert_eq!(simple_field(line.as_bytes(), at, MARKS), found, "{line} from {at}");
        }
    }
}
