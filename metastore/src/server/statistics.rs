//! Statistics of columns: of tables, of partitions, and of many partitions together.

use std::collections::BTreeMap;

use thrift::OrderedFloat;

use super::arguments::{Context, Outcome, check_catalog, need};
use crate::Catalog;
use crate::convert::CATALOG;
use crate::embedded::Statistics;
use crate::generated::structs as wire;
use crate::generated::structs::{ColumnStatisticsData as Data, ColumnStatisticsObj};
use crate::model::{Parameters, Table, keys};
use crate::names::PartitionPath;
use crate::wire::{Fault, FaultKind, from_bytes, struct_bytes};

/// Engine that statistics are of unless they say otherwise.
const ENGINE: &str = "hive";

/// Reads stored statistics, as a metastore gives them to others: without sketches of the values.
///
/// Source: Hive `hive.stats.fetch.bitvector` and `hive.stats.fetch.kll`, both false unless they are set.
fn read(found: &[Statistics]) -> Outcome<Vec<ColumnStatisticsObj>> {
    let mut all = Vec::with_capacity(found.len());
    for one in found {
        let mut object: ColumnStatisticsObj = from_bytes(&one.content)?;
        drop_sketches(&mut object.stats_data);
        all.push(object);
    }
    Ok(all)
}

fn drop_sketches(data: &mut Data) {
    let (distinct, spread) = match data {
        Data::BooleanStats(d) => (&mut d.bit_vectors, None),
        Data::StringStats(d) => (&mut d.bit_vectors, None),
        Data::BinaryStats(d) => (&mut d.bit_vectors, None),
        Data::LongStats(d) => (&mut d.bit_vectors, Some(&mut d.histogram)),
        Data::DoubleStats(d) => (&mut d.bit_vectors, Some(&mut d.histogram)),
        Data::DecimalStats(d) => (&mut d.bit_vectors, Some(&mut d.histogram)),
        Data::DateStats(d) => (&mut d.bit_vectors, Some(&mut d.histogram)),
        Data::TimestampStats(d) => (&mut d.bit_vectors, Some(&mut d.histogram)),
    };
    *distinct = None;
    if let Some(spread) = spread {
        *spread = None;
    }
}

/// Writes statistics of a table or one of its partitions, and notes in its properties that they are there.
fn put(cx: &Context<'_>, statistics: wire::ColumnStatistics, merge: Option<bool>) -> Outcome<()> {
    let about = statistics.stats_desc;
    check_catalog(about.cat_name.as_deref())?;
    let table = cx.table(Some(&about.db_name), Some(&about.table_name))?;
    let engine = statistics.engine.as_deref().unwrap_or(ENGINE);
    let path = match (about.is_tbl_level, &about.part_name) {
        (false, Some(name)) => Some(name.parse::<PartitionPath>()?),
        _ => None,
    };
    let partition = path.as_ref().map_or("", PartitionPath::as_str).to_owned();
    let names: Vec<String> =
        statistics.stats_obj.iter().map(|obj| obj.col_name.to_lowercase()).collect();
    let mut all = Vec::with_capacity(names.len());
    for (mut new, column) in statistics.stats_obj.into_iter().zip(&names) {
        if merge == Some(true) {
            let (places, columns) = ([partition.clone()], [column.clone()]);
            let old = read(&cx.store.statistics(&table.name, engine, &places, &columns)?)?;
            for old in old {
                new.stats_data = merged(new.stats_data, old.stats_data);
            }
        }
        let content = struct_bytes(&new)?;
        all.push(Statistics { partition: partition.clone(), column: column.clone(), content });
    }
    cx.store.put_statistics(&table.name, engine, &all)?;
    note(cx, table, path.as_ref(), &names)
}

/// Notes in the properties of a table or partition which columns have statistics.
///
/// Source: Hive `StatsSetupConst.setColumnStatsState`.
fn note(
    cx: &Context<'_>,
    mut table: Table,
    path: Option<&PartitionPath>,
    columns: &[String],
) -> Outcome<()> {
    match path {
        None => {
            mark(&mut table.parameters, columns);
            Ok(cx.store.alter_table(&table.name, &table)?)
        }
        Some(path) => {
            let mut found = cx.store.get_partitions(&table.name, std::slice::from_ref(path))?;
            for partition in &mut found {
                mark(&mut partition.parameters, columns);
            }
            Ok(cx.store.alter_partitions(&table.name, &found)?)
        }
    }
}

fn mark(parameters: &mut Parameters, columns: &[String]) {
    let text = parameters.get(keys::COLUMN_STATS_ACCURATE).map_or("{}", String::as_str);
    let mut state: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).unwrap_or_default();
    let mut known: BTreeMap<String, serde_json::Value> = match state.remove("COLUMN_STATS") {
        Some(serde_json::Value::Object(map)) => map.into_iter().collect(),
        _ => BTreeMap::new(),
    };
    known.extend(columns.iter().map(|column| (column.clone(), "true".into())));
    state.insert("COLUMN_STATS".to_owned(), serde_json::Value::Object(known.into_iter().collect()));
    let text = serde_json::Value::Object(state).to_string();
    parameters.insert(keys::COLUMN_STATS_ACCURATE.to_owned(), text);
}

fn put_all(cx: &Context<'_>, request: wire::SetPartitionsStatsRequest) -> Outcome<bool> {
    for mut statistics in request.col_stats {
        statistics.engine = statistics.engine.or_else(|| request.engine.clone());
        put(cx, statistics, request.need_merge)?;
    }
    Ok(true)
}

pub(super) fn set_aggr_stats_for(
    cx: &mut Context<'_>,
    call: wire::SetAggrStatsForCall,
) -> Outcome<bool> {
    put_all(cx, need(call.request, "request")?)
}

pub(super) fn update_table_column_statistics(
    cx: &mut Context<'_>,
    call: wire::UpdateTableColumnStatisticsCall,
) -> Outcome<bool> {
    put(cx, need(call.stats_obj, "stats_obj")?, None).map(|()| true)
}

pub(super) fn update_partition_column_statistics(
    cx: &mut Context<'_>,
    call: wire::UpdatePartitionColumnStatisticsCall,
) -> Outcome<bool> {
    put(cx, need(call.stats_obj, "stats_obj")?, None).map(|()| true)
}

pub(super) fn update_table_column_statistics_req(
    cx: &mut Context<'_>,
    call: wire::UpdateTableColumnStatisticsReqCall,
) -> Outcome<wire::SetPartitionsStatsResponse> {
    let result = put_all(cx, need(call.req, "req")?)?;
    Ok(wire::SetPartitionsStatsResponse { result })
}

pub(super) fn update_partition_column_statistics_req(
    cx: &mut Context<'_>,
    call: wire::UpdatePartitionColumnStatisticsReqCall,
) -> Outcome<wire::SetPartitionsStatsResponse> {
    let result = put_all(cx, need(call.req, "req")?)?;
    Ok(wire::SetPartitionsStatsResponse { result })
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

/// Spells partition names as they are kept; what is no partition name is dropped.
fn paths(names: &[String]) -> Vec<String> {
    names.iter().filter_map(|n| n.parse::<PartitionPath>().ok()).map(String::from).collect()
}

fn one(
    cx: &Context<'_>,
    table: &Table,
    partition: Option<&str>,
    column: &str,
) -> Outcome<wire::ColumnStatistics> {
    let place = partition.map_or_else(String::new, |name| paths(&[name.to_owned()]).concat());
    let found = cx.store.statistics(&table.name, ENGINE, &[place], &[column.to_lowercase()])?;
    let stats_obj = read(&found)?;
    if stats_obj.is_empty() {
        let text = format!(
            "Statistics for dbName={}, tableName={}, columnName={column} are not available",
            table.name.database(),
            table.name.table()
        );
        return Err(Fault::new(FaultKind::NoSuchObject, text));
    }
    Ok(wire::ColumnStatistics {
        stats_desc: wire::ColumnStatisticsDesc {
            is_tbl_level: partition.is_none(),
            db_name: table.name.database().to_owned(),
            table_name: table.name.table().to_owned(),
            part_name: partition.map(str::to_owned),
            last_analyzed: None,
            cat_name: Some(CATALOG.to_owned()),
        },
        stats_obj,
        is_stats_compliant: None,
        engine: Some(ENGINE.to_owned()),
    })
}

pub(super) fn get_table_column_statistics(
    cx: &mut Context<'_>,
    call: wire::GetTableColumnStatisticsCall,
) -> Outcome<wire::ColumnStatistics> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    one(cx, &table, None, &need(call.col_name, "col_name")?)
}

pub(super) fn get_partition_column_statistics(
    cx: &mut Context<'_>,
    call: wire::GetPartitionColumnStatisticsCall,
) -> Outcome<wire::ColumnStatistics> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let (partition, column) =
        (need(call.part_name, "part_name")?, need(call.col_name, "col_name")?);
    one(cx, &table, Some(&partition), &column)
}

pub(super) fn get_table_statistics_req(
    cx: &mut Context<'_>,
    call: wire::GetTableStatisticsReqCall,
) -> Outcome<wire::TableStatsResult> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let engine = request.engine.as_deref().unwrap_or(ENGINE);
    let columns = lower(&request.col_names);
    let found = cx.store.statistics(&table.name, engine, &[String::new()], &columns)?;
    Ok(wire::TableStatsResult { table_stats: read(&found)?, is_stats_compliant: None })
}

pub(super) fn get_partitions_statistics_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsStatisticsReqCall,
) -> Outcome<wire::PartitionsStatsResult> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let engine = request.engine.as_deref().unwrap_or(ENGINE);
    let (partitions, columns) = (paths(&request.part_names), lower(&request.col_names));
    let mut part_stats: BTreeMap<String, Vec<ColumnStatisticsObj>> = BTreeMap::new();
    for one in cx.store.statistics(&table.name, engine, &partitions, &columns)? {
        part_stats.entry(one.partition.clone()).or_default().push(from_bytes(&one.content)?);
    }
    Ok(wire::PartitionsStatsResult { part_stats, is_stats_compliant: None })
}

/// Answers statistics over many partitions; `partsFound` counts those that have them for all columns.
pub(super) fn get_aggr_stats_for(
    cx: &mut Context<'_>,
    call: wire::GetAggrStatsForCall,
) -> Outcome<wire::AggrStats> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let engine = request.engine.as_deref().unwrap_or(ENGINE);
    let (partitions, columns) = (paths(&request.part_names), lower(&request.col_names));
    let found = cx.store.statistics(&table.name, engine, &partitions, &columns)?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut together: BTreeMap<&str, ColumnStatisticsObj> = BTreeMap::new();
    for one in &found {
        *counts.entry(&one.partition).or_default() += 1;
        let new: ColumnStatisticsObj = from_bytes(&one.content)?;
        let sum = match together.remove(one.column.as_str()) {
            Some(old) => {
                ColumnStatisticsObj { stats_data: merged(new.stats_data, old.stats_data), ..old }
            }
            None => new,
        };
        together.insert(&one.column, sum);
    }
    let whole = counts.values().filter(|count| **count == columns.len()).count();
    let col_stats = columns.iter().filter_map(|c| together.remove(c.as_str())).collect();
    let parts_found = i64::try_from(whole).unwrap_or(i64::MAX);
    Ok(wire::AggrStats { col_stats, parts_found, is_stats_compliant: None })
}

fn delete(
    cx: &Context<'_>,
    table: &Table,
    partition: Option<&str>,
    column: Option<&str>,
) -> Outcome<bool> {
    let column = column.map(str::to_lowercase);
    cx.store.delete_statistics(&table.name, partition, column.as_deref())?;
    Ok(true)
}

pub(super) fn delete_table_column_statistics(
    cx: &mut Context<'_>,
    call: wire::DeleteTableColumnStatisticsCall,
) -> Outcome<bool> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    delete(cx, &table, Some(""), call.col_name.as_deref())
}

pub(super) fn delete_partition_column_statistics(
    cx: &mut Context<'_>,
    call: wire::DeletePartitionColumnStatisticsCall,
) -> Outcome<bool> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let name = paths(&[need(call.part_name, "part_name")?]).concat();
    delete(cx, &table, Some(&name), call.col_name.as_deref())
}

pub(super) fn delete_column_statistics_req(
    cx: &mut Context<'_>,
    call: wire::DeleteColumnStatisticsReqCall,
) -> Outcome<bool> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let places = match (&request.part_names, request.table_level) {
        (Some(names), _) => paths(names),
        (None, Some(false)) => cx.store.scan_names(&table.name, &super::databases::ALL)?,
        (None, _) => vec![String::new()],
    };
    for place in &places {
        match &request.col_names {
            Some(columns) => {
                for column in columns {
                    delete(cx, &table, Some(place), Some(column))?;
                }
            }
            None => {
                delete(cx, &table, Some(place), None)?;
            }
        }
    }
    Ok(true)
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn most<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.max(b)
}

/// Orders decimals of any scale, as far as an `i128` goes.
fn decimal(value: &wire::Decimal) -> OrderedFloat<f64> {
    let negative = value.unscaled.first().is_some_and(|b| b & 0x80 != 0);
    let start: i128 = if negative { -1 } else { 0 };
    let unscaled = value.unscaled.iter().fold(start, |n, b| (n << 8) | i128::from(*b));
    OrderedFloat(unscaled as f64 / 10_f64.powi(i32::from(value.scale)))
}

fn pick(a: Option<wire::Decimal>, b: Option<wire::Decimal>, less: bool) -> Option<wire::Decimal> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if (decimal(&a) < decimal(&b)) == less { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Merges the statistics of the same column in two places; distinct values count as the larger of both.
///
/// Source: Hive `ColumnStatsMerger` without bit vectors.
fn merged(new: Data, old: Data) -> Data {
    match (new, old) {
        (Data::BooleanStats(a), Data::BooleanStats(b)) => {
            Data::BooleanStats(wire::BooleanColumnStatsData {
                num_trues: a.num_trues + b.num_trues,
                num_falses: a.num_falses + b.num_falses,
                num_nulls: a.num_nulls + b.num_nulls,
                bit_vectors: None,
            })
        }
        (Data::LongStats(a), Data::LongStats(b)) => Data::LongStats(wire::LongColumnStatsData {
            low_value: least(a.low_value, b.low_value),
            high_value: most(a.high_value, b.high_value),
            num_nulls: a.num_nulls + b.num_nulls,
            num_d_vs: a.num_d_vs.max(b.num_d_vs),
            bit_vectors: None,
            histogram: None,
        }),
        (Data::DoubleStats(a), Data::DoubleStats(b)) => {
            Data::DoubleStats(wire::DoubleColumnStatsData {
                low_value: least(a.low_value, b.low_value),
                high_value: most(a.high_value, b.high_value),
                num_nulls: a.num_nulls + b.num_nulls,
                num_d_vs: a.num_d_vs.max(b.num_d_vs),
                bit_vectors: None,
                histogram: None,
            })
        }
        (Data::StringStats(a), Data::StringStats(b)) => {
            Data::StringStats(wire::StringColumnStatsData {
                max_col_len: a.max_col_len.max(b.max_col_len),
                avg_col_len: a.avg_col_len.max(b.avg_col_len),
                num_nulls: a.num_nulls + b.num_nulls,
                num_d_vs: a.num_d_vs.max(b.num_d_vs),
                bit_vectors: None,
            })
        }
        (Data::BinaryStats(a), Data::BinaryStats(b)) => {
            Data::BinaryStats(wire::BinaryColumnStatsData {
                max_col_len: a.max_col_len.max(b.max_col_len),
                avg_col_len: a.avg_col_len.max(b.avg_col_len),
                num_nulls: a.num_nulls + b.num_nulls,
                bit_vectors: None,
            })
        }
        (Data::DecimalStats(a), Data::DecimalStats(b)) => {
            Data::DecimalStats(wire::DecimalColumnStatsData {
                low_value: pick(a.low_value, b.low_value, true),
                high_value: pick(a.high_value, b.high_value, false),
                num_nulls: a.num_nulls + b.num_nulls,
                num_d_vs: a.num_d_vs.max(b.num_d_vs),
                bit_vectors: None,
                histogram: None,
            })
        }
        (Data::DateStats(a), Data::DateStats(b)) => Data::DateStats(wire::DateColumnStatsData {
            low_value: least(a.low_value, b.low_value),
            high_value: most(a.high_value, b.high_value),
            num_nulls: a.num_nulls + b.num_nulls,
            num_d_vs: a.num_d_vs.max(b.num_d_vs),
            bit_vectors: None,
            histogram: None,
        }),
        (Data::TimestampStats(a), Data::TimestampStats(b)) => {
            Data::TimestampStats(wire::TimestampColumnStatsData {
                low_value: least(a.low_value, b.low_value),
                high_value: most(a.high_value, b.high_value),
                num_nulls: a.num_nulls + b.num_nulls,
                num_d_vs: a.num_d_vs.max(b.num_d_vs),
                bit_vectors: None,
                histogram: None,
            })
        }
        // The column has another type now.
        (new, _) => new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmbeddedStore, FieldSchema};

    #[test]
    fn sketches_of_values_are_kept_from_readers() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&folder.path().join("m.db"), "file:/wh").unwrap();
        let mut table = Table::new("t".parse().unwrap());
        table.sd.cols.push(FieldSchema::new("id", "bigint"));
        store.create_table(&table).unwrap();
        let mut cx = Context::new(&store);
        let data = wire::LongColumnStatsData {
            low_value: Some(1),
            high_value: Some(9),
            num_nulls: 2,
            num_d_vs: 5,
            bit_vectors: Some(b"HL".to_vec()),
            histogram: Some(vec![1]),
        };
        let plain = wire::LongColumnStatsData { bit_vectors: None, histogram: None, ..data };
        let about = wire::ColumnStatisticsDesc::new(
            true,
            "default".to_owned(),
            "t".to_owned(),
            None,
            None,
            None,
        );
        let object = |data| {
            let (name, kind) = ("id".to_owned(), "bigint".to_owned());
            vec![ColumnStatisticsObj::new(name, kind, Data::LongStats(data))]
        };
        let given = wire::ColumnStatistics::new(about, object(data), None, None);
        let put = wire::UpdateTableColumnStatisticsCall { stats_obj: Some(given) };
        assert!(update_table_column_statistics(&mut cx, put).unwrap());
        let names = ["default", "t", "id"].map(|name| Some(name.to_owned()));
        let [db_name, tbl_name, col_name] = names;
        let get = wire::GetTableColumnStatisticsCall { db_name, tbl_name, col_name };
        let found = get_table_column_statistics(&mut cx, get).unwrap();
        assert_eq!(found.stats_obj, object(plain));
    }
}
