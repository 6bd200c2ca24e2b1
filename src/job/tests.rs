//! Single decisions of the state machine that the simulation would find only by chance.

use std::time::Duration;

use super::event::{Action, Event, JobPlan, Step};
use super::state::Job;
use crate::error::{Error, Kind};
use crate::names::{CheckpointId, JobId};
use crate::time::Timestamp;

fn plan() -> JobPlan {
    JobPlan {
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
