//! Texts that are looked up in a dictionary.

use arrow::array::{Array, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::{FormatError, Result};

/// Bytes of a short text, which is copied as so many whatever its length: one instruction, and none that depends on the text.
const SHORT: usize = 16;

/// Looks up the text of every key in a dictionary.
///
/// Shape: as many texts as keys, of at most `most` bytes together; the key of a null is not looked at.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the dictionary has no such key, or if the texts are too long.
pub(crate) fn gather(
    dictionary: &StringArray,
    keys: &[i32],
    nulls: Option<NullBuffer>,
    most: usize,
) -> Result<StringArray> {
    let lengths: Vec<i32> = dictionary.offsets().lengths().map(|n| n as i32).collect();
    let offsets = offsets(&lengths, keys, nulls.as_ref(), most)?;
    let total = offsets.last().map_or(0, |end| *end as usize);
    let short = dictionary.len() <= keys.len() && lengths.iter().all(|n| *n as usize <= SHORT);
    let bytes = if short {
        copy_short(dictionary, keys, &offsets, total)
    } else {
        copy(dictionary, keys, &offsets, total)
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls)
        .map_err(|e| FormatError::internal("cannot look texts up").with_source(e))
}

/// Adds the lengths of the texts up, which are `most` or an array's limit together.
fn offsets(
    lengths: &[i32],
    keys: &[i32],
    nulls: Option<&NullBuffer>,
    most: usize,
) -> Result<Vec<i32>> {
    let unknown = || FormatError::data("a text is not in its dictionary");
    let mut offsets = Vec::with_capacity(keys.len() + 1);
    offsets.push(0);
    let mut total = 0u64;
    let mut add = |length: i32| {
        total += u64::from(length.cast_unsigned());
        total as i32
    };
    match nulls {
        None => {
            // One look at all keys, so that the lookups need none of their own.
            let greatest = keys.iter().fold(0, |most, key| most.max(key.cast_unsigned()));
            if !keys.is_empty() && greatest as usize >= lengths.len() {
                return Err(unknown());
            }
            offsets.extend(keys.iter().map(|key| add(lengths[*key as usize])));
        }
        Some(nulls) => {
            for (key, valid) in keys.iter().zip(nulls) {
                let length = match lengths.get(*key as usize) {
                    Some(length) if valid => *length,
                    None if valid => return Err(unknown()),
                    _ => 0,
                };
                offsets.push(add(length));
            }
        }
    }
    if total > most.min(i32::MAX as usize) as u64 {
        return Err(FormatError::data("the texts of a batch are too long").with("bytes", total));
    }
    Ok(offsets)
}

/// Copies texts of which none is long.
fn copy_short(dictionary: &StringArray, keys: &[i32], offsets: &[i32], total: usize) -> Vec<u8> {
    let padded = |text: Option<&str>| {
        let mut bytes = [0; SHORT];
        let text = text.unwrap_or("").as_bytes();
        bytes[..text.len()].copy_from_slice(text);
        bytes
    };
    let table: Vec<[u8; SHORT]> = dictionary.iter().map(padded).collect();
    let mut out = vec![0; total + SHORT];
    for (key, at) in keys.iter().zip(offsets) {
        // What a copy writes behind its text, the next one writes over; so it is for a null, too.
        if let Some(text) = table.get(*key as usize) {
            out[*at as usize..][..SHORT].copy_from_slice(text);
        }
    }
    out.truncate(total);
    out
}

/// Copies texts of any length.
fn copy(dictionary: &StringArray, keys: &[i32], offsets: &[i32], total: usize) -> Vec<u8> {
    let (starts, bytes) = (dictionary.value_offsets(), dictionary.value_data());
    let mut out = Vec::with_capacity(total);
    for (key, ends) in keys.iter().zip(offsets.windows(2)) {
        let length = (ends[1] - ends[0]) as usize;
        if length > 0 {
            out.extend_from_slice(&bytes[starts[*key as usize] as usize..][..length]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = usize::MAX;

    #[test]
    fn texts_of_all_lengths_are_found_again() {
        let long = "long ".repeat(9);
        let words = ["", "é", "sixteen bytes ok", "a", long.as_str(), "seventeen bytes !"];
        let dictionary = StringArray::from(words.to_vec()).slice(1, 5);
        let keys = [4, 0, 3, 1, 2, 2, 4, 0, 0, 1];
        let found = gather(&dictionary, &keys, None, MOST).unwrap();
        let expected: StringArray = keys.iter().map(|key| Some(words[*key as usize + 1])).collect();
        assert_eq!(found, expected);
        let nulls: NullBuffer = (0..keys.len()).map(|row| row % 3 != 0).collect();
        let found = gather(&dictionary, &keys, Some(nulls.clone()), MOST).unwrap();
        for (row, key) in keys.iter().enumerate() {
            assert_eq!(found.is_null(row), nulls.is_null(row));
            assert!(found.is_null(row) || found.value(row) == words[*key as usize + 1], "{row}");
        }
    }

    #[test]
    fn keys_that_the_dictionary_lacks_are_broken_data_but_for_nulls() {
        let dictionary = StringArray::from(vec!["a", "b"]);
        for key in [2, -1, i32::MAX] {
            let error = gather(&dictionary, &[0, key], None, MOST).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Data, "{key}");
            let nulls = NullBuffer::from(vec![true, false]);
            assert_eq!(gather(&dictionary, &[0, key], Some(nulls), MOST).unwrap().null_count(), 1);
        }
        let empty = StringArray::from(Vec::<&str>::new());
        let none = gather(&empty, &[0, 0], Some(NullBuffer::new_null(2)), MOST).unwrap();
        assert_eq!((none.len(), none.null_count()), (2, 2));
    }

    #[test]
    fn more_text_than_an_array_holds_is_an_error() {
        let dictionary = StringArray::from(vec!["x".repeat(1 << 20)]);
        assert!(gather(&dictionary, &[0; 2048], None, MOST).is_err());
        assert!(gather(&dictionary, &[0; 5], None, 5 << 20).is_ok());
        assert!(gather(&dictionary, &[0; 5], None, (5 << 20) - 1).is_err());
    }
}
