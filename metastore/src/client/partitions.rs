//! Partitions of the catalog port over thrift calls of at most [`MAX_PARTITIONS`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use super::refusal::{Outlook, fewer_may_help, outlook, refused};
use super::{HiveCatalog, MAX_PARTITIONS, wait};
use crate::convert::{partition_from, partition_to};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::generated::structs as wire;
use crate::model::Partition;
use crate::names::{PartitionPath, TableName};
use crate::wire::{Fault, FaultKind};
use crate::{Catalog, PartitionQuery};

/// How often partitions are looked at again because another writer was faster, or the metastore has failed in a way that passes.
const ATTEMPTS: usize = 3;

/// Whether the metastore has done what it was asked for.
type Taken<F> = std::result::Result<(), F>;

/// Tells a metastore to leave the statistics of what is changed as they are given.
pub(super) fn keep_statistics() -> wire::EnvironmentContext {
    let properties = BTreeMap::from([("DO_NOT_UPDATE_STATS".to_owned(), "true".to_owned())]);
    wire::EnvironmentContext { properties: Some(properties) }
}

/// Writes a partition for every version: without fields that only some know.
fn plain(partition: &Partition) -> wire::Partition {
    wire::Partition { write_id: None, ..partition_to(partition) }
}

fn both(name: &TableName) -> (Option<String>, Option<String>) {
    (Some(name.database().to_owned()), Some(name.table().to_owned()))
}

/// Makes a call for some of `all` at a time: [`MAX_PARTITIONS`], and half as many from where a refusal lets hope that fewer are taken. Gives
/// the refusal that ended it with the first of those that were refused.
fn in_parts<T>(
    all: &[T],
    mut call: impl FnMut(&[T]) -> Result<Taken<Fault>>,
) -> Result<Taken<(Fault, &T)>> {
    let (mut left, mut most) = (all, MAX_PARTITIONS);
    while let Some(first) = left.first() {
        let (part, rest) = left.split_at(most.min(left.len()));
        match call(part)? {
            Ok(()) => left = rest,
            Err(fault) if part.len() == 1 || !fewer_may_help(&fault) => {
                return Ok(Err((fault, first)));
            }
            // A refusal can take a metastore half a minute: what is too much once is not tried again.
            Err(_) => most = part.len() / 2,
        }
    }
    Ok(Ok(()))
}

impl HiveCatalog {
    /// Reads the partitions that fulfil a filter, chosen by the metastore, in the order of their names; at most `limit` of them.
    ///
    /// Metastores before Hive 4 know only comparisons, `and` and `or`, and take `like` for something else: use
    /// [`Catalog::list_partition_names`] for filters that must mean the same everywhere.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::Kind::NotFound) if the table is missing; [`Kind::Unavailable`](crate::Kind::Unavailable) also if the
    /// metastore refuses the filter.
    pub fn filter_partitions(
        &self,
        table: &TableName,
        filter: &Filter,
        limit: Option<i16>,
    ) -> Result<Vec<Partition>> {
        let columns = self.get_table(table)?.partition_keys;
        let (db_name, tbl_name) = both(table);
        let call = wire::GetPartitionsByFilterCall {
            db_name,
            tbl_name,
            filter: Some(filter.to_string()),
            max_parts: Some(limit.unwrap_or(-1)),
        };
        let found = self.simple("cannot filter partitions", &call);
        let found = found.map_err(|e| e.with("table", table).with("filter", filter))?;
        let read = |partition| partition_from(partition, table, &columns);
        let mut found = found.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        found.sort_by_cached_key(|partition| partition.spec.to_string());
        Ok(found)
    }

    /// Reads partitions of one call, in whatever order; missing ones are left out.
    pub(super) fn read_partitions(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Result<Vec<Partition>> {
        let (db_name, tbl_name) = both(table);
        let names = names.iter().map(|name| name.as_str().to_owned()).collect();
        let call = wire::GetPartitionsByNamesCall { db_name, tbl_name, names: Some(names) };
        let found = self.simple("cannot read partitions", &call);
        let found = found.map_err(|e| e.with("table", table))?;
        let Some(first) = found.first() else { return Ok(Vec::new()) };
        // The columns are known by their number only; their names are the table's.
        let columns = self.get_table(table)?.partition_keys;
        if first.values.as_ref().map_or(0, Vec::len) != columns.len() {
            return Err(Error::schema(
                "partition has another number of values than the table has partition columns",
            )
            .with("table", table));
        }
        found.into_iter().map(|partition| partition_from(partition, table, &columns)).collect()
    }

    pub(super) fn get(&self, table: &TableName, names: &[PartitionPath]) -> Result<Vec<Partition>> {
        let mut found = BTreeMap::new();
        for some in names.chunks(MAX_PARTITIONS) {
            for partition in self.read_partitions(table, some)? {
                found.insert(partition.spec.to_path()?, partition);
            }
        }
        if found.is_empty() {
            // Some metastores answer nothing for a missing table.
            self.get_table(table)?;
        }
        Ok(names.iter().filter_map(|name| found.get(name).cloned()).collect())
    }

    /// Lists all partition names in byte order, whatever order the metastore's store has.
    pub(super) fn all_names(&self, table: &TableName) -> Result<Vec<PartitionPath>> {
        let (db_name, tbl_name) = both(table);
        let call = wire::GetPartitionNamesCall { db_name, tbl_name, max_parts: Some(-1) };
        let names = match self.simple("cannot list partition names", &call) {
            Ok(names) => names,
            Err(error) => {
                // Hive 2.3 answers a missing table with an internal error.
                self.get_table(table)?;
                return Err(error.with("table", table));
            }
        };
        let names = names.into_iter().map(PartitionPath::try_from);
        let mut names = names.collect::<Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// Lists a page of names. The first page asks the metastore, further ones go on with what it said.
    pub(super) fn list(
        &self,
        table: &TableName,
        query: &PartitionQuery<'_>,
    ) -> Result<Vec<PartitionPath>> {
        let predicate = match query.filter {
            None => None,
            Some(filter) => Some(Filter::bind(filter, &self.get_table(table)?.partition_keys)?),
        };
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = listed.as_ref().is_some_and(|(name, _)| name == table);
        if query.after.is_none() || !known {
            let names = self.all_names(table)?;
            if names.is_empty() {
                self.get_table(table)?;
            }
            if query.filter.is_none() && query.after.is_none() && names.len() < query.limit {
                // The only page: nobody asks for a further one.
                *listed = None;
                return Ok(names);
            }
            *listed = Some((table.clone(), names));
        }
        let names = listed.as_ref().map(|(_, names)| names.as_slice()).unwrap_or_default();
        let start = query.after.map_or(0, |after| names.partition_point(|name| name <= after));
        let mut page = Vec::new();
        for name in names.get(start..).unwrap_or_default() {
            if page.len() == query.limit {
                break;
            }
            let fits = match &predicate {
                Some(predicate) => predicate.matches(&name.to_spec()?),
                None => true,
            };
            if fits {
                page.push(name.clone());
            }
        }
        Ok(page)
    }

    pub(super) fn add(&self, table: &TableName, partitions: &[Partition]) -> Result<Vec<bool>> {
        let stored = self.get_table(table)?;
        let mut placed = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let path = stored.partition_path(&partition.spec)?;
            placed.push((path, stored.placed(partition)?));
        }
        let mut new = BTreeSet::new();
        let done = in_parts(&placed, |some| self.add_some(table, some, &mut new))?;
        done.map_err(|(fault, (path, _))| {
            let error = refused("cannot add partitions", fault);
            error.with("table", table).with("partition", path)
        })?;
        Ok(placed.iter().map(|(path, _)| new.contains(path)).collect())
    }

    /// Adds partitions of one call and notes which of them are new.
    fn add_some(
        &self,
        table: &TableName,
        wanted: &[(PartitionPath, Partition)],
        ours: &mut BTreeSet<PartitionPath>,
    ) -> Result<Taken<Fault>> {
        let names: Vec<PartitionPath> = wanted.iter().map(|(path, _)| path.clone()).collect();
        for attempt in 1..=ATTEMPTS {
            let mut there = BTreeMap::new();
            for partition in self.read_partitions(table, &names)? {
                there.insert(partition.spec.to_path()?, partition);
            }
            for (path, partition) in wanted {
                if there.get(path).is_some_and(|stored| !stored.fulfils(partition)) {
                    return Err(Error::already_exists(
                        "partition exists already with other content",
                    )
                    .with("table", table)
                    .with("partition", path));
                }
            }
            let missing: BTreeMap<&PartitionPath, &Partition> = wanted
                .iter()
                .filter(|(path, _)| !there.contains_key(path))
                .map(|(path, partition)| (path, partition))
                .collect();
            if missing.is_empty() {
                // What an attempt whose answer was lost has added is ours.
                return Ok(Ok(()));
            }
            let request = wire::AddPartitionsRequest {
                db_name: table.database().to_owned(),
                tbl_name: table.table().to_owned(),
                parts: missing.values().map(|partition| plain(partition)).collect(),
                if_not_exists: false,
                need_result: Some(false),
                cat_name: None,
                valid_write_id_list: None,
                skip_column_schema_for_partition: None,
                partition_col_schema: None,
                environment_context: None,
            };
            let answer = self.call(&wire::AddPartitionsReqCall { request: Some(request) })?;
            let new = || missing.keys().map(|path| (*path).clone());
            match answer.result {
                Ok(_) => {
                    ours.extend(new());
                    return Ok(Ok(()));
                }
                Err(fault) if fault.kind == FaultKind::AlreadyExists => {
                    if answer.repeated {
                        ours.extend(new());
                    }
                }
                Err(fault) => {
                    let passing = match outlook(&fault) {
                        Outlook::Passing => true,
                        // A first attempt whose answer did not come in time may still be at work.
                        Outlook::Unknown => answer.repeated,
                        Outlook::Definite(_) => false,
                    };
                    if !passing || attempt == ATTEMPTS {
                        return Ok(Err(fault));
                    }
                    wait(self.options.pause);
                }
            }
        }
        Err(Error::conflict("other writers add the same partitions").with("table", table))
    }

    pub(super) fn alter(&self, table: &TableName, partitions: &[Partition]) -> Result<()> {
        let stored = self.get_table(table)?;
        let mut placed = Vec::with_capacity(partitions.len());
        let mut names = Vec::with_capacity(partitions.len());
        for partition in partitions {
            names.push(stored.partition_path(&partition.spec)?);
            placed.push(stored.placed(partition)?);
        }
        // Metastores say that one is missing in too many ways.
        let there: BTreeSet<_> = self.get(table, &names)?.iter().map(|p| p.spec.clone()).collect();
        if let Some(missing) = placed.iter().find(|p| !there.contains(&p.spec)) {
            return Err(Error::not_found("partition not found")
                .with("table", table)
                .with("partition", &missing.spec));
        }
        let done = in_parts(&placed, |some| {
            let (db_name, tbl_name) = both(table);
            let call = wire::AlterPartitionsWithEnvironmentContextCall {
                db_name,
                tbl_name,
                new_parts: Some(some.iter().map(plain).collect()),
                environment_context: Some(keep_statistics()),
            };
            Ok(self.call(&call)?.result)
        })?;
        done.map_err(|(fault, partition)| {
            let error = refused("cannot change partitions", fault);
            error.with("table", table).with("partition", &partition.spec)
        })
    }

    pub(super) fn drop_some(
        &self,
        table: &TableName,
        names: &[PartitionPath],
    ) -> Result<Vec<Partition>> {
        let mut dropped = Vec::new();
        for some in names.chunks(MAX_PARTITIONS) {
            let found = self.get(table, some)?;
            if found.is_empty() {
                continue;
            }
            let mut there = Vec::with_capacity(found.len());
            for partition in &found {
                there.push(String::from(partition.spec.to_path()?));
            }
            let request = wire::DropPartitionsRequest {
                db_name: table.database().to_owned(),
                tbl_name: table.table().to_owned(),
                parts: wire::RequestPartsSpec::Names(there),
                delete_data: Some(false),
                if_exists: Some(true),
                ignore_protection: None,
                environment_context: None,
                need_result: Some(false),
                cat_name: None,
                skip_column_schema_for_partition: None,
            };
            let answer = self.call(&wire::DropPartitionsReqCall { req: Some(request) })?;
            match answer.result {
                Ok(_) => {}
                Err(fault) if fault.kind == FaultKind::NoSuchObject => {
                    // Another writer, or the attempt whose answer was lost.
                    if !self.read_partitions(table, some)?.is_empty() {
                        return Err(refused("cannot drop partitions", fault).with("table", table));
                    }
                }
                Err(fault) => {
                    return Err(refused("cannot drop partitions", fault).with("table", table));
                }
            }
            dropped.extend(found);
        }
        if dropped.is_empty() {
            self.get_table(table)?;
        }
        Ok(dropped)
    }
}
