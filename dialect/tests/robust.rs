//! No input makes the parser panic, overflow the stack or take more than linear time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dialect::{Options, Parsed, Splitting, parse, split, substitute};
use proptest::prelude::*;

/// Runs on the stack that threads have by default.
fn on_default_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap();
    thread.join().unwrap();
}

/// Does everything with a text that can be done.
fn exercise(text: &str) -> Parsed {
    let parsed = parse(text);
    // To draw a problem takes as long as the text before it.
    for problem in parsed.errors.iter().take(100) {
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
    if text.len() < 10_000 {
        exercise_others(text, &parsed);
    }
    parsed
}

/// Hive's way of splitting, and comments in canonical text.
fn exercise_others(text: &str, parsed: &Parsed) {
    let options = Options { splitting: Splitting::Hive, ..Options::default() };
    for raw in options.split(text) {
        assert!(text.get(raw.span.range()).is_some());
        for problem in raw.parse(&|_, _| Some("a;'\u{e9}".to_owned())).err().unwrap_or_default() {
            assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
        }
    }
    if let Some(formatted) = Options::default().format_statement(text) {
        let comments = |text: &str| text.matches("--").count() + text.matches("/*").count();
        assert_eq!(parse(&formatted).statements, parsed.statements, "{text}\n{formatted}");
        assert!(comments(&formatted) >= comments(text) || text.contains("/*+"), "{formatted}");
    }
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
        ("", "PREPARE p FROM ", "SELECT 1", ""),
        ("", "EXPLAIN PREPARE p FROM ", "SELECT 1", ""),
        ("", "CREATE SCHEDULED QUERY q CRON 'x' AS ", "SELECT 1", ""),
        ("CREATE VIEW v AS ", "SELECT * FROM (", "SELECT 1", ") a"),
        ("CREATE MACRO m(a INT) ", "f(", "1", ")"),
        ("CREATE TABLE t (a INT CHECK (", "(", "1", ")"),
        ("CREATE TABLE t (a INT) DEFAULT ", "(", "1", ")"),
        ("UPDATE t SET a = ", "(", "1", ")"),
        ("DELETE FROM t WHERE a IN ", "(SELECT a FROM t WHERE a IN ", "(1)", ")"),
        ("MERGE INTO t USING ", "(SELECT * FROM ", "u", ") x"),
        ("MERGE INTO t USING u ON ", "(", "a", ") = 1"),
        ("INSERT INTO t VALUES ", "(", "1", ")"),
        ("FROM ", "(FROM ", "t", " SELECT a) x SELECT b"),
        ("ALTER TABLE t ADD PARTITION (a = ", "(", "1", ")"),
        ("ALTER TABLE t EXECUTE EXPIRE_SNAPSHOTS(", "(", "1", ")"),
        ("CREATE TRIGGER p.t WHEN ", "(", "a > 1", ")"),
        ("SELECT * FROM ", "f(ON ", "t", ")"),
        ("SELECT * FROM t TABLESAMPLE(BUCKET 1 OUT OF 2 ON ", "f(", "a", ")"),
        ("SELECT * FROM t LATERAL VIEW ", "explode(", "a", ") x AS y"),
        ("SELECT * FROM t JOIN u ON ", "a = (", "1", ")"),
        ("SELECT TRANSFORM(", "f(", "a", ")"),
        ("SELECT a GROUP BY GROUPING SETS (", "(", "a", ")"),
        ("SELECT x WITHIN GROUP (ORDER BY ", "f(", "a", ")"),
        ("CREATE TABLE t (a ", "UNIONTYPE<INT, ", "INT", ">)"),
        ("CREATE TABLE t (a ", "ARRAY<", "INT", ">)"),
        ("CREATE TABLE t (a ", "STRUCT<a: MAP<INT, ", "INT", ">>)"),
    ];
    for (start, open, inner, close) in deep.iter().copied() {
        for depth in [2, 10, 60, 90, 100, 150, 199, 250, 200, 299, 300, 10_000, 100_000] {
            let text = format!("{start}{}", repeat(open, inner, close, depth));
            on_default_stack(move || {
                let parsed = exercise(&text);
                if depth >= 10_000 {
                    assert_eq!(parsed.errors.len(), 1, "{parsed:?}");
                }
            });
        }
    }
}

/// What Hive takes with the stack that Java gives by default, and more than its own tests have.
#[test]
fn what_hive_takes_is_not_too_deep() {
    for (open, inner, close, depth) in [
        ("(", "1", ")", 290),
        ("1 + (", "1", ")", 190),
        ("(SELECT ", "1", ")", 100),
        ("(SELECT a FROM t WHERE b = f(", "1", "))", 70),
        ("CASE WHEN a = 1 THEN 2 ELSE ", "3", " END", 190),
    ] {
        let text = format!("SELECT {}{inner}{}", open.repeat(depth), close.repeat(depth));
        on_default_stack(move || assert_eq!(exercise(&text).errors, []));
    }
}

#[test]
fn statement_sets_do_not_nest() {
    for (part, count) in [
        ("EXECUTE STATEMENT SET BEGIN ", 20_000),
        ("BEGIN STATEMENT SET; ", 200),
        ("EXPLAIN EXECUTE STATEMENT SET BEGIN ", 20_000),
    ] {
        let text = part.repeat(count);
        on_default_stack(move || assert!(!exercise(&text).errors.is_empty()));
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

#[test]
fn what_fuzzing_found() {
    for text in [
        "SET 'a' é",
        "SET a'b=\"c 'd\\;e\"",
        "SET--a=b\n c=d--e",
        "SET \u{c}role admin",
        "DELETE JAR a('b c;d e\\;f' g\\;h",
        "RESET a\u{b}b\u{b}-- c\nd\u{a0}--e",
        "SELECT count(DISTINCT (DEFAULT)), f((DEFAULT)), (DEFAULT) + 1, (DEFAULT, 1), a IN (DEFAULT)",
        "UPDATE t SET a = DEFAULT, b = (DEFAULT) + 1; INSERT INTO t VALUES (DEFAULT, (DEFAULT) AS x)",
        "SET a\\;b=c\\\\;d",
        "SET 'a\n\\;b' = 'c;\n\\;'",
        "RESET a\\;b 'c\n\\;d'",
        "RESET a 'b\n c' 'd\\;e f'",
        "RESET a'b c\\;d e'",
    ] {
        exercise(text);
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
