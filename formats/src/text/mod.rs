//! Text: rows of lines, as Hive's text SerDes read and write them.

pub(crate) mod print;
