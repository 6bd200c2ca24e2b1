//! How far a backfill has come: a bar with the time that is left on a terminal, lines elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::super::progress::Progress;
use super::super::tell;
use crate::checkpoint::Checkpoint;
use crate::job::lane::Shared;
use crate::source::Split;

const REDRAW: Duration = Duration::from_millis(200);
/// Redraws between two lines where nothing can be drawn.
const LINE_EVERY: u32 = 50;

/// What is shown.
pub(super) struct Facts {
    /// On a terminal.
    pub(super) drawn: bool,
    /// Not at all.
    pub(super) quiet: bool,
    pub(super) name: String,
    /// Weight of all splits.
    pub(super) total: u64,
    /// Weight of what earlier runs have read.
    pub(super) before: u64,
    pub(super) live: Arc<Shared>,
    /// Partitions that are done.
    pub(super) swapped: Arc<AtomicU64>,
}

/// Gives the weight of what a checkpoint has read.
pub(super) fn read(splits: &[Split], last: &Checkpoint) -> u64 {
    let known: BTreeMap<_, _> = last.offsets.splits.iter().collect();
    let of = |split: &Split| {
        let whole = split.weight(split.start).unwrap_or(0);
        let finished =
            split.finished_key().is_some_and(|key| last.offsets.finished.contains_key(&key));
        match known.get(&split.id) {
            _ if finished => whole,
            Some(state) if state.done => whole,
            Some(state) => whole - split.weight(state.next).unwrap_or(0).min(whole),
            None => 0,
        }
    };
    splits.iter().map(of).sum()
}

/// Begins to show it.
pub(super) fn start(facts: Facts) -> Progress {
    Progress::show(
        !facts.quiet,
        move |done| {
            if facts.drawn { draw(done, &facts) } else { lines(done, &facts) }
        },
    )
}

/// One look at it.
struct Look {
    /// Weight that is read, by all runs.
    read: u64,
    rows: u64,
    swapped: u64,
}

fn look(facts: &Facts) -> Look {
    let read = facts.before + facts.live.weight.load(Ordering::Relaxed);
    Look {
        read: read.min(facts.total),
        rows: facts.live.rows_in.load(Ordering::Relaxed),
        swapped: facts.swapped.load(Ordering::Relaxed),
    }
}

/// Gives how long the rest takes at the speed so far; `None` if nothing is read yet, or everything is.
fn left(look: &Look, facts: &Facts, elapsed: Duration) -> Option<Duration> {
    let read = look.read.saturating_sub(facts.before);
    let rest = facts.total.saturating_sub(look.read);
    (read > 0 && rest > 0).then(|| elapsed.mul_f64(rest as f64 / read as f64))
}

fn text(look: &Look, facts: &Facts, elapsed: Duration) -> String {
    let rate = u128::from(look.rows) * 1000 / elapsed.as_millis().max(1);
    let mut text = format!("{} rows in, {rate} rows/s", look.rows);
    if let Some(left) = left(look, facts, elapsed) {
        let seconds = left.as_secs();
        text += &format!(", {}:{:02} left", seconds / 60, seconds % 60);
    }
    if look.swapped > 0 {
        text += &format!(", {} partitions done", look.swapped);
    }
    text
}

fn draw(done: &AtomicBool, facts: &Facts) {
    let bar = ProgressBar::new(facts.total.max(1));
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} [{bar:30}] {percent}% {msg}")
    {
        bar.set_style(style);
    }
    while !done.load(Ordering::Relaxed) {
        let look = look(facts);
        bar.set_message(text(&look, facts, bar.elapsed()));
        bar.set_position(look.read);
        std::thread::park_timeout(REDRAW);
    }
    bar.finish_and_clear();
}

fn lines(done: &AtomicBool, facts: &Facts) {
    // The bar is not drawn; it has the clock.
    let bar = ProgressBar::hidden();
    let mut turn = 0;
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(REDRAW);
        turn += 1;
        if turn % LINE_EVERY == 0 && !done.load(Ordering::Relaxed) {
            let look = look(facts);
            let percent = u128::from(look.read) * 100 / u128::from(facts.total.max(1));
            tell(&format!("{}: {percent}%, {}", facts.name, text(&look, facts, bar.elapsed())));
        }
    }
}
