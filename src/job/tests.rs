//! Single decisions of the state machine that the simulation would find only by chance.

use std::collections::BTreeMap;
use std::time::Duration;

use super::event::{Action, AfterBarrier, Event, JobPlan, LaneSnapshot, SplitProgress, Step};
use super::state::Job;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Kind};
use crate::names::{CheckpointId, JobId, LaneId};
use crate::source::tables::{FileHash, PartitionHash, TableDelta};
use crate::source::{Discovery, FileIdentity, Split, SplitDetail, SplitId};
use crate::time::Timestamp;

fn plan() -> JobPlan {
    JobPlan {
        sources: Vec::new(),
        job: JobId("0a1b2c3d".to_owned()),
        lanes: 1,
        discover_every: None,
        checkpoint_interval: Duration::from_secs(10),
        commit: None,
        compaction: None,
        source_idle: None,
    }
}

fn failed() -> Event {
    Event::Failed { step: Step::Publish, error: Error::unavailable("the disk is away") }
}

#[test]
fn a_stop_does_not_wait_for_the_pause_of_a_failing_publication() {
    let (mut job, first) = Job::restore(plan(), None, Timestamp(0));
    assert!(matches!(first.as_slice(), [Action::Save(_)]), "{first:?}");
    job.handle(Event::Saved(CheckpointId(1)), Timestamp(1));
    for attempt in 0..5 {
        let actions = job.handle(failed(), Timestamp(10_000 * attempt));
        assert!(matches!(actions.as_slice(), [Action::Warn { .. }]), "{actions:?}");
        assert!(job.handle(Event::Tick, Timestamp(10_000 * attempt + 1)).is_empty(), "it pauses");
        if attempt < 4 {
            job.handle(Event::Tick, Timestamp(10_000 * attempt + 9_999));
        }
    }
    let actions = job.handle(Event::Stop, Timestamp(40_002));
    assert!(matches!(actions.as_slice(), [Action::Publish(..)]), "one more try: {actions:?}");
    let actions = job.handle(failed(), Timestamp(40_003));
    match actions.as_slice() {
        [Action::Exit(Err(error))] => assert_eq!(error.kind(), Kind::Unavailable),
        other => panic!("{other:?}"),
    }
}

/// A file of a table as a split, and what becomes known by it.
fn found(n: u64, left: bool) -> Discovery {
    let identity = FileIdentity { size: 10, modified_ns: 0, inode: n };
    let detail = SplitDetail::TableFile {
        partition: format!("dt={n}"),
        rank: 0,
        path: format!("file:/t/dt={n}/f"),
        identity,
        bytes: (0, 10),
        time: Some(Timestamp(100 * n.cast_signed())),
        seen: None,
    };
    let split = Split { id: SplitId(format!("b0:{n}")), branch: 0, start: 0, detail };
    let delta = TableDelta {
        branch: 0,
        table: "d.t".to_owned(),
        partitions: vec![(PartitionHash(n), Some(vec![FileHash(n)]))],
        written: Vec::new(),
    };
    let left = left.then_some((0, Some(Timestamp(100 * n.cast_signed() + 100))));
    Discovery {
        splits: vec![split],
        tables: vec![delta],
        left: left.into_iter().collect(),
        complete: left.is_none(),
        forget: Vec::new(),
    }
}

fn known_partitions(checkpoint: &Checkpoint) -> Vec<u64> {
    checkpoint.offsets.tables[&0].known.iter().map(|(partition, _)| partition.0).collect()
}

/// Has the job publish the checkpoint that it is about to save, and gives that one.
fn publish(job: &mut Job, actions: Vec<Action>, now: Timestamp) -> (Checkpoint, Vec<Action>) {
    let saved = actions.into_iter().find_map(|action| match action {
        Action::Save(checkpoint) => Some(*checkpoint),
        _ => None,
    });
    let saved = saved.unwrap();
    job.handle(Event::Saved(saved.id), now);
    let actions = job.handle(Event::Published(saved.id), now);
    (saved, actions)
}

#[test]
fn splits_and_what_is_known_by_them_are_in_the_same_checkpoint() {
    let now = Timestamp(0);
    let (mut job, first) = Job::restore(plan(), None, now);
    let (_, actions) = publish(&mut job, first, now);
    assert!(matches!(actions.as_slice(), [.., Action::Discover(_)]), "{actions:?}");
    // There is more than is given at once, so it is asked for as soon as few splits wait.
    let actions = job.handle(Event::Discovered(found(1, true)), now);
    let Some(Action::Discover(known)) = actions.iter().find(|a| matches!(a, Action::Discover(_)))
    else {
        panic!("{actions:?}");
    };
    assert!(known.splits.is_empty() && known.tables[&0].known.len() == 1, "{known:?}");
    assert!(
        actions.iter().any(|a| matches!(a, Action::Assign(_, split, 0) if split.id.0 == "b0:1"))
    );
    let actions = job.handle(Event::Discovered(found(2, false)), now);
    assert!(actions.is_empty(), "the lane is busy, and there is no more: {actions:?}");
    let later = now.plus(Duration::from_secs(10));
    let split = SplitId("b0:1".to_owned());
    job.handle(Event::Progress { split: split.clone() }, now);
    let actions = job.handle(Event::SplitEnded { lane: LaneId(0), split: split.clone() }, later);
    assert!(
        matches!(
            actions.as_slice(),
            [
                Action::Assign(..),
                Action::Barrier(LaneId(0), CheckpointId(2), AfterBarrier::Continue)
            ]
        ),
        "{actions:?}"
    );
    let ended = SplitProgress { id: split, next: 5, done: true, watermark: None };
    let snapshot = LaneSnapshot { splits: vec![ended], ..LaneSnapshot::default() };
    let drained = Event::Drained { lane: LaneId(0), checkpoint: CheckpointId(2), snapshot };
    let actions = job.handle(drained, later);
    let (saved, _) = publish(&mut job, actions, later);
    assert_eq!(known_partitions(&saved), [1, 2]);
    assert_eq!(saved.offsets.splits.keys().map(|id| id.0.as_str()).collect::<Vec<_>>(), ["b0:2"]);
    assert_eq!(saved.watermark, Some(Timestamp(100)), "what it has read");
    // After a restart what is unread is read first, and holds the watermark.
    let (mut job, first) = Job::restore(plan(), Some(saved), later);
    let [Action::Publish(id, _)] = first.as_slice() else { panic!("{first:?}") };
    let actions = job.handle(Event::Published(*id), later);
    let (_, actions) = publish(&mut job, actions, later);
    assert!(
        actions.iter().any(|a| matches!(a, Action::Assign(_, split, 0) if split.id.0 == "b0:2"))
    );
    let gone = TableDelta {
        branch: 0,
        table: "d.t".to_owned(),
        partitions: vec![(PartitionHash(1), None)],
        written: Vec::new(),
    };
    let nothing = Discovery { tables: vec![gone], complete: true, ..Discovery::default() };
    assert_eq!(nothing.left, BTreeMap::new());
    let actions = job.handle(Event::Discovered(nothing), later.plus(Duration::from_secs(10)));
    assert!(
        matches!(actions.as_slice(), [Action::Barrier(..)]),
        "a change worth saving: {actions:?}"
    );
}

/// A partition of a topic as a split that begins and ends there.
fn partition(start: u64, end: Option<u64>) -> Discovery {
    let detail = SplitDetail::Partition { topic: "t".to_owned(), partition: 0, end };
    let split = Split { id: SplitId("b0:t/0".to_owned()), branch: 0, start, detail };
    Discovery { splits: vec![split], complete: end.is_some(), ..Discovery::default() }
}

#[test]
fn an_end_that_is_set_after_a_restart_holds_for_a_partition_that_was_read_without_one() {
    let now = Timestamp(0);
    let id = SplitId("b0:t/0".to_owned());
    let discover_every = Some(Duration::from_secs(300));
    let (mut job, first) = Job::restore(JobPlan { discover_every, ..plan() }, None, now);
    publish(&mut job, first, now);
    job.handle(Event::Discovered(partition(0, None)), now);
    job.handle(Event::Progress { split: id.clone() }, now);
    let later = now.plus(Duration::from_secs(10));
    job.handle(Event::Tick, later);
    let watermark = Some(Timestamp(77));
    let read = SplitProgress { id: id.clone(), next: 7, done: false, watermark };
    let snapshot = LaneSnapshot { splits: vec![read], ..LaneSnapshot::default() };
    let drained = Event::Drained { lane: LaneId(0), checkpoint: CheckpointId(2), snapshot };
    let actions = job.handle(drained, later);
    let (saved, _) = publish(&mut job, actions, later);

    let (mut job, first) = Job::restore(plan(), Some(saved), later);
    let [Action::Publish(last, _)] = first.as_slice() else { panic!("{first:?}") };
    let actions = job.handle(Event::Published(*last), later);
    let (_, actions) = publish(&mut job, actions, later);
    let assigned = |actions: &[Action]| -> Vec<(Option<u64>, u64)> {
        let of = |action: &Action| match action {
            Action::Assign(_, split, from) => Some((split.weight(*from), *from)),
            _ => None,
        };
        actions.iter().filter_map(of).collect()
    };
    assert_eq!(assigned(&actions), [], "the source says first how far it is to be read");
    let actions = job.handle(Event::Discovered(partition(7, Some(9))), later);
    assert_eq!(assigned(&actions), [(Some(2), 7)]);
    // It ends there, and so does the job, with what it knew of the partition's time.
    job.handle(Event::Progress { split: id.clone() }, later);
    let actions = job.handle(Event::SplitEnded { lane: LaneId(0), split: id.clone() }, later);
    let Some(Action::Barrier(_, checkpoint, _)) = actions.last() else { panic!("{actions:?}") };
    let read = SplitProgress { id, next: 9, done: true, watermark: None };
    let snapshot = LaneSnapshot { splits: vec![read], ..LaneSnapshot::default() };
    let drained = Event::Drained { lane: LaneId(0), checkpoint: *checkpoint, snapshot };
    let actions = job.handle(drained, later);
    let (saved, actions) = publish(&mut job, actions, later);
    assert_eq!(saved.watermark, watermark);
    assert!(actions.iter().any(|a| matches!(a, Action::Barrier(..))), "the last one: {actions:?}");
}
