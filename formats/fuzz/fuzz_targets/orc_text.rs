//! Any bytes as the streams of texts, with a dictionary and without, and of binaries.

#![no_main]

use formats_fuzz::orc::stream::{BLOOM, DATA, DICTIONARY, LENGTH, PRESENT, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(7, &[PRESENT, DATA, LENGTH, DICTIONARY, ROW_INDEX, BLOOM])],
    &[leaf(8, &[PRESENT, DATA, LENGTH])],
    &[leaf(16, &[PRESENT, DATA, LENGTH, DICTIONARY])],
    &[leaf(17, &[PRESENT, DATA, LENGTH, DICTIONARY])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
