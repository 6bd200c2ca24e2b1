//! A script's inserts to plans: bound, options typed, rules checked; every problem is kept.

pub mod dimensions;
mod kafka;
pub mod sink;
pub mod sources;
pub mod tables;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use config::check::{self, Mode, SinkFacts, Watermark};
use config::pipeline::SessionZone;
use config::properties::Properties;
use config::{PipelineOptions, SinkOptions, SourceOptions};
use metastore::names::TableName;
use metastore::{Catalog, Table, location};

use self::dimensions::JoinedTable;
use super::script::{PlannedInsert, Script, SourceTable};
use crate::catalog::table::columns;
use crate::commit::trigger::Trigger;
use crate::error::{Error, Result};
use crate::job::alignment::Alignment;
use crate::job::event::{CommitPlan, JobPlan};
use crate::job::plan::{Branch, LatePolicy, Plan};
use crate::job::scope::Scope;
use crate::names::JobId;
use crate::read::ReadTable;
use crate::read::dimension::Dimensions;
use crate::read::scan::virtual_columns;
use crate::sql::bind::{
    self, BindOptions, BoundBranch, BoundInsert, PartitionValue, TableColumn, TableColumnKind,
    TableKind, TableSchema, Tables, WatermarkSpec, bind_inserts, bind_watermark,
};
use crate::time::Clock;

/// A pipeline whose every option is known, before its folders are.
#[derive(Debug)]
pub struct Resolved {
    /// Name of its state.
    pub name: String,
    /// The table it writes.
    pub table: Table,
    /// The insert.
    pub bound: BoundInsert,
    /// Options of the target.
    pub sink: SinkOptions,
    /// Options of the pipeline.
    pub pipeline: PipelineOptions,
    /// Options and watermark of each branch's source.
    pub sources: Vec<(SourceTable, SourceOptions, Option<WatermarkSpec>)>,
    /// The tables that each branch is joined with, in the order of the joins.
    pub joined: Vec<Vec<JoinedTable>>,
    /// The raw properties, for `explain`.
    pub properties: Properties,
    /// The raw session, for `explain`.
    pub session: Properties,
}

/// Resolves all inserts of the scripts; problems are added to the script's.
pub fn resolve(script: &mut Script) -> Vec<Resolved> {
    let inserts = std::mem::take(&mut script.inserts);
    let mut names = BTreeSet::new();
    let mut all = Vec::new();
    for insert in &inserts {
        let mut scratch = config::Problems::new();
        let pipeline = PipelineOptions::parse(&insert.session, &mut scratch);
        let options = bind_options(&insert.session, pipeline.as_ref());
        let bound = bind_inserts(&insert.statement, &View { script, insert }, &options);
        let bound = match bound {
            Ok(bound) => bound,
            Err(errors) => {
                for e in errors {
                    script.error(&insert.place, e.span, &e.message, e.hint.as_deref());
                }
                continue;
            }
        };
        for (n, one) in bound.into_iter().enumerate() {
            let mut problems =
                if n == 0 { std::mem::take(&mut scratch) } else { config::Problems::new() };
            let resolved = one_insert(script, insert, one, pipeline.clone(), &mut problems);
            for problem in problems.iter() {
                let known = script.problems.iter().any(|p| p == problem);
                if !known {
                    script.problems.push(problem.clone());
                }
            }
            if let Some(mut resolved) = resolved {
                resolved.name = unique(&mut names, &resolved.name);
                all.push(resolved);
            }
        }
    }
    script.inserts = inserts;
    all
}

/// Gives what the session says about expressions.
fn bind_options(session: &Properties, pipeline: Option<&PipelineOptions>) -> BindOptions {
    let simple = |text: &str| text.eq_ignore_ascii_case("simple");
    let formatter = match session.get("hive.datetime.formatter") {
        Some(text) if simple(text) => bind::Formatter::Simple,
        _ => bind::Formatter::DateTime,
    };
    let time_zone = match pipeline.map(|p| &p.time_zone) {
        Some(SessionZone::Named(zone)) => sink::zone(&zone.0).unwrap_or(chrono_tz::Tz::UTC),
        Some(SessionZone::System) => sink::system_zone().unwrap_or(chrono_tz::Tz::UTC),
        None => chrono_tz::Tz::UTC,
    };
    BindOptions { time_zone, formatter }
}

fn unique(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut candidate = name.to_owned();
    let mut n = 1;
    while !taken.insert(candidate.clone()) {
        n += 1;
        candidate = format!("{name}-{n}");
    }
    candidate
}

/// The script's tables, as the binder sees them.
struct View<'a> {
    script: &'a Script,
    insert: &'a PlannedInsert,
}

impl Tables for View<'_> {
    fn table(&self, name: &bind::TableName) -> Option<TableSchema> {
        let name = full_name(name, &self.insert.database)?;
        if let Some(source) = self.script.sources.get(&name) {
            return sources::schema(source).ok();
        }
        let (table, _) = self.script.hive_table_named(&name)?;
        let stored = |fields| -> Option<Vec<TableColumn>> {
            let columns = columns(fields).ok()?.into_iter();
            Some(
                columns
                    .map(|(name, ty)| TableColumn { name, kind: TableColumnKind::Stored(ty) })
                    .collect(),
            )
        };
        Some(TableSchema {
            columns: stored(&table.sd.cols)?,
            partitions: stored(&table.partition_keys)?,
            kind: TableKind::Hive,
            ..TableSchema::default()
        })
    }

    fn read(&self, name: &bind::TableName) -> Option<TableSchema> {
        let schema = self.table(name)?;
        if schema.kind != TableKind::Hive {
            return Some(schema);
        }
        let (table, _) = self.script.hive_table_named(&full_name(name, &self.insert.database)?)?;
        // Why a table cannot be read is said where it is opened.
        let Ok(read) = ReadTable::open(table, self.script.files()) else { return Some(schema) };
        let stored = |column: formats::table::TableColumn| TableColumn {
            name: column.name,
            kind: TableColumnKind::Stored(column.ty),
        };
        let columns = read.columns.into_iter().map(stored).collect();
        let hidden = virtual_columns().map(stored).to_vec();
        Some(TableSchema { columns, hidden, ..schema })
    }
}

fn full_name(name: &bind::TableName, database: &str) -> Option<TableName> {
    TableName::new(name.database.as_deref().unwrap_or(database), &name.table).ok()
}

fn one_insert(
    script: &mut Script,
    insert: &PlannedInsert,
    bound: BoundInsert,
    pipeline: Option<PipelineOptions>,
    problems: &mut config::Problems,
) -> Option<Resolved> {
    let name = full_name(&bound.target, &insert.database)?;
    let place = insert.place.clone();
    if bound.overwrite {
        let message = "Streaming mode not support overwrite.";
        let hint = "write INSERT INTO; a pipeline adds to its table";
        script.error(&place, bound.span, message, Some(hint));
    }
    if script.sources.contains_key(&name) {
        let hint = "create it as a Hive table: without 'connector', with STORED AS PARQUET, ORC, AVRO, TEXTFILE or JSONFILE";
        script.error(&place, bound.span, "rows cannot be written to a source table", Some(hint));
        return None;
    }
    let (table, mut properties) = script.hive_table_named(&name)?;
    properties.overlay(&tables::hint(script, insert, &name, &bound.hints)?);
    let sink = SinkOptions::parse(&properties, &insert.session, problems);
    let mut opened = Vec::new();
    let mut joined = Vec::new();
    for branch in &bound.branches {
        opened.extend(source_of(script, insert, branch, &name, problems));
        joined.push(dimensions::of_branch(script, insert, branch, problems));
    }
    let (pipeline, sink) = (pipeline?, sink?);
    let columns: Vec<String> = table.partition_keys.iter().map(|k| k.name.clone()).collect();
    let fixed = bound.branches.first().map_or(0, |b| {
        let all = b.transform.partitions().iter();
        all.filter(|p| matches!(p.value, PartitionValue::Static(_))).count()
    });
    let facts = SinkFacts {
        table: &name.to_string(),
        partition_columns: &columns,
        static_columns: fixed,
        mode: Mode::Streaming,
        watermark: if opened.iter().all(|(_, o, w)| w.is_some() || o.is_watermark()) {
            Watermark::Declared
        } else {
            Watermark::Missing
        },
    };
    check::sink(&sink, facts, (&properties, &insert.session), problems);
    check::dynamic_partitions(&pipeline, facts, &insert.session, problems);
    let known = |zone: &str| sink::zone(zone).is_some();
    if pipeline.time_zone == SessionZone::System && sink::system_zone().is_none() {
        let message = "the zone of this machine cannot be found in TZ or /etc/localtime";
        let problem = config::Problem::error("table.local-time-zone", message);
        problems.push(problem.hint("name it, for instance `Europe/Berlin`"));
    }
    check::zones(
        Some((&pipeline, &insert.session)),
        Some((&sink, &properties, &insert.session)),
        known,
        problems,
    );
    let default_name = if name.database() == metastore::names::DEFAULT_DATABASE {
        name.table().to_owned()
    } else {
        name.to_string()
    };
    Some(Resolved {
        name: pipeline.name.as_ref().map_or(default_name, |n| n.0.clone()),
        table,
        bound,
        sink,
        pipeline,
        sources: opened,
        joined: joined.into_iter().collect::<Option<_>>()?,
        properties,
        session: insert.session.clone(),
    })
}

fn source_of(
    script: &mut Script,
    insert: &PlannedInsert,
    branch: &BoundBranch,
    target: &TableName,
    problems: &mut config::Problems,
) -> Option<(SourceTable, SourceOptions, Option<WatermarkSpec>)> {
    let name = full_name(&branch.source, &insert.database)?;
    let Some(mut source) = script.sources.get(&name).cloned() else {
        let (source, options) =
            tables::of_branch(script, insert, branch, (&name, target), problems)?;
        return Some((source, options, None));
    };
    source.properties.overlay(&tables::hint(script, insert, &name, &branch.hints)?);
    let schema = match sources::schema(&source) {
        Ok(schema) => schema,
        Err(message) => {
            script.error(&source.place.clone(), source.ddl.name.span, &message, None);
            return None;
        }
    };
    let mut scratch = config::Problems::new();
    let pipeline = PipelineOptions::parse(&insert.session, &mut scratch);
    let bind = bind_options(&insert.session, pipeline.as_ref());
    let watermark = match source.ddl.watermark().map(|w| bind_watermark(w, &schema, &bind)) {
        None => None,
        Some(Ok(spec)) => Some(spec),
        Some(Err(e)) => {
            script.error(&source.place.clone(), e.span, &e.message, e.hint.as_deref());
            return None;
        }
    };
    let options = SourceOptions::parse(&source.properties, &insert.session, problems)?;
    Some((source, options, watermark))
}

impl Resolved {
    /// Gives for each branch what it reads, whatever part of it: two that read the same have equal texts.
    pub fn source_names(&self) -> Vec<String> {
        let name = |(source, options, _): &(SourceTable, SourceOptions, _)| {
            sources::name(source, &options.connector)
        };
        self.sources.iter().map(name).collect()
    }

    /// Tells whether the pipeline ends by itself.
    pub fn is_bounded(&self) -> bool {
        self.sources.iter().all(|(_, options, _)| options.is_bounded())
    }

    /// Gives the session's zone.
    pub fn zone(&self) -> chrono_tz::Tz {
        bind_options(&self.session, Some(&self.pipeline)).time_zone
    }

    /// Gives the number of lanes.
    pub fn lanes(&self) -> u16 {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let asked = self.sink.rolling.parallelism.or(self.pipeline.parallelism);
        let lanes = asked.map_or_else(cores, |n| usize::try_from(n).unwrap_or(1));
        u16::try_from(lanes.clamp(1, 256)).unwrap_or(1)
    }

    /// Makes the plan; `table` is the target as the catalog has it.
    ///
    /// # Errors
    /// `Config` for what cannot be opened.
    pub fn plan(
        self,
        table: &Table,
        state: &Path,
        job: JobId,
        catalog: &Arc<dyn Catalog>,
        clock: &Arc<dyn Clock>,
        dimensions: &Dimensions,
    ) -> Result<Plan> {
        let lanes = self.lanes();
        let columns: Vec<String> = table.partition_keys.iter().map(|k| k.name.clone()).collect();
        let trigger = sink::trigger(&self.sink, &columns)?;
        let policies = sink::policies(&self.sink);
        let compaction = self.sink.compaction.enabled.then(|| self.sink.compaction_size().0);
        let announced = !policies.is_empty() || compaction.is_some();
        let late = sink::late(&self.sink);
        let location = folder(table)?;
        let discover_every = self.discover_every();
        let source_idle =
            self.sources.iter().filter_map(|(_, o, _)| o.idle_timeout(&self.pipeline)).max();
        let zone = self.zone();
        let names = self.source_names();
        let mut branches = Vec::new();
        let sources = self.sources.into_iter().zip(self.bound.branches).zip(&self.joined);
        for (n, (((source, options, watermark), mut bound), joined)) in sources.enumerate() {
            let mut plans = joined.iter().map(|table| &table.plan);
            bound.transform.open_dimensions(&mut |query, _| {
                let plan = plans.next().ok_or_else(|| Error::internal("a join without a plan"))?;
                dimensions.open(plan, query)
            })?;
            let n = u16::try_from(n).map_err(|_| Error::config("too many parts of UNION ALL"))?;
            let place = sources::SourcePlace { branch: n, lanes, zone };
            let schema = bound.transform.input_schema();
            let sources::Opened { source: opened, format, records } = match &options.connector {
                config::source::Connector::Hive(table) => {
                    let shared = (catalog, dimensions.files(), clock);
                    let opened = tables::open(table, &source, &bound, place, shared)?;
                    sources::Opened { source: opened, format: None, records: None }
                }
                connector => sources::open(connector, &source, &schema, place, clock)?,
            };
            branches.push(Branch {
                table: source.ddl.name.to_string(),
                source: opened,
                format,
                records,
                alignment: alignment(&options, &self.pipeline),
                watermark,
                rows: None,
                transform: bound.transform,
            });
        }
        let partitions = branches.first().map(|b| b.transform.partitions().to_vec());
        let commit = announced.then(|| CommitPlan {
            trigger: trigger.clone(),
            idle_timeout: self.sink.commit.idle_timeout,
        });
        Ok(Plan {
            job: JobPlan {
                sources: names,
                job,
                lanes,
                discover_every,
                checkpoint_interval: self.pipeline.checkpoint_interval,
                commit,
                compaction,
                source_idle,
            },
            partitions: partitions.unwrap_or_default(),
            default_partition: self.pipeline.default_partition_name.0.clone(),
            encoding: sink::encoding(&self.sink, table)?,
            rolling: sink::rolling(&self.sink),
            trigger: matches!(trigger, Trigger::PartitionTime { .. }).then_some(trigger),
            policies,
            late,
            max_rate: sink::max_rate(&self.pipeline),
            scope: Scope::default(),
            rate_limit: None,
            late_location: (late == LatePolicy::SideTable).then(|| beside(&location)),
            location,
            state: state.to_owned(),
            table: table.name.clone(),
            name: self.name,
            branches,
        })
    }

    fn discover_every(&self) -> Option<Duration> {
        let interval = |o: &SourceOptions| match &o.connector {
            config::source::Connector::Filesystem { files, .. } => files.monitor_interval,
            config::source::Connector::Kafka(kafka) => kafka.discovery_interval(),
            config::source::Connector::Datagen(_) => None,
            config::source::Connector::Hive(table) => table.monitor_interval(),
        };
        self.sources.iter().filter_map(|(_, o, _)| interval(o)).min()
    }
}

/// Says how the splits of a source are kept together.
fn alignment(options: &SourceOptions, pipeline: &PipelineOptions) -> Option<Alignment> {
    let common = &options.common;
    let (group, max_drift) = common.alignment_group.clone().zip(common.alignment_drift)?;
    let idle = options.idle_timeout(pipeline);
    Some(Alignment { group, max_drift, update_interval: common.alignment_interval, idle })
}

/// Gives a table's folder on this machine.
///
/// # Errors
/// `Unsupported` if it is elsewhere.
pub fn folder(table: &Table) -> Result<std::path::PathBuf> {
    let text = table.sd.location.as_deref();
    let text = text.ok_or_else(|| Error::schema("the table has no location"))?;
    Ok(location::to_path(text)?)
}

/// Gives the folder of a table's side table.
pub fn beside(location: &Path) -> std::path::PathBuf {
    let name = location.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    location.with_file_name(format!("{name}_late"))
}
