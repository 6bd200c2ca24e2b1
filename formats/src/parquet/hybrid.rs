//! Parquet's hybrid of run lengths and packed bits, for levels and dictionary indices.

/// Fewest bits that a run must save before it is worth leaving packed bits for it.
const MIN_RUN_BITS: usize = 64;

/// Returns the number of bits that hold every value up to `max`.
pub(super) fn width_of(max: u64) -> u32 {
    u64::BITS - max.leading_zeros()
}

/// Appends a variable length integer.
fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

/// Appends one run of equal values.
pub(super) fn run(value: u16, count: usize, width: u32, out: &mut Vec<u8>) {
    varint((count as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Appends bits that are packed already: one bit a value, lowest first.
///
/// `bits` must hold `count` bits; what follows in the last byte does not matter.
pub(super) fn packed_bits(bits: &[u8], count: usize, out: &mut Vec<u8>) {
    let groups = count.div_ceil(8);
    varint((groups as u64) << 1 | 1, out);
    out.extend_from_slice(&bits[..groups.min(bits.len())]);
}

/// Appends values of up to 16 bits, as runs where that is shorter and packed otherwise.
pub(super) fn encode<T: Copy + PartialEq + Into<u16>>(values: &[T], width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return varint((values.len() as u64) << 1, out);
    }
    let min_run = MIN_RUN_BITS.div_ceil(width as usize).max(8);
    let (mut packed, mut at) = (0, 0);
    while let Some(group) = values.get(at..).and_then(<[T]>::first_chunk::<8>) {
        let first = group[0];
        if group.iter().all(|v| *v == first) {
            let count = 8 + values[at + 8..].iter().take_while(|v| **v == first).count();
            if count >= min_run {
                pack(&values[packed..at], width, out);
                run(first.into(), count, width, out);
                at += count;
                packed = at;
                continue;
            }
        }
        at += 8;
    }
    pack(&values[packed..], width, out);
}

/// Appends one run of packed values, filled up with zeros to a multiple of eight.
fn pack<T: Copy + Into<u16>>(values: &[T], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    varint((values.len().div_ceil(8) as u64) << 1 | 1, out);
    let bytes = width as usize;
    if width <= 8 {
        for group in values.chunks(8) {
            let packed =
                group.iter().rev().fold(0u64, |acc, v| acc << width | u64::from((*v).into()));
            out.extend_from_slice(&packed.to_le_bytes()[..bytes]);
        }
    } else {
        for group in values.chunks(8) {
            let packed =
                group.iter().rev().fold(0u128, |acc, v| acc << width | u128::from((*v).into()));
            out.extend_from_slice(&packed.to_le_bytes()[..bytes]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `count` values back, by the specification.
    fn decode(mut bytes: &[u8], width: u32, count: usize) -> Vec<u16> {
        let mut values = Vec::new();
        while values.len() < count {
            let (mut header, mut shift) = (0u64, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let n = (header >> 1) as usize;
            if header & 1 == 0 {
                let len = width.div_ceil(8) as usize;
                let value = bytes[..len].iter().rev().fold(0u16, |v, b| v << 8 | u16::from(*b));
                bytes = &bytes[len..];
                values.extend(std::iter::repeat_n(value, n));
            } else {
                let w = width as usize;
                for i in 0..n * 8 {
                    let bit = |k: usize| u16::from(bytes[k / 8] >> (k % 8) & 1);
                    values.push((0..w).fold(0, |v, b| v | bit(i * w + b) << b));
                }
                bytes = &bytes[n * w..];
            }
        }
        assert!(bytes.is_empty());
        values.truncate(count);
        values
    }

    proptest! {
        #[test]
        fn gives_the_values_back(
            runs in prop::collection::vec((any::<u16>(), 1usize..70), 0..40),
            width in 1u32..=16,
        ) {
            let mask = if width == 16 { u16::MAX } else { (1 << width) - 1 };
            let values: Vec<u16> =
                runs.iter().flat_map(|(v, n)| std::iter::repeat_n(v & mask, *n)).collect();
            let mut out = Vec::new();
            encode(&values, width, &mut out);
            prop_assert_eq!(decode(&out, width, values.len()), values);
        }
    }

    #[test]
    fn widths_and_edges() {
        for (max, width) in [(0, 0), (1, 1), (2, 2), (3, 2), (4095, 12), (4096, 13)] {
            assert_eq!(width_of(max), width);
        }
        let mut out = Vec::new();
        encode(&[0u8; 300], 0, &mut out);
        assert_eq!(out, [0xd8, 0x04]);
        out.clear();
        packed_bits(&[0xff, 0x01, 0xaa], 9, &mut out);
        assert_eq!(decode(&out, 1, 9), [1; 9]);
    }
}
