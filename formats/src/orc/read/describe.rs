//! What is in an ORC file, as JSON: stripes with the encodings, streams and bounds of their columns, and the row groups of
//! each with what a condition leaves of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::file::OrcFile;
use super::predicate::{Known, OrcPredicate};
use super::source::Context;
use super::stripe::{Group, GroupBounds, Index, Streams, Whole, stripe_footer};
use super::tail::decompressor;
use super::time::is_hybrid;
use crate::Result;
use crate::inspect::left;
use crate::orc::bloom::BloomFilter;
use crate::orc::meta::{Encoding, Kind, StreamKind, StripeFooter, StripeInfo, Type};
use crate::orc::schema::hive_type;
use crate::orc::statistics::{Detail, Moment, Statistics};
use crate::table::Scalar;

/// Describes a file.
///
/// Shape: `rows`, `raw_bytes`, `writer`, `writer_version`, `version`, `codec`, `block_bytes`, `row_index_stride`, `calendar`,
/// `metadata`, `statistics` (of the file's columns) and `stripes`: each with `columns` and `row_groups`. Bounds are those that
/// readers go by: what a writer is known to have got wrong is left out.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if a stripe's footer or an index is broken.
pub(crate) fn describe(file: &OrcFile, predicate: Option<&OrcPredicate>) -> Result<Value> {
    let (post, footer) = (&file.tail.post, &file.tail.footer);
    let metadata: Map<String, Value> = footer
        .user_metadata
        .iter()
        .map(|(key, value)| (key.clone(), String::from_utf8_lossy(value).into()))
        .collect();
    let names = names(&footer.types);
    let mut context = Context::new(Arc::clone(&file.input), decompressor(post)?);
    let mut stripes = Vec::with_capacity(footer.stripes.len());
    for (number, info) in footer.stripes.iter().enumerate() {
        let stripe = Stripe { file, names: &names, number, info, predicate };
        stripes.push(stripe.describe(&mut context)?);
    }
    let stats = file.stats();
    let version: Vec<String> = post.version.iter().map(u64::to_string).collect();
    Ok(json!({
        "rows": stats.rows,
        "raw_bytes": stats.raw_bytes,
        "writer": writer(footer.writer, &footer.software),
        "writer_version": post.writer_version,
        "version": version.join("."),
        "codec": format!("{:?}", post.compression),
        "block_bytes": post.block_size,
        "row_index_stride": footer.row_index_stride,
        "calendar": if is_hybrid(footer, post) { "hybrid" } else { "proleptic" },
        "metadata": metadata,
        "statistics": of_columns(file, &names, &footer.statistics, footer.rows),
        "stripes": stripes,
    }))
}

/// Names the library that wrote a file.
///
/// Source: `orc_proto.proto`, `Footer.writer`.
fn writer(number: u32, software: &str) -> String {
    const LIBRARIES: [&str; 6] = ["ORC Java", "ORC C++", "Presto", "ORC Go", "Trino", "cuDF"];
    let library = usize::try_from(number).ok().and_then(|number| LIBRARIES.get(number));
    match (library, software) {
        (Some(library), "") => (*library).to_owned(),
        (Some(library), text) if text.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{library} {text}")
        }
        (None, "") => format!("writer {number}"),
        (_, text) => text.to_owned(),
    }
}

/// Gives each column its path: `a.b` for fields, `_elem`, `_key`, `_value` and numbers for the parts of other types.
///
/// Source: ORC `TypeDescription.getFullFieldName`.
fn names(types: &[Type]) -> Vec<String> {
    let mut all = vec![String::new(); types.len()];
    for (id, ty) in types.iter().enumerate() {
        for (place, child) in ty.children.iter().enumerate() {
            let part = match ty.kind {
                Kind::List => "_elem".to_owned(),
                Kind::Map if place == 0 => "_key".to_owned(),
                Kind::Map => "_value".to_owned(),
                Kind::Struct => ty.names.get(place).cloned().unwrap_or_default(),
                _ => place.to_string(),
            };
            let path = if all[id].is_empty() { part } else { format!("{}.{part}", all[id]) };
            if let Some(name) = all.get_mut(*child) {
                *name = path;
            }
        }
    }
    if let Some(root) = all.first_mut() {
        "(row)".clone_into(root);
    }
    all
}

fn type_name(types: &[Type], id: usize) -> Result<String> {
    Ok(match types[id].kind {
        Kind::List => "array".to_owned(),
        Kind::Map => "map".to_owned(),
        Kind::Struct => "struct".to_owned(),
        Kind::Union => "uniontype".to_owned(),
        _ => hive_type(types, id)?.to_string(),
    })
}

/// Lists what is known of each column of a part with so many rows.
fn of_columns(file: &OrcFile, names: &[String], statistics: &[Statistics], rows: u64) -> Value {
    let one = |(id, (name, known)): (usize, (&String, &Statistics))| {
        let mut map = head(id, name);
        bounds(known, rows_of(file, id, rows), &mut map);
        Value::Object(map)
    };
    names.iter().zip(statistics).enumerate().map(one).collect()
}

fn head(id: usize, name: &str) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(id));
    map.insert("column".to_owned(), json!(name));
    map
}

/// Gives the rows against which NULLs of a column can be counted: only of columns that stand in every row.
fn rows_of(file: &OrcFile, id: usize, rows: u64) -> Option<u64> {
    let root = file.tail.footer.types.first()?;
    (id == 0 || root.children.contains(&id)).then_some(rows)
}

fn bounds(known: &Statistics, rows: Option<u64>, map: &mut Map<String, Value>) {
    map.insert("values".to_owned(), json!(known.count));
    map.insert("nulls".to_owned(), json!(rows.map(|rows| rows.saturating_sub(known.count))));
    map.insert("has_null".to_owned(), json!(known.has_null));
    let shown = Shown::of(&known.detail);
    map.insert("least".to_owned(), json!(shown.least));
    map.insert("greatest".to_owned(), json!(shown.greatest));
    map.insert("sum".to_owned(), json!(shown.sum));
    if shown.is_cut {
        map.insert("bounds_are_cut".to_owned(), json!(true));
    }
}

/// Bounds and sums as texts. Of collections they are those of the lengths, of texts and binaries the sum is that of bytes, of
/// booleans that of the true ones.
#[derive(Debug, Default)]
struct Shown {
    least: Option<String>,
    greatest: Option<String>,
    sum: Option<String>,
    is_cut: bool,
}

impl Shown {
    fn of(detail: &Detail) -> Self {
        fn new<T>(
            bounds: Option<(T, T)>,
            show: impl Fn(T) -> String,
            sum: Option<String>,
        ) -> Shown {
            let (least, greatest) = match bounds {
                Some((low, high)) => (Some(show(low)), Some(show(high))),
                None => (None, None),
            };
            Shown { least, greatest, sum, is_cut: false }
        }
        let moment = |at: Moment| {
            let micros = at.seconds.saturating_mul(1_000_000);
            Scalar::Timestamp(micros.saturating_add(i64::from(at.nanos / 1000))).to_string()
        };
        match detail {
            Detail::None => Self::default(),
            Detail::Integer { bounds, sum } => {
                new(*bounds, |n| n.to_string(), sum.map(|n| n.to_string()))
            }
            Detail::Double { bounds, sum } => {
                new(*bounds, |n| n.to_string(), Some(sum.to_string()))
            }
            Detail::Text { bounds, sum } => {
                let both = bounds.as_ref().map(|both| (both.low.to_vec(), both.high.to_vec()));
                let shown = new(both, |text| Scalar::Text(text).to_string(), Some(sum.to_string()));
                let is_cut = bounds.as_ref().is_some_and(|b| !b.low_exact || !b.high_exact);
                Self { is_cut, ..shown }
            }
            Detail::Boolean { trues } => {
                new::<u64>(None, |n| n.to_string(), Some(trues.to_string()))
            }
            Detail::Decimal { bounds, sum } => {
                new(*bounds, |n| n.to_string(), sum.map(|n| n.to_string()))
            }
            Detail::Date { bounds } => new(*bounds, |day| Scalar::Date(day).to_string(), None),
            Detail::Binary { sum } => new::<u64>(None, |n| n.to_string(), Some(sum.to_string())),
            Detail::Timestamp { bounds, .. } => new(*bounds, moment, None),
            Detail::Collection { bounds, total } => {
                new(*bounds, |n| n.to_string(), Some(total.to_string()))
            }
        }
    }
}

/// A stripe, and what it is asked.
struct Stripe<'a> {
    file: &'a OrcFile,
    names: &'a [String],
    number: usize,
    info: &'a StripeInfo,
    predicate: Option<&'a OrcPredicate>,
}

impl Stripe<'_> {
    fn describe(&self, context: &mut Context) -> Result<Value> {
        let info = self.info;
        let footer = stripe_footer(info, context)?;
        let mut streams = Streams::new(info, &footer)?;
        let all: Vec<usize> = (0..self.names.len()).collect();
        let mut index = Index::read(&all, (&mut streams, &self.file.tail), context)?;
        index.read_blooms(&all, (&mut streams, &self.file.tail), context)?;
        let types = &self.file.tail.footer.types;
        let bounds = self.file.tail.stripes.get(self.number);
        let is_out = self
            .predicate
            .zip(bounds)
            .is_some_and(|(predicate, known)| !predicate.may_match(types, &Whole(known)));
        let groups = self.groups(&index, is_out);
        let mut all = Map::new();
        all.insert("offset".to_owned(), json!(info.offset));
        all.insert("rows".to_owned(), json!(info.rows));
        let bytes = info.index_length + info.data_length + info.footer_length;
        all.insert("bytes".to_owned(), json!(bytes));
        all.insert("index_bytes".to_owned(), json!(info.index_length));
        all.insert("data_bytes".to_owned(), json!(info.data_length));
        all.insert("footer_bytes".to_owned(), json!(info.footer_length));
        if !footer.zone.is_empty() {
            all.insert("zone".to_owned(), json!(footer.zone));
        }
        if self.predicate.is_some() {
            let rows = |group: &Value| group.get("rows_left").and_then(Value::as_u64);
            let rows: u64 = groups.iter().filter_map(rows).sum();
            let rows = if groups.is_empty() { info.rows } else { rows };
            let rows = usize::try_from(rows).unwrap_or(usize::MAX);
            all.extend(left(Some(rows), is_out.then_some("statistics")));
        }
        all.insert("columns".to_owned(), self.columns(&footer, &index)?);
        all.insert("row_groups".to_owned(), Value::Array(groups));
        Ok(Value::Object(all))
    }

    fn columns(&self, footer: &StripeFooter, index: &Index) -> Result<Value> {
        let mut streams: BTreeMap<u32, Map<String, Value>> = BTreeMap::new();
        for stream in &footer.streams {
            let of_column = streams.entry(stream.column).or_default();
            of_column.insert(stream_name(stream.kind).to_owned(), json!(stream.length));
        }
        let types = &self.file.tail.footer.types;
        let statistics = self.file.tail.stripes.get(self.number);
        let mut all = Vec::with_capacity(self.names.len());
        for (id, name) in self.names.iter().enumerate() {
            let of_column = u32::try_from(id).ok().and_then(|id| streams.remove(&id));
            let of_column = of_column.unwrap_or_default();
            let bytes: u64 = of_column.values().filter_map(Value::as_u64).sum();
            let mut one = head(id, name);
            one.insert("type".to_owned(), json!(type_name(types, id)?));
            let encoding = footer.encodings.get(id);
            one.insert("encoding".to_owned(), json!(encoding.copied().map(encoding_name)));
            let dictionary = encoding.filter(|e| e.dictionary).map(|e| e.dictionary_size);
            one.insert("dictionary_size".to_owned(), json!(dictionary));
            one.insert("bytes".to_owned(), json!(bytes));
            let has_bloom = of_column.keys().any(|kind| kind.starts_with("bloom_filter"));
            one.insert("streams".to_owned(), Value::Object(of_column));
            if let Some(known) = statistics.and_then(|all| all.get(id)) {
                bounds(known, rows_of(self.file, id, self.info.rows), &mut one);
            }
            if has_bloom {
                one.insert("bloom_filter".to_owned(), bloom_filter(index.blooms(id)));
            }
            all.push(Value::Object(one));
        }
        Ok(Value::Array(all))
    }

    /// Lists the row groups that the index tells of, with what a condition leaves of each.
    fn groups(&self, index: &Index, is_out: bool) -> Vec<Value> {
        let footer = &self.file.tail.footer;
        let stride = u64::from(footer.row_index_stride);
        if stride == 0 || self.info.index_length == 0 {
            return Vec::new();
        }
        let mut all = Vec::new();
        let mut start = 0;
        while start < self.info.rows && all.len() < index.groups() {
            let rows = stride.min(self.info.rows - start);
            let group = Group { index, number: all.len() };
            let mut one = Map::new();
            one.insert("rows".to_owned(), json!(rows));
            if let Some(predicate) = self.predicate.filter(|_| !is_out) {
                let by = if predicate.may_match(&footer.types, &group) {
                    None
                } else if predicate.may_match(&footer.types, &GroupBounds(&group)) {
                    Some("bloom filter")
                } else {
                    Some("statistics")
                };
                one.extend(left(usize::try_from(rows).ok(), by));
            }
            one.insert("columns".to_owned(), self.group_columns(&group, rows));
            all.push(Value::Object(one));
            start += rows;
        }
        all
    }

    fn group_columns(&self, group: &Group<'_>, rows: u64) -> Value {
        let mut all = Vec::new();
        for (id, name) in self.names.iter().enumerate() {
            let Some(entry) = group.index.entry(id, group.number) else { continue };
            let mut one = head(id, name);
            bounds(&entry.statistics, rows_of(self.file, id, rows), &mut one);
            one.insert("positions".to_owned(), json!(entry.positions));
            if let Some(bloom) = group.bloom(id) {
                one.insert("bloom_filter_fpp".to_owned(), json!(bloom.expected_fpp()));
            }
            all.push(Value::Object(one));
        }
        Value::Array(all)
    }
}

/// Tells of the bloom filters of a column: how many, their form, and the greatest share of false answers to expect.
fn bloom_filter(filters: &[BloomFilter]) -> Value {
    let Some(first) = filters.first() else {
        return json!({ "used": false });
    };
    let fpp = filters.iter().map(BloomFilter::expected_fpp).fold(0.0, f64::max);
    json!({ "filters": filters.len(), "hashes": first.hashes(), "bits": first.bits(), "fpp": fpp })
}

fn encoding_name(encoding: Encoding) -> &'static str {
    match (encoding.dictionary, encoding.v2) {
        (false, false) => "DIRECT",
        (true, false) => "DICTIONARY",
        (false, true) => "DIRECT_V2",
        (true, true) => "DICTIONARY_V2",
    }
}

fn stream_name(kind: StreamKind) -> &'static str {
    match kind {
        StreamKind::Present => "present",
        StreamKind::Data => "data",
        StreamKind::Length => "length",
        StreamKind::DictionaryData => "dictionary_data",
        StreamKind::DictionaryCount => "dictionary_count",
        StreamKind::Secondary => "secondary",
        StreamKind::RowIndex => "row_index",
        StreamKind::BloomFilter => "bloom_filter",
        StreamKind::BloomFilterUtf8 => "bloom_filter_utf8",
        StreamKind::Other => "other",
    }
}
