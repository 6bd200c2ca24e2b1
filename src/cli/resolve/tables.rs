//! Hive tables that are read: their options, what of them is read, and the source.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use config::dimension::PartitionOrder;
use config::problem::{Origin, Problem};
use config::properties::Properties;
use config::table_source::{ReplacedFiles, TableFacts, TableSourceOptions};
use config::{Problems, SourceOptions};
use dialect::ast::{CreateTable, Hint, ObjectName};
use metastore::Catalog;
use metastore::names::TableName;

use super::super::script::{PlannedInsert, Script, SourceTable};
use super::sink::zone;
use super::sources::SourcePlace;
use crate::catalog::table::pairs;
use crate::error::{Error, Result};
use crate::partition_time::Extractor;
use crate::read::enumerator::{self, Rules};
use crate::read::order::Order;
use crate::read::source::{TableOptions, TableSource};
use crate::read::{Files, ReadTable, ScanPlan};
use crate::source::Source;
use crate::sql::bind::BoundBranch;
use crate::time::Clock;

/// Rows of a batch: enough that the columns of one stay in a core's cache.
const BATCH_ROWS: usize = 16_384;

/// Resolves the Hive table that a branch reads; `None` if there is a problem, which is noted.
pub(super) fn of_branch(
    script: &mut Script,
    insert: &PlannedInsert,
    branch: &BoundBranch,
    names: (&TableName, &TableName),
    problems: &mut Problems,
) -> Option<(SourceTable, SourceOptions)> {
    let (name, target) = names;
    let place = insert.place.clone();
    if name == target {
        let message = format!("{name} cannot be read and written by the same pipeline");
        let hint = "it would read its own rows again, for ever: write to another table";
        script.error(&place, branch.span, &message, Some(hint));
        return None;
    }
    let Some((table, mut properties)) = script.hive_table_named(name) else {
        script.error(&place, branch.span, &format!("there is no table {name}"), None);
        return None;
    };
    properties.overlay(&hint(script, insert, name, &branch.hints)?);
    let columns: Vec<String> = table.partition_keys.iter().map(|k| k.name.clone()).collect();
    if let Err(error) = ReadTable::open(table, script.files()) {
        script.error(&place, branch.span, &error.to_string(), error.hint());
        return None;
    }
    let facts = TableFacts { is_partitioned: !columns.is_empty() };
    let options = SourceOptions::of_table(&properties, facts, &insert.session, problems)?;
    if let config::source::Connector::Hive(table) = &options.connector
        && let Err((key, error)) = rules(table, &columns, (name, 0))
    {
        let problem = Problem::error(key, error.to_string());
        let problem = match error.hint() {
            Some(hint) => problem.hint(hint),
            None => problem,
        };
        problems.push(problem.at(properties.origin(key)));
        return None;
    }
    Some((SourceTable { ddl: definition(name), properties, place }, options))
}

/// A table of the catalog as one that is read: its name alone, the rest is asked of the catalog.
fn definition(name: &TableName) -> CreateTable {
    let name = ObjectName::new([name.database(), name.table()]);
    CreateTable { if_not_exists: true, ..CreateTable::named(name) }
}

/// Reads the options in the hints behind a table's name.
pub(super) fn hint(
    script: &mut Script,
    insert: &PlannedInsert,
    name: &TableName,
    hints: &[Hint],
) -> Option<Properties> {
    let place = &insert.place;
    let origin = Origin::hint(&name.to_string(), &place.script.name, place.line());
    let mut all = Properties::at(origin.clone());
    for hint in hints {
        match hint.options() {
            Ok(list) => all.overlay(&Properties::from_pairs(pairs(list.as_ref()), &origin)),
            Err(wrong) => {
                script.error(place, wrong.span, &wrong.message, wrong.hint.as_deref());
                return None;
            }
        }
    }
    Some(all)
}

/// Says how a table is read; what is wrong comes with the option that it is about.
fn rules(
    options: &TableSourceOptions,
    columns: &[String],
    (table, branch): (&TableName, u16),
) -> Result<Rules, (&'static str, Error)> {
    let time = &options.extractor;
    let extractor = || {
        Extractor::new(time.pattern.as_deref(), time.formatter.as_deref(), columns)
            .map_err(|e| ("partition.time-extractor.timestamp-pattern", e))
    };
    let facts = TableFacts { is_partitioned: !columns.is_empty() };
    let order = match options.order(facts) {
        PartitionOrder::PartitionName => Order::PartitionName,
        PartitionOrder::CreateTime => Order::CreateTime,
        PartitionOrder::PartitionTime => Order::PartitionTime(extractor()?),
    };
    let start = options.stream.start_offset.as_deref().map(|text| order.start(text)).transpose();
    let zone = zone(&options.zone.0).unwrap_or(chrono_tz::Tz::UTC);
    let watermark = options.is_watermark.then(|| extractor().map(|e| (e, zone))).transpose()?;
    Ok(Rules {
        branch,
        table: table.to_string(),
        order,
        start: start.map_err(|e| ("streaming-source.consume-start-offset", e))?,
        replaced: match options.files.replaced {
            ReplacedFiles::Read => enumerator::ReplacedFiles::Read,
            ReplacedFiles::Skip => enumerator::ReplacedFiles::Skip,
        },
        watermark,
    })
}

/// Makes the source of a Hive table.
///
/// # Errors
/// As the catalog's; `Schema` if the table is another one than when the script was read.
pub(super) fn open(
    options: &TableSourceOptions,
    source: &SourceTable,
    bound: &BoundBranch,
    place: SourcePlace,
    (catalog, files, clock): (&Arc<dyn Catalog>, &Arc<Files>, &Arc<dyn Clock>),
) -> Result<Arc<dyn Source>> {
    let name: TableName = source.ddl.name.to_string().parse()?;
    let table = ReadTable::open(catalog.get_table(&name)?, files)?;
    let columns: Vec<String> = table.partition_columns.iter().map(|c| c.name.clone()).collect();
    let rules = rules(options, &columns, (&name, place.branch)).map_err(|(_, error)| error)?;
    let schema = bound.transform.input_schema();
    let mut plan = ScanPlan::new(&table, Some(&read(&table, bound, &schema)))?;
    for field in plan.schema().fields() {
        let wanted = schema.field_with_name(field.name());
        if !wanted.is_ok_and(|wanted| wanted.data_type() == field.data_type()) {
            return Err(Error::schema("files give a column in another type than the table says")
                .with("table", &name)
                .with("column", field.name())
                .with("type in files", field.data_type())
                .with_hint("declare it as STRING and CAST it in the SELECT"));
        }
    }
    plan.predicate.clone_from(&bound.condition);
    plan.batch_rows = BATCH_ROWS;
    plan.options.zone = place.zone;
    let options = TableOptions {
        table: name,
        rules,
        plan,
        schema,
        monitor_interval: options.monitor_interval(),
        split_bytes: options.files.split_size.0,
    };
    let (catalog, files, clock) = (Arc::clone(catalog), Arc::clone(files), Arc::clone(clock));
    Ok(Arc::new(TableSource::new(options, catalog, files, clock)))
}

/// Lists the columns that are read: at least one that lies in the files, which tells how many rows there are.
fn read<'a>(table: &'a ReadTable, bound: &BoundBranch, schema: &'a SchemaRef) -> Vec<&'a str> {
    let fields = bound.transform.reads();
    let mut read: Vec<&str> = fields
        .iter()
        .filter_map(|at| schema.fields().get(*at))
        .map(|f| f.name().as_str())
        .collect();
    let lies_in_files = |name: &&str| table.columns.iter().any(|c| c.name == *name);
    if !read.iter().any(lies_in_files) {
        read.extend(table.columns.first().map(|column| column.name.as_str()));
    }
    read
}
