//! Random histories: whatever happens to a table, every version of a file that stays is given out exactly once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What can happen between two looks.
#[derive(Debug, Clone)]
enum Step {
    /// A file is added to a partition, which is made if it is not there; early ones arrive late.
    Add(u8),
    /// All files of a partition are replaced by one: INSERT OVERWRITE, or a compaction.
    Replace(u8),
    /// Some files are merged to one, the others stay.
    Merge(u8),
    /// A partition is dropped.
    Drop(u8),
    /// The table is looked at, and at most so many splits are taken.
    Poll(u8),
    /// More of what was found is taken.
    More(u8),
    /// The process dies, maybe before the last splits were saved, and starts again.
    Restart { saved: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..9_u8).prop_map(Step::Add),
        1 => (0..9_u8).prop_map(Step::Replace),
        1 => (0..9_u8).prop_map(Step::Merge),
        1 => (0..9_u8).prop_map(Step::Drop),
        5 => (0..9_u8).prop_map(Step::Poll),
        3 => (0..9_u8).prop_map(Step::More),
        1 => any::<bool>().prop_map(|saved| Step::Restart { saved }),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let by_day = || Extractor::new(Some("2020-01-$p"), None, &["p".to_owned()]).unwrap();
    prop_oneof![
        Just(Order::PartitionName),
        Just(Order::CreateTime),
        Just(Order::PartitionTime(by_day())),
    ]
}

/// Names with their creation time, path below and version.
type File = (String, String, u64);

struct World {
    partitions: BTreeMap<String, (i32, BTreeMap<String, u64>)>,
    /// What has changed since the last look.
    touched: BTreeSet<String>,
    /// The next look must be at everything.
    all: bool,
    version: u64,
    reading: Reading,
    /// What the job has taken in, and what the last checkpoint has.
    taken: BTreeMap<File, usize>,
    saved: (TableState, BTreeMap<File, usize>),
}

impl World {
    fn new(order: Order) -> Self {
        let reading = Reading::new(rules(order));
        Self {
            partitions: BTreeMap::new(),
            touched: BTreeSet::new(),
            all: true,
            version: 0,
            saved: (reading.state.clone(), BTreeMap::new()),
            reading,
            taken: BTreeMap::new(),
        }
    }

    fn files(&mut self, n: u8) -> (String, &mut BTreeMap<String, u64>, u64) {
        self.version += 1;
        let name = format!("p={}", n % 9 + 5);
        self.touched.insert(name.clone());
        let created = i32::from(n * 7 % 4);
        let entry = self.partitions.entry(name.clone());
        (name, &mut entry.or_insert((created, BTreeMap::new())).1, self.version)
    }

    fn happen(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Add(n) => {
                let (_, files, version) = self.files(*n);
                files.insert(format!("f{}", version % 5), version);
            }
            Step::Replace(n) => {
                let (_, files, version) = self.files(*n);
                files.clear();
                files.insert("only".to_owned(), version);
            }
            Step::Merge(n) => {
                let (_, files, version) = self.files(*n);
                files.retain(|name, _| name.ends_with(['0', '1', '2']));
                files.insert("merged".to_owned(), version);
            }
            Step::Drop(n) => {
                let name = format!("p={}", n % 9 + 5);
                self.partitions.remove(&name);
                self.touched.insert(name);
            }
            Step::Poll(limit) => {
                self.look();
                self.take(usize::from(*limit))?;
            }
            Step::More(limit) => self.take(usize::from(*limit))?,
            Step::Restart { saved: true } => {
                self.saved = (self.reading.state.clone(), self.taken.clone());
                self.restart();
            }
            Step::Restart { saved: false } => self.restart(),
        }
        Ok(())
    }

    fn restart(&mut self) {
        (self.reading.state, self.taken) = self.saved.clone();
        self.reading.restart();
        self.all = true;
    }

    fn look(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let all = std::mem::take(&mut self.all);
        let mut listing = Listing { all, ..Listing::default() };
        for (name, (created, files)) in &self.partitions {
            if all || touched.contains(name) {
                let files: Vec<_> = files.iter().map(|(f, v)| (f.as_str(), *v)).collect();
                listing.partitions.push(looked(name, *created, &files));
            }
        }
        let gone = touched.into_iter().filter(|name| !self.partitions.contains_key(name));
        listing.gone.extend(gone.filter(|_| !all));
        self.reading.enumerator.take_in(listing);
    }

    fn take(&mut self, limit: usize) -> Result<(), TestCaseError> {
        let reading = &mut self.reading;
        let given = reading.enumerator.give(&reading.state, limit, &halves).unwrap();
        reading.state.apply(&given.delta);
        let place = |split: &Split| match &split.detail {
            SplitDetail::TableFile { rank, partition, path, bytes, .. } => {
                (*rank, partition.clone(), path.clone(), bytes.0)
            }
            other => panic!("{other:?}"),
        };
        let places: Vec<_> = given.splits.iter().map(place).collect();
        prop_assert!(places.is_sorted(), "out of order: {places:?}");
        prop_assert!(places.len() <= limit.saturating_add(1), "{} of {limit}", places.len());
        for split in given.splits {
            let SplitDetail::TableFile { partition, path, identity, .. } = split.detail else {
                continue;
            };
            *self.taken.entry((partition, path, identity.inode)).or_default() += 1;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]
    #[test]
    fn every_version_of_a_file_is_read_exactly_once(
        order in order(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(order);
        for step in &steps {
            world.happen(step)?;
        }
        world.look();
        for _ in 0..3 {
            world.take(usize::MAX)?;
        }
        for (file, times) in &world.taken {
            // Each has two ranges.
            prop_assert_eq!(*times, 2, "{:?}", file);
        }
        let mut there = 0;
        for (name, (_, files)) in &world.partitions {
            for (file, version) in files {
                let key = (name.clone(), format!("file:/w/t/{name}/{file}"), *version);
                prop_assert!(world.taken.contains_key(&key), "{:?} is lost", key);
                there += 1;
            }
        }
        let known: usize = world.reading.state.known.iter().map(|(_, files)| files.len()).sum();
        prop_assert_eq!(known, there, "the state knows what exists");
        prop_assert_eq!(world.reading.state.known.len(), world.partitions.len());
        prop_assert!(world.reading.enumerator.is_empty(), "nothing is left over");
    }
}
