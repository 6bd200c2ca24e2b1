//! What the tests share: scratch folders, input, the binary, the foreign judge.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A scratch folder with a script and its input.
pub(crate) struct Scratch {
    pub(crate) folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Gives the command `skep VERB ARGS --warehouse SCRATCH/wh`.
    pub(crate) fn skep(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        command.args(args).arg("--warehouse").arg(self.path("wh")).current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.skep(args).output().unwrap()
    }
}

/// Gives JSON rows: ids in order, times over six hours with stragglers, null times, and broken records.
pub(crate) fn rows(count: u64) -> String {
    let mut text = String::new();
    for id in 0..count {
        let late = if id % 97 == 0 { 7200 } else { 0 };
        let second = (id * 21_600 / count).saturating_sub(late);
        let (hour, minute, second) = (second / 3600 + 20, second / 60 % 60, second % 60);
        let (day, hour) = (1 + hour / 24, hour % 24);
        let done = match id % 500 {
            13 => writeln!(text, "{{\"id\": \"BAD{id}\", \"ts\": null}}"),
            14 => writeln!(text, "{{\"id\": {id}, BAD"),
            15 => writeln!(text, "{{\"id\": {id}, \"ts\": null, \"name\": \"nobody\"}}"),
            _ => writeln!(
                text,
                "{{\"id\": {id}, \"ts\": \"2026-01-0{day} {hour:02}:{minute:02}:{second:02}\", \"name\": \"n{}\"}}",
                id % 1000
            ),
        };
        done.unwrap();
    }
    text
}

/// A script that writes [`rows`] to hourly partitions.
pub(crate) fn script(input: &Path, extra: &str) -> String {
    format!(
        "SET execution.checkpointing.interval = 100 ms;\n\
         SET dead-letters.max-rate = unlimited;\n\
         CREATE TABLE src (id BIGINT, ts TIMESTAMP(3), name STRING,\n\
         \x20 WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE)\n\
         WITH ('connector'='filesystem', 'path'='{}', 'format'='json', 'source.split-size'='64 kb');\n\
         CREATE TABLE t (id BIGINT, name STRING) PARTITIONED BY (dt STRING, hr STRING) STORED AS PARQUET\n\
         TBLPROPERTIES ('partition.time-extractor.timestamp-pattern'='$dt $hr:00:00',\n\
         \x20 'sink.partition-commit.trigger'='partition-time', 'sink.partition-commit.delay'='1 h',\n\
         \x20 'sink.partition-commit.policy.kind'='metastore,success-file'{extra});\n\
         INSERT INTO t SELECT id, name, date_format(ts, 'yyyy-MM-dd'), date_format(ts, 'HH') FROM src;\n",
        input.display()
    )
}

/// Gives a Python with duckdb and pyarrow: `ORACLE_PYTHON`, as `.ci/run` sets it up; else `python3`.
pub(crate) fn python() -> OsString {
    std::env::var_os("ORACLE_PYTHON").unwrap_or_else(|| "python3".into())
}

/// Has DuckDB judge a table; gives what it says.
pub(crate) fn judge(arguments: &[&Path]) -> (bool, String) {
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration/oracle/exactly_once.py");
    let output = Command::new(python()).arg(judge).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}
