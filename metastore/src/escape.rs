//! Hive's escaping of folder names.

use std::borrow::Cow;

/// Escapes one column name or value for use in a folder name: `%` and two upper-case hex digits.
///
/// Escaped are the control characters, DEL and ``" # % ' * / : = ? \ { [ ] ^``; everything else stays, also blanks and `}`.
///
/// Source: Hive `FileUtils.escapePathName`.
pub fn escape_path_name(text: &str) -> Cow<'_, str> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let Some(first) = text.bytes().position(must_escape) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match u8::try_from(c) {
            Ok(byte) if must_escape(byte) => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Turns `%XX` back into the character with that number; a `%` without two hex digits stays as it is.
///
/// `%E9` is the one character U+00E9, not a byte of UTF-8, for Hive unescapes to UTF-16 units.
///
/// Source: Hive `FileUtils.unescapePathName`.
pub fn unescape_path_name(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        if let Some(byte) = hex_pair(rest.as_bytes(), at + 1) {
            out.push(char::from(byte));
            rest = &rest[at + 3..];
        } else {
            out.push('%');
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Reads two hex digits at `at` as a number.
pub(crate) fn hex_pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |i: usize| char::from(*bytes.get(i)?).to_digit(16);
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

/// Tells whether Hive escapes this byte in folder names.
pub(crate) const fn must_escape(byte: u8) -> bool {
    matches!(
        byte,
        0..=0x1f
            | 0x7f
            | b'"'
            | b'#'
            | b'%'
            | b'\''
            | b'*'
            | b'/'
            | b':'
            | b'='
            | b'?'
            | b'\\'
            | b'{'
            | b'['
            | b']'
            | b'^'
    )
}
