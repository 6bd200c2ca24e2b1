//! What a condition rules out: row groups by statistics, bloom filters and dictionaries, and rows by
//! the page index.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, SchemaRef};
use parquet::arrow::arrow_reader::RowSelection;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::basic::Type as Physical;
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::sync::Arc;

use super::chunks::Chunks;
use super::columns::only_keys;
use crate::table::{ColumnBounds, FitRules, Predicate, Scalar, fit, scalars};
use crate::types::HiveType;

/// Largest dictionary that is read to look a value up.
const DICTIONARY_BYTES: i64 = 1 << 20;

/// A column of a condition and where it lies in the file.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: String,
    pub(super) leaf: usize,
    pub(super) ty: HiveType,
    /// The type in which the file's values are read.
    pub(super) read: DataType,
}

/// Says which rule first left a row group out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkippedBy {
    /// Least and greatest values, counts of NULL.
    Statistics,
    /// The bloom filter.
    BloomFilter,
    /// The dictionary of a chunk that has nothing else.
    Dictionary,
    /// The bounds of all its pages.
    PageIndex,
}

impl SkippedBy {
    /// Returns the rule in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Statistics => "statistics",
            Self::BloomFilter => "bloom filter",
            Self::Dictionary => "dictionary",
            Self::PageIndex => "page index",
        }
    }
}

/// Looks for what a condition rules out.
#[derive(Debug)]
pub(super) struct Pruner<'a> {
    pub(super) chunks: &'a Chunks,
    pub(super) metadata: &'a ParquetMetaData,
    pub(super) targets: &'a [Target],
    pub(super) rules: &'a FitRules,
}

/// What is left of a row group.
#[derive(Clone, Debug)]
pub(super) enum Left {
    Nothing(SkippedBy),
    All,
    Rows(RowSelection),
}

impl Pruner<'_> {
    /// Tells what a condition leaves of a row group.
    pub(super) fn look(&self, group: usize, predicate: &Predicate) -> Left {
        let by_column = |path: &str| self.group_bounds(group, path);
        if !predicate.may_match(&by_column) {
            return Left::Nothing(SkippedBy::Statistics);
        }
        if !predicate.may_have(&mut |path, value| self.in_bloom_filter(group, path, value)) {
            return Left::Nothing(SkippedBy::BloomFilter);
        }
        if !predicate.may_have(&mut |path, value| self.in_dictionary(group, path, value)) {
            return Left::Nothing(SkippedBy::Dictionary);
        }
        match self.rows(group, predicate) {
            None => Left::All,
            Some(rows) if rows.selects_any() => Left::Rows(rows),
            Some(_) => Left::Nothing(SkippedBy::PageIndex),
        }
    }

    fn target(&self, path: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.path == path)
    }

    fn chunk(&self, group: usize, target: &Target) -> Option<&ColumnChunkMetaData> {
        self.metadata.row_groups().get(group)?.columns().get(target.leaf)
    }

    /// Brings bounds from the file's values to the column's.
    fn values(&self, target: &Target, array: &ArrayRef) -> Option<Vec<Option<Scalar>>> {
        let fitted = fit(array, &target.ty, self.rules).ok()?;
        let mut values = scalars(&fitted);
        if matches!(target.ty, HiveType::Char(_)) {
            // Spaces at the end do not count, and conditions have none.
            for value in values.iter_mut().flatten() {
                if let Scalar::Text(text) = value {
                    text.truncate(text.trim_ascii_end().len());
                }
            }
        }
        Some(values)
    }

    pub(super) fn group_bounds(&self, group: usize, path: &str) -> Option<ColumnBounds> {
        let target = self.target(path)?;
        let rows = u64::try_from(self.metadata.row_groups().get(group)?.num_rows()).ok()?;
        let field = Field::new("x", target.read.clone(), true);
        let schema = self.metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::from_column_index(target.leaf, &field, schema).ok()?;
        let groups = || std::iter::once(&self.metadata.row_groups()[group]);
        let one = |array: parquet::errors::Result<ArrayRef>| {
            self.values(target, &array.ok()?)?.into_iter().next().flatten()
        };
        let low = one(converter.row_group_mins(groups()));
        let high = one(converter.row_group_maxes(groups()));
        let nulls = self.chunk(group, target)?.statistics()?.null_count_opt();
        Some(loosened(target, ColumnBounds { low, high, nulls, rows }, self.rules))
    }

    /// Tells false only if the bloom filter of a column rules a value out.
    fn in_bloom_filter(&self, group: usize, path: &str, value: &Scalar) -> bool {
        let Some(target) = self.target(path) else { return true };
        let Some(chunk) = self.chunk(group, target) else { return true };
        // A filter that cannot be read rules nothing out.
        let Ok(Some(filter)) = Sbbf::read_from_column_chunk(chunk, self.chunks) else {
            return true;
        };
        let whole = |value: &Scalar| match value {
            Scalar::Number(digits, 0) => i64::try_from(*digits).ok(),
            Scalar::Date(day) if self.rules.dates == crate::calendar::Calendar::Proleptic => {
                Some(i64::from(*day))
            }
            _ => None,
        };
        match (chunk.column_type(), value) {
            (Physical::BYTE_ARRAY, Scalar::Text(text) | Scalar::Binary(text))
                if !matches!(target.ty, HiveType::Char(_) | HiveType::Decimal { .. }) =>
            {
                filter.check(text.as_slice())
            }
            (Physical::INT32, value) if !is_decimal(&target.read) => match whole(value) {
                Some(value) => i32::try_from(value).is_ok_and(|value| filter.check(&value)),
                None => true,
            },
            (Physical::INT64, Scalar::Number(..)) if target.read == DataType::Int64 => {
                whole(value).is_none_or(|value| filter.check(&value))
            }
            (Physical::DOUBLE, Scalar::Float(value)) if *value != 0.0 => filter.check(value),
            _ => true,
        }
    }

    /// Tells false only if the dictionary of a column lacks a value and all its pages use it.
    fn in_dictionary(&self, group: usize, path: &str, value: &Scalar) -> bool {
        let Some(target) = self.target(path) else { return true };
        let Some(chunk) = self.chunk(group, target) else { return true };
        let (Physical::BYTE_ARRAY, Scalar::Text(wanted) | Scalar::Binary(wanted)) =
            (chunk.column_type(), value)
        else {
            return true;
        };
        if !matches!(target.ty, HiveType::String | HiveType::Varchar(_) | HiveType::Binary)
            || !only_dictionary(chunk)
        {
            return true;
        }
        let Some(rows) = self.metadata.row_groups().get(group).map(RowGroupMetaData::num_rows)
        else {
            return true;
        };
        let reader = SerializedPageReader::new(
            Arc::new(self.chunks.clone()),
            chunk,
            usize::try_from(rows).unwrap_or(0),
            None,
        );
        let page = reader.and_then(|mut reader| reader.get_next_page());
        let Ok(Some(Page::DictionaryPage { buf, .. })) = page else { return true };
        texts(&buf).is_none_or(|mut texts| texts.any(|text| text == wanted.as_slice()))
    }

    /// Selects the rows of the pages that may match; `None` for all.
    fn rows(&self, group: usize, predicate: &Predicate) -> Option<RowSelection> {
        match predicate {
            Predicate::And(parts) => parts
                .iter()
                .filter_map(|part| self.rows(group, part))
                .reduce(|all, one| all.intersection(&one)),
            Predicate::Or(parts) => {
                let parts = parts.iter().map(|part| self.rows(group, part));
                parts.collect::<Option<Vec<_>>>()?.into_iter().reduce(|any, one| any.union(&one))
            }
            Predicate::Compare(path, ..)
            | Predicate::In(path, _)
            | Predicate::IsNull(path)
            | Predicate::IsNotNull(path) => {
                let pages = self.page_bounds(group, path)?;
                let matching = pages
                    .iter()
                    .filter(|(_, bounds)| predicate.may_match(&|_: &str| Some(bounds.clone())));
                let ranges = matching.map(|(range, _)| range.clone());
                let rows = self.metadata.row_groups().get(group)?.num_rows();
                let rows = usize::try_from(rows).ok()?;
                Some(RowSelection::from_consecutive_ranges(ranges, rows))
            }
        }
    }

    pub(super) fn page_bounds(
        &self,
        group: usize,
        path: &str,
    ) -> Option<Vec<(std::ops::Range<usize>, ColumnBounds)>> {
        let target = self.target(path)?;
        let schema = self.metadata.file_metadata().schema_descr();
        if schema.column(target.leaf).max_rep_level() > 0 {
            return None;
        }
        let (columns, offsets) = (self.metadata.column_index()?, self.metadata.offset_index()?);
        let locations = offsets.get(group)?.get(target.leaf)?.page_locations();
        let field = Field::new("x", target.read.clone(), true);
        let converter = StatisticsConverter::from_column_index(target.leaf, &field, schema).ok()?;
        let groups = [group];
        let lows = converter.data_page_mins(columns, offsets, &groups).ok()?;
        let highs = converter.data_page_maxes(columns, offsets, &groups).ok()?;
        let nulls = converter.data_page_null_counts(columns, offsets, &groups).ok()?;
        let (lows, highs) = (self.values(target, &lows)?, self.values(target, &highs)?);
        if lows.len() != locations.len() || highs.len() != locations.len() {
            return None;
        }
        let rows = usize::try_from(self.metadata.row_groups().get(group)?.num_rows()).ok()?;
        let mut pages = Vec::with_capacity(locations.len());
        for (i, location) in locations.iter().enumerate() {
            let start = usize::try_from(location.first_row_index).ok()?;
            let next = locations.get(i + 1).map(|next| usize::try_from(next.first_row_index));
            let end = next.map_or(Some(rows), Result::ok)?;
            if start > end || end > rows {
                return None;
            }
            let nulls = nulls.iter().nth(i).flatten();
            let bounds = ColumnBounds {
                low: lows[i].clone(),
                high: highs[i].clone(),
                nulls,
                rows: (end - start) as u64,
            };
            pages.push((start..end, loosened(target, bounds, self.rules)));
        }
        Some(pages)
    }
}

fn is_decimal(ty: &DataType) -> bool {
    matches!(ty, DataType::Decimal128(..) | DataType::Decimal256(..))
}

/// Widens bounds where the way from the file's values to the column's does not keep the order.
fn loosened(target: &Target, mut bounds: ColumnBounds, rules: &FitRules) -> ColumnBounds {
    let zoned = rules.zone != chrono_tz::Tz::UTC || rules.writer.zone != chrono_tz::Tz::UTC;
    if matches!(target.ty, HiveType::Timestamp) && zoned {
        // Where clocks are set back an hour comes twice.
        const DAY: i64 = crate::calendar::DAY_MICROS;
        if let Some(Scalar::Timestamp(low)) = &mut bounds.low {
            *low = low.saturating_sub(DAY);
        }
        if let Some(Scalar::Timestamp(high)) = &mut bounds.high {
            *high = high.saturating_add(DAY);
        }
    }
    let changed = matches!(target.ty, HiveType::String | HiveType::Varchar(_) | HiveType::Char(_))
        && !matches!(target.read, DataType::Utf8 | DataType::Binary);
    // A number as text, or a text that is cut, is in another order.
    if changed {
        (bounds.low, bounds.high) = (None, None);
    }
    bounds
}

/// Tells whether all data pages of a chunk hold indices into its dictionary.
fn only_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    if chunk.dictionary_page_offset().is_none() {
        return false;
    }
    let first = chunk.dictionary_page_offset().unwrap_or(0);
    if chunk.data_page_offset() - first > DICTIONARY_BYTES {
        return false;
    }
    only_keys(chunk)
}

/// Gives the values of a plain page of byte arrays; `None` if it is none.
fn texts(page: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let (mut at, mut all) = (0usize, Vec::new());
    while at < page.len() {
        let length = u32::from_le_bytes(page.get(at..at + 4)?.try_into().ok()?);
        let end = at.checked_add(4)?.checked_add(usize::try_from(length).ok()?)?;
        all.push(page.get(at + 4..end)?);
        at = end;
    }
    Some(all.into_iter())
}

/// Finds the columns of a condition among those of a file, as far as they are there.
pub(super) fn targets(
    predicate: &Predicate,
    read: &SchemaRef,
    metadata: &ParquetMetaData,
    types: &dyn Fn(&str) -> Option<(HiveType, Option<usize>)>,
) -> Vec<Target> {
    let schema = metadata.file_metadata().schema_descr();
    let find = |path: &str| {
        let (ty, root) = types(path)?;
        let root = root?;
        let mut parts = path.split('.');
        parts.next()?;
        let mut field = read.fields().get(root)?;
        let mut leaf_path = vec![schema.root_schema().get_fields().get(root)?.name().to_owned()];
        for part in parts {
            let DataType::Struct(fields) = field.data_type() else { return None };
            field = fields.iter().find(|f| f.name().eq_ignore_ascii_case(part))?;
            leaf_path.push(field.name().clone());
        }
        if field.data_type().is_nested() {
            return None;
        }
        let leaf = schema.columns().iter().position(|c| c.path().parts() == leaf_path)?;
        Some(Target { path: path.to_owned(), leaf, ty, read: field.data_type().clone() })
    };
    predicate.columns().into_iter().filter_map(find).collect()
}
