//! Which columns of a file are read, and as what.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use parquet::basic::{ConvertedType, Encoding, PageType, Type as Physical};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::schema::types::{SchemaDescriptor, Type};

use crate::Result;
use crate::table::{TableColumn, WRITER_ZONE};
use crate::types::{HiveType, StructField};

/// Where the wanted columns lie in a file.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    /// The leaves that are read.
    pub(super) leaves: Vec<usize>,
    /// For each wanted column its place in a batch of these leaves.
    pub(super) places: Vec<Option<usize>>,
}

/// Finds the roots of the wanted columns; by position, the table's full columns tell it.
pub(super) fn roots(
    descriptor: &SchemaDescriptor,
    wanted: &[TableColumn],
    all: &[TableColumn],
    by_position: bool,
) -> Vec<Option<usize>> {
    let roots = descriptor.root_schema().get_fields();
    let by_name = |name: &str| {
        let exact = roots.iter().position(|root| root.name() == name);
        exact.or_else(|| roots.iter().position(|root| root.name().eq_ignore_ascii_case(name)))
    };
    let find = |column: &TableColumn| {
        if by_position {
            let at = all.iter().position(|c| c.name.eq_ignore_ascii_case(&column.name))?;
            return (at < roots.len()).then_some(at);
        }
        by_name(&column.name)
    };
    wanted.iter().map(find).collect()
}

/// Selects the leaves that the wanted columns need.
pub(super) fn select(
    descriptor: &SchemaDescriptor,
    wanted: &[TableColumn],
    roots: &[Option<usize>],
    by_position: bool,
) -> Selected {
    let mut needed = vec![false; descriptor.num_columns()];
    let mut read: Vec<usize> = Vec::new();
    for (column, root) in wanted.iter().zip(roots) {
        let Some(root) = *root else { continue };
        let first = (0..descriptor.num_columns())
            .find(|leaf| descriptor.get_column_root_idx(*leaf) == root);
        let ty = &descriptor.root_schema().get_fields()[root];
        if let Some(mut leaf) = first {
            mark(ty, Some(&column.ty), by_position, &mut leaf, &mut needed);
        }
        if !read.contains(&root) {
            read.push(root);
        }
    }
    read.sort_unstable();
    let leaves: Vec<usize> = (0..needed.len()).filter(|leaf| needed[*leaf]).collect();
    let places = roots.iter().map(|root| root.and_then(|root| read.binary_search(&root).ok()));
    Selected { places: places.collect(), leaves }
}

/// Marks the leaves below a type that a Hive type needs; all, where structs do not match.
fn mark(
    ty: &Type,
    wanted: Option<&HiveType>,
    by_position: bool,
    leaf: &mut usize,
    needed: &mut [bool],
) {
    if ty.is_primitive() {
        if let Some(needed) = needed.get_mut(*leaf) {
            *needed = true;
        }
        *leaf += 1;
        return;
    }
    let fields = ty.get_fields();
    match wanted {
        Some(HiveType::Struct(parts)) if !by_position && !is_container(ty) => {
            let found = |name: &str| {
                parts.iter().find(|p: &&StructField| p.name.eq_ignore_ascii_case(name))
            };
            // A struct of which nothing is wanted is read through its first field.
            let none = fields.iter().all(|field| found(field.name()).is_none());
            for (i, field) in fields.iter().enumerate() {
                match found(field.name()) {
                    Some(part) => mark(field, Some(&part.ty), by_position, leaf, needed),
                    None if none && i == 0 => mark(field, None, by_position, leaf, needed),
                    None => *leaf += leaves_of(field),
                }
            }
        }
        Some(HiveType::Array(item)) if fields.len() == 1 => {
            let inner = &fields[0];
            // Only the form of three levels is looked into.
            if !inner.is_primitive()
                && inner.get_fields().len() == 1
                && !matches!(inner.name(), "array")
                && !inner.name().ends_with("_tuple")
            {
                let item = Some(item.as_ref());
                mark(&inner.get_fields()[0], item, by_position, leaf, needed);
            } else {
                mark(inner, None, by_position, leaf, needed);
            }
        }
        Some(HiveType::Map(key, value))
            if fields.len() == 1
                && !fields[0].is_primitive()
                && fields[0].get_fields().len() == 2 =>
        {
            let pair = fields[0].get_fields();
            mark(&pair[0], Some(key), by_position, leaf, needed);
            mark(&pair[1], Some(value), by_position, leaf, needed);
        }
        _ => fields.iter().for_each(|field| mark(field, None, by_position, leaf, needed)),
    }
}

fn is_container(ty: &Type) -> bool {
    let info = ty.get_basic_info();
    info.logical_type_ref().is_some() || info.converted_type() != ConvertedType::NONE
}

fn leaves_of(ty: &Type) -> usize {
    if ty.is_primitive() { 1 } else { ty.get_fields().iter().map(|f| leaves_of(f)).sum() }
}

/// Returns the schema in which a file is read: INT96 in microseconds and marked as such.
pub(super) fn read_schema(inferred: &SchemaRef, descriptor: &SchemaDescriptor) -> SchemaRef {
    with_leaves(inferred, &|leaf, ty| {
        let int96 = leaf < descriptor.num_columns()
            && descriptor.column(leaf).physical_type() == Physical::INT96;
        if int96 {
            DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from(WRITER_ZONE)))
        } else {
            ty.clone()
        }
    })
}

/// Names a form in which a leaf is decoded faster than in its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Texts as keys of the chunk's dictionary, where all of them lie.
    Keys,
    /// Decimals of at most 18 digits and 8 bytes as numbers of 64 bits.
    Narrow,
}

/// Lists the leaves of a row group that are decoded in another form than their own.
pub(super) fn forms(group: &RowGroupMetaData, leaves: &[usize]) -> Vec<(usize, Form)> {
    let form = |leaf: &usize| {
        let chunk = group.column(*leaf);
        let described = chunk.column_descr();
        let form = match (described.converted_type(), chunk.column_type()) {
            // Without the mark of UTF-8 the `parquet` crate has a dictionary of bytes, which is not what the schema says.
            (ConvertedType::UTF8, Physical::BYTE_ARRAY)
                if chunk.dictionary_page_offset().is_some() && only_keys(chunk) =>
            {
                Form::Keys
            }
            (ConvertedType::DECIMAL, Physical::FIXED_LEN_BYTE_ARRAY)
                if described.type_precision() <= 18 && described.type_length() <= 8 =>
            {
                Form::Narrow
            }
            _ => return None,
        };
        Some((*leaf, form))
    };
    leaves.iter().filter_map(form).collect()
}

/// Tells whether all data pages of a chunk are keys of its dictionary.
pub(super) fn only_keys(chunk: &ColumnChunkMetaData) -> bool {
    let key = |encoding| matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
    match (chunk.page_encoding_stats_mask(), chunk.page_encoding_stats()) {
        (Some(mask), _) => mask.encodings().all(key) && mask.encodings().next().is_some(),
        (None, Some(pages)) => pages
            .iter()
            .all(|page| page.page_type == PageType::DICTIONARY_PAGE || key(page.encoding)),
        (None, None) => false,
    }
}

/// Returns a schema by which some leaves are read in other forms.
pub(super) fn schema_in(schema: &SchemaRef, forms: &[(usize, Form)]) -> SchemaRef {
    with_leaves(schema, &|leaf, ty| {
        let form = forms.iter().find(|(at, _)| *at == leaf).map(|(_, form)| form);
        match (form, ty) {
            (Some(Form::Keys), DataType::Utf8) => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            (Some(Form::Narrow), DataType::Decimal128(precision, scale)) => {
                DataType::Decimal64(*precision, *scale)
            }
            _ => ty.clone(),
        }
    })
}

/// Replaces the types of the leaves, which are counted from 0 in the order of the file.
fn with_leaves(schema: &Schema, ty: &dyn Fn(usize, &DataType) -> DataType) -> SchemaRef {
    let mut leaf = 0;
    let fields = schema.fields().iter().map(|field| with_leaf(field, ty, &mut leaf));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

fn with_leaf(
    field: &FieldRef,
    leaf_type: &dyn Fn(usize, &DataType) -> DataType,
    leaf: &mut usize,
) -> FieldRef {
    let ty = match field.data_type() {
        DataType::List(item) => DataType::List(with_leaf(item, leaf_type, leaf)),
        DataType::Map(entries, sorted) => {
            DataType::Map(with_leaf(entries, leaf_type, leaf), *sorted)
        }
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|f| with_leaf(f, leaf_type, leaf)).collect())
        }
        other => {
            let at = *leaf;
            *leaf += 1;
            leaf_type(at, other)
        }
    };
    Arc::new(Field::new(field.name(), ty, field.is_nullable()))
}

/// Returns a Hive column for each column of a file.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if Hive has no type for one.
pub(super) fn hive_columns(schema: &Schema) -> Result<Vec<TableColumn>> {
    let column = |field: &FieldRef| {
        let ty = match field.data_type() {
            // Hive shows what it has no type for by what lies in the file.
            DataType::Time32(_) => HiveType::Int,
            DataType::Time64(_) => HiveType::BigInt,
            DataType::Timestamp(_, Some(zone)) if zone.as_ref() == WRITER_ZONE => {
                HiveType::Timestamp
            }
            other => hive_type(other).map_err(|e| e.with("column", field.name()))?,
        };
        Ok(TableColumn::new(field.name(), ty))
    };
    schema.fields().iter().map(column).collect()
}

fn hive_type(ty: &DataType) -> Result<HiveType> {
    // The mark of INT96 is not a zone; it may stand at any depth.
    fn unmarked(ty: &DataType) -> DataType {
        let inner =
            |f: &FieldRef| Arc::new(Field::new(f.name(), unmarked(f.data_type()), f.is_nullable()));
        match ty {
            DataType::Timestamp(unit, Some(zone)) if zone.as_ref() == WRITER_ZONE => {
                DataType::Timestamp(*unit, None)
            }
            DataType::List(item) => DataType::List(inner(item)),
            DataType::Map(entries, sorted) => DataType::Map(inner(entries), *sorted),
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
            other => other.clone(),
        }
    }
    HiveType::from_arrow(&unmarked(ty))
}
