//! Expressions.

use super::{DataType, Ident, NumberLit, ObjectName, Query, SortItem, Span, StringLit, WindowRef};

/// An expression. Parentheses leave no node: they show in the structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// From its first to its last token, without enclosing parentheses.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// `INTERVAL value unit`, `value unit`, `(value) unit`.
    Interval(Interval),
    /// `DEFAULT` in a list of values.
    Default,
    /// A column, perhaps qualified, perhaps with struct fields: `c`, `t.c`, `db.t.c.field`.
    Name(ObjectName),
    /// Elements and fields of a value: `base[0].field`. A dotted name alone is a
    /// [`ExprKind::Name`].
    Access {
        /// What is taken apart.
        base: Box<Expr>,
        /// The steps, in order; never empty.
        path: Vec<Accessor>,
    },
    /// `op op ... operand`.
    Unary {
        /// The operators, in the order written: the last one works first. Never empty.
        ops: Vec<UnaryOp>,
        /// The operand; if it has operators in front too, it was written in parentheses.
        operand: Box<Expr>,
    },
    /// `first op operand op operand ...`: a left-associative run of operators of one precedence.
    Binary(Binary),
    /// `operand IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
    Is {
        /// What is tested.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// For what.
        test: IsTest,
    },
    /// `operand [NOT] BETWEEN low AND high`.
    Between {
        /// What is tested.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// Smallest value.
        low: Box<Expr>,
        /// Largest value.
        high: Box<Expr>,
    },
    /// `operand [NOT] IN (a, b, ...)`.
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// Where; never empty.
        list: Vec<Expr>,
    },
    /// `operand [NOT] IN (SELECT ...)`.
    InSubquery {
        /// What is looked for.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// Where.
        query: Box<Query>,
    },
    /// `operand [NOT] LIKE | RLIKE | REGEXP pattern`.
    Like {
        /// The text.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// Which kind of pattern.
        op: LikeOp,
        /// The pattern.
        pattern: Box<Expr>,
    },
    /// `operand [NOT] LIKE ANY | ALL (pattern, ...)`.
    LikeQuantified {
        /// The text.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// `ANY` or `ALL`.
        quantifier: Quantifier,
        /// The patterns; never empty.
        patterns: Vec<Expr>,
    },
    /// `operand [NOT] op ANY | SOME | ALL (SELECT ...)`.
    Quantified {
        /// The left side.
        operand: Box<Expr>,
        /// Whether `NOT` is there.
        negated: bool,
        /// A comparison.
        op: BinaryOp,
        /// `ANY`, `SOME` or `ALL`.
        quantifier: Quantifier,
        /// The right side.
        query: Box<Query>,
    },
    /// `EXISTS (SELECT ...)`.
    Exists(Box<Query>),
    /// `(SELECT ...)` as a value.
    Subquery(Box<Query>),
    /// `CASE [operand] WHEN .. THEN .. [ELSE ..] END`.
    Case {
        /// What each `WHEN` is compared with.
        operand: Option<Box<Expr>>,
        /// The branches; never empty.
        branches: Vec<WhenThen>,
        /// The value if no branch fits.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(operand AS type [FORMAT 'pattern'])`.
    Cast {
        /// What is converted.
        operand: Box<Expr>,
        /// To what.
        data_type: DataType,
        /// With which pattern.
        format: Option<StringLit>,
    },
    /// `EXTRACT(unit FROM operand)`.
    Extract {
        /// Which part.
        unit: TimeUnit,
        /// Of what.
        operand: Box<Expr>,
    },
    /// `FLOOR(operand TO unit)`. Without `TO` it is a [`ExprKind::Function`].
    FloorTo {
        /// What is rounded down.
        operand: Box<Expr>,
        /// To which unit.
        unit: TimeUnit,
    },
    /// `TRIM([LEADING | TRAILING | BOTH] [characters] FROM operand)`. Without `FROM` it is a
    /// [`ExprKind::Function`].
    Trim {
        /// At which end.
        side: Option<TrimSide>,
        /// Which characters; blanks if none.
        characters: Option<Box<Expr>>,
        /// From what.
        operand: Box<Expr>,
    },
    /// A function call.
    Function(Box<FunctionCall>),
    /// `(a, b, ...)`: a struct of two or more values.
    Row(Vec<Expr>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// A number.
    Number(NumberLit),
    /// A string.
    String(StringLit),
    /// Two or more strings one behind the other; their values are joined.
    Strings(Vec<StringLit>),
    /// `_charset 0xDIGITS`.
    Charset {
        /// The name with its underscore.
        charset: String,
        /// The digits as written, with `0x`.
        raw: String,
    },
    /// `DATE 'text'`.
    Date(StringLit),
    /// `TIMESTAMP 'text'`.
    Timestamp(StringLit),
    /// `TIMESTAMPLOCALTZ 'text'`.
    TimestampLocalTz(StringLit),
    /// `?`, a parameter of a prepared statement.
    Parameter(ParameterNumber),
}

/// Which `?` of its statement; the first one written is 1.
///
/// Like a span it says where something is, so all are equal to each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParameterNumber(pub u32);

impl PartialEq for ParameterNumber {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A length of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// How many: a string, a number or an expression.
    pub value: Box<Expr>,
    /// Of what.
    pub unit: IntervalUnit,
}

/// Units of an interval; the plural means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalUnit {
    /// `YEAR`.
    Year,
    /// `MONTH`.
    Month,
    /// `DAY`.
    Day,
    /// `HOUR`.
    Hour,
    /// `MINUTE`.
    Minute,
    /// `SECOND`.
    Second,
    /// `YEAR TO MONTH`: `'1-2'`.
    YearToMonth,
    /// `DAY TO SECOND`: `'1 2:03:04.5'`.
    DayToSecond,
}

/// Units of `EXTRACT` and `FLOOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// `YEAR`.
    Year,
    /// `QUARTER`.
    Quarter,
    /// `MONTH`.
    Month,
    /// `WEEK`.
    Week,
    /// `DAY`.
    Day,
    /// `DAYOFWEEK`, only in `EXTRACT`.
    DayOfWeek,
    /// `HOUR`.
    Hour,
    /// `MINUTE`.
    Minute,
    /// `SECOND`.
    Second,
}

/// Ends of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimSide {
    /// The beginning.
    Leading,
    /// The end.
    Trailing,
    /// Both.
    Both,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Accessor {
    /// `.name`.
    Field(Ident),
    /// `[index]`: array element or map value.
    Index(Expr),
}

/// Operators before their operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `~`.
    BitNot,
    /// `NOT`.
    Not,
    /// `!`, the same as `NOT`.
    Bang,
}

impl UnaryOp {
    /// Tells whether it is `NOT` or `!`, which bind looser than comparisons.
    pub const fn is_not(self) -> bool {
        matches!(self, Self::Not | Self::Bang)
    }

    /// Returns how the operator is written, in lower case.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::BitNot => "~",
            Self::Not => "not",
            Self::Bang => "!",
        }
    }
}

/// A left-associative run: `first op operand`, then its result `op operand`, and so on.
///
/// All operators of one run have the same precedence; an operand with operators of the same or a
/// lower precedence was written in parentheses.
#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    /// The leftmost operand.
    pub first: Box<Expr>,
    /// The others, each with the operator before it; never empty.
    pub rest: Vec<BinaryRest>,
}

/// One operator with its right operand.
#[derive(Debug, Clone, PartialEq)]
pub struct BinaryRest {
    /// The operator.
    pub op: BinaryOp,
    /// Where the operator is.
    pub op_span: Span,
    /// The right operand.
    pub operand: Expr,
}

/// Operators between operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `OR`.
    Or,
    /// `AND`.
    And,
    /// `=`.
    Eq,
    /// `==`, the same as `=`.
    DoubleEq,
    /// `<=>`: equal, or both null.
    NullSafeEq,
    /// `<>`.
    NotEq,
    /// `!=`, the same as `<>`.
    BangEq,
    /// `IS DISTINCT FROM`: not `<=>`.
    IsDistinctFrom,
    /// `IS NOT DISTINCT FROM`: the same as `<=>`.
    IsNotDistinctFrom,
    /// `<`.
    Lt,
    /// `<=`.
    LtEq,
    /// `>`.
    Gt,
    /// `>=`.
    GtEq,
    /// `|`.
    BitOr,
    /// `&`.
    BitAnd,
    /// `||`.
    Concat,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Modulo,
    /// `DIV`.
    IntegerDivide,
    /// `^`.
    BitXor,
}

impl BinaryOp {
    /// Returns how the operator is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Eq => "=",
            Self::DoubleEq => "==",
            Self::NullSafeEq => "<=>",
            Self::NotEq => "<>",
            Self::BangEq => "!=",
            Self::IsDistinctFrom => "IS DISTINCT FROM",
            Self::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
            Self::Lt => "<",
            Self::LtEq => "<=",
            Self::Gt => ">",
            Self::GtEq => ">=",
            Self::BitOr => "|",
            Self::BitAnd => "&",
            Self::Concat => "||",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::IntegerDivide => "DIV",
            Self::BitXor => "^",
        }
    }
}

/// What `IS` can test for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsTest {
    /// `NULL`.
    Null,
    /// `TRUE`.
    True,
    /// `FALSE`.
    False,
    /// `UNKNOWN`, the same as `NULL`.
    Unknown,
}

/// Kinds of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikeOp {
    /// `LIKE`: `%` and `_`.
    Like,
    /// `RLIKE`: a regular expression.
    Rlike,
    /// `REGEXP`, the same as `RLIKE`.
    Regexp,
}

/// Quantifiers of a comparison with many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ANY`.
    Any,
    /// `SOME`, the same as `ANY`.
    Some,
    /// `ALL`.
    All,
}

/// `WHEN condition THEN result`.
#[derive(Debug, Clone, PartialEq)]
pub struct WhenThen {
    /// The whole branch.
    pub span: Span,
    /// A condition, or a value to compare with the operand of `CASE`.
    pub when: Expr,
    /// The result.
    pub then: Expr,
}

/// `name([DISTINCT] args) ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// `f` or `db.f`. `current_date` and `current_timestamp` may stand without parentheses.
    pub name: ObjectName,
    /// `DISTINCT` or `ALL` before the arguments.
    pub quantifier: Option<SetQuantifier>,
    /// The arguments.
    pub args: Vec<FunctionArg>,
    /// `IGNORE NULLS`, `RESPECT NULLS`.
    pub nulls: Option<NullTreatment>,
    /// `WITHIN GROUP (ORDER BY ...)`; empty if not there.
    pub within_group: Vec<SortItem>,
    /// `OVER ...`.
    pub over: Option<WindowRef>,
}

/// `ALL` or `DISTINCT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetQuantifier {
    /// `ALL`: keep duplicates.
    All,
    /// `DISTINCT`: remove duplicates.
    Distinct,
}

/// One argument of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionArg {
    /// A value.
    Expr(Expr),
    /// `*`.
    Wildcard(Span),
    /// `t.*`.
    QualifiedWildcard(ObjectName),
}

/// How a window function treats nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullTreatment {
    /// `RESPECT NULLS`.
    Respect,
    /// `IGNORE NULLS`.
    Ignore,
}
