//! Any bytes as the streams of integers, dates and floats, in both forms of run lengths.

#![no_main]

use formats_fuzz::orc::stream::{DATA, PRESENT, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(2, &[PRESENT, DATA])],
    &[leaf(3, &[PRESENT, DATA])],
    &[leaf(4, &[PRESENT, DATA, ROW_INDEX])],
    &[leaf(15, &[PRESENT, DATA])],
    &[leaf(5, &[PRESENT, DATA])],
    &[leaf(6, &[PRESENT, DATA, ROW_INDEX])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
