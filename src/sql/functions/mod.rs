//! Hive's functions and operators as DataFusion scalar functions.
//!
//! One table of [`Def`]s per family says what a function is called, which types it takes, what it
//! returns, and how it is computed. Arguments come converted: [`resolve`] says to which types, and
//! the binder writes the conversions out as [`cast`](cast::udf)s.
//!
//! Invariants:
//! - A function never sees an argument of a type it did not plan.
//! - A value that cannot be computed is NULL, as in Hive; an error means that Hive fails too.
//! - The same values give the same result, at any time and in any batch.

mod arithmetic;
pub mod cast;
mod civil;
mod codec;
pub mod coerce;
mod compare;
mod conditional;
mod dates;
mod def;
mod hash;
mod interval;
mod java_time;
mod json;
mod math;
mod nested;
pub mod partition;
mod pattern;
mod round;
mod search;
mod text;
mod times;
mod values;

use std::fmt;
use std::sync::Arc;

use datafusion_common::ScalarValue;
use datafusion_expr::ScalarUDF;
use formats::types::HiveType;

use def::{Def, HiveFunction, Plan};

/// All functions, by family.
static FAMILIES: &[&[Def]] = &[
    arithmetic::DEFS,
    codec::DEFS,
    compare::DEFS,
    conditional::DEFS,
    dates::DEFS,
    hash::DEFS,
    json::DEFS,
    math::DEFS,
    nested::DEFS,
    pattern::DEFS,
    round::DEFS,
    search::DEFS,
    text::DEFS,
    times::DEFS,
];

/// What the settings of a session change about functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    /// The time zone, `hive.local.time.zone`.
    pub time_zone: chrono_tz::Tz,
    /// What the letters of a date pattern mean, `hive.datetime.formatter`.
    pub formatter: Formatter,
}

impl Default for Session {
    fn default() -> Self {
        Self { time_zone: chrono_tz::Tz::UTC, formatter: Formatter::DateTime }
    }
}

/// What the letters of a date pattern mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Formatter {
    /// Java's `DateTimeFormatter`, the default of Hive 4: `u` is the year.
    #[default]
    DateTime,
    /// Java's `SimpleDateFormat`, as in Hive 2 and 3: `u` is the day of the week, and parsing is
    /// lenient.
    Simple,
}

/// One argument of a call, as far as it is known before any row.
#[derive(Debug, Clone, Copy)]
pub struct Arg<'a> {
    /// Its type.
    pub ty: &'a HiveType,
    /// Its value, if it is a constant.
    pub value: Option<&'a ScalarValue>,
}

/// A function chosen for the types of a call.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What computes it.
    pub function: Arc<ScalarUDF>,
    /// The types the arguments must be converted to, one for each.
    pub args: Vec<HiveType>,
    /// The type of the result.
    pub returns: HiveType,
}

/// Says why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such function; the closest name, if one is close.
    Unknown(Option<&'static str>),
    /// The function does not take these arguments.
    Arguments {
        /// What it takes.
        usage: &'static str,
        /// The types it was given.
        given: String,
    },
    /// The function takes such arguments, but not these values.
    Value(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(_) => f.write_str("unknown function"),
            Self::Arguments { usage, given } => write!(f, "expected {usage}, found {given}"),
            Self::Value(message) => f.write_str(message),
        }
    }
}

/// Chooses a function for a call.
///
/// Source: Hive `FunctionRegistry` and the `initialize` method of each `GenericUDF`.
///
/// # Errors
/// [`Refusal`] if there is no such function or it does not take these arguments.
pub fn resolve(name: &str, args: &[Arg<'_>], session: Session) -> Result<Resolved, Refusal> {
    let def = find(name).ok_or_else(|| Refusal::Unknown(closest(name)))?;
    let Plan { args: types, returns } = def.plan(args)?;
    let function = Arc::new(ScalarUDF::new_from_impl(HiveFunction::new(def, session)));
    Ok(Resolved { function, args: types, returns })
}

/// Returns the names of all functions, in order.
pub fn names() -> Vec<&'static str> {
    let all = FAMILIES.iter().flat_map(|family| family.iter().flat_map(|def| def.names));
    // Operators have names too, but they are not called by them.
    let mut names: Vec<_> = all.copied().filter(|n| n.starts_with(char::is_alphabetic)).collect();
    names.sort_unstable();
    names
}

/// Returns the function as DataFusion knows it.
pub fn udf(name: &str, session: Session) -> Option<Arc<ScalarUDF>> {
    Some(Arc::new(ScalarUDF::new_from_impl(HiveFunction::new(find(name)?, session))))
}

fn find(name: &str) -> Option<&'static Def> {
    let mut all = FAMILIES.iter().flat_map(|family| family.iter());
    all.find(|def| def.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
}

fn closest(name: &str) -> Option<&'static str> {
    let names = names();
    let index = nearest(name, names.iter().copied())?;
    names.get(index).copied()
}

/// Longest misspelt name for which a likely one is looked up. Units: bytes.
const MAX_NAME: usize = 200;

/// Returns the position of the candidate that a misspelt name most likely means.
///
/// Limit: nothing if more than a third of the letters differ, or for a name of more than 200 bytes.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<usize> {
    if name.len() > MAX_NAME {
        return None;
    }
    let name = name.to_lowercase();
    let limit = name.chars().count() / 3 + 1;
    candidates
        .enumerate()
        .map(|(i, candidate)| (strsim::osa_distance(&name, &candidate.to_lowercase()), i))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, i)| i)
}
