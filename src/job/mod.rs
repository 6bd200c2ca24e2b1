//! What moves the straight line: one pure state machine a pipeline ([`state`]), and the thin shell that carries out its
//! actions ([`run`], [`lane`]).

pub mod alignment;
pub mod commits;
pub mod event;
pub mod invariants;
pub mod lane;
mod lane_rows;
pub mod lane_writer;
pub mod pace;
pub mod plan;
mod retry;
pub mod run;
pub mod scope;
mod splits;
pub mod state;
#[cfg(test)]
mod tests;
pub mod watermark;
