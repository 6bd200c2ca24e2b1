use expect_test::{Expect, expect};

use super::*;
use crate::testing::{session, table};

const FACTS: SinkFacts<'static> = SinkFacts {
    table: "db.orders",
    partition_columns: &[],
    static_columns: 0,
    mode: Mode::Streaming,
    watermark: Watermark::Declared,
};

fn columns(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

fn check(names: &str, text: &str, expected: Expect) {
    let columns = columns(names);
    check_facts(SinkFacts { partition_columns: &columns, ..FACTS }, text, expected);
}

fn check_facts(facts: SinkFacts<'_>, text: &str, expected: Expect) {
    let mut problems = Problems::new();
    let (table, session) = (table(text), Properties::new());
    let options = SinkOptions::parse(&table, &session, &mut problems).unwrap();
    assert_eq!(problems.to_string(), "", "the options themselves are right");
    sink(&options, facts, (&table, &session), &mut problems);
    expected.assert_eq(&problems.to_string());
}

const COMMON: &str = "sink.partition-commit.policy.kind=metastore,success-file\n";

#[test]
fn nothing_to_say_about_usual_tables() {
    check("", "", expect![[""]]);
    check("dt hr", COMMON, expect![[""]]);
    let pattern = "partition.time-extractor.timestamp-pattern=$dt $hr:00:00\n";
    let trigger = "sink.partition-commit.trigger=partition-time\nsink.partition-commit.delay=1 h\n";
    check("dt hr", &format!("{COMMON}{pattern}{trigger}"), expect![[""]]);
    check(
        "dt hr",
        &format!("{COMMON}{pattern}{trigger}sink.late-data=drop\nauto-compaction=true"),
        expect![[""]],
    );
    check("dt", &format!("{COMMON}{trigger}"), expect![[""]]);
}

#[test]
fn a_stream_into_partitions_needs_a_policy() {
    check(
        "dt",
        "sink.partition-commit.delay=1 h",
        expect![[r"
            error: sink.partition-commit.policy.kind: Streaming write to partitioned hive table db.orders without providing a commit policy. Make sure to set a proper value for sink.partition-commit.policy.kind (table t at a.hql:0)
              hint: add 'sink.partition-commit.policy.kind'='metastore,success-file'"]],
    );
    let dt = columns("dt");
    let batch = SinkFacts { partition_columns: &dt, mode: Mode::Batch, ..FACTS };
    check_facts(batch, "a=b", expect![[""]]);
}

#[test]
fn policies_and_their_options_belong_together() {
    check(
        "dt",
        "sink.partition-commit.policy.kind=custom",
        expect![[r"
            error: sink.partition-commit.policy.command: is required by the commit policy custom (table t at a.hql:0)
              hint: add 'sink.partition-commit.policy.command'='...', or remove custom from the list"]],
    );
    check(
        "dt",
        &format!("{COMMON}sink.partition-commit.policy.command=notify"),
        expect![[r"
        error: sink.partition-commit.policy.command: would never run, because custom is not among the commit policies (table t at a.hql:2)
          hint: add custom to sink.partition-commit.policy.kind, or remove the command"]],
    );
    check(
        "dt",
        &format!("{COMMON}sink.partition-commit.success-file.name=DONE"),
        expect![[r"
        error: sink.partition-commit.success-file.name: `DONE` does not begin with `_`, so readers take it for data (table t at a.hql:2)
          hint: use `_DONE`"]],
    );
    check(
        "dt",
        "sink.partition-commit.policy.kind=metastore\nsink.partition-commit.success-file.name=_DONE",
        expect![
            "warning: sink.partition-commit.success-file.name: has no effect: success-file is not among the commit policies (table t at a.hql:2)"
        ],
    );
}

#[test]
fn partition_time_needs_a_watermark_and_a_time() {
    let trigger = "sink.partition-commit.trigger=partition-time\n";
    let dt = columns("dt");
    let facts = SinkFacts { partition_columns: &dt, watermark: Watermark::Missing, ..FACTS };
    check_facts(
        facts,
        &format!("{COMMON}{trigger}"),
        expect![[r"
        error: sink.partition-commit.trigger: partition-time needs a watermark, and a source of the query has none, so no partition would ever be committed (table t at a.hql:2)
          hint: add WATERMARK FOR column AS column - INTERVAL '5' SECOND to the source table, or use process-time"]],
    );
    check(
        "dt hr",
        &format!("{COMMON}{trigger}"),
        expect![[r"
            warning: partition.time-extractor.timestamp-pattern: is not set, so the time of a partition is that of `dt` alone (table t at a.hql:0)
              hint: set it, for example 'partition.time-extractor.timestamp-pattern'='$dt $hr'"]],
    );
    let pattern =
        |text: &str| format!("{COMMON}{trigger}partition.time-extractor.timestamp-pattern={text}");
    check(
        "dt hr",
        &pattern("$d $hour:00:00 $rh"),
        expect![[r"
        error: partition.time-extractor.timestamp-pattern: `$d` is not a partition column (table t at a.hql:3)
          hint: did you mean `$dt`?
        error: partition.time-extractor.timestamp-pattern: `$hour` is not a partition column (table t at a.hql:3)
          hint: the partition columns are `$dt`, `$hr`
        error: partition.time-extractor.timestamp-pattern: `$rh` is not a partition column (table t at a.hql:3)
          hint: did you mean `$hr`?"]],
    );
    check(
        "dt",
        &pattern("2020-01-01"),
        expect![[r"
        error: partition.time-extractor.timestamp-pattern: names no partition column, so every partition would have the same time (table t at a.hql:3)
          hint: use `$dt`"]],
    );
    check(
        "dt",
        &pattern("$ $dt"),
        expect![[r"
        error: partition.time-extractor.timestamp-pattern: has a `$` that no partition column follows (table t at a.hql:3)
          hint: the partition columns are `$dt`"]],
    );
    check(
        "",
        trigger,
        expect![[r"
        warning: sink.partition-commit.trigger: has no effect: the table is not partitioned (table t at a.hql:1)
          hint: remove it, or add PARTITIONED BY (...) to the table"]],
    );
}

#[test]
fn options_of_the_other_trigger_have_no_effect() {
    check(
        "dt",
        &format!(
            "{COMMON}sink.partition-commit.watermark-time-zone=UTC\npartition.time-extractor.timestamp-formatter=yyyyMMdd"
        ),
        expect![[r"
            warning: sink.partition-commit.watermark-time-zone: has no effect: the trigger is process-time (table t at a.hql:2)
            warning: partition.time-extractor.timestamp-formatter: has no effect: the trigger is process-time (table t at a.hql:3)"]],
    );
    check(
        "",
        "sink.partition-commit.delay=1 h\nsink.partition-commit.idle-timeout=1 h",
        expect![[r"
            warning: sink.partition-commit.delay: has no effect: the table is not partitioned (table t at a.hql:1)
            warning: sink.partition-commit.idle-timeout: has no effect: the table is not partitioned (table t at a.hql:2)"]],
    );
}

#[test]
fn late_rows_exist_only_with_partition_time() {
    check(
        "dt",
        &format!("{COMMON}sink.late-data=side-table"),
        expect![[r"
        error: sink.late-data: side-table needs a partitioned table with the trigger partition-time: without it no row is late (table t at a.hql:2)
          hint: add 'sink.partition-commit.trigger'='partition-time', or use recommit"]],
    );
    check(
        "",
        "sink.late-data=drop\nsink.partition-commit.trigger=partition-time",
        expect![[r"
            warning: sink.partition-commit.trigger: has no effect: the table is not partitioned (table t at a.hql:2)
              hint: remove it, or add PARTITIONED BY (...) to the table
            error: sink.late-data: drop needs a partitioned table with the trigger partition-time: without it no row is late (table t at a.hql:1)
              hint: add 'sink.partition-commit.trigger'='partition-time', or use recommit"]],
    );
}

#[test]
fn sizes_and_intervals_fit_each_other() {
    check(
        "dt",
        &format!("{COMMON}compaction.file-size=1GB"),
        expect![
            "warning: compaction.file-size: has no effect: auto-compaction is off (table t at a.hql:2)"
        ],
    );
    check(
        "dt",
        &format!("{COMMON}auto-compaction=true\ncompaction.file-size=16MB"),
        expect![[r"
            warning: compaction.file-size: 16mb is below the size at which part files are closed (128mb) (table t at a.hql:3)
              hint: files that large are not merged; use the same size or a larger one"]],
    );
    check(
        "",
        "auto-compaction=true",
        expect![[r"
        warning: auto-compaction: has no effect: files are merged before their partition is announced, and the table is not partitioned (table t at a.hql:1)
          hint: remove it, or add PARTITIONED BY (...) to the table"]],
    );
    check(
        "",
        "sink.rolling-policy.rollover-interval=10 s",
        expect![[r"
            warning: sink.rolling-policy.check-interval: 1 min is longer than the interval that it checks (10 s) (table t at a.hql:0)
              hint: use a shorter one"]],
    );
}

#[test]
fn dynamic_partitions_as_in_hive() {
    let all = columns("dt hr");
    for (text, static_columns, expected) in [
        ("hive.exec.dynamic.partition=false", 2, ""),
        ("hive.exec.dynamic.partition=false", 1, "error: hive.exec.dynamic.partition: is false"),
        ("hive.exec.dynamic.partition.mode=strict", 1, ""),
        ("hive.exec.dynamic.partition.mode=strict", 0, "requires at least one static partition"),
        ("hive.exec.dynamic.partition.mode=nonstrict", 0, ""),
    ] {
        let session = session(text);
        let mut problems = Problems::new();
        let options = PipelineOptions::parse(&session, &mut problems).unwrap();
        let facts = SinkFacts { partition_columns: &all, static_columns, ..FACTS };
        dynamic_partitions(&options, facts, &session, &mut problems);
        let text = problems.to_string();
        assert_eq!(text.is_empty(), expected.is_empty(), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn asks_whether_zones_are_known() {
    let session = session("hive.local.time.zone=Asia/Shanhai");
    let table = table("sink.partition-commit.watermark-time-zone=Mars/Base");
    let mut problems = Problems::new();
    let pipeline = PipelineOptions::parse(&session, &mut problems).unwrap();
    let sink = SinkOptions::parse(&table, &session, &mut problems).unwrap();
    let known = |name: &str| name == "UTC";
    zones(Some((&pipeline, &session)), Some((&sink, &table, &session)), known, &mut problems);
    expect![[r"
        error: hive.local.time.zone: `Asia/Shanhai` is not a known time zone (SET at a.hql:1)
          hint: use a name such as `UTC`, `Asia/Shanghai` or `Etc/GMT-8` (which is +08:00)
        error: sink.partition-commit.watermark-time-zone: `Mars/Base` is not a known time zone (table t at a.hql:1)
          hint: use a name such as `UTC`, `Asia/Shanghai` or `Etc/GMT-8` (which is +08:00)"]].assert_eq(&problems.to_string());
}
