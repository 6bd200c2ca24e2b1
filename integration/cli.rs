//! What the user sees: results, messages, exit codes.

use std::fs;

use crate::support::{Scratch, judge, rows, script};

/// A script with a mistake, what the message must say, and the exit code.
struct Bad {
    name: &'static str,
    edit: (&'static str, &'static str),
    says: &'static str,
    code: i32,
}

const BAD: &[Bad] = &[
    Bad { name: "syntax", edit: ("INSERT INTO", "INSRT INTO"), says: "job.hql:", code: 78 },
    Bad {
        name: "unknown column",
        edit: ("SELECT id,", "SELECT idd,"),
        says: "did you mean id?",
        code: 78,
    },
    Bad {
        name: "unknown function",
        edit: ("date_format(ts, 'HH')", "date_fromat(ts, 'HH')"),
        says: "did you mean date_format?",
        code: 78,
    },
    Bad {
        name: "unknown source",
        edit: ("FROM src", "FROM nowhere"),
        says: "no source table nowhere",
        code: 78,
    },
    Bad { name: "unknown target", edit: ("INTO t ", "INTO u "), says: "no table u", code: 78 },
    Bad {
        name: "column count",
        edit: ("SELECT id, name,", "SELECT id,"),
        says: "the table takes 4 columns",
        code: 78,
    },
    Bad {
        name: "group by",
        edit: ("FROM src;", "FROM src GROUP BY id;"),
        says: "GROUP BY",
        code: 78,
    },
    Bad {
        name: "order by",
        edit: ("FROM src;", "FROM src ORDER BY id;"),
        says: "ORDER BY",
        code: 78,
    },
    Bad {
        name: "distinct",
        edit: ("SELECT id,", "SELECT DISTINCT id,"),
        says: "DISTINCT",
        code: 78,
    },
    Bad { name: "aggregate", edit: ("SELECT id,", "SELECT max(id),"), says: "aggregate", code: 78 },
    Bad {
        name: "overwrite",
        edit: ("INSERT INTO", "INSERT OVERWRITE TABLE"),
        says: "not support overwrite",
        code: 78,
    },
    Bad {
        name: "no policy",
        edit: ("'sink.partition-commit.policy.kind'='metastore,success-file'", "'a'='b'"),
        says: "without providing a commit policy",
        code: 78,
    },
    Bad {
        name: "bad policy",
        edit: ("metastore,success-file", "metastore,email"),
        says: "email",
        code: 78,
    },
    Bad {
        name: "bad trigger",
        edit: ("='partition-time'", "='event-time'"),
        says: "event-time",
        code: 78,
    },
    Bad { name: "bad delay", edit: ("'1 h'", "'1 fortnight'"), says: "fortnight", code: 78 },
    Bad {
        name: "misspelt option",
        edit: ("sink.partition-commit.delay", "sink.partition-commit.dealy"),
        says: "sink.partition-commit.delay",
        code: 78,
    },
    Bad {
        name: "pattern column",
        edit: ("$dt $hr:00:00", "$day $hr:00:00"),
        says: "$day",
        code: 78,
    },
    Bad {
        name: "unknown connector",
        edit: ("='filesystem'", "='filesytem'"),
        says: "filesytem",
        code: 78,
    },
    Bad { name: "kafka", edit: ("='filesystem'", "='kafka'"), says: "kafka", code: 78 },
    Bad {
        name: "unknown format",
        edit: ("'format'='json'", "'format'='xml'"),
        says: "xml",
        code: 78,
    },
    Bad { name: "no such file", edit: ("in.json", "gone.json"), says: "gone.json", code: 1 },
    Bad {
        name: "rcfile",
        edit: ("STORED AS PARQUET", "STORED AS RCFILE"),
        says: "files of this format are not written",
        code: 78,
    },
    Bad {
        name: "repeated column",
        edit: ("(id BIGINT, name STRING) PARTITIONED", "(id BIGINT, dt STRING) PARTITIONED"),
        says: "column dt is there twice",
        code: 78,
    },
    Bad {
        name: "bad decimal",
        edit: ("(id BIGINT, name STRING)", "(id DECIMAL(50,2), name STRING)"),
        says: "DECIMAL(50,2)",
        code: 78,
    },
    Bad {
        name: "watermark type",
        edit: ("ts TIMESTAMP(3)", "ts STRING"),
        says: "not a timestamp",
        code: 78,
    },
    Bad {
        name: "watermark expression",
        edit: ("ts - INTERVAL '5' MINUTE", "ts + INTERVAL '5' MINUTE"),
        says: "minus a constant interval",
        code: 78,
    },
    Bad { name: "interval setting", edit: ("100 ms", "soon"), says: "soon", code: 78 },
    Bad {
        name: "drop",
        edit: ("INSERT INTO", "DROP TABLE t; INSERT INTO"),
        says: "would delete",
        code: 78,
    },
    Bad {
        name: "no insert",
        edit: ("INSERT INTO t SELECT", "-- SELECT"),
        says: "no INSERT",
        code: 78,
    },
    Bad { name: "open quote", edit: ("'yyyy-MM-dd'", "'yyyy-MM-dd"), says: "job.hql:", code: 78 },
    Bad {
        name: "query without insert",
        edit: ("INSERT INTO t SELECT", "SELECT"),
        says: "has no place to put its rows",
        code: 78,
    },
    Bad {
        name: "pipeline name",
        edit: ("SET dead", "SET pipeline.name = ../x; SET dead"),
        says: "../x",
        code: 78,
    },
    Bad { name: "bad rate", edit: ("= unlimited", "= a few"), says: "is not a rate", code: 78 },
    Bad { name: "no path", edit: ("'path'=", "'paht'="), says: "path", code: 78 },
    Bad { name: "remote path", edit: ("'path'='", "'path'='s3://bucket"), says: "s3", code: 64 },
    Bad {
        name: "insert into a source",
        edit: (
            "INSERT INTO t SELECT id, name, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH')",
            "INSERT INTO src SELECT id, ts, name",
        ),
        says: "cannot be written to a source table",
        code: 78,
    },
    Bad {
        name: "unknown zone",
        edit: (
            "'sink.partition-commit.delay'",
            "'sink.partition-commit.watermark-time-zone'='Mars/Base', 'sink.partition-commit.delay'",
        ),
        says: "Mars/Base",
        code: 78,
    },
];

#[test]
fn every_mistake_has_a_message_and_an_exit_code_and_no_effect() {
    for Bad { name, edit: (from, to), says, code } in BAD {
        let scratch = Scratch::new();
        let input = scratch.write("in.json", &rows(1000));
        let text = script(&input, "");
        assert!(text.contains(from), "{name}: nothing to edit");
        scratch.write("job.hql", &text.replace(from, to));
        let output = scratch.run(&["ingest", "job.hql"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{name}: {said}");
        assert_eq!(output.status.code(), Some(*code), "{name}: {said}");
        assert!(!scratch.path("wh/t/dt=2026-01-01").exists(), "{name}: something was written");
    }
}

#[test]
fn a_finished_pipeline_says_so_and_adds_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(5000));
    scratch.write("job.hql", &script(&input, ""));
    let first = scratch.run(&["ingest", "job.hql"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let again = scratch.run(&["ingest", "job.hql"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("finished before"));
    let (right, said) =
        judge(&[&input, &scratch.path("wh/t"), &scratch.path("wh/.skep/t/dead-letters")]);
    assert!(right, "{said}");
}

#[test]
fn every_written_format_is_read_back() {
    let serde = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
    let csv = format!("ROW FORMAT SERDE '{serde}' STORED AS TEXTFILE");
    let text = "ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\\\' STORED AS TEXTFILE";
    let mut seen = Vec::new();
    for storage in
        ["STORED AS PARQUET", "STORED AS ORC", "STORED AS AVRO", "STORED AS JSONFILE", text, &csv]
    {
        let scratch = Scratch::new();
        let input = scratch.write("in.json", &rows(1000));
        let job = script(&input, "").replace("STORED AS PARQUET", storage);
        scratch.write("job.hql", &job);
        let done = scratch.run(&["ingest", "job.hql"]);
        assert!(done.status.success(), "{storage}: {}", String::from_utf8_lossy(&done.stderr));
        let shown = scratch.run(&["inspect", "t", "--rows", "100000"]);
        let listed = String::from_utf8_lossy(&shown.stdout).into_owned();
        let mut lines: Vec<String> = listed.lines().map(|l| l.replace('"', "")).collect();
        lines.sort();
        assert!(lines.len() > 900, "{storage}: {}", String::from_utf8_lossy(&shown.stderr));
        seen.push((storage, lines));
    }
    for (storage, lines) in &seen[1..] {
        assert_eq!(lines.len(), seen[0].1.len(), "{storage}");
        // All of CSV is text, and its NULLs are empty.
        if *storage != csv {
            assert_eq!(lines, &seen[0].1, "{storage}");
        }
    }
}

#[test]
fn rejected_records_are_listed_with_reason_and_place() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(1000));
    scratch.write("job.hql", &script(&input, ""));
    assert!(scratch.run(&["ingest", "job.hql"]).status.success());
    let listed = scratch.run(&["dlq", "list"]);
    let counts = String::from_utf8_lossy(&listed.stdout).into_owned();
    let counts =
        counts.lines().map(|line| line.split('\t').nth(1).unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 4);
    let shown = scratch.run(&["dlq", "show", "t", "--format", "json"]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout).lines().count(), 4);
    let exported = scratch.path("bad.json");
    let done = scratch.run(&["dlq", "export", "t", exported.to_str().unwrap()]);
    assert!(done.status.success());
    let mut bad: Vec<String> =
        rows(1000).lines().filter(|l| l.contains("BAD")).map(str::to_owned).collect();
    let text = fs::read_to_string(exported).unwrap();
    let mut got: Vec<String> = text.lines().map(str::to_owned).collect();
    bad.sort();
    got.sort();
    assert_eq!(got, bad);
}

#[test]
fn validate_reports_all_mistakes_and_runs_nothing() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(100));
    let text = script(&input, "").replace("SELECT id,", "SELECT idd,").replace("'1 h'", "'1 x'");
    scratch.write("job.hql", &text);
    let output = scratch.run(&["validate", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("idd"), "{said}");
    assert_eq!(output.status.code(), Some(78));
    let good = script(&input, "");
    scratch.write("job.hql", &good);
    assert!(scratch.run(&["validate", "job.hql"]).status.success());
    let explained = scratch.run(&["explain", "job.hql"]);
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(text.contains("exactly-once: yes"), "{text}");
    assert!(text.contains("sink.partition-commit.delay = 1 h"), "{text}");
}

#[test]
fn options_in_hints_go_before_those_of_the_tables() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(100));
    let job = |sink: &str, source: &str| {
        let text = script(&input, ", 'parquet.compression'='ZSTD'");
        let text = text.replace("INSERT INTO t ", &format!("INSERT INTO t {sink} "));
        let text = text.replace(" FROM src;", &format!(" FROM src {source};"));
        scratch.write("job.hql", &text);
    };
    let sink = "/*+ OPTIONS('sink.partition-commit.policy.kind'='success-file', 'sink.partition-commit.success-file.name'='_DONE',\n\
        'parquet.compression'='GZIP') */";
    job(sink, "/*+ OPTIONS('json.fail-on-missing-field'='true') */");
    let explained = scratch.run(&["explain", "job.hql"]);
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(explained.status.success(), "{}", String::from_utf8_lossy(&explained.stderr));
    for wanted in [
        "sink.partition-commit.policy.kind = success-file  (OPTIONS behind default.t at job.hql:10)",
        "sink.partition-commit.success-file.name = _DONE  (OPTIONS behind default.t at job.hql:10)",
        "parquet.compression = gzip  (OPTIONS behind default.t at job.hql:10)",
        "sink.partition-commit.delay = 1 h  (table default.t at job.hql:6)",
        "json.fail-on-missing-field = true  (OPTIONS behind default.src at job.hql:10)",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let output = scratch.run(&["ingest", "job.hql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let partition = scratch.path("wh/t/dt=2026-01-01/hr=20");
    let names: Vec<String> = fs::read_dir(&partition)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.contains(&"_DONE".to_owned()) && !names.contains(&"_SUCCESS".to_owned()));
    let file = names.iter().find(|name| name.ends_with(".parquet")).unwrap();
    let inspected = scratch.run(&["inspect", partition.join(file).to_str().unwrap()]);
    let said = String::from_utf8_lossy(&inspected.stdout).to_lowercase();
    assert!(said.contains("gzip") && !said.contains("zstd"), "{said}");
    let wrong = [
        (
            "/*+ OPTIONS('sink.partition-commit.dely'='1 h') */",
            "",
            "did you mean `sink.partition-commit.delay`?",
        ),
        (
            "/*+ OPTIONS('sink.partition-commit.delay'='soon') */",
            "",
            "OPTIONS behind default.t at job.hql:10",
        ),
        ("/*+ OPTIONS('sink.partition-commit.delay') */", "", "OPTIONS"),
        (
            "",
            "/*+ OPTIONS('source.split-size'='much') */",
            "OPTIONS behind default.src at job.hql:10",
        ),
    ];
    for (sink, source, wanted) in wrong {
        job(sink, source);
        let output = scratch.run(&["validate", "job.hql"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{sink} {source}: {said}");
        assert!(said.contains(wanted), "{sink} {source}: {said}");
    }
}

#[test]
fn explain_ast_shows_hives_tree_and_needs_no_tables() {
    let scratch = Scratch::new();
    scratch.write("q.hql", "SET a=b;\nSELECT x FROM t\n WHERE y = '${hivevar:v}';\n");
    let output = scratch.run(&["explain", "--ast", "q.hql", "--hivevar", "v=A"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("-- q.hql:2\nnil\n   TOK_QUERY\n      TOK_FROM\n"), "{text}");
    assert!(text.ends_with("               'A'\n   <EOF>\n"), "{text}");
    scratch.write("q.hql", "SELECT FROM; SELECT 1");
    let output = scratch.run(&["explain", "--ast", "q.hql"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("q.hql:1:8"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("TOK_SELEXPR"));
}
