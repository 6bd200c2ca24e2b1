//! Dead letters that are read again after a script was mended.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Scratch, python};

const ROWS: u64 = 20_000;

/// Rows of which every third has a code that is no number.
fn input() -> String {
    let row = |id: u64| {
        let code = if id.is_multiple_of(3) { format!("\"c{id}\"") } else { id.to_string() };
        format!("{{\"id\": {id}, \"dt\": \"d{}\", \"code\": {code}}}\n", id % 5)
    };
    (0..ROWS).map(row).collect()
}

fn script(input: &Path, code: &str) -> String {
    format!(
        "SET execution.checkpointing.interval = 50 ms;\n\
         SET dead-letters.max-rate = unlimited;\n\
         CREATE TABLE src (id BIGINT, dt STRING, code {code})\n\
         WITH ('connector'='filesystem', 'path'='{}', 'format'='json', 'source.split-size'='64 kb');\n\
         CREATE TABLE t (id BIGINT, code STRING) PARTITIONED BY (dt STRING) STORED AS PARQUET\n\
         TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file');\n\
         INSERT INTO t SELECT id, CAST(code AS STRING), dt FROM src;\n",
        input.display()
    )
}

/// Asks DuckDB for the number of rows, of distinct ids, and of rows with a wrong code or partition.
fn counted(table: &Path) -> String {
    let ask = format!(
        "import duckdb\nprint(*duckdb.sql(\"\"\"SELECT count(*), count(DISTINCT id), count(*) FILTER (\n\
         code <> (CASE WHEN id % 3 = 0 THEN 'c' ELSE '' END) || id OR dt <> 'd' || (id % 5))\n\
         FROM read_parquet('{}/**/*.parquet', hive_partitioning=true)\"\"\").fetchall()[0])",
        table.display()
    );
    let output = Command::new(python()).arg("-c").arg(ask).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn ingested() -> Scratch {
    let scratch = Scratch::new();
    let path = scratch.write("in.json", &input());
    scratch.write("job.hql", &script(&path, "INT"));
    let first = scratch.run(&["ingest", "job.hql"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let good = ROWS - ROWS.div_ceil(3);
    assert_eq!(counted(&scratch.path("wh/t")), format!("{good} {good} 0"));
    scratch
}

#[test]
fn a_mended_column_brings_every_row_in_once() {
    let scratch = ingested();
    let replay = |name: &str| {
        let output = scratch.run(&["dlq", "replay", name, "job.hql"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // Nothing was mended: they are rejected again, and belong to the replay from now on.
    let (code, said) = replay("t");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("rejected again: 6667"), "{said}");
    let (code, said) = replay("t");
    assert!(code == Some(0) && said.contains("nothing to replay"), "{said}");
    scratch.write("job.hql", &script(&scratch.path("in.json"), "STRING"));
    let (code, said) = replay("t.replay-1");
    assert_eq!(code, Some(0), "{said}");
    let all = format!("{ROWS} {ROWS} 0");
    assert_eq!(counted(&scratch.path("wh/t")), all, "{said}");
    let (code, said) = replay("t.replay-1");
    assert!(code == Some(0) && said.contains("nothing to replay"), "{said}");
    assert_eq!(counted(&scratch.path("wh/t")), all);
    assert!(scratch.run(&["dlq", "list"]).stdout.is_empty(), "no letter is left");
    // The pipeline itself starts although its letters were moved.
    scratch.write("job.hql", &script(&scratch.path("in.json"), "INT"));
    let again = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success() && said.contains("finished before"), "{said}");
    let (code, said) = replay("nobody");
    assert!(code == Some(1) && said.contains("no such pipeline"), "{said}");
    scratch.write(
        "job.hql",
        &script(&scratch.path("in.json"), "STRING")
            .replace("TO t", "TO u")
            .replace("TABLE t", "TABLE u"),
    );
    let (code, said) = replay("t");
    assert!(code == Some(78) && said.contains("do not have this pipeline"), "{said}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "real processes are killed at real times")]
fn a_replay_that_is_killed_goes_on() {
    let scratch = ingested();
    scratch.write("job.hql", &script(&scratch.path("in.json"), "STRING"));
    for n in 0..8 {
        let mut child =
            scratch.skep(&["dlq", "replay", "t", "job.hql"]).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_millis(10 + 17 * n);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // It may have ended by itself; then the next start finds nothing to do.
        drop(child.kill());
        child.wait().unwrap();
    }
    let last = scratch.run(&["dlq", "replay", "t", "job.hql"]);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    assert_eq!(counted(&scratch.path("wh/t")), format!("{ROWS} {ROWS} 0"));
    assert!(!scratch.path("wh/.skep/t/replay-1").exists());
}

#[test]
fn a_cut_record_stays_and_an_open_quote_swallows_nothing() {
    let scratch = Scratch::new();
    let long = "x".repeat(2 << 20);
    // The last record is cut short inside quotes: it must not swallow others when it is read again.
    let text = format!("1,a\nx2,b\nx3,{long}\nx4,\"d\"\"d\"\nx5,\"e");
    let path = scratch.write("in.csv", &text);
    let job = |id: &str| {
        format!(
            "SET dead-letters.max-rate = unlimited;\n\
             CREATE TABLE src (id {id}, name STRING) WITH ('connector'='filesystem', 'path'='{}', 'format'='csv');\n\
             CREATE TABLE t (id STRING, name STRING) STORED AS PARQUET;\n\
             INSERT INTO t SELECT CAST(id AS STRING), name FROM src;\n",
            path.display()
        )
    };
    scratch.write("job.hql", &job("INT"));
    let first = scratch.run(&["ingest", "job.hql"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    scratch.write("job.hql", &job("STRING"));
    let output = scratch.run(&["dlq", "replay", "t", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 records were too long"), "{said}");
    assert!(said.contains("rows in 3, out 2, rejected 1"), "{said}");
    let again = scratch.run(&["dlq", "replay", "t", "job.hql"]);
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("nothing to replay") && said.contains("1 records"), "{said}");
    let listed = scratch.run(&["dlq", "list", "t"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1);
}

/// Columns of every kind that JSON holds.
const KINDS: &str = "id BIGINT, ti TINYINT, si SMALLINT, i INT, bo BOOLEAN, f FLOAT, d DOUBLE, de DECIMAL(30,4), s STRING, \
    v VARCHAR(9), bi BINARY, da DATE, ts TIMESTAMP, ar ARRAY<INT>, ma MAP<STRING,DOUBLE>, st STRUCT<a:INT,b:STRING>";

fn of_every_kind() -> String {
    let row = |id: u64| {
        if id.is_multiple_of(7) {
            return format!("{{\"id\": {id}, \"k\": \"{}\"}}\n", "n".repeat(300));
        }
        let k =
            if id.is_multiple_of(2) { "y".repeat(300 + id as usize % 3) } else { "y".to_owned() };
        format!(
            "{{\"id\": {id}, \"ti\": {ti}, \"si\": {si}, \"i\": -{id}, \"bo\": {bo}, \"f\": {id}.25, \"d\": {d}, \"de\": {id}.0625, \
             \"s\": \"ä\\n\\\"{id}\\\\ \", \"v\": \"v{id}\", \"bi\": \"AP8{bi}\", \"da\": \"2026-01-{day:02}\", \
             \"ts\": \"1999-12-31 23:59:59.{id:06}\", \"ar\": [{id}, null], \"ma\": {{\"a b\": 1.5, \"x\": null}}, \
             \"st\": {{\"a\": {id}, \"b\": null}}, \"k\": \"{k}\"}}\n",
            ti = id % 128,
            si = id * 7,
            bo = id.is_multiple_of(3),
            d = if id.is_multiple_of(5) { "\"NaN\"".to_owned() } else { format!("1e-{id}") },
            bi = char::from(b'A' + (id % 26) as u8),
            day = id % 28 + 1,
        )
    };
    (0..200).map(row).collect()
}

fn chain(input: &Path, key: &str, columns: &str) -> String {
    format!(
        "SET dead-letters.max-rate = unlimited;\n\
         CREATE TABLE src ({KINDS}, k STRING) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
         CREATE TABLE a ({KINDS}, k STRING) STORED AS PARQUET;\n\
         CREATE TABLE b ({KINDS}) PARTITIONED BY (p STRING) STORED AS PARQUET\n\
         TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore');\n\
         INSERT INTO a SELECT * FROM src;\n\
         INSERT INTO b SELECT {columns}, {key} FROM a;\n",
        input.display()
    )
}

/// Fills the table `a`, and `b` from it, with the rows that have a partition.
fn chained(key: &str, columns: &str) -> (Scratch, std::path::PathBuf) {
    let scratch = Scratch::new();
    let path = scratch.write("in.json", &of_every_kind());
    scratch.write("job.hql", &chain(&path, key, columns));
    // The second pipeline may have begun before the first had made anything.
    for _ in 0..2 {
        let done = scratch.run(&["ingest", "job.hql"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    (scratch, path)
}

#[test]
fn rows_of_a_table_are_read_again_as_they_were() {
    let all = "id, ti, si, i, bo, f, d, de, s, v, bi, da, ts, ar, ma, st";
    let replay = |scratch: &Scratch| {
        let output = scratch.run(&["dlq", "replay", "b", "job.hql"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (scratch, path) = chained("k", all);
    scratch.write("job.hql", &chain(&path, "substr(k, 1, 1)", all));
    let (code, said) = replay(&scratch);
    let rejected = (0..200).filter(|id| id % 7 == 0 || id % 2 == 0).count();
    let counted = format!("rows in {rejected}, out {rejected}, rejected 0");
    assert!(code == Some(0) && said.contains(&counted), "{said}");
    let ask = format!(
        "import duckdb\na, b = \"'{0}/a/*.parquet'\", \"read_parquet('{0}/b/**/*.parquet', hive_partitioning=true)\"\n\
         print(*duckdb.sql(f\"SELECT (SELECT count(*) FROM {{b}}), count(*) FROM (SELECT {all}, k[1] AS p FROM {{a}} \
         EXCEPT ALL SELECT {all}, p FROM {{b}})\").fetchall()[0])",
        scratch.path("wh").display()
    );
    let output = Command::new(python()).arg("-c").arg(ask).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "200 0", "{told}");
    let (code, said) = replay(&scratch);
    assert!(code == Some(0) && said.contains("nothing to replay"), "{said}");
}

#[test]
fn a_row_that_lacks_a_column_is_not_read_again_without_it() {
    let all = "id, ti, si, i, bo, f, d, de, s, v, bi, da, ts, ar, ma, st";
    let (scratch, path) = chained("k", &all.replace(" s,", " 'none',"));
    scratch.write("job.hql", &chain(&path, "substr(k, 1, 1)", all));
    let output = scratch.run(&["dlq", "replay", "b", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(64) && said.contains("column=s"), "{said}");
}
