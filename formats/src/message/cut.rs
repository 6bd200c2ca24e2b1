//! CSV text cut into fields, by bytes only: no type is known here.
//!
//! Nothing here needs padding behind the text: positions are compared with the end.

use wide::u8x16;

use super::reason::{Fail, Parsed, Reason};
use super::scan::slice;

/// Cuts records into fields.
#[derive(Debug)]
pub(super) struct Cutter {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) comments: bool,
    /// A field without its quotes and escapes, if it had some inside.
    pub(super) plain: Vec<u8>,
}

/// Where a field stands, and the position of the delimiter, newline or end behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: usize,
    /// True if the value is not in the block but in `plain`.
    pub(super) unescaped: bool,
    /// True if a byte of it is not ASCII.
    pub(super) high: bool,
}

impl Cutter {
    /// Passes a byte order mark; an empty line or a comment is no record.
    #[inline]
    pub(super) fn first_field(&self, block: &[u8], start: usize, end: usize) -> Parsed {
        let mut pos = start;
        match peek(block, pos) {
            0xef if slice(block, pos, pos + 3) == b"\xef\xbb\xbf" => pos += 3,
            b'#' if self.comments => return Err(Reason::Empty.at(pos)),
            _ => {}
        }
        let after = pos + usize::from(peek(block, pos) == b'\r');
        if after >= end || peek(block, after) == b'\n' {
            return Err(Reason::Empty.at(pos));
        }
        Ok(pos)
    }

    /// Finds the field at a position.
    #[inline]
    pub(super) fn cut(&mut self, block: &[u8], pos: usize, end: usize) -> Result<Cut, Fail> {
        if self.quote == Some(peek(block, pos)) && pos < end {
            return self.cut_quoted(block, pos, end);
        }
        let escape = self.escape.unwrap_or(self.delimiter);
        let (stop, high) = find(block, pos, end, [self.delimiter, b'\n', escape]);
        if stop < end && self.escape == Some(peek(block, stop)) {
            return self.cut_escaped(block, pos, end);
        }
        let newline = stop >= end || peek(block, stop) == b'\n';
        let cr = newline && stop > pos && peek(block, stop - 1) == b'\r';
        Ok(Cut { start: pos, end: stop - usize::from(cr), next: stop, unescaped: false, high })
    }

    fn cut_quoted(&mut self, block: &[u8], open: usize, end: usize) -> Result<Cut, Fail> {
        let quote = self.quote.unwrap_or_default();
        let escape = self.escape.unwrap_or(quote);
        let (mut from, mut unescaped, mut high) = (open + 1, false, false);
        self.plain.clear();
        let close = loop {
            let (stop, more) = find(block, from, end, [quote, escape, quote]);
            high |= more;
            if stop >= end {
                return Err(Reason::OpenQuote.at(open));
            }
            let doubled = peek(block, stop) == quote;
            if doubled && (stop + 1 >= end || peek(block, stop + 1) != quote) {
                if unescaped {
                    self.plain.extend_from_slice(slice(block, from, stop));
                }
                break stop;
            }
            self.plain.extend_from_slice(slice(block, from, stop));
            self.plain.push(if doubled { quote } else { escaped(peek(block, stop + 1)) });
            unescaped = true;
            from = stop + 2;
            if from > end {
                return Err(Reason::OpenQuote.at(open));
            }
        };
        let mut next = close + 1;
        while next < end
            && matches!(peek(block, next), b' ' | b'\t' | b'\r')
            && peek(block, next) != self.delimiter
        {
            next += 1;
        }
        if next < end && peek(block, next) != self.delimiter && peek(block, next) != b'\n' {
            return Err(Reason::AfterQuote.at(next));
        }
        Ok(Cut { start: open + 1, end: close, next, unescaped, high })
    }

    #[cold]
    fn cut_escaped(&mut self, block: &[u8], pos: usize, end: usize) -> Result<Cut, Fail> {
        let escape = self.escape.unwrap_or(self.delimiter);
        let (mut from, mut high) = (pos, false);
        self.plain.clear();
        loop {
            let (stop, more) = find(block, from, end, [self.delimiter, b'\n', escape]);
            high |= more;
            self.plain.extend_from_slice(slice(block, from, stop));
            if stop >= end || peek(block, stop) != escape {
                let newline = stop >= end || peek(block, stop) == b'\n';
                if newline && stop > from && peek(block, stop - 1) == b'\r' {
                    self.plain.pop();
                }
                return Ok(Cut { start: pos, end: stop, next: stop, unescaped: true, high });
            }
            if stop + 1 >= end {
                return Err(Reason::OpenQuote.at(stop));
            }
            self.plain.push(escaped(peek(block, stop + 1)));
            from = stop + 2;
        }
    }
}

/// Byte at a position; 0 behind the end.
#[inline(always)]
pub(super) fn peek(block: &[u8], pos: usize) -> u8 {
    block.get(pos).copied().unwrap_or(0)
}

/// What an escaped byte stands for, as Jackson has it.
fn escaped(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' => 0,
        other => other,
    }
}

/// Finds the first of three bytes, or the end, and says if a byte before it is not ASCII.
#[inline(always)]
pub(super) fn find(block: &[u8], mut pos: usize, end: usize, wanted: [u8; 3]) -> (usize, bool) {
    let [a, b, c] = wanted.map(u8x16::splat);
    let mut high = 0;
    while pos < end {
        let Some(bytes) = block.get(pos..).and_then(|s| s.first_chunk::<16>()) else {
            return find_near_end(slice(block, pos, end), pos, wanted, high != 0);
        };
        let x = u8x16::new(*bytes);
        let stops = (x.simd_eq(a) | x.simd_eq(b) | x.simd_eq(c)).to_bitmask();
        let signs = x.to_bitmask();
        if stops != 0 {
            let before = stops ^ (stops - 1);
            let stop = pos + stops.trailing_zeros() as usize;
            return (stop.min(end), high | (signs & before) != 0);
        }
        high |= signs;
        pos += 16;
    }
    (end, high != 0)
}

#[cold]
fn find_near_end(rest: &[u8], pos: usize, wanted: [u8; 3], high: bool) -> (usize, bool) {
    let stop = rest.iter().position(|c| wanted.contains(c)).unwrap_or(rest.len());
    (pos + stop, high || !slice(rest, 0, stop).is_ascii())
}
