//! Date patterns of Java: `yyyy-MM-dd HH:mm:ss`.
//!
//! Letters mean what they mean to `DateTimeFormatter`, the default of Hive 4 and what Flink uses;
//! with [`Formatter::Simple`] `u`, `S` and parsing follow `SimpleDateFormat`, as in Hive 2 and 3.
//! Names are English, weeks begin on Sunday.

mod format;
mod parse;

use super::Formatter;

/// A pattern, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    items: Vec<Item>,
    formatter: Formatter,
}

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// Text that stands for itself.
    Text(String),
    /// A letter and how often it is repeated.
    Field(Field, usize),
}

/// What a letter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Era,
    Year,
    WeekYear,
    Quarter,
    Month,
    WeekOfYear,
    WeekOfMonth,
    DayOfYear,
    DayOfMonth,
    /// Which Monday, Tuesday, ... of the month.
    WeekInMonth,
    /// Name of the day, Sunday the first.
    WeekdayName,
    /// Number of the day, Sunday is 1.
    WeekdayNumber,
    /// Number of the day, Monday is 1.
    IsoWeekday,
    HalfDay,
    /// 0 to 23.
    Hour,
    /// 1 to 24.
    HourFrom1,
    /// 0 to 11.
    HourOfHalf,
    /// 1 to 12.
    ClockHour,
    Minute,
    Second,
    Fraction,
    Millis,
    MilliOfDay,
    NanoOfSecond,
    NanoOfDay,
    ZoneId,
    ZoneName,
    /// `+0100`.
    OffsetRfc,
    /// `+01`, `Z` for no offset.
    OffsetZ,
    /// `+01`.
    Offset,
    /// `GMT+1`.
    OffsetGmt,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What Java would refuse, in words.
    pub(super) fn new(text: &str, formatter: Formatter) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (item, behind) = if c.is_ascii_alphabetic() {
                let behind = rest.trim_start_matches(c);
                let count = rest.len() - behind.len();
                (Item::Field(field(c, count, formatter)?, count), behind)
            } else if c == '\'' {
                let (quoted, behind) = quoted(rest)?;
                (Item::Text(quoted), behind)
            } else if formatter == Formatter::DateTime && "{}#[]".contains(c) {
                return Err(format!("'{c}' has no meaning in a date pattern; quote it"));
            } else {
                let end = c.len_utf8();
                (Item::Text(c.to_string()), rest.get(end..).unwrap_or_default())
            };
            rest = behind;
            match (items.last_mut(), item) {
                (Some(Item::Text(before)), Item::Text(more)) => before.push_str(&more),
                (_, item) => items.push(item),
            }
        }
        Ok(Self { items, formatter })
    }

    /// Returns the microseconds in which the text does not change: an hour, a day, a second or
    /// one; from any multiple of them.
    pub(super) fn granularity(&self) -> i64 {
        let field = |item: &Item| match item {
            Item::Text(_) => super::civil::DAY,
            Item::Field(field, _) => field.granularity(),
        };
        self.items.iter().map(field).min().unwrap_or(super::civil::DAY)
    }
}

impl Field {
    const fn granularity(self) -> i64 {
        match self {
            Self::Era
            | Self::Year
            | Self::WeekYear
            | Self::Quarter
            | Self::Month
            | Self::WeekOfYear
            | Self::WeekOfMonth
            | Self::DayOfYear
            | Self::DayOfMonth
            | Self::WeekInMonth
            | Self::WeekdayName
            | Self::WeekdayNumber
            | Self::IsoWeekday
            | Self::ZoneId => super::civil::DAY,
            Self::HalfDay | Self::Hour | Self::HourFrom1 | Self::HourOfHalf | Self::ClockHour => {
                super::civil::HOUR
            }
            Self::Minute => 60 * super::civil::SECOND,
            Self::Second
            | Self::ZoneName
            | Self::OffsetRfc
            | Self::OffsetZ
            | Self::Offset
            | Self::OffsetGmt => super::civil::SECOND,
            Self::Fraction
            | Self::Millis
            | Self::MilliOfDay
            | Self::NanoOfSecond
            | Self::NanoOfDay => 1,
        }
    }
}

/// Reads `'text'`, where `''` is one quote; returns it with what stands behind it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut rest = text.get(1..).unwrap_or_default();
    if let Some(behind) = rest.strip_prefix('\'') {
        return Ok(("'".to_owned(), behind));
    }
    let mut out = String::new();
    loop {
        let (part, behind) = rest.split_once('\'').ok_or("a quote has no end")?;
        out.push_str(part);
        match behind.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Ok((out, behind)),
        }
    }
}

/// Returns what a letter stands for, if it may be repeated so often.
fn field(letter: char, count: usize, formatter: Formatter) -> Result<Field, String> {
    let simple = formatter == Formatter::Simple;
    let (field, most) = match letter {
        'G' => (Field::Era, 5),
        'u' if simple => (Field::IsoWeekday, usize::MAX),
        'y' | 'u' => (Field::Year, 19),
        'Y' => (Field::WeekYear, 19),
        'Q' | 'q' => (Field::Quarter, 5),
        'M' | 'L' => (Field::Month, 5),
        'w' => (Field::WeekOfYear, 2),
        'W' => (Field::WeekOfMonth, 1),
        'D' => (Field::DayOfYear, 3),
        'd' => (Field::DayOfMonth, 2),
        'F' => (Field::WeekInMonth, 1),
        'E' => (Field::WeekdayName, 5),
        'e' | 'c' if count >= 3 => (Field::WeekdayName, 5),
        'e' | 'c' => (Field::WeekdayNumber, 2),
        'a' => (Field::HalfDay, 1),
        'H' => (Field::Hour, 2),
        'k' => (Field::HourFrom1, 2),
        'K' => (Field::HourOfHalf, 2),
        'h' => (Field::ClockHour, 2),
        'm' => (Field::Minute, 2),
        's' => (Field::Second, 2),
        'S' if simple => (Field::Millis, usize::MAX),
        'S' => (Field::Fraction, 9),
        'A' => (Field::MilliOfDay, 19),
        'n' => (Field::NanoOfSecond, 19),
        'N' => (Field::NanoOfDay, 19),
        'V' => (Field::ZoneId, 2),
        'z' => (Field::ZoneName, 4),
        'Z' => (Field::OffsetRfc, 5),
        'X' => (Field::OffsetZ, 5),
        'x' => (Field::Offset, 5),
        'O' => (Field::OffsetGmt, 4),
        _ => return Err(format!("the letter {letter} has no meaning in a date pattern; quote it")),
    };
    let (least, most) = match field {
        Field::ZoneId => (2, 2),
        _ if simple => (1, usize::MAX),
        _ => (1, most),
    };
    if (least..=most).contains(&count) {
        return Ok(field);
    }
    Err(format!("the letter {letter} cannot be repeated {count} times in a date pattern"))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[cfg(test)]
mod tests;
