//! Where one record ends and the next begins.
//!
//! ```text
//! Lines       every line feed is a border
//! QuotedCsv   every line feed outside quotes is a border
//!
//!    a,"b
//!    c",d␊e,f␊        quotes open only at the begin of a field: 5" is a plain field
//!         ▲   ▲
//! ```
//!
//! A carriage return before the line feed is part of the record; its decoder drops it.

use memchr::{memchr, memchr2, memrchr};

/// Says what ends a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordBorders {
    /// A line feed does.
    Lines,
    /// A line feed outside quotes does.
    ///
    /// A quote opens a quoted part at the begin of a field only; within it, a doubled quote and
    /// whatever follows the escape character are plain text.
    QuotedCsv {
        /// Character between two fields.
        delimiter: u8,
        /// Character around a field.
        quote: u8,
        /// Character that takes the meaning from the next one.
        escape: Option<u8>,
        /// Character that makes a line a comment, in which quotes mean nothing.
        comment: Option<u8>,
    },
}

impl RecordBorders {
    /// Tells whether a line feed behind this record would end it, and none in it does.
    pub fn is_whole(self, record: &[u8]) -> bool {
        let line = [record, b"\n"].concat();
        Scanner::new(self).scan(&line, 0, 0) == Found::Stop(line.len())
    }
}

/// Finds the borders of records in a stream of bytes that comes in pieces.
#[derive(Debug, Clone)]
pub(super) struct Scanner {
    borders: RecordBorders,
    state: State,
}

/// Where the bytes seen so far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the begin of a record.
    Record,
    /// At the begin of a field.
    Field,
    /// Inside a field, outside quotes.
    Plain,
    /// Behind an escape character outside quotes.
    PlainEscape,
    /// Inside a comment.
    Comment,
    /// Inside quotes.
    Quoted,
    /// Behind an escape character inside quotes.
    QuotedEscape,
    /// Behind a quote inside quotes: the end of the quoted part, or the first of a doubled quote.
    Closing,
}

/// What a scan has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The first border at or behind the place asked for. The bytes behind it were not looked at.
    Stop(usize),
    /// The last border before that place; all bytes were looked at.
    Last(Option<usize>),
}

/// The special characters of CSV.
#[derive(Clone, Copy)]
struct Csv {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    comment: Option<u8>,
}

impl Scanner {
    /// Makes a scanner that begins at the begin of a record.
    pub(super) fn new(borders: RecordBorders) -> Self {
        Self { borders, state: State::Record }
    }

    /// Looks at `bytes[from..]`, which follow what the scanner has seen.
    ///
    /// Gives the first border at or behind `stop`, or else the last border. A border is the index
    /// behind a line feed.
    pub(super) fn scan(&mut self, bytes: &[u8], from: usize, stop: usize) -> Found {
        match self.borders {
            RecordBorders::Lines => scan_lines(bytes, from, stop),
            RecordBorders::QuotedCsv { delimiter, quote, escape, comment } => {
                let csv = Csv { delimiter, quote, escape, comment };
                let found = if escape.is_none() && comment.is_none() {
                    self.scan_quotes(csv, bytes, from, stop)
                } else {
                    self.scan_bytes(csv, bytes, from, stop)
                };
                if matches!(found, Found::Stop(_)) {
                    self.state = State::Record;
                }
                found
            }
        }
    }

    /// Hops from quote to quote; the line feeds between are looked for from the outer ends.
    fn scan_quotes(&mut self, csv: Csv, bytes: &[u8], from: usize, stop: usize) -> Found {
        let mut at = from;
        let mut last = None;
        while at < bytes.len() {
            if self.state == State::Closing {
                // A doubled quote is plain text, and the quoted part goes on.
                let doubled = bytes[at] == csv.quote;
                self.state = if doubled { State::Quoted } else { State::Plain };
                at += usize::from(doubled);
                continue;
            }
            let quote = memchr(csv.quote, &bytes[at..]).map_or(bytes.len(), |i| at + i);
            if self.state == State::Quoted {
                if quote < bytes.len() {
                    self.state = State::Closing;
                }
            } else {
                match scan_lines(&bytes[..quote], at, stop) {
                    Found::Last(border) => last = border.or(last),
                    stop @ Found::Stop(_) => return stop,
                }
                if quote > at {
                    self.state = csv.behind(bytes[quote - 1]);
                }
                if quote < bytes.len() {
                    let opens = self.state != State::Plain;
                    self.state = if opens { State::Quoted } else { State::Plain };
                }
            }
            at = quote + 1;
        }
        Found::Last(last)
    }

    /// Looks at every byte: for escapes and comments.
    fn scan_bytes(&mut self, csv: Csv, bytes: &[u8], from: usize, stop: usize) -> Found {
        let mut last = None;
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            self.state = csv.step(self.state, byte);
            at += 1;
            match self.state {
                State::Record => {
                    if at >= stop {
                        return Found::Stop(at);
                    }
                    last = Some(at);
                }
                State::Comment => {
                    at = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i);
                }
                State::Quoted => {
                    let other = csv.escape.unwrap_or(csv.quote);
                    at = memchr2(csv.quote, other, &bytes[at..]).map_or(bytes.len(), |i| at + i);
                }
                _ => {}
            }
        }
        Found::Last(last)
    }
}

impl Csv {
    /// Gives the state behind a byte that stands outside quotes and is no quote.
    fn behind(self, byte: u8) -> State {
        match byte {
            b'\n' => State::Record,
            b if b == self.delimiter => State::Field,
            _ => State::Plain,
        }
    }

    fn step(self, state: State, byte: u8) -> State {
        match state {
            State::Record if Some(byte) == self.comment => State::Comment,
            State::Record | State::Field | State::Closing if byte == self.quote => State::Quoted,
            State::Record | State::Field | State::Plain if Some(byte) == self.escape => {
                State::PlainEscape
            }
            State::Comment if byte != b'\n' => State::Comment,
            State::Record | State::Field | State::Plain | State::Comment => self.behind(byte),
            State::PlainEscape => State::Plain,
            State::Quoted if Some(byte) == self.escape => State::QuotedEscape,
            State::Quoted if byte == self.quote => State::Closing,
            State::Quoted | State::QuotedEscape => State::Quoted,
            State::Closing => self.step(State::Plain, byte),
        }
    }
}

fn scan_lines(bytes: &[u8], from: usize, stop: usize) -> Found {
    let first = stop.saturating_sub(1).max(from);
    if let Some(i) = bytes.get(first..).and_then(|rest| memchr(b'\n', rest)) {
        return Found::Stop(first + i + 1);
    }
    let before = &bytes[from..first.min(bytes.len())];
    Found::Last(memrchr(b'\n', before).map(|i| from + i + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn csv(escape: Option<u8>, comment: Option<u8>) -> RecordBorders {
        RecordBorders::QuotedCsv { delimiter: b',', quote: b'"', escape, comment }
    }

    /// All borders, the bytes given in pieces of `step`.
    fn all(borders: RecordBorders, bytes: &[u8], step: usize) -> Vec<usize> {
        let mut scanner = Scanner::new(borders);
        let (mut from, mut found) = (0, Vec::new());
        while from < bytes.len() {
            let piece = &bytes[..(from + step).min(bytes.len())];
            match scanner.scan(piece, from, from + 1) {
                Found::Stop(border) => {
                    found.push(border);
                    from = border;
                }
                Found::Last(border) => {
                    assert_eq!(border, None);
                    from = piece.len();
                }
            }
        }
        found
    }

    #[test]
    fn a_record_is_whole_if_a_line_feed_behind_it_ends_it() {
        let csv = |escape, comment| RecordBorders::QuotedCsv {
            delimiter: b',',
            quote: b'"',
            escape,
            comment,
        };
        for (borders, record, whole) in [
            (RecordBorders::Lines, "{\"a\": 1}", true),
            (RecordBorders::Lines, "a\nb", false),
            (csv(None, None), "a,\"b\nc\"", true),
            (csv(None, None), "a,\"b", false),
            (csv(None, None), "a,5\"", true),
            (csv(Some(b'\\'), None), "a\\", false),
            (csv(None, Some(b'#')), "#\"", true),
        ] {
            assert_eq!(borders.is_whole(record.as_bytes()), whole, "{record}");
        }
    }

    #[test]
    fn finds_borders() {
        let plain = csv(None, None);
        let escape = csv(Some(b'\\'), None);
        let comment = csv(None, Some(b'#'));
        let table: &[(RecordBorders, &str, &[usize])] = &[
            (RecordBorders::Lines, "", &[]),
            (RecordBorders::Lines, "a\n\n\"b\nc", &[2, 3, 6]),
            (plain, "a,b\nc\n", &[4, 6]),
            (plain, "\"a\nb\"\nc\n", &[6, 8]),
            (plain, "a,\"b\r\n\"\r\nc", &[9]),
            (plain, "\"a\"\"\n\"\"b\"\n", &[10]),
            (plain, "\"\"\n\"\"\"\n\"\n", &[3, 9]),
            (plain, "5\",\"x\ny\"\nz\n", &[9, 11]),
            (plain, "a\"\nb\"\n", &[3, 6]),
            (plain, "\"a\"b\"\nc\"\n", &[6, 9]),
            (plain, "\"never closed\n\n", &[]),
            (plain, "# it, \"is\nc", &[10]),
            (escape, "\"a\\\"\n\"\nb\n", &[7, 9]),
            (escape, "\"a\\\\\"\n\"\nb\"\n", &[6, 11]),
            (escape, "a\\\"\nb\n", &[4, 6]),
            (escape, "a,\\\"x\nb\n", &[6, 8]),
            (comment, "#,\"is\n\"#\n\"\n", &[6, 11]),
            (comment, "a,#,\"is\n\"\n", &[10]),
        ];
        for (borders, text, want) in table {
            for step in 1..=text.len().max(1) {
                let got = all(*borders, text.as_bytes(), step);
                assert_eq!(&got, want, "{borders:?} {text:?} in pieces of {step}");
            }
        }
    }

    proptest! {
        /// The hopping scan finds what the byte-wise one finds, for any pieces and stops.
        #[test]
        fn both_scans_agree(
            text in "[a,\"\n]{0,60}",
            cuts in proptest::collection::vec(0_usize..60, 0..5),
            stop in 0_usize..80,
        ) {
            let bytes = text.as_bytes();
            let special = Csv { delimiter: b',', quote: b'"', escape: None, comment: None };
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let (mut hop, mut step) = (Scanner::new(csv(None, None)), Scanner::new(csv(None, None)));
            let mut from = 0;
            for cut in cuts {
                let piece = &bytes[..cut];
                let a = hop.scan_quotes(special, piece, from, stop);
                let b = step.scan_bytes(special, piece, from, stop);
                prop_assert_eq!(a, b);
                if matches!(a, Found::Stop(_)) {
                    return Ok(());
                }
                from = cut;
            }
        }
    }
}
