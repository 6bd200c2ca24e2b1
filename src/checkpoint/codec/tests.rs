use std::collections::BTreeMap;

use expect_test::expect_file;
use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Counts, Pending};
use crate::error::Kind;
use crate::names::{CheckpointId, JobId};
use crate::source::tables::{FileHash, PartitionHash, TableDelta, TableState};
use crate::source::{FileIdentity, Offsets, Split, SplitDetail, SplitId, SplitState};
use crate::time::Timestamp;
use crate::write::{PartitionKey, StagedFile, Target};

const GOLDEN_1: &[u8] = include_bytes!("../../../integration/golden/checkpoint-v1.json");

fn staged(target: Target, path: &str, n: u64) -> StagedFile {
    StagedFile {
        key: PartitionKey { target, path: path.to_owned() },
        name: format!("part-0a1b2c3d-40-1-{n}.parquet"),
        rows: 100 + n,
        bytes: 4000 + n,
        raw_bytes: 8000 + n,
    }
}

fn splits() -> BTreeMap<SplitId, SplitState> {
    let identity = FileIdentity { size: 1 << 40, modified_ns: 1_767_225_600_123_456_789, inode: 7 };
    let file = SplitDetail::File {
        path: "/data/in \"1\"\u{fc}.json".to_owned(),
        identity,
        end: Some(1 << 33),
    };
    let rows = SplitDetail::Sequence { end: None, index: 1, of: 2 };
    [("b0:/data/in.json@0", 0, file), ("b1:rows-1", 1, rows)]
        .into_iter()
        .map(|(id, branch, detail)| {
            let id = SplitId(id.to_owned());
            let split = Split { id: id.clone(), branch, start: 0, detail };
            (id, SplitState { split, next: u64::MAX - 1, done: branch == 1, watermark: None })
        })
        .collect()
}

/// A checkpoint in which every field has a value.
fn sample() -> Checkpoint {
    let identity = FileIdentity { size: 12, modified_ns: -1, inode: u64::MAX };
    let finished = BTreeMap::from([("b0:/data/old.json".to_owned(), identity)]);
    Checkpoint {
        id: CheckpointId(42),
        job: JobId("0a1b2c3d".to_owned()),
        at: Timestamp(1_767_268_620_000),
        offsets: Offsets { splits: splits(), finished, ..Offsets::default() },
        watermark: Some(Timestamp(-5)),
        staged: vec![
            staged(Target::Table, "dt=2026-01-01/hr=07", 1),
            staged(Target::LateTable, "dt=2025-12-31/hr=23", 2),
            staged(Target::DeadLetters, "", 3),
        ],
        obsolete: vec![staged(Target::Table, "dt=2026-01-01/hr=06", 4)],
        pending: vec![Pending {
            key: PartitionKey { target: Target::Table, path: "dt=a%2Fb/hr=7".to_owned() },
            first_seen: Timestamp(1),
            last_rows: Timestamp(2),
            last_checkpoint: CheckpointId(41),
            due: Some(CheckpointId(42)),
            rows: 3,
            files: 4,
            bytes: 5,
            raw_bytes: 6,
            held: vec![staged(Target::Table, "dt=a%2Fb/hr=7", 5)],
        }],
        counts: Counts {
            rows_in: 1,
            rows_out: 2,
            filtered: 3,
            outside: 0,
            rejected: 4,
            skipped: 5,
            late: 6,
            late_dropped: 7,
            files: 8,
            bytes: 9,
            partitions: 10,
        },
        finished: true,
    }
}

#[test]
fn version_1_stays_readable() {
    assert_eq!(decode(GOLDEN_1).unwrap(), sample());
}

#[test]
fn version_1_is_what_is_written() {
    assert_eq!(VERSION, 1, "a new version needs a test file of its own");
    let text = String::from_utf8(encode(&sample()).unwrap()).unwrap();
    expect_file!["../../../integration/golden/checkpoint-v1.json"].assert_eq(&text);
}

/// A checkpoint of a pipeline that reads a table.
fn of_table() -> Checkpoint {
    let identity = FileIdentity { size: 4096, modified_ns: 1_767_225_600_123_456_789, inode: 7 };
    let path = "file:/w/t/dt=2026-01-01/part-0.orc".to_owned();
    let id = SplitId(format!("b0:{path}#00000000000000ff@1024"));
    let detail = SplitDetail::TableFile {
        partition: "dt=2026-01-01".to_owned(),
        rank: -5,
        path,
        identity,
        bytes: (1024, 4096),
        time: Some(Timestamp(1_767_225_600_000)),
        seen: None,
    };
    let split = Split { id: id.clone(), branch: 0, start: 0, detail };
    let watermark = Some(Timestamp(1_767_225_600_000));
    let state = SplitState { split, next: (3 << 40) + 17, done: false, watermark };
    let mut table = TableState::new("default.t");
    table.apply(&TableDelta {
        branch: 0,
        table: "default.t".to_owned(),
        partitions: vec![
            (PartitionHash(u64::MAX), Some(vec![FileHash(1), FileHash(u64::MAX)])),
            (PartitionHash(7), Some(Vec::new())),
        ],
        written: Vec::new(),
    });
    let mut checkpoint = sample();
    checkpoint.offsets = Offsets {
        splits: BTreeMap::from([(id, state)]),
        finished: BTreeMap::new(),
        tables: BTreeMap::from([(0, table)]),
        ..Offsets::default()
    };
    checkpoint
}

#[test]
fn tables_that_are_read_stay_readable() {
    const GOLDEN: &[u8] = include_bytes!("../../../integration/golden/checkpoint-v1-table.json");
    let text = String::from_utf8(encode(&of_table()).unwrap()).unwrap();
    expect_file!["../../../integration/golden/checkpoint-v1-table.json"].assert_eq(&text);
    assert_eq!(decode(GOLDEN).unwrap(), of_table());
}

#[test]
fn every_damage_is_seen() {
    let good = encode(&sample()).unwrap();
    for length in 0..good.len() {
        let error = decode(&good[..length]).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{length} bytes: {error}");
    }
    let body = good.iter().position(|b| *b == b'\n').unwrap();
    for at in body + 1..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let error = decode(&bad).unwrap_err();
        assert!(error.to_string().contains("checksum"), "byte {at}: {error}");
    }
}

#[test]
fn damage_is_named() {
    let good = String::from_utf8(encode(&sample()).unwrap()).unwrap();
    for (bytes, want) in [
        (String::new(), "the checkpoint is damaged: its first line is not complete"),
        ("x\n".to_owned(), "the checkpoint is damaged: its first line cannot be read"),
        (
            good.replacen("skep-checkpoint", "other", 1),
            "the checkpoint is damaged: its first line does not name a checkpoint",
        ),
        (
            good.replacen("\"version\":1", "\"version\":0", 1),
            "the checkpoint is damaged: its version was never written (version=0)",
        ),
        (
            good.replacen("\"version\":1", "\"version\":2", 1),
            "the checkpoint was written by a newer version of skep (version=2, newest known version=1)",
        ),
        (format!("{good}x"), "the checkpoint is damaged: it is cut off or too long"),
    ] {
        let error = decode(bytes.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(want), "{error}");
    }
    let newer = good.replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(decode(newer.as_bytes()).unwrap_err().kind(), Kind::Unsupported);
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(decode(&bytes));
    }

    #[test]
    fn what_is_written_is_read(
        rows in any::<u64>(), at in any::<i64>(), path in ".{0,20}", watermark in any::<Option<i64>>(),
    ) {
        let mut checkpoint = sample();
        checkpoint.staged[0].rows = rows;
        checkpoint.staged[0].key.path = path;
        checkpoint.at = Timestamp(at);
        checkpoint.watermark = watermark.map(Timestamp);
        prop_assert_eq!(decode(&encode(&checkpoint).unwrap()).unwrap(), checkpoint);
    }
}
