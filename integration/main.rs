//! The service's tests: one target, so that it links once. A test fails if a file here is not listed.

mod cli;
mod crash;
mod support;
