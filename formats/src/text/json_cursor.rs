//! The grammar of JSON in a line of text.

use memchr::memchr2;

use crate::{FormatError, Result};

/// Deepest nesting of arrays and objects.
pub(super) const MAX_DEPTH: usize = 200;

/// A place in a text.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    #[inline]
    pub(super) fn eat(&mut self, c: u8) -> bool {
        self.space();
        let found = self.peek() == c;
        self.at += usize::from(found);
        found
    }

    pub(super) fn error(&self, what: &str) -> FormatError {
        FormatError::data(format!("malformed json: {what}")).with("at byte of the line", self.at)
    }

    pub(super) fn expect(&mut self, c: u8) -> Result<()> {
        if self.eat(c) { Ok(()) } else { Err(self.error(&format!("expected '{}'", char::from(c)))) }
    }

    /// Takes a string behind its opening quote; the flag tells whether it has escapes.
    #[inline]
    pub(super) fn string(&mut self) -> Result<(&'a [u8], bool)> {
        let start = self.at;
        let mut escapes = false;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(found) = memchr2(b'"', b'\\', rest) else {
                return Err(self.error("a string does not end"));
            };
            self.at += found + 1;
            if rest[found] == b'"' {
                return Ok((&self.text[start..self.at - 1], escapes));
            }
            escapes = true;
            self.at += 1;
        }
    }

    /// Takes a number or a word.
    pub(super) fn token(&mut self) -> &'a [u8] {
        let start = self.at;
        let part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.' | b'_');
        while part(self.peek()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Passes over a value of any kind.
    pub(super) fn skip(&mut self, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        self.space();
        match self.peek() {
            b'"' => {
                self.at += 1;
                self.string()?;
            }
            b'{' => {
                self.at += 1;
                if self.eat(b'}') {
                    return Ok(());
                }
                loop {
                    self.expect(b'"')?;
                    self.string()?;
                    self.expect(b':')?;
                    self.skip(depth + 1)?;
                    if !self.eat(b',') {
                        return self.expect(b'}');
                    }
                }
            }
            b'[' => {
                self.at += 1;
                if self.eat(b']') {
                    return Ok(());
                }
                loop {
                    self.skip(depth + 1)?;
                    if !self.eat(b',') {
                        return self.expect(b']');
                    }
                }
            }
            _ => {
                if self.token().is_empty() {
                    return Err(self.error("expected a value"));
                }
            }
        }
        Ok(())
    }
}

/// Puts the text that a JSON string stands for into `out`.
pub(super) fn unescape(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    let mut at = 0;
    let unit = |at: usize| {
        let digits = std::str::from_utf8(text.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    while let Some(found) = memchr::memchr(b'\\', &text[at..]) {
        out.extend_from_slice(&text[at..at + found]);
        at += found + 2;
        out.push(match *text.get(at - 1)? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            c @ (b'"' | b'\\' | b'/') => c,
            b'u' => {
                let first = unit(at)?;
                at += 4;
                let mut code = first;
                if (0xd800..0xdc00).contains(&first)
                    && text.get(at..at + 2) == Some(b"\\u".as_slice())
                    && let Some(second) = unit(at + 2).filter(|u| (0xdc00..0xe000).contains(u))
                {
                    at += 6;
                    code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                }
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        });
    }
    out.extend_from_slice(&text[at..]);
    Some(())
}

/// Tells whether a token is a number in JSON.
#[inline]
pub(super) fn is_number(token: &[u8]) -> bool {
    let rest = token.strip_prefix(b"-").unwrap_or(token);
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return false;
    }
    let mut rest = &rest[digits..];
    if let Some(after) = rest.strip_prefix(b".") {
        let digits = after.iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &after[digits..];
    }
    if let Some(after) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let after = after.strip_prefix(b"-").or_else(|| after.strip_prefix(b"+")).unwrap_or(after);
        return !after.is_empty() && after.iter().all(u8::is_ascii_digit);
    }
    rest.is_empty()
}

/// Copies a value without the white space between its tokens.
pub(super) fn compact(value: &[u8]) -> Vec<u8> {
    let (mut quoted, mut escaped) = (false, false);
    let mut out = Vec::with_capacity(value.len());
    for c in value {
        if quoted || !matches!(c, b' ' | b'\t' | b'\r' | b'\n') {
            out.push(*c);
        }
        quoted ^= *c == b'"' && !escaped;
        escaped = quoted && *c == b'\\' && !escaped;
    }
    out
}
