//! Decimals outside of columns: bounds, sums and literals.

use std::cmp::Ordering;
use std::fmt;

/// Digits of the largest decimal.
const MAX_DIGITS: u32 = 38;

/// Holds `value / 10^scale`; equal and ordered by that.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    /// The digits and the sign.
    pub value: i128,
    /// Digits after the point.
    pub scale: u8,
}

/// Returns 10 to a power, if it has at most 38 zeros.
pub(super) const fn power_of_ten(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

impl Decimal {
    /// Reads plain digits with sign and point, as in statistics.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (digits, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut value = 0i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        let scale = u8::try_from(fraction.len()).ok()?;
        Some(Self { value: if negative { -value } else { value }, scale })
    }

    /// Removes zeros at the end of the fraction.
    #[must_use]
    pub(super) fn trimmed(mut self) -> Self {
        while self.scale > 0 && self.value % 10 == 0 {
            self.value /= 10;
            self.scale -= 1;
        }
        self
    }

    /// Adds two decimals, if the sum has at most 38 digits.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let sum = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        let limit = power_of_ten(MAX_DIGITS)?;
        (-limit < sum && sum < limit).then_some(Self { value: sum, scale })
    }

    /// Returns the digits at a scale that is not below its own.
    fn at_scale(self, scale: u8) -> Option<i128> {
        self.value.checked_mul(power_of_ten(u32::from(scale.checked_sub(self.scale)?))?)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, scale } = self.trimmed();
        if scale == 0 {
            return write!(f, "{value}");
        }
        let width = usize::from(scale) + 1;
        let digits = format!("{:0width$}", value.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
        write!(f, "{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        Some(match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // The one that does not fit is the larger one, in its direction.
            (None, Some(_)) => self.value.cmp(&0),
            (Some(_), None) => 0.cmp(&other.value),
            (None, None) => self.value.signum().cmp(&other.value.signum()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses() {
        for (value, scale, text) in [
            (0, 2, "0"),
            (120, 2, "1.2"),
            (-5, 3, "-0.005"),
            (i128::MAX, 0, "170141183460469231731687303715884105727"),
        ] {
            let decimal = Decimal { value, scale };
            assert_eq!(decimal.to_string(), text);
            assert_eq!(Decimal::parse(text), Some(decimal));
        }
        for text in ["", "-", "1e5", "1.2.3", " 1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn orders_across_scales() {
        let d = |value, scale| Decimal { value, scale };
        assert!(d(10, 1) == d(1, 0) && d(11, 1) > d(1, 0) && d(-11, 1) < d(-1, 0));
        assert!(d(10i128.pow(37), 0) > d(1, 38) && d(-(10i128.pow(37)), 0) < d(1, 38));
        assert_eq!(d(10i128.pow(38) - 1, 0).plus(d(1, 0)), None);
    }
}
