//! Files of JSON lines: what is in its usual form is decoded block by block, as messages are; a line
//! that is not is read by Hive's rules, by itself.
//!
//! Rows stay in order: where the two ways change, a batch ends. A file most of whose lines are unusual
//! is read line by line from there on.

use std::io::Read;
use std::ops::Range;

use arrow::array::RecordBatch;
use memchr::{memchr, memchr2, memrchr};

use super::lines::{BLOCK_BYTES, too_long, unpacking_failed};
use super::{RowReader, Wanted};
use crate::Result;
use crate::codec::Unpacked;
use crate::message::{Decoder, PADDING};
use crate::table::{Descriptor, ReadRequest, TableColumn};
use crate::types::HiveType;

/// Rows of a batch, for which the decoder is fastest.
const BATCH_ROWS: usize = 8192;

/// Lines after an unusual one that are read by themselves.
const SLOW_LINES: usize = 1000;

/// How often a file may surprise us that soon.
const SURPRISES: usize = 8;

/// Gives the batches of a file of JSON lines.
pub(super) struct JsonFile {
    input: Unpacked,
    /// Whole lines, and zeros behind them.
    block: Vec<u8>,
    /// Where the lines end, and where the next one begins.
    end: usize,
    at: usize,
    /// The begin of a line whose end is not read yet.
    rest: Vec<u8>,
    /// Bytes of the stream before the block.
    before: u64,
    /// Where in the stream lines must begin before.
    limit: Option<u64>,
    /// Whether the line at the begin belongs to the range before.
    skips_first: bool,
    ended: bool,
    /// Whether a line of the block ends in a lone `\r`, which is white space for the decoder.
    lone_returns: bool,
    decoder: Decoder,
    reader: RowReader,
    wanted: Wanted,
    /// Lines to be read by themselves.
    slow: usize,
    surprises: usize,
    /// Rows decoded since the last surprise.
    decoded: usize,
}

/// Tells whether values in their usual form are the same for Hive and for the decoder of messages.
pub(super) fn is_usual(
    descriptor: &Descriptor,
    request: &ReadRequest,
    built: &[TableColumn],
) -> Result<bool> {
    fn known(ty: &HiveType, utc: bool) -> bool {
        match ty {
            HiveType::Array(item) => known(item, utc),
            HiveType::Struct(fields) => fields.iter().all(|field| known(&field.ty, utc)),
            HiveType::TimestampLocalTz => utc,
            HiveType::Map(..)
            | HiveType::Union(_)
            | HiveType::Binary
            | HiveType::Void
            | HiveType::IntervalYearMonth
            | HiveType::IntervalDayTime => false,
            _ => true,
        }
    }
    let utc = request.options.zone == chrono_tz::Tz::UTC;
    let plain = ["timestamp.formats", "serialization.encoding"]
        .iter()
        .all(|key| descriptor.property(key).is_none_or(str::is_empty));
    let lines = ["skip.header.line.count", "skip.footer.line.count"];
    let mut whole = true;
    for key in lines {
        whole &= descriptor.number(key)?.unwrap_or(0) == 0;
    }
    let columns = !built.is_empty() && built.iter().all(|column| known(&column.ty, utc));
    Ok(columns && plain && whole && request.version(descriptor)?.is_none())
}

impl JsonFile {
    /// Makes a reader of a stream that begins at the byte before `range`.
    pub(super) fn new(
        (input, range): (Unpacked, Option<Range<u64>>),
        (reader, wanted): (RowReader, Wanted),
        batch_rows: usize,
    ) -> Result<Self> {
        let start = range.as_ref().map_or(0, |range| range.start);
        let decoder = Decoder::of_usual_json(&wanted.built(), batch_rows.min(BATCH_ROWS))?;
        Ok(Self {
            input,
            block: Vec::new(),
            end: 0,
            at: 0,
            rest: Vec::new(),
            before: start.saturating_sub(1),
            limit: range.map(|range| range.end),
            skips_first: start > 0,
            ended: false,
            lone_returns: false,
            decoder,
            reader,
            wanted,
            slow: 0,
            surprises: 0,
            decoded: 0,
        })
    }

    /// Reads the next lines; false if there are none.
    fn fill(&mut self) -> Result<bool> {
        self.before += self.end as u64;
        self.block.clear();
        self.block.append(&mut self.rest);
        while !self.ended {
            let filled = self.block.len();
            too_long(filled, self.before)?;
            let want = BLOCK_BYTES.max(filled);
            let read = (&mut self.input).take(want as u64).read_to_end(&mut self.block);
            let read = read.map_err(|e| unpacking_failed(self.before + filled as u64, e))?;
            self.ended = read < want;
            if let Some(last) = memrchr(b'\n', &self.block[filled..]).filter(|_| !self.ended) {
                let end = filled + last + 1;
                self.rest.extend_from_slice(&self.block[end..]);
                self.block.truncate(end);
                break;
            }
        }
        self.at = 0;
        if std::mem::take(&mut self.skips_first) {
            self.at = memchr(b'\n', &self.block).map_or(self.block.len(), |at| at + 1);
        }
        self.cut_to_limit();
        self.end = self.block.len();
        self.at = self.at.min(self.end);
        self.lone_returns = has_lone_return(&self.block);
        self.block.resize(self.end + PADDING, 0);
        Ok(self.end > 0)
    }

    /// Drops the lines that begin at the limit or behind it.
    fn cut_to_limit(&mut self) {
        let Some(limit) = self.limit else { return };
        let left = usize::try_from(limit.saturating_sub(self.before)).unwrap_or(usize::MAX);
        if left >= self.block.len() {
            return;
        }
        let last = left.saturating_sub(1);
        let end = match memchr(b'\n', &self.block[last..]) {
            _ if left == 0 => 0,
            Some(at) => last + at + 1,
            None => self.block.len(),
        };
        self.block.truncate(end);
        self.rest.clear();
        self.ended = true;
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.at >= self.end {
                if self.fill()? {
                    continue;
                }
                return match (self.decoder.rows(), self.wanted.rows.len()) {
                    (0, 0) => Ok(None),
                    (0, _) => self.wanted.finish().map(Some),
                    _ => self.decoded().map(Some),
                };
            }
            if self.slow > 0 || self.lone_returns {
                if self.decoder.rows() > 0 {
                    return self.decoded().map(Some);
                }
                self.by_line()?;
                let changes = self.slow == 0 && !self.lone_returns;
                if self.wanted.rows.is_full() || changes && self.wanted.rows.len() > 0 {
                    return self.wanted.finish().map(Some);
                }
                continue;
            }
            if self.wanted.rows.len() > 0 {
                return self.wanted.finish().map(Some);
            }
            let rows = self.decoder.rows();
            let (at, unusual) = self.decoder.decode_good(&self.block, self.at, self.end);
            self.at = at;
            self.decoded += self.decoder.rows() - rows;
            if unusual {
                self.surprises += usize::from(self.decoded < SLOW_LINES);
                self.decoded = 0;
                self.slow = if self.surprises > SURPRISES { usize::MAX } else { SLOW_LINES };
            } else if self.decoder.is_full() {
                return self.decoded().map(Some);
            }
        }
    }

    fn decoded(&mut self) -> Result<RecordBatch> {
        let batch = self.decoder.finish()?;
        self.wanted.fitted(&batch)
    }

    /// Reads lines of the block by Hive's rules.
    fn by_line(&mut self) -> Result<()> {
        while self.at < self.end
            && !self.wanted.rows.is_full()
            && (self.slow > 0 || self.lone_returns)
        {
            let text = &self.block[self.at..self.end];
            let found = memchr2(b'\n', b'\r', text);
            let line = &text[..found.unwrap_or(text.len())];
            let pair = text[line.len()..].starts_with(b"\r\n");
            let rows = &mut self.wanted.rows;
            let read = self.reader.row(line, rows.columns());
            if read.map_err(|e| e.with("line at byte", self.before + self.at as u64))? {
                rows.end_row();
            }
            self.at += line.len() + usize::from(found.is_some()) + usize::from(pair);
            self.slow = self.slow.saturating_sub(usize::from(self.slow != usize::MAX));
        }
        Ok(())
    }
}

/// Tells whether a `\r` stands without a `\n` behind it.
fn has_lone_return(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', text).any(|at| text.get(at + 1) != Some(&b'\n'))
}

impl Iterator for JsonFile {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::serde_names::Format;
    use crate::table::open;

    const COLUMNS: [(&str, &str); 13] = [
        ("b", "boolean"),
        ("t", "tinyint"),
        ("i", "int"),
        ("l", "bigint"),
        ("f", "float"),
        ("d", "double"),
        ("m", "decimal(10,2)"),
        ("s", "string"),
        ("c", "char(4)"),
        ("v", "varchar(3)"),
        ("dt", "date"),
        ("ts", "timestamp"),
        ("a", "array<struct<x:int,Y:string>>"),
    ];

    const VALUES: [&str; 75] = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "127",
        "128",
        "32768",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "5.0",
        "5.7",
        "1e2",
        "1.5e-3",
        "1e400",
        "0.1",
        "12345678.125",
        "99999999.994",
        "99999999.995",
        "123456789.5",
        "582.1412124071611",
        "3.4028235e38",
        "01",
        "+1",
        ".5",
        "5.",
        "NaN",
        "Infinity",
        "\"\"",
        "\"1\"",
        "\"+1\"",
        "\" 1\"",
        "\"1.50\"",
        "\"1e2\"",
        "\"007\"",
        "\"12.345\"",
        "\"NaN\"",
        "\"-Infinity\"",
        "\"1.5f\"",
        "\"true\"",
        "\"TRUE\"",
        "\" true\"",
        "\"yes\"",
        "\"abc\"",
        "\"abcdef\"",
        "\"\u{e4}\u{f6}\u{fc}\u{df}x\"",
        "\"a\\nb\\u00e4\\\"\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\x\"",
        "\"a\tb\"",
        "\"2024-02-29\"",
        "\"2023-02-29\"",
        "\"0001-01-01\"",
        "\"2024-1-2\"",
        "\" 2024-01-02 \"",
        "\"2024-01-02 03:04:05\"",
        "\"2024-01-02T03:04:05.123456789\"",
        "\"2024-01-02 03:04\"",
        "\"2024-01-02 03:04:05Z\"",
        "\"2024-01-02 03:04:05+02:00\"",
        "\"1582-10-10 00:00:00\"",
        "{}",
        "{\"x\":1}",
        "[]",
        "[ 1, 2 ]",
        "[{\"x\":1,\"y\":\"z\"},null,{\"X\":2}]",
        "[{\"x\":\"3\"}]",
        "[{\"x\":1,\"x\":2}]",
        "nul",
        "\"open",
        "{\"a\":[",
    ];

    fn table() -> Descriptor {
        let column = |(n, t): &(&str, &str)| TableColumn::new(*n, t.parse().unwrap());
        Descriptor::stored_as(Format::JsonFile, COLUMNS.iter().map(column).collect())
    }

    /// Reads all rows, or gives the error; a property of no meaning makes lines be read by themselves.
    fn read(text: &str, by_line: bool, request: &ReadRequest) -> Result<Vec<RecordBatch>> {
        let mut table = table();
        if by_line {
            table.properties.insert("serialization.encoding".to_owned(), "UTF-8".to_owned());
        }
        open(&table, Arc::new(Bytes::from(text.as_bytes().to_vec())), request)?.collect()
    }

    fn one(batches: Vec<RecordBatch>) -> Option<RecordBatch> {
        let schema = batches.first()?.schema();
        Some(arrow::compute::concat_batches(&schema, &batches).unwrap())
    }

    fn same(text: &str, request: &ReadRequest) {
        let quick = read(text, false, request).map(one).map_err(|e| e.to_string());
        let slow = read(text, true, request).map(one).map_err(|e| e.to_string());
        assert_eq!(quick, slow, "{text}");
    }

    #[test]
    fn the_decoder_reads_what_hive_reads() {
        let all = ReadRequest::default();
        for (name, _) in COLUMNS {
            for value in VALUES {
                for form in
                    ["{N:V}", " { N : V } ", "{\"x\":1,N:V,\"y\":[{}]}", "{N:V}x", "{N:7,N:V}"]
                {
                    let line = form.replace('N', &format!("\"{name}\"")).replace('V', value);
                    same(&format!("{line}\n"), &all);
                }
            }
            let upper = name.to_uppercase();
            same(
                &format!(
                    "{{\"{name}\":null,\"{upper}\":null}}\n{{\"{upper}\":\"1\",\"{name}\":\"2\",\"{upper}\":\"3\"}}"
                ),
                &all,
            );
        }
        for text in [
            "",
            "\n\n",
            "{}",
            "{}\r\n\r\n{\"i\":1}\r\n",
            "{\"i\":1}\r{\"i\":2}\n{\"i\":3}",
            "[]",
            "x",
            "{\"i\":1",
        ] {
            same(text, &all);
        }
    }

    #[test]
    fn rows_stay_in_order_where_lines_are_unusual() {
        let mut text = String::new();
        let mut seed = 7u64;
        for n in 0..60_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Seldom at first, then often.
            let odd = (seed >> 33).is_multiple_of(if n < 40_000 { 3000 } else { 3 });
            let id = if odd { format!("\"{n}\"") } else { n.to_string() };
            let end = if n == 20_000 { "\r" } else { "\n" };
            text.push_str(&format!("{{\"l\":{id},\"s\":\"row {n}\"}}{end}"));
        }
        same(&text, &ReadRequest::default());
        same(&text, &ReadRequest { batch_rows: 100, ..ReadRequest::default() });
        // Ranges that follow each other give every row once.
        let size = text.len() as u64;
        let cuts = [0, 1, 23, 24, 25, 400_000, 524_288, 1_000_000, size - 1, size];
        let mut rows = Vec::new();
        for pair in cuts.windows(2) {
            let request = ReadRequest { range: Some(pair[0]..pair[1]), ..ReadRequest::default() };
            rows.extend(read(&text, false, &request).unwrap());
        }
        let whole = read(&text, true, &ReadRequest::default()).unwrap();
        assert_eq!(one(rows), one(whole));
    }
}
