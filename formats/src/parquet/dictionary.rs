//! Dictionaries: which values a column chunk has, and which of them each row has.

use super::values::{Run, Values};

/// Most values of a dictionary; more of them make a column that a dictionary does not help.
const MAX_VALUES: usize = 4096;
/// Most bytes of a dictionary's values.
const MAX_BYTES: usize = 1 << 20;
/// Number of values after which a column is given up if more than half of them are distinct.
const SAMPLE: usize = 1024;
/// Row groups without a further attempt after one that failed.
const REST: u8 = 15;

/// Bits of a slot that hold the number of a value, from 1; the others hold a part of its hash.
const NUMBER: u32 = 0x1fff;

/// Remembers whether a dictionary paid for a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    rest: u8,
}

/// Builds dictionaries, one after another, in the same buffers.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// Hash table with open addressing; 0 is a free slot.
    slots: Vec<u32>,
    /// For each value of the last dictionary's column its position there.
    pub(super) indices: Vec<u16>,
}

impl Dictionary {
    /// Returns the distinct values in the order of their first occurrence, or nothing if the
    /// values are better written as they are.
    pub(super) fn build<'a, V: Values>(
        &mut self,
        values: &V,
        chunks: &[V::Chunk<'a>],
        runs: &[Run],
        memory: &mut Memory,
    ) -> Option<Vec<V::Value<'a>>> {
        if memory.rest > 0 {
            memory.rest -= 1;
            return None;
        }
        if runs.is_empty() {
            return None;
        }
        let found = self.attempt(values, chunks, runs);
        if found.is_none() {
            memory.rest = REST;
        }
        found
    }

    fn attempt<'a, V: Values>(
        &mut self,
        values: &V,
        chunks: &[V::Chunk<'a>],
        runs: &[Run],
    ) -> Option<Vec<V::Value<'a>>> {
        let total: usize = runs.iter().map(|r| r.len).sum();
        self.slots.clear();
        self.slots.resize((total.min(MAX_VALUES) * 4).next_power_of_two(), 0);
        self.indices.clear();
        self.indices.reserve(total);
        let mut distinct: Vec<V::Value<'a>> = Vec::new();
        let mut bytes = 0;
        for run in runs {
            // A run is cut where the sample ends.
            let head = SAMPLE.saturating_sub(self.indices.len()).min(run.len);
            for part in [
                Run { len: head, ..*run },
                Run { start: run.start + head, len: run.len - head, ..*run },
            ] {
                let before = distinct.len();
                self.add(values, values.iter(chunks[run.chunk], part), &mut distinct)?;
                for value in &distinct[before..] {
                    bytes += values.size(*value);
                }
                if bytes > MAX_BYTES
                    || (self.indices.len() == SAMPLE && distinct.len() * 2 > SAMPLE)
                {
                    return None;
                }
            }
        }
        (distinct.len() * 2 <= total).then_some(distinct)
    }

    /// Looks values up and appends their positions; gives up at the limit.
    fn add<'a, V: Values>(
        &mut self,
        values: &V,
        part: impl Iterator<Item = V::Value<'a>>,
        distinct: &mut Vec<V::Value<'a>>,
    ) -> Option<()> {
        let mask = self.slots.len() - 1;
        for value in part {
            let hash = values.hash(value);
            let (mut at, tag) = place(hash, mask);
            let number = loop {
                let slot = self.slots[at];
                let number = slot & NUMBER;
                if number == 0 {
                    if distinct.len() == MAX_VALUES {
                        return None;
                    }
                    distinct.push(value);
                    let number = u16::try_from(distinct.len()).ok()?;
                    self.slots[at] = tag | u32::from(number);
                    break number;
                }
                if slot & !NUMBER == tag && values.same(distinct[number as usize - 1], value) {
                    break u16::try_from(number).ok()?;
                }
                at = (at + 1) & mask;
            };
            self.indices.push(number - 1);
        }
        Some(())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "parts of a hash")]
fn place(hash: u64, mask: usize) -> (usize, u32) {
    (hash as usize & mask, (hash >> 32) as u32 & !NUMBER)
}
