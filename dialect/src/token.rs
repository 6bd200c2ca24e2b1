//! Kinds of tokens, and the words of HiveQL.
//!
//! Source: the lexer of Hive 4.1. Words that only Flink knows (`WATERMARK`, `VIRTUAL`, ...) are
//! not keywords: the parser compares their text where they can stand, so that every name that is
//! free in Hive stays free.

use crate::ast::NumberSuffix;

/// One token: its kind, and where it is in the text that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word of the language, reserved or not.
    Keyword(Keyword),
    /// A name without quotes that is no keyword.
    Ident,
    /// A name in backticks.
    QuotedIdent,
    /// A string in single or double quotes; several quoted pieces without blanks between them are
    /// one token.
    String,
    /// A number.
    Number(NumberSuffix),
    /// `100M`.
    ByteLength,
    /// `_utf8` before hexadecimal digits.
    CharsetName,
    /// `0xDIGITS`.
    HexLiteral,
    /// `/*+ ... */`.
    Hint,
    Dot,
    Colon,
    Comma,
    Semicolon,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Eq,
    EqEq,
    NullSafeEq,
    NotEq,
    BangEq,
    LtEq,
    Lt,
    GtEq,
    Gt,
    Slash,
    Plus,
    Minus,
    Star,
    Percent,
    Ampersand,
    Tilde,
    Pipe,
    PipePipe,
    Caret,
    Question,
    Dollar,
    /// What cannot be a token.
    Error(LexError),
    /// The end of the text.
    Eof,
}

/// Why something cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LexError {
    UnclosedString,
    UnclosedIdent,
    UnclosedComment,
    /// A typographic quote.
    SmartQuote,
    /// A blank that is not one of Hive's: no-break space, byte order mark, and the like.
    StrangeBlank,
    /// A letter outside ASCII, or a name that begins with `_`.
    StrangeLetter,
    UnknownChar,
}

impl TokenKind {
    /// Returns how the token is written, for messages; none if that depends on the text.
    pub(crate) const fn text(self) -> Option<&'static str> {
        Some(match self {
            Self::Keyword(keyword) => keyword.text(),
            Self::Dot => ".",
            Self::Colon => ":",
            Self::Comma => ",",
            Self::Semicolon => ";",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::LBracket => "[",
            Self::RBracket => "]",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::Eq => "=",
            Self::EqEq => "==",
            Self::NullSafeEq => "<=>",
            Self::NotEq => "<>",
            Self::BangEq => "!=",
            Self::LtEq => "<=",
            Self::Lt => "<",
            Self::GtEq => ">=",
            Self::Gt => ">",
            Self::Slash => "/",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Star => "*",
            Self::Percent => "%",
            Self::Ampersand => "&",
            Self::Tilde => "~",
            Self::Pipe => "|",
            Self::PipePipe => "||",
            Self::Caret => "^",
            Self::Question => "?",
            Self::Dollar => "$",
            _ => return None,
        })
    }
}

macro_rules! keywords {
    (reserved { $($rname:ident $rtext:literal,)* } free { $($fname:ident $ftext:literal,)* }) => {
        /// The words of HiveQL. A synonym (`INTEGER`, `DAYS`) is the same keyword as the word it
        /// stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $rtext, "`, reserved.")] $rname,)*
            $(#[doc = concat!("`", $ftext, "`.")] $fname,)*
        }

        const KEYWORDS: &[(&str, Keyword)] = &[
            $(($rtext, Keyword::$rname),)*
            $(($ftext, Keyword::$fname),)*
        ];

        const RESERVED: usize = [$($rtext),*].len();
    };
}

keywords! {
    reserved {
        All "ALL", Alter "ALTER", And "AND", Any "ANY", Array "ARRAY", As "AS",
        Authorization "AUTHORIZATION", Between "BETWEEN", BigInt "BIGINT", Binary "BINARY",
        Boolean "BOOLEAN", Both "BOTH", By "BY", Case "CASE", Cast "CAST", Char "CHAR",
        CherryPick "CHERRY-PICK", Column "COLUMN", Commit "COMMIT", Conf "CONF",
        Constraint "CONSTRAINT", Convert "CONVERT", Create "CREATE", Cross "CROSS", Cube "CUBE",
        Current "CURRENT", CurrentDate "CURRENT_DATE", CurrentTimestamp "CURRENT_TIMESTAMP",
        Cursor "CURSOR", Database "DATABASE", Date "DATE", Decimal "DECIMAL", Delete "DELETE",
        Describe "DESCRIBE", Distinct "DISTINCT", Div "DIV", Double "DOUBLE", Drop "DROP",
        Else "ELSE", End "END", Except "EXCEPT", Exchange "EXCHANGE", Exists "EXISTS",
        Extended "EXTENDED", External "EXTERNAL", Extract "EXTRACT", False "FALSE", Fetch "FETCH",
        Float "FLOAT", Floor "FLOOR", Following "FOLLOWING", For "FOR", Foreign "FOREIGN",
        From "FROM", Full "FULL", Function "FUNCTION", Grant "GRANT", Group "GROUP",
        Grouping "GROUPING", Having "HAVING", If "IF", Import "IMPORT", In "IN", Inner "INNER",
        Insert "INSERT", Int "INT", Intersect "INTERSECT", Interval "INTERVAL", Into "INTO",
        Is "IS", Join "JOIN", Lateral "LATERAL", Leading "LEADING", Left "LEFT", Less "LESS",
        Like "LIKE", Local "LOCAL", Macro "MACRO", Map "MAP", Merge "MERGE", Minus "MINUS",
        More "MORE", None "NONE", Not "NOT", Null "NULL", Of "OF", On "ON", Only "ONLY", Or "OR",
        OrphanFiles "ORPHAN-FILES", Order "ORDER", Out "OUT", Outer "OUTER", Over "OVER",
        Partition "PARTITION", Percent "PERCENT", Preceding "PRECEDING", Precision "PRECISION",
        Prepare "PREPARE", Preserve "PRESERVE", Primary "PRIMARY", Procedure "PROCEDURE",
        Qualify "QUALIFY", Range "RANGE", Reads "READS", Real "REAL", Reduce "REDUCE",
        References "REFERENCES", Regexp "REGEXP", Revoke "REVOKE", Right "RIGHT", Rlike "RLIKE",
        Rollback "ROLLBACK", Rollup "ROLLUP", Row "ROW", Rows "ROWS", Select "SELECT", Set "SET",
        SmallInt "SMALLINT", Some "SOME", Start "START", Sync "SYNC", Table "TABLE",
        TableSample "TABLESAMPLE", Then "THEN", Time "TIME", Timestamp "TIMESTAMP", To "TO",
        Trailing "TRAILING", Transform "TRANSFORM", Trigger "TRIGGER", True "TRUE",
        Truncate "TRUNCATE", Unbounded "UNBOUNDED", Union "UNION", Unique "UNIQUE",
        UniqueJoin "UNIQUEJOIN", Update "UPDATE", User "USER", Using "USING", Values "VALUES",
        Varchar "VARCHAR", When "WHEN", Where "WHERE", Window "WINDOW", With "WITH",
    }
    free {
        Abort "ABORT", Activate "ACTIVATE", Active "ACTIVE", Add "ADD", Admin "ADMIN",
        After "AFTER", AllocFraction "ALLOC_FRACTION", Analyze "ANALYZE", Application "APPLICATION",
        Archive "ARCHIVE", Asc "ASC", Ast "AST", At "AT", Autocommit "AUTOCOMMIT", Before "BEFORE",
        Branch "BRANCH", Bucket "BUCKET", Buckets "BUCKETS", Cache "CACHE", Cascade "CASCADE",
        Cbo "CBO", Change "CHANGE", Check "CHECK", Cluster "CLUSTER", Clustered "CLUSTERED",
        Clusterstatus "CLUSTERSTATUS", Collection "COLLECTION", Columns "COLUMNS",
        Comment "COMMENT", Compact "COMPACT", CompactionId "COMPACTIONID",
        Compactions "COMPACTIONS", Compute "COMPUTE", Concatenate "CONCATENATE",
        Connector "CONNECTOR", Connectors "CONNECTORS", Continue "CONTINUE", Cost "COST",
        Cron "CRON", Data "DATA", Databases "DATABASES", Datetime "DATETIME", Day "DAY",
        DayOfWeek "DAYOFWEEK", DbProperties "DBPROPERTIES", DcProperties "DCPROPERTIES", Ddl "DDL",
        Debug "DEBUG", Default "DEFAULT", Deferred "DEFERRED", Defined "DEFINED",
        Delimited "DELIMITED", Dependency "DEPENDENCY", Desc "DESC", Detail "DETAIL",
        Directories "DIRECTORIES", Directory "DIRECTORY", Disable "DISABLE",
        Distribute "DISTRIBUTE", Distributed "DISTRIBUTED", Do "DO", Dump "DUMP", Enable "ENABLE",
        Enforced "ENFORCED", Escaped "ESCAPED", Every "EVERY", Exclusive "EXCLUSIVE",
        Execute "EXECUTE", Executed "EXECUTED", ExpireSnapshots "EXPIRE_SNAPSHOTS",
        Explain "EXPLAIN", Export "EXPORT", Expression "EXPRESSION", FastForward "FAST-FORWARD",
        Fields "FIELDS", File "FILE", Fileformat "FILEFORMAT", First "FIRST", Force "FORCE",
        Format "FORMAT", Formatted "FORMATTED", Functions "FUNCTIONS", Hour "HOUR",
        Idxproperties "IDXPROPERTIES", Ignore "IGNORE", Index "INDEX", Indexes "INDEXES",
        Inpath "INPATH", InputDriver "INPUTDRIVER", InputFormat "INPUTFORMAT",
        Isolation "ISOLATION", Items "ITEMS", Jar "JAR", JoinCost "JOINCOST", Key "KEY",
        Keys "KEYS", Kill "KILL", Last "LAST", Level "LEVEL", Limit "LIMIT", Lines "LINES",
        Load "LOAD", Locally "LOCALLY", Location "LOCATION", Lock "LOCK", Locks "LOCKS",
        Logical "LOGICAL", Long "LONG", Managed "MANAGED", ManagedLocation "MANAGEDLOCATION",
        Management "MANAGEMENT", Mapjoin "MAPJOIN", Mapping "MAPPING", Matched "MATCHED",
        Materialized "MATERIALIZED", Metadata "METADATA", Minute "MINUTE", Month "MONTH",
        Move "MOVE", Msck "MSCK", Norely "NORELY", Noscan "NOSCAN", Novalidate "NOVALIDATE",
        Nulls "NULLS", Offset "OFFSET", Older "OLDER", Operator "OPERATOR", Optimize "OPTIMIZE",
        Option "OPTION", Ordered "ORDERED", OutputDriver "OUTPUTDRIVER",
        OutputFormat "OUTPUTFORMAT", Overwrite "OVERWRITE", Owner "OWNER",
        Partitioned "PARTITIONED", Partitions "PARTITIONS", Path "PATH", PkfkJoin "PKFK_JOIN",
        Plan "PLAN", Plans "PLANS", Plus "PLUS", Pool "POOL", Principals "PRINCIPALS",
        Purge "PURGE", Quarter "QUARTER", Query "QUERY", QueryParallelism "QUERY_PARALLELISM",
        Read "READ", Rebuild "REBUILD", Recordreader "RECORDREADER", Recordwriter "RECORDWRITER",
        Reload "RELOAD", Rely "RELY", Remote "REMOTE", Rename "RENAME",
        Reoptimization "REOPTIMIZATION", Repair "REPAIR", Repl "REPL", Replace "REPLACE",
        Replication "REPLICATION", Resource "RESOURCE", Respect "RESPECT", Restrict "RESTRICT",
        Retain "RETAIN", Retention "RETENTION", Rewrite "REWRITE", Role "ROLE", Roles "ROLES",
        Scheduled "SCHEDULED", SchedulingPolicy "SCHEDULING_POLICY", Schema "SCHEMA",
        Schemas "SCHEMAS", Second "SECOND", Semi "SEMI", Serde "SERDE",
        SerdeProperties "SERDEPROPERTIES", Server "SERVER", Sets "SETS",
        SetCurrentSnapshot "SET_CURRENT_SNAPSHOT", Shared "SHARED", Show "SHOW",
        ShowDatabase "SHOW_DATABASE", Skewed "SKEWED", Snapshot "SNAPSHOT", Snapshots "SNAPSHOTS",
        Sort "SORT", Sorted "SORTED", Spec "SPEC", Ssl "SSL", Statistics "STATISTICS",
        Status "STATUS", Stored "STORED", Streamtable "STREAMTABLE", String "STRING",
        Struct "STRUCT", Summary "SUMMARY", SystemTime "SYSTEM_TIME",
        SystemVersion "SYSTEM_VERSION", Tables "TABLES", Tag "TAG", TblProperties "TBLPROPERTIES",
        Temporary "TEMPORARY", Terminated "TERMINATED", Than "THAN",
        TimestampLocalTz "TIMESTAMPLOCALTZ", TinyInt "TINYINT", Touch "TOUCH",
        Transaction "TRANSACTION", Transactional "TRANSACTIONAL", Transactions "TRANSACTIONS",
        Trim "TRIM", Type "TYPE", Unarchive "UNARCHIVE", Undo "UNDO", UnionType "UNIONTYPE",
        Unknown "UNKNOWN", Unlock "UNLOCK", Unmanaged "UNMANAGED", Unset "UNSET",
        Unsigned "UNSIGNED", Uri "URI", Url "URL", Use "USE", Utc "UTC", UtcTmestamp "UTC_TMESTAMP",
        Validate "VALIDATE", Vectorization "VECTORIZATION", View "VIEW", Views "VIEWS", Wait "WAIT",
        Week "WEEK", While "WHILE", Within "WITHIN", Work "WORK", Workload "WORKLOAD",
        Write "WRITE", Year "YEAR", Zone "ZONE",
    }
}

/// Other spellings of keywords.
const SYNONYMS: &[(&str, Keyword)] = &[
    ("INTEGER", Keyword::Int),
    ("DEC", Keyword::Decimal),
    ("NUMERIC", Keyword::Decimal),
    ("ENABLED", Keyword::Enable),
    ("DISABLED", Keyword::Disable),
    ("YEARS", Keyword::Year),
    ("MONTHS", Keyword::Month),
    ("WEEKS", Keyword::Week),
    ("DAYS", Keyword::Day),
    ("HOURS", Keyword::Hour),
    ("MINUTES", Keyword::Minute),
    ("SECONDS", Keyword::Second),
];

impl Keyword {
    /// Returns the keyword that a word is, without regard to ASCII case.
    ///
    /// Cost: one hash of at most the longest keyword's length, and a comparison or two.
    pub fn find(word: &str) -> Option<Self> {
        if word.len() > LONGEST {
            return None;
        }
        let mut slot = hash(word.as_bytes()) & SLOT_MASK;
        loop {
            let entry = SLOTS[slot].checked_sub(1)?;
            let (text, keyword) = word_at(entry as usize);
            if text.eq_ignore_ascii_case(word) {
                return Some(keyword);
            }
            slot = (slot + 1) & SLOT_MASK;
        }
    }

    /// Returns how the keyword is written.
    pub const fn text(self) -> &'static str {
        KEYWORDS[self as usize].0
    }

    /// Tells whether the word cannot be a name without backticks.
    pub const fn is_reserved(self) -> bool {
        (self as usize) < RESERVED
    }

    /// Tells whether a reserved word may name a function: `if(...)`, `array(...)`, `date(...)`.
    pub(crate) const fn is_function_name(self) -> bool {
        matches!(
            self,
            Self::If
                | Self::Array
                | Self::Map
                | Self::BigInt
                | Self::Binary
                | Self::Boolean
                | Self::CurrentDate
                | Self::CurrentTimestamp
                | Self::Date
                | Self::Double
                | Self::Float
                | Self::Real
                | Self::Grouping
                | Self::Int
                | Self::SmallInt
                | Self::Timestamp
                | Self::Floor
        )
    }

    /// Returns all keywords, reserved ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        KEYWORDS.iter().map(|(_, keyword)| *keyword)
    }
}

const SLOT_COUNT: usize = 1024;
const SLOT_MASK: usize = SLOT_COUNT - 1;
const LONGEST: usize = 32;

/// An open-addressed hash table, built by the compiler: index into the words plus one, 0 if free.
static SLOTS: [u16; SLOT_COUNT] = build_slots();

const fn word_at(index: usize) -> (&'static str, Keyword) {
    if index < KEYWORDS.len() { KEYWORDS[index] } else { SYNONYMS[index - KEYWORDS.len()] }
}

const fn hash(word: &[u8]) -> usize {
    let mut hash: u32 = 0x811C_9DC5;
    let mut i = 0;
    while i < word.len() {
        hash = (hash ^ (word[i] & !0x20) as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    (hash ^ (hash >> 15)) as usize
}

const fn build_slots() -> [u16; SLOT_COUNT] {
    let mut slots = [0u16; SLOT_COUNT];
    let mut index: u16 = 0;
    while (index as usize) < KEYWORDS.len() + SYNONYMS.len() {
        let word = word_at(index as usize).0.as_bytes();
        assert!(word.len() <= LONGEST, "LONGEST is too small");
        let mut slot = hash(word) & SLOT_MASK;
        while slots[slot] != 0 {
            slot = (slot + 1) & SLOT_MASK;
        }
        slots[slot] = index + 1;
        index += 1;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_in_any_case() {
        for (text, keyword) in KEYWORDS.iter().chain(SYNONYMS) {
            assert_eq!(Keyword::find(text), Some(*keyword));
            assert_eq!(Keyword::find(&text.to_ascii_lowercase()), Some(*keyword));
        }
        for other in ["", "selec", "selects", "watermark", "virtual", "_", "ü", "$elem$"] {
            assert_eq!(Keyword::find(other), None, "{other}");
        }
    }

    #[test]
    fn reserved_words_are_hives() {
        for word in ["select", "date", "timestamp", "order", "user", "interval", "time", "minus"] {
            assert!(Keyword::find(word).is_some_and(Keyword::is_reserved), "{word}");
        }
        for word in ["day", "year", "comment", "location", "key", "limit", "string", "metadata"] {
            assert!(Keyword::find(word).is_some_and(|k| !k.is_reserved()), "{word}");
        }
    }
}
