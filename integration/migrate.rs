//! `skep migrate`: verdicts with their reasons, reports, scripts written anew.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Scratch, rows, script};

fn migrate(scratch: &Scratch, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
    command.arg("migrate").args(args).current_dir(scratch.folder.path()).output().unwrap()
}

fn report(scratch: &Scratch, args: &[&str]) -> Value {
    let output = migrate(scratch, &[&["--format", "json"], args].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Gives verdict and reasons of each statement of the first file.
fn verdicts(report: &Value) -> Vec<String> {
    let statements = report["files"][0]["statements"].as_array().unwrap();
    let one = |statement: &Value| {
        let findings = statement["findings"].as_array().unwrap();
        let rules: Vec<_> = findings.iter().map(|f| f["rule"].as_str().unwrap()).collect();
        format!("{} {}", statement["verdict"].as_str().unwrap(), rules.join(" ")).trim().to_owned()
    };
    statements.iter().map(one).collect()
}

const SOURCE: &str = "CREATE TABLE src (id BIGINT) WITH ('connector'='filesystem', 'path'='/x', \
                      'format'='json');\n";

/// A statement behind [`SOURCE`], and what becomes of it.
const STATEMENTS: &[(&str, &str)] = &[
    ("CREATE TABLE t (id BIGINT) STORED AS PARQUET", "runs"),
    ("INSERT INTO t SELECT id + 1 FROM src WHERE abs(id) > 2 UNION ALL SELECT 1 FROM src", "runs"),
    ("USE db", "runs"),
    ("CREATE DATABASE IF NOT EXISTS db", "runs"),
    ("SET hive.exec.parallel=true", "runs"),
    ("SET hive.txn.manager=x", "differs H201"),
    ("RESET", "runs"),
    ("LLAP CLUSTER -info", "runs"),
    ("DROP TABLE IF EXISTS t", "differs H202"),
    ("CREATE TABLE t (id BIGINT)", "runs"),
    ("CREATE TABLE t (id BIGINT) STORED AS RCFILE", "unsupported H110"),
    ("CREATE TABLE t STORED AS PARQUET AS SELECT 1", "unsupported H110 H110 H110"),
    ("SELECT 1", "unsupported H101"),
    ("SELECT a FROM t LIMIT 3", "unsupported H101 H012"),
    ("EXPLAIN SELECT 1", "unsupported H101"),
    ("UPDATE t SET a = 1", "unsupported H102"),
    ("ALTER TABLE t ADD COLUMNS (a INT)", "unsupported H103"),
    ("CREATE VIEW v AS SELECT 1", "unsupported H104"),
    ("CREATE FUNCTION f AS 'x.F'", "unsupported H105"),
    ("INSERT OVERWRITE TABLE t SELECT id FROM src", "unsupported H120"),
    ("INSERT OVERWRITE DIRECTORY '/x' SELECT id FROM src", "unsupported H121"),
    ("INSERT INTO t VALUES (1)", "unsupported H122"),
    ("INSERT INTO t SELECT a.id FROM src a JOIN src b ON a.id = b.id", "unsupported H123"),
    ("INSERT INTO t SELECT a.id FROM src a LEFT JOIN u b ON a.id = b.id", "differs H203"),
    ("INSERT INTO t SELECT a.id FROM src a FULL JOIN u b ON a.id = b.id", "unsupported H123"),
    ("INSERT INTO t SELECT count(*) FROM src GROUP BY id", "unsupported H124"),
    ("INSERT INTO t SELECT max(id) FROM src", "unsupported H124"),
    ("INSERT INTO t SELECT id FROM src ORDER BY id LIMIT 1", "unsupported H125 H126"),
    ("INSERT INTO t SELECT DISTINCT id FROM src", "unsupported H127"),
    ("INSERT INTO t SELECT id FROM src UNION SELECT id FROM src", "unsupported H127"),
    ("INSERT INTO t SELECT id FROM src INTERSECT SELECT id FROM src", "unsupported H130"),
    ("INSERT INTO t SELECT id FROM src WHERE id IN (SELECT id FROM src)", "unsupported H131"),
    ("INSERT INTO t SELECT murmur_hash(id) FROM src", "unsupported H135"),
    ("INSERT INTO t SELECT my_function(id) FROM src", "unsupported H136"),
    ("INSERT INTO t SELECT id FROM other", "unsupported H137"),
    ("WITH q AS (SELECT id FROM src) INSERT INTO t SELECT id FROM q", "runs"),
    ("ADD JAR /x/y.jar", "unsupported H140"),
    ("source other.hql", "unsupported H141"),
    ("dfs -ls /", "unsupported H142"),
    ("!ls", "unsupported H142"),
    ("QUIT", "unsupported H143"),
    ("SELECT FROM", "invalid H001"),
    ("INSERT INTO t SELECT id FROM src WHERE id = ${x} AND 'a${y}' = 'b'", "runs"),
    ("SELECT ${x} ${y} ${z} FROM", "unchecked H002"),
    ("USE ${hiveconf:db}", "runs"),
];

#[test]
fn each_statement_has_a_verdict_and_its_reasons() {
    let scratch = Scratch::new();
    let text: Vec<_> = STATEMENTS.iter().map(|(text, _)| format!("{text};\n")).collect();
    scratch.write("all.sql", &format!("{SOURCE}{}", text.concat()));
    let found = verdicts(&report(&scratch, &["all.sql"]));
    assert_eq!(found[0], "runs");
    for ((text, expected), found) in STATEMENTS.iter().zip(&found[1..]) {
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(found.len(), STATEMENTS.len() + 1);
}

#[test]
fn a_script_of_which_everything_runs_passes_validate_too() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(10));
    scratch.write("job.hql", &script(&input, ""));
    let output = migrate(&scratch, &["job.hql"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("5 of 5 statements run (100.0 %), 1 of 1 scripts"), "{text}");
    assert!(scratch.run(&["validate", "job.hql"]).status.success());
}

#[test]
fn one_bad_file_stops_nothing() {
    let scratch = Scratch::new();
    for folder in ["repo/sub", "repo/.git"] {
        fs::create_dir_all(scratch.path(folder)).unwrap();
    }
    scratch.write("repo/a.sql", "\u{feff}USE a;\r\nSELECT FROM;\r\n");
    fs::write(scratch.path("repo/sub/b.HQL"), b"USE b; -- caf\xe9\n").unwrap();
    fs::write(scratch.path("repo/c.q"), b"\x7fELF\0\0\0").unwrap();
    scratch.write("repo/notes.txt", "none of ours");
    scratch.write("repo/.git/d.sql", "none of ours");
    let report = report(&scratch, &["repo", "missing.sql", "no*such"]);
    let files = report["files"].as_array().unwrap();
    let mut seen: Vec<_> = files
        .iter()
        .map(|file| {
            let error = file["error"].as_str().unwrap_or_default();
            let path = file["path"].as_str().unwrap();
            format!("{path} {} {error}", file["statements"].as_array().unwrap().len())
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "missing.sql 0 No such file or directory (os error 2)",
            "no*such 0 no file has such a name",
            "repo/a.sql 2 ",
            "repo/c.q 0 this is a binary file",
            "repo/sub/b.HQL 1 ",
        ]
    );
    assert_eq!(report["summary"]["unreadable"], 3);
    assert_eq!(migrate(&scratch, &["repo"]).status.code(), Some(1));
}

#[test]
fn scripts_are_written_anew_without_losing_anything() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.path("in/sub")).unwrap();
    let text = "\u{feff}-- head: it's ours\r\nset x = 1 -- one\r\n;\r\n\r\n/* what */ insert into t \
                -- target\r\nselect id, -- the id\r\n  '${d}' from src where id = ${n} and \
                (id > 1);\r\nselect 'kept' , 1 from\r\nu; -- tail\r\n";
    scratch.write("in/sub/a.sql", &format!("{text}{}", SOURCE.replace('\n', "\r\n")));
    let args = ["in", "--rewrite", "out", "--hivevar", "n=5"];
    assert_eq!(migrate(&scratch, &args).status.code(), Some(1));
    let written = fs::read_to_string(scratch.path("out/sub/a.sql")).unwrap();
    let (head, _) = written.split_once("CREATE TABLE").unwrap();
    assert_eq!(
        head,
        "\u{feff}-- head: it's ours\r\n-- one\r\nSET x=1\r\n;\r\n\r\n/* what */ INSERT INTO TABLE t \
         -- target\r\nSELECT id, '${d}' -- the id\r\nFROM src\r\nWHERE id = ${n} AND id > 1;\r\n\
         -- skep H101 a query without INSERT has no place to put its rows: write INSERT INTO table \
         SELECT ...\r\nselect 'kept' , 1 from\r\nu; -- tail\r\n"
    );
    // What was written is judged alike, and written alike.
    let before = verdicts(&report(&scratch, &["in"]));
    assert_eq!(verdicts(&report(&scratch, &["out", "--rewrite", "again"])), before);
    let again = fs::read_to_string(scratch.path("again/sub/a.sql")).unwrap();
    let note = "-- skep H101 a query without INSERT has no place to put its rows: write INSERT \
                INTO table SELECT ...\r\n";
    assert_eq!(again.replacen(note, "", 1), written);
    let onto_itself = migrate(&scratch, &["in", "--rewrite", "in"]);
    assert_eq!(onto_itself.status.code(), Some(78));
}

#[test]
fn the_page_needs_nothing_else() {
    let scratch = Scratch::new();
    scratch.write("a&b.sql", "SELECT '<script>alert(1)</script>' FROM t JOIN u;\nSELECT < FROM;\n");
    let output = migrate(&scratch, &["a&b.sql", "--format", "html", "--output", "page.html"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("0 of 2 statements run"));
    let page = fs::read_to_string(scratch.path("page.html")).unwrap();
    for outside in ["http://", "https://", "src=", "<link", "<script", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for inside in ["&lt;script&gt;", "a&amp;b.sql", "H101", "prefers-color-scheme: dark"] {
        assert!(page.contains(inside) || inside == "{inside}");
    }
    let markdown = migrate(&scratch, &["a&b.sql", "--format", "markdown"]);
    assert!(String::from_utf8_lossy(&markdown.stdout).contains("| H101 | query without INSERT |"));
}

#[test]
fn the_summary_draws_mistakes_and_names_what_is_missing() {
    let scratch = Scratch::new();
    let text = "SELECT f(a) FROM d.t WHERE x = '${ds}' FORM u;\nSET my.key = 1;\n\
                CREATE TEMPORARY FUNCTION g AS 'com.x.G';\nSELECT f(a), g(a) FROM d.t;\n";
    scratch.write("a.sql", text);
    let output = migrate(&scratch, &["a.sql"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "1 of 4 statements run (25.0 %)",
        " --> a.sql:1:40",
        "1 | SELECT f(a) FROM d.t WHERE x = '${ds}' FORM u;",
        "  H101       1 statements in     1 files  query without INSERT (not supported)",
        "Tables that no script creates\n        1  d.t",
        "that no script creates\n        1  f\n",
        "From outside\n        1  class or file of a function: com.x.G",
        "Variables without a value\n        1  ${ds}",
        "my.key (unknown: it is not known, and changes nothing)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn scripts_are_cut_as_asked() {
    let scratch = Scratch::new();
    scratch.write("a.sql", "USE a; -- it's\nUSE b; -- isn't\nUSE c;\n");
    assert_eq!(verdicts(&report(&scratch, &["a.sql"])), ["runs", "differs H003", "differs H003"]);
    let hive = report(&scratch, &["a.sql", "--splitting", "hive"]);
    assert_eq!(verdicts(&hive), ["runs", "invalid H001"]);
}

#[test]
fn variables_come_from_files_and_flags() {
    let scratch = Scratch::new();
    scratch.write("v.properties", "# ours\na = SELECT\nb: 1\n");
    scratch.write("a.sql", "${a} ${b} ${c};");
    let args =
        ["a.sql", "--properties", "v.properties", "--hivevar", "c=FROM t", "--hivevar", "b=2"];
    assert_eq!(verdicts(&report(&scratch, &args)), ["unsupported H101"]);
    assert_eq!(migrate(&scratch, &["a.sql", "--hivevar", "c"]).status.code(), Some(78));
}

#[test]
fn a_large_script_is_read_in_one_go() {
    let scratch = Scratch::new();
    let values = vec!["(1, 'some text of a row')"; 60_000].join(",\n");
    scratch.write("large.sql", &format!("INSERT INTO t VALUES {values};\nUSE a;\n"));
    let report = report(&scratch, &["large.sql", "--rewrite", "out"]);
    assert_eq!(verdicts(&report), ["unsupported H122", "runs"]);
    assert!(report["files"][0]["statements"][0]["text"].as_str().unwrap().len() < 1000);
}
