//! Which rows of a batch go with which rows of a table.

use arrow::array::{AsArray, BooleanArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::filter;
use arrow::datatypes::UInt32Type;

use super::NONE;
use crate::error::{Error, Result};

/// Which rows of a batch go with which rows of a table.
#[derive(Debug, Clone)]
pub(crate) struct Pairs {
    /// The rows of the batch, ascending; `None` if each is there once.
    pub(crate) left: Option<UInt32Array>,
    /// The table's row for each of them; NULL if there is none.
    pub(crate) right: UInt32Array,
}

/// The first partner of each row of a batch.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// The next row with the same key for each row of the table; empty if no key is there twice.
    next: &'a [u32],
    first: Vec<u32>,
}

impl<'a> Found<'a> {
    /// Takes the first partners of rows; [`NONE`] for those that have none.
    pub(super) fn new(next: &'a [u32], first: Vec<u32>) -> Self {
        Self { next, first }
    }

    /// Tells which rows have a partner.
    pub(crate) fn has_partner(&self) -> BooleanArray {
        self.first.iter().map(|row| Some(*row != NONE)).collect()
    }

    /// Gives each row with each of its partners, and leaves out those that have none; `None` if there are more than `most`.
    pub(crate) fn inner(self, most: usize) -> Option<Pairs> {
        if self.next.is_empty() && !self.first.contains(&NONE) {
            return Some(Pairs { left: None, right: UInt32Array::from(self.first) });
        }
        self.all(most, Missing::LeftOut)
    }

    /// Gives each row with each of its partners, and once without one if it has none; `None` if there are more than `most`.
    pub(crate) fn outer(self, most: usize) -> Option<Pairs> {
        if self.next.is_empty() {
            return Some(Pairs { left: None, right: with_nulls(self.first) });
        }
        self.all(most, Missing::Kept)
    }

    fn all(self, most: usize, missing: Missing) -> Option<Pairs> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (row, first) in (0u32..).zip(&self.first) {
            let mut at = *first;
            if at == NONE && missing == Missing::Kept {
                left.push(row);
                right.push(NONE);
            }
            while at != NONE {
                left.push(row);
                right.push(at);
                at = self.next.get(at as usize).copied().unwrap_or(NONE);
            }
            if left.len() > most {
                return None;
            }
        }
        Some(Pairs { left: Some(left.into()), right: with_nulls(right) })
    }
}

/// What becomes of rows without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    LeftOut,
    Kept,
}

fn with_nulls(rows: Vec<u32>) -> UInt32Array {
    if !rows.contains(&NONE) {
        return rows.into();
    }
    let known: NullBuffer = rows.iter().map(|row| *row != NONE).collect();
    UInt32Array::new(rows.into(), Some(known))
}

impl Pairs {
    /// Keeps the pairs that fulfil a condition; NULL counts as false.
    ///
    /// # Errors
    /// `Internal` if the mask does not fit.
    pub(crate) fn keep(self, mask: &BooleanArray) -> Result<Self> {
        let failed = |e| Error::internal("cannot keep rows of a join").with_source(e);
        let left = match &self.left {
            Some(left) => left.clone(),
            None => UInt32Array::from_iter_values(0..self.right.len() as u32),
        };
        let cut = |rows: &UInt32Array| -> Result<UInt32Array> {
            Ok(filter(rows, mask).map_err(failed)?.as_primitive::<UInt32Type>().clone())
        };
        Ok(Self { left: Some(cut(&left)?), right: cut(&self.right)? })
    }

    /// Adds each of `rows` rows that is in no pair, without a partner, where it belongs.
    pub(crate) fn with_all(self, rows: usize) -> Self {
        let Some(left) = &self.left else { return self };
        let (mut all, mut right) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut pairs = left.values().iter().zip(self.right.values()).peekable();
        for row in 0..rows as u32 {
            let before = all.len();
            while let Some((_, partner)) = pairs.next_if(|(of, _)| **of == row) {
                all.push(row);
                right.push(*partner);
            }
            if all.len() == before {
                all.push(row);
                right.push(NONE);
            }
        }
        let left = (all.len() != rows).then(|| all.into());
        Self { left, right: with_nulls(right) }
    }

    /// Tells which of `rows` rows are in a pair.
    pub(crate) fn lefts(&self, rows: usize) -> BooleanArray {
        let mut there = vec![self.left.is_none(); rows];
        for row in self.left.iter().flat_map(UInt32Array::values) {
            if let Some(slot) = there.get_mut(*row as usize) {
                *slot = true;
            }
        }
        there.into()
    }
}
