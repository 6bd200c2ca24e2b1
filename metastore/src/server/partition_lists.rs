//! Partitions in lists: all, by leading values, by filter text, by expression; as partitions, names, groups or counts.

use super::arguments::{Context, Outcome, check_catalog, limit, need};
use super::partitions::by_names;
use crate::convert::{CATALOG, partition_to, storage_to};
use crate::embedded::Scan;
use crate::filter::Filter;
use crate::generated::structs as wire;
use crate::kryo;
use crate::location;
use crate::model::{Partition, StorageDescriptor, Table};
use crate::names::{PartitionPath, PartitionSpec, escape_path_name};
use crate::wire::{Fault, FaultKind};

/// Which partitions of a table a call wants.
enum Wanted {
    All,
    /// Those with these leading values; an empty one stands for any.
    Values(Vec<String>),
    Filter(String),
    /// A serialized expression of Hive.
    Expression(Vec<u8>),
}

/// A condition that is resolved against a table.
struct Condition {
    prefix: String,
    fits: Option<Box<dyn Fn(&PartitionSpec) -> bool>>,
}

impl Condition {
    fn new(table: &Table, wanted: Wanted) -> Outcome<Self> {
        match wanted {
            Wanted::All => Ok(Self { prefix: String::new(), fits: None }),
            Wanted::Values(values) => Self::values(table, values),
            Wanted::Filter(text) => Self::filter(table, &text),
            Wanted::Expression(bytes) => Self::expression(table, &bytes),
        }
    }

    fn values(table: &Table, values: Vec<String>) -> Outcome<Self> {
        if values.len() > table.partition_keys.len() {
            return Err(Fault::meta(format!(
                "Incorrect number of partition values. numPartKeys={}, part_val={}",
                table.partition_keys.len(),
                values.len()
            )));
        }
        let leading: Vec<String> = table
            .partition_keys
            .iter()
            .zip(&values)
            .take_while(|(_, value)| !value.is_empty())
            .map(|(key, value)| {
                format!("{}={}", escape_path_name(&key.name), escape_path_name(value))
            })
            .collect();
        let fits = move |spec: &PartitionSpec| {
            let mut stored = spec.iter();
            values.iter().all(|wanted| {
                let value = stored.next().and_then(|(_, value)| value);
                wanted.is_empty() || value.unwrap_or(crate::names::DEFAULT_PARTITION_NAME) == wanted
            })
        };
        Ok(Self { prefix: leading.join("/"), fits: Some(Box::new(fits)) })
    }

    fn filter(table: &Table, text: &str) -> Outcome<Self> {
        if text.trim().is_empty() {
            return Self::new(table, Wanted::All);
        }
        let predicate = Filter::parse(text)
            .and_then(|filter| filter.bind(&table.partition_keys))
            .map_err(|e| Fault::meta(e.to_string()))?;
        let prefix = predicate.path_prefix();
        Ok(Self { prefix, fits: Some(Box::new(move |spec| predicate.matches(spec))) })
    }

    /// # Errors
    /// `UnknownMethod` if the expression cannot be read: clients then list the names and choose themselves, which an exception of the
    /// interface would not make them do.
    fn expression(table: &Table, bytes: &[u8]) -> Outcome<Self> {
        let predicate = kryo::Predicate::read(bytes, &table.partition_keys).map_err(|e| {
            let text = format!("cannot evaluate this partition expression: {e}");
            Fault::new(FaultKind::UnknownMethod, text)
        })?;
        Ok(Self {
            prefix: String::new(),
            fits: Some(Box::new(move |spec| predicate.matches(spec))),
        })
    }

    fn scan(&self, limit: usize) -> Scan<'_> {
        Scan { prefix: &self.prefix, fits: self.fits.as_deref(), limit }
    }
}

fn find(cx: &Context<'_>, table: &Table, wanted: Wanted, limit: usize) -> Outcome<Vec<Partition>> {
    if !table.is_partitioned() {
        return Ok(Vec::new());
    }
    let condition = Condition::new(table, wanted)?;
    Ok(cx.store.scan_partitions(&table.name, &condition.scan(limit))?)
}

fn names(cx: &Context<'_>, table: &Table, wanted: Wanted, limit: usize) -> Outcome<Vec<String>> {
    if !table.is_partitioned() {
        return Ok(Vec::new());
    }
    let condition = Condition::new(table, wanted)?;
    Ok(cx.store.scan_names(&table.name, &condition.scan(limit))?)
}

/// Finds the partitions of a serialized expression; for DROP PARTITION.
pub(super) fn by_expression(
    cx: &Context<'_>,
    table: &Table,
    expression: &[u8],
) -> Outcome<Vec<Partition>> {
    find(cx, table, Wanted::Expression(expression.to_vec()), usize::MAX)
}

fn listed(found: &[Partition]) -> Vec<wire::Partition> {
    found.iter().map(partition_to).collect()
}

type Name<'a> = Option<&'a str>;

fn all(
    cx: &Context<'_>,
    database: Name<'_>,
    table: Name<'_>,
    wanted: Wanted,
    limit: usize,
) -> Outcome<Vec<wire::Partition>> {
    Ok(listed(&find(cx, &cx.table(database, table)?, wanted, limit)?))
}

fn all_names(
    cx: &Context<'_>,
    database: Name<'_>,
    table: Name<'_>,
    wanted: Wanted,
    limit: usize,
) -> Outcome<Vec<String>> {
    match cx.table(database, table) {
        Ok(table) => names(cx, &table, wanted, limit),
        Err(fault) => Err(fault),
    }
}

pub(super) fn get_partitions(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsCall,
) -> Outcome<Vec<wire::Partition>> {
    let most = limit(call.max_parts);
    all(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), Wanted::All, most)
}

pub(super) fn get_partitions_with_auth(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsWithAuthCall,
) -> Outcome<Vec<wire::Partition>> {
    let most = limit(call.max_parts);
    all(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), Wanted::All, most)
}

pub(super) fn get_partitions_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsReqCall,
) -> Outcome<wire::PartitionsResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let most = limit(request.max_parts);
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    Ok(wire::PartitionsResponse { partitions: all(cx, database, table, Wanted::All, most)? })
}

pub(super) fn get_partitions_ps(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsPsCall,
) -> Outcome<Vec<wire::Partition>> {
    let (most, wanted) =
        (limit(call.max_parts), Wanted::Values(call.part_vals.unwrap_or_default()));
    all(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), wanted, most)
}

pub(super) fn get_partitions_ps_with_auth(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsPsWithAuthCall,
) -> Outcome<Vec<wire::Partition>> {
    let (most, wanted) =
        (limit(call.max_parts), Wanted::Values(call.part_vals.unwrap_or_default()));
    all(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), wanted, most)
}

pub(super) fn get_partitions_ps_with_auth_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsPsWithAuthReqCall,
) -> Outcome<wire::GetPartitionsPsWithAuthResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let found = match request.part_names {
        Some(names) => by_names(cx, &table, &names)?,
        None => {
            let wanted = Wanted::Values(request.part_vals.unwrap_or_default());
            find(cx, &table, wanted, limit(request.max_parts))?
        }
    };
    Ok(wire::GetPartitionsPsWithAuthResponse { partitions: listed(&found) })
}

pub(super) fn get_partition_names(
    cx: &mut Context<'_>,
    call: wire::GetPartitionNamesCall,
) -> Outcome<Vec<String>> {
    let most = limit(call.max_parts);
    all_names(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), Wanted::All, most)
}

pub(super) fn fetch_partition_names_req(
    cx: &mut Context<'_>,
    call: wire::FetchPartitionNamesReqCall,
) -> Outcome<Vec<String>> {
    let request = need(call.partition_req, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let most = limit(request.max_parts);
    all_names(cx, Some(&request.db_name), Some(&request.tbl_name), Wanted::All, most)
}

pub(super) fn get_partition_names_ps(
    cx: &mut Context<'_>,
    call: wire::GetPartitionNamesPsCall,
) -> Outcome<Vec<String>> {
    let (most, wanted) =
        (limit(call.max_parts), Wanted::Values(call.part_vals.unwrap_or_default()));
    all_names(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), wanted, most)
}

pub(super) fn get_partition_names_ps_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionNamesPsReqCall,
) -> Outcome<wire::GetPartitionNamesPsResponse> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let wanted = Wanted::Values(request.part_values.unwrap_or_default());
    let most = limit(request.max_parts);
    let names = all_names(cx, Some(&request.db_name), Some(&request.tbl_name), wanted, most)?;
    Ok(wire::GetPartitionNamesPsResponse { names })
}

pub(super) fn get_partition_names_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionNamesReqCall,
) -> Outcome<Vec<String>> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let most = limit(request.max_parts);
    let wanted = if request.expr.is_empty() || request.expr == [255, 255] {
        Wanted::All
    } else {
        Wanted::Expression(request.expr)
    };
    all_names(cx, Some(&request.db_name), Some(&request.tbl_name), wanted, most)
}

pub(super) fn get_partitions_by_filter(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsByFilterCall,
) -> Outcome<Vec<wire::Partition>> {
    let (most, wanted) = (limit(call.max_parts), Wanted::Filter(call.filter.unwrap_or_default()));
    all(cx, call.db_name.as_deref(), call.tbl_name.as_deref(), wanted, most)
}

pub(super) fn get_partitions_by_filter_req(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsByFilterReqCall,
) -> Outcome<Vec<wire::Partition>> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let wanted = Wanted::Filter(request.filter.unwrap_or_default());
    let most = limit(request.max_parts);
    all(cx, request.db_name.as_deref(), request.tbl_name.as_deref(), wanted, most)
}

pub(super) fn get_num_partitions_by_filter(
    cx: &mut Context<'_>,
    call: wire::GetNumPartitionsByFilterCall,
) -> Outcome<i32> {
    let wanted = Wanted::Filter(call.filter.unwrap_or_default());
    let (database, table) = (call.db_name.as_deref(), call.tbl_name.as_deref());
    let names = all_names(cx, database, table, wanted, usize::MAX)?;
    Ok(i32::try_from(names.len()).unwrap_or(i32::MAX))
}

pub(super) fn get_partitions_by_expr(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsByExprCall,
) -> Outcome<wire::PartitionsByExprResult> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let wanted = Wanted::Expression(request.expr);
    let most = limit(request.max_parts);
    let (database, table) = (Some(request.db_name.as_str()), Some(request.tbl_name.as_str()));
    let partitions = all(cx, database, table, wanted, most)?;
    Ok(wire::PartitionsByExprResult { partitions, has_unknown_partitions: false })
}

pub(super) fn get_partitions_spec_by_expr(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsSpecByExprCall,
) -> Outcome<wire::PartitionsSpecByExprResult> {
    let request = need(call.req, "req")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let wanted = Wanted::Expression(request.expr);
    let found = find(cx, &table, wanted, limit(request.max_parts))?;
    let partitions_spec = grouped(&table, &found);
    Ok(wire::PartitionsSpecByExprResult { partitions_spec, has_unknown_partitions: false })
}

pub(super) fn get_partitions_pspec(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsPspecCall,
) -> Outcome<Vec<wire::PartitionSpec>> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let found = find(cx, &table, Wanted::All, limit(call.max_parts))?;
    Ok(grouped(&table, &found))
}

pub(super) fn get_part_specs_by_filter(
    cx: &mut Context<'_>,
    call: wire::GetPartSpecsByFilterCall,
) -> Outcome<Vec<wire::PartitionSpec>> {
    let table = cx.table(call.db_name.as_deref(), call.tbl_name.as_deref())?;
    let wanted = Wanted::Filter(call.filter.unwrap_or_default());
    Ok(grouped(&table, &find(cx, &table, wanted, limit(call.max_parts))?))
}

pub(super) fn get_partitions_with_specs(
    cx: &mut Context<'_>,
    call: wire::GetPartitionsWithSpecsCall,
) -> Outcome<wire::GetPartitionsResponse> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(request.db_name.as_deref(), request.tbl_name.as_deref())?;
    let filter = request.filter_spec.unwrap_or_default();
    let filters = filter.filters.filter(|all| !all.is_empty());
    let found = match (filter.filter_mode, filters) {
        (_, None) => find(cx, &table, Wanted::All, usize::MAX)?,
        (Some(wire::PartitionFilterMode::BY_NAMES), Some(names)) => by_names(cx, &table, &names)?,
        (Some(wire::PartitionFilterMode::BY_EXPR), Some(texts)) => {
            let text = texts.iter().map(|t| format!("({t})")).collect::<Vec<_>>().join(" and ");
            find(cx, &table, Wanted::Filter(text), usize::MAX)?
        }
        (_, Some(values)) => find(cx, &table, Wanted::Values(values), usize::MAX)?,
    };
    Ok(wire::GetPartitionsResponse { partition_spec: Some(grouped(&table, &found)) })
}

/// Groups partitions that are stored alike below the table's folder; the others follow one by one.
///
/// Source: Hive `MetaStoreServerUtils.getPartitionspecsGroupedByStorageDescriptor`.
fn grouped(table: &Table, found: &[Partition]) -> Vec<wire::PartitionSpec> {
    let root = table.sd.location.as_deref().map(location::normalize).unwrap_or_default();
    let relative = |partition: &Partition| {
        let place = location::normalize(partition.sd.location.as_deref()?);
        place.strip_prefix(&root).filter(|p| p.starts_with('/')).map(str::to_owned)
    };
    let spec = || wire::PartitionSpec {
        db_name: Some(table.name.database().to_owned()),
        table_name: Some(table.name.table().to_owned()),
        root_path: Some(root.clone()),
        shared_s_d_partition_spec: None,
        partition_list: None,
        cat_name: Some(CATALOG.to_owned()),
        write_id: None,
        is_stats_compliant: None,
    };
    let mut groups: Vec<(StorageDescriptor, Vec<wire::PartitionWithoutSD>)> = Vec::new();
    let mut others = Vec::new();
    for partition in found {
        let Some(relative_path) = relative(partition) else {
            others.push(partition_to(partition));
            continue;
        };
        let sd = StorageDescriptor { location: Some(root.clone()), ..partition.sd.clone() };
        let member = wire::PartitionWithoutSD {
            values: Some(partition.spec.to_values()),
            create_time: Some(partition.create_time),
            last_access_time: Some(partition.last_access_time),
            relative_path: Some(relative_path),
            parameters: Some(partition.parameters.clone()),
            privileges: None,
        };
        match groups.iter_mut().find(|(known, _)| *known == sd) {
            Some((_, members)) => members.push(member),
            None => groups.push((sd, vec![member])),
        }
    }
    let mut specs: Vec<wire::PartitionSpec> = groups
        .into_iter()
        .map(|(sd, partitions)| {
            let shared = wire::PartitionSpecWithSharedSD {
                partitions: Some(partitions),
                sd: Some(storage_to(&sd)),
            };
            wire::PartitionSpec { shared_s_d_partition_spec: Some(shared), ..spec() }
        })
        .collect();
    if !others.is_empty() {
        let list = wire::PartitionListComposingSpec { partitions: Some(others) };
        specs.push(wire::PartitionSpec { partition_list: Some(list), ..spec() });
    }
    specs
}

/// Answers the values of some partition columns, each combination once if asked for.
pub(super) fn get_partition_values(
    cx: &mut Context<'_>,
    call: wire::GetPartitionValuesCall,
) -> Outcome<wire::PartitionValuesResponse> {
    let request = need(call.request, "request")?;
    check_catalog(request.cat_name.as_deref())?;
    let table = cx.table(Some(&request.db_name), Some(&request.tbl_name))?;
    let condition = Condition::filter(&table, &request.filter.unwrap_or_default())?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for name in cx.store.scan_names(&table.name, &condition.scan(usize::MAX))? {
        let spec = name.parse::<PartitionPath>()?.to_spec()?;
        let mut row = Vec::with_capacity(request.partition_keys.len());
        for key in &request.partition_keys {
            let column = key.name.as_deref().unwrap_or_default();
            let value = spec
                .get(column)
                .ok_or_else(|| Fault::meta(format!("{column} is no partition column")))?;
            row.push(value.unwrap_or(crate::names::DEFAULT_PARTITION_NAME).to_owned());
        }
        rows.push(row);
    }
    if request.apply_distinct.unwrap_or(true) {
        rows.sort();
        rows.dedup();
    }
    if request.ascending == Some(false) {
        rows.reverse();
    }
    rows.truncate(limit(request.max_parts.filter(|most| *most > 0)));
    let partition_values = rows.into_iter().map(|row| wire::PartitionValuesRow { row }).collect();
    Ok(wire::PartitionValuesResponse { partition_values })
}
