//! Any bytes as the streams of timestamps with and without a zone.

#![no_main]

use formats_fuzz::orc::stream::{DATA, PRESENT, ROW_INDEX, SECONDARY};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const SHAPES: &[&[Column]] = &[
    &[leaf(9, &[PRESENT, DATA, SECONDARY, ROW_INDEX])],
    &[leaf(18, &[PRESENT, DATA, SECONDARY])],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
