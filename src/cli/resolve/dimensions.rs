//! Hive tables that a stream is joined with: options, and what of them is kept in memory.

use config::dimension::{PartitionInclude, PartitionOrder};
use config::problem::Problem;
use config::properties::Properties;
use config::{DimensionOptions, Explained, Problems};
use formats::table::ReadOptions;

use super::super::script::{PlannedInsert, Script};
use super::{bind_options, full_name, tables};
use crate::partition_time::Extractor;
use crate::read::ReadTable;
use crate::read::dimension::{DimensionPlan, Include};
use crate::read::order::Order;
use crate::sql::bind::{BoundBranch, LookupStep};

/// A table that rows are joined with.
#[derive(Debug)]
pub struct JoinedTable {
    /// What is kept of it in memory.
    pub plan: DimensionPlan,
    properties: Properties,
    hint: Properties,
    session: Properties,
}

impl JoinedTable {
    /// Lists the effective options with their origins.
    pub fn explain(&self) -> Vec<Explained> {
        DimensionOptions::explain(&self.properties, &self.hint, &self.session)
    }

    /// Says in words what rows are joined with.
    pub fn describe(&self) -> String {
        let plan = &self.plan;
        let rows = match &plan.include {
            Include::All => "all of its rows".to_owned(),
            Include::Latest(order) => {
                let order = match order {
                    Order::PartitionName => "partition-name",
                    Order::PartitionTime(_) => "partition-time",
                    Order::CreateTime => "create-time",
                };
                format!("its latest partition by {order}")
            }
        };
        format!(
            "joined with {} in memory: {rows}, looked at every {} s, at most {} each copy",
            plan.table,
            plan.reload.as_secs(),
            config::ByteSize(plan.max_bytes)
        )
    }
}

/// Resolves the tables that a branch is joined with; `None` if there is a problem, which is noted.
pub(super) fn of_branch(
    script: &mut Script,
    insert: &PlannedInsert,
    branch: &BoundBranch,
    problems: &mut Problems,
) -> Option<Vec<JoinedTable>> {
    let all = branch.transform.lookups().iter();
    let all: Vec<_> = all.map(|lookup| one(script, insert, lookup, problems)).collect();
    all.into_iter().collect()
}

fn one(
    script: &mut Script,
    insert: &PlannedInsert,
    lookup: &LookupStep,
    problems: &mut Problems,
) -> Option<JoinedTable> {
    let query = lookup.query();
    let name = full_name(&query.table, &insert.database)?;
    let (table, properties) = script.hive_table_named(&name)?;
    if let Err(error) = ReadTable::open(table.clone(), script.files()) {
        script.error(&insert.place, query.span, &error.to_string(), error.hint());
        return None;
    }
    let hint = tables::hint(script, insert, &name, &query.hints)?;
    let before = problems.iter().count();
    let options = DimensionOptions::parse(&properties, &hint, &insert.session, problems)?;
    let columns: Vec<String> = table.partition_keys.iter().map(|k| k.name.clone()).collect();
    let include = match options.lookup.include {
        // An unpartitioned table is its only partition.
        PartitionInclude::Latest if !columns.is_empty() => {
            Include::Latest(order(&options, &columns, problems)?)
        }
        PartitionInclude::Latest | PartitionInclude::All => Include::All,
    };
    if problems.iter().skip(before).any(|p| p.severity == config::Severity::Error) {
        return None;
    }
    let mut scratch = Problems::new();
    let pipeline = config::PipelineOptions::parse(&insert.session, &mut scratch);
    let zone = bind_options(&insert.session, pipeline.as_ref()).time_zone;
    let plan = DimensionPlan {
        table: name,
        include,
        reload: options.reload_interval(),
        max_bytes: options.lookup.max_size.0,
        read: ReadOptions { zone, ..ReadOptions::default() },
    };
    Some(JoinedTable { plan, properties, hint, session: insert.session.clone() })
}

fn order(options: &DimensionOptions, columns: &[String], problems: &mut Problems) -> Option<Order> {
    Some(match options.lookup.order {
        PartitionOrder::PartitionName => Order::PartitionName,
        PartitionOrder::CreateTime => Order::CreateTime,
        PartitionOrder::PartitionTime => {
            let extractor = &options.extractor;
            let (pattern, formatter) =
                (extractor.pattern.as_deref(), extractor.formatter.as_deref());
            match Extractor::new(pattern, formatter, columns) {
                Ok(extractor) => Order::PartitionTime(extractor),
                Err(error) => {
                    let key = "partition.time-extractor.timestamp-pattern";
                    problems.push(Problem::error(key, error.to_string()));
                    return None;
                }
            }
        }
    })
}
