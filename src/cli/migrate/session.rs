//! Variables of a script while it is looked at: those with a value, and signs for the others.

use std::cell::RefCell;
use std::collections::BTreeMap;

use dialect::ast::{Set, Statement, StatementKind};

/// What stands for variables without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A name, which also stands for an expression or a part of a string.
    Name,
    /// A number.
    Number,
}

/// The variables and settings of a script so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Session {
    /// Values by namespace and name.
    values: BTreeMap<(String, String), String>,
}

/// Variables without a value, with what stood for them.
#[derive(Debug, Default)]
pub(super) struct Open {
    signs: RefCell<Vec<(String, String)>>,
}

impl Session {
    /// Begins with values given from outside.
    pub(super) fn new(hivevar: &BTreeMap<String, String>) -> Self {
        let value = |(name, value): (&String, &String)| {
            (("hivevar".to_owned(), name.clone()), value.clone())
        };
        Self { values: hivevar.iter().map(value).collect() }
    }

    /// Finds the value of a variable, or a sign for it.
    pub(super) fn lookup(&self, space: &str, name: &str, sign: Sign, open: &Open) -> String {
        match self.values.get(&(space.to_owned(), name.to_owned())) {
            Some(value) => value.clone(),
            None => open.sign(space, name, sign),
        }
    }

    /// Takes what a statement sets.
    pub(super) fn take(&mut self, statement: &Statement) {
        let StatementKind::Set(Set::Assign { key, value, .. }) = &statement.kind else { return };
        let (space, name) = match key.name.split_once(':') {
            Some((space @ ("hivevar" | "hiveconf" | "system"), name)) => (space, name),
            _ => ("hiveconf", key.name.as_str()),
        };
        self.values.insert((space.to_owned(), name.to_owned()), value.clone());
    }
}

impl Open {
    /// Makes a sign for a variable, or gives the one it has.
    pub(super) fn sign(&self, space: &str, name: &str, sign: Sign) -> String {
        let written = if space == "hivevar" { name.to_owned() } else { format!("{space}:{name}") };
        let mut signs = self.signs.borrow_mut();
        if let Some((_, sign)) = signs.iter().find(|(other, _)| *other == written) {
            return sign.clone();
        }
        let made = match sign {
            Sign::Name => format!("skep_variable_{}_", signs.len()),
            Sign::Number => format!("70939{:04}", signs.len()),
        };
        signs.push((written, made.clone()));
        made
    }

    /// The variables, each once, as they are written between braces.
    pub(super) fn names(&self) -> Vec<String> {
        self.signs.borrow().iter().map(|(name, _)| name.clone()).collect()
    }

    /// Tells whether all had values.
    pub(super) fn is_empty(&self) -> bool {
        self.signs.borrow().is_empty()
    }

    /// Puts the variables back where their signs stand.
    pub(super) fn restore(&self, text: &str) -> String {
        self.signs.borrow().iter().fold(text.to_owned(), |text, (name, sign)| {
            text.replace(sign.as_str(), &format!("${{{name}}}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_put_back() {
        let open = Open::default();
        let text = format!(
            "{} {} {}",
            open.sign("hivevar", "a", Sign::Name),
            open.sign("hiveconf", "b", Sign::Name),
            open.sign("hivevar", "a", Sign::Name)
        );
        assert_eq!(open.restore(&text), "${a} ${hiveconf:b} ${a}");
    }
}
