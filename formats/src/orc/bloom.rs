//! Bloom filters of row groups.
//!
//! Source: ORC `BloomFilterUtf8`, `Murmur3.hash64`, `BloomFilter.getLongHash`.

use super::proto::{Fields, put_bytes, put_number};
use crate::{FormatError, Result};

/// Seed of the hash of bytes.
const SEED: u64 = 104_729;

/// Tells for a hash whether it may have been added.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BloomFilter {
    hashes: u32,
    words: Vec<u64>,
}

/// Hashes a number: an integer, the days of a date, the bits of a double, milliseconds.
pub(super) fn hash_long(value: i64) -> u64 {
    let mut key = value;
    key = (!key).wrapping_add(key << 21);
    key ^= key >> 24;
    key = key.wrapping_add(key << 3).wrapping_add(key << 8);
    key ^= key >> 14;
    key = key.wrapping_add(key << 2).wrapping_add(key << 4);
    key ^= key >> 28;
    key.wrapping_add(key << 31).cast_unsigned()
}

/// Hashes bytes: a text, a binary, the digits of a decimal.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    const C1: u64 = 0x87c3_7b91_1142_53d5;
    const C2: u64 = 0x4cf5_ad43_2745_937f;
    let mix = |k: u64| k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
    let mut hash = SEED;
    let (blocks, tail) = bytes.as_chunks::<8>();
    for block in blocks {
        hash ^= mix(u64::from_le_bytes(*block));
        hash = hash.rotate_left(27).wrapping_mul(5).wrapping_add(0x52dc_e729);
    }
    if !tail.is_empty() {
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        hash ^= mix(u64::from_le_bytes(last));
    }
    hash ^= bytes.len() as u64;
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

impl BloomFilter {
    /// Makes an empty filter for so many values.
    pub(super) fn new(entries: usize, fpp: f64) -> Self {
        let entries = entries.max(1) as f64;
        let ln2 = std::f64::consts::LN_2;
        let bits = (-entries * fpp.ln() / (ln2 * ln2)) as u64;
        let bits = bits + (64 - bits % 64);
        let hashes = ((bits as f64 / entries * ln2).round() as u32).max(1);
        Self { hashes, words: vec![0; (bits / 64) as usize] }
    }

    fn positions(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (first, second) = (hash as i32, (hash >> 32) as i32);
        let bits = self.words.len() as u64 * 64;
        (1..=self.hashes.cast_signed()).map(move |i| {
            let combined = first.wrapping_add(i.wrapping_mul(second));
            let combined = if combined < 0 { !combined } else { combined };
            let position = u64::from(combined.cast_unsigned()) % bits;
            ((position / 64) as usize, 1 << (position % 64))
        })
    }

    /// Adds a hash.
    pub(super) fn add(&mut self, hash: u64) {
        for (word, bit) in self.positions(hash) {
            self.words[word] |= bit;
        }
    }

    /// Tells whether the hash may have been added.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.positions(hash).all(|(word, bit)| self.words[word] & bit != 0)
    }

    /// Returns how many bits a hash sets.
    pub(super) fn hashes(&self) -> u32 {
        self.hashes
    }

    /// Returns the number of bits.
    pub(super) fn bits(&self) -> usize {
        self.words.len() * 64
    }

    /// Returns the chance that a value which was not added seems to be there, given the bits that are set.
    pub(super) fn expected_fpp(&self) -> f64 {
        let set: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        (f64::from(set) / self.bits() as f64).powf(f64::from(self.hashes))
    }

    /// Forgets all hashes.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_number(1, u64::from(self.hashes), out);
        let bytes: Vec<u8> = self.words.iter().flat_map(|w| w.to_le_bytes()).collect();
        put_bytes(3, &bytes, out);
    }

    fn read(message: &[u8]) -> Result<Self> {
        let mut filter = Self { hashes: 0, words: Vec::new() };
        let mut fields = Fields::new(message);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => filter.hashes = value.small()?,
                2 => filter.words.push(value.number()?),
                3 => {
                    let words = value.bytes()?.as_chunks::<8>().0;
                    filter.words = words.iter().map(|w| u64::from_le_bytes(*w)).collect();
                }
                _ => {}
            }
        }
        if filter.words.is_empty() || filter.hashes == 0 || filter.hashes > 1 << 10 {
            return Err(FormatError::data("orc bloom filter is broken"));
        }
        Ok(filter)
    }
}

/// Reads the filters of a column: one for each row group.
pub(super) fn read_index(message: &[u8]) -> Result<Vec<BloomFilter>> {
    let mut filters = Vec::new();
    let mut fields = Fields::new(message);
    while let Some((field, value)) = fields.next()? {
        if field == 1 {
            filters.push(BloomFilter::read(value.bytes()?)?);
        }
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_what_was_added() {
        let mut filter = BloomFilter::new(1000, 0.05);
        let hash = |i: i64| if i % 2 == 0 { hash_long(i) } else { hash_bytes(&i.to_le_bytes()) };
        (0..1000).for_each(|i| filter.add(hash(i)));
        assert!((0..1000).all(|i| filter.may_have(hash(i))));
        let wrong = (1000..11_000).filter(|i| filter.may_have(hash(*i))).count();
        assert!(wrong < 800, "{wrong} of 10000");
        let mut out = Vec::new();
        filter.write(&mut out);
        assert_eq!(BloomFilter::read(&out).unwrap(), filter);
    }
}
