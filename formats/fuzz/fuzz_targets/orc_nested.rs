//! Any bytes as the streams of lists, maps, structs and unions.

#![no_main]

use formats_fuzz::orc::stream::{DATA, DICTIONARY, LENGTH, PRESENT, ROW_INDEX};
use formats_fuzz::orc::{Column, leaf, read_streams};
use libfuzzer_sys::fuzz_target;

const INT: Column = leaf(3, &[PRESENT, DATA, ROW_INDEX]);
const TEXT: Column = leaf(7, &[DATA, LENGTH, DICTIONARY, ROW_INDEX]);

const fn parent(kind: u64, children: &'static [u64], streams: &'static [u64]) -> Column {
    Column { kind, children, streams }
}

const SHAPES: &[&[Column]] = &[
    &[parent(10, &[2], &[PRESENT, LENGTH, ROW_INDEX]), INT],
    &[parent(11, &[2, 3], &[PRESENT, LENGTH, ROW_INDEX]), TEXT, INT],
    &[parent(12, &[2, 3], &[PRESENT, ROW_INDEX]), INT, TEXT],
    &[parent(13, &[2, 3], &[PRESENT, DATA, ROW_INDEX]), INT, TEXT],
    &[
        parent(10, &[2], &[PRESENT, LENGTH]),
        parent(11, &[3, 4], &[PRESENT, LENGTH]),
        TEXT,
        parent(13, &[5], &[PRESENT, DATA]),
        parent(12, &[6], &[PRESENT]),
        INT,
    ],
];

fuzz_target!(|data: &[u8]| read_streams(SHAPES, false, data));
