//! Options as text: key, value and where it was set.

use std::collections::BTreeMap;

use crate::problem::Origin;

/// Text properties, each with its origin; the raw form of all options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    map: BTreeMap<String, (String, Origin)>,
    home: Origin,
}

impl Properties {
    /// Starts without any property.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts without any property, and says where they would be: problems about a missing option
    /// point there.
    pub fn at(home: Origin) -> Self {
        Self { map: BTreeMap::new(), home }
    }

    /// Sets a property; a later value replaces an earlier one. Blanks around the key are dropped.
    pub fn set(&mut self, key: &str, value: impl Into<String>, origin: Origin) {
        self.map.insert(key.trim().to_owned(), (value.into(), origin));
    }

    /// Collects properties that have one origin.
    pub fn from_pairs<K: AsRef<str>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
        origin: &Origin,
    ) -> Self {
        let mut properties = Self::at(origin.clone());
        for (key, value) in pairs {
            properties.set(key.as_ref(), value, origin.clone());
        }
        properties
    }

    /// Gives the text of a property.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.map.get(key).map(|(value, _)| value.as_str())
    }

    /// Gives the origin of a property; [`Origin::Default`] if it is not set.
    pub fn origin(&self, key: &str) -> Origin {
        self.map.get(key).map(|(_, origin)| origin.clone()).unwrap_or_default()
    }

    /// Gives where a missing option should be.
    pub fn home(&self) -> &Origin {
        &self.home
    }

    /// Removes a property, as `RESET key` does.
    pub fn remove(&mut self, key: &str) {
        self.map.remove(key);
    }

    /// Sets all properties of another set over these.
    pub fn overlay(&mut self, other: &Self) {
        for (key, (value, origin)) in &other.map {
            self.map.insert(key.clone(), (value.clone(), origin.clone()));
        }
    }

    /// Lists key, text and origin, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Origin)> {
        self.map.iter().map(|(key, (value, origin))| (key.as_str(), value.as_str(), origin))
    }

    /// Counts the properties.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Tells whether there is no property.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Gives text and origin of a property.
    pub(crate) fn entry(&self, key: &str) -> Option<(&str, &Origin)> {
        self.map.get(key).map(|(value, origin)| (value.as_str(), origin))
    }
}
