//! Tables stored as ORC, from the script to the rows.

use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use formats::orc::{OrcComparison, OrcCompression, OrcFile, OrcPredicate, OrcRead, OrcValue};

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

/// Ingests 6,000 rows; partitions are announced once the watermark is `delay` beyond them.
fn ingest(extra: &str, delay: &str) -> (Vec<i64>, usize, Scratch) {
    let scratch = Scratch::new();
    let input = scratch.write("in.json", &rows(6000));
    let extra = format!(", 'orc.compress'='snappy', 'orc.bloom.filter.columns'='id'{extra}");
    let job = script(&input, &extra).replace("STORED AS PARQUET", "STORED AS ORC");
    let delayed = job.replace("delay'='1 h'", &format!("delay'='{delay}'"));
    scratch.write("job.hql", &delayed);
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
    let (found, _, scratch) = ingest("", "1 h");
    assert_eq!(found, expected);
    let listed = scratch.run(&["partitions", "t", "--format", "json"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let rows = listed.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["rows"].as_u64().unwrap()
    });
    assert_eq!(rows.sum::<u64>(), expected.len() as u64, "{listed}");
    // Announced only at the end, or a slow machine's second split brings late rows, and so a second file.
    let (found, files, scratch) = ingest(", 'auto-compaction'='true'", "1000 h");
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

/// Writes 20,000 rows into one file by a table with these properties: `id` in order, `name` in none, `tag` of five.
fn written(properties: &str) -> (OrcFile, u64) {
    let scratch = Scratch::new();
    let row = |id: u64| {
        format!(r#"{{"id":{id},"name":"n{:05}","tag":"tag{}"}}"#, id * 7919 % 20_000, id % 5)
    };
    let lines: Vec<String> = (0..20_000).map(row).collect();
    let input = scratch.write("in.json", &lines.join("\n"));
    let columns = "id BIGINT, name STRING, tag STRING";
    let job = format!(
        "CREATE TABLE src ({columns}) WITH ('connector'='filesystem', 'path'='{}', 'format'='json');
         CREATE TABLE t ({columns}) STORED AS ORC TBLPROPERTIES ('orc.compress'='none'{properties});
         INSERT INTO t SELECT * FROM src;",
        input.display()
    );
    scratch.write("job.hql", &job);
    let output = scratch.run(&["ingest", "job.hql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = std::fs::read_dir(scratch.path("wh/t")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "orc")).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let file = &files[0];
    let bytes = std::fs::metadata(file).unwrap().len();
    (OrcFile::open(File::open(file).unwrap()).unwrap(), bytes)
}

/// Counts the rows that are read for a condition: those of the row groups that may have some.
fn read(file: &OrcFile, column: &str, value: OrcValue) -> usize {
    let comparison = OrcComparison::Equal;
    let predicate = OrcPredicate::Compare { column: column.to_owned(), comparison, value };
    let what = OrcRead { predicate: Some(predicate), ..OrcRead::default() };
    file.read(&what).unwrap().map(|batch| batch.unwrap().num_rows()).sum()
}

#[test]
fn every_property_of_the_table_shapes_its_files() {
    let id = || OrcValue::Integer(4321);
    let name = || OrcValue::Text("n04321".to_owned());
    let (plain, bytes) = written("");
    assert_eq!((plain.stripes(), plain.stats().rows), (1, 20_000));
    assert_eq!((read(&plain, "id", id()), read(&plain, "name", name())), (10_000, 20_000));
    let (fine, _) = written(", 'orc.row.index.stride'='1000'");
    assert_eq!(read(&fine, "id", id()), 1000);
    let (without, less) = written(", 'orc.create.index'='false'");
    assert_eq!(read(&without, "id", id()), 20_000);
    assert!(less < bytes);
    let (small, _) = written(", 'orc.stripe.size'='256kb'");
    assert!(small.stripes() > 1);
    let bloom = ", 'orc.row.index.stride'='1000', 'orc.bloom.filter.columns'='name'";
    let (filtered, rough) = written(bloom);
    assert!(read(&filtered, "name", name()) < 5000);
    let (_, exact) = written(&format!("{bloom}, 'orc.bloom.filter.fpp'='0.0001'"));
    assert!(exact > rough + 10_000, "{exact} {rough}");
    let (_, direct) = written(", 'orc.dictionary.key.threshold'='0'");
    assert!(direct > bytes + 50_000, "{direct} {bytes}");
}
