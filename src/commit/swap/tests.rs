use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use metastore::{EmbeddedStore, FieldSchema, Table};

use super::*;
use crate::commit::announce::Announced;
use crate::commit::policy::ordered;
use crate::commit::testing::parquet;
use crate::error::Kind;
use crate::write::stage::Roots;

/// Ends the process before a step, or looks at the world there.
#[derive(Default)]
pub(super) struct Probe {
    /// Steps that still come.
    left: Option<AtomicUsize>,
    look: Option<Box<dyn Fn(&str) + Send + Sync>>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

impl Probe {
    pub(super) fn at(&self, what: &'static str) -> Result<()> {
        if let Some(look) = &self.look {
            look(what);
        }
        let Some(left) = &self.left else { return Ok(()) };
        match left.load(Ordering::Relaxed).checked_sub(1) {
            Some(less) => left.store(less, Ordering::Relaxed),
            None => return Err(Error::unavailable("killed").with("step", what)),
        }
        Ok(())
    }
}

const PATH: &str = "dt=1/hr=2";

struct World {
    dir: tempfile::TempDir,
    catalog: Arc<dyn Catalog>,
    root: Root,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = location::from_path(&dir.path().join("wh")).unwrap();
        let store = EmbeddedStore::open(&dir.path().join("catalog.db"), &warehouse).unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(store);
        let mut table = Table::new("t".parse().unwrap());
        table.sd.cols = vec![FieldSchema::new("id", "bigint")];
        table.sd.location = Some(location::from_path(&dir.path().join("t")).unwrap());
        table.partition_keys = ["dt", "hr"].map(|k| FieldSchema::new(k, "string")).to_vec();
        catalog.create_table(&table).unwrap();
        let root = Root::create(&dir.path().join("t"), "t.backfill-1").unwrap();
        Self { dir, catalog, root }
    }

    fn announcer(&self) -> Announcer {
        let roots = Roots { table: self.root.clone(), late: None, dead_letters: None };
        let table = Announced::new(Target::Table, "t".parse().unwrap(), &roots).unwrap();
        Announcer::new(Arc::clone(&self.catalog), vec![table], Self::policies())
    }

    fn policies() -> Vec<Policy> {
        ordered([Policy::Metastore, Policy::SuccessFile { name: "_SUCCESS".to_owned() }])
    }

    /// A process that goes on with a backfill whose snapshot has these names.
    fn swapper(&self, mode: SwapMode, snapshot: &[&str]) -> Swapper {
        let names = snapshot.iter().map(|name| (*name).to_owned()).collect();
        Swapper::new(SwapperParts {
            announcer: self.announcer(),
            catalog: Arc::clone(&self.catalog),
            name: "t".parse().unwrap(),
            table: self.root.clone(),
            policies: Self::policies(),
            mode,
            snapshot: Snapshot::from([(PATH.to_owned(), names)]),
            journal: Journal::open(&self.dir.path().join("swaps.jsonl")).unwrap(),
            commit_id: "0a1b2c3d-backfill".to_owned(),
            done: Arc::default(),
        })
        .unwrap()
    }

    fn live(&self) -> PathBuf {
        self.root.folder.join(PATH)
    }

    fn write(&self, name: &str, rows: i64) {
        let path = self.live().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, parquet(rows)).unwrap();
    }

    /// Builds files of so many rows.
    fn build(&self, files: &[(&str, i64)]) -> CommitItem {
        let folder = self.root.build().unwrap().folder.join(PATH);
        fs::create_dir_all(&folder).unwrap();
        let key = PartitionKey { target: Target::Table, path: PATH.to_owned() };
        let commit_id = "0a1b2c3d-7".to_owned();
        let mut item = CommitItem { key, commit_id, rows: 0, files: 0, bytes: 0, raw_bytes: 0 };
        for (name, rows) in files {
            let bytes = parquet(*rows);
            item.rows += rows.unsigned_abs();
            item.files += 1;
            item.bytes += bytes.len() as u64;
            fs::write(folder.join(format!("{name}.stage")), bytes).unwrap();
        }
        item
    }

    /// A live partition with two old files that the catalog knows, and a late one.
    fn old(&self) {
        self.write("old-1.parquet", 10);
        self.write("old-2.parquet", 20);
        self.write("._old-1.parquet.crc", 1);
        let key = PartitionKey { target: Target::Table, path: PATH.to_owned() };
        let commit_id = "live-1".to_owned();
        let item = CommitItem { key, commit_id, rows: 0, files: 0, bytes: 0, raw_bytes: 0 };
        self.announcer().announce(&[item], Timestamp(0)).unwrap();
        self.write("late.parquet", 3);
    }

    fn partition(&self) -> Partition {
        self.catalog.get_partition(&"t".parse().unwrap(), &PATH.parse().unwrap()).unwrap()
    }

    fn statistics(&self) -> [String; 2] {
        let partition = self.partition();
        ["numFiles", "numRows"].map(|key| partition.parameters[key].clone())
    }

    fn swaps(&self) -> Journal {
        Journal::open(&self.dir.path().join("swaps.jsonl")).unwrap()
    }
}

fn visible(folder: &Path) -> Option<String> {
    let listed = Listing::of(folder).unwrap()?;
    Some(listed.visible().map(|(name, _)| name).collect::<Vec<_>>().join(" "))
}

const SNAPSHOT: [&str; 4] = ["old-1.parquet", "old-2.parquet", "._old-1.parquet.crc", "_SUCCESS"];
const OLD: &str = "late.parquet old-1.parquet old-2.parquet";

#[test]
fn a_swap_killed_before_any_step_goes_on_and_readers_see_one_or_the_other() {
    for (mode, no_exchange, new, rows) in [
        (SwapMode::Overwrite, false, "late.parquet new-1.parquet new-2.parquet", "303"),
        (SwapMode::Overwrite, true, "late.parquet new-1.parquet new-2.parquet", "303"),
        (
            SwapMode::Append,
            false,
            "late.parquet new-1.parquet new-2.parquet old-1.parquet old-2.parquet",
            "333",
        ),
        (
            SwapMode::Append,
            true,
            "late.parquet new-1.parquet new-2.parquet old-1.parquet old-2.parquet",
            "333",
        ),
    ] {
        let mut kills = 0;
        // One kill, and then another while it goes on.
        let seconds: &[usize] =
            if mode == SwapMode::Overwrite { &[usize::MAX, 4] } else { &[usize::MAX] };
        for second in seconds.iter().copied() {
            for first in 0.. {
                let world = World::new();
                world.old();
                let item = world.build(&[("new-1.parquet", 100), ("new-2.parquet", 200)]);
                let seen = |when: &str| {
                    let by_glob = visible(&world.live());
                    // Where folders cannot be exchanged, who lists folders may miss the partition for a moment.
                    let one = |seen: &Option<String>| match seen.as_deref() {
                        Some(seen) => seen == OLD || seen == new,
                        None => no_exchange,
                    };
                    assert!(one(&by_glob), "{mode:?} {first} {when}: {by_glob:?}");
                    let place = world.partition().sd.location.unwrap();
                    let by_catalog = visible(&location::to_path(&place).unwrap());
                    assert!(one(&by_catalog), "{mode:?} {first} {when}: {by_catalog:?}");
                };
                let mut done = false;
                for left in [first, second, usize::MAX] {
                    let mut swapper = world.swapper(mode, &SNAPSHOT);
                    swapper.exchanges = !no_exchange;
                    swapper.probe.left = Some(AtomicUsize::new(left));
                    match swapper.commit(std::slice::from_ref(&item), Timestamp(1)) {
                        Ok(()) => {
                            done = left == first;
                            break;
                        }
                        Err(error) => {
                            kills += 1;
                            seen(&error.to_string());
                        }
                    }
                }
                assert_eq!(visible(&world.live()).as_deref(), Some(new));
                assert!(world.live().join("_SUCCESS").is_file());
                assert_eq!(world.statistics()[1], rows, "{mode:?} {first}");
                let place = location::from_path(&world.live()).unwrap();
                assert_eq!(world.partition().sd.location, Some(place));
                assert_eq!(world.partition().revision(), 2);
                let swaps = world.swaps();
                let swap = swaps.get(PATH).unwrap();
                assert_eq!(swap.state, SwapState::Swapped);
                assert_eq!(swap.before.map(|b| (b.files, b.rows)), Some((3, Some(33))));
                assert_eq!(swap.after.and_then(|a| a.rows).map(|n| n.to_string()).unwrap(), rows);
                if done {
                    break;
                }
            }
        }
        assert!(kills > 10, "{kills}");
    }
}

#[test]
fn a_swap_that_is_given_up_leaves_the_old_or_the_new_partition() {
    let new = "late.parquet new-1.parquet new-2.parquet";
    for no_exchange in [false, true] {
        let mut seen = BTreeSet::new();
        for first in 0.. {
            let world = World::new();
            world.old();
            let item = world.build(&[("new-1.parquet", 100), ("new-2.parquet", 200)]);
            let mut swapper = world.swapper(SwapMode::Overwrite, &SNAPSHOT);
            swapper.exchanges = !no_exchange;
            swapper.probe.left = Some(AtomicUsize::new(first));
            if swapper.commit(&[item], Timestamp(1)).is_ok() {
                break;
            }
            world.swapper(SwapMode::Overwrite, &SNAPSHOT).settle(Timestamp(2)).unwrap();
            fs::remove_dir_all(&world.root.staging).unwrap();
            let place = location::from_path(&world.live()).unwrap();
            assert_eq!(world.partition().sd.location, Some(place), "{first}");
            let found = visible(&world.live()).unwrap();
            let told = world.statistics()[0].clone();
            let want = if found == new { "3" } else { "2" };
            assert_eq!(told, want, "{first}: the late file is not announced yet, or all are");
            seen.insert(found);
        }
        assert_eq!(seen, BTreeSet::from([OLD.to_owned(), new.to_owned()]));
    }
}

#[test]
fn what_a_stranger_writes_while_it_is_swapped_is_moved_over() {
    for no_exchange in [false, true] {
        let world = World::new();
        world.old();
        let item = world.build(&[("new.parquet", 100)]);
        let mut swapper = world.swapper(SwapMode::Overwrite, &SNAPSHOT);
        swapper.exchanges = !no_exchange;
        let (live, count) = (world.live(), AtomicUsize::new(0));
        swapper.probe.look = Some(Box::new(move |step| {
            if matches!(step, "exchange" | "rename the live folder") {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                fs::write(live.join(format!("{number}.parquet")), "x").unwrap();
                fs::create_dir_all(live.join("_temporary")).unwrap();
                fs::write(live.join("_temporary/x"), "x").unwrap();
            }
        }));
        swapper.commit(&[item], Timestamp(1)).unwrap();
        let want = if no_exchange {
            "1.parquet 2.parquet late.parquet new.parquet"
        } else {
            "1.parquet late.parquet new.parquet"
        };
        assert_eq!(visible(&world.live()).as_deref(), Some(want));
        assert!(world.live().join("_temporary/x").is_file());
        let files = want.split(' ').count().to_string();
        assert_eq!(world.statistics()[0], files);
    }
}

#[test]
fn a_partition_that_must_stay_is_skipped_with_the_reason() {
    // It was not there when the backfill began.
    let world = World::new();
    let item = world.build(&[("new.parquet", 100)]);
    world.old();
    let mut swapper = world.swapper(SwapMode::Missing, &[]);
    swapper.commit(std::slice::from_ref(&item), Timestamp(1)).unwrap();
    swapper.commit(&[item], Timestamp(1)).unwrap();
    assert_eq!(visible(&world.live()).as_deref(), Some(OLD));
    let swaps = world.swaps();
    let reason = swaps.get(PATH).unwrap().reason.clone().unwrap();
    assert!(reason.starts_with("it exists: somebody has written 3 files"), "{reason}");
    // Its files are elsewhere.
    let world = World::new();
    world.old();
    let item = world.build(&[("new.parquet", 100)]);
    let mut moved = world.partition();
    let other = world.dir.path().join("other");
    fs::rename(world.live(), &other).unwrap();
    moved.sd.location = Some(location::from_path(&other).unwrap());
    world.catalog.alter_partitions(&"t".parse().unwrap(), &[moved]).unwrap();
    let mut swapper = world.swapper(SwapMode::Append, &[]);
    swapper.commit(std::slice::from_ref(&item), Timestamp(1)).unwrap();
    let reason = world.swaps().get(PATH).unwrap().reason.clone().unwrap();
    assert!(reason.contains("/other: nothing can be added"), "{reason}");
    // To replace it is another thing: from then on they are in the table's folder.
    fs::remove_file(world.dir.path().join("swaps.jsonl")).unwrap();
    let mut swapper = world.swapper(SwapMode::Overwrite, &[]);
    swapper.commit(&[item], Timestamp(1)).unwrap();
    assert_eq!(visible(&world.live()).as_deref(), Some("new.parquet"));
    let place = location::from_path(&world.live()).unwrap();
    assert_eq!(world.partition().sd.location, Some(place));
    assert_eq!(world.statistics(), ["1", "100"]);
}

#[test]
fn a_new_partition_is_added_and_what_was_built_must_be_there() {
    for mode in [SwapMode::Missing, SwapMode::Append, SwapMode::Overwrite] {
        let world = World::new();
        let item = world.build(&[("new.parquet", 100)]);
        world.swapper(mode, &[]).commit(std::slice::from_ref(&item), Timestamp(1)).unwrap();
        assert_eq!(visible(&world.live()).as_deref(), Some("new.parquet"), "{mode:?}");
        assert_eq!(world.statistics(), ["1", "100"]);
        assert_eq!(world.swaps().get(PATH).unwrap().before, None);
    }
    let world = World::new();
    let item = world.build(&[]);
    let error = world.swapper(SwapMode::Append, &[]).commit(&[item], Timestamp(1)).unwrap_err();
    assert_eq!(error.kind(), Kind::Internal, "{error}");
}

#[test]
fn folders_of_partitions_are_found() {
    let world = World::new();
    world.old();
    for folder in ["dt=1/hr=3", "dt=2/_x=1", "dt=3/hr", "_dt=1/hr=1", "dt=4"] {
        fs::create_dir_all(world.root.folder.join(folder)).unwrap();
    }
    fs::write(world.root.folder.join("dt=4/hr=1"), "").unwrap();
    let found = partition_folders(&world.root.folder, 2).unwrap();
    assert_eq!(found, ["dt=1/hr=2", "dt=1/hr=3"]);
    assert_eq!(partition_folders(&world.dir.path().join("none"), 1).unwrap(), [""; 0]);
}
