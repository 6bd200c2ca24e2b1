//! Backfills by the real binary: ranges, modes, what stays, what is refused, and kills. `backfill.py` has the live pipeline beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::streams::until;
use crate::support::{Scratch, python};

/// Rows in each of six hours, from 08 on.
const HOURLY: u64 = 500;

/// Writes a file of rows of these hours; `from` is the first number.
fn file(scratch: &Scratch, name: &str, from: u64, hours: std::ops::Range<u64>) {
    let mut text = String::new();
    let mut id = from;
    for hour in hours {
        for n in 0..HOURLY {
            let (minute, second) = (n / 60 % 60, n % 60);
            writeln!(
                text,
                "{{\"id\": {id}, \"ts\": \"2026-01-01 {hour:02}:{minute:02}:{second:02}\"}}"
            )
            .unwrap();
            id += 1;
        }
    }
    std::fs::create_dir_all(scratch.path("in")).unwrap();
    scratch.write(&format!("in/{name}"), &text);
}

fn script(scratch: &Scratch, v: &str, partitioned: bool) -> String {
    let (keys, values) = if partitioned {
        (
            "PARTITIONED BY (dt STRING, hr STRING)",
            ", date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH')",
        )
    } else {
        ("", "")
    };
    let pattern = if partitioned {
        "'partition.time-extractor.timestamp-pattern'='$dt $hr:00:00', "
    } else {
        ""
    };
    format!(
        "SET execution.checkpointing.interval = 20 ms;\n\
         CREATE TABLE src (id BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='filesystem',\n\
         'path'='{}', 'format'='json', 'source.split-size'='64 kb');\n\
         CREATE TABLE t (id BIGINT, v STRING) {keys} STORED AS PARQUET\n\
         TBLPROPERTIES ({pattern}'sink.partition-commit.policy.kind'='metastore,success-file');\n\
         INSERT INTO t SELECT id, '{v}'{values} FROM src;\n",
        scratch.path("in").display()
    )
}

/// A table of hours 08 to 13 that `ingest` has written as 'old'; the script now says 'new'.
fn ingested(partitioned: bool) -> Scratch {
    let scratch = Scratch::new();
    file(&scratch, "a.json", 0, 8..11);
    file(&scratch, "b.json", 10_000, 11..14);
    scratch.write("job.hql", &script(&scratch, "old", partitioned));
    let first = scratch.run(&["ingest", "job.hql"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    scratch.write("job.hql", &script(&scratch, "new", partitioned));
    scratch
}

/// Runs a backfill; gives the exit code, the report and what was said.
fn backfill(scratch: &Scratch, args: &[&str]) -> (Option<i32>, Value, String) {
    let all = [&["backfill", "job.hql", "--format", "json"], args].concat();
    let output = scratch.run(&all);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report, said)
}

/// Asks DuckDB for rows by text and hour: `old 08:500 09:500, new 10:500`.
fn content(table: &Path) -> String {
    content_by(table, "hr")
}

fn content_by(table: &Path, hour: &str) -> String {
    let ask = format!(
        "import duckdb\nfor v, text in duckdb.sql(\"\"\"SELECT v, string_agg(hr || ':' || n, ' ' ORDER BY hr) FROM (\n\
         SELECT v, {hour} AS hr, count(*) AS n FROM read_parquet('{}/**/*.parquet', hive_partitioning=true,\n\
         hive_types_autocast=false) GROUP BY ALL) GROUP BY v ORDER BY v DESC\"\"\").fetchall(): print(v, text)",
        table.display()
    );
    let output = Command::new(python()).arg("-c").arg(ask).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().replace('\n', ", ")
}

/// Gives outcome and rows of each hour in the report: `09 replaced 500>500`.
fn outcomes(report: &Value) -> String {
    let one = |line: &Value| {
        let rows = |of: &str| line[of]["rows"].as_u64().map_or("-".to_owned(), |n| n.to_string());
        let hour = line["partition"].as_str().unwrap();
        let hour = hour.rsplit('=').next().unwrap();
        let outcome = line["outcome"].as_str().unwrap();
        format!("{hour} {outcome} {}>{}", rows("before"), rows("after"))
    };
    report["partitions"].as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Gives rows and revision of each partition in the catalog.
fn catalog(scratch: &Scratch) -> BTreeMap<String, (i64, i64)> {
    let listed = scratch.run(&["partitions", "t", "--format", "json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line = |line: &str| -> (String, (i64, i64)) {
        let line: Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| line[key].as_i64().unwrap();
        assert_eq!(line["status"], "committed");
        (line["partition"].as_str().unwrap().to_owned(), (number("rows"), number("revision")))
    };
    listed.lines().map(line).collect()
}

const OLD: &str = "old 08:500 09:500 10:500 11:500 12:500 13:500";

#[test]
fn a_range_of_times_replaces_its_partitions_and_no_other() {
    let scratch = ingested(true);
    let range = ["--from", "2026-01-01 10:00", "--to", "2026-01-01T12:00:00"];
    let plan = scratch.run(&[&["backfill", "job.hql", "--plan"], &range[..]].concat());
    let text = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.status.success() && text.contains("reads 2 files"), "{text}");
    assert_eq!(text.matches("replace ").count(), 2, "{text}");
    assert_eq!(content(&scratch.path("wh/t")), OLD, "a plan does nothing");
    let (code, report, said) = backfill(&scratch, &range);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcomes(&report), "10 replaced 500>500, 11 replaced 500>500");
    assert_eq!(report["rows_in"], 3000);
    assert_eq!(report["outside_of_the_range"], 2000);
    assert_eq!(
        content(&scratch.path("wh/t")),
        "old 08:500 09:500 12:500 13:500, new 10:500 11:500"
    );
    let told = catalog(&scratch);
    assert_eq!(told["dt=2026-01-01/hr=10"], (500, 2));
    assert_eq!(told["dt=2026-01-01/hr=09"], (500, 1));
    let staging = scratch.path("wh/.skep-staging/t");
    let left = std::fs::read_dir(&staging).unwrap().map(|e| e.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("backfill-")).collect();
    assert!(left.is_empty(), "{left:?}");
    // The same range is done; it is run again only if it is asked for.
    let (code, report, said) = backfill(&scratch, &range);
    assert!(code == Some(0) && said.contains("has finished at"), "{said}");
    assert_eq!(outcomes(&report), "10 replaced 500>500, 11 replaced 500>500");
    assert_eq!(catalog(&scratch)["dt=2026-01-01/hr=10"], (500, 2));
    let again = [&range[..], &["--restart"]].concat();
    let (code, report, said) = backfill(&scratch, &again);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcomes(&report), "10 replaced 500>500, 11 replaced 500>500");
    assert_eq!(catalog(&scratch)["dt=2026-01-01/hr=10"], (500, 3));
}

#[test]
fn partitions_that_exist_stay_and_missing_ones_are_made() {
    let scratch = ingested(true);
    std::fs::remove_dir_all(scratch.path("wh/t/dt=2026-01-01/hr=09")).unwrap();
    let filter = ["--partitions", "hr in ('08', '09', '10')", "--mode", "missing"];
    let (code, report, said) = backfill(&scratch, &filter);
    assert_eq!(code, Some(0), "{said}");
    // It is still in the catalog, so it exists.
    assert_eq!(outcomes(&report), "08 skipped 500>500, 09 skipped 500>500, 10 skipped 500>500");
    let reason = report["partitions"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("it exists, with "), "{reason}");
    // A pipeline of another name writes another table: nothing exists.
    let job =
        script(&scratch, "new", true).replace("TABLE t ", "TABLE u ").replace("INTO t ", "INTO u ");
    scratch.write("job.hql", &job);
    let (code, report, said) = backfill(&scratch, &filter);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcomes(&report), "08 added ->500, 09 added ->500, 10 added ->500");
    assert_eq!(content(&scratch.path("wh/u")), "new 08:500 09:500 10:500");
}

#[test]
fn rows_are_added_by_their_event_time() {
    let scratch = ingested(true);
    let range = ["--from", "2026-01-01 09:01", "--to", "2026-01-01 10:00:05", "--mode", "append"];
    let (code, report, said) = backfill(&scratch, &range);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcomes(&report), "09 added to 500>940, 10 added to 500>505");
    assert_eq!(report["outside_of_the_range"], 3000 - 445);
    assert_eq!(content(&scratch.path("wh/t")), format!("{OLD}, new 09:440 10:5"));
}

#[test]
fn what_a_pipeline_has_not_read_is_left_to_it() {
    let scratch = ingested(true);
    // The pipeline is not running: it will read the file when it does.
    file(&scratch, "c.json", 20_000, 13..15);
    let (code, report, said) = backfill(&scratch, &["--all"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(report["left_to_the_pipeline"], 1);
    assert_eq!(content(&scratch.path("wh/t")), OLD.replace("old", "new"));
    let ingest = scratch.run(&["ingest", "job.hql"]);
    assert!(ingest.status.success(), "{}", String::from_utf8_lossy(&ingest.stderr));
    let all = "new 08:500 09:500 10:500 11:500 12:500 13:1000 14:500";
    assert_eq!(content(&scratch.path("wh/t")), all);
    // Now it is the backfill's as well, and of one file only if it is asked for.
    let (code, report, said) = backfill(&scratch, &["--files", "c.json", "--mode", "append"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcomes(&report), "13 added to 1000>1500, 14 added to 500>1000");
    let (code, _, said) = backfill(&scratch, &["--files", "x.json"]);
    assert!(code == Some(78) && said.contains("nothing of the source is in the range"), "{said}");
}

#[test]
fn a_table_is_read_by_partition_and_up_to_where_its_pipeline_is() {
    let scratch = ingested(true);
    let copy = |v: &str| {
        format!(
            "CREATE TABLE b (id BIGINT, v STRING) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET TBLPROPERTIES (\n\
             'partition.time-extractor.timestamp-pattern'='$dt $hr:00:00', 'sink.partition-commit.policy.kind'='metastore');\n\
             INSERT INTO b SELECT id, '{v}', dt, hr FROM t;\n"
        )
    };
    let ingest = |job: &str| {
        let output = scratch.run(&["ingest", job]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    scratch.write("copy.hql", &copy("old"));
    ingest("copy.hql");
    // The pipeline of `b` has not read this yet.
    file(&scratch, "c.json", 20_000, 11..13);
    ingest("job.hql");
    scratch.write("copy.hql", &copy("new"));
    let range = ["--from", "2026-01-01 10:00", "--to", "2026-01-01 12:00"];
    let backfill = |args: &[&str]| -> Value {
        let all = [&["backfill", "copy.hql", "--format", "json"], args].concat();
        let output = scratch.run(&all);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let report = backfill(&range);
    assert_eq!(outcomes(&report), "10 replaced 500>500, 11 replaced 500>500");
    assert_eq!(report["rows_in"], 1000, "other partitions are not even read");
    assert_eq!(
        content(&scratch.path("wh/b")),
        "old 08:500 09:500 12:500 13:500, new 10:500 11:500"
    );
    assert!(report["left_to_the_pipeline"].as_u64() > Some(0), "{report}");
    ingest("copy.hql");
    let all = "old 08:500 09:500 12:500 13:500, new 10:500 11:1000 12:500";
    assert_eq!(content(&scratch.path("wh/b")), all);
    let report = backfill(&["--all"]);
    assert_eq!(report["rows_in"], 4000);
    assert_eq!(content(&scratch.path("wh/b")), "new 08:500 09:500 10:500 11:1000 12:1000 13:500");
}

#[test]
fn a_table_without_partitions_is_replaced_whole() {
    let scratch = ingested(false);
    assert_eq!(content_by(&scratch.path("wh/t"), "''"), "old :3000");
    let (code, report, said) = backfill(&scratch, &["--all"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(report["partitions"][0]["outcome"], "replaced");
    assert_eq!(content_by(&scratch.path("wh/t"), "''"), "new :3000");
    assert!(scratch.path("wh/t/_SUCCESS").is_file());
    let (code, report, said) = backfill(&scratch, &["--mode", "append"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(report["partitions"][0]["after"]["rows"], 6000);
    assert_eq!(content_by(&scratch.path("wh/t"), "''"), "new :6000");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let scratch = ingested(true);
    for (args, code, want) in [
        (&[][..], 78, "every partition that the source has rows for would be replaced"),
        (&["--from", "2026-01-02", "--to", "2026-01-01"], 78, "the range is empty"),
        (&["--partitions", "x = 1"], 78, "--partitions cannot be read"),
        (&["--from-offsets", "partition:0,offset:1"], 78, "those of a Kafka topic"),
        (&["--from", "yesterday"], 64, "write 2026-01-31"),
        (&["--all", "--rate-limit", "0"], 64, "nothing would ever be read"),
        (&["--all", "--pipeline", "x"], 78, "the scripts do not have this pipeline"),
        (&["--discard", "t"], 78, "this pipeline is no backfill"),
    ] {
        let (got, _, said) = backfill(&scratch, args);
        assert!(got == Some(code) && said.contains(want), "{args:?}: {got:?} {said}");
    }
    assert_eq!(content(&scratch.path("wh/t")), OLD);
}

#[expect(clippy::disallowed_methods, reason = "real processes are killed at real times")]
fn kill_after(scratch: &Scratch, args: &[&str], pause: Duration) {
    let all = [&["backfill", "job.hql", "--quiet"], args].concat();
    let mut child = scratch.skep(&all).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + pause;
    while Instant::now() < until && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // It may have ended by itself; then the next start finds nothing to do.
    drop(child.kill());
    child.wait().unwrap();
}

/// Gives the name of a backfill that was begun.
fn begun(scratch: &Scratch) -> Option<String> {
    let listed = scratch.run(&["state", "list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed.split_whitespace().find(|word| word.starts_with("t.backfill-")).map(str::to_owned)
}

/// Kills a backfill as soon as it has begun, long before it may have read all.
fn killed_early(scratch: &Scratch) -> String {
    let args = ["backfill", "job.hql", "--quiet", "--all", "--rate-limit", "50"];
    let mut command = scratch.skep(&args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut name = None;
    until("the begin of the backfill", || {
        name = begun(scratch);
        name.is_some()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    name.unwrap()
}

#[test]
fn a_backfill_that_is_killed_goes_on_where_it_was() {
    let scratch = ingested(true);
    killed_early(&scratch);
    // Another range must wait until this one is done, or given up.
    let (code, _, said) = backfill(&scratch, &["--all", "--mode", "append"]);
    assert!(code == Some(75) && said.contains("is not finished"), "{code:?} {said}");
    for n in 0..8 {
        kill_after(&scratch, &["--all"], Duration::from_millis(20 + 31 * n));
    }
    let (code, _, said) = backfill(&scratch, &["--all"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(content(&scratch.path("wh/t")), OLD.replace("old", "new"));
    assert!(catalog(&scratch).values().all(|told| *told == (500, 2)), "{:?}", catalog(&scratch));
}

#[test]
fn a_backfill_that_is_given_up_leaves_nothing() {
    let scratch = ingested(true);
    let name = killed_early(&scratch);
    let discarded = scratch.run(&["backfill", "--discard", &name]);
    assert!(discarded.status.success(), "{}", String::from_utf8_lossy(&discarded.stderr));
    assert!(!scratch.path("wh/.skep").join(&name).exists());
    assert!(!scratch.path("wh/.skep-staging/t").join(&name).exists());
    assert_eq!(content(&scratch.path("wh/t")), OLD);
    let (code, report, said) = backfill(&scratch, &["--all", "--mode", "append"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(outcomes(&report).starts_with("08 added to 500>1000"), "{report}");
}
