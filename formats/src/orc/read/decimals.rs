//! Decimals, decoded into arrays.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array};
use arrow::buffer::{NullBuffer, ScalarBuffer};

use super::leaf::{ended, numbers, spread};
use super::runs::IntegerRuns;
use super::source::{Context, Source};
use crate::orc::decimal::power_of_ten;
use crate::orc::proto::unzigzag;
use crate::{FormatError, Result};

/// Bytes of the longest number of a decimal.
const LONGEST_DECIMAL: usize = 19;

/// A column of decimals.
#[derive(Debug)]
pub(super) struct Decimals {
    digits: Digits,
    scale: u8,
    precision: u8,
}

/// How the digits of a column lie.
#[derive(Debug)]
pub(super) enum Digits {
    /// Numbers of any length, and the scale of each.
    Varints {
        numbers: Source,
        scales: IntegerRuns,
    },
    Integers(IntegerRuns),
}

impl Decimals {
    pub(super) fn new(digits: Digits, precision: u8, scale: u8) -> Self {
        Self { digits, scale, precision }
    }

    /// Goes to a position of the index.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        match &mut self.digits {
            Digits::Integers(numbers) => numbers.seek(positions, context),
            Digits::Varints { numbers, scales } => {
                numbers.seek(positions, context)?;
                scales.seek(positions, context)
            }
        }
    }

    pub(super) fn read(
        &mut self,
        values: usize,
        rows: usize,
        nulls: Option<NullBuffer>,
        context: &mut Context,
    ) -> Result<ArrayRef> {
        let mut dense;
        match &mut self.digits {
            Digits::Integers(integers) => {
                dense = numbers(integers, values, context)?.into_iter().map(i128::from).collect();
            }
            Digits::Varints { numbers: source, scales } => {
                dense = Vec::with_capacity(values.min(1 << 20));
                varints(source, values, &mut dense, context)?;
                let scales = numbers(scales, values, context)?;
                let own = i64::from(self.scale);
                if scales.iter().any(|scale| *scale != own) {
                    rescale(self.scale, &mut dense, &scales)?;
                }
            }
        }
        let values = ScalarBuffer::from(spread(dense, rows, nulls.as_ref()));
        let array = Decimal128Array::new(values, nulls);
        let array = array.with_precision_and_scale(self.precision, self.scale.cast_signed());
        Ok(Arc::new(array.map_err(|e| FormatError::data("broken decimals").with_source(e))?))
    }
}

/// Brings digits with scales of their own to the column's.
fn rescale(own: u8, digits: &mut [i128], scales: &[i64]) -> Result<()> {
    let broken = || FormatError::data("a decimal of an orc file has too many digits");
    for (value, scale) in digits.iter_mut().zip(scales) {
        let by = i64::from(own).saturating_sub(*scale);
        let power = u32::try_from(by.unsigned_abs()).ok().and_then(power_of_ten);
        *value = match (power, by >= 0) {
            (Some(power), true) => value.checked_mul(power).ok_or_else(broken)?,
            (Some(power), false) => rounded(*value, power),
            (None, _) if *value == 0 => 0,
            (None, _) => return Err(broken()),
        };
    }
    Ok(())
}

/// Divides, halves away from zero.
fn rounded(value: i128, power: i128) -> i128 {
    let (quotient, rest) = (value / power, value % power);
    quotient + if rest.abs() >= power - rest.abs() { value.signum() } else { 0 }
}

/// Reads numbers of any length.
fn varints(
    source: &mut Source,
    count: usize,
    out: &mut Vec<i128>,
    context: &mut Context,
) -> Result<()> {
    while out.len() < count {
        let bytes = source.peek(LONGEST_DECIMAL, context)?;
        let before = bytes.len();
        let mut rest = bytes;
        while out.len() < count {
            if let Some((word, _)) = rest.split_first_chunk::<8>() {
                // Most numbers end within 8 bytes: find the end, and close the gaps of 1 bit.
                let word = u64::from_le_bytes(*word);
                let ends = !word & 0x8080_8080_8080_8080;
                if ends != 0 {
                    let length = ends.trailing_zeros() as usize / 8 + 1;
                    let number = join_sevens(word & (u64::MAX >> (64 - 8 * length)));
                    out.push(i128::from(unzigzag(number)));
                    rest = &rest[length..];
                    continue;
                }
            }
            let Some((value, length)) = long_varint(rest) else { break };
            out.push(value);
            rest = &rest[length..];
        }
        let taken = before - rest.len();
        if taken == 0 {
            return Err(if before >= LONGEST_DECIMAL {
                FormatError::data("a decimal of an orc file has too many digits")
            } else {
                ended()
            });
        }
        source.advance(taken, context);
    }
    Ok(())
}

/// Joins the lower 7 bits of each byte.
fn join_sevens(word: u64) -> u64 {
    let word = word & 0x7f7f_7f7f_7f7f_7f7f;
    let word = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let word = (word & 0x0000_3fff_0000_3fff) | (word & 0x3fff_0000_3fff_0000) >> 2;
    (word & 0x0fff_ffff) | (word & 0x0fff_ffff_0000_0000) >> 4
}

fn long_varint(bytes: &[u8]) -> Option<(i128, usize)> {
    let mut value = 0u128;
    for (i, byte) in bytes.iter().take(LONGEST_DECIMAL).enumerate() {
        value |= u128::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            let signed = (value >> 1).cast_signed() ^ -((value & 1).cast_signed());
            return Some((signed, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_brought_to_the_scale_of_the_column() {
        let mut digits = [15, -15, 14, 0, 0, 7];
        rescale(2, &mut digits, &[3, 3, 3, i64::MIN, i64::MAX, 0]).unwrap();
        assert_eq!(digits, [2, -2, 1, 0, 0, 700]);
        for scale in [i64::MIN, i64::MAX, -39, 42] {
            let error = rescale(2, &mut [7], &[scale]).unwrap_err();
            assert!(error.to_string().contains("too many digits"), "{scale}: {error}");
        }
    }
}
