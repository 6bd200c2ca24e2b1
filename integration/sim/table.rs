//! Tables as sources: the real enumerator looks at the files of the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use skep::read::enumerator::{Enumerator, Listing, Looked, ReplacedFiles, Rules};
use skep::read::order::Order;
use skep::read::state::{TableState, file_hash, partition_hash};
use skep::read::{DataFile, TablePartition};
use skep::source::{Discovery, FileIdentity, Offsets};

use super::chance::Chance;
use super::workload::{File, Workload};

/// Files of a partition.
const FILES: u64 = 3;

/// Gives the path of the n-th file; its partition is in it.
pub(super) fn path(n: u64) -> String {
    format!("file:/t/p={}/{n}.parquet", n / FILES)
}

fn partition_of(file: &File) -> &str {
    file.path.split('/').nth(2).unwrap_or_default()
}

fn partition(name: &str) -> TablePartition {
    TablePartition {
        name: name.to_owned(),
        values: vec![Some(name.to_owned())],
        location: format!("file:/t/{name}"),
        descriptor: Arc::default(),
        renamed: BTreeMap::new(),
        create_time: 0,
        parameters: BTreeMap::new(),
    }
}

fn data_file(file: &File) -> DataFile {
    let identity = FileIdentity { size: file.rows.len() as u64, modified_ns: 1, inode: 1 };
    DataFile::new(file.path.clone(), identity)
}

/// Tells whether a file was given out.
pub(super) fn is_known(offsets: &Offsets, file: &File) -> bool {
    let name = partition_of(file);
    let known = offsets.tables.get(&file.branch);
    let known = known.and_then(|state| state.known.files(partition_hash(name)));
    let hash = file_hash(&partition(name).location, &data_file(file));
    known.is_some_and(|files| files.contains(&hash))
}

/// What a process knows of the tables; it dies with the process.
#[derive(Debug, Default)]
pub(super) struct Tables(BTreeMap<u16, Enumerator>);

impl Tables {
    /// Looks at the tables as the real source does, and gives out some of what is new.
    pub(super) fn discover(
        &mut self,
        workload: &Workload,
        known: &Offsets,
        bounded: bool,
        chance: &mut Chance,
    ) -> Discovery {
        let mut found = Discovery { complete: bounded, ..Discovery::default() };
        for branch in 0..2 {
            let table = format!("d.t{branch}");
            let rules = Rules {
                branch,
                table: table.clone(),
                order: Order::PartitionName,
                start: None,
                replaced: ReplacedFiles::Read,
                watermark: None,
            };
            let enumerator = self.0.entry(branch).or_insert_with(|| Enumerator::new(rules));
            enumerator.take_in(listing(workload, branch));
            let state = known.tables.get(&branch).cloned();
            let state = state.unwrap_or_else(|| TableState::new(table));
            let starts = |file: &DataFile| {
                let file = &workload.files[workload.by_path[&file.path]];
                let starts = file.starts.iter().map(|start| *start as u64);
                starts.chain([file.rows.len() as u64]).collect::<Vec<_>>()
            };
            let cut = |_: &TablePartition, file: &DataFile| {
                Ok(starts(file).windows(2).map(|pair| pair[0]..pair[1]).collect())
            };
            let limit = 1 + chance.of(6) as usize;
            let given = enumerator.give(&state, limit, &cut).unwrap();
            found.complete &= given.left.is_none();
            found.left.extend(given.left.map(|least| (branch, least)));
            found.splits.extend(given.splits);
            found.tables.push(given.delta);
        }
        found
    }
}

fn listing(workload: &Workload, branch: u16) -> Listing {
    let mut partitions: BTreeMap<&str, Vec<DataFile>> = BTreeMap::new();
    let there = |file: &&File| file.branch == branch && file.there && !file.deleted;
    for file in workload.files.iter().filter(there) {
        partitions.entry(partition_of(file)).or_default().push(data_file(file));
    }
    let looked = |(name, files): (&str, Vec<DataFile>)| Looked {
        partition: Arc::new(partition(name)),
        files,
        unsettled: Vec::new(),
        view: None,
    };
    let partitions = partitions.into_iter().map(looked).collect();
    Listing { partitions, gone: Vec::new(), all: true }
}
