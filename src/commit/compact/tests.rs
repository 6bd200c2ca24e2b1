use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use formats::parquet::ParquetOptions;

use super::*;
use crate::commit::testing::{descriptor, encode, rows};
use crate::error::Kind;
use crate::write::{PartitionKey, Target};

fn held(name: &str, bytes: u64) -> StagedFile {
    let key = PartitionKey { target: Target::Table, path: "dt=1".to_owned() };
    StagedFile { key, name: name.to_owned(), rows: 1, bytes, raw_bytes: 1 }
}

/// Plans files given as `f0:3 f1:2` and gives the units as `f0,f1 f2`.
fn check(files: &str, target: u64) -> String {
    let parse = |file: &str| {
        let (name, bytes) = file.split_once(':').unwrap();
        held(name, bytes.parse().unwrap())
    };
    let files: Vec<_> = files.split_whitespace().map(parse).collect();
    let units = plan(&files, target);
    let names = |unit: &Vec<StagedFile>| {
        unit.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(",")
    };
    units.iter().map(names).collect::<Vec<_>>().join(" ")
}

#[test]
fn files_are_packed_as_flink_does() {
    for (files, want) in [
        ("f0:3 f1:2 f3:5 f4:1", "f0,f1,f4 f3"),
        ("f4:1 f3:5 f1:2 f0:3", "f0,f1,f4 f3"),
        ("f2:2 f5:5 f6:4", "f2,f5 f6"),
        ("f7:3 f8:2", "f7,f8"),
        ("a:9 b:9", "a b"),
        ("a:10 b:1", "a b"),
        ("a:18446744073709551615 b:1 c:8", "a b,c"),
        ("a:0 b:0", "a,b"),
        ("a:4", "a"),
        ("", ""),
    ] {
        assert_eq!(check(files, 9), want, "{files}");
    }
}

#[test]
fn only_the_latest_bins_take_more_files() {
    let full: String = (0..11).map(|n| format!("a{n:02}:8 ")).collect::<Vec<_>>().concat();
    let packed = check(&format!("{full} b:1"), 9);
    assert!(packed.starts_with("a00 a01,b a02"), "{packed}");
}

struct World {
    _dir: tempfile::TempDir,
    roots: Roots,
    compactor: Compactor,
}

fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let roots = Roots {
        table: Root::create(&dir.path().join("t"), "p").unwrap(),
        late: None,
        dead_letters: None,
    };
    let parquet = ParquetOptions { time_zone: chrono_tz::Asia::Shanghai, ..Default::default() };
    let options = WriteOptions { parquet, ..WriteOptions::default() };
    let compactor = Compactor::new(roots.clone(), &descriptor(), &options).unwrap();
    World { _dir: dir, roots, compactor }
}

fn stage(roots: &Roots, name: &str, from: i64, count: i64) -> StagedFile {
    let bytes = encode(rows(from, count));
    let file = StagedFile {
        rows: count.try_into().unwrap(),
        raw_bytes: 100,
        ..held(name, bytes.len() as u64)
    };
    fs::write(roots.table.staged(&file), bytes).unwrap();
    file
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn merged_files_have_all_rows_in_order() {
    let mut world = world();
    let inputs = [
        stage(&world.roots, "a", 0, 3),
        stage(&world.roots, "b", 3, 0),
        stage(&world.roots, "c", 3, 20_000),
        stage(&world.roots, "d", 20_003, 1),
    ];
    let outputs = world.compactor.compact(&inputs, u64::MAX, || "m".to_owned()).unwrap();
    let [output] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!((output.name.as_str(), output.rows, output.raw_bytes), ("m", 20_004, 400));
    let path = world.roots.table.staged(output);
    assert_eq!(fs::metadata(&path).unwrap().len(), output.bytes);
    let mut next = 0;
    for batch in read_batches(File::open(path).unwrap(), 1000).unwrap() {
        let batch = batch.unwrap();
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let texts = batch.column(1).as_string::<i32>();
        let times = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            assert_eq!(ids.value(row), next);
            assert_eq!(
                times.value(row),
                1_767_225_600_000_000 + next,
                "the zone is not added twice"
            );
            let text = texts.is_valid(row).then(|| texts.value(row).to_owned());
            assert_eq!(text, (next % 10 != 0).then(|| format!("name-{next}")));
            next += 1;
        }
    }
    assert_eq!(next, 20_004);
    let want = ["a", "b", "c", "d", "m"].map(|name| format!("{name}.stage"));
    assert_eq!(names(&world.roots.table.staging), BTreeSet::from(want), "inputs stay");
}

#[test]
fn a_file_alone_passes_as_it_is() {
    let mut world = world();
    let inputs = [stage(&world.roots, "a", 0, 1000), stage(&world.roots, "b", 0, 1000)];
    let fresh = || -> String { panic!("nothing is merged") };
    let outputs = world.compactor.compact(&inputs, 1, fresh).unwrap();
    assert_eq!(outputs, inputs);
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let mut world = world();
    let good = stage(&world.roots, "a", 0, 10);
    let torn = stage(&world.roots, "b", 10, 10);
    let bytes = fs::read(world.roots.table.staged(&torn)).unwrap();
    fs::write(world.roots.table.staged(&torn), &bytes[..bytes.len() / 2]).unwrap();
    let wrong = StagedFile { rows: 11, ..stage(&world.roots, "c", 10, 10) };
    let gone = held("d", 100);
    for (bad, kind) in [(torn, Kind::Data), (wrong, Kind::Internal), (gone, Kind::NotFound)] {
        for _ in 0..2 {
            let inputs = [good.clone(), bad.clone()];
            let error = world.compactor.compact(&inputs, u64::MAX, || "m".to_owned()).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(!names(&world.roots.table.staging).contains("m.stage"));
        }
    }
}
