//! How a text is read.

/// How a text is read: which grammar, and what quotes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Which statements are taken.
    pub grammar: Grammar,
    /// What stands in backticks and in double quotes.
    pub quoted_identifiers: QuotedIdentifiers,
    /// What ends a statement of a script.
    pub splitting: Splitting,
}

impl Options {
    /// The grammar of Hive 4.1 and nothing else.
    pub const HIVE: Self = Self {
        grammar: Grammar::Hive,
        quoted_identifiers: QuotedIdentifiers::Column,
        splitting: Splitting::Sane,
    };
}

/// Which statements are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grammar {
    /// Those of Hive 4.1 and no others.
    Hive,
    /// Those of Hive 4.1, and the streaming additions of Flink SQL: `WATERMARK`, computed and
    /// metadata columns, `WITH (...)`, statement sets, catalogs, Flink's names of types, hints
    /// behind tables, `INSERT OVERWRITE` without `TABLE`.
    #[default]
    Streaming,
}

/// What stands in backticks and in double quotes.
///
/// Source: Hive's setting `hive.support.quoted.identifiers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuotedIdentifiers {
    /// `none`: backticks hold a regular expression over column names, double quotes a string.
    None,
    /// `column`, Hive's default: backticks hold a name of any characters, double quotes a string.
    #[default]
    Column,
    /// `standard`: backticks and double quotes hold a name; only single quotes hold a string.
    Standard,
}

impl QuotedIdentifiers {
    /// Returns the meaning that a value of Hive's setting asks for, without regard to case.
    pub fn from_setting(value: &str) -> Option<Self> {
        let all = [("none", Self::None), ("column", Self::Column), ("standard", Self::Standard)];
        all.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|(_, kind)| kind)
    }
}

/// What ends a statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Splitting {
    /// A `;` outside of quotes and comments. In the value of a `SET`, a quote that is not closed
    /// on its line is an ordinary letter.
    #[default]
    Sane,
    /// A `;` as Hive's shell finds it, oddities included. Lines that begin with `--` are left
    /// out; a `;` stands outside of `'`, `"` and backticks, where a backslash escapes; a piece
    /// that ends in `\` goes on behind its `;`. Other comments are unknown, so that an apostrophe
    /// in one opens a string, and a `;` in one ends the statement.
    ///
    /// Source: Hive `CliDriver.processReader`, `processLine` and `splitSemiColon`.
    Hive,
}
