//! `skep wait`: ends when a partition is announced, for schedulers.

use std::sync::Arc;
use std::time::Duration;

use config::Settings;
use formats::table::{ReadOptions, values_of};
use metastore::names::{PartitionPath, PartitionSpec, TableName};
use metastore::{Catalog, FieldSchema, Filter, PartitionQuery, Table};

use super::partitions::waits_for;
use super::{Place, WallClock, existing_catalog, say, tell};
use crate::catalog::table::columns;
use crate::error::{Error, Kind, Result};
use crate::time::{Clock as _, Timestamp};

/// What the exit codes mean to schedulers.
pub(super) const EXIT_CODES: &str = "Exit codes: 0 announced; 75 not announced in time; 69 the metastore was away \
when the time was over; 78 the partition or the condition is not one of the table.";

/// A reason that changes all the time is not told more often than this.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Arguments of `skep wait`.
#[derive(Debug, clap::Args)]
pub(crate) struct WaitArgs {
    /// The table: name or database.name
    table: String,
    /// The partition: dt=2026-01-01/hr=07, its columns in any order; also as Hive's statements write it: dt='2026-01-01', hr=7.
    /// Without it, and without --where, the table itself is waited for
    partition: Option<String>,
    /// Wait for any partition that fulfils a condition on partition columns: "dt >= '2026-01-01'"
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "partition")]
    condition: Option<String>,
    /// Give up after so long: 30s, 2h; 0s looks once. Without it: never
    #[arg(long, value_name = "DURATION", value_parser = config::units::parse_duration)]
    timeout: Option<Duration>,
    /// Time between two looks
    #[arg(long, value_name = "DURATION", value_parser = config::units::parse_duration, default_value = "1s")]
    interval: Duration,
    #[command(flatten)]
    place: Place,
}

/// What a look has found.
enum Look {
    /// It is there; this is its name.
    There(String),
    /// It is not, and why as far as that is known.
    Waiting(String),
}

/// Runs the verb.
pub(super) fn run(args: &WaitArgs) -> Result<()> {
    let settings = args.place.settings()?;
    let name = TableName::parse(&args.table, metastore::names::DEFAULT_DATABASE)?;
    let started = WallClock.now();
    let mut told: Option<(Timestamp, String)> = None;
    let mut catalog = None;
    loop {
        let (reason, kind) = match look(args, &settings, &name, &mut catalog) {
            Ok(Look::There(name)) => {
                say(&name);
                return Ok(());
            }
            Ok(Look::Waiting(reason)) => (reason, Kind::TimedOut),
            Err(e) if e.kind() == Kind::Unavailable => {
                (format!("the metastore is away: {e}"), Kind::Unavailable)
            }
            Err(e) => return Err(e),
        };
        let now = WallClock.now();
        let waited = now.since(started);
        if args.timeout.is_some_and(|timeout| waited >= timeout) {
            let what = args.partition.as_ref().or(args.condition.as_ref());
            let error = Error::new(kind, "not announced in time").with("table", &name);
            let error = match what {
                Some(what) => error.with("partition", what),
                None => error,
            };
            return Err(error
                .with("waited", format!("{} s", waited.as_secs()))
                .with("reason", reason));
        }
        let is_news = told.as_ref().is_none_or(|(at, before)| {
            *before != reason && now.since(*at) >= TELL_EVERY.min(args.interval * 10)
        });
        if is_news {
            tell(&reason);
            told = Some((now, reason));
        }
        let left = args.timeout.map_or(args.interval, |timeout| timeout.saturating_sub(waited));
        std::thread::park_timeout(args.interval.min(left).max(Duration::from_millis(1)));
    }
}

/// Looks once; the catalog is opened once it is there.
fn look(
    args: &WaitArgs,
    settings: &Settings,
    name: &TableName,
    catalog: &mut Option<Arc<dyn Catalog>>,
) -> Result<Look> {
    let waiting = |reason: String| Ok(Look::Waiting(reason));
    let catalog = match catalog {
        Some(catalog) => catalog,
        // A metastore that is not there yet is waited for like a partition.
        None => match existing_catalog(settings) {
            Ok(opened) => catalog.insert(opened),
            Err(e) if e.kind() == Kind::NotFound => return waiting(e.to_string()),
            Err(e) => return Err(e),
        },
    };
    let table = match catalog.get_table(name) {
        Ok(table) => table,
        Err(e) if e.kind() == metastore::Kind::NotFound => {
            return waiting(format!("there is no table {name} yet"));
        }
        Err(e) => return Err(e.into()),
    };
    if let Some(text) = &args.condition {
        return any(catalog.as_ref(), &table, text);
    }
    let Some(text) = &args.partition else {
        return whole(&table);
    };
    let spellings = spellings(&table, text)?;
    if let Some(found) = catalog.get_partitions(name, &spellings)?.first() {
        return Ok(Look::There(found.spec.to_path()?.to_string()));
    }
    for spelling in &spellings {
        if let Some(reason) = waits_for(settings, name, spelling.as_str())? {
            return waiting(format!("{spelling}: {reason}"));
        }
    }
    waiting(format!("{text} is not announced"))
}

/// Looks for any partition that fulfils a condition.
fn any(catalog: &dyn Catalog, table: &Table, text: &str) -> Result<Look> {
    let wrong = |e: metastore::Error| {
        Error::config("the condition is not one on partition columns")
            .with("condition", text)
            .with("partition columns", keys(table))
            .with_source(e)
    };
    let filter = Filter::parse(text).map_err(wrong)?;
    filter.bind(&table.partition_keys).map_err(wrong)?;
    let query = PartitionQuery { filter: Some(&filter), limit: 1, ..PartitionQuery::default() };
    Ok(match catalog.list_partition_names(&table.name, &query)?.first() {
        Some(found) => Look::There(found.to_string()),
        None => Look::Waiting(format!("no partition with {text} is announced")),
    })
}

fn whole(table: &Table) -> Result<Look> {
    if table.is_partitioned() {
        return Err(Error::config("the table is partitioned: say which partition is waited for")
            .with("table", &table.name)
            .with("partition columns", keys(table))
            .with_hint("name it, as dt=2026-01-01, or use --where"));
    }
    Ok(Look::There(table.name.to_string()))
}

fn keys(table: &Table) -> String {
    let keys: Vec<&str> = table.partition_keys.iter().map(|key| key.name.as_str()).collect();
    keys.join(", ")
}

/// Gives the names under which a partition may be announced: as it is written, and as Hive prints its values.
fn spellings(table: &Table, text: &str) -> Result<Vec<PartitionPath>> {
    let wrong = |why: &str| {
        Error::config(why)
            .with("partition", text)
            .with("partition columns", keys(table))
            .with_hint("write it as dt=2026-01-01/hr=07 with all partition columns")
    };
    let pairs = pairs(text).ok_or_else(|| wrong("this is not the name of a partition"))?;
    let mut written = Vec::new();
    for key in &table.partition_keys {
        let mut of_key = pairs.iter().filter(|(column, _)| column.eq_ignore_ascii_case(&key.name));
        match (of_key.next(), of_key.next()) {
            (Some((_, value)), None) => written.push((key.name.as_str(), value.clone())),
            _ => return Err(wrong("the partition does not have each partition column once")),
        }
    }
    if pairs.len() != written.len() {
        return Err(wrong("the partition has a column that the table is not partitioned by"));
    }
    let printed = written.iter().zip(&table.partition_keys);
    let printed =
        printed.map(|((column, value), key)| Ok((*column, printed_as(value.as_deref(), key)?)));
    let printed = printed.collect::<Result<Vec<_>>>()?;
    let mut paths = Vec::new();
    for pairs in [written, printed] {
        let path = PartitionSpec::new(pairs).to_path()?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Reads `a=1/b=2`, and `a = '1', b = 2` as it stands in Hive's statements.
fn pairs(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let text = text.trim();
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    if !inner.contains(['\'', '"', ',']) && !inner.contains(" =") && !inner.contains("= ") {
        let spec: PartitionPath = inner.trim_matches('/').parse().ok()?;
        let spec = spec.to_spec().ok()?;
        return Some(spec.iter().map(|(c, v)| (c.to_owned(), v.map(str::to_owned))).collect());
    }
    let mut pairs = Vec::new();
    let mut rest = inner.trim_start();
    while !rest.is_empty() {
        let (column, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let (value, behind) = match quote {
            Some(quote) => behind[1..].split_once(quote)?,
            None => behind.split_at(behind.find([',', '/']).unwrap_or(behind.len())),
        };
        let value = if quote.is_some() { value } else { value.trim_end() };
        pairs.push((column.trim().trim_matches('`').to_owned(), Some(value.to_owned())));
        rest = behind.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix([',', '/'])?.trim_start();
        }
    }
    Some(pairs)
}

/// Gives a value as Hive prints it in the type of its column: `07` is `7` in a number.
fn printed_as(value: Option<&str>, key: &FieldSchema) -> Result<Option<String>> {
    let as_it_is = || Ok(value.map(str::to_owned));
    let types = columns(std::slice::from_ref(key)).unwrap_or_default();
    let Some((_, ty)) = types.first() else { return as_it_is() };
    let typed = values_of([value], ty, &ReadOptions::default())?;
    if arrow::array::Array::is_null(&typed, 0)
        || arrow::datatypes::DataType::is_temporal(typed.data_type())
    {
        return as_it_is();
    }
    let printed = arrow::util::display::array_value_to_string(&typed, 0);
    Ok(Some(printed.map_err(|e| Error::internal("cannot print a value").with_source(e))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(keys: &[(&str, &str)]) -> Table {
        let mut table = Table::new("t".parse().unwrap());
        table.partition_keys = keys.iter().map(|(n, t)| FieldSchema::new(*n, *t)).collect();
        table
    }

    #[test]
    fn partitions_are_named_in_any_spelling() {
        let keys = &[("dt", "string"), ("hr", "int")];
        for (text, expected) in [
            ("dt=2026-01-01/hr=7", "dt=2026-01-01/hr=7"),
            ("hr=07/DT=2026-01-01", "dt=2026-01-01/hr=07 dt=2026-01-01/hr=7"),
            ("/dt=a%3Ab/hr=7/", "dt=a%3Ab/hr=7"),
            ("dt='a:b', hr=7", "dt=a%3Ab/hr=7"),
            ("(hr = 7, `dt` = \"x, y\")", "dt=x, y/hr=7"),
            ("dt='it is = 1/2',hr='7'", "dt=it is %3D 1%2F2/hr=7"),
            ("dt=__HIVE_DEFAULT_PARTITION__/hr=7", "dt=__HIVE_DEFAULT_PARTITION__/hr=7"),
            ("hr=x,dt=1", "dt=1/hr=x"),
        ] {
            let found = spellings(&table(keys), text).unwrap();
            let found: Vec<&str> = found.iter().map(PartitionPath::as_str).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        for text in ["dt=1", "dt=1/hr=2/x=3", "dt=1/dt=2", "2026-01-01", "dt='1, hr=2", ""] {
            let refused = spellings(&table(keys), text).unwrap_err();
            assert_eq!(refused.kind(), Kind::Config, "{text}");
            assert!(refused.to_string().contains("partition columns=dt, hr"), "{refused}");
        }
    }

    #[test]
    fn values_are_printed_as_hive_prints_them() {
        for (ty, value, expected) in [
            ("int", "007", "7"),
            ("bigint", "-0", "0"),
            ("int", "x", "x"),
            ("decimal(5,2)", "1.5", "1.50"),
            ("boolean", "TRUE", "true"),
            ("string", "007", "007"),
            ("date", "2026-01-01", "2026-01-01"),
            ("timestamp", "2026-01-01 00:00:00", "2026-01-01 00:00:00"),
        ] {
            let key = FieldSchema::new("k", ty);
            let printed = printed_as(Some(value), &key).unwrap();
            assert_eq!(printed.as_deref(), Some(expected), "{ty} {value}");
        }
    }
}
