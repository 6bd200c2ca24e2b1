//! Scheduled queries.

use super::{Parsed, Parser};
use crate::ast::{
    CreateScheduledQuery, Ident, Schedule, ScheduleChange, ScheduledQuery, Statement, StatementKind,
};
use crate::token::{Keyword, TokenKind};

fn statement(query: ScheduledQuery) -> StatementKind {
    StatementKind::ScheduledQuery(Box::new(query))
}

impl Parser<'_> {
    /// Reads what stands behind `CREATE SCHEDULED QUERY`.
    pub(super) fn create_scheduled_query(&mut self) -> Parsed<StatementKind> {
        let name = self.scheduled_query()?;
        let Some(schedule) = self.schedule()? else { return self.expected("when it runs") };
        let executed_as = self.executed_as()?;
        let enable = self.enable_or_disable();
        let Some(run) = self.defined_as()? else { return self.expected("what it runs") };
        Ok(statement(ScheduledQuery::Create(CreateScheduledQuery {
            name,
            schedule,
            executed_as,
            enable,
            statement: run,
        })))
    }

    /// Reads what stands behind `ALTER SCHEDULED QUERY`.
    pub(super) fn alter_scheduled_query(&mut self) -> Parsed<StatementKind> {
        let name = self.scheduled_query()?;
        let change = if self.eat_keyword(Keyword::Execute) {
            ScheduleChange::Execute
        } else if let Some(schedule) = self.schedule()? {
            ScheduleChange::Schedule(schedule)
        } else if let Some(user) = self.executed_as()? {
            ScheduleChange::ExecutedAs(user)
        } else if let Some(enable) = self.enable_or_disable() {
            ScheduleChange::Enable(enable)
        } else if let Some(run) = self.defined_as()? {
            ScheduleChange::Statement(run)
        } else {
            return self.expected("a change");
        };
        Ok(statement(ScheduledQuery::Alter { name, change }))
    }

    /// Reads what stands behind `DROP SCHEDULED QUERY`.
    pub(super) fn drop_scheduled_query(&mut self) -> Parsed<StatementKind> {
        Ok(statement(ScheduledQuery::Drop(self.scheduled_query()?)))
    }

    fn scheduled_query(&mut self) -> Parsed<Ident> {
        self.ident_as("the name of a scheduled query")
    }

    fn schedule(&mut self) -> Parsed<Option<Schedule>> {
        use Keyword as K;
        if self.eat_keyword(K::Cron) {
            return Ok(Some(Schedule::Cron(self.string()?)));
        }
        if !self.eat_keyword(K::Every) {
            return Ok(None);
        }
        let number = matches!(self.kind(), TokenKind::Number(_));
        let count = if number { Some(self.plain_number()?) } else { None };
        let unit = self.interval_unit()?;
        let there = self.eat_keyword(K::At) || {
            let offset = self.eat_keyword(K::Offset);
            if offset {
                self.expect_keyword(K::By)?;
            }
            offset
        };
        let offset = if there { Some(self.string()?) } else { None };
        Ok(Some(Schedule::Every { count, unit, offset }))
    }

    fn executed_as(&mut self) -> Parsed<Option<crate::ast::StringLit>> {
        if !self.eat_keyword(Keyword::Executed) {
            return Ok(None);
        }
        self.expect_keyword(Keyword::As)?;
        self.string().map(Some)
    }

    fn enable_or_disable(&mut self) -> Option<bool> {
        if self.eat_keyword(Keyword::Enable) {
            Some(true)
        } else {
            self.eat_keyword(Keyword::Disable).then_some(false)
        }
    }

    /// Reads `[DEFINED] AS statement` if it is there.
    fn defined_as(&mut self) -> Parsed<Option<Box<Statement>>> {
        if self.eat_keyword(Keyword::Defined) {
            self.expect_keyword(Keyword::As)?;
        } else if !self.eat_keyword(Keyword::As) {
            return Ok(None);
        }
        self.nested(Self::statement).map(|statement| Some(Box::new(statement)))
    }
}
