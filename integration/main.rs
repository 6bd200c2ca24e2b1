//! The service's tests: one target, so that it links once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backfill;
mod cli;
mod crash;
mod failures;
mod inspect;
mod joins;
mod metastore;
mod migrate;
mod orc;
mod replay;
mod sim;
mod streams;
mod support;
mod tables;
mod tail;
mod tidy;
mod transactions;
mod virtual_columns;
