//! Statements of `hive/*.jsonl` are taken or refused, and give the syntax tree, as Hive 4.1's own
//! parser says. A line is `{"text": ..., "tree": ...}`; the tree is null if Hive refuses the text.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use dialect::Options;
use serde_json::Value;

/// Returns the texts and Hive's trees of a file.
fn cases(path: &Path) -> Vec<(String, Option<String>)> {
    let lines = std::fs::read_to_string(path).unwrap();
    let cases: Vec<_> = lines
        .lines()
        .map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            let tree = case["tree"].as_str().map(str::to_owned);
            (case["text"].as_str().unwrap().to_owned(), tree)
        })
        .collect();
    assert!(cases.iter().any(|case| case.1.is_some()), "{}", path.display());
    cases
}

fn files() -> impl Iterator<Item = std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hive");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

#[test]
fn verdicts_and_trees_are_those_of_hive() {
    let mut wrong = Vec::new();
    for (text, tree) in files().flat_map(|path| cases(&path)) {
        let found = Options::HIVE.parse_statement(&text).ok().map(|s| s.syntax_tree());
        if found != tree {
            wrong.push(format!("{text}\n  Hive: {tree:?}\n  here: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_printed_is_still_of_hive() {
    for (text, tree) in files().flat_map(|path| cases(&path)) {
        let Ok(statement) = Options::HIVE.parse_statement(&text) else { continue };
        let printed = statement.to_string();
        let again = Options::HIVE.parse_statement(&printed);
        let again = again.unwrap_or_else(|e| panic!("{text}\n{printed}\n{e:?}"));
        assert_eq!(again, statement, "{text}\n{printed}");
        assert_eq!(Some(again.syntax_tree()), tree, "{text}\n{printed}");
    }
}
