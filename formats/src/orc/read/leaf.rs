//! Columns without parts, decoded into arrays.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, PrimitiveArray, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use super::decimals::{Decimals, Digits};
use super::decoder::booleans;
use super::runs::{BitRuns, ByteRuns, IntegerRuns};
use super::source::{Context, Source};
use super::stripe::Streams;
use super::time::{Rounding, Zone, proleptic_day, proleptic_seconds, unpack_nanos};
use crate::gather::gather;
use crate::orc::meta::{Kind, StreamKind, Type};
use crate::{FormatError, Result};

/// Most bytes of a dictionary, or of the texts of a batch.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// Names the unit of timestamps in batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampUnit {
    /// Microseconds, which hold the years 0001 to 9999; finer digits are cut off.
    #[default]
    Microsecond,
    /// Nanoseconds; years before 1678 and after 2261 are errors.
    Nanosecond,
}

/// Says what is the same for all columns of a file.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) unit: TimestampUnit,
    /// Whether days before 1582-10-15 are Julian.
    pub(super) hybrid: bool,
    /// Whether short decimals are integers, as in the unfinished second version of the format.
    pub(super) decimal64: bool,
    /// How seconds before 1970 were rounded.
    pub(super) rounding: Rounding,
    /// The zone that the stripe names.
    pub(super) zone: String,
}

/// Decodes the values of one column.
#[derive(Debug)]
pub(super) enum Leaf {
    Boolean(BitRuns),
    Byte(ByteRuns),
    Short(IntegerRuns),
    Int(IntegerRuns),
    Long(IntegerRuns),
    Float(Source),
    Double(Source),
    Date { days: IntegerRuns, hybrid: bool },
    Timestamp(Timestamps),
    Decimal(Decimals),
    Texts { bytes: Source, lengths: IntegerRuns },
    Dictionary { values: StringArray, codes: IntegerRuns },
    Binary { bytes: Source, lengths: IntegerRuns },
}

#[derive(Debug)]
pub(super) struct Timestamps {
    seconds: IntegerRuns,
    nanos: IntegerRuns,
    zone: Zone,
    unit: TimestampUnit,
    hybrid: bool,
    instant: bool,
}

pub(super) fn ended() -> FormatError {
    FormatError::data("an orc stream ends too early")
}

/// Puts values where they are not null; others are the default.
pub(super) fn spread<T: Copy + Default>(
    dense: Vec<T>,
    rows: usize,
    nulls: Option<&NullBuffer>,
) -> Vec<T> {
    let Some(nulls) = nulls else { return dense };
    let mut all = vec![T::default(); rows];
    let mut done = 0;
    for (start, end) in nulls.valid_slices() {
        all[start..end].copy_from_slice(&dense[done..done + end - start]);
        done += end - start;
    }
    all
}

fn array<T: ArrowPrimitiveType>(
    dense: Vec<T::Native>,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let values = spread(dense, rows, nulls.as_ref());
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

pub(super) fn numbers(
    runs: &mut IntegerRuns,
    count: usize,
    context: &mut Context,
) -> Result<Vec<i64>> {
    let mut values = Vec::with_capacity(count.min(1 << 20));
    runs.read(count, &mut values, context)?;
    Ok(values)
}

/// Reads fixed-width values.
fn words<T: Copy, const N: usize>(
    source: &mut Source,
    count: usize,
    context: &mut Context,
    value: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>> {
    let mut values = Vec::with_capacity(count.min(1 << 20));
    while values.len() < count {
        let bytes = source.peek(N, context)?;
        let words = bytes.as_chunks::<N>().0;
        let words = &words[..words.len().min(count - values.len())];
        if words.is_empty() {
            return Err(ended());
        }
        values.extend(words.iter().map(|w| value(*w)));
        let taken = words.len() * N;
        source.advance(taken, context);
    }
    Ok(values)
}

impl Leaf {
    pub(super) fn new(
        ty: &Type,
        column: usize,
        streams: &mut Streams<'_>,
        settings: &Settings,
        context: &mut Context,
    ) -> Result<Self> {
        let encoding = streams.encoding(column)?;
        let v2 = encoding.v2;
        let data = streams.take(column, StreamKind::Data);
        let integers = |source, signed| IntegerRuns::new(source, signed, v2);
        Ok(match ty.kind {
            Kind::Boolean => Self::Boolean(BitRuns::new(data)),
            Kind::Byte => Self::Byte(ByteRuns::new(data)),
            Kind::Short => Self::Short(integers(data, true)),
            Kind::Int => Self::Int(integers(data, true)),
            Kind::Long => Self::Long(integers(data, true)),
            Kind::Float => Self::Float(data),
            Kind::Double => Self::Double(data),
            Kind::Date => Self::Date { days: integers(data, true), hybrid: settings.hybrid },
            Kind::Timestamp | Kind::TimestampInstant => {
                let instant = ty.kind == Kind::TimestampInstant;
                Self::Timestamp(Timestamps {
                    seconds: integers(data, true),
                    nanos: integers(streams.take(column, StreamKind::Secondary), false),
                    zone: Zone::new(
                        if instant { "UTC" } else { &settings.zone },
                        settings.rounding,
                    )?,
                    unit: settings.unit,
                    hybrid: settings.hybrid && !instant,
                    instant,
                })
            }
            Kind::Decimal => {
                let digits = if settings.decimal64 && ty.precision <= 18 {
                    Digits::Integers(IntegerRuns::new(data, true, true))
                } else {
                    let scales = integers(streams.take(column, StreamKind::Secondary), true);
                    Digits::Varints { numbers: data, scales }
                };
                Self::Decimal(Decimals::new(digits, ty.precision as u8, ty.scale as u8))
            }
            Kind::Binary => {
                let lengths = integers(streams.take(column, StreamKind::Length), false);
                Self::Binary { bytes: data, lengths }
            }
            Kind::String | Kind::Varchar | Kind::Char => {
                let lengths = streams.take(column, StreamKind::Length);
                if encoding.dictionary {
                    let texts = streams.take(column, StreamKind::DictionaryData);
                    let size = encoding.dictionary_size as usize;
                    let values = dictionary(texts, integers(lengths, false), size, context)?;
                    Self::Dictionary { values, codes: integers(data, false) }
                } else {
                    Self::Texts { bytes: data, lengths: integers(lengths, false) }
                }
            }
            Kind::List | Kind::Map | Kind::Struct | Kind::Union => {
                return Err(FormatError::internal("an orc column with parts is no leaf"));
            }
        })
    }

    /// Decodes `values` values and puts them where the `rows` rows are not null.
    pub(super) fn read(
        &mut self,
        values: usize,
        rows: usize,
        nulls: Option<NullBuffer>,
        context: &mut Context,
    ) -> Result<ArrayRef> {
        Ok(match self {
            Self::Boolean(bits) => booleans(&bits.read(values, context)?, rows, nulls),
            Self::Byte(bytes) => {
                let mut dense = Vec::with_capacity(values.min(1 << 20));
                bytes.read(values, &mut dense, context)?;
                let dense = dense.into_iter().map(u8::cast_signed).collect();
                array::<Int8Type>(dense, rows, nulls)
            }
            Self::Short(runs) => {
                let dense = numbers(runs, values, context)?.into_iter().map(|v| v as i16).collect();
                array::<Int16Type>(dense, rows, nulls)
            }
            Self::Int(runs) => {
                let dense = numbers(runs, values, context)?.into_iter().map(|v| v as i32).collect();
                array::<Int32Type>(dense, rows, nulls)
            }
            Self::Long(runs) => array::<Int64Type>(numbers(runs, values, context)?, rows, nulls),
            Self::Float(source) => {
                let dense = words(source, values, context, f32::from_le_bytes)?;
                array::<Float32Type>(dense, rows, nulls)
            }
            Self::Double(source) => {
                let dense = words(source, values, context, f64::from_le_bytes)?;
                array::<Float64Type>(dense, rows, nulls)
            }
            Self::Date { days, hybrid } => {
                let mut dense = numbers(days, values, context)?;
                if *hybrid {
                    for day in &mut dense {
                        *day = proleptic_day(*day);
                    }
                }
                let dense = dense.into_iter().map(|v| v as i32).collect();
                array::<Date32Type>(dense, rows, nulls)
            }
            Self::Timestamp(timestamps) => timestamps.read(values, rows, nulls, context)?,
            Self::Decimal(decimals) => decimals.read(values, rows, nulls, context)?,
            Self::Texts { bytes, lengths } => {
                let (offsets, bytes) =
                    texts(bytes, lengths, values, rows, nulls.as_ref(), context)?;
                Arc::new(strings(offsets, bytes, nulls))
            }
            Self::Binary { bytes, lengths } => {
                let (offsets, bytes) =
                    texts(bytes, lengths, values, rows, nulls.as_ref(), context)?;
                let array = BinaryArray::try_new(offsets, Buffer::from_vec(bytes), nulls);
                Arc::new(array.map_err(|e| FormatError::data("broken binaries").with_source(e))?)
            }
            Self::Dictionary { values: texts, codes } => {
                from_dictionary(texts, &numbers(codes, values, context)?, rows, nulls)?
            }
        })
    }

    /// Goes to a position of the index.
    pub(super) fn seek(
        &mut self,
        positions: &mut impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> Result<()> {
        match self {
            Self::Boolean(bits) => bits.seek(positions, context),
            Self::Byte(bytes) => bytes.seek(positions, context),
            Self::Short(runs) | Self::Int(runs) | Self::Long(runs) => runs.seek(positions, context),
            Self::Date { days, .. } => days.seek(positions, context),
            Self::Dictionary { codes, .. } => codes.seek(positions, context),
            Self::Float(source) | Self::Double(source) => source.seek(positions, context),
            Self::Timestamp(timestamps) => {
                timestamps.seconds.seek(positions, context)?;
                timestamps.nanos.seek(positions, context)
            }
            Self::Decimal(decimals) => decimals.seek(positions, context),
            Self::Texts { bytes, lengths } | Self::Binary { bytes, lengths } => {
                bytes.seek(positions, context)?;
                lengths.seek(positions, context)
            }
        }
    }
}

impl Timestamps {
    fn read(
        &mut self,
        values: usize,
        rows: usize,
        nulls: Option<NullBuffer>,
        context: &mut Context,
    ) -> Result<ArrayRef> {
        let mut dense = numbers(&mut self.seconds, values, context)?;
        let nanos = numbers(&mut self.nanos, values, context)?;
        let mut overflow = false;
        for (value, packed) in dense.iter_mut().zip(&nanos) {
            let nanos = unpack_nanos(*packed);
            let mut seconds = self.zone.wall(*value, nanos);
            if self.hybrid {
                seconds = proleptic_seconds(seconds);
            }
            let scaled = match self.unit {
                TimestampUnit::Microsecond => {
                    let micros = nanos.div_euclid(1000);
                    seconds.checked_mul(1_000_000).and_then(|v| v.checked_add(micros))
                }
                TimestampUnit::Nanosecond => {
                    let all = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
                    i64::try_from(all).ok()
                }
            };
            overflow |= scaled.is_none();
            *value = scaled.unwrap_or(0);
        }
        if overflow {
            return Err(FormatError::data("a timestamp does not fit into the batches' unit")
                .with("unit", format!("{:?}", self.unit).to_lowercase()));
        }
        let buffer = ScalarBuffer::from(spread(dense, rows, nulls.as_ref()));
        let zone = self.instant.then_some("UTC");
        Ok(match self.unit {
            TimestampUnit::Microsecond => {
                let array = TimestampMicrosecondArray::new(buffer, nulls);
                Arc::new(array.with_timezone_opt(zone))
            }
            TimestampUnit::Nanosecond => {
                let array = TimestampNanosecondArray::new(buffer, nulls);
                Arc::new(array.with_timezone_opt(zone))
            }
        })
    }
}

/// Reads texts that lie one after the other.
fn texts(
    source: &mut Source,
    lengths: &mut IntegerRuns,
    values: usize,
    rows: usize,
    nulls: Option<&NullBuffer>,
    context: &mut Context,
) -> Result<(OffsetBuffer<i32>, Vec<u8>)> {
    let dense = numbers(lengths, values, context)?;
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0);
    let mut at = 0i64;
    let mut add = |length: i64| {
        at = at.saturating_add(length);
        if length < 0 || at > MAX_TEXT_BYTES as i64 {
            return Err(FormatError::data("the texts of an orc file are impossibly long"));
        }
        offsets.push(at as i32);
        Ok(())
    };
    match nulls {
        None => dense.iter().try_for_each(|length| add(*length))?,
        Some(nulls) => {
            let mut dense = dense.iter();
            for valid in nulls {
                add(if valid { dense.next().copied().unwrap_or(0) } else { 0 })?;
            }
        }
    }
    let mut bytes = Vec::with_capacity((at as usize).min(1 << 22));
    source.copy(at as usize, &mut bytes, context)?;
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), bytes))
}

/// Makes an array of texts; what is not UTF-8 is replaced, as Hive shows it.
fn strings(offsets: OffsetBuffer<i32>, bytes: Vec<u8>, nulls: Option<NullBuffer>) -> StringArray {
    let buffer = Buffer::from_vec(bytes);
    match StringArray::try_new(offsets.clone(), buffer.clone(), nulls.clone()) {
        Ok(array) => array,
        Err(_) => {
            let texts = offsets.windows(2).enumerate().map(|(row, pair)| {
                let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
                let text = &buffer.as_slice()[pair[0] as usize..pair[1] as usize];
                valid.then(|| String::from_utf8_lossy(text))
            });
            texts.collect()
        }
    }
}

/// Reads a dictionary of `size` texts.
fn dictionary(
    mut texts: Source,
    mut lengths: IntegerRuns,
    size: usize,
    context: &mut Context,
) -> Result<StringArray> {
    let broken = || FormatError::data("a dictionary of an orc file is broken");
    let bytes = texts.whole(MAX_TEXT_BYTES, context)?;
    // At most one text is empty; old writers may have had a few more.
    if size > bytes.len() + (1 << 20) {
        return Err(broken().with("why", "it has more texts than bytes"));
    }
    let lengths = numbers(&mut lengths, size, context)?;
    let mut offsets = Vec::with_capacity(size + 1);
    offsets.push(0);
    let mut at = 0i64;
    for length in lengths {
        at = at.saturating_add(length);
        if length < 0 || at > bytes.len() as i64 {
            return Err(broken().with("why", "its lengths do not fit its bytes"));
        }
        offsets.push(at as i32);
    }
    Ok(strings(OffsetBuffer::new(ScalarBuffer::from(offsets)), bytes, None))
}

fn from_dictionary(
    texts: &StringArray,
    codes: &[i64],
    rows: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let size = texts.len() as u64;
    if codes.iter().any(|code| code.cast_unsigned() >= size) {
        return Err(FormatError::data("an orc file has a text that its dictionary does not have"));
    }
    let dense: Vec<i32> = codes.iter().map(|code| *code as i32).collect();
    let keys = spread(dense, rows, nulls.as_ref());
    Ok(Arc::new(gather(texts, &keys, nulls, MAX_TEXT_BYTES)?))
}
