//! CSV lines as `OpenCSVSerde` reads them: all fields are text.
//!
//! Source: opencsv 2.3 `CSVParser.parseLineMulti`, which Hive uses: quotes in the middle of a field
//! are kept unless they stand at its borders, white space before an opening quote is dropped, an
//! escape counts only inside of quotes and only before a quote or another escape. A line whose quotes
//! are not closed loses its last field.

use memchr::{memchr2, memchr3};

use super::cuts::{Cuts, Marks, TILE_BYTES, Take, each_line};
use super::value::ValueRules;
use crate::Result;
use crate::rows::Column;
use crate::table::{Descriptor, ReadRequest};

/// Reads rows of quoted fields.
#[derive(Debug)]
pub(crate) struct CsvRows {
    rules: ValueRules,
    form: Form,
    targets: Vec<Option<usize>>,
    cuts: Cuts,
    marks: Marks,
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
        Ok(Self {
            rules: ValueRules::new(descriptor, request)?,
            form: Form::new(descriptor),
            cuts: Cuts::up_to_last(&targets),
            targets,
            marks: Marks::new(),
        })
    }

    /// Appends the fields of a line to the columns; NULL for those that it does not have.
    pub(crate) fn row(&mut self, line: &[u8], columns: &mut [Column]) {
        self.cuts.clear();
        self.form.cut_line(line, 0, &mut self.cuts);
        self.push(line, columns, false);
    }

    /// Appends the rows of a tile to the columns, and tells how many bytes of it were taken.
    pub(crate) fn rows(&mut self, tile: &[u8], take: Take, columns: &mut [Column]) -> usize {
        self.cuts.clear();
        let Form { separator, quote, escape, distinct, .. } = self.form;
        let characters = [separator, quote, escape];
        let usual = distinct && !characters.iter().any(|c| matches!(c, b'\n' | b'\r'));
        let taken = if usual && tile.len() <= TILE_BYTES {
            self.cut_rows(tile, take)
        } else {
            each_line(tile, take, |line, begin| self.form.cut_line(line, begin, &mut self.cuts))
        };
        // Pieces of valid text between ASCII characters are valid, too.
        let utf8 = characters.is_ascii() && simdutf8::basic::from_utf8(tile).is_ok();
        self.push(tile, columns, utf8);
        taken
    }

    /// Where the rows that were appended last begin in their tile.
    pub(crate) fn begins(&self) -> &[u32] {
        self.cuts.begins()
    }

    /// Cuts rows by their marks; those that are not as simple as most are cut line by line.
    fn cut_rows(&mut self, tile: &[u8], take: Take) -> usize {
        let Self { form, cuts, marks, .. } = self;
        let places = marks.find(tile, [form.separator, form.quote, form.escape, b'\n', b'\r']);
        let inside = |mark: &&u32| !matches!(tile[**mark as usize], b'\n' | b'\r');
        let (mut begin, mut next) = (0, 0);
        while take.goes_on(tile, begin, cuts.rows()) {
            let places = places.get(next..).unwrap_or_default();
            let count = if let Some(count) = form.cut_simple(tile, begin, places, cuts) {
                cuts.end_row(begin);
                count
            } else {
                cuts.drop_row();
                let count = places.iter().take_while(inside).count();
                let end = places.get(count).map_or(tile.len(), |mark| *mark as usize);
                form.cut_line(&tile[begin..end], begin, cuts);
                count
            };
            let end = places.get(count).map_or(tile.len(), |mark| *mark as usize);
            let pair = usize::from(tile[end..].starts_with(b"\r\n"));
            next += count + 1 + pair;
            begin = end + 1 + pair;
        }
        begin.min(tile.len())
    }

    /// Appends the fields that were cut to their columns.
    fn push(&mut self, tile: &[u8], columns: &mut [Column], utf8: bool) {
        for (i, target) in self.targets.iter().enumerate() {
            if let Some(column) = target.and_then(|target| columns.get_mut(target)) {
                self.rules.push_all(column, self.cuts.field(tile, i), utf8);
            }
        }
    }
}

/// The characters of a table's lines.
#[derive(Debug)]
struct Form {
    separator: u8,
    quote: u8,
    escape: u8,
    /// Whether the three are different, so that a field can be told by its first byte.
    distinct: bool,
    field: Vec<u8>,
}

impl Form {
    fn new(descriptor: &Descriptor) -> Self {
        // Hive takes the writer's default escape, the quote, for none and reads with a backslash.
        let escape = match character(descriptor, "escapeChar", b'"') {
            b'"' => b'\\',
            other => other,
        };
        let separator = character(descriptor, "separatorChar", b',');
        let quote = character(descriptor, "quoteChar", b'"');
        let distinct = separator != quote && separator != escape && quote != escape;
        Self { separator, quote, escape, distinct, field: Vec::new() }
    }

    /// Cuts the fields of a line that begins at a place of its tile.
    fn cut_line(&mut self, line: &[u8], begin: usize, cuts: &mut Cuts) {
        let marks = (self.separator, self.quote, self.escape);
        let wanted = if line.is_empty() { 0 } else { cuts.fields() };
        let mut at = 0;
        for _ in 0..wanted {
            let simple = if self.distinct { simple_field(line, at, marks) } else { None };
            let next = if let Some((start, end)) = simple {
                cuts.push(begin + start, begin + end);
                end + usize::from(start > at)
            } else {
                let Some(next) = odd_field(line, at, marks, &mut self.field) else { break };
                cuts.push_own(&self.field);
                next
            };
            if next == line.len() {
                break;
            }
            at = next + 1;
        }
        cuts.end_row(begin);
    }

    /// Cuts a row whose fields are quoted as a whole or not at all, without quotes and escapes in them.
    ///
    /// Tells how many marks stand before the end of the line; `None` for another row, of which some fields may have been cut.
    #[inline]
    fn cut_simple(
        &self,
        tile: &[u8],
        begin: usize,
        marks: &[u32],
        cuts: &mut Cuts,
    ) -> Option<usize> {
        let place = |at: usize| marks.get(at).map_or(tile.len(), |mark| *mark as usize);
        let ends = |at: usize| matches!(tile.get(at), None | Some(b'\n' | b'\r'));
        if ends(begin) {
            return Some(0);
        }
        let (mut start, mut at, mut field) = (begin, 0, 0);
        loop {
            let mut end = place(at);
            let quoted = end == start && tile.get(end) == Some(&self.quote);
            let bounds = if quoted {
                let closing = place(at + 1);
                if tile.get(closing) != Some(&self.quote) || place(at + 2) != closing + 1 {
                    return None;
                }
                (at, end) = (at + 2, closing + 1);
                (start + 1, closing)
            } else {
                (start, end)
            };
            if field < cuts.fields() {
                cuts.push(bounds.0, bounds.1);
            }
            if ends(end) {
                return Some(at);
            }
            if tile[end] != self.separator {
                return None;
            }
            (start, at, field) = (end + 1, at + 1, field + 1);
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
