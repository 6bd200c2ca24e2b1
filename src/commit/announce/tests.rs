use std::os::unix::fs::MetadataExt;

use metastore::{EmbeddedStore, FieldSchema, Partition, Table};

use super::*;
use crate::commit::policy::ordered;
use crate::commit::testing::item;
use crate::write::stage::Root;

struct World {
    dir: tempfile::TempDir,
    catalog: Arc<dyn Catalog>,
    roots: Roots,
}

impl World {
    /// A catalog with a partitioned table `t`, its side table `t_late`, and an unpartitioned table `flat`.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = location::from_path(&dir.path().join("wh")).unwrap();
        let store = EmbeddedStore::open(&dir.path().join("catalog.db"), &warehouse).unwrap();
        let catalog: Arc<dyn Catalog> = Arc::new(store);
        for (name, keys) in [("t", &["dt", "hr"][..]), ("t_late", &["dt", "hr"]), ("flat", &[])] {
            let mut table = Table::new(name.parse().unwrap());
            table.sd.cols = vec![FieldSchema::new("id", "bigint")];
            table.sd.location = Some(location::from_path(&dir.path().join(name)).unwrap());
            table.partition_keys = keys.iter().map(|k| FieldSchema::new(*k, "string")).collect();
            catalog.create_table(&table).unwrap();
        }
        let root = |name: &str| Root::create(&dir.path().join(name), "p").unwrap();
        let roots = Roots { table: root("t"), late: Some(root("t_late")), dead_letters: None };
        Self { dir, catalog, roots }
    }

    fn announcer(&self, policies: impl IntoIterator<Item = Policy>) -> Announcer {
        let table = |target, name: &str| {
            Announced::new(target, name.parse().unwrap(), &self.roots).unwrap()
        };
        let tables = vec![table(Target::Table, "t"), table(Target::LateTable, "t_late")];
        Announcer::new(Arc::clone(&self.catalog), tables, ordered(policies))
    }

    fn flat(&self) -> Announcer {
        let folder = self.dir.path().join("flat");
        fs::create_dir_all(&folder).unwrap();
        let table = "flat".parse().unwrap();
        let flat = Announced { target: Target::Table, table, folder };
        Announcer::new(Arc::clone(&self.catalog), vec![flat], vec![Policy::Metastore, marker()])
    }

    fn write(&self, table: &str, path: &str, name: &str, bytes: usize) {
        let folder = self.dir.path().join(table).join(path);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), "x".repeat(bytes)).unwrap();
    }

    fn partition(&self, table: &str, path: &str) -> Partition {
        self.catalog.get_partition(&table.parse().unwrap(), &path.parse().unwrap()).unwrap()
    }
}

fn marker() -> Policy {
    Policy::SuccessFile { name: "_SUCCESS".to_owned() }
}

fn custom(command: &str) -> Policy {
    Policy::Custom { command: command.to_owned() }
}

fn of<'a>(parameters: &'a metastore::Parameters, keys: &[&str]) -> Vec<&'a str> {
    keys.iter().map(|key| parameters.get(*key).map_or("", String::as_str)).collect()
}

const STATISTICS: [&str; 4] = ["numFiles", "totalSize", "numRows", "rawDataSize"];
const COMMIT: [&str; 2] = [keys::COMMIT_ID, keys::REVISION];
const PATH: &str = "dt=2026-01-01/hr=07";

#[test]
fn a_partition_is_announced_once_per_commit() {
    let world = World::new();
    let announcer = world.announcer([marker(), Policy::Metastore]);
    world.write("t", PATH, "a.parquet", 5);
    let first = item(Target::Table, PATH, 5);
    for _ in 0..2 {
        announcer.announce(std::slice::from_ref(&first), Timestamp(5000)).unwrap();
        let partition = world.partition("t", PATH);
        assert_eq!(of(&partition.parameters, &STATISTICS), ["1", "5", "5", "50"]);
        assert_eq!(of(&partition.parameters, &COMMIT), ["0a1b2c3d-1", "1"]);
        let folder = world.dir.path().join("t").join(PATH);
        assert_eq!(partition.sd.location, Some(location::from_path(&folder).unwrap()));
        assert_eq!(partition.create_time, 5);
        assert_eq!(fs::metadata(folder.join("_SUCCESS")).unwrap().len(), 0);
    }
    // Late rows: another file, another commit.
    world.write("t", PATH, "b.parquet", 3);
    let second = CommitItem { commit_id: "0a1b2c3d-2".to_owned(), ..item(Target::Table, PATH, 3) };
    announcer.announce(&[second], Timestamp(9000)).unwrap();
    let partition = world.partition("t", PATH);
    assert_eq!(of(&partition.parameters, &STATISTICS), ["2", "8", "8", "80"]);
    assert_eq!(of(&partition.parameters, &COMMIT), ["0a1b2c3d-2", "2"]);
    assert_eq!(partition.create_time, 5);
}

#[test]
fn the_marker_comes_last_and_is_renewed() {
    let world = World::new();
    world.write("t", PATH, "a.parquet", 5);
    let folder = world.dir.path().join("t").join(PATH);
    let seen = world.dir.path().join("seen");
    let look = custom(&format!("ls -A \"$SKEP_PARTITION_LOCATION\" > '{}'", seen.display()));
    let announcer = world.announcer([look, marker()]);
    let items = [item(Target::Table, PATH, 5)];
    announcer.announce(&items, Timestamp(0)).unwrap();
    assert_eq!(fs::read_to_string(seen).unwrap(), "_SUCCESS\na.parquet\n");
    let inode = || fs::metadata(folder.join("_SUCCESS")).unwrap().ino();
    // Held by a name of its own, so that the number cannot be used again.
    let before = inode();
    fs::hard_link(folder.join("_SUCCESS"), world.dir.path().join("old")).unwrap();
    announcer.announce(&items, Timestamp(0)).unwrap();
    assert_ne!(inode(), before);
    // Without the policy, the catalog hears nothing.
    let names = world.catalog.get_partitions(&"t".parse().unwrap(), &[PATH.parse().unwrap()]);
    assert!(names.unwrap().is_empty());
}

#[test]
fn a_command_gets_the_partition() {
    let world = World::new();
    let path = "dt=a%2Fb/hr=__HIVE_DEFAULT_PARTITION__";
    world.write("t_late", path, "a.parquet", 5);
    let out = world.dir.path().join("out");
    let command = format!("env | grep ^SKEP_ | LC_ALL=C sort > '{}'", out.display());
    let announcer = world.announcer([custom(&command), Policy::Metastore]);
    announcer.announce(&[item(Target::LateTable, path, 5)], Timestamp(0)).unwrap();
    let folder = world.dir.path().join("t_late").join(path);
    let want = format!(
        "SKEP_COMMIT_ID=0a1b2c3d-1\nSKEP_DATABASE=default\nSKEP_PARTITION={path}\n\
         SKEP_PARTITION_LOCATION={}\nSKEP_PARTITION_SPEC={{\"dt\":\"a/b\",\"hr\":null}}\n\
         SKEP_REVISION=1\nSKEP_TABLE=t_late\n",
        folder.display()
    );
    assert_eq!(fs::read_to_string(out).unwrap(), want);
}

#[test]
fn a_command_that_fails_is_repeated_without_a_new_revision() {
    let world = World::new();
    world.write("t", PATH, "a.parquet", 5);
    let items = [item(Target::Table, PATH, 5)];
    for _ in 0..2 {
        let announcer = world.announcer([custom("echo no >&2; exit 1"), Policy::Metastore]);
        let error = announcer.announce(&items, Timestamp(0)).unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.to_string().contains("stderr=no, table=default.t"), "{error}");
    }
    let announcer = world.announcer([custom("sleep 1000")]);
    let announcer = announcer.with_command_timeout(Duration::from_millis(50));
    let error = announcer.announce(&items, Timestamp(0)).unwrap_err();
    assert!(error.to_string().contains("took too long"), "{error}");
    assert_eq!(world.partition("t", PATH).revision(), 1);
}

#[test]
fn a_table_without_partitions_gets_statistics_and_a_marker() {
    let world = World::new();
    world.write("flat", "", "a.parquet", 5);
    let announcer = world.flat();
    let table = || world.catalog.get_table(&"flat".parse().unwrap()).unwrap();
    let first = item(Target::Table, "", 5);
    for _ in 0..2 {
        announcer.announce(std::slice::from_ref(&first), Timestamp(0)).unwrap();
        assert_eq!(of(&table().parameters, &STATISTICS), ["1", "5", "5", "50"]);
        assert_eq!(of(&table().parameters, &COMMIT), ["0a1b2c3d-1", "1"]);
    }
    world.write("flat", "", "b.parquet", 2);
    let second = CommitItem { commit_id: "0a1b2c3d-2".to_owned(), ..item(Target::Table, "", 2) };
    announcer.announce(&[second], Timestamp(0)).unwrap();
    assert_eq!(of(&table().parameters, &STATISTICS), ["2", "7", "7", "70"]);
    assert_eq!(of(&table().parameters, &COMMIT), ["0a1b2c3d-2", "2"]);
    assert!(world.dir.path().join("flat/_SUCCESS").is_file());
}

#[test]
fn many_partitions_go_in_batches() {
    let world = World::new();
    let paths: Vec<_> = (0..230).map(|n| format!("dt=2026-01-01/hr={n}")).collect();
    for path in &paths {
        world.write("t", path, "a.parquet", 1);
    }
    let items: Vec<_> = paths.iter().map(|path| item(Target::Table, path, 1)).collect();
    world.announcer([Policy::Metastore, marker()]).announce(&items, Timestamp(0)).unwrap();
    for path in &paths {
        assert_eq!(world.partition("t", path).revision(), 1);
        assert!(world.dir.path().join("t").join(path).join("_SUCCESS").is_file());
    }
}

#[test]
fn a_partition_without_rows_is_created() {
    let world = World::new();
    let empty = CommitItem { files: 0, ..item(Target::Table, PATH, 0) };
    world.announcer([Policy::Metastore]).announce(&[empty], Timestamp(0)).unwrap();
    assert_eq!(of(&world.partition("t", PATH).parameters, &STATISTICS), ["0", "0", "0", "0"]);
    assert!(world.dir.path().join("t").join(PATH).is_dir());
}

#[test]
fn what_stands_in_the_way_is_named() {
    let world = World::new();
    world.write("t", PATH, "a.parquet", 5);
    let announcer = world.announcer([Policy::Metastore, marker()]);
    let folder = world.dir.path().join("t");
    fs::create_dir(folder.join(PATH).join("_SUCCESS")).unwrap();
    fs::write(folder.join("dt=file"), "").unwrap();
    for (path, kind, want) in [
        (PATH, Kind::Unavailable, "cannot write the marker file (path="),
        ("dt=file/hr=1", Kind::Config, "a file has the name of a folder that is needed (path="),
        ("dt=1", Kind::Schema, "cannot tell the catalog of a partition (table=default.t)"),
        ("nonsense", Kind::Config, "cannot tell the catalog of a partition (table=default.t)"),
    ] {
        let error = announcer.announce(&[item(Target::Table, path, 5)], Timestamp(0)).unwrap_err();
        assert!(error.to_string().starts_with(want), "{path}: {error}");
        assert_eq!(error.kind(), kind, "{path}: {error}");
    }
    let letters = item(Target::DeadLetters, "", 1);
    let error = announcer.announce(&[letters], Timestamp(0)).unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
}

#[test]
fn a_dropped_table_is_named() {
    for partitioned in [true, false] {
        let world = World::new();
        let (announcer, path) = if partitioned {
            (world.announcer([Policy::Metastore]), PATH)
        } else {
            (world.flat(), "")
        };
        for table in ["t", "flat"] {
            world.catalog.drop_table(&table.parse().unwrap()).unwrap();
        }
        let error = announcer.announce(&[item(Target::Table, path, 5)], Timestamp(0)).unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound);
        let text = error.to_string();
        assert!(
            text.starts_with("the table is no longer in the catalog (table=default."),
            "{text}"
        );
    }
}
