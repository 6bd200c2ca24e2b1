//! One progress line on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::job::lane::Shared;

const REDRAW: Duration = Duration::from_millis(200);

/// Draws what the pipelines have done, until it is finished.
#[derive(Debug)]
pub(super) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to draw, if `drawn`.
    pub(super) fn start(drawn: bool, pipelines: Vec<Arc<Shared>>) -> Self {
        Self::show(drawn, move |done| draw(done, &pipelines))
    }

    /// Begins to show something in a thread of its own, if `shown`: until it is done, parked in between.
    pub(super) fn show(shown: bool, draw: impl FnOnce(&AtomicBool) + Send + 'static) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let thread = shown.then(|| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || draw(&done))
        });
        Self { done, thread }
    }

    /// Ends it.
    pub(super) fn finish(self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

fn draw(done: &AtomicBool, pipelines: &[Arc<Shared>]) {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    while !done.load(Ordering::Relaxed) {
        let sum = |of: fn(&Shared) -> u64| pipelines.iter().map(|p| of(p)).sum::<u64>();
        let rows_in = sum(|p| p.rows_in.load(Ordering::Relaxed));
        let rows_out = sum(|p| p.rows_out.load(Ordering::Relaxed));
        let rejected = sum(|p| p.rejected.load(Ordering::Relaxed));
        let bytes = sum(|p| p.bytes_in.load(Ordering::Relaxed)) >> 20;
        bar.set_message(format!(
            "{rows_in} rows in, {rows_out} out, {rejected} rejected, {bytes} MB"
        ));
        bar.tick();
        std::thread::park_timeout(REDRAW);
    }
    bar.finish_and_clear();
}
