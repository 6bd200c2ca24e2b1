//! Pipelines that do not end by themselves: watched folders, clean stops, late rows, two writers.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Scratch, judge, rows, script};

/// Longest time to wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `done`; fails after a while.
#[expect(clippy::disallowed_methods, reason = "the process under test runs on the wall clock")]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::yield_now();
    }
}

fn start(scratch: &Scratch) -> Child {
    scratch.skep(&["ingest", "job.hql"]).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends SIGTERM and gives the exit code and what was said.
pub(crate) fn stop(child: Child) -> (Option<i32>, String) {
    let killed = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(crate) fn visible_rows(scratch: &Scratch) -> u64 {
    let listed = scratch.run(&["state", "show", "t"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let Ok(checkpoint) = serde_json::from_str::<serde_json::Value>(&text) else { return 0 };
    checkpoint["counts"]["rows_in"].as_u64().unwrap_or(0)
}

pub(crate) fn watched(scratch: &Scratch, extra: &str) -> String {
    std::fs::create_dir(scratch.path("in")).unwrap();
    script(&scratch.path("in"), extra)
        .replace("'format'='json'", "'format'='json', 'source.monitor-interval'='50 ms'")
}

#[test]
fn a_watched_folder_is_read_on_over_a_clean_stop() {
    let scratch = Scratch::new();
    scratch.write("job.hql", &watched(&scratch, ", 'sink.partition-commit.idle-timeout'='300 ms'"));
    let text = rows(4000);
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = lines.split_at(1800);
    let put = |name: &str, lines: &[&str]| {
        let whole = lines.join("\n");
        scratch.write(&format!(".{name}"), &whole);
        std::fs::rename(scratch.path(&format!(".{name}")), scratch.path(&format!("in/{name}")))
            .unwrap();
    };
    put("a.json", first);
    let child = start(&scratch);
    until("the first file", || visible_rows(&scratch) >= 1800);
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("stopped"), "{said}");
    put("b.json", second);
    let child = start(&scratch);
    until("the second file", || visible_rows(&scratch) >= 4000);
    until("the announcements", || {
        let listed = scratch.run(&["partitions", "t", "--format", "json"]);
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        !text.is_empty() && text.lines().all(|line| line.contains("\"committed\""))
    });
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
    let all = scratch.write("all.json", &text);
    let (right, said) =
        judge(&[&all, &scratch.path("wh/t"), &scratch.path("wh/.skep/t/dead-letters")]);
    // Offsets are per file, so two letters may share one; all else must hold.
    let faults = ["lost 0", "doubled 0", "in a wrong partition 0", "partitions without a marker 0"];
    assert!(right || faults.iter().all(|fault| said.contains(fault)), "{said}");
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let scratch = Scratch::new();
    scratch.write("job.hql", &watched(&scratch, ""));
    scratch.write("in/a.json", &rows(1000));
    let child = start(&scratch);
    until("the first rows", || visible_rows(&scratch) >= 1000);
    let second = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{said}");
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_pending_partition_says_what_it_waits_for() {
    let scratch = Scratch::new();
    scratch.write("job.hql", &watched(&scratch, ""));
    scratch.write("in/a.json", &rows(1000));
    let child = start(&scratch);
    until("the first rows", || visible_rows(&scratch) >= 1000);
    let listed = scratch.run(&["partitions", "t", "--format", "json"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let open: Vec<&str> = text.lines().filter(|line| line.contains("\"open\"")).collect();
    assert!(!open.is_empty(), "{text}");
    assert!(open.iter().all(|line| line.contains("waiting")), "{text}");
    let last = |line: &&&str| line.contains("hr=01");
    assert!(open.iter().find(last).unwrap().contains("waiting for watermark"), "{text}");
    let all: u64 = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["rows"].as_u64().unwrap()
        })
        .sum();
    assert_eq!(all, 1000 - 4, "each row is counted once, announced or not");
    let (code, said) = stop(child);
    assert_eq!(code, Some(0), "{said}");
}
