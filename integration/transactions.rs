//! Transactional tables that are read: copied, streamed, tailed, joined with.

use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use ::metastore::{Catalog, Table};
use formats::serde_names::Format;

use crate::inspect::{Row, put, table, transaction};
use crate::streams::{stop, until};
use crate::support::Scratch;

/// A warehouse with the transactional table `a`, which another engine writes.
struct Lake {
    scratch: Scratch,
    catalog: Arc<dyn Catalog>,
}

impl Lake {
    fn new(format: Format, kind: &str) -> Self {
        let scratch = Scratch::new();
        let catalog = skep::catalog::open(&scratch.path("wh")).unwrap();
        let mut a: Table = table(&scratch, "a", format);
        for (key, value) in [("transactional", "true"), ("transactional_properties", kind)] {
            a.parameters.insert(key.to_owned(), value.to_owned());
        }
        catalog.create_table(&a).unwrap();
        Self { scratch, catalog }
    }

    fn put(&self, file: &str, rows: &[Row]) {
        put(&self.scratch.path("a").join(file), &transaction(rows));
    }

    fn clean(&self, folders: &[&str]) {
        for folder in folders {
            std::fs::remove_dir_all(self.scratch.path("a").join(folder)).unwrap();
        }
    }

    /// Gives the rows of a table as `skep tail` prints them; none if there is no such table yet.
    fn rows(&self, table: &str) -> Vec<String> {
        let done = self.scratch.run(&[
            "tail",
            table,
            "--from",
            "earliest",
            "--no-follow",
            "--format",
            "csv",
            "--columns",
            "id,s",
        ]);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() || said.contains("table not found"), "{said}");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let mut rows: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        rows.sort();
        rows
    }
}

const STREAM: &str =
    "/*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.monitor-interval'='50 ms') */";

fn job(lake: &Lake, insert: &str) {
    let script = format!(
        "SET execution.checkpointing.interval = 50 ms;\n\
         CREATE TABLE IF NOT EXISTS b (id INT, s STRING) STORED AS ORC\n\
         TBLPROPERTIES ('sink.partition-commit.policy.kind'='success-file');\n{insert};\n"
    );
    lake.scratch.write("job.hql", &script);
}

#[test]
fn a_stream_gives_each_row_of_a_transactional_table_once() {
    let lake = Lake::new(Format::Orc, "default");
    lake.put("base_0000002/bucket_00000", &[(0, 1, 0, 1, 1), (0, 2, 0, 2, 2)]);
    lake.put("delta_0000003_0000003_0000/bucket_00000", &[(0, 3, 0, 3, 3), (0, 3, 1, 3, 4)]);
    lake.put("delete_delta_0000004_0000004_0000/bucket_00000", &[(2, 3, 1, 4, 0)]);
    job(&lake, &format!("INSERT INTO b SELECT id, s FROM a {STREAM}"));
    let start =
        || lake.scratch.skep(&["ingest", "job.hql"]).stderr(Stdio::piped()).spawn().unwrap();
    let child = start();
    let all = ["1,s1", "2,s2", "3,s3"];
    until("what is there", || lake.rows("b") == all);
    // An update: the row as it is now comes as a new one.
    lake.put("delta_0000005_0000005_0001/bucket_00000", &[(0, 5, 0, 5, 10)]);
    lake.put("delete_delta_0000005_0000005_0000/bucket_00000", &[(2, 1, 0, 5, 0)]);
    let all = ["1,s1", "10,s10", "2,s2", "3,s3"];
    until("the update", || lake.rows("b") == all);
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
    // While nobody reads: a row more, and a compaction of everything, cleaned.
    lake.put(
        "base_0000006_v0000009/bucket_00000",
        &[(0, 2, 0, 2, 2), (0, 3, 0, 3, 3), (0, 5, 0, 5, 10), (0, 6, 0, 6, 6)],
    );
    lake.clean(&[
        "base_0000002",
        "delta_0000003_0000003_0000",
        "delete_delta_0000004_0000004_0000",
        "delta_0000005_0000005_0001",
        "delete_delta_0000005_0000005_0000",
    ]);
    let child = start();
    let all = ["1,s1", "10,s10", "2,s2", "3,s3", "6,s6"];
    until("the row of the time between", || lake.rows("b") == all);
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(lake.rows("b"), all, "no row twice");
    assert_eq!(lake.rows("a"), ["10,s10", "2,s2", "3,s3", "6,s6"]);
}

#[test]
fn insert_only_tables_are_copied_and_joined_with() {
    let lake = Lake::new(Format::TextFile, "insert_only");
    let line = |file: &str, text: &str| put(&lake.scratch.path("a").join(file), text.as_bytes());
    line("delta_0000001_0000001_0000/000000_0", "1\u{1}one\n2\u{1}two\n");
    line("base_0000002/000000_0", "3\u{1}three\n4\u{1}four\n");
    line("delta_0000003_0000003_0000/000000_0", "5\u{1}five\n");
    line("_tmp.delta_0000004_0000004_0000/000000_0", "6\u{1}six\n");
    job(&lake, "INSERT INTO b SELECT id, s FROM a WHERE id <> 4");
    for said in ["rows in 3, out 2", "nothing new"] {
        let done = lake.scratch.run(&["ingest", "job.hql"]);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && text.contains(said), "{said}: {text}");
    }
    assert_eq!(lake.rows("b"), ["3,three", "5,five"]);
    line("delta_0000004_0000004_0000/000000_0", "6\u{1}six\n");
    let done = lake.scratch.run(&["ingest", "job.hql"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(lake.rows("b"), ["3,three", "5,five", "6,six"]);
    let mut rows = String::new();
    for id in 3..7 {
        writeln!(rows, "{{\"n\": {id}}}").unwrap();
    }
    let path = lake.scratch.write("in.json", &rows);
    job(
        &lake,
        &format!(
            "CREATE TABLE src (n INT, p AS PROCTIME()) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
             SET pipeline.name = joined;\n\
             INSERT INTO b SELECT n + 100, a.s FROM src JOIN a FOR SYSTEM_TIME AS OF src.p ON src.n = a.id\n\
             WHERE a.INPUT__FILE__NAME LIKE '%/a/base_0000002/%'",
            path.display()
        ),
    );
    let done = lake.scratch.run(&["ingest", "job.hql"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let wanted = ["103,three", "104,four", "3,three", "5,five", "6,six"];
    assert_eq!(lake.rows("b"), wanted);
    drop(lake.catalog);
}
