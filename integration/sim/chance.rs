//! The one source of chance: the same seed gives the same run.

/// A seeded generator (`SplitMix64`).
#[derive(Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Gives a number below `n`.
    pub(super) fn of(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// Tells whether something happens that does so in that many thousandths of all cases.
    pub(super) fn hits(&mut self, thousandths: u64) -> bool {
        self.of(1000) < thousandths
    }
}
