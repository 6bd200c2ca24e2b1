//! Tables stored as ORC, from the script to the rows.

use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use formats::orc::{OrcCompression, OrcFile, OrcRead};

use crate::support::{Scratch, rows, script};

/// Gives the ids of all ORC files below a folder, and how many files there are.
fn ids(folder: &Path) -> (Vec<i64>, usize) {
    let (mut all, mut files) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let (more, count) = ids(&path);
            all.extend(more);
            files += count;
        } else if path.extension().is_some_and(|e| e == "orc") {
            let file = OrcFile::open(File::open(&path).unwrap()).unwrap();
            assert_eq!(file.compression(), OrcCompression::Snappy);
            for batch in file.read(&OrcRead::default()).unwrap() {
                let batch = batch.unwrap();
                all.extend(batch.column(0).as_primitive::<Int64Type>().values());
            }
            files += 1;
        }
    }
    (all, files)
}

fn ingest(extra: &str) -> (Vec<i64>, usize, Scratch) {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(6000));
    let extra = format!(", 'orc.compress'='snappy', 'orc.bloom.filter.columns'='id'{extra}");
    let job = script(&input, &extra).replace("STORED AS PARQUET", "STORED AS ORC");
    scratch.write("job.hql", &job);
    let output = scratch.run(&["ingest", "job.hql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut found, files) = ids(&scratch.path("wh/t"));
    found.sort_unstable();
    (found, files, scratch)
}

#[test]
fn orc_tables_have_every_row_once_merged_or_not() {
    // Two of five hundred records are no rows.
    let expected: Vec<i64> = (0..6000).filter(|id| !matches!(id % 500, 13 | 14)).collect();
    let (found, _, scratch) = ingest("");
    assert_eq!(found, expected);
    let listed = scratch.run(&["partitions", "t", "--format", "json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let rows = listed.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["rows"].as_u64().unwrap()
    });
    assert_eq!(rows.sum::<u64>(), expected.len() as u64, "{listed}");
    let (found, files, scratch) = ingest(", 'auto-compaction'='true'");
    assert_eq!(found, expected);
    let partitions = scratch.run(&["partitions", "t", "--format", "json"]);
    let partitions = String::from_utf8_lossy(&partitions.stdout).lines().count();
    assert_eq!(files, partitions, "each partition has one file");
}

#[test]
fn an_unknown_bloom_filter_column_is_told() {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(10));
    let job = script(&input, ", 'orc.bloom.filter.columns'='gone'");
    scratch.write("job.hql", &job.replace("STORED AS PARQUET", "STORED AS ORC"));
    let output = scratch.run(&["ingest", "job.hql"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("gone"), "{said}");
}
