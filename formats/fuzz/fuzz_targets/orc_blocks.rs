//! Any bytes as compressed blocks of each codec.

#![no_main]

use formats_fuzz::orc::stream::{DATA, LENGTH, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(4, &[DATA, ROW_INDEX])],
    &[leaf(7, &[DATA, LENGTH])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, true, data));
