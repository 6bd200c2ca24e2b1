//! Texts and bytes written otherwise: `base64`, `hex`, `bin`, `conv`, and checksums.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Int64Type};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion_common::Result;
use formats::types::HiveType;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::Arg;
use super::def::{Call, Def, Plan, Takes, Types, is_text, is_whole};
use super::values::{byte_strings, numbers, texts};

const DIGEST: Types =
    Types::Fixed { takes: &[Takes::Binary], required: 1, returns: HiveType::String };

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["base64"],
        usage: "(binary)",
        types: DIGEST,
        eval: |c| {
            let bytes = c.bytes(0)?;
            texts(c.rows, |i, out| {
                STANDARD.encode_string(bytes.get(i)?, out);
                Some(())
            })
        },
    },
    Def {
        names: &["unbase64"],
        usage: "(string)",
        types: Types::Fixed { takes: &[Takes::Text], required: 1, returns: HiveType::Binary },
        eval: |c| {
            let text = c.text(0)?;
            Ok(byte_strings(c.rows, |i| Some(unbase64(text.get(i)?))))
        },
    },
    Def {
        names: &["hex"],
        usage: "(whole number, string or binary)",
        types: Types::Other(hex_types),
        eval: hex,
    },
    Def {
        names: &["unhex"],
        usage: "(string)",
        types: Types::Fixed { takes: &[Takes::Text], required: 1, returns: HiveType::Binary },
        eval: |c| {
            let text = c.text(0)?;
            Ok(byte_strings(c.rows, |i| unhex(text.get(i)?)))
        },
    },
    Def {
        names: &["bin"],
        usage: "(whole number)",
        types: Types::Fixed { takes: &[Takes::BigInt], required: 1, returns: HiveType::String },
        eval: |c| {
            let number = c.longs(0)?;
            texts(c.rows, |i, out| {
                out.push_str(&format!("{:b}", number.get(i)?));
                Some(())
            })
        },
    },
    Def {
        names: &["conv"],
        usage: "(number or string, from base int, to base int)",
        types: Types::Fixed {
            takes: &[Takes::Text, Takes::Int, Takes::Int],
            required: 3,
            returns: HiveType::String,
        },
        eval: |c| {
            let (text, from, to) = (c.text(0)?, c.ints(1)?, c.ints(2)?);
            texts(c.rows, |i, out| conv(text.get(i)?, from.get(i)?, to.get(i)?, out))
        },
    },
    Def {
        names: &["chr"],
        usage: "(whole number)",
        types: Types::Fixed { takes: &[Takes::BigInt], required: 1, returns: HiveType::String },
        eval: |c| {
            let number = c.longs(0)?;
            texts(c.rows, |i, out| {
                let number = number.get(i)?;
                if number >= 0 {
                    out.push(char::from(u8::try_from(number % 256).unwrap_or(0)));
                }
                Some(())
            })
        },
    },
    Def { names: &["md5"], usage: "(string or binary)", types: DIGEST, eval: digest::<Md5> },
    Def {
        names: &["sha1", "sha"],
        usage: "(string or binary)",
        types: DIGEST,
        eval: digest::<Sha1>,
    },
    Def {
        names: &["sha2"],
        usage: "(string or binary, 0, 224, 256, 384 or 512)",
        types: Types::Fixed {
            takes: &[Takes::Binary, Takes::Int],
            required: 2,
            returns: HiveType::String,
        },
        eval: sha2,
    },
    Def {
        names: &["crc32"],
        usage: "(string or binary)",
        types: Types::Fixed { takes: &[Takes::Binary], required: 1, returns: HiveType::BigInt },
        eval: |c| {
            let bytes = c.bytes(0)?;
            Ok(numbers::<Int64Type>(c.rows, |i| Some(crc32fast::hash(bytes.get(i)?).into())))
        },
    },
];

/// Reads base 64; other characters and missing ones are overlooked, as in Hive.
fn unbase64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let sextets: Vec<u8> = text.bytes().take_while(|b| *b != b'=').filter_map(value).collect();
    let mut out = Vec::with_capacity(sextets.len());
    for group in sextets.chunks(4) {
        let bits = (0..4).fold(0u32, |n, i| n << 6 | u32::from(group.get(i).copied().unwrap_or(0)));
        let bytes = bits.to_be_bytes();
        out.extend(bytes.iter().skip(1).take(group.len() * 6 / 8));
    }
    out
}

fn hex_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [arg] = args else { return Ok(None) };
    let ty = match arg.ty {
        ty if is_whole(ty) => HiveType::BigInt,
        HiveType::Binary => HiveType::Binary,
        ty if is_text(ty) || *ty == HiveType::Void => HiveType::Binary,
        _ => return Ok(None),
    };
    Plan::of([ty], HiveType::String)
}

fn write_hex(bytes: &[u8], digits: &[u8; 16], out: &mut String) {
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.push(char::from(digits.get(usize::from(half)).copied().unwrap_or(b'0')));
        }
    }
}

fn hex(call: &Call<'_>) -> Result<ArrayRef> {
    if matches!(call.arg(0)?.data_type(), DataType::Int64) {
        let number = call.longs(0)?;
        return texts(call.rows, |i, out| {
            out.push_str(&format!("{:X}", number.get(i)?));
            Some(())
        });
    }
    let bytes = call.bytes(0)?;
    texts(call.rows, |i, out| {
        write_hex(bytes.get(i)?, b"0123456789ABCDEF", out);
        Some(())
    })
}

/// Reads pairs of digits; a single one at the start is read with a zero before it.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits =
        text.bytes().map(|b| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()));
    let mut digits = digits.collect::<Option<Vec<u8>>>()?;
    if digits.len() % 2 == 1 {
        digits.insert(0, 0);
    }
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, d| n << 4 | d)).collect())
}

/// Writes a number of one base in another; a negative target base keeps the sign.
///
/// Source: Hive `UDFConv`: 64 bits, digits behind the first that is none are overlooked.
fn conv(text: &str, from: i32, to: i32, out: &mut String) -> Option<()> {
    let base = |n: i32| (2..=36).contains(&n.unsigned_abs()).then_some(n.unsigned_abs());
    let (from, target) = (base(from)?, base(to)?);
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let value = digits.chars().map_while(|c| c.to_digit(from)).fold(0u64, |n, digit| {
        n.checked_mul(from.into()).and_then(|n| n.checked_add(digit.into())).unwrap_or(u64::MAX)
    });
    let value = if negative { value.wrapping_neg() } else { value };
    let sign = to < 0 && value.cast_signed() < 0;
    let mut rest = if sign { value.wrapping_neg() } else { value };
    let mut reversed = Vec::new();
    loop {
        let digit = u32::try_from(rest % u64::from(target)).unwrap_or(0);
        reversed.push(char::from_digit(digit, target)?.to_ascii_uppercase());
        rest /= u64::from(target);
        if rest == 0 {
            break;
        }
    }
    if sign {
        out.push('-');
    }
    out.extend(reversed.iter().rev());
    Some(())
}

fn digest<D: Digest>(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    texts(call.rows, |i, out| {
        write_hex(&D::digest(bytes.get(i)?), b"0123456789abcdef", out);
        Some(())
    })
}

fn sha2(call: &Call<'_>) -> Result<ArrayRef> {
    let (bytes, size) = (call.bytes(0)?, call.ints(1)?);
    texts(call.rows, |i, out| {
        let bytes = bytes.get(i)?;
        let digits = b"0123456789abcdef";
        match size.get(i)? {
            224 => write_hex(&Sha224::digest(bytes), digits, out),
            0 | 256 => write_hex(&Sha256::digest(bytes), digits, out),
            384 => write_hex(&Sha384::digest(bytes), digits, out),
            512 => write_hex(&Sha512::digest(bytes), digits, out),
            _ => return None,
        }
        Some(())
    })
}
