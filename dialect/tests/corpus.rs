//! Statements with what Hive 4.1's own parser says of them: verdicts, syntax trees, printing, and
//! what becomes of them when they are broken. Those in `hive/` are read; `DIALECT_CORPUS` names a
//! file that is read instead, and `DIALECT_ROUNDS` says how often each statement is broken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "time is measured, and settings are read")]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dialect::ast::Statement;
use dialect::{Options, render};
use serde_json::Value;

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

/// A random number generator that gives the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Cuts a text into words, quoted pieces, blanks and single characters.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let len = match first {
            '\'' | '"' | '`' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            c if c.is_whitespace() => run(char::is_whitespace),
            c if c.is_alphanumeric() || c == '_' => run(|c| c.is_alphanumeric() || c == '_'),
            c => c.len_utf8(),
        };
        pieces.push(&rest[..len]);
        rest = &rest[len..];
    }
    pieces
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
fn broken_statements_are_survived_in_linear_time() {
    const ROUNDS: u64 = 2;
    // Far above what is needed, also in a debug build on a busy machine, and far below what a
    // superlinear rule would take for the longest statements.
    const LONGEST: Duration = Duration::from_secs(20);
    let rounds = std::env::var("DIALECT_ROUNDS").ok().and_then(|n| n.parse().ok());
    let rounds: u64 = rounds.unwrap_or(ROUNDS);
    let cases = cases();
    let all: Vec<&str> = cases.iter().flat_map(|case| pieces(&case.text)).collect();
    // Other rounds, other numbers.
    let mut random = Random(0x5EED + rounds);
    let (mut count, mut bytes) = (0, 0);
    let start = Instant::now();
    for case in &cases {
        for _ in 0..rounds {
            let mut pieces = pieces(&case.text);
            for _ in 0..=random.below(3) {
                mutate(&mut pieces, &all, &mut random);
            }
            let text = pieces.concat();
            let start = Instant::now();
            exercise(&text);
            assert!(start.elapsed() < LONGEST, "{text}");
            count += 1;
            bytes += text.len();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{count} broken statements, {bytes} bytes in {seconds:.1} s");
}

/// A broken statement repeated many times takes in proportion to its length, however it is broken.
#[test]
fn repeated_pieces_take_linear_time() {
    /// Bytes.
    const SHORT: usize = 4000;
    const TIMES: usize = 10;
    // Linear is `TIMES`, quadratic its square; the rest is for the noise of a busy machine.
    const ALLOWED: u32 = 50;
    let cases = cases();
    let all: Vec<&str> = cases.iter().flat_map(|case| pieces(&case.text)).collect();
    let mut random = Random(0xFACE);
    let time = |text: &str| {
        let start = Instant::now();
        let parsed = Options::HIVE.parse(text);
        (start.elapsed(), parsed).0
    };
    for _ in 0..60 {
        let from = random.below(all.len());
        let part: String = all[from..].iter().take(1 + random.below(12)).copied().collect();
        let repeated = |count: usize| part.repeat(count / part.len().max(1) + 1);
        let (short, long) = (repeated(SHORT), repeated(SHORT * TIMES));
        // A busy machine may delay any single measurement.
        let linear =
            (0..10).any(|_| time(&long) < time(&short).max(Duration::from_micros(200)) * ALLOWED);
        assert!(linear, "{part:?}");
    }
}
