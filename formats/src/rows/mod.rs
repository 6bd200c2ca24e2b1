//! Rows of record formats into columns: the growing columns that all of them fill.

mod batch;
mod column;

pub(crate) use batch::Rows;
pub(crate) use column::{Column, Data};
