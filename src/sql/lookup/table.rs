//! A table in memory with an index on its keys.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::NONE;
use super::keys::{KeyColumn, WithEquality, comparable, hashes, with_equality};
use super::pairs::Found;
use crate::error::{Error, Result};

/// Some rows of a dimension on their way into memory: keys and columns as the query wants them.
#[derive(Debug, Clone)]
pub struct LookupPart {
    /// The keys.
    pub keys: Vec<ArrayRef>,
    /// The columns that the join gives and that are not keys already.
    pub columns: Vec<ArrayRef>,
    /// How many rows there are.
    pub rows: usize,
}

/// How much more than its values an array may hold in memory before it is copied.
const SLACK: usize = 2;

impl LookupPart {
    /// Copies arrays that hold on to much more memory than their values need, as those of small files do.
    ///
    /// # Errors
    /// `Internal` if they cannot be copied.
    pub(crate) fn compact(self) -> Result<Self> {
        let compact = |array: ArrayRef| -> Result<ArrayRef> {
            let values = array.to_data().get_slice_memory_size().unwrap_or(usize::MAX);
            if array.get_buffer_memory_size() <= values.saturating_mul(SLACK) {
                return Ok(array);
            }
            copied(&array)
        };
        Ok(Self {
            keys: self.keys.into_iter().map(compact).collect::<Result<_>>()?,
            columns: self.columns.into_iter().map(compact).collect::<Result<_>>()?,
            rows: self.rows,
        })
    }

    /// Gives the bytes that the rows take, without what their buffers hold in reserve.
    pub fn bytes(&self) -> usize {
        let arrays = self.keys.iter().chain(&self.columns);
        arrays.map(|array| array.to_data().get_slice_memory_size().unwrap_or(0)).sum()
    }
}

/// What a column of a join is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The key at this place.
    Key(usize),
    /// The column at this place of [`LookupPart::columns`].
    Column(usize),
}

/// Holds the rows of a dimension, found by their keys.
///
/// Shape: rows whose key has a NULL that equals nothing are not held. Rows with one key are found in the table's order.
/// Limit: 4,294,967,294 rows, and 2 GiB of text in a column.
#[derive(Debug)]
pub struct LookupTable {
    columns: Vec<ArrayRef>,
    keys: Vec<KeyColumn>,
    /// The first row with each key.
    index: HashTable<u32>,
    /// The next row with the same key; empty if no key is there twice.
    next: Vec<u32>,
    hasher: DefaultHashBuilder,
    rows: usize,
    bytes: usize,
}

impl LookupTable {
    /// Puts parts together and indexes them. `null_safe` says for each key whether NULL equals NULL.
    ///
    /// # Errors
    /// `Config` if the rows are more than can be held.
    pub(crate) fn build(
        mut parts: Vec<LookupPart>,
        null_safe: &[bool],
        outputs: &[Output],
    ) -> Result<Self> {
        let rows: usize = parts.iter().map(|part| part.rows).sum();
        if rows >= NONE as usize {
            return Err(too_large("rows"));
        }
        let mut keys = Vec::new();
        let mut columns = Vec::new();
        if let Some(first) = parts.first() {
            let (key_count, column_count) = (first.keys.len(), first.columns.len());
            for at in 0..key_count {
                keys.push(take_column(&mut parts, |part| part.keys.get_mut(at))?);
            }
            for at in 0..column_count {
                columns.push(take_column(&mut parts, |part| part.columns.get_mut(at))?);
            }
        }
        drop(parts);
        let mut bytes: usize = keys.iter().chain(&columns).map(Array::get_array_memory_size).sum();
        let indexed = keys.iter().zip(null_safe).map(|(key, safe)| KeyColumn::of(key, *safe));
        let indexed = indexed.collect::<Result<Vec<_>>>()?;
        bytes += indexed.iter().zip(&keys).map(|(k, a)| k.own_bytes(a.data_type())).sum::<usize>();
        let of_part = |output: &Output| match output {
            Output::Key(at) => keys.get(*at),
            Output::Column(at) => columns.get(*at),
        };
        let columns = outputs.iter().filter_map(of_part).map(Arc::clone).collect();
        let hasher = DefaultHashBuilder::default();
        let (index, next) = index(&indexed, rows, &hasher);
        bytes += index.allocation_size() + next.len() * size_of::<u32>();
        Ok(Self { columns, keys: indexed, index, next, hasher, rows, bytes })
    }

    /// Makes the table that has no row.
    pub fn empty() -> Self {
        Self {
            columns: Vec::new(),
            keys: Vec::new(),
            index: HashTable::new(),
            next: Vec::new(),
            hasher: DefaultHashBuilder::default(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Returns the columns that a join gives; there are none if there is no row.
    pub fn columns(&self) -> &[ArrayRef] {
        &self.columns
    }

    /// Returns how many rows are held.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many bytes of memory the table takes, with its index.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Finds the first partner of each row of a batch; only rows for which `asks` is true have one.
    ///
    /// # Errors
    /// `Internal` if the keys are not of the table's types.
    pub(crate) fn find(
        &self,
        keys: &[ArrayRef],
        rows: usize,
        asks: Option<&BooleanArray>,
    ) -> Result<Found<'_>> {
        let mut first = vec![NONE; rows];
        if self.rows > 0 {
            let safe =
                self.keys.iter().zip(keys).map(|(own, key)| KeyColumn::of(key, own.null_safe()));
            let keys = safe.collect::<Result<Vec<_>>>()?;
            if keys.len() != self.keys.len() || keys.iter().zip(&self.keys).any(|(a, b)| !a.fits(b))
            {
                return Err(Error::internal("the keys of a join are not of one type"));
            }
            let asking = asking(comparable(&keys), asks);
            let hashes = hashes(&keys, rows, &self.hasher);
            let probe = Probe { index: &self.index, hashes: &hashes, asking, first: &mut first };
            with_equality(&self.keys, &keys, probe);
        }
        Ok(Found::new(&self.next, first))
    }
}

fn too_large(what: &str) -> Error {
    Error::config(format!("a dimension has more {what} than can be held"))
        .with_hint("select fewer columns, or keep rows out with WHERE")
}

/// Copies an array; one that is alone is not copied by the kernel.
fn copied(array: &ArrayRef) -> Result<ArrayRef> {
    concat(&[array.as_ref(), array.slice(0, 0).as_ref()])
        .map_err(|e| Error::internal("cannot copy a column").with_source(e))
}

/// Joins one column of all parts; the parts give it away, so that it is not held twice for long.
fn take_column(
    parts: &mut [LookupPart],
    of: impl Fn(&mut LookupPart) -> Option<&mut ArrayRef>,
) -> Result<ArrayRef> {
    let empty: ArrayRef = Arc::new(arrow::array::NullArray::new(0));
    let taken = parts
        .iter_mut()
        .filter_map(|part| of(part).map(|column| std::mem::replace(column, Arc::clone(&empty))));
    let taken: Vec<ArrayRef> = taken.collect();
    let all: Vec<&dyn Array> = taken.iter().map(AsRef::as_ref).collect();
    concat(&all).map_err(|e| too_large("text").with_source(e))
}

/// Indexes rows from the last to the first, so that the first row of a key is found first.
fn index(
    keys: &[KeyColumn],
    rows: usize,
    hasher: &DefaultHashBuilder,
) -> (HashTable<u32>, Vec<u32>) {
    let hashes = hashes(keys, rows, hasher);
    let comparable = comparable(keys);
    with_equality(keys, keys, Index { rows, hashes: &hashes, comparable })
}

struct Index<'a> {
    rows: usize,
    hashes: &'a [u64],
    comparable: Option<NullBuffer>,
}

impl WithEquality<(HashTable<u32>, Vec<u32>)> for Index<'_> {
    fn run(self, equal: impl Fn(usize, usize) -> bool) -> (HashTable<u32>, Vec<u32>) {
        let hash_of = |row: &u32| self.hashes[*row as usize];
        let mut index = HashTable::with_capacity(self.rows);
        let mut next = Vec::new();
        for row in (0..self.rows).rev() {
            if self.comparable.as_ref().is_some_and(|rows| rows.is_null(row)) {
                continue;
            }
            let same = |other: &u32| equal(*other as usize, row);
            let entry = index.entry(self.hashes[row], same, hash_of);
            match entry {
                hashbrown::hash_table::Entry::Occupied(mut there) => {
                    if next.is_empty() {
                        next = vec![NONE; self.rows];
                    }
                    next[row] = std::mem::replace(there.get_mut(), row as u32);
                }
                hashbrown::hash_table::Entry::Vacant(free) => {
                    free.insert(row as u32);
                }
            }
        }
        if index.len() < self.rows / 2 {
            index.shrink_to_fit(hash_of);
        }
        (index, next)
    }
}

/// Tells which rows look for a partner; `None` for all.
fn asking(comparable: Option<NullBuffer>, asks: Option<&BooleanArray>) -> Option<NullBuffer> {
    let asks = asks.map(|asks| {
        let wanted = asks.values().clone();
        match asks.nulls() {
            None => NullBuffer::new(wanted),
            Some(known) => NullBuffer::new(&wanted & known.inner()),
        }
    });
    NullBuffer::union(comparable.as_ref(), asks.as_ref())
}

struct Probe<'a> {
    index: &'a HashTable<u32>,
    hashes: &'a [u64],
    asking: Option<NullBuffer>,
    first: &'a mut [u32],
}

impl WithEquality<()> for Probe<'_> {
    fn run(self, equal: impl Fn(usize, usize) -> bool) {
        for (row, (slot, hash)) in self.first.iter_mut().zip(self.hashes).enumerate() {
            if self.asking.as_ref().is_some_and(|rows| rows.is_null(row)) {
                continue;
            }
            if let Some(found) = self.index.find(*hash, |other| equal(*other as usize, row)) {
                *slot = *found;
            }
        }
    }
}
