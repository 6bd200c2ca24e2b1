//! Any bytes are a file with a readable tail, or an error.

#![no_main]

use bytes::Bytes;
use formats::orc::OrcFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(file) = OrcFile::open(Bytes::copy_from_slice(data)) {
        let _ = (file.stats(), file.columns().len());
    }
});
