//! Compares the parser with Hive's: what is accepted, what is rejected, and the syntax trees.
//!
//! ```text
//! verdicts FILE.jsonl[.gz] [--diff N]   one {"text", "accepted", "tree"} a line, as Hive judged it
//! verdicts -                            answers one {"text"} a line from standard input
//! ```
//!
//! Lines without `accepted` are passed over (commands of Hive's shell, which no parser sees), and
//! trees that are left out are not compared. `--diff N` shows at most N differences; without it,
//! all are shown.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use dialect::ast::Statement;
use dialect::{Diagnostic, Options, line_column};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut path = None;
    let mut most = usize::MAX;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--diff" => match args.next().and_then(|n| n.parse().ok()) {
                Some(n) => most = n,
                None => return usage(),
            },
            _ if path.is_none() => path = Some(arg),
            _ => return usage(),
        }
    }
    let result = match path.as_deref() {
        Some("-") => answer(io::stdin().lock(), io::stdout().lock()),
        Some(path) => compare(path, most),
        None => return usage(),
    };
    match result {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(1)
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: verdicts FILE.jsonl[.gz] [--diff N], or verdicts -");
    ExitCode::from(64)
}

/// Parses a text as Hive's parser would: one statement, and no command of the shell.
fn judge(text: &str) -> Result<Statement, Vec<Diagnostic>> {
    let statement = Options::HIVE.parse_statement(text)?;
    let behind = text.get(statement.span.end as usize..).unwrap_or("");
    let before = text.get(..statement.span.start as usize).unwrap_or("");
    if holds_semicolon(before) || holds_semicolon(behind) || text.starts_with('\u{feff}') {
        let problem = Diagnostic::new(statement.span, "a semicolon belongs to the shell");
        return Err(vec![problem]);
    }
    if statement.kind.is_command() {
        let problem = Diagnostic::new(statement.span, "a command of Hive's shell, no statement");
        return Err(vec![problem]);
    }
    Ok(statement)
}

/// Tells whether a semicolon stands outside of comments.
fn holds_semicolon(text: &str) -> bool {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("--") {
            rest.find(['\n', '\r'])
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else if c == ';' {
            return true;
        } else {
            Some(c.len_utf8())
        };
        rest = skipped.map_or("", |skipped| &rest[skipped..]);
    }
    false
}

/// Answers statements from a stream, one JSON object a line.
fn answer(input: impl BufRead, output: impl Write) -> io::Result<ExitCode> {
    let mut output = BufWriter::new(output);
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let request: Value = serde_json::from_str(&line)?;
        let Some(text) = request.get("text").and_then(Value::as_str) else {
            return Err(io::Error::other(format!("no \"text\" in {line}")));
        };
        let reply = match judge(text) {
            Ok(statement) => {
                json!({"accepted": true, "tree": statement.syntax_tree(), "error": null})
            }
            Err(problems) => {
                json!({"accepted": false, "tree": null, "error": error(text, problems.first())})
            }
        };
        writeln!(output, "{reply}")?;
        output.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn error(text: &str, problem: Option<&Diagnostic>) -> Value {
    let Some(problem) = problem else { return Value::Null };
    let (line, column) = line_column(text, problem.span.start);
    json!({
        "line": line,
        "column": column,
        "message": problem.message,
        "expected": problem.expected,
        "hint": problem.hint,
    })
}

/// What was counted.
#[derive(Debug, Default)]
struct Counts {
    accept: (usize, usize),
    reject: (usize, usize),
    trees: (usize, usize),
    differences: usize,
}

fn compare(path: &str, most: usize) -> io::Result<ExitCode> {
    let file = File::open(path)?;
    let gzip = std::path::Path::new(path).extension().is_some_and(|end| end == "gz");
    let reader: Box<dyn Read> =
        if gzip { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut counts = Counts::default();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let case: Value = serde_json::from_str(&line)?;
        let text = case.get("text").and_then(Value::as_str);
        let accepted = case.get("accepted").and_then(Value::as_bool);
        let (Some(text), Some(accepted)) = (text, accepted) else { continue };
        counts.case(&case, text, accepted, most);
    }
    println!("accepted {} of {}", counts.accept.0, counts.accept.1);
    println!("rejected {} of {}", counts.reject.0, counts.reject.1);
    println!("trees equal {} of {}", counts.trees.0, counts.trees.1);
    Ok(ExitCode::from(u8::from(counts.differences > 0)))
}

impl Counts {
    fn case(&mut self, case: &Value, text: &str, accepted: bool, most: usize) {
        let verdict = judge(text);
        let pair = if accepted { &mut self.accept } else { &mut self.reject };
        pair.1 += 1;
        pair.0 += usize::from(verdict.is_ok() == accepted);
        match (&verdict, accepted) {
            (Ok(statement), true) => {
                let Some(expected) = case.get("tree").and_then(Value::as_str) else { return };
                let tree = statement.syntax_tree();
                self.trees.1 += 1;
                if tree == expected {
                    self.trees.0 += 1;
                } else {
                    self.show(most, case, text, &first_difference(expected, &tree));
                }
            }
            (Ok(_), false) => self.show(most, case, text, "accepted, but Hive rejects it"),
            (Err(problems), true) => {
                self.trees.1 += usize::from(case.get("tree").is_some_and(Value::is_string));
                let what = problems.first().map_or(Value::Null, |p| error(text, Some(p)));
                self.show(most, case, text, &format!("rejected, but Hive accepts it: {what}"));
            }
            (Err(_), false) => {}
        }
    }

    fn show(&mut self, most: usize, case: &Value, text: &str, what: &str) {
        self.differences += 1;
        if self.differences <= most {
            let file = case.get("file").and_then(Value::as_str).unwrap_or("");
            println!("--- {file}\n{text}\n  {what}\n");
        }
    }
}

/// Shows where two trees part, with some text around it.
fn first_difference(expected: &str, found: &str) -> String {
    const BEFORE: usize = 60;
    const BEHIND: usize = 80;
    let same = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
    let cut = |tree: &str| -> String {
        tree.chars().skip(same.saturating_sub(BEFORE)).take(BEFORE + BEHIND).collect()
    };
    format!("Hive: {}\n  here: {}", cut(expected), cut(found))
}
