//! Looks at an xz stream before it is unpacked: its blocks say how large a dictionary they need, up to 4 GB.
//!
//! Source: "The .xz File Format", 1.2; all numbers are little-endian.

use crate::{FormatError, Result};

/// Largest dictionary that is made room for: that of the highest preset of xz.
const DICTIONARY_BYTES: u64 = 64 << 20;
/// Bytes of a stream's header, and of its footer.
const HEADER: usize = 12;
/// Number of the filter that has a dictionary.
const LZMA2: u64 = 0x21;

fn broken() -> FormatError {
    FormatError::data("an xz stream is broken")
}

/// Takes a number of one to nine bytes, seven bits each.
fn number(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            *bytes = &bytes[i + 1..];
            return Ok(value);
        }
    }
    Err(broken())
}

fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Result<&'a [u8]> {
    let count = usize::try_from(count).map_err(|_| broken())?;
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(broken)?;
    *bytes = rest;
    Ok(taken)
}

/// Refuses a stream whose blocks ask for dictionaries beyond 64 MB.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for such a block,
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the bytes are not one whole stream.
pub(super) fn check(stream: &[u8]) -> Result<()> {
    let (rest, footer) = stream.split_last_chunk::<HEADER>().ok_or_else(broken)?;
    let index_bytes = u32::from_le_bytes([footer[4], footer[5], footer[6], footer[7]]);
    let index_bytes = (index_bytes as usize).saturating_add(1).saturating_mul(4);
    let start = rest.len().checked_sub(index_bytes).ok_or_else(broken)?;
    let (blocks, mut index) = rest.split_at(start);
    let mut blocks = blocks.get(HEADER..).ok_or_else(broken)?;
    take(&mut index, 1)?;
    for _ in 0..number(&mut index)? {
        let (length, _unpacked) = (number(&mut index)?, number(&mut index)?);
        let length = length.checked_next_multiple_of(4).ok_or_else(broken)?;
        check_block(take(&mut blocks, length)?)?;
    }
    // Streams that follow each other would hide blocks from the last one's index.
    if blocks.is_empty() { Ok(()) } else { Err(broken()) }
}

fn check_block(mut block: &[u8]) -> Result<()> {
    let [_size, flags] = *take(&mut block, 2)? else { return Err(broken()) };
    for bit in [0x40, 0x80] {
        if flags & bit != 0 {
            number(&mut block)?;
        }
    }
    for _ in 0..=flags & 3 {
        let (filter, length) = (number(&mut block)?, number(&mut block)?);
        let properties = take(&mut block, length)?;
        let (LZMA2, [bits]) = (filter, properties) else { continue };
        // 0 is 4 KB, 1 is 6 KB, 2 is 8 KB and so on.
        let bits = u32::from(*bits).min(40);
        let dictionary = u64::from(2 | (bits & 1)) << (bits / 2 + 11);
        if dictionary > DICTIONARY_BYTES {
            return Err(FormatError::unsupported("an xz stream needs too large a dictionary")
                .with("bytes", dictionary)
                .with("limit", DICTIONARY_BYTES));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// `abc` by xz's preset 6, dictionary 8 MB.
    const STREAM: &[u8] = b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x02\x61\x62\x63\x00\x00\x27\x76\x27\x1a\x4a\x09\xd8\x2c\x00\x01\x1b\x03\x0b\x2f\xb9\x10\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a";
    /// The place of the byte that tells the dictionary.
    const DICTIONARY: usize = 16;

    #[test]
    fn dictionaries_are_bounded() {
        let mut text = String::new();
        lzma_rust2::XzReader::new(STREAM, false).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        check(STREAM).unwrap();
        let mut large = STREAM.to_vec();
        for (bits, refused) in [(28, false), (29, true), (40, true), (255, true)] {
            large[DICTIONARY] = bits;
            assert_eq!(check(&large).is_err(), refused, "{bits}");
        }
        for length in 0..STREAM.len() {
            assert!(check(&STREAM[..length]).is_err(), "{length}");
        }
        assert!(check(&[STREAM, STREAM].concat()).is_err());
    }
}
