//! Name patterns of `SHOW TABLES LIKE` and of the metastore's `get_tables`.

/// Tells whether a name fits a pattern: `*` is any text, `.` any one character, `|` separates alternatives, case does not matter.
///
/// The empty pattern fits nothing. `.*`, which some clients send for `*`, therefore fits every name.
///
/// Source: Hive `ObjectStore.getTables` (`(?i)` + `*` → `.*` as a regular expression).
pub fn matches(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    pattern
        .split('|')
        .any(|one| fits(&one.trim().to_lowercase().chars().collect::<Vec<_>>(), &name))
}

/// Matches with one step back to the last `*`.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '.' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                (p, n) = (star + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, fit) in [
            ("*", "orders", true),
            (".*", "orders", true),
            ("ORD*", "orders", true),
            ("*der*", "orders", true),
            ("ord", "orders", false),
            ("x*|ord*", "orders", true),
            ("x* | *s", "orders", true),
            ("o.ders", "orders", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbXb", false),
            ("", "orders", false),
            ("a|", "orders", false),
        ] {
            assert_eq!(matches(pattern, name), fit, "{pattern} {name}");
        }
    }
}
