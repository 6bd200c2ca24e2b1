//! Rows of record formats into columns: the growing columns that all of them fill.

mod column;

pub(crate) use column::{Column, Data, Rows};
