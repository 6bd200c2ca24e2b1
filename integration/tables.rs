//! Hive tables as sources: streams from table to table, bounded copies, what is refused.

use std::fmt::Write as _;
use std::process::{Child, Stdio};

use crate::streams::{stop, until};
use crate::support::Scratch;

const TABLES: &str = "SET execution.checkpointing.interval = 50 ms;\n\
    CREATE TABLE IF NOT EXISTS a (id BIGINT, name STRING, amount DECIMAL(10,2)) PARTITIONED BY (dt STRING)\n\
    STORED AS PARQUET TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file');\n\
    CREATE TABLE IF NOT EXISTS b (id BIGINT, name STRING) PARTITIONED BY (dt STRING) STORED AS ORC\n\
    TBLPROPERTIES ('sink.partition-commit.policy.kind'='metastore,success-file');\n";

const STREAM: &str =
    "/*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.monitor-interval'='50 ms') */";

/// Writes ids into the partition of a day, by a pipeline that ends.
fn fill(scratch: &Scratch, day: u32, ids: std::ops::Range<u32>) {
    let folder = format!("in-{day}-{}", ids.start);
    std::fs::create_dir(scratch.path(&folder)).unwrap();
    let mut rows = String::new();
    for id in ids {
        writeln!(rows, "{{\"id\": {id}, \"name\": \"n{id}\", \"amount\": {id}.5}}").unwrap();
    }
    scratch.write(&format!("{folder}/rows.json"), &rows);
    let script = format!(
        "{TABLES}SET pipeline.name = {folder};\n\
         CREATE TABLE src (id BIGINT, name STRING, amount DECIMAL(10,2)) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');\n\
         INSERT INTO a SELECT id, name, amount, '2026-01-0{day}' FROM src;\n",
        scratch.path(&folder).display()
    );
    scratch.write("fill.hql", &script);
    let output = scratch.run(&["ingest", "fill.hql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn start(scratch: &Scratch) -> Child {
    scratch.skep(&["ingest", "job.hql"]).stderr(Stdio::piped()).spawn().unwrap()
}

fn job(scratch: &Scratch, insert: &str) {
    scratch.write("job.hql", &format!("{TABLES}{insert};\n"));
}

/// Gives the ids of a table by partition, as `skep inspect` shows its files.
fn counts(scratch: &Scratch, table: &str) -> Vec<(String, u64)> {
    let listed = scratch.run(&["partitions", table, "--format", "json"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut all: Vec<(String, u64)> = text
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            (line["partition"].as_str().unwrap().to_owned(), line["rows"].as_u64().unwrap())
        })
        .collect();
    all.sort();
    all
}

fn day(n: u32, rows: u64) -> (String, u64) {
    (format!("dt=2026-01-0{n}"), rows)
}

#[test]
fn a_table_is_read_as_a_stream_over_stops_and_a_savepoint() {
    let scratch = Scratch::new();
    fill(&scratch, 2, 0..100);
    job(&scratch, &format!("INSERT INTO b SELECT id, name, dt FROM a {STREAM}"));
    let child = start(&scratch);
    until("the first partition", || counts(&scratch, "b") == [day(2, 100)]);
    // A later partition, one that arrives late, and files of a known one.
    fill(&scratch, 3, 100..110);
    fill(&scratch, 1, 110..130);
    fill(&scratch, 2, 130..133);
    until("the others", || counts(&scratch, "b") == [day(1, 20), day(2, 103), day(3, 10)]);
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
    fill(&scratch, 4, 133..140);
    let saved = scratch.run(&["state", "savepoint", "b", "sp"]);
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    // The state of the pipeline moves: a new one begins where the savepoint is.
    std::fs::rename(scratch.path("wh/.skep/b"), scratch.path("old-state")).unwrap();
    let moved = scratch
        .skep(&["ingest", "job.hql", "--from-savepoint", "sp"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("what came meanwhile", || counts(&scratch, "b").contains(&day(4, 7)));
    let (code, said) = stop(moved);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("rows in 7"), "{said}");
}

#[test]
fn without_a_stream_the_table_is_copied_as_it_is() {
    let scratch = Scratch::new();
    fill(&scratch, 1, 0..50);
    fill(&scratch, 2, 50..60);
    fill(&scratch, 3, 60..70);
    let insert =
        "INSERT INTO b SELECT id, upper(name), dt FROM a WHERE dt <> '2026-01-03' AND id >= 10";
    job(&scratch, insert);
    let explained = scratch.run(&["explain", "job.hql"]);
    let text = String::from_utf8_lossy(&explained.stdout).into_owned();
    for line in [
        "reads default.a once, all that is there",
        "columns: id, name, dt",
        "streaming-source.enable = false",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let output = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("rows in 60, out 50") && said.contains("filtered 10"),
        "the third day is not opened: {said}"
    );
    assert_eq!(counts(&scratch, "b"), [day(1, 40), day(2, 10)]);
    let again = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success() && said.contains("nothing new"), "{said}");
    // What comes later is read by the next run.
    fill(&scratch, 2, 200..205);
    let more = scratch.run(&["ingest", "job.hql"]);
    assert!(more.status.success(), "{}", String::from_utf8_lossy(&more.stderr));
    assert_eq!(counts(&scratch, "b"), [day(1, 40), day(2, 15)]);
}

#[test]
fn the_time_of_partitions_commits_those_of_the_target() {
    let scratch = Scratch::new();
    fill(&scratch, 1, 0..5);
    fill(&scratch, 2, 5..10);
    let target = "CREATE TABLE c (id BIGINT) PARTITIONED BY (dt STRING) STORED AS PARQUET TBLPROPERTIES (\n\
        'partition.time-extractor.timestamp-pattern'='$dt', 'sink.partition-commit.trigger'='partition-time',\n\
        'sink.partition-commit.delay'='1 d', 'sink.partition-commit.policy.kind'='metastore');\n";
    let options = "/*+ OPTIONS('streaming-source.enable'='true', 'streaming-source.monitor-interval'='50 ms',\n\
        'partition.time-extractor.timestamp-pattern'='$dt') */";
    job(&scratch, &format!("{target}INSERT INTO c SELECT id, dt FROM a {options}"));
    let child = start(&scratch);
    let status = |partition: &str| {
        let listed = scratch.run(&["partitions", "c", "--format", "json"]);
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let line = text.lines().find(|line| line.contains(partition))?;
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["status"].as_str().map(str::to_owned)
    };
    until("the rows of both", || status("2026-01-02").is_some());
    assert_ne!(status("2026-01-01").as_deref(), Some("committed"), "the second day is not over it");
    fill(&scratch, 3, 10..12);
    until("the first day", || status("2026-01-01").as_deref() == Some("committed"));
    assert_ne!(status("2026-01-03").as_deref(), Some("committed"));
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let scratch = Scratch::new();
    fill(&scratch, 1, 0..1);
    for (insert, wanted) in [
        (
            "INSERT INTO a SELECT * FROM a",
            "default.a cannot be read and written by the same pipeline",
        ),
        (
            "INSERT INTO b SELECT id, name, dt FROM a /*+ OPTIONS('streaming-source.partition.include'='latest') */",
            "The only supported 'streaming-source.partition.include' is 'all' in hive table scan, but is 'latest'",
        ),
        (
            "INSERT INTO b SELECT id, name, dt FROM a /*+ OPTIONS('streaming-source.partition.include'='latest', 'streaming-source.consume-start-offset'='x') */",
            "The 'streaming-source.consume-start-offset' is not supported when set 'streaming-source.partition.include' to 'latest'",
        ),
        (
            "INSERT INTO b SELECT id, name, dt FROM a /*+ OPTIONS('streaming-source.partition-order'='create-time', 'streaming-source.consume-start-offset'='soon') */",
            "the start offset is no time",
        ),
        (
            "INSERT INTO b SELECT id, name, dt FROM a /*+ OPTIONS('streaming-source.enabled'='true') */",
            "did you mean `streaming-source.enable`?",
        ),
        (
            "INSERT INTO b SELECT id, name, dt FROM a /*+ OPTIONS('streaming-source.partition-order'='partition-time', 'partition.time-extractor.timestamp-pattern'='$day') */",
            "the time pattern names something that is no partition column",
        ),
        ("INSERT INTO b SELECT id, name, dt FROM nothing", "no source table nothing"),
    ] {
        job(&scratch, insert);
        let output = scratch.run(&["validate", "job.hql"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{insert}: {said}");
        assert!(said.contains(wanted), "{insert}: {said}");
    }
}
