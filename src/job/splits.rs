//! Splits as the state machine keeps them: in which order they are read, and what is left of finished ones.

use std::collections::{BTreeSet, VecDeque};

use crate::source::{Offsets, SplitDetail, SplitId, SplitState};

/// Gives the splits that are not read to their end, in reading order: those read in turn, and the others.
pub(super) fn unread(offsets: &Offsets) -> (VecDeque<SplitId>, VecDeque<SplitId>) {
    let mut splits: Vec<_> = offsets.splits.values().filter(|s| !s.done).collect();
    splits.sort_by_cached_key(|s| {
        let (rank, partition, place, number) = match &s.split.detail {
            SplitDetail::File { path, .. } => (0, "", path.as_str(), s.split.start),
            SplitDetail::Sequence { index, .. } => (0, "", "", *index),
            SplitDetail::Partition { topic, partition, .. } => {
                (0, "", topic.as_str(), u64::try_from(*partition).unwrap_or(0))
            }
            SplitDetail::TableFile { rank, partition, path, bytes, .. } => {
                (*rank, partition.as_str(), path.as_str(), bytes.0)
            }
        };
        (s.split.branch, rank, partition.to_owned(), place.to_owned(), number)
    });
    let (mut shared, mut alone) = (VecDeque::new(), VecDeque::new());
    for SplitState { split, .. } in splits {
        let queue = if split.detail.is_shared() { &mut shared } else { &mut alone };
        queue.push_back(split.id.clone());
    }
    (shared, alone)
}

/// Gives what a source must know to list what is new.
///
/// The files of tables are known by [`Offsets::tables`], and there may be many splits of them.
pub(super) fn known(offsets: &Offsets) -> Offsets {
    let splits = offsets.splits.iter();
    let splits = splits.filter(|(_, s)| !matches!(s.split.detail, SplitDetail::TableFile { .. }));
    Offsets {
        sources: Vec::new(),
        splits: splits.map(|(id, state)| (id.clone(), state.clone())).collect(),
        finished: offsets.finished.clone(),
        tables: offsets.tables.clone(),
    }
}

/// Replaces the splits of files that are read to their end by one entry a file; those of tables' files have theirs already.
pub(super) fn fold_finished(offsets: &mut Offsets, done: &[SplitId]) {
    let mut candidates = BTreeSet::new();
    for id in done {
        let of_table = |s: &SplitState| matches!(s.split.detail, SplitDetail::TableFile { .. });
        if offsets.splits.get(id).is_some_and(of_table) {
            offsets.splits.remove(id);
        }
        if let Some(SplitState { split, .. }) = offsets.splits.get(id)
            && let SplitDetail::File { path, .. } = &split.detail
        {
            candidates.insert((split.branch, path.clone()));
        }
    }
    if candidates.is_empty() {
        return;
    }
    let of = |state: &SplitState| match &state.split.detail {
        SplitDetail::File { path, .. } => Some((state.split.branch, path.clone())),
        SplitDetail::Sequence { .. }
        | SplitDetail::Partition { .. }
        | SplitDetail::TableFile { .. } => None,
    };
    for state in offsets.splits.values().filter(|state| !state.done) {
        if let Some(file) = of(state) {
            candidates.remove(&file);
        }
    }
    let mut identities = Vec::new();
    offsets.splits.retain(|_, state| {
        let Some(file) = of(state).filter(|file| candidates.contains(file)) else { return true };
        if let SplitDetail::File { identity, .. } = &state.split.detail {
            identities.push((format!("{}:{}", file.0, file.1), identity.clone()));
        }
        false
    });
    offsets.finished.extend(identities);
}
