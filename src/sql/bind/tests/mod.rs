mod inserts;
mod joins;
mod properties;
mod refusals;
mod values;
