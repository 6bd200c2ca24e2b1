mod inserts;
mod properties;
mod refusals;
mod values;
