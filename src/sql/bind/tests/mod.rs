mod inserts;
mod values;
