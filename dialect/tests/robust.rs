//! No input makes the parser panic, overflow the stack or take more than linear time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dialect::{Parsed, parse, split, substitute};
use proptest::prelude::*;

/// Runs on the stack that threads have by default.
fn on_default_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap();
    thread.join().unwrap();
}

/// Does everything with a text that can be done.
fn exercise(text: &str) -> Parsed {
    let parsed = parse(text);
    for problem in &parsed.errors {
        assert!(!dialect::render(problem, text, "a.sql").is_empty());
        assert!(problem.span.start <= problem.span.end, "{problem:?}");
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
    }
    for statement in &parsed.statements {
        let printed = statement.to_string();
        let again = parse(&printed);
        assert_eq!(again.errors, [], "{text}\n{printed}");
        assert_eq!(again.statements, std::slice::from_ref(statement), "{text}\n{printed}");
        assert!(text.get(statement.span.range()).is_some());
    }
    parsed
}

#[test]
fn depth_is_limited_everywhere() {
    let repeat = |open: &str, inner: &str, close: &str, n: usize| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    let deep: &[(&str, &str, &str, &str)] = &[
        ("SELECT ", "(", "1", ")"),
        ("SELECT ", "(", "1", ""),
        ("SELECT ", "1 + (", "1", ")"),
        (
            "SELECT ",
            "a OR (b AND (NOT c = (d < (e | (f & (g || (h + (i * (j ^ (",
            "1",
            "))))))))))",
        ),
        ("SELECT ", "NOT (", "1", ")"),
        ("SELECT ", "-(", "1", ")"),
        ("SELECT * FROM ", "f(ON ", "t", ")"),
        ("SELECT ", "f(", "1", ")"),
        ("SELECT ", "CASE WHEN ", "1", " THEN 1 END"),
        ("SELECT ", "CASE a WHEN 1 THEN ", "1", " END"),
        ("SELECT ", "CAST(", "1", " AS INT)"),
        ("SELECT ", "a[", "1", "]"),
        ("SELECT ", "a IN (", "1", ")"),
        ("SELECT ", "a BETWEEN (", "1", ") AND 1"),
        ("SELECT ", "(SELECT ", "1", ")"),
        ("SELECT ", "EXISTS (SELECT ", "1", ")"),
        ("SELECT ", "(SELECT a FROM t WHERE b = f(", "1", "))"),
        ("SELECT ", "INTERVAL (", "1", ") DAY"),
        ("SELECT ", "sum(1) OVER (PARTITION BY ", "1", ")"),
        ("SELECT * FROM ", "(", "t", ")"),
        ("SELECT * FROM ", "(SELECT * FROM ", "t", ") a"),
        ("SELECT * FROM ", "((SELECT 1) UNION ", "(SELECT 1)", ") a"),
        ("", "(", "SELECT 1", ")"),
        ("", "WITH a AS (", "SELECT 1", ") SELECT 1"),
        ("", "EXPLAIN ", "SELECT 1", ""),
        ("CREATE TABLE t (a ", "ARRAY<", "INT", ">)"),
        ("CREATE TABLE t (a ", "STRUCT<a: MAP<INT, ", "INT", ">>)"),
    ];
    for (start, open, inner, close) in deep.iter().copied() {
        for depth in [2, 10, 60, 100, 150, 200, 10_000, 100_000] {
            let text = format!("{start}{}", repeat(open, inner, close, depth));
            on_default_stack(move || {
                let parsed = exercise(&text);
                if depth >= 10_000 {
                    assert_eq!(parsed.errors.len(), 1);
                    if parsed.errors[0].message != "EXPLAIN cannot explain itself" {
                        let expected = "the statement nests deeper than";
                        assert!(parsed.errors[0].message.starts_with(expected), "{parsed:?}");
                    }
                }
            });
        }
    }
}

#[test]
fn long_runs_are_no_depth() {
    for (start, part, end) in [
        ("SELECT a", " OR b", ""),
        ("SELECT a", " + b * c", ""),
        ("SELECT a", " = b", ""),
        ("SELECT a", " || b", ""),
        ("SELECT a", ", b", ""),
        ("SELECT a", "[0]", ""),
        ("SELECT a", ".b", ""),
        ("SELECT ", "NOT ", "a"),
        ("SELECT ", "- ", "a"),
        ("SELECT 'a'", " 'b'", ""),
        ("SELECT 1", " UNION ALL SELECT 1", ""),
        ("SELECT 1 FROM t", " JOIN t ON a = b", ""),
        ("SELECT 1 FROM t", ", t", ""),
        ("SELECT 1 FROM t", " LATERAL VIEW f(a) t AS c", ""),
        ("FROM t", " INSERT INTO t SELECT a", ""),
        ("SELECT CASE", " WHEN 1 THEN 2", " END"),
        ("SELECT 1", "; SELECT 1", ""),
    ] {
        let text = format!("{start}{}{end}", part.repeat(20_000));
        on_default_stack(move || assert_eq!(exercise(&text).errors, []));
    }
}

#[test]
fn broken_texts_take_linear_time() {
    for part in
        ["'\\';\n", "`;\n", "\";\n'", "/*", "(", "((SELECT 1)", "CLUSTER BY (", "${", "SET a='\n"]
    {
        let text = format!("SELECT {}", part.repeat(20_000));
        on_default_stack(move || {
            exercise(&text);
            split(&text);
        });
    }
}

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "INSERT",
    "INTO",
    "OVERWRITE",
    "TABLE",
    "CREATE",
    "DROP",
    "IF",
    "NOT",
    "EXISTS",
    "(",
    ")",
    ",",
    ";",
    "a",
    "b",
    "t",
    "`x`",
    "'s'",
    "\"d\"",
    "1",
    "1.5",
    "10L",
    "*",
    "+",
    "-",
    "/",
    "=",
    "==",
    "<",
    ">",
    "<=>",
    "!",
    "!=",
    "||",
    "|",
    "&",
    "^",
    "~",
    "%",
    "DIV",
    ".",
    "[",
    "]",
    "AND",
    "OR",
    "IN",
    "BETWEEN",
    "LIKE",
    "RLIKE",
    "ANY",
    "ALL",
    "IS",
    "NULL",
    "TRUE",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "AS",
    "INT",
    "STRING",
    "ARRAY",
    "MAP",
    "STRUCT",
    "INTERVAL",
    "DAY",
    "SECOND",
    "DATE",
    "TIMESTAMP",
    "EXTRACT",
    "FLOOR",
    "TRIM",
    "LEADING",
    "TO",
    "UNION",
    "DISTINCT",
    "EXCEPT",
    "MINUS",
    "GROUP",
    "BY",
    "ORDER",
    "HAVING",
    "SORT",
    "CLUSTER",
    "LIMIT",
    "WITH",
    "JOIN",
    "LEFT",
    "SEMI",
    "ON",
    "USING",
    "LATERAL",
    "VIEW",
    "OUTER",
    "OVER",
    "PARTITION",
    "ROWS",
    "PRECEDING",
    "WINDOW",
    "VALUES",
    "DEFAULT",
    "SET",
    "RESET",
    "EXPLAIN",
    "PARTITIONED",
    "STORED",
    "COMMENT",
    "LOCATION",
    "TBLPROPERTIES",
    "WATERMARK",
    "FOR",
    "METADATA",
    "VIRTUAL",
    "PRIMARY",
    "KEY",
    "ENFORCED",
    "EXECUTE",
    "STATEMENT",
    "BEGIN",
    "USE",
    "/*+ h */",
    "-- c\n",
    "${x}",
    ":",
    "?",
    "_utf8",
    "f(",
    "count(*)",
    "current_date",
    "'",
    "`",
    "\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC*") {
        exercise(&text);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words_are_survived(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        exercise(&words.join(" "));
    }

    #[test]
    fn any_words_behind_a_start_are_survived(
        start in prop::sample::select(&["SELECT", "CREATE TABLE t", "INSERT INTO t", "FROM t SELECT",
            "SELECT * FROM", "CREATE TABLE t (a INT", "SELECT a FROM t WHERE", "SET"][..]),
        words in prop::collection::vec(prop::sample::select(WORDS), 0..12),
    ) {
        exercise(&format!("{start} {}", words.join(" ")));
    }

    #[test]
    fn any_variables_are_survived(text in "[${}: a]{0,40}", value in "[${}a]{0,6}") {
        let result = substitute(&text, &|_, name| (name == "a").then(|| value.clone()));
        prop_assert!(result.is_ok() || value.contains('$'));
        for raw in split(&text) {
            if let Err(problems) = raw.parse(&|_, name| (name == "a").then(|| value.clone())) {
                for problem in problems {
                    prop_assert!(text.get(problem.span.range()).is_some());
                }
            }
        }
    }
}
