//! Statements with what Hive 4.1's own parser says of them: verdicts, syntax trees, printing, and
//! what becomes of them when they are broken. Those in `hive/` are read; `DIALECT_CORPUS` names a
//! file that is read instead, and `DIALECT_ROUNDS` says how often each statement is broken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "settings are read")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use dialect::ast::Statement;
use dialect::{Options, render};
use serde_json::Value;

use pieces::{Random, pieces};

mod pieces;

/// A statement, and what Hive says of it; a command of Hive's shell has no verdict.
struct Case {
    text: String,
    accepted: Option<bool>,
    tree: Option<String>,
}

/// Reads the statements of `hive/`, or those of the file that `DIALECT_CORPUS` names.
fn cases() -> Vec<Case> {
    let cases: Vec<Case> = match std::env::var_os("DIALECT_CORPUS") {
        Some(path) => cases_of(Path::new(&path)),
        None => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hive");
            let files = std::fs::read_dir(folder).unwrap();
            let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
            files.sort();
            files.iter().flat_map(|path| cases_of(path)).collect()
        }
    };
    assert!(cases.iter().any(|case| case.tree.is_some()));
    cases
}

/// Reads a file of `{"text", "accepted", "tree"}`, one a line; without `accepted`, a tree that is
/// null says that Hive refuses the text.
fn cases_of(path: &Path) -> Vec<Case> {
    let file = File::open(path).unwrap();
    let packed = path.extension().is_some_and(|end| end == "gz");
    let reader: Box<dyn Read> =
        if packed { Box::new(flate2::read::MultiGzDecoder::new(file)) } else { Box::new(file) };
    BufReader::new(reader)
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .map(|case| {
            let accepted = case.get("accepted").and_then(Value::as_bool);
            let text = |key: &str| case.get(key).and_then(Value::as_str).map(str::to_owned);
            Case {
                text: text("text").unwrap(),
                accepted: accepted.or_else(|| Some(!case.get("tree")?.is_null())),
                tree: text("tree"),
            }
        })
        .collect()
}

/// Parses as Hive's parser would: a command of Hive's shell is no statement.
fn parse(text: &str) -> Option<Statement> {
    Options::HIVE.parse_statement(text).ok().filter(|statement| !statement.kind.is_command())
}

#[test]
fn verdicts_and_trees_are_those_of_hive() {
    let (mut judged, mut with_tree) = (0, 0);
    let mut differences = String::new();
    for case in cases() {
        let Some(accepted) = case.accepted else { continue };
        judged += 1;
        let statement = parse(&case.text);
        if statement.is_some() != accepted {
            writeln!(differences, "accepted by Hive: {accepted}\n{}\n", case.text).unwrap();
        }
        let (Some(statement), Some(tree)) = (statement, case.tree) else { continue };
        with_tree += 1;
        let ours = statement.syntax_tree();
        if ours != tree {
            writeln!(differences, "{}\nHive: {tree}\nhere: {ours}\n", case.text).unwrap();
        }
    }
    println!("{judged} verdicts and {with_tree} trees");
    assert_eq!(differences, "");
}

#[test]
fn what_is_printed_is_the_same_statement() {
    let mut printed = 0;
    for case in cases() {
        let Ok(statement) = Options::HIVE.parse_statement(&case.text) else { continue };
        let text = statement.to_string();
        let again = Options::HIVE.parse_statement(&text);
        assert_eq!(again.as_ref(), Ok(&statement), "{}\n{text}", case.text);
        let again = again.unwrap();
        assert_eq!(again.syntax_tree(), statement.syntax_tree(), "{}\n{text}", case.text);
        assert_eq!(again.to_string(), text, "{}", case.text);
        printed += 1;
    }
    println!("{printed} statements printed");
}

/// Changes one piece: it is left out, doubled, exchanged, replaced, or the last one.
fn mutate<'a>(pieces: &mut Vec<&'a str>, others: &[&'a str], random: &mut Random) {
    let at = random.below(pieces.len());
    let other = random.below(pieces.len());
    match random.below(6) {
        _ if pieces.is_empty() => {}
        0 => {
            pieces.remove(at);
        }
        1 => pieces.insert(at, pieces[at]),
        2 => pieces.swap(at, other),
        3 => pieces[at] = others[random.below(others.len())],
        4 => pieces.insert(at, others[random.below(others.len())]),
        _ => pieces.truncate(at),
    }
}

/// Does everything with a text that can be done; what is taken must survive printing.
fn exercise(text: &str) {
    for options in [Options::HIVE, Options::default()] {
        let parsed = options.parse(text);
        for problem in &parsed.errors {
            assert!(text.get(problem.span.range()).is_some(), "{problem:?}\n{text}");
            assert!(render(problem, text, "a.sql").contains('^'));
        }
        for statement in &parsed.statements {
            let printed = statement.to_string();
            let again = options.parse_statement(&printed);
            assert_eq!(again.as_ref(), Ok(statement), "{text}\n{printed}");
            assert_eq!(again.unwrap().syntax_tree(), statement.syntax_tree(), "{text}");
        }
    }
}

#[test]
fn broken_statements_are_survived() {
    const ROUNDS: u64 = 2;
    let rounds = std::env::var("DIALECT_ROUNDS").ok().and_then(|n| n.parse().ok());
    let rounds: u64 = rounds.unwrap_or(ROUNDS);
    let cases = cases();
    let all: Vec<&str> = cases.iter().flat_map(|case| pieces(&case.text)).collect();
    // Other rounds, other numbers.
    let mut random = Random(0x5EED + rounds);
    let (mut count, mut bytes) = (0, 0);
    for case in &cases {
        for _ in 0..rounds {
            let mut pieces = pieces(&case.text);
            for _ in 0..=random.below(3) {
                mutate(&mut pieces, &all, &mut random);
            }
            let text = pieces.concat();
            exercise(&text);
            count += 1;
            bytes += text.len();
        }
    }
    println!("{count} broken statements, {bytes} bytes");
}
