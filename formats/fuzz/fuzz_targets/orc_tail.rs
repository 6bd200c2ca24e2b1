//! Any bytes are a file with a readable tail, or an error; as a whole file, and as the footer and metadata of one.

#![no_main]

use bytes::Bytes;
use formats::orc::OrcFile;
use formats_fuzz::orc::postscript;
use libfuzzer_sys::fuzz_target;

fn open(bytes: Vec<u8>) {
    if let Ok(file) = OrcFile::open(Bytes::from(bytes)) {
        let _ = (file.stats(), file.columns().len(), file.user_metadata().len());
    }
}

fuzz_target!(|data: &[u8]| {
    open(data.to_vec());
    let Some((cut, rest)) = data.split_first() else { return };
    let (metadata, footer) = rest.split_at(rest.len() * usize::from(*cut) / 256);
    let mut file = [b"ORC", metadata, footer].concat();
    postscript(footer.len(), metadata.len(), 0, &mut file);
    open(file);
});
