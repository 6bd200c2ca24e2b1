//! Shows how scripts are cut into statements.
//!
//! ```text
//! split [--hive]     answers one script {"text"} a line from standard input
//! ```
//!
//! An answer is a list of `{"command", "text", "line"}`: whether Hive's shell carries it out
//! itself, and what it or Hive's parser reads. `--hive` cuts exactly as Hive's shell does.

#![expect(clippy::print_stderr, reason = "a command-line program")]

use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

use dialect::{Options, RawStatement, Splitting, line_column};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let splitting = match std::env::args().nth(1).as_deref() {
        None => Splitting::Sane,
        Some("--hive") => Splitting::Hive,
        Some(_) => {
            eprintln!("usage: split [--hive]");
            return ExitCode::from(64);
        }
    };
    match answer(Options { splitting, ..Options::HIVE }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(1)
        }
    }
}

fn answer(options: Options) -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let request: Value = serde_json::from_str(&line)?;
        let text = request.get("text").and_then(Value::as_str).unwrap_or_default();
        let pieces: Vec<Value> =
            options.split(text).iter().map(|raw| describe(text, raw)).collect();
        writeln!(output, "{}", Value::Array(pieces))?;
    }
    output.flush()
}

fn describe(script: &str, raw: &RawStatement<'_>) -> Value {
    let (line, _) = line_column(script, raw.span.start);
    let printed = raw.parse(&|_, _| None).map(|statement| statement.to_string());
    json!({
        "command": raw.is_command(),
        "text": raw.read_text(),
        "line": line,
        "printed": printed.ok(),
    })
}
