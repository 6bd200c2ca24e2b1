//! Scheduled queries.

use super::{Ident, IntervalUnit, NumberLit, Statement, StringLit};

/// A statement about scheduled queries.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduledQuery {
    /// `CREATE SCHEDULED QUERY ...`.
    Create(CreateScheduledQuery),
    /// `ALTER SCHEDULED QUERY name ...`.
    Alter {
        /// Which one.
        name: Ident,
        /// What becomes of it.
        change: ScheduleChange,
    },
    /// `DROP SCHEDULED QUERY name`.
    Drop(Ident),
}

/// `CREATE SCHEDULED QUERY name schedule [EXECUTED AS 'user'] [ENABLE | DISABLE] [DEFINED] AS
/// statement`.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateScheduledQuery {
    /// Its name.
    pub name: Ident,
    /// When it runs.
    pub schedule: Schedule,
    /// `EXECUTED AS 'user'`.
    pub executed_as: Option<StringLit>,
    /// `ENABLE` or `DISABLE`.
    pub enable: Option<bool>,
    /// What it runs.
    pub statement: Box<Statement>,
}

/// When a query runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// `CRON 'expression'`.
    Cron(StringLit),
    /// `EVERY [n] unit [AT | OFFSET BY 'time']`.
    Every {
        /// How many units; one if none.
        count: Option<NumberLit>,
        /// The unit.
        unit: IntervalUnit,
        /// How far behind the beginning of a unit.
        offset: Option<StringLit>,
    },
}

/// What becomes of a scheduled query.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleChange {
    /// `CRON ...`, `EVERY ...`.
    Schedule(Schedule),
    /// `EXECUTED AS 'user'`.
    ExecutedAs(StringLit),
    /// `ENABLE` or `DISABLE`.
    Enable(bool),
    /// `[DEFINED] AS statement`.
    Statement(Box<Statement>),
    /// `EXECUTE`: run it now.
    Execute,
}
