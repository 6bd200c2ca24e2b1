//! Stage 2: payloads to batches. Records that cannot be decoded become [`dead_letter::DeadLetter`]s; they leave no trace in the
//! columns. The decoders themselves are in `formats::message`.

pub mod dead_letter;
pub mod records;
pub mod registry;
