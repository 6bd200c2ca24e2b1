//! The `datagen` source: rows made up from a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::table_options::{OptionSpec, Reader, Scope, column_of, options};
use crate::values::{Number, Share, choice};

choice! {
    /// How the values of a column are made.
    pub enum GeneratorKind {
        /// Independent values.
        Random = "random",
        /// One number after the other; ends the source after the last one.
        Sequence = "sequence",
    }
}

options! {
    /// Options of the `datagen` source as a whole.
    pub struct DatagenTable in Datagen {
        /// Rows made in a second. A bounded source without it is made as fast as possible; an
        /// unbounded one makes 10000.
        rows_per_second: Option<u64> = ["rows-per-second"],
        /// Rows in all. Without it, and without a `sequence` column, the source never ends.
        number_of_rows: Option<u64> = ["number-of-rows"],
        /// Seed of the random values: the same seed makes the same rows.
        seed: u64 = ["seed"] default "0",
    }
}

const NOTES: &[OptionSpec] = &[OptionSpec::ignored(
    Scope::Datagen,
    "scan.parallelism",
    "The rows are the same for any parallelism; see `parallelism.default`.",
)];

options! {
    /// Options of one column of the `datagen` source.
    pub struct GeneratorOptions in Datagen {
        /// Kind of generator.
        kind: GeneratorKind = ["fields.#.kind"] default "random",
        /// First value of a `sequence`.
        start: Option<i64> = ["fields.#.start"],
        /// Last value of a `sequence`.
        end: Option<i64> = ["fields.#.end"],
        /// Smallest value of a `random` number. The default is the smallest of the column's type.
        min: Option<Number> = ["fields.#.min"],
        /// Largest value of a `random` number. The default is the largest of the column's type.
        max: Option<Number> = ["fields.#.max"],
        /// Length of `random` text, or number of elements of a collection. The default is the
        /// length of the column's type, else 100 for text and 3 for a collection.
        length: Option<u32> = ["fields.#.length"],
        /// Makes the length vary between 1 and `length`.
        var_len: bool = ["fields.#.var-len"] default "false",
        /// How far before now a `random` timestamp may lie. 0 makes it now.
        max_past: Duration = ["fields.#.max-past"] default "0 s",
        /// Share of the rows in which the column is NULL.
        null_rate: Share = ["fields.#.null-rate"] default "0",
    }
}

/// Options of a `datagen` source.
#[derive(Clone, Debug, PartialEq)]
pub struct DatagenOptions {
    /// Options of the table as a whole.
    pub table: DatagenTable,
    /// Options of the columns that have any, by lower-case name; a nested field is `outer.inner`.
    pub fields: BTreeMap<String, GeneratorOptions>,
}

impl DatagenOptions {
    /// Rows in a second of an unbounded source that says nothing else, as in Flink.
    pub const DEFAULT_ROWS_PER_SECOND: u64 = 10_000;

    /// Tells whether the source ends by itself.
    pub fn is_bounded(&self) -> bool {
        self.row_limit().is_some()
    }

    /// Gives the number of rows after which the source ends: the smallest of `number-of-rows` and
    /// the lengths of its sequences.
    pub fn row_limit(&self) -> Option<u64> {
        let sequences = self.fields.values().filter_map(GeneratorOptions::sequence_length);
        sequences.chain(self.table.number_of_rows).min()
    }

    /// Gives the rows to be made in a second, or `None` if there is no limit.
    pub fn rows_per_second(&self) -> Option<u64> {
        match self.table.rows_per_second {
            None if !self.is_bounded() => Some(Self::DEFAULT_ROWS_PER_SECOND),
            given => given,
        }
    }

    pub(crate) fn read(keys: &[String], reader: &mut Reader<'_>) -> Option<Self> {
        let table = DatagenTable::read(reader);
        if table.as_ref().is_some_and(|table| table.rows_per_second == Some(0)) {
            reader.refuse("rows-per-second", "is 0, so no row is ever made", "use 1 or more");
        }
        let columns: BTreeSet<&str> = keys.iter().filter_map(|key| column_in(key)).collect();
        let mut fields = BTreeMap::new();
        let mut complete = true;
        for column in columns {
            reader.for_column(column);
            match GeneratorOptions::read(reader) {
                Some(field) => {
                    field.check(column, reader);
                    if fields.insert(column.to_ascii_lowercase(), field).is_some() {
                        let message = "is written in two letter cases, and is one column";
                        reader.refuse(&format!("fields.{column}"), message, "use one of them");
                    }
                }
                None => complete = false,
            }
        }
        Some(Self { table: table.filter(|_| complete)?, fields })
    }
}

impl GeneratorOptions {
    /// Gives the number of values of a sequence; 0 if its bounds are wrong.
    fn sequence_length(&self) -> Option<u64> {
        match (self.kind, self.start, self.end) {
            (GeneratorKind::Sequence, Some(start), Some(end)) if start <= end => {
                Some(start.abs_diff(end).saturating_add(1))
            }
            (GeneratorKind::Sequence, ..) => Some(0),
            (GeneratorKind::Random, ..) => None,
        }
    }

    fn check(&self, column: &str, reader: &mut Reader<'_>) {
        let key = |name: &str| format!("fields.{column}.{name}");
        if self.kind == GeneratorKind::Sequence {
            for (name, given) in [("start", self.start.is_some()), ("end", self.end.is_some())] {
                if !given {
                    let message = "is required for a sequence";
                    reader.refuse(&key(name), message, "add it, or use 'kind'='random'");
                }
            }
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && start > end
        {
            reader.refuse(&key("start"), format!("{start} is above the end {end}"), "swap them");
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min.as_f64() > max.as_f64()
        {
            reader.refuse(&key("min"), "is above the maximum", "swap them");
        }
        if self.length == Some(0) {
            reader.refuse(&key("length"), "is 0", "use 1 or more");
        }
    }
}

/// Gives the column of a key of [`GeneratorOptions`].
fn column_in(key: &str) -> Option<&str> {
    GeneratorOptions::OPTIONS.iter().find_map(|spec| column_of(spec.key, key))
}

/// Describes all options of the source.
pub(crate) const GROUPS: [&[OptionSpec]; 3] =
    [DatagenTable::OPTIONS, GeneratorOptions::OPTIONS, NOTES];
