//! Which partition columns a time pattern such as `$dt $hr:00:00` uses.

use crate::problem::did_you_mean;

/// A `$name` that is not a partition column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// Name after the `$`; empty if no name follows it.
    pub name: String,
    /// Partition column that was perhaps meant.
    pub near: Option<String>,
}

/// Lists the partition columns that a pattern uses, as indexes, in the order of the pattern.
///
/// The longest column name wins (`$dt` before `$d`), and letter case does not count; Flink replaces
/// one column after the other, so there `$d` spoils `$dt`.
///
/// # Errors
/// Every `$` that no partition column follows.
pub fn pattern_columns(
    pattern: &str,
    columns: &[String],
) -> Result<Vec<usize>, Vec<UnknownColumn>> {
    let mut used = Vec::new();
    let mut unknown = Vec::new();
    for after in pattern.split('$').skip(1) {
        if let Some(index) = longest_column(after, columns) {
            used.push(index);
            continue;
        }
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let name = after[..end].to_owned();
        let near = did_you_mean(&name, columns.iter().map(String::as_str)).map(str::to_owned);
        unknown.push(UnknownColumn { name, near });
    }
    if unknown.is_empty() { Ok(used) } else { Err(unknown) }
}

fn longest_column(text: &str, columns: &[String]) -> Option<usize> {
    let starts = |column: &str| {
        let start = text.get(..column.len());
        !column.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(column))
    };
    let found = columns.iter().enumerate().filter(|(_, column)| starts(column));
    found.max_by_key(|(_, column)| column.len()).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn finds_columns() {
        for (pattern, names, expected) in [
            ("$dt $hr:00:00", "dt hr", vec![0, 1]),
            ("$dt $d:00", "d dt", vec![1, 0]),
            ("$DT", "dt hr", vec![0]),
            ("$year-$month-$day $hour:00:00", "year month day hour", vec![0, 1, 2, 3]),
            ("$year$month", "year month", vec![0, 1]),
            ("$dth", "dt hr", vec![0]),
            ("2020-01-01", "dt", vec![]),
        ] {
            assert_eq!(pattern_columns(pattern, &columns(names)), Ok(expected), "{pattern}");
        }
    }

    #[test]
    fn names_every_unknown_column() {
        for (pattern, names, expected) in [
            ("$day $dt", "dt hour", vec![("day", None)]),
            ("$huor $x", "dt hour", vec![("huor", Some("hour")), ("x", None)]),
            ("5 $ $dt $", "dt", vec![("", None), ("", None)]),
            ("$dt", "", vec![("dt", None)]),
        ] {
            let unknown = pattern_columns(pattern, &columns(names)).unwrap_err();
            let found: Vec<_> =
                unknown.iter().map(|u| (u.name.as_str(), u.near.as_deref())).collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "\\PC{0,20}|[$a-cé ]{0,20}") {
            if let Ok(used) = pattern_columns(&pattern, &columns("a ab é")) {
                prop_assert!(used.iter().all(|index| *index < 3));
            }
        }
    }
}
