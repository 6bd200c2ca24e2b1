//! JSON bytes: fixed-width loads, string ends, escapes, and skipping of whole values.
//!
//! Every block ends in [`PADDING`](super::PADDING) zero bytes, which no scan passes: a control byte
//! ends a string, and is neither white space nor part of a number. So nothing here compares
//! positions with the end, and the loads below stay inside the block: a position is never more than
//! the longest number or timestamp behind it. The decoder copies a block that lacks the zeros.

use wide::u8x16;

use super::reason::{Parsed, Reason};

/// Containers inside containers that a record may have.
pub(super) const MAX_DEPTH: usize = 64;

/// Byte at a position of a padded block.
#[inline(always)]
pub(super) fn at(block: &[u8], pos: usize) -> u8 {
    block[pos]
}

/// The bytes from a position of a padded block on.
#[inline(always)]
pub(super) fn chunk<const N: usize>(block: &[u8], pos: usize) -> &[u8; N] {
    block[pos..pos + N].first_chunk().unwrap_or(&[0; N])
}

#[inline(always)]
pub(super) fn load8(block: &[u8], pos: usize) -> u64 {
    u64::from_le_bytes(*chunk(block, pos))
}

#[inline(always)]
pub(super) fn load16(block: &[u8], pos: usize) -> u128 {
    u128::from_le_bytes(*chunk(block, pos))
}

pub(super) fn slice(block: &[u8], start: usize, end: usize) -> &[u8] {
    block.get(start..end).unwrap_or_default()
}

pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok()
}

/// Finds the first quote, backslash or control byte, and says if a byte before it is not ASCII.
#[inline(always)]
pub(super) fn string_stop(block: &[u8], mut pos: usize) -> (usize, bool) {
    let (quote, slash, control) = (u8x16::splat(b'"'), u8x16::splat(b'\\'), u8x16::splat(0x1f));
    let mut high = 0;
    loop {
        let x = u8x16::new(*chunk(block, pos));
        let stops = (x.simd_eq(quote) | x.simd_eq(slash) | x.min(control).simd_eq(x)).to_bitmask();
        let signs = x.to_bitmask();
        if stops != 0 {
            let before = stops ^ (stops - 1);
            return (pos + stops.trailing_zeros() as usize, high | (signs & before) != 0);
        }
        high |= signs;
        pos += 16;
    }
}

/// What parsers share while they walk a block.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Unescaped text; followed by no padding.
    pub(super) scratch: Vec<u8>,
    /// A newline in a message, where it is white space; a plain space in a block of lines.
    pub(super) newline: u8,
    /// End of the records in the block; zeros follow.
    pub(super) end: usize,
    /// Containers open around the value being parsed.
    pub(super) depth: usize,
}

impl Scan {
    #[inline(always)]
    pub(super) fn space(&self, block: &[u8], mut pos: usize) -> usize {
        loop {
            let c = at(block, pos);
            if c != b' ' && c != b'\t' && c != b'\r' && c != self.newline {
                return pos;
            }
            pos += 1;
        }
    }

    /// Unescapes the string whose first byte is at `pos` into `scratch`; checks its UTF-8.
    pub(super) fn unescape(&mut self, block: &[u8], pos: usize) -> Parsed {
        self.scratch.clear();
        let mut from = pos;
        loop {
            let (stop, _) = string_stop(block, from);
            self.scratch.extend_from_slice(slice(block, from, stop));
            match at(block, stop) {
                b'"' if is_utf8(&self.scratch) => return Ok(stop + 1),
                b'"' => return Err(Reason::BadUtf8.at(pos)),
                b'\\' => from = self.escape(block, stop)?,
                _ => return Err(Reason::BadString.at(stop)),
            }
        }
    }

    fn escape(&mut self, block: &[u8], slash: usize) -> Parsed {
        let fail = || Reason::BadEscape.at(slash);
        let plain = match at(block, slash + 1) {
            c @ (b'"' | b'\\' | b'/') => c,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = hex4(block, slash + 2).ok_or_else(fail)?;
                let mut next = slash + 6;
                if (0xd800..0xdc00).contains(&code) {
                    let low = hex4(block, next + 2).filter(|c| (0xdc00..0xe000).contains(c));
                    if slice(block, next, next + 2) != b"\\u" {
                        return Err(fail());
                    }
                    code = 0x10000 + ((code - 0xd800) << 10) + (low.ok_or_else(fail)? - 0xdc00);
                    next += 6;
                }
                let c = char::from_u32(code).ok_or_else(fail)?;
                self.scratch.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(next);
            }
            _ => return Err(fail()),
        };
        self.scratch.push(plain);
        Ok(slash + 2)
    }

    /// Checks a string and finds the position after its closing quote.
    pub(super) fn skip_string(&mut self, block: &[u8], pos: usize) -> Parsed {
        let (stop, high) = string_stop(block, pos);
        if at(block, stop) != b'"' {
            return self.unescape(block, pos);
        }
        if high && !is_utf8(slice(block, pos, stop)) {
            return Err(Reason::BadUtf8.at(pos));
        }
        Ok(stop + 1)
    }

    /// Checks one value of any kind and finds the position after it.
    ///
    /// Limit: containers more than [`MAX_DEPTH`] deep, counted from the record, are an error; one
    /// bit each says if it is an object, so that no input can exhaust the stack.
    pub(super) fn skip(&mut self, block: &[u8], mut pos: usize) -> Parsed {
        let mut objects = 0u64;
        let mut open = 0;
        loop {
            match at(block, pos) {
                c @ (b'{' | b'[') => {
                    if self.depth + open >= MAX_DEPTH {
                        return Err(Reason::TooDeep.at(pos));
                    }
                    pos = self.space(block, pos + 1);
                    if at(block, pos) == c + 2 {
                        pos += 1;
                    } else {
                        open += 1;
                        objects = objects << 1 | u64::from(c == b'{');
                        if c == b'{' {
                            pos = self.skip_key(block, pos)?;
                        }
                        continue;
                    }
                }
                _ => pos = self.skip_scalar(block, pos)?,
            }
            loop {
                if open == 0 {
                    return Ok(pos);
                }
                pos = self.space(block, pos);
                let object = objects & 1 == 1;
                match at(block, pos) {
                    b',' => break,
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => return Err(Reason::Comma.at(pos)),
                }
                pos += 1;
                open -= 1;
                objects >>= 1;
            }
            pos = self.space(block, pos + 1);
            if objects & 1 == 1 {
                pos = self.skip_key(block, pos)?;
            }
        }
    }

    fn skip_key(&mut self, block: &[u8], pos: usize) -> Parsed {
        if at(block, pos) != b'"' {
            return Err(Reason::Key.at(pos));
        }
        let end = self.skip_string(block, pos + 1)?;
        self.colon(block, end)
    }

    /// Takes the colon after a key with the white space around it.
    pub(super) fn colon(&self, block: &[u8], pos: usize) -> Parsed {
        let pos = self.space(block, pos);
        if at(block, pos) != b':' {
            return Err(Reason::Colon.at(pos));
        }
        Ok(self.space(block, pos + 1))
    }

    fn skip_scalar(&mut self, block: &[u8], pos: usize) -> Parsed {
        match at(block, pos) {
            b'"' => self.skip_string(block, pos + 1),
            b't' if load8(block, pos) as u32 == TRUE => Ok(pos + 4),
            b'n' if load8(block, pos) as u32 == NULL => Ok(pos + 4),
            b'f' if load8(block, pos) & FIVE == FALSE => Ok(pos + 5),
            b'-' | b'0'..=b'9' => number_end(block, pos),
            _ => Err(Reason::Syntax.at(pos)),
        }
    }
}

pub(super) const TRUE: u32 = u32::from_le_bytes(*b"true");
pub(super) const NULL: u32 = u32::from_le_bytes(*b"null");
pub(super) const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\0");
pub(super) const FIVE: u64 = 0xff_ffff_ffff;

fn hex4(block: &[u8], pos: usize) -> Option<u32> {
    let digits = chunk::<4>(block, pos);
    digits.iter().try_fold(0, |code, c| Some(code * 16 + char::from(*c).to_digit(16)?))
}

/// Finds the end of a number by the full JSON grammar.
pub(super) fn number_end(block: &[u8], start: usize) -> Parsed {
    let digits = |mut pos: usize| {
        let first = pos;
        while at(block, pos).is_ascii_digit() {
            pos += 1;
        }
        if pos == first { Err(Reason::BadNumber.at(start)) } else { Ok(pos) }
    };
    let first = start + usize::from(at(block, start) == b'-');
    let mut pos = digits(first)?;
    if at(block, first) == b'0' && pos > first + 1 {
        return Err(Reason::BadNumber.at(start));
    }
    if at(block, pos) == b'.' {
        pos = digits(pos + 1)?;
    }
    if at(block, pos) | 0x20 == b'e' {
        let sign = usize::from(matches!(at(block, pos + 1), b'+' | b'-'));
        pos = digits(pos + 1 + sign)?;
    }
    Ok(pos)
}
