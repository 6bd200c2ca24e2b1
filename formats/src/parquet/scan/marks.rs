//! What the writer of a file says about its days and times.
//!
//! | writer | marks | dates | INT96 |
//! |---|---|---|---|
//! | Hive 2.3, Spark's Hive SerDe | none; root `hive_schema` | hybrid | hybrid, in the JVM's zone |
//! | Hive 3.1 | `writer.time.zone` | proleptic | proleptic, in that zone |
//! | Hive 4 | also `writer.date.proleptic` | as it says | hybrid, in that zone |
//! | Spark 3 | `org.apache.spark.version`, `legacyDateTime`, `legacyINT96` | as they say | as they say, a point in time |
//! | Spark 2 | `org.apache.spark.version` at most | hybrid | hybrid, a point in time |
//! | others | | proleptic | the wall clock itself |
//!
//! Source: Hive `DataWritableWriteSupport`, Spark `DataSourceUtils.datetimeRebaseSpec`.

use chrono_tz::Tz;
use parquet::file::metadata::FileMetaData;

use crate::calendar::{Calendar, ZoneRules};
use crate::table::{FitRules, HiveVersion, ReadOptions, WriterClock};
use crate::{FormatError, Result};

pub(super) fn rules(
    file: &FileMetaData,
    options: &ReadOptions,
    version: Option<HiveVersion>,
) -> Result<FitRules> {
    let marks = Marks { file };
    let plain = FitRules { zone: options.zone, pad: true, ..FitRules::default() };
    if let Some(zone) = marks.get("writer.time.zone") {
        return hive(&marks, zone, version, plain);
    }
    let clock =
        |rules, calendar| WriterClock { zone: options.zone, rules, calendar, of_era: false };
    if let Some(version) = marks.get("org.apache.spark.version") {
        let old = |since: (u32, u32)| version_of(version) < since;
        let hybrid = |legacy: bool| if legacy { Calendar::Hybrid } else { Calendar::Proleptic };
        let days = hybrid(marks.has("org.apache.spark.legacyDateTime") || old((3, 0)));
        let int96 = hybrid(marks.has("org.apache.spark.legacyINT96") || old((3, 1)));
        let rules = |calendar| match calendar {
            Calendar::Hybrid => ZoneRules::Legacy,
            Calendar::Proleptic => ZoneRules::Full,
        };
        return Ok(FitRules {
            dates: days,
            walls: days,
            zone_rules: rules(days),
            writer: clock(rules(int96), int96),
            ..plain
        });
    }
    let java = file.created_by().is_some_and(|by| by.starts_with("parquet-mr version"));
    let root = file.schema().name();
    if java && matches!(root, "hive_schema" | "spark_schema") {
        return Ok(FitRules {
            dates: Calendar::Hybrid,
            walls: Calendar::Hybrid,
            zone_rules: ZoneRules::Legacy,
            writer: clock(ZoneRules::Legacy, Calendar::Hybrid),
            ..plain
        });
    }
    Ok(plain)
}

fn hive(
    marks: &Marks<'_>,
    zone: &str,
    version: Option<HiveVersion>,
    plain: FitRules,
) -> Result<FitRules> {
    let zone: Tz = zone.parse().map_err(|_| {
        FormatError::data("the file's writer.time.zone is unknown").with("zone", zone)
    })?;
    let of_mark = |mark: Option<&str>| match mark {
        Some(mark) if !mark.eq_ignore_ascii_case("true") => Calendar::Hybrid,
        _ => Calendar::Proleptic,
    };
    let proleptic = marks.get("writer.date.proleptic");
    let legacy = marks.get("writer.zone.conversion.legacy");
    let rules = match legacy {
        Some(legacy) if legacy.eq_ignore_ascii_case("true") => ZoneRules::Legacy,
        _ => ZoneRules::Full,
    };
    // Hive 4 alone marks its dates and gives INT96 the Julian day whatever the mark says. Files of
    // our own bear the mark too.
    let ours = marks.file.created_by().is_some_and(|by| by.starts_with("skep"));
    let hybrid = proleptic.is_some() && !ours;
    let of_era = proleptic.is_none() && version == Some(HiveVersion::V3) && zone != Tz::UTC;
    let int96 = if hybrid { Calendar::Hybrid } else { Calendar::Proleptic };
    Ok(FitRules {
        dates: of_mark(proleptic),
        writer: WriterClock { zone, rules, calendar: int96, of_era },
        ..plain
    })
}

struct Marks<'a> {
    file: &'a FileMetaData,
}

impl Marks<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let marks = self.file.key_value_metadata()?;
        marks.iter().find(|mark| mark.key == key)?.value.as_deref()
    }

    fn has(&self, key: &str) -> bool {
        self.file.key_value_metadata().is_some_and(|marks| marks.iter().any(|m| m.key == key))
    }
}

fn version_of(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
