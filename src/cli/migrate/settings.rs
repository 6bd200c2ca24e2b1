//! What becomes of a setting.

use config::table_options::Effect;
use serde::Serialize;

/// What becomes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fate {
    /// It does what it says.
    Honoured,
    /// It is about something that is not needed here.
    NotNeeded,
    /// What it asks for is done otherwise, or not at all.
    Different,
    /// It is not known, and changes nothing.
    Unknown,
}

impl Fate {
    /// What it is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Honoured => "honoured",
            Self::NotNeeded => "not needed",
            Self::Different => "different",
            Self::Unknown => "unknown",
        }
    }
}

/// Settings whose names begin like this; the first that fits counts.
const KNOWN: &[(&str, Fate, &str)] = &[
    ("hivevar:", Fate::Honoured, "a variable of the script"),
    ("system:", Fate::Different, "there are no properties of a Java machine"),
    ("env:", Fate::Different, "the environment cannot be set from a script; Hive refuses it too"),
    ("metaconf:", Fate::Different, "the metastore is not configured from a script"),
    ("hive.support.quoted.identifiers", Fate::Honoured, "says what quotes mean behind it"),
    ("hive.variable.substitute", Fate::Different, "variables are always replaced"),
    ("hive.default.fileformat", Fate::Different, "write STORED AS in CREATE TABLE"),
    (
        "hive.support.concurrency",
        Fate::Different,
        "there are no locks: a pipeline is the one writer",
    ),
    ("hive.txn.", Fate::Different, "there are no transactions over several statements"),
    ("hive.compactor.", Fate::Different, "see the option auto-compaction of the table"),
    ("hive.exec.compress.", Fate::Different, "see the option parquet.compression of the table"),
    ("hive.merge.", Fate::Different, "see the option auto-compaction of the table"),
    ("hive.groupby.position.alias", Fate::Different, "positions in GROUP BY are not read"),
    ("hive.orderby.position.alias", Fate::Different, "positions in ORDER BY are not read"),
    ("hive.cli.errors.ignore", Fate::Different, "a script with a mistake does not start"),
    ("hive.security.", Fate::Different, "rights are those of the files"),
    ("hive.exec.pre.hooks", Fate::Different, "external code is not loaded"),
    ("hive.exec.post.hooks", Fate::Different, "external code is not loaded"),
    ("hive.aux.jars.path", Fate::Different, "external code is not loaded"),
    ("hive.mapred.mode", Fate::NotNeeded, "it guards Hive's queries against large scans"),
    ("hive.strict.checks.", Fate::NotNeeded, "it guards Hive's queries against large scans"),
    ("hive.execution.engine", Fate::NotNeeded, "there is one engine"),
    ("hive.vectorized.", Fate::NotNeeded, "rows are always computed in batches"),
    ("hive.fetch.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.auto.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.cbo.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.optimize.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.stats.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.compute.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.explain.", Fate::NotNeeded, "it says how Hive shows plans"),
    ("hive.exec.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.tez.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.llap.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.map", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.join", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.skewjoin", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.enforce.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.limit.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.query.", Fate::NotNeeded, "it tunes Hive's engine"),
    ("hive.cli.", Fate::NotNeeded, "it says how Hive's shell prints"),
    ("hive.server2.", Fate::NotNeeded, "it is about Hive's server"),
    ("hive.log", Fate::NotNeeded, "it is about Hive's log"),
    ("mapred", Fate::NotNeeded, "it tunes MapReduce"),
    ("tez.", Fate::NotNeeded, "it tunes Tez"),
    ("yarn.", Fate::NotNeeded, "it is about the cluster of Hive"),
    ("spark.", Fate::NotNeeded, "it is about the cluster of Hive"),
    ("io.", Fate::NotNeeded, "it tunes Hadoop"),
    ("dfs.", Fate::NotNeeded, "it tunes Hadoop"),
    ("user.name", Fate::Different, "rights are those of the files"),
    ("fs.", Fate::Different, "storage is configured in the service file"),
];

/// Says what becomes of a setting, and why.
pub(super) fn fate(key: &str) -> (Fate, String) {
    let key = key.strip_prefix("hiveconf:").unwrap_or(key);
    let option = config::reference::all_options().into_iter().find(|o| o.keys().any(|k| k == key));
    if let Some(option) = option {
        let fate = match option.effect {
            Effect::Used => Fate::Honoured,
            Effect::Ignored => Fate::NotNeeded,
            Effect::Refused => Fate::Different,
        };
        return (fate, option.doc.split_inclusive(". ").next().unwrap_or("").trim().to_owned());
    }
    let known = KNOWN.iter().find(|(prefix, ..)| key.starts_with(prefix));
    known.map_or_else(
        || (Fate::Unknown, "it is not known, and changes nothing".to_owned()),
        |(_, fate, why)| (*fate, (*why).to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_honoured_or_not() {
        for (key, expected) in [
            ("hive.exec.dynamic.partition.mode", Fate::Honoured),
            ("hiveconf:hive.exec.dynamic.partition.mode", Fate::Honoured),
            ("hive.exec.max.dynamic.partitions", Fate::NotNeeded),
            ("mapreduce.job.reduces", Fate::NotNeeded),
            ("hive.txn.manager", Fate::Different),
            ("my.own.setting", Fate::Unknown),
        ] {
            assert_eq!(fate(key).0, expected, "{key}");
        }
    }
}
