mod inserts;
mod properties;
mod values;
