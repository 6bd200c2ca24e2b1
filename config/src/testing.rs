//! Helpers of the tests.

use crate::problem::Origin;
use crate::properties::Properties;

/// Makes properties of lines of the form `key = value`; line numbers become origins.
pub(crate) fn properties(text: &str, origin: impl Fn(u32) -> Origin) -> Properties {
    let mut properties = Properties::at(origin(0));
    for (line, pair) in (1..).zip(text.trim_start().lines()) {
        let (key, value) = pair.trim_start().split_once('=').unwrap();
        properties.set(key, value, origin(line));
    }
    properties
}

/// Properties of a table `t` in `a.hql`.
pub(crate) fn table(text: &str) -> Properties {
    properties(text, |line| Origin::table("t", "a.hql", line))
}

/// Properties of a session that `a.hql` has set.
pub(crate) fn session(text: &str) -> Properties {
    let mut session = Properties::new();
    session.overlay(&properties(text, |line| Origin::set("a.hql", line)));
    session
}
