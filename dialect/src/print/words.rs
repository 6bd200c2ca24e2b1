//! How operators, units and the like are written.

use crate::ast::{IntervalUnit, IsTest, Quantifier, SetQuantifier, TimeUnit};

pub(super) const fn set_quantifier(quantifier: SetQuantifier) -> &'static str {
    match quantifier {
        SetQuantifier::All => "ALL",
        SetQuantifier::Distinct => "DISTINCT",
    }
}

pub(super) const fn quantifier(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "ANY",
        Quantifier::Some => "SOME",
        Quantifier::All => "ALL",
    }
}

pub(super) const fn is_test(test: IsTest) -> &'static str {
    match test {
        IsTest::Null => "NULL",
        IsTest::True => "TRUE",
        IsTest::False => "FALSE",
        IsTest::Unknown => "UNKNOWN",
    }
}

pub(super) const fn interval_unit(unit: IntervalUnit) -> &'static str {
    match unit {
        IntervalUnit::Year => "YEAR",
        IntervalUnit::Month => "MONTH",
        IntervalUnit::Day => "DAY",
        IntervalUnit::Hour => "HOUR",
        IntervalUnit::Minute => "MINUTE",
        IntervalUnit::Second => "SECOND",
        IntervalUnit::YearToMonth => "YEAR TO MONTH",
        IntervalUnit::DayToSecond => "DAY TO SECOND",
    }
}

pub(super) const fn time_unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Year => "YEAR",
        TimeUnit::Quarter => "QUARTER",
        TimeUnit::Month => "MONTH",
        TimeUnit::Week => "WEEK",
        TimeUnit::Day => "DAY",
        TimeUnit::DayOfWeek => "DAYOFWEEK",
        TimeUnit::Hour => "HOUR",
        TimeUnit::Minute => "MINUTE",
        TimeUnit::Second => "SECOND",
    }
}
