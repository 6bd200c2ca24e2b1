use super::*;
use crate::checkpoint::{Counts, Pending};
use crate::names::JobId;
use crate::source::Offsets;
use crate::time::Timestamp;
use crate::write::stage::{Root, Roots};
use crate::write::{PartitionKey, StagedFile, Target};

fn checkpoint(id: u64) -> Checkpoint {
    Checkpoint {
        id: CheckpointId(id),
        job: JobId("0a1b2c3d".to_owned()),
        at: Timestamp(1),
        offsets: Offsets::default(),
        watermark: None,
        staged: Vec::new(),
        obsolete: Vec::new(),
        pending: Vec::new(),
        counts: Counts::default(),
        finished: false,
    }
}

fn ids(store: &CheckpointStore) -> Vec<u64> {
    store.list().unwrap().iter().map(|listed| listed.id.0).collect()
}

/// A store and the folder it is in.
fn saved(numbers: impl IntoIterator<Item = u64>) -> (tempfile::TempDir, CheckpointStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = CheckpointStore::open(&dir.path().join("state/p"), "p").unwrap();
    for id in numbers {
        store.save(&checkpoint(id)).unwrap();
    }
    (dir, store)
}

#[test]
fn the_newest_checkpoint_is_found_and_old_ones_go() {
    let (_dir, store) = saved([]);
    assert_eq!(store.latest().unwrap(), None);
    assert_eq!(store.prune(3).unwrap(), 0);
    for id in 9..=13 {
        store.save(&checkpoint(id)).unwrap();
        assert_eq!(store.latest().unwrap(), Some(checkpoint(id)));
    }
    assert_eq!(store.prune(3).unwrap(), 2);
    assert_eq!(ids(&store), [11, 12, 13]);
    assert_eq!(store.prune(0).unwrap(), 2, "the newest always stays");
    assert_eq!(store.load(CheckpointId(13)).unwrap(), checkpoint(13));
    assert_eq!(store.load(CheckpointId(12)).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn a_second_process_is_refused_at_once() {
    let (_dir, store) = saved([1]);
    let error = CheckpointStore::open(&store.dir, "orders").unwrap_err();
    assert_eq!(error.kind(), Kind::Fenced);
    let text = error.to_string();
    let process = process::id();
    assert!(text.starts_with("another process runs this pipeline"), "{text}");
    assert!(text.contains(&format!("process={process}")), "{text}");
    assert!(text.contains("pipeline=orders"), "{text}");
    // Looking is allowed; saving is not.
    let reader = CheckpointStore::open_read_only(&store.dir).unwrap();
    assert_eq!(reader.latest().unwrap(), Some(checkpoint(1)));
    assert_eq!(reader.save(&checkpoint(2)).unwrap_err().kind(), Kind::Internal);
    assert_eq!(reader.prune(1).unwrap_err().kind(), Kind::Internal);
    let dir = store.dir.clone();
    drop(store);
    CheckpointStore::open(&dir, "orders").unwrap();
}

/// Another process without our lock, as on another host.
fn elsewhere(store: &CheckpointStore) -> CheckpointStore {
    let other = store.dir.join("other-lock");
    CheckpointStore {
        dir: store.dir.clone(),
        lock: Some(lock(&other).unwrap()),
        taken: AtomicU64::new(NONE),
        suffix: suffix(),
    }
}

#[test]
fn of_two_processes_the_one_that_saves_later_is_fenced() {
    let (_dir, store) = saved([1]);
    let other = elsewhere(&store);
    other.save(&checkpoint(2)).unwrap();
    for id in [0, 2] {
        let error = store.save(&checkpoint(id)).unwrap_err();
        assert_eq!(error.kind(), Kind::Fenced, "{error}");
    }
    // Also if its number is free again.
    for id in 3..=9 {
        other.save(&checkpoint(id)).unwrap();
    }
    other.prune(1).unwrap();
    assert_eq!(store.save(&checkpoint(2)).unwrap_err().kind(), Kind::Fenced);
    assert_eq!(ids(&store), [9]);
}

#[test]
fn a_save_that_failed_late_can_be_repeated() {
    let (_dir, store) = saved([1, 2]);
    // As after an error that came once the number was taken.
    store.save(&checkpoint(2)).unwrap();
    assert_eq!(ids(&store), [1, 2]);
    let other = elsewhere(&store);
    other.save(&checkpoint(3)).unwrap();
    assert_eq!(store.save(&checkpoint(2)).unwrap_err().kind(), Kind::Fenced);
}

#[test]
fn a_number_taken_in_the_last_moment_is_seen() {
    let (_dir, store) = saved([1]);
    // Not a checkpoint yet when it is looked for, but in the way of the rename.
    let folder = store.dir.join(folder_name(CheckpointId(2)));
    fs::write(&folder, "").unwrap();
    let error = store.save(&checkpoint(2)).unwrap_err();
    assert!(matches!(error.kind(), Kind::Fenced | Kind::Unavailable), "{error:?}");
    assert_eq!(names_in(&store.dir).unwrap().iter().filter(|n| n.starts_with(HIDDEN)).count(), 0);
}

#[test]
fn one_of_many_savers_wins() {
    let (_dir, store) = saved([1]);
    let wins = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..8)
            .map(|i| {
                let dir = store.dir.clone();
                scope.spawn(move || {
                    // Threads of one process share its id, so each needs a hidden folder of its own.
                    let hidden = dir.join(format!("{HIDDEN}2.test-{i}"));
                    fs::create_dir(&hidden).unwrap();
                    write_new(&hidden.join(FILE), &codec::encode(&checkpoint(2)).unwrap()).unwrap();
                    disk::rename_folder(&hidden, &dir.join(folder_name(CheckpointId(2))))
                })
            })
            .collect();
        savers.into_iter().filter_map(|saver| saver.join().unwrap().ok()).count()
    });
    assert_eq!(wins, 1);
    assert_eq!(ids(&store), [1, 2]);
}

#[test]
fn what_a_killed_process_left_is_deleted_and_never_read() {
    let (_dir, store) = saved([1]);
    for name in [".chk-2.77", ".chk-1.78"] {
        fs::create_dir(store.dir.join(name)).unwrap();
        fs::write(store.dir.join(name).join(FILE), "half").unwrap();
    }
    fs::create_dir(store.dir.join("chk-x")).unwrap();
    fs::create_dir(store.dir.join("chk-3")).unwrap();
    fs::create_dir(store.dir.join(".chk-mine")).unwrap();
    assert_eq!(store.latest().unwrap(), Some(checkpoint(1)));
    let dir = store.dir.clone();
    drop(store);
    let store = CheckpointStore::open(&dir, "p").unwrap();
    let mut names = names_in(&dir).unwrap();
    names.sort();
    assert_eq!(names, [".chk-mine", "chk-0000000001", "chk-3", "chk-x", "lock"]);
    assert_eq!(store.latest().unwrap(), Some(checkpoint(1)));
}

#[test]
fn a_damaged_newest_checkpoint_stops_the_pipeline() {
    type Spoil = fn(&Path);
    let damage: [(Spoil, &str); 4] = [
        (|file| fs::write(file, "").unwrap(), "its first line is not complete"),
        (
            |file| {
                let bytes = fs::read(file).unwrap();
                fs::write(file, &bytes[..bytes.len() - 9]).unwrap();
            },
            "it is cut off or too long",
        ),
        (|file| fs::remove_file(file).unwrap(), "its file is gone"),
        (
            |file| fs::write(file, codec::encode(&checkpoint(1)).unwrap()).unwrap(),
            "its folder has another number",
        ),
    ];
    for (spoil, want) in damage {
        let (_dir, store) = saved([1, 2]);
        let newest = store.dir.join("chk-0000000002");
        spoil(&newest.join(FILE));
        let error = store.latest().unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
        let text = error.to_string();
        assert!(text.contains(want) && text.contains("chk-0000000002"), "{text}");
        assert!(error.hint().unwrap().contains("write its rows again"));
    }
}

#[test]
fn folders_that_cannot_be_used_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = CheckpointStore::open(&file.join("p"), "p").unwrap_err();
    assert!(error.to_string().starts_with("a file has the name of a folder"), "{error}");
    let gone = CheckpointStore::open_read_only(&dir.path().join("gone")).unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
}

fn roots(dir: &Path) -> Roots {
    Roots { table: Root::create(&dir.join("wh/t"), "p").unwrap(), late: None, dead_letters: None }
}

fn file(name: &str) -> StagedFile {
    let key = PartitionKey { target: Target::Table, path: "dt=1".to_owned() };
    let name = format!("part-0a1b2c3d-{name}.parquet");
    StagedFile { key, name, rows: 1, bytes: 1, raw_bytes: 1 }
}

/// A checkpoint with a published file, a staged one and a held one.
fn with_files(roots: &Roots) -> Checkpoint {
    let (published, staged, held) = (file("1"), file("2"), file("3"));
    fs::create_dir_all(roots.table.folder.join("dt=1")).unwrap();
    fs::write(roots.table.visible(&published), "1").unwrap();
    fs::write(roots.table.staged(&staged), "2").unwrap();
    fs::write(roots.table.staged(&held), "3").unwrap();
    let pending = Pending {
        key: held.key.clone(),
        first_seen: Timestamp(1),
        last_rows: Timestamp(1),
        last_checkpoint: CheckpointId(1),
        due: None,
        rows: 1,
        files: 1,
        bytes: 1,
        raw_bytes: 1,
        held: vec![held],
    };
    Checkpoint { staged: vec![published, staged], pending: vec![pending], ..checkpoint(7) }
}

#[test]
fn a_savepoint_can_be_moved_and_started_from() {
    let (dir, store) = saved([]);
    let roots = roots(dir.path());
    let checkpoint = with_files(&roots);
    store.save(&checkpoint).unwrap();
    let reader = CheckpointStore::open_read_only(&store.dir).unwrap();
    let first = dir.path().join("save/a");
    assert_eq!(reader.savepoint(&first, &roots).unwrap(), checkpoint);
    let again = reader.savepoint(&first, &roots).unwrap_err();
    assert_eq!(again.kind(), Kind::AlreadyExists);

    let moved = dir.path().join("moved");
    fs::rename(&first, &moved).unwrap();
    assert_eq!(load_savepoint(&moved).unwrap(), checkpoint);
    // The pipeline has gone on: its staged files are published or merged.
    fs::remove_dir_all(&roots.table.staging).unwrap();
    fs::create_dir(&roots.table.staging).unwrap();
    for _ in 0..2 {
        adopt_savepoint(&moved, &checkpoint, &roots).unwrap();
        let mut names = names_in(&roots.table.staging).unwrap();
        names.sort();
        assert_eq!(names, ["part-0a1b2c3d-2.parquet.stage", "part-0a1b2c3d-3.parquet.stage"]);
    }
    let fresh = CheckpointStore::open(&dir.path().join("state/q"), "q").unwrap();
    fresh.save(&Checkpoint { id: CheckpointId(8), ..checkpoint }).unwrap();
}

#[test]
fn a_savepoint_never_misses_a_file() {
    let (dir, store) = saved([]);
    let roots = roots(dir.path());
    let to = dir.path().join("s");
    assert_eq!(store.savepoint(&to, &roots).unwrap_err().kind(), Kind::NotFound);
    let checkpoint = with_files(&roots);
    store.save(&checkpoint).unwrap();
    fs::remove_file(roots.table.staged(&checkpoint.pending[0].held[0])).unwrap();
    assert_eq!(store.savepoint(&to, &roots).unwrap_err().kind(), Kind::Conflict);
    let names = names_in(dir.path()).unwrap();
    assert!(!names.iter().any(|name| name == "s" || name.starts_with(".s.")), "{names:?}");
    assert_eq!(load_savepoint(&to).unwrap_err().kind(), Kind::NotFound);
}
