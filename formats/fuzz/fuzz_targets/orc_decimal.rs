//! Any bytes as the streams of decimals.

#![no_main]

use formats_fuzz::orc::stream::{DATA, PRESENT, ROW_INDEX, SECONDARY};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(14, &[PRESENT, DATA, SECONDARY, ROW_INDEX])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
