//! The one description of every option, and what derives from it.
//!
//! ```text
//! options! { struct + doc + key + aliases + type + default }      sink.rs, source.rs, pipeline.rs, …
//!        │
//!        ├─► the typed struct      Reader: text of a table or of SET -> value, or a Problem
//!        ├─► unknown keys          "did you mean"
//!        ├─► explain               effective value and its Origin
//!        └─► reference             OPTIONS.md
//! ```
//!
//! A value is looked for in the table's properties, then in the session (`SET`, `--hiveconf`, the
//! service file), then it is the default.

use std::collections::BTreeSet;

use crate::problem::{Origin, Problem, Problems, did_you_mean};
use crate::properties::Properties;
use crate::values::RawText;

/// Where an option may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The service file, `SKEP__…` variables, flags.
    Service,
    /// `SET`, `--hiveconf`, `[hiveconf]` of the service file.
    Pipeline,
    /// `WITH (...)` of any source table.
    Source,
    /// `WITH (...)` of a `filesystem` source.
    Filesystem,
    /// `WITH (...)` of a `filesystem` source with `'format'='json'`.
    Json,
    /// `WITH (...)` of a `filesystem` source with `'format'='csv'`.
    Csv,
    /// `WITH (...)` of a `kafka` source.
    Kafka,
    /// `WITH (...)` of a `kafka` source with `'format'='raw'`.
    Raw,
    /// `WITH (...)` of a `kafka` source with `'format'='avro'`.
    Avro,
    /// `WITH (...)` of a `kafka` source with `'format'='avro-confluent'`.
    AvroConfluent,
    /// `WITH (...)` of a `datagen` source.
    Datagen,
    /// `TBLPROPERTIES (...)` of a Hive table that is written to.
    Sink,
    /// `TBLPROPERTIES (...)` of a Hive table that is joined with, or a hint behind its name.
    Dimension,
    /// `TBLPROPERTIES (...)` of a Hive table that is read, or a hint behind its name.
    TableSource,
}

impl Scope {
    /// Names the scope for the reader of a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Pipeline => "pipeline",
            Self::Source => "source",
            Self::Filesystem => "filesystem source",
            Self::Json => "json format",
            Self::Csv => "csv format",
            Self::Kafka => "kafka source",
            Self::Raw => "raw format",
            Self::Avro => "avro format",
            Self::AvroConfluent => "avro-confluent format",
            Self::Datagen => "datagen source",
            Self::Sink => "sink",
            Self::Dimension => "Hive table that is joined",
            Self::TableSource => "Hive table that is read",
        }
    }
}

/// What giving an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does what its description says.
    Used,
    /// It may be written, for scripts that run elsewhere too, and changes nothing.
    Ignored,
    /// It is a mistake here; the description says why and what to write instead.
    Refused,
}

/// Describes one option.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Key as it is written; `#` stands for a column name.
    pub key: &'static str,
    /// Other spellings of the key.
    pub aliases: &'static [&'static str],
    /// Where it may be written.
    pub scope: Scope,
    /// What giving it does.
    pub effect: Effect,
    /// Value if it is not given; `None` means required or without a value.
    pub default: Option<&'static str>,
    /// Tells whether its absence is a value by itself.
    pub optional: fn() -> bool,
    /// Description, from the doc comment of the field.
    pub doc: &'static str,
    /// Gives the values that are accepted.
    pub accepts: fn() -> String,
    /// Reads a value and prints it in its canonical form.
    pub canonical: fn(&str) -> Result<String, String>,
}

impl OptionSpec {
    /// Lists the key and its aliases.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.key).chain(self.aliases.iter().copied())
    }

    /// Tells whether it has to be given.
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !(self.optional)()
    }

    /// Tells whether a `SET` gives a default for all tables; what a table is, it says itself.
    pub fn may_come_from_session(&self) -> bool {
        let identity =
            ["connector", "path", "format", "topic", "topic-pattern", "EXTERNAL", "transactional"];
        !self.key.contains('#') && !identity.contains(&self.key)
    }

    /// Describes a key that may be written and changes nothing.
    pub(crate) const fn ignored(scope: Scope, key: &'static str, doc: &'static str) -> Self {
        Self::noted(scope, Effect::Ignored, key, doc)
    }

    /// Describes a key that is a mistake here.
    pub(crate) const fn refused(scope: Scope, key: &'static str, doc: &'static str) -> Self {
        Self::noted(scope, Effect::Refused, key, doc)
    }

    const fn noted(scope: Scope, effect: Effect, key: &'static str, doc: &'static str) -> Self {
        Self {
            key,
            aliases: &[],
            scope,
            effect,
            default: None,
            optional: optional::<Option<RawText>>,
            doc,
            accepts: <RawText as OptionType>::accepts,
            canonical: canonical::<RawText>,
        }
    }
}

/// A type that an option can have.
pub(crate) trait OptionType: Sized {
    /// Whether blanks around the text are dropped before it is read.
    const TRIM: bool = true;

    /// Describes the accepted values.
    fn accepts() -> String;
    /// Reads a value; the message says what is accepted.
    fn parse(text: &str) -> Result<Self, String>;
    /// Prints the value so that it reads back.
    fn show(&self) -> String;
    /// Gives the value of an option that is not there and has no default.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: OptionType> OptionType for Option<T> {
    const TRIM: bool = T::TRIM;

    fn accepts() -> String {
        T::accepts()
    }
    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

pub(crate) fn parse_value<T: OptionType>(text: &str) -> Result<T, String> {
    T::parse(if T::TRIM { text.trim() } else { text })
}

pub(crate) fn canonical<T: OptionType>(text: &str) -> Result<String, String> {
    parse_value::<T>(text).map(|value| value.show())
}

/// Declares a struct of options together with their descriptions.
///
/// `field: Type = ["key", "alias"] default "text",` — without a default the option is required,
/// unless its type says what its absence means.
macro_rules! options {
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $scope:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident : $ty:ty = [$key:literal $(, $alias:literal)*] $(default $default:literal)?,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl $name {
            /// Describes every option of this group.
            pub const OPTIONS: &'static [crate::table_options::OptionSpec] = &[
                $( crate::table_options::OptionSpec {
                    key: $key,
                    aliases: &[$($alias),*],
                    scope: crate::table_options::Scope::$scope,
                    effect: crate::table_options::Effect::Used,
                    default: crate::table_options::only(&[$($default)?]),
                    optional: crate::table_options::optional::<$ty>,
                    doc: concat!($($doc),+),
                    accepts: <$ty as crate::table_options::OptionType>::accepts,
                    canonical: crate::table_options::canonical::<$ty>,
                }, )*
            ];

            /// Reads the group; what is wrong is noted and replaced by its default.
            pub(crate) fn read(reader: &mut crate::table_options::Reader<'_>) -> Option<Self> {
                let mut specs = Self::OPTIONS.iter();
                $( let $field = specs.next().and_then(|spec| reader.get::<$ty>(spec)); )*
                Some(Self { $( $field: $field?, )* })
            }
        }
    };
}
pub(crate) use options;

/// Takes typed values out of properties and notes what is wrong.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    table: &'a Properties,
    session: Option<&'a Properties>,
    /// Replaces the `#` of a key.
    column: String,
    used: BTreeSet<String>,
    pub(crate) problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        table: &'a Properties,
        session: Option<&'a Properties>,
        problems: &'a mut Problems,
    ) -> Self {
        Self { table, session, column: String::new(), used: BTreeSet::new(), problems }
    }

    /// Sets the column that the `#` of the next keys stands for.
    pub(crate) fn for_column(&mut self, column: &str) {
        column.clone_into(&mut self.column);
    }

    /// Reads one option: the table's, the session's, the default.
    pub(crate) fn get<T: OptionType>(&mut self, spec: &OptionSpec) -> Option<T> {
        let found =
            self.find(spec).map(|(key, text, origin)| (key, text.to_owned(), origin.clone()));
        if let Some((key, text, origin)) = found {
            match parse_value(&text) {
                Ok(value) => return Some(value),
                Err(message) => self.problems.push(Problem::error(key, message).at(origin)),
            }
        } else if spec.is_required() {
            let message = format!("is required: {}", first_sentence(spec.doc));
            let hint = format!("add '{}'='...'; accepted: {}", spec.key, (spec.accepts)());
            let problem = Problem::error(spec.key, message).hint(hint);
            self.problems.push(problem.at(self.table.home().clone()));
        }
        spec.default.map_or_else(T::absent, |text| parse_value(text).ok())
    }

    /// Finds where an option was set and marks the key as known.
    fn find(&mut self, spec: &OptionSpec) -> Option<(String, &'a str, &'a Origin)> {
        let session = if spec.may_come_from_session() { self.session } else { None };
        let mut found: Option<(String, &'a str, &'a Origin)> = None;
        for properties in [Some(self.table), session].into_iter().flatten() {
            for key in spec.keys() {
                let key = key.replace('#', &self.column);
                let Some((text, origin)) = properties.entry(&key) else { continue };
                self.used.insert(key.clone());
                match &found {
                    None => found = Some((key, text, origin)),
                    Some((first, ..)) => {
                        let message = format!("is another name of `{first}`, which is set too");
                        let problem = Problem::error(key, message).hint("keep one of the two");
                        self.problems.push(problem.at(origin.clone()));
                    }
                }
            }
            if found.is_some() {
                break;
            }
        }
        found
    }

    /// Marks a key as read.
    pub(crate) fn mark(&mut self, key: &str) {
        self.used.insert(key.to_owned());
    }

    /// Lists the table's keys with a prefix that nobody has read.
    pub(crate) fn unread(&self, prefix: &str) -> Vec<(String, Origin)> {
        let keys = self.table.iter().filter(|(key, ..)| key.starts_with(prefix));
        let unread = keys.filter(|(key, ..)| !self.used.contains(*key));
        unread.map(|(key, _, origin)| (key.to_owned(), origin.clone())).collect()
    }

    /// Tells where an option was set, or where it should be.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        origin_of(key, self.table, self.session)
    }

    /// Notes a rule that a readable value breaks.
    pub(crate) fn refuse(&mut self, key: &str, message: impl Into<String>, hint: &str) {
        let problem = Problem::error(key, message).hint(hint).at(self.origin(key));
        self.problems.push(problem);
    }

    /// Looks at the table's keys that no group has read: notes, and gives back what is left.
    pub(crate) fn rest(&mut self, notes: &[OptionSpec]) -> Vec<(String, String, Origin)> {
        let mut rest = Vec::new();
        for (key, value, origin) in self.table.iter() {
            if self.used.contains(key) {
                continue;
            }
            match notes.iter().find(|spec| spec.key == key) {
                Some(spec) => {
                    if let Some(problem) = note(spec) {
                        self.problems.push(problem.at(origin.clone()));
                    }
                }
                None => rest.push((key.to_owned(), value.to_owned(), origin.clone())),
            }
        }
        rest
    }
}

/// Tells where an option was set: in the table or else in the session; if nowhere, where the table is.
pub(crate) fn origin_of(key: &str, table: &Properties, session: Option<&Properties>) -> Origin {
    let set = [Some(table), session].into_iter().flatten().find_map(|p| p.entry(key));
    set.map_or(table.home(), |(_, origin)| origin).clone()
}

/// Says what a key does that is known but not used.
fn note(spec: &OptionSpec) -> Option<Problem> {
    let doc = spec.doc.trim();
    match spec.effect {
        Effect::Used => None,
        Effect::Ignored => {
            Some(Problem::warning(spec.key, "is accepted and has no effect").hint(doc))
        }
        Effect::Refused => Some(Problem::error(spec.key, "is not supported").hint(doc)),
    }
}

/// Says that a key is not an option, and which one was probably meant.
pub(crate) fn unknown_key(key: &str, scope: &str, known: &[&[OptionSpec]]) -> Problem {
    let keys = known.iter().flat_map(|group| group.iter()).flat_map(OptionSpec::keys);
    // A `#` stands for what is between the first and the last dot of the key.
    let column = key.split_once('.').and_then(|(_, rest)| rest.rsplit_once('.'));
    let keys: Vec<String> =
        keys.map(|known| known.replace('#', column.map_or("#", |(column, _)| column))).collect();
    let problem = Problem::error(key, format!("is not an option of a {scope}"));
    match did_you_mean(key, keys.iter().map(String::as_str)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// Matches a key with a pattern; gives what stands for `#`, or "" if the pattern has none.
pub(crate) fn column_of<'k>(pattern: &str, key: &'k str) -> Option<&'k str> {
    match pattern.split_once('#') {
        None => (pattern == key).then_some(""),
        Some((before, after)) => key
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .filter(|column| !column.is_empty()),
    }
}

pub(crate) fn first_sentence(doc: &'static str) -> &'static str {
    let doc = doc.trim();
    doc.split_once(". ").map_or(doc, |(first, _)| first).trim_end_matches(['.', ';'])
}

/// Gives the only item of a list that has at most one.
pub(crate) const fn only(list: &[&'static str]) -> Option<&'static str> {
    match list {
        [] => None,
        [first, ..] => Some(first),
    }
}

/// Tells whether a type says what its absence means.
pub(crate) fn optional<T: OptionType>() -> bool {
    T::absent().is_some()
}
