//! The order rules as predicates over a job and the world around it, shared by the simulation and the tests.

use std::collections::BTreeSet;

use super::state::Job;
use crate::checkpoint::Checkpoint;
use crate::names::CheckpointId;

/// What an observer outside of the job can see.
#[derive(Debug, Default)]
pub struct World {
    /// Names of files that are complete, durable and invisible.
    pub staged: BTreeSet<String>,
    /// Names of visible files.
    pub visible: BTreeSet<String>,
    /// Every checkpoint ever saved, oldest first.
    pub saved: Vec<Checkpoint>,
    /// Partitions announced: path and the visible files at that moment.
    pub announced: Vec<(String, BTreeSet<String>)>,
}

/// Checks every rule.
///
/// # Errors
/// The first rule that is broken, in words.
pub fn all(job: &Job, world: &World) -> Result<(), String> {
    checkpoints_are_numbered_without_gaps(world)?;
    visible_files_are_named_by_a_saved_checkpoint(world)?;
    the_last_checkpoint_names_only_durable_files(world)?;
    held_files_are_durable_and_named_once(job, world)?;
    nothing_is_published_ahead_of_the_save(job, world)
}

fn checkpoints_are_numbered_without_gaps(world: &World) -> Result<(), String> {
    for (n, checkpoint) in (1..).zip(&world.saved) {
        if checkpoint.id != CheckpointId(n) {
            return Err(format!("checkpoint {} saved as number {n}", checkpoint.id));
        }
    }
    Ok(())
}

fn visible_files_are_named_by_a_saved_checkpoint(world: &World) -> Result<(), String> {
    let named: BTreeSet<&String> =
        world.saved.iter().flat_map(|c| c.staged.iter().map(|f| &f.name)).collect();
    match world.visible.iter().find(|name| !named.contains(name)) {
        Some(name) => Err(format!("{name} is visible, but no saved checkpoint names it")),
        None => Ok(()),
    }
}

fn the_last_checkpoint_names_only_durable_files(world: &World) -> Result<(), String> {
    let Some(last) = world.saved.last() else { return Ok(()) };
    for file in &last.staged {
        if !world.staged.contains(&file.name) && !world.visible.contains(&file.name) {
            return Err(format!("checkpoint {} names {}, which is gone", last.id, file.name));
        }
    }
    Ok(())
}

fn held_files_are_durable_and_named_once(job: &Job, world: &World) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for file in job.pending().flat_map(|pending| &pending.held) {
        if !world.staged.contains(&file.name) {
            return Err(format!("{} is held back for merging, but is not staged", file.name));
        }
        if !seen.insert(&file.name) {
            return Err(format!("{} is held back twice", file.name));
        }
    }
    Ok(())
}

fn nothing_is_published_ahead_of_the_save(job: &Job, world: &World) -> Result<(), String> {
    let (published, _) = job.published();
    let saved = world.saved.last().map_or(CheckpointId(0), |c| c.id);
    if published > saved {
        return Err(format!("checkpoint {published} is published, but only {saved} is saved"));
    }
    Ok(())
}
