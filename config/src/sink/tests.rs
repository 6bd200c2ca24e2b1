use expect_test::{Expect, expect};

use super::*;
use crate::parquet::ParquetCompression;
use crate::testing::{session, table};

fn parse(table_text: &str, session_text: &str) -> (Option<SinkOptions>, Problems) {
    let mut problems = Problems::new();
    let options = SinkOptions::parse(&table(table_text), &session(session_text), &mut problems);
    (options, problems)
}

fn check(table_text: &str, expected: Expect) {
    expected.assert_eq(&parse(table_text, "").1.to_string());
}

#[test]
fn defaults_are_those_of_flink() {
    let (options, problems) = parse("", "");
    assert!(problems.is_empty());
    let options = options.unwrap();
    assert_eq!(options.rolling.file_size, ByteSize(128 << 20));
    assert_eq!(options.rolling.rollover_interval, Duration::from_mins(30));
    assert_eq!(options.rolling.inactivity_interval, Duration::from_mins(30));
    assert_eq!(options.rolling.check_interval, Duration::from_mins(1));
    assert_eq!(options.commit.trigger, Trigger::ProcessTime);
    assert_eq!(options.commit.delay, Duration::ZERO);
    assert_eq!(options.commit.watermark_time_zone.0, "UTC");
    assert!(options.commit.policies.is_empty());
    assert_eq!(options.commit.success_file_name.0, "_SUCCESS");
    assert_eq!(options.commit.late_data, LateData::Recommit);
    assert!(!options.compaction.enabled);
    assert_eq!(options.compaction_size(), options.rolling.file_size);
    assert!(!options.hive.external);
}

#[test]
fn reads_the_documented_example() {
    let (options, problems) = parse(
        "partition.time-extractor.timestamp-pattern=$dt $hr:00:00
         sink.partition-commit.trigger=Partition-Time
         sink.partition-commit.delay=1 h
         sink.partition-commit.watermark-time-zone=Asia/Shanghai
         sink.partition-commit.policy.kind= Success-File , metastore,success-file
         EXTERNAL=TRUE
         comment=orders of the shop
         partition.retention.period=7d",
        "",
    );
    assert_eq!(problems.to_string(), "");
    let options = options.unwrap();
    assert_eq!(options.extractor.pattern.as_deref(), Some("$dt $hr:00:00"));
    assert_eq!(options.commit.trigger, Trigger::PartitionTime);
    assert_eq!(options.commit.delay, Duration::from_hours(1));
    assert_eq!(options.commit.policies.0, [Policy::Metastore, Policy::SuccessFile]);
    assert!(options.hive.external);
    let plain: Vec<_> = options.properties.keys().map(String::as_str).collect();
    assert_eq!(plain, ["comment", "partition.retention.period"]);
}

#[test]
fn the_table_wins_over_the_session() {
    let of_session = "sink.partition-commit.delay=1 h\nparquet.compression=zstd\nEXTERNAL=true";
    let (options, problems) = parse("sink.partition-commit.delay=2 h", of_session);
    assert!(problems.is_empty());
    let options = options.unwrap();
    assert_eq!(options.commit.delay, Duration::from_hours(2));
    assert_eq!(options.parquet.compression, ParquetCompression::Zstd);
    assert!(!options.hive.external, "what a table is, it says itself");
}

#[test]
fn reports_all_problems_with_line_and_hint() {
    check(
        "sink.partition-commit.triger=partition-time
         sink.partition-commit.delay=1 hur
         sink.partition-commit.policy.kind=metastore,succes-file
         sink.partition-commit.policy.class=com.example.MyPolicy
         partition.time-extractor.kind=custom
         partition.time-extractor.class=com.example.MyExtractor
         sink.rolling-policy.file-size=0
         sink.late-data=ignore
         sink.unheard.of=1
         transactional=true
         parquet.compression=lzo
         sink.partition-commit.watermark-time-zone=Asia Shanghai
         sink.partition-commit.success-file.name=../x
         sink.parallelism=0",
        expect![[r"
            error: sink.partition-commit.delay: `1 hur` is not a duration: expected a whole number and a unit (ms, s, min, h, d), such as `30 s`; a plain number is milliseconds (table t at a.hql:2)
            error: sink.partition-commit.watermark-time-zone: `Asia Shanghai` is not a time zone such as `UTC` or `Asia/Shanghai` (table t at a.hql:12)
            error: sink.partition-commit.policy.kind: `succes-file` is not accepted: expected one of `metastore`, `success-file`, `custom` (table t at a.hql:3)
            error: sink.partition-commit.success-file.name: `../x` is not a name of letters, digits, `_`, `-` and `.` that does not begin with `.` (table t at a.hql:13)
            error: sink.late-data: `ignore` is not accepted: expected one of `recommit`, `side-table`, `drop` (table t at a.hql:8)
            error: partition.time-extractor.kind: `custom` needs a Java class, which is not supported: use `default` with partition.time-extractor.timestamp-pattern (table t at a.hql:5)
            error: parquet.compression: `lzo` is not accepted: expected one of `uncompressed`, `snappy`, `gzip`, `zstd`, `lz4_raw` (table t at a.hql:11)
            error: partition.time-extractor.class: is not supported (table t at a.hql:6)
              hint: There is no JVM to load a Java class; use partition.time-extractor.timestamp-pattern.
            error: sink.partition-commit.policy.class: is not supported (table t at a.hql:4)
              hint: There is no JVM to load a Java class; use sink.partition-commit.policy.command.
            error: sink.partition-commit.triger: is not an option of a sink (table t at a.hql:1)
              hint: did you mean `sink.partition-commit.trigger`?
            error: sink.unheard.of: is not an option of a sink (table t at a.hql:9)
            error: sink.rolling-policy.file-size: must not be 0 (table t at a.hql:7)
              hint: use a larger value
            error: sink.parallelism: must be from 1 to 256 (table t at a.hql:14)
              hint: use the number of cores, or leave it out
            error: transactional: ACID tables are not supported: their files have row ids that only Hive gives (table t at a.hql:10)
              hint: create the table with 'transactional'='false', or as EXTERNAL"]],
    );
}

#[test]
fn says_what_is_accepted_without_effect() {
    check(
        "connector=hive
         sink.shuffle-by-partition.enable=true
         partition.default-name=none
         compaction.small-files.avg-size=16MB
         compaction.parallelism=2
         parquet.compresion=zstd",
        expect![[r"
            warning: compaction.parallelism: is accepted and has no effect (table t at a.hql:5)
              hint: Files are merged by the lanes of the pipeline.
            warning: compaction.small-files.avg-size: is accepted and has no effect (table t at a.hql:4)
              hint: Concerns batch jobs of Flink; files below compaction.file-size are merged.
            warning: connector: is accepted and has no effect (table t at a.hql:1)
              hint: A Hive table needs no connector.
            warning: partition.default-name: is accepted and has no effect (table t at a.hql:3)
              hint: Hive tables take hive.exec.default.partition.name, as in Flink.
            warning: sink.shuffle-by-partition.enable: is accepted and has no effect (table t at a.hql:2)
              hint: Open files are bounded by `write.memory`, and auto-compaction merges small ones, without a shuffle.
            warning: parquet.compresion: is kept as a plain property and has no effect (table t at a.hql:6)
              hint: did you mean `parquet.compression`?"]],
    );
}

#[test]
fn a_wrong_value_leaves_the_default_so_that_checks_go_on() {
    let (options, problems) = parse("sink.partition-commit.delay=x", "");
    assert!(problems.has_errors());
    assert_eq!(options.unwrap().commit.delay, Duration::ZERO);
}

#[test]
fn two_names_of_one_option_are_one_too_many() {
    check(
        "EXTERNAL=true\nexternal=false",
        expect![[r"
        error: external: is another name of `EXTERNAL`, which is set too (table t at a.hql:2)
          hint: keep one of the two"]],
    );
}

#[test]
fn explains_every_option() {
    let table = table("sink.partition-commit.delay=60 min");
    let session = session("parquet.compression=ZSTD");
    let lines: Vec<String> = SinkOptions::explain(&table, &session)
        .into_iter()
        .map(|e| format!("{} = {} ({})", e.key, e.value.as_deref().unwrap_or("-"), e.origin))
        .collect();
    expect![[r#"
        sink.rolling-policy.file-size = 128mb (default)
        sink.rolling-policy.rollover-interval = 30 min (default)
        sink.rolling-policy.inactivity-interval = 30 min (default)
        sink.rolling-policy.check-interval = 1 min (default)
        sink.parallelism = - (default)
        sink.partition-commit.trigger = process-time (default)
        sink.partition-commit.delay = 1 h (table t at a.hql:1)
        sink.partition-commit.watermark-time-zone = UTC (default)
        sink.partition-commit.policy.kind = - (default)
        sink.partition-commit.policy.command = - (default)
        sink.partition-commit.success-file.name = _SUCCESS (default)
        sink.partition-commit.idle-timeout = - (default)
        sink.late-data = recommit (default)
        partition.time-extractor.kind = default (default)
        partition.time-extractor.timestamp-pattern = - (default)
        partition.time-extractor.timestamp-formatter = - (default)
        auto-compaction = false (default)
        compaction.file-size = - (default)
        parquet.compression = zstd (SET at a.hql:1)
        parquet.compression.codec.zstd.level = 1 (default)
        parquet.timestamp = int96 (default)
        parquet.timestamp.time-zone = UTC (default)
        parquet.decimal = legacy (default)
        parquet.page.size = 1mb (default)
        parquet.enable.dictionary = true (default)
        orc.compress = zlib (default)
        orc.compression.zstd.level = 1 (default)
        orc.compress.size = 256kb (default)
        orc.stripe.size = 64mb (default)
        orc.row.index.stride = 10000 (default)
        orc.create.index = true (default)
        orc.bloom.filter.columns = - (default)
        orc.bloom.filter.fpp = 0.05 (default)
        orc.dictionary.key.threshold = 0.8 (default)
        EXTERNAL = false (default)
        transactional = false (default)"#]]
    .assert_eq(&lines.join("\n"));
}
