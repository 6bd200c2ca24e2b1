//! The real binary, killed at any moment and started again: every row exactly once, judged by DuckDB.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Scratch, judge, rows, script};

/// Kills in one round.
const KILLS: u64 = 12;

/// Starts the pipeline once for each of some moments, in milliseconds after the start, and kills it then; tells how often it was still running.
#[expect(
    clippy::disallowed_methods,
    reason = "the kill comes from outside of the process under test"
)]
pub(crate) fn kill_runs(scratch: &Scratch, moments: impl Iterator<Item = u64>) -> usize {
    let mut killed = 0;
    for moment in moments {
        let mut child = scratch.skep(&["ingest", "job.hql"]).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_millis(moment);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
    }
    killed
}

fn kill_and_restart(extra: &str) {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(200_000));
    scratch.write("job.hql", &script(&input, extra));
    // Spread over a run: some die in the claim, some in a checkpoint, some in an announcement.
    let killed = kill_runs(&scratch, (0..KILLS).map(|n| 15 + 23 * n));
    assert!(killed > 3, "the run is too short to be killed: {killed}");
    let last = scratch.run(&["ingest", "job.hql"]);
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    let letters = scratch.path("wh/.skep/t/dead-letters");
    let (right, said) = judge(&[&input, &scratch.path("wh/t"), &letters]);
    assert!(right, "{said}");
    let listed = scratch.run(&["partitions", "t", "--format", "json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.lines().all(|line| line.contains("\"committed\"")), "{listed}");
    let rows: i64 = listed
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["rows"].as_i64().unwrap()
        })
        .sum();
    assert_eq!(rows, 200_000 - 800, "the catalog's statistics");
}

#[test]
fn no_row_is_lost_or_doubled_when_the_process_is_killed() {
    kill_and_restart("");
}

#[test]
fn no_row_is_lost_or_doubled_when_files_are_merged() {
    kill_and_restart(", 'auto-compaction'='true'");
}
