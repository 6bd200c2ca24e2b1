//! Any bytes as the streams of a boolean and of a byte column.

#![no_main]

use formats_fuzz::orc::stream::{DATA, PRESENT, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(0, &[PRESENT, DATA, ROW_INDEX])],
    &[leaf(1, &[PRESENT, DATA, ROW_INDEX])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
