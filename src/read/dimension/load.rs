//! From the files of a table to its copy in memory.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{DimensionPlan, Look};
use crate::error::{Error, Result};
use crate::read::{DataFile, Files, ReadTable, ScanPlan, TablePartition, scan, split_ranges};
use crate::sql::bind::LookupQuery;
use crate::sql::lookup::{LookupPart, LookupTable};

/// Bytes of a file that are read as one piece of work.
const PIECE: u64 = 64 << 20;

/// Loads what a query wants of a table, by some threads.
///
/// # Errors
/// As the files'; `Config` if it does not fit into its memory; `Schema` if a column has changed its type.
pub(super) fn load(
    kept: &DimensionPlan,
    query: &LookupQuery,
    files: &Files,
    look: &Look,
    threads: usize,
) -> Result<LookupTable> {
    let plan = scan_plan(kept, query, &look.table)?;
    let mut work = Vec::new();
    for (partition, found) in &look.partitions {
        if !plan.wants(partition)? {
            continue;
        }
        for file in found {
            for range in split_ranges(file, partition, PIECE)? {
                work.push(Piece { partition, file, range });
            }
        }
    }
    let loading = Loading {
        kept,
        query,
        plan: &plan,
        files,
        next: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
    };
    let threads = threads.min(work.len()).max(1);
    let done: Vec<Result<Loaded>> = std::thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads).map(|_| scope.spawn(|| loading.work(&work))).collect();
        let ended = spawned.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::internal("a load has panicked")))
        });
        ended.collect()
    });
    let mut all: Loaded = Vec::new();
    for some in done {
        all.append(&mut some?);
    }
    // Rows with the same key come in the table's order.
    all.sort_by_key(|(at, _)| *at);
    let table = query.build(all.into_iter().flat_map(|(_, parts)| parts).collect())?;
    fits(kept, table.bytes() as u64)?;
    Ok(table)
}

/// Plans a scan of the columns that a query reads.
fn scan_plan(kept: &DimensionPlan, query: &LookupQuery, table: &ReadTable) -> Result<ScanPlan> {
    let wanted = query.columns();
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let mut plan = ScanPlan::new(table, Some(&names))?;
    for (column, (name, ty)) in plan.table_columns().iter().zip(wanted) {
        if column.ty != *ty {
            return Err(Error::schema("a column of a dimension has changed its type")
                .with("column", name)
                .with("now", &column.ty)
                .with("before", ty)
                .with_hint("start the pipeline again"));
        }
    }
    plan.predicate = query.predicate().cloned();
    plan.options = kept.read.clone();
    Ok(plan)
}

/// Tells whether so many bytes may be kept.
fn fits(kept: &DimensionPlan, bytes: u64) -> Result<()> {
    if bytes <= kept.max_bytes {
        return Ok(());
    }
    Err(Error::config("a dimension does not fit into lookup.join.cache.max-size")
        .with("table", &kept.table)
        .with("bytes", bytes)
        .with("limit", kept.max_bytes)
        .with_hint("select fewer of its columns, keep rows out with WHERE, or raise the limit"))
}

/// A range of a file.
#[derive(Debug)]
struct Piece<'a> {
    partition: &'a TablePartition,
    file: &'a DataFile,
    range: Range<u64>,
}

/// Pieces of work that are done: their place and their rows.
type Loaded = Vec<(usize, Vec<LookupPart>)>;

/// A load that is going on, shared by its threads.
#[derive(Debug)]
struct Loading<'a> {
    kept: &'a DimensionPlan,
    query: &'a LookupQuery,
    plan: &'a ScanPlan,
    files: &'a Files,
    next: AtomicUsize,
    bytes: AtomicU64,
}

impl Loading<'_> {
    fn work(&self, pieces: &[Piece<'_>]) -> Result<Loaded> {
        let mut done = Vec::new();
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(at) else { return Ok(done) };
            match self.read(piece) {
                Ok(parts) => done.push((at, parts)),
                Err(error) => {
                    // The others need not go on.
                    self.next.store(pieces.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }

    fn read(&self, piece: &Piece<'_>) -> Result<Vec<LookupPart>> {
        let range = Some(piece.range.clone());
        let mut parts = Vec::new();
        for batch in scan(self.plan, self.files, piece.partition, piece.file, range)? {
            let part = self.query.part(&batch?)?;
            if part.rows == 0 {
                continue;
            }
            let own = part.bytes() as u64;
            let all = self.bytes.fetch_add(own, Ordering::Relaxed) + own;
            fits(self.kept, all)?;
            parts.push(part);
        }
        Ok(parts)
    }
}
