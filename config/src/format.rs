//! How records are written: the options that begin with the name of a format.

use crate::secret::Secret;
use crate::table_options::{OptionSpec, OptionType as _, Reader, Scope, options};
use crate::values::{AsciiChar, RawText, choice};

choice! {
    /// Format of records.
    pub enum FormatKind {
        /// One JSON object a line.
        Json = "json",
        /// Delimited text.
        Csv = "csv",
        /// One value: a text, bytes, or a number of fixed width.
        Raw = "raw",
        /// Avro, written with the schema of the table or with one that is given.
        Avro = "avro",
        /// Avro, each message with the number of its schema in a registry.
        AvroConfluent = "avro-confluent",
    }
}

impl FormatKind {
    /// Tells which format an option's key belongs to.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let (format, _) = key.split_once('.')?;
        Self::parse(format).ok().filter(|kind| kind.as_str() == format)
    }
}

options! {
    /// Options of JSON records.
    pub struct JsonOptions in Json {
        /// Skips a malformed record and makes an ill-typed field NULL, instead of making the record
        /// a dead letter.
        ignore_parse_errors: bool = ["json.ignore-parse-errors"] default "false",
        /// Makes a record without one of the columns a dead letter. Otherwise the column is NULL.
        fail_on_missing_field: bool = ["json.fail-on-missing-field"] default "false",
    }
}

const JSON_NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(
        Scope::Json,
        "json.timestamp-format.standard",
        "Both forms, `SQL` and `ISO-8601`, are read in every record.",
    ),
    OptionSpec::ignored(Scope::Json, "json.map-null-key.mode", WRITES),
    OptionSpec::ignored(Scope::Json, "json.map-null-key.literal", WRITES),
    OptionSpec::ignored(Scope::Json, "json.encode.decimal-as-plain-number", WRITES),
    OptionSpec::ignored(Scope::Json, "json.encode.ignore-null-fields", WRITES),
    OptionSpec::ignored(Scope::Json, "json.decode.json-parser.enabled", "There is one parser."),
];
const WRITES: &str = "Concerns writing; a source only reads.";

options! {
    /// Options of CSV records.
    pub struct CsvOptions in Csv {
        /// Character between two fields.
        field_delimiter: AsciiChar = ["csv.field-delimiter"] default ",",
        /// Reads quote characters as ordinary characters.
        disable_quote_character: bool = ["csv.disable-quote-character"] default "false",
        /// Character around a field that contains delimiters or line ends. The default is `"`.
        quote_character: Option<AsciiChar> = ["csv.quote-character"],
        /// Skips lines that begin with `#`.
        allow_comments: bool = ["csv.allow-comments"] default "false",
        /// Skips a malformed record and makes an ill-typed field NULL, instead of making the record
        /// a dead letter.
        ignore_parse_errors: bool = ["csv.ignore-parse-errors"] default "false",
        /// Character between two elements of an array or of a row.
        array_element_delimiter: AsciiChar = ["csv.array-element-delimiter"] default ";",
        /// Character that takes the meaning from the next one. Without it nothing is escaped.
        escape_character: Option<AsciiChar> = ["csv.escape-character"],
        /// Text of a field that stands for NULL. Without it an empty field of another type than
        /// STRING is NULL.
        null_literal: Option<RawText> = ["csv.null-literal"],
        /// Number of lines at the beginning of each file that are no records.
        skip_header_lines: u32 = ["skip.header.line.count"] default "0",
    }
}

const CSV_NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(Scope::Csv, "csv.write-bigdecimal-in-scientific-notation", WRITES),
    OptionSpec::refused(
        Scope::Csv,
        "skip.footer.line.count",
        "A file may still grow and is read in parts, so its last lines are not known; \
         remove them, or let them become dead letters.",
    ),
];

impl CsvOptions {
    /// Gives the quote character, or `None` if quotes are ordinary characters.
    pub fn quote(&self) -> Option<u8> {
        if self.disable_quote_character {
            return None;
        }
        Some(self.quote_character.map_or(b'"', |quote| quote.0))
    }

    /// Checks that the special characters can be told apart.
    ///
    /// Source: Flink `CsvCommons.validateFormatOptions` for the clash of the two quote options.
    fn check(&self, reader: &mut Reader<'_>) {
        if self.disable_quote_character && self.quote_character.is_some() {
            reader.refuse(
                "csv.quote-character",
                "is set although csv.disable-quote-character=true",
                "remove one of the two",
            );
        }
        let mut taken: Vec<(u8, &str)> = Vec::new();
        for (key, byte) in [
            ("csv.field-delimiter", Some(self.field_delimiter.0)),
            ("csv.quote-character", self.quote()),
            ("csv.escape-character", self.escape_character.map(|c| c.0)),
            ("csv.array-element-delimiter", Some(self.array_element_delimiter.0)),
        ] {
            let Some(byte) = byte else { continue };
            if matches!(byte, b'\n' | b'\r') {
                reader.refuse(key, "is a line end, which ends a record", "use another character");
            }
            if let Some((_, other)) = taken.iter().find(|(used, _)| *used == byte) {
                let clash = format!("is the same character as {other}");
                reader.refuse(key, clash, "use another character");
            }
            taken.push((byte, key));
        }
    }
}

choice! {
    /// Order of the bytes of a number.
    pub enum Endianness {
        /// The highest first.
        Big = "big-endian",
        /// The lowest first.
        Little = "little-endian",
    }
}

choice! {
    /// Character sets of text.
    pub enum Charset {
        /// UTF-8, of which ASCII is a part.
        Utf8 = "UTF-8" | "utf8" | "US-ASCII",
    }
}

options! {
    /// Options of `raw` payloads.
    pub struct RawOptions in Raw {
        /// Order of the bytes of a number.
        endianness: Endianness = ["raw.endianness"] default "big-endian",
        /// Character set of a text.
        charset: Charset = ["raw.charset"] default "UTF-8",
    }
}

options! {
    /// Options of `avro` payloads.
    pub struct AvroOptions in Avro {
        /// Schema that the messages were written with, as JSON. Without it they were written with
        /// the schema of the table, as by Flink.
        schema: Option<String> = ["avro.schema", "avro.schema.literal"],
    }
}

const AVRO_NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(Scope::Avro, "avro.codec", WRITES),
    OptionSpec::ignored(
        Scope::Avro,
        "avro.timestamp_mapping.legacy",
        "Both mappings are read: the schema says what a number is.",
    ),
];

options! {
    /// Options of `avro-confluent` payloads.
    pub struct RegistryOptions in AvroConfluent {
        /// Address of the schema registry.
        url: String = ["avro-confluent.url", "avro-confluent.schema-registry.url"],
        /// Name and password for the registry, as `user:password`.
        user_info: Option<Secret> = ["avro-confluent.basic-auth.user-info"],
        /// Token for the registry.
        token: Option<Secret> = ["avro-confluent.bearer-auth.token"],
        /// File of the certificates that are believed, in PEM. The default are those that browsers
        /// believe.
        ca: Option<std::path::PathBuf> =
            ["avro-confluent.ssl.ca.location", "avro-confluent.ssl.truststore.location"],
    }
}

const REGISTRY_NOTES: &[OptionSpec] = &[
    OptionSpec::ignored(Scope::AvroConfluent, "avro-confluent.subject", WRITES),
    OptionSpec::ignored(
        Scope::AvroConfluent,
        "avro-confluent.schema",
        "The columns of the table say what is read.",
    ),
    OptionSpec::ignored(
        Scope::AvroConfluent,
        "avro-confluent.basic-auth.credentials-source",
        "Name and password come from `avro-confluent.basic-auth.user-info`, or from the address.",
    ),
    OptionSpec::ignored(
        Scope::AvroConfluent,
        "avro-confluent.bearer-auth.credentials-source",
        "The token comes from `avro-confluent.bearer-auth.token`.",
    ),
];

/// Options of records.
#[derive(Clone, Debug, PartialEq)]
pub enum FormatOptions {
    /// `'format'='json'`.
    Json(JsonOptions),
    /// `'format'='csv'`.
    Csv(CsvOptions),
    /// `'format'='raw'`.
    Raw(RawOptions),
    /// `'format'='avro'`.
    Avro(AvroOptions),
    /// `'format'='avro-confluent'`.
    AvroConfluent(RegistryOptions),
}

impl FormatOptions {
    pub(crate) fn read(kind: FormatKind, reader: &mut Reader<'_>) -> Option<Self> {
        match kind {
            FormatKind::Json => {
                let json = JsonOptions::read(reader)?;
                if json.fail_on_missing_field && json.ignore_parse_errors {
                    reader.refuse(
                        "json.fail-on-missing-field",
                        "and json.ignore-parse-errors must not both be true",
                        "set one of the two to false",
                    );
                }
                Some(Self::Json(json))
            }
            FormatKind::Csv => {
                let csv = CsvOptions::read(reader)?;
                csv.check(reader);
                Some(Self::Csv(csv))
            }
            FormatKind::Raw => RawOptions::read(reader).map(Self::Raw),
            FormatKind::Avro => AvroOptions::read(reader).map(Self::Avro),
            FormatKind::AvroConfluent => RegistryOptions::read(reader).map(Self::AvroConfluent),
        }
    }

    /// Gives the kind of the format.
    pub fn kind(&self) -> FormatKind {
        match self {
            Self::Json(_) => FormatKind::Json,
            Self::Csv(_) => FormatKind::Csv,
            Self::Raw(_) => FormatKind::Raw,
            Self::Avro(_) => FormatKind::Avro,
            Self::AvroConfluent(_) => FormatKind::AvroConfluent,
        }
    }

    /// Tells whether records that cannot be decoded are skipped rather than kept as dead letters.
    pub fn ignores_parse_errors(&self) -> bool {
        match self {
            Self::Json(json) => json.ignore_parse_errors,
            Self::Csv(csv) => csv.ignore_parse_errors,
            Self::Raw(_) | Self::Avro(_) | Self::AvroConfluent(_) => false,
        }
    }
}

/// Describes the options of a format.
pub(crate) const fn groups(kind: FormatKind) -> [&'static [OptionSpec]; 2] {
    match kind {
        FormatKind::Json => [JsonOptions::OPTIONS, JSON_NOTES],
        FormatKind::Csv => [CsvOptions::OPTIONS, CSV_NOTES],
        FormatKind::Raw => [RawOptions::OPTIONS, &[]],
        FormatKind::Avro => [AvroOptions::OPTIONS, AVRO_NOTES],
        FormatKind::AvroConfluent => [RegistryOptions::OPTIONS, REGISTRY_NOTES],
    }
}

/// Describes the options of all formats.
pub(crate) fn all_groups() -> Vec<&'static [OptionSpec]> {
    let all = [
        FormatKind::Json,
        FormatKind::Csv,
        FormatKind::Raw,
        FormatKind::Avro,
        FormatKind::AvroConfluent,
    ];
    all.into_iter().flat_map(groups).collect()
}
