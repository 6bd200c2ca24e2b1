//! Finds the statements of a script exactly as Hive's shell does.
//!
//! Source: Hive `CliDriver.processReader`, `processLine`, `splitSemiColon` and `processCmd`,
//! `HiveStringUtils.removeComments`.

use crate::command::CommandKind;
use crate::edit::{Edited, Replacement};

/// One statement as Hive's shell cuts it out.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Where it is in the script, without the blanks around it.
    pub(crate) range: std::ops::Range<usize>,
    /// What Hive reads: the text of the range, without the lines that are comments, and without
    /// the backslashes before a `;`. Positions are those behind `range.start`.
    pub(crate) text: Edited,
    /// Which command it is.
    pub(crate) command: Option<CommandKind>,
}

/// Cuts a script; pieces that hold only comments are left out, as Hive passes over them.
pub(crate) fn split(text: &str) -> Vec<Piece> {
    let lines = kept_lines(text);
    let mut pieces = Vec::new();
    let mut cuts: Vec<Replacement> = Vec::new();
    let mut start = 0;
    let mut scan = Scan::default();
    for line in lines {
        if let Line::Dropped(range) = line {
            cuts.push(Replacement::cut(range.start, range.end));
            continue;
        }
        let Line::Kept(range) = line else { continue };
        for (at, byte) in text.as_bytes()[range.clone()].iter().enumerate() {
            if !scan.ends_statement(*byte) {
                continue;
            }
            let at = range.start + at;
            // A line that was left out may stand between the backslash and the semicolon.
            if at > range.start && text.as_bytes()[at - 1] == b'\\' {
                cuts.push(Replacement::cut(at - 1, at));
                continue;
            }
            pieces.extend(piece(text, start..at, &mut cuts));
            start = at + 1;
        }
        // Lines end in one letter, also inside of strings.
        if text[range.clone()].ends_with("\r\n") {
            cuts.push(Replacement::cut(range.end - 2, range.end - 1));
        }
    }
    pieces.extend(piece(text, start..text.len(), &mut cuts));
    pieces
}

enum Line {
    Kept(std::ops::Range<usize>),
    Dropped(std::ops::Range<usize>),
}

/// Divides a text into lines with their ends; a byte order mark belongs to none.
fn kept_lines(text: &str) -> impl Iterator<Item = Line> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end;
        if is_comment(line) { Line::Dropped(range) } else { Line::Kept(range) }
    })
}

/// Tells whether a line is left out whatever is around it.
fn is_comment(line: &str) -> bool {
    line.trim_start_matches('\u{FEFF}').starts_with("--")
}

/// What `splitSemiColon` remembers from letter to letter.
#[derive(Debug, Default)]
struct Scan {
    quote: Option<u8>,
    escaped: bool,
}

impl Scan {
    /// Takes the next byte; tells whether it is a semicolon outside of quotes.
    fn ends_statement(&mut self, byte: u8) -> bool {
        let ends = byte == b';' && self.quote.is_none();
        if matches!(byte, b'\'' | b'"' | b'`') && !self.escaped {
            match self.quote {
                None => self.quote = Some(byte),
                Some(open) if open == byte => self.quote = None,
                Some(_) => {}
            }
        }
        self.escaped = !self.escaped && byte == b'\\';
        ends
    }
}

/// Makes a piece, and forgets what was cut from it.
fn piece(text: &str, range: std::ops::Range<usize>, cuts: &mut Vec<Replacement>) -> Option<Piece> {
    let mut cuts = std::mem::take(cuts);
    let mut range = range;
    // Lines that are left out before and behind the statement are none of it.
    let first = cuts.iter().position(|cut| {
        let outside = text[range.start..cut.start].trim_start_matches(blank).is_empty();
        if outside && !text[cut.start..cut.end].starts_with('\\') {
            range.start = cut.end;
        }
        !outside || text[cut.start..cut.end].starts_with('\\')
    });
    cuts.drain(..first.unwrap_or(cuts.len()));
    while let Some(last) = cuts.last()
        && text[last.end..range.end].trim_end_matches(blank).is_empty()
        && !text[last.start..last.end].starts_with('\\')
    {
        range.end = last.start;
        cuts.pop();
    }
    let inner = &text[range.clone()];
    let start = range.start + (inner.len() - inner.trim_start_matches(blank).len());
    let end = start + inner.trim_matches(blank).len();
    for cut in &mut cuts {
        cut.start -= start;
        cut.end -= start;
    }
    let text = Edited::new(&text[start..end]).replace(&cuts);
    let plain = text.replace(&comments(&text.text)).text;
    if plain.is_empty() {
        return None;
    }
    let command = command(&plain);
    Some(Piece { range: start..end, text, command })
}

/// What Java's `trim` takes away.
pub(crate) fn blank(c: char) -> bool {
    c <= ' ' || c == '\u{FEFF}'
}

/// Tells which command a text without comments is.
pub(crate) fn command(plain: &str) -> Option<CommandKind> {
    if plain.starts_with('!') {
        return Some(CommandKind::Shell);
    }
    let mut words = plain.split(|c: char| c.is_ascii_whitespace()).filter(|w| !w.is_empty());
    let (first, second) = (words.next()?, words.next().unwrap_or(""));
    let deletes = first.eq_ignore_ascii_case("DELETE")
        && !["from", "role"].iter().any(|word| word.eq_ignore_ascii_case(second));
    if deletes { Some(CommandKind::Delete) } else { CommandKind::find(first, second) }
}

/// Finds what Hive takes out of a command: comments behind `--`, lines that begin with `#` or
/// `--`, and the blanks around each line.
pub(crate) fn comments(text: &str) -> Vec<Replacement> {
    let mut kept: Vec<std::ops::Range<usize>> = Vec::new();
    let mut quote = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let (start, end) = (at, at + body.len());
        at += line.len();
        let trimmed = body.trim_matches(blank);
        if body.is_empty() || (quote.is_none() && trimmed.starts_with(['#'])) {
            continue;
        }
        let comment = comment_start(body, &mut quote);
        let shown = &body[..comment];
        let from = start + (shown.len() - shown.trim_start_matches(blank).len());
        let to = from + shown.trim_matches(blank).len();
        if from < to {
            kept.push(from..to);
            // The end of the line stays if another line follows.
            if end < at && at < text.len() {
                kept.push(end..at);
            }
        }
    }
    while let Some(last) = kept.last()
        && text[last.clone()].chars().all(blank)
    {
        kept.pop();
    }
    complement(&kept, text.len())
}

/// Returns where the comment of a line begins, or the line's length.
fn comment_start(line: &str, quote: &mut Option<u8>) -> usize {
    let bytes = line.as_bytes();
    let mut before = 0;
    for (i, byte) in bytes.iter().enumerate() {
        if quote.is_none() && bytes[i..].starts_with(b"--") {
            return i;
        }
        if before != b'\\' {
            if *quote == Some(*byte) {
                *quote = None;
            } else if quote.is_none() && matches!(byte, b'\'' | b'"') {
                *quote = Some(*byte);
            }
        }
        before = *byte;
    }
    bytes.len()
}

fn complement(kept: &[std::ops::Range<usize>], len: usize) -> Vec<Replacement> {
    let mut cuts = Vec::new();
    let mut at = 0;
    for range in kept.iter().cloned().chain(std::iter::once(len..len)) {
        if at < range.start {
            cuts.push(Replacement::cut(at, range.start));
        }
        at = range.end;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use crate::{Options, Splitting};

    /// What Hive's shell makes of a script: `!` before what it carries out itself.
    fn pieces(text: &str) -> Vec<String> {
        let options = Options { splitting: Splitting::Hive, ..Options::HIVE };
        let mark = |command| if command { "!" } else { "" };
        let pieces = options.split(text);
        pieces.iter().map(|raw| format!("{}{}", mark(raw.is_command()), raw.read_text())).collect()
    }

    #[test]
    fn statements_end_where_they_end_in_hives_shell() {
        let cases: [(&str, &[&str]); 9] = [
            ("select 1; select 2\n-- x's ;\n ;", &["select 1", "select 2"]),
            ("select 3 -- it's\n;\nselect 4;", &["select 3 -- it's\n;\nselect 4;"]),
            ("select 3 -- its; 4\n;", &["select 3 -- its", "4"]),
            ("select a\n-- b\n, c; -- end", &["select a\n, c"]),
            ("set x=a\\;b; dfs -ls /;!ls;quit", &["!set x=a;b", "!dfs -ls /", "!!ls", "!quit"]),
            ("select '\\';' ; 2", &["select '\\';'", "2"]),
            ("\u{FEFF}-- it's\r\nselect 'a\r\nb';\r\n", &["select 'a\nb'"]),
            (
                "delete x; delete from x; source from",
                &["!delete x", "delete from x", "!source from"],
            ),
            (";; ;-- a\n  -- b\n; # c\n", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn comments_of_commands_go() {
        let options = Options { splitting: Splitting::Hive, ..Options::HIVE };
        for (text, expected) in [
            ("-- a\n set -- b\n  x = 'c -- d' -- e\n # f", "SET x='c -- d'"),
            ("!ls -- a", "!ls -- a"),
            ("add jar a --b\n c", "ADD JAR a c"),
        ] {
            let statement = options.split(text)[0].parse(&|_, _| None).unwrap();
            assert_eq!(statement.to_string(), expected);
        }
    }

    #[test]
    fn positions_are_those_of_the_script() {
        let text = "select a;\r\n-- x\r\nselect b\r\n-- y\r\nFORM c \\; d;";
        let options = Options { splitting: Splitting::Hive, ..Options::HIVE };
        let problems = options.split(text)[1].parse(&|_, _| None).unwrap_err();
        assert_eq!(&text[problems[0].span.range()], "c");
        assert_eq!(options.parse(text).statements.len(), 1);
    }
}
