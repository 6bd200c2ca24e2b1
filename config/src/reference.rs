//! The manual of all options, as Markdown.

use std::fmt::Write;

use crate::s3::S3Options;
use crate::settings::ServiceOptions;
use crate::table_options::{Effect, OptionSpec};
use crate::{datagen, dimension, format, kafka, pipeline, sink, source, table_source};

/// One chapter of the manual.
struct Chapter {
    title: &'static str,
    intro: &'static str,
    groups: Vec<&'static [OptionSpec]>,
}

/// Lists every option there is, in the order of the manual.
pub fn all_options() -> Vec<&'static OptionSpec> {
    let mut all = Vec::new();
    for chapter in chapters() {
        all.extend(chapter.groups.into_iter().flatten());
    }
    all
}

/// Writes the manual of all options.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Options\n\n\
         This page is made from the descriptions in the code; a test keeps it up to date.\n\n\
         A table's own property wins over the session (`SET`, `--hiveconf`, `[hiveconf]` of the \
         service file), the session over the default. Every option of a table can be set for all \
         tables in the session, except `connector`, `path`, `format` and those of a column.\n\n\
         Durations are a whole number and a unit (`ms`, `s`, `min`, `h`, `d`), such as `30 s`; \
         sizes are a whole number and a unit (`kb`, `mb`, `gb`, `tb`, of 1024), such as `128MB`.\n",
    );
    for chapter in chapters() {
        write_chapter(&mut text, &chapter);
    }
    text
}

fn chapters() -> Vec<Chapter> {
    let chapter = |title, intro, groups| Chapter { title, intro, groups };
    vec![
        chapter(
            "Service file",
            "Keys of `skep.toml`; `log.level` is `level` in the section `[log]`, or \
             `SKEP__LOG__LEVEL` in the environment. `[hiveconf]` holds the options of the next \
             chapter, `[hivevar]` the values of `${hivevar:name}`.",
            vec![ServiceOptions::OPTIONS, S3Options::OPTIONS],
        ),
        chapter(
            "Pipelines",
            "`SET key=value` in a script, `--hiveconf key=value`, or `[hiveconf]` of the service \
             file. Any other key is accepted and has no effect.",
            pipeline::groups().to_vec(),
        ),
        chapter(
            "Sources",
            "`WITH (...)` of every source table, or `/*+ OPTIONS('key'='value') */` behind its name in \
             `FROM`, which goes before it.",
            source::common_groups().to_vec(),
        ),
        chapter(
            "Source `filesystem`",
            "`'connector'='filesystem'`.",
            source::file_groups().to_vec(),
        ),
        chapter(
            "Format `json`",
            "`'format'='json'`: one object a line.",
            format::groups(format::FormatKind::Json).to_vec(),
        ),
        chapter(
            "Format `csv`",
            "`'format'='csv'`.",
            format::groups(format::FormatKind::Csv).to_vec(),
        ),
        chapter(
            "Source `kafka`",
            "`'connector'='kafka'`. `key.` and `value.` before the options of a format make them \
             those of the keys or of the values.",
            kafka::GROUPS.to_vec(),
        ),
        chapter(
            "Format `raw`",
            "`'format'='raw'`: a message is one value, for a table of one column.",
            format::groups(format::FormatKind::Raw).to_vec(),
        ),
        chapter(
            "Format `avro`",
            "`'format'='avro'`: binary Avro without a container.",
            format::groups(format::FormatKind::Avro).to_vec(),
        ),
        chapter(
            "Format `avro-confluent`",
            "`'format'='avro-confluent'`: binary Avro behind the number of its schema.",
            format::groups(format::FormatKind::AvroConfluent).to_vec(),
        ),
        chapter(
            "Source `datagen`",
            "`'connector'='datagen'`; `#` stands for the name of a column.",
            datagen::GROUPS.to_vec(),
        ),
        chapter(
            "Hive tables that are written to",
            "`TBLPROPERTIES (...)`, or `/*+ OPTIONS('key'='value') */` behind the name of the table in \
             `INSERT INTO`, which goes before them. Properties that are not listed are kept as they \
             are, unless they begin with `sink.`, `compaction.` or `partition.time-extractor.`.",
            sink::groups().to_vec(),
        ),
        chapter(
            "Hive tables that are joined with",
            "`TBLPROPERTIES (...)`, or `/*+ OPTIONS('key'='value') */` behind the name of the table \
             in `JOIN`. `partition.time-extractor.*` of the chapter before apply too.",
            vec![dimension::LookupOptions::OPTIONS],
        ),
        chapter(
            "Hive tables that are read",
            "`TBLPROPERTIES (...)`, or `/*+ OPTIONS('key'='value') */` behind the name of the table \
             in `FROM`. With `streaming-source.enable` new partitions and files are read as they \
             come, looked for every minute unless `streaming-source.monitor-interval` says \
             otherwise; without it what is there is read, and the pipeline ends. \
             `streaming-source.consume-start-offset` is a partition's name for the order \
             `partition-name`, else a time, `yyyy-[m]m-[d]d [hh:mm:ss]`: partitions before it are \
             not read. With `partition.time-extractor.timestamp-pattern`, or the order \
             `partition-time`, the time of a partition is the watermark of its rows, in the zone of \
             `sink.partition-commit.watermark-time-zone`.",
            vec![table_source::FilesOptions::OPTIONS],
        ),
        chapter("How files of Hive tables are understood", READ_TABLES.trim(), Vec::new()),
    ]
}

/// What readers of files look at in a table; they parse it themselves.
const READ_TABLES: &str = "
`TBLPROPERTIES (...)` and `SERDEPROPERTIES (...)`, as Hive has them; a partition's own go before the table's.

| property | description |
|---|---|
| `hive.reader.version` | `2.3`, `3.1` or `4.0`: whose reading counts where Hive's versions differ and the file does not \
tell its writer (below). Without it, what keeps most of the file's content. |
| `transactional`, `transactional_properties` | Folders of transactions: `insert_only`, or rows with ids, whose deletes are \
applied. Which transactions are seen is asked of the metastore. |
| `avro.schema.literal`, `avro.schema.url` | The schema of an Avro table, or where it is: `file:`, `http:` or `https:`. Its \
columns go before those of the metastore. |
| `parquet.column.index.access`, `orc.force.positional.evolution` | `true`: columns are found by position instead of by name. |
| `skip.header.line.count`, `skip.footer.line.count` | Lines of text that are no rows; a footer has 100 at most. |
| `serialization.encoding` | Character set of text. |
| `timestamp.formats` | Patterns of timestamps in text, separated by commas. |
| `hive.lazysimple.extended_boolean_literal` | `true`: `t`, `f`, `1`, `0`, `yes`, `no` are booleans too. |

| what `hive.reader.version` decides | `2.3` | `3.1` | `4.0` | without it |
|---|---|---|---|---|
| text: date with something behind it | NULL | a time behind a space is cut off | cut off | cut off |
| text: `2026-02-30`, `2026-13-01` | days roll over, months are NULL | both roll over | NULL | NULL |
| text: `2026-01-02T03:04:05` | NULL | the time | the time | the time |
| text: hour 24, second 60 | roll over | roll over | NULL | NULL |
| text: decimal with a space beside | NULL | NULL | the number | the number |
| text: binary | decoded if it looks like base64 | the same | decoded if it is base64 | the same |
| JSON: number in quotes | error | error | its value, else 0 | its value, else NULL |
| JSON: integer out of range | error | error | wraps | error |
| JSON: decimal | exact | exact | through double | exact |
| JSON: object where text is wanted | error | error | its text | its text |
| JSON: number where a boolean is wanted | false | false | true unless 0 | true unless 0 |
| JSON: `NaN`, `Infinity` without quotes | error | error | error | the number |
| JSON: field of a struct declared with capitals | found | not found by Hive's own SerDe | found | found |
| JSON: blank line | no row | no row | error | no row |
| RCFile, SequenceFile, binary rows: days before 1582-10-15 | Julian | Gregorian | Gregorian | Gregorian |
| Parquet, Avro of Hive 3.1 in a zone: year 0 | year 0 | year 1 | year 0 | year 0 |

ORC, Parquet and Avro files of Hive and Spark tell whose calendar and zone theirs is, and are read as their writers meant them.
";

fn write_chapter(text: &mut String, chapter: &Chapter) {
    let specs = || chapter.groups.iter().flat_map(|group| group.iter());
    let _ = write!(text, "\n## {}\n\n{}\n", chapter.title, chapter.intro);
    if chapter.groups.is_empty() {
        return;
    }
    text.push('\n');
    text.push_str("| option | default | values | description |\n|---|---|---|---|\n");
    for spec in specs().filter(|spec| spec.effect == Effect::Used) {
        let default = match spec.default {
            Some(default) => format!("`{default}`"),
            None if spec.is_required() => "required".to_owned(),
            None => "–".to_owned(),
        };
        let mut doc = spec.doc.trim().to_owned();
        if !spec.aliases.is_empty() {
            let _ = write!(doc, " Also `{}`.", spec.aliases.join("`, `"));
        }
        let values = short_values(&(spec.accepts)());
        let _ = writeln!(text, "| `{}` | {default} | {values} | {} |", spec.key, cell(&doc));
    }
    for (effect, title) in
        [(Effect::Ignored, "Accepted, without effect:"), (Effect::Refused, "Not supported:")]
    {
        let notes: Vec<_> = specs().filter(|spec| spec.effect == effect).collect();
        if notes.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{title}\n\n");
        for spec in notes {
            let _ = writeln!(text, "- `{}`: {}", spec.key, spec.doc.trim());
        }
    }
}

/// Names the types that the introduction explains; other values are listed.
fn short_values(accepts: &str) -> String {
    match accepts {
        crate::units::DURATION_FORMS => "duration".to_owned(),
        crate::units::SIZE_FORMS => "size".to_owned(),
        other => cell(other),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use expect_test::expect_file;
    use proptest::prelude::*;

    use super::*;
    use crate::table_options::Scope;
    use crate::{Origin, PipelineOptions, Problems, Properties, SinkOptions, SourceOptions};

    #[test]
    fn the_manual_is_up_to_date() {
        expect_file!["../OPTIONS.md"].assert_eq(&markdown());
    }

    #[test]
    fn every_description_is_sound() {
        for spec in all_options() {
            let key = spec.key;
            assert!(spec.doc.trim().ends_with('.'), "{key}: {}", spec.doc);
            assert!(!(spec.accepts)().is_empty(), "{key}");
            if let Some(default) = spec.default {
                let shown = (spec.canonical)(default).unwrap();
                assert_eq!((spec.canonical)(&shown).as_ref(), Ok(&shown), "{key}");
            }
        }
    }

    #[test]
    fn a_key_means_one_thing_among_those_of_the_session() {
        let mut seen = BTreeSet::new();
        for spec in all_options() {
            let used = spec.effect == Effect::Used && spec.scope != Scope::Service;
            for key in spec.keys().filter(|_| used && spec.may_come_from_session()) {
                assert!(seen.insert(key.replace(['.', '-'], "_")), "{key}");
            }
        }
    }

    fn any_properties() -> impl Strategy<Value = Properties> {
        let keys: Vec<&str> = all_options().iter().flat_map(|spec| spec.keys()).collect();
        let key = prop_oneof![
            8 => proptest::sample::select(keys).prop_map(|key| key.replace('#', "id")),
            1 => "\\PC{0,12}",
        ];
        let usual = ["filesystem", "datagen", "json", "csv", "true", "0", "1", "-1", "10 s", "1g"]
            .map(str::to_owned)
            .to_vec();
        let value = prop_oneof![
            4 => proptest::sample::select(usual),
            1 => "sequence|custom|partition-time|metastore,success-file|,|\\$dt|9{30}",
            1 => "\\PC{0,12}",
        ];
        let origin = Origin::catalog("t");
        proptest::collection::vec((key, value), 0..12)
            .prop_map(move |pairs| Properties::from_pairs(pairs, &origin))
    }

    proptest! {
        /// Whatever is given, no option of a run without errors is read differently when it is
        /// given in the form that `explain` prints.
        #[test]
        fn what_is_explained_reads_back(table in any_properties(), session in any_properties()) {
            let mut problems = Problems::new();
            drop(PipelineOptions::parse(&session, &mut problems));
            drop(SourceOptions::parse(&table, &session, &mut problems));
            let sink = SinkOptions::parse(&table, &session, &mut problems);
            if problems.has_errors() {
                return Ok(());
            }
            let printed = SinkOptions::explain(&table, &session).into_iter();
            let pairs = printed.filter_map(|e| Some((e.key, e.value?)));
            let again = Properties::from_pairs(pairs, &Origin::catalog("t"));
            let again = SinkOptions::parse(&again, &Properties::new(), &mut problems);
            let plain = |sink: SinkOptions| SinkOptions { properties: BTreeMap::new(), ..sink };
            prop_assert_eq!(sink.map(plain), again.map(plain));
        }
    }
}
