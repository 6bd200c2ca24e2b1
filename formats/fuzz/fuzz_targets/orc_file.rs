//! Any bytes are rows, or an error.

#![no_main]

use formats_fuzz::orc::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| read(data.to_vec(), 512));
