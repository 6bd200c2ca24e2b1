//! Exactly-once delivery under faults: the real state machine in a world that is made of a seed.
//!
//! ```text
//! seed ─► workload ─► harness ─► process: Job + lanes + helpers ─► world: fake store, checks
//!                     kill, stop, zombie, time      fail, late, twice
//! ```
//!
//! A *process* holds the job and everything that dies with it; what it has sent out is carried out one by one, in any order
//! that the real threads could show. The *world* outlives it. After every step the order rules are checked
//! (`job::invariants`), and those that only the world can see. At the end all faults cease: each row must be in the right
//! partition once, every partition announced with all its files, the counts exact, and nothing left to do.
//!
//! `SIM_SEEDS=10000 cargo test --release --test integration sim` runs more seeds, `SIM_SEED=42` traces one.

mod chance;
mod harness;
mod lane;
mod process;
mod table;
mod workload;
mod world;

use harness::{Seen, Sim};

/// Seeds that run if nobody asks for more.
const SEEDS: u64 = 64;
/// Lines of a trace that are shown with a failure.
const TAIL: usize = 40;

fn number(variable: &str) -> Option<u64> {
    Some(std::env::var_os(variable)?.to_str()?.parse().unwrap())
}

fn run(seed: u64) -> Result<Seen, String> {
    let mut sim = Sim::new(seed, false);
    match sim.run() {
        Ok(()) => Ok(sim.seen),
        Err(why) => {
            let mut again = Sim::new(seed, true);
            drop(again.run());
            let trace = again.into_trace();
            let tail = trace[trace.len().saturating_sub(TAIL)..].join("\n");
            Err(format!("seed {seed}: {why}\n{tail}\nseed {seed}: {why}"))
        }
    }
}

#[test]
fn every_seed_delivers_each_row_exactly_once() {
    if let Some(seed) = number("SIM_SEED") {
        let mut sim = Sim::new(seed, true);
        let done = sim.run();
        let seen = sim.seen;
        println!("{}\n{seen:?}", sim.into_trace().join("\n"));
        done.unwrap();
        return;
    }
    let mut sum = Seen::default();
    for seed in 0..number("SIM_SEEDS").unwrap_or(SEEDS) {
        match run(seed) {
            Ok(seen) => sum.add(seen),
            Err(why) => panic!("{why}"),
        }
    }
    println!("{sum:?}");
    assert!(sum.kills > 50 && sum.fenced > 5 && sum.announced > 100, "too little happens: {sum:?}");
}
