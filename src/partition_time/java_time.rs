//! The part of Java's `DateTimeFormatter` patterns that names dates and times by numbers.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::error::{Error, Result};

/// A pattern such as `yyyyMMdd` or `MM-dd-yyyy HH:mm:ss[.SSS]`, ready to read texts.
///
/// Letters: `y` `u` `M` `d` `H` `m` `s` `S`; quotes, literals and optional parts in brackets.
///
/// Source: Java `DateTimeFormatter.ofPattern(pattern, Locale.ROOT)` with its smart resolver, as Java 9 and later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Formatter(Vec<Item>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(char),
    Number(Number),
    Optional(Vec<Item>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    field: Field,
    min: usize,
    max: usize,
    /// Digits that the fixed-width numbers right behind this one need.
    reserved: usize,
}

impl Number {
    fn is_fixed(self) -> bool {
        self.min == self.max
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    YearOfCentury,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
}

const FIELDS: usize = 8;

/// Longest number that is not of fixed width; more digits do not fit 64 bits.
const OPEN_WIDTH: usize = 18;

impl Formatter {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str) -> Result<Self> {
        let mut rest: &str = pattern;
        let mut levels: Vec<Vec<Item>> = vec![Vec::new()];
        let wrong = |what: &str| Error::config(what).with("formatter", pattern);
        while let Some(c) = rest.chars().next() {
            let mut length = c.len_utf8();
            let last = levels.len() - 1;
            match c {
                'a'..='z' | 'A'..='Z' => {
                    length = rest.len() - rest.trim_start_matches(c).len();
                    push_number(&mut levels[last], number(c, length, pattern)?);
                }
                '\'' => {
                    let (text, used) = quoted(rest)
                        .ok_or_else(|| wrong("the time formatter has a quote without end"))?;
                    levels[last].extend(text.chars().map(Item::Literal));
                    length = used;
                }
                '[' => levels.push(Vec::new()),
                ']' if last > 0 => {
                    let items = levels.pop().unwrap_or_default();
                    levels[last - 1].push(Item::Optional(items));
                }
                ']' => return Err(wrong("the time formatter has a ] without [")),
                '{' | '}' | '#' => {
                    return Err(wrong("the time formatter has a character that Java reserves"));
                }
                other => levels[last].push(Item::Literal(other)),
            }
            rest = &rest[length..];
        }
        // As in Java, brackets that are open at the end close there.
        while levels.len() > 1 {
            let items = levels.pop().unwrap_or_default();
            if let Some(outer) = levels.last_mut() {
                outer.push(Item::Optional(items));
            }
        }
        let items = levels.pop().unwrap_or_default();
        let has = |fields: &[Field]| names_one(&items, fields);
        if !(has(&[Field::Year, Field::YearOfCentury])
            && has(&[Field::Month])
            && has(&[Field::Day]))
        {
            return Err(wrong("the time formatter names no whole date: it needs y, M and d"));
        }
        Ok(Self(items))
    }

    /// Reads a text; a date alone is its midnight.
    pub(super) fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut values = [None; FIELDS];
        let rest = read_items(&self.0, text, &mut values)?;
        if rest.is_empty() { resolve(&values) } else { None }
    }
}

fn names_one(items: &[Item], fields: &[Field]) -> bool {
    items.iter().any(|item| match item {
        Item::Number(number) => fields.contains(&number.field),
        Item::Optional(inner) => names_one(inner, fields),
        Item::Literal(_) => false,
    })
}

fn number(letter: char, count: usize, pattern: &str) -> Result<Number> {
    let number = |field, min, max| Ok(Number { field, min, max, reserved: 0 });
    let field = match letter {
        'y' | 'u' => {
            return match count {
                2 => number(Field::YearOfCentury, 2, 2),
                1 => number(Field::Year, 1, OPEN_WIDTH),
                3 => number(Field::Year, 3, OPEN_WIDTH),
                _ if count <= OPEN_WIDTH => number(Field::Year, count, count),
                _ => Err(too_many(letter, pattern)),
            };
        }
        'S' if count <= 9 => return number(Field::Fraction, count, count),
        'M' => Field::Month,
        'd' => Field::Day,
        'H' => Field::Hour,
        'm' => Field::Minute,
        's' => Field::Second,
        'S' => return Err(too_many(letter, pattern)),
        _ => {
            return Err(Error::unsupported(
                "the time formatter has a letter that is not supported",
            )
            .with("letter", letter)
            .with("formatter", pattern)
            .with_hint("supported are y, u, M, d, H, m, s, S, quotes and [optional parts]"));
        }
    };
    match count {
        1 => number(field, 1, OPEN_WIDTH),
        2 => number(field, 2, 2),
        3..=5 if letter == 'M' => Err(Error::unsupported(
            "the time formatter has months by name, which are not supported",
        )
        .with("formatter", pattern)),
        _ => Err(too_many(letter, pattern)),
    }
}

fn too_many(letter: char, pattern: &str) -> Error {
    Error::config("the time formatter repeats a letter too often")
        .with("letter", letter)
        .with("formatter", pattern)
}

/// Adds a number; a fixed width reserves its digits in the number that began the run of digits.
fn push_number(items: &mut Vec<Item>, number: Number) {
    if number.is_fixed() && number.field != Field::Year {
        let mut run = items.iter_mut().rev().map_while(|item| match item {
            Item::Number(earlier) => Some(earlier),
            Item::Literal(_) | Item::Optional(_) => None,
        });
        if let Some(open) = run.find(|n| !n.is_fixed()) {
            open.reserved += number.max;
        }
    }
    items.push(Item::Number(number));
}

/// Reads a quoted literal at the start of `text`: the literal and the bytes it takes. Two quotes are one.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut literal = String::new();
    let mut at = 1;
    loop {
        let end = at + text[at..].find('\'')?;
        literal.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with('\'') {
            if literal.is_empty() {
                literal.push('\'');
            }
            return Some((literal, at));
        }
        literal.push('\'');
        at += 1;
    }
}

fn read_items<'a>(
    items: &[Item],
    mut text: &'a str,
    values: &mut [Option<i64>; FIELDS],
) -> Option<&'a str> {
    for item in items {
        text = match item {
            Item::Literal(c) => text.strip_prefix(*c)?,
            Item::Number(number) => read_number(*number, text, values)?,
            Item::Optional(inner) => {
                let before = *values;
                read_items(inner, text, values).unwrap_or_else(|| {
                    *values = before;
                    text
                })
            }
        };
    }
    Some(text)
}

fn read_number<'a>(
    number: Number,
    text: &'a str,
    values: &mut [Option<i64>; FIELDS],
) -> Option<&'a str> {
    let signed = !number.is_fixed() && text.starts_with('-');
    let digits = &text[usize::from(signed)..];
    let run = digits.bytes().take(number.max + number.reserved).take_while(u8::is_ascii_digit);
    let available = run.count();
    let length = available.saturating_sub(number.reserved).clamp(number.min, number.max);
    if available < length {
        return None;
    }
    let mut value: i64 = digits[..length].parse().ok()?;
    if signed {
        value = -value;
    }
    match number.field {
        Field::YearOfCentury => value += 2000,
        Field::Fraction => {
            value *= 10_i64.pow(u32::try_from(9 - length).ok()?);
        }
        _ => {}
    }
    let slot = match number.field {
        Field::YearOfCentury => Field::Year as usize,
        field => field as usize,
    };
    if values[slot].replace(value).is_some_and(|earlier| earlier != value) {
        return None;
    }
    Some(&digits[length..])
}

/// Makes a time of the fields as Java's smart resolver does: short months take their last day, 24:00 is the next day.
fn resolve(values: &[Option<i64>; FIELDS]) -> Option<NaiveDateTime> {
    let get = |field: Field| values[field as usize];
    let (year, month, day) = (get(Field::Year)?, get(Field::Month)?, get(Field::Day)?);
    let year = i32::try_from(year).ok()?;
    let month = u32::try_from(month).ok()?;
    let day = u32::try_from(day).ok().filter(|d| (1..=31).contains(d))?;
    let date =
        (day.min(28)..=day).rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day))?;
    let clock = [
        (Field::Hour, 24),
        (Field::Minute, 59),
        (Field::Second, 59),
        (Field::Fraction, 999_999_999),
    ];
    let mut parts = [None; 4];
    for (part, (field, most)) in parts.iter_mut().zip(clock) {
        if let Some(value) = get(field) {
            *part = Some(u32::try_from(value).ok().filter(|v| *v <= most)?);
        }
    }
    let midnight = date.and_time(NaiveTime::MIN);
    match parts {
        [Some(24), rest @ ..] => {
            let sharp = rest.iter().all(|v| v.unwrap_or(0) == 0);
            if sharp { midnight.checked_add_signed(TimeDelta::days(1)) } else { None }
        }
        [Some(h), Some(m), Some(s), n] => date.and_hms_nano_opt(h, m, s, n.unwrap_or(0)),
        [Some(h), m, None, None] => date.and_hms_opt(h, m.unwrap_or(0), 0),
        // Fields that make no whole time leave the date alone.
        _ => Some(midnight),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_java_reads() {
        for (pattern, text, want) in [
            ("yyyyMMdd", "20230101", Some("2023-01-01T00:00:00")),
            ("yyyyMMdd", "2023011", None),
            ("yyyyMMdd", "202301011", None),
            ("yyyyMMdd", "2023-1-1", None),
            ("yMMdd", "20230101", Some("2023-01-01T00:00:00")),
            ("yyyyMMddHH", "2023010107", Some("2023-01-01T07:00:00")),
            ("yyyyMMddHHmmssSSS", "20230101070809123", Some("2023-01-01T07:08:09.123")),
            ("yyMMdd", "230101", Some("2023-01-01T00:00:00")),
            ("MM-dd-yyyy HH:mm:ss", "05-03-2020 07:00:00", Some("2020-05-03T07:00:00")),
            ("MM-dd-yyyy HH:mm:ss", "5-3-2020 07:00:00", None),
            ("M-d-y H:m:s", "5-3-2020 7:0:9", Some("2020-05-03T07:00:09")),
            ("yyyy-MM-dd HH:mm[:ss[.SSS]]", "2020-05-03 07:01", Some("2020-05-03T07:01:00")),
            ("yyyy-MM-dd HH:mm[:ss[.SSS]]", "2020-05-03 07:01:02", Some("2020-05-03T07:01:02")),
            ("yyyy-MM-dd HH:mm[:ss[.SSS]]", "2020-05-03 07:01:02.5", None),
            (
                "yyyy-MM-dd HH:mm[:ss[.SSS]]",
                "2020-05-03 07:01:02.500",
                Some("2020-05-03T07:01:02.500"),
            ),
            ("yyyy-MM-dd[ HH", "2020-05-03 07", Some("2020-05-03T07:00:00")),
            ("yyyy-MM-dd'T'HH", "2020-05-03T07", Some("2020-05-03T07:00:00")),
            ("yyyy-MM-dd'T'HH", "2020-05-03 07", None),
            ("yyyy''MM'''x'dd", "2020'05'x03", Some("2020-05-03T00:00:00")),
            ("yyyy年MM月dd日", "2020年05月03日", Some("2020-05-03T00:00:00")),
            ("yyyy-MM-dd", "2023-02-31", Some("2023-02-28T00:00:00")),
            ("yyyy-MM-dd", "2024-04-31", Some("2024-04-30T00:00:00")),
            ("yyyy-MM-dd", "2023-02-32", None),
            ("yyyy-MM-dd", "2023-13-01", None),
            ("yyyy-MM-dd", "2023-00-01", None),
            ("yyyy-MM-dd", "12023-01-01", None),
            ("yyyy-MM-dd HH:mm", "2023-12-31 24:00", Some("2024-01-01T00:00:00")),
            ("yyyy-MM-dd HH:mm", "2023-12-31 24:01", None),
            ("yyyy-MM-dd HH:mm", "2023-12-31 25:00", None),
            ("yyyy-MM-dd yyyy", "2023-12-31 2023", Some("2023-12-31T00:00:00")),
            ("yyyy-MM-dd yyyy", "2023-12-31 2024", None),
            ("y-M-d", "-5-1-1", Some("-0005-01-01T00:00:00")),
            ("y-M-d", "999999999999999999-1-1", None),
            ("y-M-d", "é-1-1", None),
            ("yyyy-MM-dd", "", None),
        ] {
            let got = Formatter::parse(pattern).unwrap().read(text);
            let got = got.map(|t| t.format("%Y-%m-%dT%H:%M:%S%.f").to_string());
            assert_eq!(got.as_deref(), want, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        let date = "the time formatter names no whole date: it needs y, M and d";
        let often = "the time formatter repeats a letter too often";
        for (pattern, want) in [
            ("yyyy-MM", format!("{date} (formatter=yyyy-MM)")),
            ("HH:mm", format!("{date} (formatter=HH:mm)")),
            ("", format!("{date} (formatter=)")),
            ("y-M-d'T", "the time formatter has a quote without end (formatter=y-M-d'T)".to_owned()),
            ("y-M-d]", "the time formatter has a ] without [ (formatter=y-M-d])".to_owned()),
            (
                "y-M-d{",
                "the time formatter has a character that Java reserves (formatter=y-M-d{)".to_owned(),
            ),
            ("y-M-ddd", format!("{often} (letter=d, formatter=y-M-ddd)")),
            (
                "y-MMM-d",
                "the time formatter has months by name, which are not supported (formatter=y-MMM-d)"
                    .to_owned(),
            ),
            (
                "y-M-d h",
                "the time formatter has a letter that is not supported (letter=h, formatter=y-M-d h)"
                    .to_owned(),
            ),
        ] {
            assert_eq!(Formatter::parse(pattern).unwrap_err().to_string(), want);
        }
    }
}
