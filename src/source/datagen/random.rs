//! Random numbers that depend on where they are used, not on how many were drawn before.

/// Odd number with well mixed bits: the step of `SplitMix64`.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A place for a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// What tells it from the other cells of its column.
    pub(super) id: u64,
    /// Number of its row.
    pub(super) row: u64,
    /// Time of its row. Units: microseconds since 1970.
    pub(super) micros: i64,
}

/// What tells the values of a column from those of others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key(u64);

impl Key {
    /// Makes the key of a column.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        let absorb = |state: u64, byte: u8| mix(state ^ u64::from(byte)).wrapping_add(STEP);
        Self(name.bytes().fold(mix(seed.wrapping_add(STEP)), absorb))
    }

    /// Gives 64 random bits for a cell.
    pub(super) fn bits(self, cell: &Cell) -> u64 {
        mix(self.0.wrapping_add(cell.id.wrapping_mul(STEP)))
    }

    /// Gives any number of random words for a cell.
    pub(super) fn words(self, cell: &Cell) -> impl Iterator<Item = u64> {
        let first = self.bits(cell);
        (1_u64..).map(move |n| mix(first.wrapping_add(n.wrapping_mul(STEP))))
    }
}

/// Mixes 64 bits so that each depends on all. Source: Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", 2014; variant 13 of Stafford.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Gives a number from 0 to `most` from 64 random bits.
pub(super) fn up_to(most: u64, bits: u64) -> u64 {
    let product = u128::from(bits) * (u128::from(most) + 1);
    u64::try_from(product >> 64).unwrap_or(most)
}

/// Gives a number from 0 up to, not including, 1 from 64 random bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_its_range_evenly() {
        let key = Key::new(1, "a");
        for most in [0, 1, 9, 255] {
            let mut counts = vec![0_u32; usize::try_from(most).unwrap() + 1];
            for id in 0..100_000 {
                let cell = Cell { id, row: id, micros: 0 };
                counts[usize::try_from(up_to(most, key.bits(&cell))).unwrap()] += 1;
            }
            let mean = 100_000 / u32::try_from(counts.len()).unwrap();
            assert!(counts.iter().all(|n| n.abs_diff(mean) <= mean / 3), "{counts:?}");
        }
        assert_eq!(up_to(u64::MAX, u64::MAX), u64::MAX);
        assert_eq!((unit(0).to_bits(), unit(u64::MAX) < 1.0), (0, true));
    }

    #[test]
    fn columns_and_seeds_differ() {
        let cell = Cell { id: 5, row: 5, micros: 0 };
        let draws = [(0, "a"), (1, "a"), (0, "b"), (0, "ab"), (0, "ba"), (0, "")];
        let mut bits: Vec<u64> =
            draws.iter().map(|(seed, name)| Key::new(*seed, name).bits(&cell)).collect();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), draws.len());
    }
}
