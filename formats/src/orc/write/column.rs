//! One column of the tree of types while a stripe is written.

use arrow::array::{Array, ArrayRef};

use super::super::bloom::BloomFilter;
use super::super::meta::{Encoding, Kind, StreamKind, Type};
use super::super::proto::put_message;
use super::super::statistics::{Detail, Statistics};
use super::bits::Bits;
use super::numbers;
use super::parts;
use super::runs::{self, Integers};
use super::stripe::{Mark, Placed, Stripe, Unit};
use super::text::Texts;
use crate::Result;

/// Collects a column's values of one stripe; its buffers are used again for the next.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) id: usize,
    pub(super) ty: Type,
    present: Bits,
    nulls: bool,
    groups: Vec<Statistics>,
    bloom: Option<Bloom>,
    pub(super) data: Data,
    pub(super) children: Vec<Column>,
}

/// Holds the values by the form in which they are stored.
#[derive(Debug)]
pub(super) enum Data {
    /// Nothing but what the children have.
    Struct,
    Boolean(Bits),
    /// Bytes, and the tags of unions.
    Bytes {
        group: Vec<u8>,
        stream: Vec<u8>,
        marks: Vec<Mark>,
    },
    /// Integers and dates.
    Integers(Numbers),
    Floats {
        group: Vec<f32>,
        stream: Vec<u8>,
        marks: Vec<Mark>,
    },
    Doubles {
        group: Vec<f64>,
        stream: Vec<u8>,
        marks: Vec<Mark>,
    },
    Decimals {
        group: Vec<i128>,
        stream: Vec<u8>,
        marks: Vec<Mark>,
        counts: Vec<usize>,
    },
    Timestamps {
        seconds: Numbers,
        nanos: Numbers,
    },
    Texts(Texts),
    Binary {
        bytes: Vec<u8>,
        marks: Vec<Mark>,
        lengths: Numbers,
    },
    /// Lists and maps: how many elements each has.
    Lengths(Numbers),
}

/// Holds the integers of one stream: those of the open row group, and what is encoded.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) group: Vec<i64>,
    pub(super) stream: Vec<u8>,
    marks: Vec<Mark>,
}

#[derive(Debug)]
struct Bloom {
    filter: BloomFilter,
    index: Vec<u8>,
}

impl Numbers {
    fn clear(&mut self) {
        self.group.clear();
        self.stream.clear();
        self.marks.clear();
    }

    fn begin_group(&mut self) {
        self.group.clear();
        self.marks.push(mark(&self.stream));
    }

    fn encode(&mut self, integers: &mut Integers, signed: bool) {
        integers.put(&self.group, signed, &mut self.stream);
    }

    fn put(&self, id: usize, kind: StreamKind, stripe: &mut Stripe<'_>) -> Result<Placed> {
        stripe.put(id, kind, &self.stream, (Unit::Runs, self.marks.clone()))
    }
}

fn mark(stream: &[u8]) -> Mark {
    Mark { offset: stream.len(), bits: 0 }
}

impl Data {
    fn new(kind: Kind, threshold: f64) -> Self {
        match kind {
            Kind::Struct => Self::Struct,
            Kind::Boolean => Self::Boolean(Bits::default()),
            Kind::Byte | Kind::Union => {
                Self::Bytes { group: Vec::new(), stream: Vec::new(), marks: Vec::new() }
            }
            Kind::Short | Kind::Int | Kind::Long | Kind::Date => Self::Integers(Numbers::default()),
            Kind::Float => {
                Self::Floats { group: Vec::new(), stream: Vec::new(), marks: Vec::new() }
            }
            Kind::Double => {
                Self::Doubles { group: Vec::new(), stream: Vec::new(), marks: Vec::new() }
            }
            Kind::Decimal => Self::Decimals {
                group: Vec::new(),
                stream: Vec::new(),
                marks: Vec::new(),
                counts: Vec::new(),
            },
            Kind::Timestamp | Kind::TimestampInstant => {
                Self::Timestamps { seconds: Numbers::default(), nanos: Numbers::default() }
            }
            Kind::String | Kind::Varchar | Kind::Char => Self::Texts(Texts::new(threshold)),
            Kind::Binary => {
                Self::Binary { bytes: Vec::new(), marks: Vec::new(), lengths: Numbers::default() }
            }
            Kind::List | Kind::Map => Self::Lengths(Numbers::default()),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Struct => {}
            Self::Boolean(bits) => bits.clear(),
            Self::Bytes { group, stream, marks } => {
                group.clear();
                stream.clear();
                marks.clear();
            }
            Self::Integers(numbers) | Self::Lengths(numbers) => numbers.clear(),
            Self::Floats { stream, marks, .. } | Self::Doubles { stream, marks, .. } => {
                stream.clear();
                marks.clear();
            }
            Self::Decimals { stream, marks, counts, .. } => {
                stream.clear();
                marks.clear();
                counts.clear();
            }
            Self::Timestamps { seconds, nanos } => {
                seconds.clear();
                nanos.clear();
            }
            Self::Texts(texts) => texts.clear(),
            Self::Binary { bytes, marks, lengths } => {
                bytes.clear();
                marks.clear();
                lengths.clear();
            }
        }
    }

    fn begin_group(&mut self) {
        match self {
            Self::Struct => {}
            Self::Boolean(bits) => bits.begin_group(),
            Self::Bytes { group, stream, marks } => {
                group.clear();
                marks.push(mark(stream));
            }
            Self::Integers(numbers) | Self::Lengths(numbers) => numbers.begin_group(),
            Self::Floats { group, stream, marks } => {
                group.clear();
                marks.push(mark(stream));
            }
            Self::Doubles { group, stream, marks } => {
                group.clear();
                marks.push(mark(stream));
            }
            Self::Decimals { group, stream, marks, .. } => {
                group.clear();
                marks.push(mark(stream));
            }
            Self::Timestamps { seconds, nanos } => {
                seconds.begin_group();
                nanos.begin_group();
            }
            Self::Texts(texts) => texts.begin_group(),
            Self::Binary { bytes, marks, lengths } => {
                marks.push(mark(bytes));
                lengths.begin_group();
            }
        }
    }
}

impl Column {
    /// Makes the column `id` of a tree of types, with its children.
    ///
    /// `bloom` makes the filters of the columns that shall have them.
    pub(super) fn new(
        types: &[Type],
        id: usize,
        threshold: f64,
        bloom: &dyn Fn(usize) -> Option<BloomFilter>,
    ) -> Self {
        let ty = types[id].clone();
        let children = ty.children.iter().map(|c| Self::new(types, *c, threshold, bloom)).collect();
        let has_bloom =
            !matches!(ty.kind, Kind::Boolean | Kind::Struct | Kind::List | Kind::Map | Kind::Union);
        Self {
            id,
            present: Bits::default(),
            nulls: false,
            groups: Vec::new(),
            bloom: bloom(id)
                .filter(|_| has_bloom)
                .map(|filter| Bloom { filter, index: Vec::new() }),
            data: Data::new(ty.kind, threshold),
            ty,
            children,
        }
    }

    /// Forgets the stripe before.
    pub(super) fn clear(&mut self) {
        self.present.clear();
        self.nulls = false;
        self.groups.clear();
        self.data.clear();
        if let Some(bloom) = &mut self.bloom {
            bloom.index.clear();
        }
        self.children.iter_mut().for_each(Self::clear);
    }

    /// Begins a row group.
    pub(super) fn begin_group(&mut self) {
        self.present.begin_group();
        self.data.begin_group();
        self.groups.push(Statistics { has_null: Some(false), ..Statistics::default() });
        self.children.iter_mut().for_each(Self::begin_group);
    }

    /// Takes rows of the open row group.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if the array does not have the column's
    /// type, [`ErrorKind::Data`](crate::ErrorKind::Data) if a value does not fit into it.
    pub(super) fn append(&mut self, array: &ArrayRef) -> Result<()> {
        let array = parts::as_stored(array, &self.ty)?;
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        match nulls {
            None => self.present.append_ones(array.len()),
            Some(nulls) => {
                self.present.append(nulls.inner());
                self.nulls = true;
            }
        }
        if let Some(group) = self.groups.last_mut() {
            let missing = nulls.map_or(0, arrow::buffer::NullBuffer::null_count);
            group.count += (array.len() - missing) as u64;
            group.has_null = Some(group.has_null == Some(true) || missing > 0);
        }
        parts::append(self, &array)
    }

    /// Ends a row group: encodes its values and sums them up.
    pub(super) fn end_group(&mut self, integers: &mut Integers) {
        let kind = self.ty.kind;
        let mut add = self.bloom.as_mut().map(|bloom| {
            let filter = &mut bloom.filter;
            move |hash| filter.add(hash)
        });
        let seen = add.as_mut().map(|add| add as &mut dyn FnMut(u64));
        let detail = match &mut self.data {
            Data::Struct => Detail::None,
            Data::Boolean(bits) => {
                let start = bits.group_start();
                Detail::Boolean { trues: bits.ones_from(start) as u64 }
            }
            Data::Bytes { group, stream, .. } => {
                runs::put_bytes(group, stream);
                if kind == Kind::Union {
                    Detail::None
                } else {
                    let signed = group.iter().map(|b| i64::from(b.cast_signed()));
                    numbers::integers(&signed.collect::<Vec<_>>(), seen)
                }
            }
            Data::Integers(numbers) => {
                numbers.encode(integers, true);
                if kind == Kind::Date {
                    numbers::dates(&numbers.group, seen)
                } else {
                    numbers::integers(&numbers.group, seen)
                }
            }
            Data::Floats { group, stream, .. } => {
                put_words(group, stream, f32::to_le_bytes);
                numbers::doubles(group.iter().map(|v| f64::from(*v)), seen)
            }
            Data::Doubles { group, stream, .. } => {
                put_words(group, stream, f64::to_le_bytes);
                numbers::doubles(group.iter().copied(), seen)
            }
            Data::Decimals { group, stream, counts, .. } => {
                for value in group.iter() {
                    numbers::put_digits(*value, stream);
                }
                counts.push(group.len());
                numbers::decimals(group, self.ty.scale as u8, seen)
            }
            Data::Timestamps { seconds, nanos } => {
                let detail = numbers::moments(&seconds.group, &nanos.group, seen);
                end_moments(seconds, nanos, integers);
                detail
            }
            Data::Texts(texts) => texts.end_group(seen),
            Data::Binary { bytes, marks, lengths } => {
                lengths.encode(integers, false);
                let mut at = marks.last().map_or(0, |m| m.offset);
                let start = at;
                let mut seen = seen;
                for length in &lengths.group {
                    let value = &bytes[at..at + *length as usize];
                    at += value.len();
                    if let Some(seen) = &mut seen {
                        seen(super::super::bloom::hash_bytes(value));
                    }
                }
                Detail::Binary { sum: (at - start) as i64 }
            }
            Data::Lengths(lengths) => {
                lengths.encode(integers, false);
                numbers::lengths(&lengths.group)
            }
        };
        if let Some(group) = self.groups.last_mut() {
            group.detail = detail;
        }
        if let Some(bloom) = &mut self.bloom {
            put_message(1, &mut bloom.index, |out| bloom.filter.write(out));
            bloom.filter.clear();
        }
        self.children.iter_mut().for_each(|child| child.end_group(integers));
    }

    /// Puts the statistics of the first row group of the column and its children into `all`.
    pub(super) fn statistics(&self, all: &mut [Statistics]) {
        if let (Some(place), Some(group)) = (all.get_mut(self.id), self.groups.first()) {
            *place = group.clone();
        }
        self.children.iter().for_each(|child| child.statistics(all));
    }

    /// Writes the column's streams and its index, then those of its children.
    pub(super) fn write(&mut self, integers: &mut Integers, stripe: &mut Stripe<'_>) -> Result<()> {
        let id = self.id;
        let mut placed = Vec::with_capacity(3);
        let mut raw = Vec::new();
        if self.nulls {
            let units = self.present.encode(&mut raw);
            placed.push(stripe.put(id, StreamKind::Present, &raw, units)?);
        }
        let mut encoding = Encoding { bloom_utf8: self.bloom.is_some(), ..Encoding::default() };
        match &mut self.data {
            Data::Struct => {}
            Data::Boolean(bits) => {
                let units = bits.encode(&mut raw);
                placed.push(stripe.put(id, StreamKind::Data, &raw, units)?);
            }
            Data::Bytes { stream, marks, .. } => {
                let units = (Unit::Runs, marks.clone());
                placed.push(stripe.put(id, StreamKind::Data, stream, units)?);
            }
            Data::Integers(numbers) => {
                encoding.v2 = true;
                placed.push(numbers.put(id, StreamKind::Data, stripe)?);
            }
            Data::Floats { stream, marks, .. } | Data::Doubles { stream, marks, .. } => {
                let units = (Unit::Bytes, marks.clone());
                placed.push(stripe.put(id, StreamKind::Data, stream, units)?);
            }
            Data::Decimals { stream, marks, counts, .. } => {
                encoding.v2 = true;
                let units = (Unit::Bytes, marks.clone());
                placed.push(stripe.put(id, StreamKind::Data, stream, units)?);
                raw.clear();
                let mut marks = Vec::with_capacity(counts.len());
                for count in counts {
                    marks.push(mark(&raw));
                    Integers::put_constant(i64::from(self.ty.scale), *count, true, &mut raw);
                }
                let units = (Unit::Runs, marks);
                placed.push(stripe.put(id, StreamKind::Secondary, &raw, units)?);
            }
            Data::Timestamps { seconds, nanos } => {
                encoding.v2 = true;
                placed.push(seconds.put(id, StreamKind::Data, stripe)?);
                placed.push(nanos.put(id, StreamKind::Secondary, stripe)?);
            }
            Data::Texts(texts) => {
                encoding.v2 = true;
                let dictionary = texts.write(id, integers, stripe, &mut placed)?;
                encoding.dictionary = dictionary.is_some();
                encoding.dictionary_size = dictionary.unwrap_or(0);
            }
            Data::Binary { bytes, marks, lengths } => {
                encoding.v2 = true;
                let units = (Unit::Bytes, marks.clone());
                placed.push(stripe.put(id, StreamKind::Data, bytes, units)?);
                placed.push(lengths.put(id, StreamKind::Length, stripe)?);
            }
            Data::Lengths(lengths) => {
                encoding.v2 = true;
                placed.push(lengths.put(id, StreamKind::Length, stripe)?);
            }
        }
        let blooms = self.bloom.as_ref().map_or(&[][..], |bloom| &bloom.index);
        stripe.close_column(id, encoding, &self.groups, &placed, blooms)?;
        self.children.iter_mut().try_for_each(|child| child.write(integers, stripe))
    }
}

/// Encodes a row group of timestamps.
fn end_moments(seconds: &mut Numbers, nanos: &mut Numbers, integers: &mut Integers) {
    for (second, nano) in seconds.group.iter_mut().zip(&mut nanos.group) {
        *second = numbers::stored_seconds(*second, *nano) - super::EPOCH;
        *nano = numbers::pack_nanos(*nano);
    }
    seconds.encode(integers, true);
    nanos.encode(integers, false);
}

/// Appends fixed-width values.
fn put_words<T: Copy, const N: usize>(
    values: &[T],
    stream: &mut Vec<u8>,
    bytes: impl Fn(T) -> [u8; N],
) {
    let start = stream.len();
    stream.resize(start + values.len() * N, 0);
    let (words, _) = stream[start..].as_chunks_mut::<N>();
    for (word, value) in words.iter_mut().zip(values) {
        *word = bytes(*value);
    }
}
