//! The options as they take effect, each with its origin.

use serde::Serialize;

use crate::problem::Origin;
use crate::properties::Properties;
use crate::table_options::{Effect, OptionSpec, column_of, first_sentence};

/// One option as it takes effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Key as it was written, or the main key of an option that is not set.
    pub key: String,
    /// Value in canonical form; `None` if the option has no value; `***` for a secret.
    pub value: Option<String>,
    /// Where it was set.
    pub origin: Origin,
    /// First sentence of its description.
    pub doc: &'static str,
}

/// Lists the effective value of every option of some groups, in the order of their description.
///
/// A key with `#` is listed once for every column it is set for. A value that cannot be read is
/// listed as it stands.
pub fn explain(
    groups: &[&[OptionSpec]],
    table: &Properties,
    session: Option<&Properties>,
) -> Vec<Explained> {
    let mut list = Vec::new();
    for spec in groups.iter().flat_map(|group| group.iter()) {
        if spec.effect != Effect::Used {
            continue;
        }
        let session = if spec.may_come_from_session() { session } else { None };
        let mut found = set_values(spec, table);
        if let (true, Some(session)) = (found.is_empty(), session) {
            found = set_values(spec, session);
        }
        if found.is_empty() && !spec.key.contains('#') {
            let value = spec.default.map(|text| (spec.canonical)(text).unwrap_or(text.to_owned()));
            found.push((spec.key.to_owned(), value, Origin::Default));
        }
        let doc = first_sentence(spec.doc);
        list.extend(found.into_iter().map(|(key, value, origin)| {
            let value = value.map(|text| mask(&key, text));
            Explained { key, value, origin, doc }
        }));
    }
    list
}

fn set_values(spec: &OptionSpec, from: &Properties) -> Vec<(String, Option<String>, Origin)> {
    let mut found = Vec::new();
    for (key, text, origin) in from.iter() {
        if spec.keys().any(|pattern| column_of(pattern, key).is_some()) {
            let value = (spec.canonical)(text).unwrap_or_else(|_| text.to_owned());
            found.push((key.to_owned(), Some(value), origin.clone()));
        }
    }
    found
}

/// Hides the value of a key that looks like a secret.
pub fn mask(key: &str, value: String) -> String {
    let key = key.to_ascii_lowercase();
    let words = ["password", "passwd", "secret", "token", "credential", "jaas", "access.key"];
    if words.iter().any(|word| key.contains(word)) { "***".to_owned() } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_secrets() {
        for (key, hidden) in [
            ("properties.sasl.jaas.config", true),
            ("hive.metastore.PASSWORD", true),
            ("fs.s3a.secret.key", true),
            ("fs.s3a.access.key", true),
            ("path", false),
        ] {
            assert_eq!(mask(key, "v".to_owned()) == "***", hidden, "{key}");
        }
    }
}
