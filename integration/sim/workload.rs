//! What a seed stands for: a pipeline, its files, their rows, and how much goes wrong.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use skep::commit::trigger::{Extractor, Trigger};
use skep::job::event::{CommitPlan, JobPlan};
use skep::names::JobId;
use skep::source::{Discovery, FileIdentity, Offsets, Split, SplitDetail, SplitId};
use skep::time::Timestamp;
use skep::write::{PartitionKey, Target};

use super::chance::Chance;
use super::table;

/// 2026-01-01 20:00 UTC, so that some workloads pass midnight.
const BEGIN: i64 = 1_767_297_600_000;
const HOUR: i64 = 3_600_000;
const NO_TIME: &str = "dt=__HIVE_DEFAULT_PARTITION__/hr=__HIVE_DEFAULT_PARTITION__";
/// Bytes of a row in a file.
pub(super) const ROW_BYTES: u64 = 10;

/// What happens to rows for complete partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    Recommit,
    SideTable,
    Drop,
}

/// A record of the source; its index is its id.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its partition's folder; `None` if it cannot be decoded.
    pub(super) path: Option<String>,
    pub(super) time: Option<Timestamp>,
}

/// A file of the source.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) branch: u16,
    pub(super) rows: Range<usize>,
    /// Positions at which its splits begin.
    pub(super) starts: Vec<usize>,
    pub(super) there: bool,
    pub(super) deleted: bool,
}

/// How often things go wrong, in thousandths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    /// Whether a process that has ended well is started again.
    pub(super) restart: bool,
    pub(super) kill: u64,
    /// Of the killed processes, how many go on all the same.
    pub(super) zombie: u64,
    pub(super) stop: u64,
    pub(super) fail: u64,
    pub(super) lane: u64,
    pub(super) twice: u64,
}

impl Faults {
    pub(super) const NONE: Self =
        Self { restart: false, kill: 0, zombie: 0, stop: 0, fail: 0, lane: 0, twice: 0 };
}

/// Everything a seed decides before the first step.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) plan: JobPlan,
    pub(super) late: Late,
    pub(super) rows: Vec<Row>,
    pub(super) files: Vec<File>,
    pub(super) by_path: BTreeMap<String, usize>,
    /// The files are those of tables, one for each branch.
    pub(super) tables: bool,
    /// How far the watermark stays behind the latest row.
    pub(super) out_of_order: Duration,
    pub(super) faults: Faults,
    pub(super) steps: usize,
}

impl Workload {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let partitioned = chance.of(1000) < 875;
        let watched = chance.of(2) == 0;
        let plan = plan(chance, partitioned, watched);
        let (mut rows, mut files) = (Vec::new(), Vec::new());
        let tables = chance.of(3) == 0;
        let count = 1 + chance.of(8);
        for n in 0..count {
            let begin = rows.len();
            let hours = n as i64 * HOUR / 2;
            for _ in 0..=chance.of(40) {
                rows.push(row(chance, partitioned, hours));
            }
            let starts = (0..rows.len() - begin).filter(|at| *at == 0 || chance.of(12) == 0);
            let starts = starts.collect();
            files.push(File {
                path: if tables { table::path(n) } else { format!("/in/{n}.json") },
                branch: chance.of(2) as u16,
                rows: begin..rows.len(),
                starts,
                there: !watched || n == 0 || chance.of(3) == 0,
                deleted: false,
            });
        }
        let by_path = files.iter().enumerate().map(|(n, f)| (f.path.clone(), n)).collect();
        let late = [Late::Recommit, Late::SideTable, Late::Drop][chance.of(3) as usize];
        let out_of_order = Duration::from_millis(chance.of(2) * 300_000);
        let steps = 100 + chance.of(700) as usize;
        let faults = faults(chance);
        Self { plan, late, rows, files, by_path, tables, out_of_order, faults, steps }
    }

    /// Lists the source as `known` asks, in the way of `source::files`.
    pub(super) fn discover(&self, known: &Offsets, complete: bool) -> Discovery {
        let mut found = Discovery { complete, ..Discovery::default() };
        for file in self.files.iter().filter(|f| f.there) {
            let key = format!("{}:{}", file.branch, file.path);
            let begun = known.splits.values().any(|state| path_of(&state.split) == file.path);
            if file.deleted {
                if known.finished.contains_key(&key) {
                    found.forget.push(key);
                }
            } else if !begun && !known.finished.contains_key(&key) {
                found.splits.extend(splits(file));
            }
        }
        found
    }

    /// Tells whether a checkpoint has all of a file.
    pub(super) fn is_read(&self, offsets: &Offsets, file: &File) -> bool {
        let begun = offsets.splits.values().any(|state| path_of(&state.split) == file.path);
        if self.tables {
            return !begun && table::is_known(offsets, file);
        }
        offsets.finished.contains_key(&format!("{}:{}", file.branch, file.path))
    }

    /// Gives the file of a split, the record that its positions count from, and the position after its last one.
    pub(super) fn file_of(&self, split: &Split) -> (&File, usize, usize) {
        let file = &self.files[self.by_path[path_of(split)]];
        match &split.detail {
            SplitDetail::File { end: Some(end), .. } => (file, 0, *end as usize),
            SplitDetail::TableFile { bytes: (from, to), .. } => {
                (file, *from as usize, (to - from) as usize)
            }
            SplitDetail::File { end: None, .. }
            | SplitDetail::Sequence { .. }
            | SplitDetail::Partition { .. } => (file, 0, file.rows.len()),
        }
    }

    /// Finds where a row goes; `None`: it is dropped.
    pub(super) fn place(&self, row: usize, watermark: Option<Timestamp>) -> Option<PartitionKey> {
        let Some(path) = &self.rows[row].path else {
            return Some(PartitionKey { target: Target::DeadLetters, path: String::new() });
        };
        let trigger = self.plan.commit.as_ref().map(|commit| &commit.trigger);
        let threshold = trigger.and_then(|trigger| trigger.threshold(path));
        let late = threshold.zip(watermark).is_some_and(|(threshold, now)| now > threshold);
        let target = match self.late {
            Late::SideTable if late => Target::LateTable,
            Late::Drop if late => return None,
            Late::Recommit | Late::SideTable | Late::Drop => Target::Table,
        };
        Some(PartitionKey { target, path: path.clone() })
    }
}

fn plan(chance: &mut Chance, partitioned: bool, watched: bool) -> JobPlan {
    let columns = ["dt".to_owned(), "hr".to_owned()];
    let by_time = Extractor::new(Some("$dt $hr:00:00"), None, &columns).unwrap();
    let trigger = match chance.of(10) {
        0 => None,
        1..=4 if partitioned => Some(Trigger::PartitionTime {
            delay: Duration::from_millis(chance.of(3) * 1_800_000),
            zone: chrono_tz::Tz::UTC,
            extractor: by_time,
        }),
        _ => Some(Trigger::ProcessTime { delay: Duration::from_millis(chance.of(3) * 2000) }),
    };
    let seconds = |chance: &mut Chance, of| Duration::from_secs(1 + chance.of(of));
    let sometimes = |chance: &mut Chance| (chance.of(4) == 0).then(|| seconds(chance, 60));
    JobPlan {
        sources: Vec::new(),
        job: JobId::from_bits(chance.next() as u32),
        lanes: 1 + chance.of(4) as u16,
        discover_every: watched.then(|| seconds(chance, 5)),
        checkpoint_interval: Duration::from_millis(100 + chance.of(3000)),
        commit: trigger.map(|trigger| CommitPlan { trigger, idle_timeout: sometimes(chance) }),
        compaction: (chance.of(2) == 0).then(|| (2 + chance.of(60)) * ROW_BYTES),
        source_idle: sometimes(chance),
    }
}

fn row(chance: &mut Chance, partitioned: bool, hours: i64) -> Row {
    if chance.of(30) == 0 {
        return Row { path: None, time: None };
    }
    if chance.of(40) == 0 {
        let path = if partitioned { NO_TIME } else { "" };
        return Row { path: Some(path.to_owned()), time: None };
    }
    let straggles = if chance.of(10) == 0 { 3 * HOUR } else { 0 };
    let time = (BEGIN + hours + chance.of(HOUR as u64) as i64 - straggles).max(BEGIN);
    let (day, hour) = (time.div_euclid(24 * HOUR), time.rem_euclid(24 * HOUR) / HOUR);
    let day = day - BEGIN.div_euclid(24 * HOUR) + 1;
    let path =
        if partitioned { format!("dt=2026-01-{day:02}/hr={hour:02}") } else { String::new() };
    Row { path: Some(path), time: Some(Timestamp(time)) }
}

fn faults(chance: &mut Chance) -> Faults {
    let mut up_to = |most| if chance.of(3) == 0 { 0 } else { chance.of(most) };
    Faults {
        restart: true,
        kill: up_to(25),
        zombie: up_to(700),
        stop: up_to(6),
        fail: up_to(300),
        lane: up_to(3),
        twice: up_to(500),
    }
}

fn splits(file: &File) -> impl Iterator<Item = Split> {
    let ends = file.starts.iter().skip(1).map(|end| Some(*end as u64)).chain([None]);
    file.starts.iter().zip(ends).map(|(start, end)| Split {
        id: SplitId(format!("b{}:{}@{start}", file.branch, file.path)),
        branch: file.branch,
        start: *start as u64,
        detail: SplitDetail::File {
            path: file.path.clone(),
            identity: FileIdentity { size: file.rows.len() as u64, modified_ns: 1, inode: 1 },
            end,
        },
    })
}

pub(super) fn path_of(split: &Split) -> &str {
    match &split.detail {
        SplitDetail::File { path, .. } | SplitDetail::TableFile { path, .. } => path,
        SplitDetail::Sequence { .. } | SplitDetail::Partition { .. } => "",
    }
}
