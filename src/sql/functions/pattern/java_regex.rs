//! Regular expressions of Java for an engine that never backtracks.
//!
//! Both agree on most of the language. Letters, digits and word borders are ASCII only in Java, `.`
//! leaves out more line ends, `$` also matches before the last line end. What needs backtracking
//! (back references, look-around, possessive and atomic groups) is refused.

use std::fmt::Write;

use regex::Regex;

/// What `$` matches besides the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dollar {
    /// Also before the last line end, as in Java; for tests that use no positions.
    LastLine,
    /// Nothing.
    End,
}

/// Compiles a pattern of Java.
///
/// # Errors
/// What is wrong with it or not supported, in words.
pub(super) fn compile(pattern: &str, dollar: Dollar) -> Result<Regex, String> {
    let translated = translate(pattern, dollar)?;
    Regex::new(&translated).map_err(|e| {
        let text = e.to_string();
        let reason = text.lines().last().unwrap_or_default();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        format!("malformed regular expression '{pattern}': {reason}")
    })
}

/// Characters that `.` does not match.
const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

struct Translator<'a> {
    rest: &'a str,
    out: String,
    dollar: Dollar,
    /// How deep in character classes.
    class: usize,
    /// Whether `.` matches line ends, too.
    dot_all: bool,
    multi_line: bool,
}

fn translate(pattern: &str, dollar: Dollar) -> Result<String, String> {
    let out = String::with_capacity(pattern.len() + 16);
    let mut translator =
        Translator { rest: pattern, out, dollar, class: 0, dot_all: false, multi_line: false };
    while let Some(c) = translator.rest.chars().next() {
        translator.rest = translator.rest.get(c.len_utf8()..).unwrap_or_default();
        translator.step(c)?;
    }
    Ok(translator.out)
}

impl Translator<'_> {
    fn step(&mut self, c: char) -> Result<(), String> {
        match c {
            '\\' => self.escape()?,
            '[' => {
                self.class += 1;
                self.out.push('[');
                if let Some(rest) = self.rest.strip_prefix('^') {
                    self.rest = rest;
                    self.out.push('^');
                }
            }
            ']' if self.class > 0 => {
                self.class -= 1;
                self.out.push(']');
            }
            // Operators on classes that Java does not have.
            '~' if self.class > 0 => self.out.push_str(r"\~"),
            '-' if self.class > 0 && self.rest.starts_with('-') => self.out.push_str(r"\-"),
            c if self.class > 0 => self.out.push(c),
            '.' if self.dot_all => self.out.push_str("(?s:.)"),
            '.' => {
                let _ok = write!(self.out, "[^{LINE_ENDS}]");
            }
            '$' if self.multi_line => self.out.push('$'),
            '$' if self.dollar == Dollar::LastLine => self.out.push_str(r"(?:\r?\n)?\z"),
            '$' => self.out.push_str(r"\z"),
            '(' if self.rest.starts_with('?') => self.group()?,
            '*' | '+' | '?' | '}' if self.rest.starts_with('+') => {
                return Err("possessive quantifiers are not supported".to_owned());
            }
            c => self.out.push(c),
        }
        Ok(())
    }

    /// Translates what follows `(`, from its question mark on.
    fn group(&mut self) -> Result<(), String> {
        let rest = self.rest;
        for (start, what) in [
            ("?=", "look-ahead"),
            ("?!", "look-ahead"),
            ("?<=", "look-behind"),
            ("?<!", "look-behind"),
            ("?>", "an atomic group"),
        ] {
            if rest.starts_with(start) {
                return Err(format!("{what} ({start}...) is not supported"));
            }
        }
        let flags = rest.get(1..).unwrap_or_default();
        let end = flags.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(flags.len());
        let (letters, behind) = flags.split_at(end);
        if !behind.starts_with([')', ':']) || letters.is_empty() {
            self.out.push('(');
            return Ok(());
        }
        let (on, off) = letters.split_once('-').unwrap_or((letters, ""));
        self.dot_all = (self.dot_all || on.contains('s')) && !off.contains('s');
        self.multi_line = (self.multi_line || on.contains('m')) && !off.contains('m');
        // The others say how Java treats Unicode.
        let known: String = letters.chars().filter(|c| "imsx-".contains(*c)).collect();
        let known = if known == "-" { "" } else { &known };
        self.rest = behind;
        if known.is_empty() && behind.starts_with(')') {
            self.rest = behind.get(1..).unwrap_or_default();
        } else {
            let _ok = write!(self.out, "(?{known}");
        }
        Ok(())
    }

    /// Appends a class of its own, or its content inside a class.
    fn set(&mut self, content: &str, negated: bool) {
        let _ok = match (self.class > 0, negated) {
            (true, false) => write!(self.out, "{content}"),
            (_, true) => write!(self.out, "[^{content}]"),
            (false, false) => write!(self.out, "[{content}]"),
        };
    }

    /// Translates what follows a backslash.
    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.rest.chars().next() else {
            return Err("a backslash at the end of a regular expression".to_owned());
        };
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            'd' | 'D' => self.set("0-9", c == 'D'),
            'w' | 'W' => self.set("0-9A-Za-z_", c == 'W'),
            's' | 'S' => self.set(r" \t\n\x0B\x0C\r", c == 'S'),
            'h' | 'H' => self
                .set(r" \t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}", c == 'H'),
            'v' | 'V' => self.set(r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}", c == 'V'),
            'b' => self.out.push_str(r"(?-u:\b)"),
            'B' | 'A' | 'z' | 't' | 'n' | 'r' | 'f' | 'a' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' => self.out.push_str(r"(?:\r?\n)?\z"),
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])"),
            'e' => self.out.push_str(r"\x1B"),
            'x' | 'u' | '0' => self.code(c)?,
            'p' | 'P' => self.property(c)?,
            'Q' => {
                let (literal, behind) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
                self.out.push_str(&regex::escape(literal));
                self.rest = behind;
            }
            '1'..='9' | 'k' => return Err("back references are not supported".to_owned()),
            c if c.is_ascii_alphabetic() => {
                return Err(format!("\\{c} has no meaning in a regular expression"));
            }
            c => self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        Ok(())
    }

    /// Translates a character given by its number.
    fn code(&mut self, kind: char) -> Result<(), String> {
        let (digits, radix) = match kind {
            'x' if self.rest.starts_with('{') => {
                self.out.push_str(r"\x");
                return Ok(());
            }
            'x' => (2, 16),
            'u' => (4, 16),
            _ => (self.rest.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count(), 8),
        };
        let number = self.rest.get(..digits).and_then(|d| u32::from_str_radix(d, radix).ok());
        let number = number.ok_or_else(|| format!("\\{kind} needs {digits} digits"))?;
        self.rest = self.rest.get(digits..).unwrap_or_default();
        let _ok = write!(self.out, r"\x{{{number:x}}}");
        Ok(())
    }

    /// Translates `\p{...}`: Java's names for ASCII classes, and those of Unicode.
    fn property(&mut self, letter: char) -> Result<(), String> {
        let Some((name, behind)) = self.rest.strip_prefix('{').and_then(|r| r.split_once('}'))
        else {
            self.out.push('\\');
            self.out.push(letter);
            return Ok(());
        };
        let ascii = [
            "Lower", "Upper", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank",
            "Cntrl", "XDigit", "Space",
        ];
        let not = if letter == 'P' { "^" } else { "" };
        let written = if ascii.contains(&name) {
            write!(self.out, "[[:{not}{}:]]", name.to_ascii_lowercase())
        } else if name == "ASCII" {
            write!(self.out, r"[{not}\x00-\x7F]")
        } else if name.starts_with("In") || name.starts_with("java") {
            return Err(format!("\\{letter}{{{name}}} is not supported"));
        } else {
            write!(self.out, r"\{letter}{{{}}}", name.strip_prefix("Is").unwrap_or(name))
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        self.rest = behind;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_java_does() {
        for (pattern, text, found) in [
            (r"b", "abc", true),
            (r"^b$", "abc", false),
            (r"(?i)F", "foo", true),
            (r"\w\w", "aä", false),
            (r"a.b", "a\nb", false),
            (r"(?s)a.b", "a\nb", true),
            (r"^b", "a\nb", false),
            (r"(?m)^b", "a\nb", true),
            (r"a$", "a\nb", false),
            (r"a$", "a\n", true),
            (r"[\d.]+x", "1.2x", true),
            (r"[^\d]", "12", false),
            (r"[\W]", "ab", false),
            (r"\Qa.b\E", "axb", false),
            (r"\Qa.b\E", "a.b", true),
            (r"\p{Alpha}+\p{Punct}", "ab!", true),
            (r"\p{IsHan}", "名", true),
            (r"A\x42\u0043\0104", "ABCD", true),
            (r"[a-z&&[^b]]", "b", false),
            (r"<\/a>\-\_", "</a>-_", true),
            (r"\bfoo\b", "a foo b", true),
            (r"(?u)x", "x", true),
            (r"[~a--]", "~", true),
        ] {
            let regex = compile(pattern, Dollar::LastLine).unwrap();
            assert_eq!(regex.is_match(text), found, "{pattern} {text:?} {regex}");
        }
    }

    #[test]
    fn refuses_what_needs_backtracking() {
        for (pattern, message) in [
            ("(?=a)", "look-ahead (?=...) is not supported"),
            ("(?<!a)", "look-behind (?<!...) is not supported"),
            ("(?>a)", "an atomic group (?>...) is not supported"),
            (r"(a)\1", "back references are not supported"),
            ("a*+", "possessive quantifiers are not supported"),
            ("(", "malformed regular expression '(': unclosed group"),
            ("\\", "a backslash at the end of a regular expression"),
            ("\\y", "\\y has no meaning in a regular expression"),
        ] {
            assert_eq!(compile(pattern, Dollar::End).unwrap_err(), message, "{pattern}");
        }
    }
}
