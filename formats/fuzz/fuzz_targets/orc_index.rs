//! Any bytes as row indexes and bloom filters of an integer and a text column.

#![no_main]

use formats_fuzz::orc::stream::{BLOOM, DATA, DICTIONARY, LENGTH, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(4, &[DATA, ROW_INDEX, BLOOM])],
    &[leaf(7, &[DATA, LENGTH, DICTIONARY, ROW_INDEX, BLOOM])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
