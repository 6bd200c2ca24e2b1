//! Quoting: what stands between the quotes of strings and identifiers.

use std::borrow::Cow;

use crate::token::Keyword;

/// Tells whether a name must stand in backticks.
pub(crate) fn needs_quotes(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    !plain || Keyword::find(name).is_some_and(Keyword::is_reserved)
}

/// Writes a name, in backticks if asked; a backtick in it is doubled.
pub(crate) fn quote_ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Writes a string literal that [`unescape_string`] turns back into `value`.
pub(crate) fn quote_string(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => out.push_str("\\'"),
            '\\' if matches!(chars.peek(), Some('%' | '_')) => out.push('\\'),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

/// Returns the characters that a literal with its quotes stands for.
///
/// A literal may be several quoted pieces without blanks between them: `'a''b'` is `ab`.
/// Source: Hive `BaseSemanticAnalyzer.unescapeSQLString`.
pub(crate) fn unescape_string(raw: &str) -> Cow<'_, str> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    let quote = raw.chars().next().unwrap_or('\'');
    if !inner.contains(['\\', quote]) {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut open: Option<char> = None;
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if open.is_none() {
            open = Some(c);
            rest = &rest[c.len_utf8()..];
        } else if open == Some(c) {
            open = None;
            rest = &rest[c.len_utf8()..];
        } else if c == '\\' {
            rest = unescape_one(rest, &mut out);
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

/// Decodes the escape at the start of `text` and returns what stands behind it.
fn unescape_one<'a>(text: &'a str, out: &mut String) -> &'a str {
    if let Some((c, len)) = unicode_escape(text) {
        out.push(c);
        return &text[len..];
    }
    if let Some(c) = octal_escape(text) {
        out.push(c);
        return &text[4..];
    }
    let Some(next) = text[1..].chars().next() else {
        out.push('\\');
        return "";
    };
    match next {
        '0' => out.push('\0'),
        'b' => out.push('\u{8}'),
        'n' => out.push('\n'),
        'r' => out.push('\r'),
        't' => out.push('\t'),
        'Z' => out.push('\u{1a}'),
        '%' => out.push_str("\\%"),
        '_' => out.push_str("\\_"),
        other => out.push(other),
    }
    &text[1 + next.len_utf8()..]
}

/// Decodes `\uXXXX`, and a surrogate pair of two of them.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let second = unit(6).filter(|u| (0xDC00..0xE000).contains(u) && first < 0xDC00);
    match second {
        Some(second) => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            Some((char::from_u32(code)?, 12))
        }
        None => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

/// Decodes `\ddd` with octal digits up to `\177`.
fn octal_escape(text: &str) -> Option<char> {
    let digits = text.get(1..4)?.as_bytes();
    let octal = |b: u8| (b'0'..=b'7').contains(&b).then(|| u32::from(b - b'0'));
    let first = octal(digits[0]).filter(|d| *d <= 1)?;
    char::from_u32(first * 64 + octal(digits[1])? * 8 + octal(digits[2])?)
}

/// Takes a name out of its backticks or double quotes.
pub(crate) fn unquote_ident(raw: &str) -> String {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    if raw.starts_with('"') { inner.replace("\"\"", "\"") } else { inner.replace("``", "`") }
}

/// Takes a string of Flink's out of its quotes: a quote in it is doubled, nothing is escaped.
pub(crate) fn unquote_flink(raw: &str) -> String {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or("").replace("''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_mean_what_they_mean_in_hive() {
        for (raw, value) in [
            ("''", ""),
            ("'abc'", "abc"),
            ("\"it's\"", "it's"),
            (r"'it\'s'", "it's"),
            ("'it''s'", "its"),
            (r#"'a'"b'c""#, "ab'c"),
            (r"'a\nb\tc\0\\d'", "a\nb\tc\0\\d"),
            (r"'\001|\054'", "\u{1}|,"),
            (r"'\299'", "299"),
            (r"'A😀'", "A😀"),
            (r"'\ud83d'", "\u{FFFD}"),
            (r"'\u00g1'", "u00g1"),
            (r"'50\% \_ \q\Z'", "50\\% \\_ q\u{1a}"),
            (r"'\é'", "é"),
        ] {
            assert_eq!(unescape_string(raw), value, "{raw}");
        }
    }

    #[test]
    fn quoting_is_undone_by_unquoting() {
        for value in ["", "it's", "a\\b", "50\\%", "\\_", "\\", "\n\r\t\0\u{1}ü😀", "\\\\%", "\"`"]
        {
            assert_eq!(unescape_string(&quote_string(value)), value, "{value:?}");
        }
        for name in ["a", "select", "a`b", "1", "ü", ""] {
            assert_eq!(unquote_ident(&quote_ident(name)), name);
        }
        for (name, quoted) in
            [("a", false), ("select", true), ("day", false), ("1a", true), ("_a", true)]
        {
            assert_eq!(needs_quotes(name), quoted, "{name}");
        }
    }
}
