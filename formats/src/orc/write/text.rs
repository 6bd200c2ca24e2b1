//! Texts of a stripe: with a dictionary while values repeat, else one after the other.

use super::super::bloom::hash_bytes;
use super::super::meta::StreamKind;
use super::super::statistics::{Detail, TextBounds};
use super::runs::Integers;
use super::stripe::{Mark, Placed, Stripe, Unit};
use crate::Result;

/// Most bytes of a dictionary's values.
const MAX_DICTIONARY: usize = 16 << 20;
/// Marks a free slot of the hash table.
const FREE: u32 = u32::MAX;

/// Collects the texts of a stripe.
#[derive(Debug)]
pub(super) struct Texts {
    /// Most distinct values, as a share of all, for a dictionary.
    threshold: f64,
    dictionary: Option<Dictionary>,
    /// The spare dictionary while there is none.
    spare: Dictionary,
    /// Without a dictionary: the values' bytes, and the lengths of all of them.
    bytes: Vec<u8>,
    lengths: Vec<i64>,
    /// Values before each row group, and their bytes without a dictionary.
    groups: Vec<(usize, usize)>,
}

/// Numbers values in the order they come.
#[derive(Debug, Default)]
struct Dictionary {
    slots: Vec<u32>,
    hashes: Vec<u32>,
    bytes: Vec<u8>,
    /// End of each value.
    ends: Vec<usize>,
    /// The number of each of the stripe's values.
    codes: Vec<u32>,
}

/// Hashes a text for the table; the same on every machine.
fn hash(text: &[u8]) -> u32 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = text.len() as u64;
    let (words, tail) = text.as_chunks::<8>();
    for word in words {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
    }
    let mut last = 0u64;
    for byte in tail {
        last = last << 8 | u64::from(*byte);
    }
    hash = (hash.rotate_left(23) ^ last).wrapping_mul(K);
    (hash >> 32) as u32
}

impl Dictionary {
    fn clear(&mut self) {
        self.slots.fill(FREE);
        self.hashes.clear();
        self.bytes.clear();
        self.ends.clear();
        self.codes.clear();
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    fn add(&mut self, text: &[u8]) {
        if self.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let number = self.slots[slot];
            if number == FREE {
                let number = self.len() as u32;
                self.slots[slot] = number;
                self.hashes.push(hash);
                self.bytes.extend_from_slice(text);
                self.ends.push(self.bytes.len());
                self.codes.push(number);
                return;
            }
            if self.hashes[number as usize] == hash && self.get(number) == text {
                self.codes.push(number);
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1 << 10);
        self.slots.clear();
        self.slots.resize(size, FREE);
        for (number, hash) in (0u32..).zip(&self.hashes) {
            let mut slot = *hash as usize & (size - 1);
            while self.slots[slot] != FREE {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number;
        }
    }

    /// Sorts the values; returns them by rank, and the rank of each number.
    fn ranks(&self) -> (Vec<u32>, Vec<u32>) {
        let mut sorted: Vec<u32> = (0..self.len() as u32).collect();
        sorted.sort_unstable_by(|a, b| self.get(*a).cmp(self.get(*b)));
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in (0u32..).zip(&sorted) {
            ranks[*number as usize] = rank;
        }
        (sorted, ranks)
    }
}

impl Texts {
    pub(super) fn new(threshold: f64) -> Self {
        Self {
            threshold,
            dictionary: None,
            spare: Dictionary::default(),
            bytes: Vec::new(),
            lengths: Vec::new(),
            groups: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.lengths.clear();
        self.groups.clear();
        if self.dictionary.is_none() && self.threshold > 0.0 {
            self.dictionary = Some(std::mem::take(&mut self.spare));
        }
        if let Some(dictionary) = &mut self.dictionary {
            dictionary.clear();
        }
    }

    fn len(&self) -> usize {
        self.dictionary.as_ref().map_or(self.lengths.len(), |d| d.codes.len())
    }

    pub(super) fn begin_group(&mut self) {
        self.groups.push((self.len(), self.bytes.len()));
    }

    /// Takes a value.
    pub(super) fn add(&mut self, text: &[u8]) {
        if let Some(dictionary) = &mut self.dictionary {
            dictionary.add(text);
        } else {
            self.bytes.extend_from_slice(text);
            self.lengths.push(text.len() as i64);
        }
    }

    /// Takes values that lie one after the other, given where each begins and the last ends.
    pub(super) fn add_all(&mut self, bytes: &[u8], offsets: &[i32]) {
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return };
        if let Some(dictionary) = &mut self.dictionary {
            for pair in offsets.windows(2) {
                dictionary.add(&bytes[pair[0] as usize..pair[1] as usize]);
            }
            return;
        }
        self.bytes.extend_from_slice(&bytes[*first as usize..*last as usize]);
        self.lengths.extend(offsets.windows(2).map(|pair| i64::from(pair[1] - pair[0])));
    }

    /// Ends a row group: gives up the dictionary if it does not pay, hands each value (of a
    /// dictionary each once) to `seen`, and returns what the statistics say.
    pub(super) fn end_group(&mut self, mut seen: Option<&mut dyn FnMut(u64)>) -> Detail {
        if self.groups.len() == 1 {
            self.drop_dictionary_if_useless();
        }
        let (first, mut at) = self.groups.last().copied().unwrap_or_default();
        if let Some(dictionary) = &self.dictionary {
            return dictionary_group(dictionary, first, seen);
        }
        let mut bounds = Extremes::default();
        let start = at;
        for length in &self.lengths[first..] {
            let text = &self.bytes[at..at + *length as usize];
            at += text.len();
            bounds.add(text);
            if let Some(seen) = &mut seen {
                seen(hash_bytes(text));
            }
        }
        bounds.detail((at - start) as i64)
    }

    fn drop_dictionary_if_useless(&mut self) {
        let Some(dictionary) = &self.dictionary else { return };
        let (distinct, all) = (dictionary.len() as f64, dictionary.codes.len() as f64);
        if distinct > all * self.threshold || dictionary.bytes.len() > MAX_DICTIONARY {
            self.drop_dictionary();
        }
    }

    /// Goes over to values one after the other.
    fn drop_dictionary(&mut self) {
        let Some(dictionary) = self.dictionary.take() else { return };
        let mut groups = self.groups.iter_mut().peekable();
        for (i, code) in dictionary.codes.iter().enumerate() {
            while let Some(group) = groups.next_if(|g| g.0 <= i) {
                group.1 = self.bytes.len();
            }
            let text = dictionary.get(*code);
            self.bytes.extend_from_slice(text);
            self.lengths.push(text.len() as i64);
        }
        groups.for_each(|group| group.1 = self.bytes.len());
        self.spare = dictionary;
    }

    /// Writes the streams; returns the size of the dictionary if there is one.
    pub(super) fn write(
        &mut self,
        column: usize,
        integers: &mut Integers,
        stripe: &mut Stripe<'_>,
        placed: &mut Vec<Placed>,
    ) -> Result<Option<u32>> {
        self.drop_dictionary_if_useless();
        let mut raw = Vec::new();
        let Some(dictionary) = self.dictionary.as_ref().filter(|d| d.len() > 0) else {
            let marks = self.groups.iter().map(|g| Mark { offset: g.1, bits: 0 }).collect();
            let units = (Unit::Bytes, marks);
            placed.push(stripe.put(column, StreamKind::Data, &self.bytes, units)?);
            let units = self.put_groups(&self.lengths, integers, &mut raw);
            placed.push(stripe.put(column, StreamKind::Length, &raw, units)?);
            return Ok(None);
        };
        let (sorted, ranks) = dictionary.ranks();
        let codes = dictionary.codes.iter().map(|c| i64::from(ranks[*c as usize]));
        let codes: Vec<i64> = codes.collect();
        let units = self.put_groups(&codes, integers, &mut raw);
        placed.push(stripe.put(column, StreamKind::Data, &raw, units)?);
        let none = || (Unit::Bytes, Vec::new());
        let lengths: Vec<i64> = sorted.iter().map(|n| dictionary.get(*n).len() as i64).collect();
        raw.clear();
        integers.put(&lengths, false, &mut raw);
        stripe.put(column, StreamKind::Length, &raw, none())?;
        raw.clear();
        for number in &sorted {
            raw.extend_from_slice(dictionary.get(*number));
        }
        stripe.put(column, StreamKind::DictionaryData, &raw, none())?;
        Ok(Some(dictionary.len() as u32))
    }

    /// Encodes numbers of the values, row group by row group.
    fn put_groups(
        &self,
        numbers: &[i64],
        integers: &mut Integers,
        raw: &mut Vec<u8>,
    ) -> (Unit, Vec<Mark>) {
        let mut marks = Vec::with_capacity(self.groups.len());
        let ends = self.groups.iter().skip(1).map(|g| g.0).chain([numbers.len()]);
        for (group, end) in self.groups.iter().zip(ends) {
            marks.push(Mark { offset: raw.len(), bits: 0 });
            integers.put(&numbers[group.0..end], false, raw);
        }
        (Unit::Runs, marks)
    }
}

/// Sums a row group up by the distinct values it has.
fn dictionary_group(
    dictionary: &Dictionary,
    first: usize,
    mut seen: Option<&mut dyn FnMut(u64)>,
) -> Detail {
    let mut used = vec![false; dictionary.len()];
    let (mut bounds, mut sum) = (Extremes::default(), 0);
    for code in &dictionary.codes[first..] {
        let text = dictionary.get(*code);
        sum += text.len() as i64;
        if !std::mem::replace(&mut used[*code as usize], true) {
            bounds.add(text);
            if let Some(seen) = &mut seen {
                seen(hash_bytes(text));
            }
        }
    }
    bounds.detail(sum)
}

/// Finds the least and the largest of texts.
#[derive(Default)]
struct Extremes<'a> {
    /// Each with its first 8 bytes as a number, which decides most comparisons.
    low: Option<(u64, &'a [u8])>,
    high: Option<(u64, &'a [u8])>,
}

fn prefix(text: &[u8]) -> u64 {
    if let Some(first) = text.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; 8];
    first[..text.len()].copy_from_slice(text);
    u64::from_be_bytes(first)
}

impl<'a> Extremes<'a> {
    fn add(&mut self, text: &'a [u8]) {
        let key = (prefix(text), text);
        if self.low.is_none_or(|low| key < low) {
            self.low = Some(key);
        }
        if self.high.is_none_or(|high| key > high) {
            self.high = Some(key);
        }
    }

    fn detail(&self, sum: i64) -> Detail {
        let bounds = self.low.zip(self.high);
        let bounds = bounds.map(|(low, high)| Box::new(TextBounds::new(low.1, high.1)));
        Detail::Text { bounds, sum }
    }
}
