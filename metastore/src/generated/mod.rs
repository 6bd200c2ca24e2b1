//! What `idl/generate.py` makes of Hive's interface; never edited by hand.

pub(crate) mod methods;
pub(crate) mod structs;
