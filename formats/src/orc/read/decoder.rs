//! The columns of one stripe, decoded into arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, ListArray, MapArray, StructArray, UInt32Array, UnionArray,
    new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{interleave, take};
use arrow::datatypes::{DataType, UnionFields};
use arrow::error::ArrowError;

use super::leaf::{Leaf, Settings};
use super::plan::{Plan, Step};
use super::runs::{BitRuns, ByteRuns, IntegerRuns};
use super::source::Context;
use super::stripe::Streams;
use crate::orc::meta::StreamKind;
use crate::{FormatError, Result};

/// Most elements of all lists of a batch.
const MAX_ELEMENTS: i64 = 1 << 27;

/// Decodes one column and what is below it.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The column's number in the file.
    column: usize,
    present: Option<BitRuns>,
    node: Node,
    convert: Option<super::convert::Conversion>,
}

#[derive(Debug)]
enum Node {
    Missing(DataType),
    Leaf(Leaf),
    Struct { ty: DataType, children: Vec<Decoder> },
    List { ty: DataType, lengths: IntegerRuns, child: Box<Decoder> },
    Map { ty: DataType, lengths: IntegerRuns, key: Box<Decoder>, value: Box<Decoder> },
    Union { ty: UnionFields, tags: ByteRuns, children: Vec<Decoder> },
}

fn internal(e: ArrowError) -> FormatError {
    FormatError::data("decoded orc values do not fit together").with_source(e)
}

impl Decoder {
    /// Makes the decoders of a plan for one stripe.
    pub(super) fn new(
        plan: &Plan,
        streams: &mut Streams<'_>,
        settings: &Settings,
        context: &mut Context,
    ) -> Result<Self> {
        let Some(column) = plan.column else {
            let node = Node::Missing(plan.arrow.clone());
            return Ok(Self { column: usize::MAX, present: None, node, convert: None });
        };
        let present = streams.take(column, StreamKind::Present);
        let present = (present.length() > 0).then(|| BitRuns::new(present));
        let ty = plan.arrow.clone();
        let mut child =
            |plan: &Plan, streams: &mut Streams<'_>| Self::new(plan, streams, settings, context);
        let node = match &plan.step {
            Step::Struct => {
                let children = plan.children.iter().map(|plan| child(plan, streams));
                Node::Struct { ty, children: children.collect::<Result<_>>()? }
            }
            Step::List | Step::Map => {
                let v2 = streams.encoding(column)?.v2;
                let lengths = streams.take(column, StreamKind::Length);
                let lengths = IntegerRuns::new(lengths, false, v2);
                match &*plan.children {
                    [element] => {
                        let child = Box::new(child(element, streams)?);
                        Node::List { ty, lengths, child }
                    }
                    [key, value] => {
                        let key = Box::new(child(key, streams)?);
                        let value = Box::new(child(value, streams)?);
                        Node::Map { ty, lengths, key, value }
                    }
                    _ => return Err(FormatError::internal("an orc list without an element")),
                }
            }
            Step::Union => {
                let DataType::Union(ty, _) = ty else {
                    return Err(FormatError::internal("an orc union of another type"));
                };
                let tags = ByteRuns::new(streams.take(column, StreamKind::Data));
                let children = plan.children.iter().map(|plan| child(plan, streams));
                Node::Union { ty, tags, children: children.collect::<Result<_>>()? }
            }
            Step::Leaf(ty) => Node::Leaf(Leaf::new(ty, column, streams, settings, context)?),
        };
        Ok(Self { column, present, node, convert: plan.convert.clone() })
    }

    /// Decodes the next rows.
    pub(super) fn read(&mut self, rows: usize, context: &mut Context) -> Result<ArrayRef> {
        self.decode(rows, context).map_err(|e| {
            let told = e.context().iter().any(|(name, _)| *name == "column");
            if told { e } else { e.with("column", self.column) }
        })
    }

    fn decode(&mut self, rows: usize, context: &mut Context) -> Result<ArrayRef> {
        let nulls = match &mut self.present {
            None => None,
            Some(present) => {
                let nulls = NullBuffer::new(present.read(rows, context)?);
                (nulls.null_count() > 0).then_some(nulls)
            }
        };
        let values = rows - nulls.as_ref().map_or(0, NullBuffer::null_count);
        let array = match &mut self.node {
            Node::Missing(ty) => new_null_array(ty, rows),
            Node::Leaf(leaf) => leaf.read(values, rows, nulls, context)?,
            Node::Struct { ty, children } => {
                let children = children.iter_mut().map(|child| child.read(values, context));
                structs(ty, rows, nulls, children.collect::<Result<_>>()?)?
            }
            Node::List { ty, lengths, child } => {
                let DataType::List(field) = &*ty else { return Err(wrong_type()) };
                let (offsets, count) = offsets(lengths, values, rows, nulls.as_ref(), context)?;
                let elements = child.read(count, context)?;
                let list = ListArray::try_new(Arc::clone(field), offsets, elements, nulls);
                Arc::new(list.map_err(internal)?)
            }
            Node::Map { ty, lengths, key, value } => {
                let DataType::Map(field, sorted) = &*ty else { return Err(wrong_type()) };
                let DataType::Struct(fields) = field.data_type() else { return Err(wrong_type()) };
                let (offsets, count) = offsets(lengths, values, rows, nulls.as_ref(), context)?;
                let columns = vec![key.read(count, context)?, value.read(count, context)?];
                let entries = StructArray::try_new(fields.clone(), columns, None);
                let entries = entries.map_err(|e| {
                    FormatError::data("an orc map has a key that is null").with_source(e)
                })?;
                let map = MapArray::try_new(Arc::clone(field), offsets, entries, nulls, *sorted);
                Arc::new(map.map_err(internal)?)
            }
            Node::Union { ty, tags, children } => {
                unions(ty, tags, children, (values, rows), nulls.as_ref(), context)?
            }
        };
        match &self.convert {
            None => Ok(array),
            Some(convert) => convert.apply(&array),
        }
    }

    /// Goes to the start of a row group; `positions` gives a column's positions there.
    pub(super) fn seek(
        &mut self,
        positions: &dyn Fn(usize) -> Result<Vec<u64>>,
        context: &mut Context,
    ) -> Result<()> {
        if matches!(self.node, Node::Missing(_)) {
            return Ok(());
        }
        let mut own = positions(self.column)?.into_iter();
        if let Some(present) = &mut self.present {
            present.seek(&mut own, context)?;
        }
        match &mut self.node {
            Node::Missing(_) => Ok(()),
            Node::Leaf(leaf) => leaf.seek(&mut own, context),
            Node::Struct { children, .. } => {
                children.iter_mut().try_for_each(|child| child.seek(positions, context))
            }
            Node::List { lengths, child, .. } => {
                lengths.seek(&mut own, context)?;
                child.seek(positions, context)
            }
            Node::Map { lengths, key, value, .. } => {
                lengths.seek(&mut own, context)?;
                key.seek(positions, context)?;
                value.seek(positions, context)
            }
            Node::Union { tags, children, .. } => {
                tags.seek(&mut own, context)?;
                children.iter_mut().try_for_each(|child| child.seek(positions, context))
            }
        }
    }
}

fn wrong_type() -> FormatError {
    FormatError::internal("an orc column is decoded as another type")
}

/// Makes structs of the values of those that are not null.
fn structs(
    ty: &DataType,
    rows: usize,
    nulls: Option<NullBuffer>,
    mut children: Vec<ArrayRef>,
) -> Result<ArrayRef> {
    let DataType::Struct(fields) = ty else { return Err(wrong_type()) };
    if let Some(nulls) = &nulls {
        let mut next = 0;
        let places = nulls.iter().map(|valid| {
            next += u32::from(valid);
            valid.then(|| next - 1)
        });
        let places: UInt32Array = places.collect();
        for child in &mut children {
            *child = take(child, &places, None).map_err(internal)?;
        }
    }
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(rows, nulls)));
    }
    Ok(Arc::new(StructArray::try_new(fields.clone(), children, nulls).map_err(internal)?))
}

/// Reads the lengths of lists; returns where they begin and how many elements they have.
fn offsets(
    lengths: &mut IntegerRuns,
    values: usize,
    rows: usize,
    nulls: Option<&NullBuffer>,
    context: &mut Context,
) -> Result<(OffsetBuffer<i32>, usize)> {
    let mut dense = Vec::with_capacity(values);
    lengths.read(values, &mut dense, context)?;
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut at = 0i64;
    offsets.push(0);
    let mut dense = dense.into_iter();
    for row in 0..rows {
        if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
            let length = dense.next().unwrap_or(0);
            at = at.saturating_add(length);
            if length < 0 || at > MAX_ELEMENTS {
                return Err(FormatError::data("the lists of an orc file are impossibly long"));
            }
        }
        offsets.push(at as i32);
    }
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), at as usize))
}

/// Makes unions; one that is null has a null of the first type, for Arrow's unions have no nulls.
fn unions(
    fields: &UnionFields,
    tags: &mut ByteRuns,
    children: &mut [Decoder],
    (values, rows): (usize, usize),
    nulls: Option<&NullBuffer>,
    context: &mut Context,
) -> Result<ArrayRef> {
    let mut dense = Vec::with_capacity(values);
    tags.read(values, &mut dense, context)?;
    let mut counts = vec![0i32; children.len()];
    let (mut ids, mut offsets) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let mut missing = Vec::new();
    let mut dense = dense.into_iter();
    for row in 0..rows {
        if nulls.is_some_and(|nulls| nulls.is_null(row)) {
            missing.push(row);
            ids.push(0);
            offsets.push(0);
            continue;
        }
        let tag = dense.next().unwrap_or(0);
        let count = counts.get_mut(usize::from(tag));
        let count = count.ok_or_else(|| FormatError::data("an orc union has an unknown tag"))?;
        ids.push(tag.cast_signed());
        offsets.push(*count);
        *count += 1;
    }
    let mut arrays = Vec::with_capacity(children.len());
    for (child, count) in children.iter_mut().zip(&counts) {
        arrays.push(child.read(*count as usize, context)?);
    }
    if let (false, Some(first)) = (missing.is_empty(), arrays.first_mut()) {
        let null = new_null_array(first.data_type(), 1);
        let all: Vec<_> = (0..first.len()).map(|i| (0, i)).chain([(1, 0)]).collect();
        let place = first.len() as i32;
        *first = interleave(&[first.as_ref(), null.as_ref()], &all).map_err(internal)?;
        for row in missing {
            offsets[row] = place;
        }
    }
    let (ids, offsets) = (ScalarBuffer::from(ids), ScalarBuffer::from(offsets));
    let union = UnionArray::try_new(fields.clone(), ids, Some(offsets), arrays);
    Ok(Arc::new(union.map_err(internal)?))
}

/// Returns booleans of the values that are not null.
pub(super) fn booleans(
    bits: &arrow::buffer::BooleanBuffer,
    rows: usize,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let Some(nulls) = nulls else { return Arc::new(BooleanArray::new(bits.clone(), None)) };
    let mut spread = arrow::array::BooleanBufferBuilder::new(rows);
    let mut done = 0;
    for (start, end) in nulls.valid_slices() {
        spread.append_n(start - spread.len(), false);
        spread.append_buffer(&bits.slice(done, end - start));
        done += end - start;
    }
    spread.append_n(rows - spread.len(), false);
    Arc::new(BooleanArray::new(spread.finish(), Some(nulls)))
}
