//! Calls of Hive's thrift interface: what a call and its answer are, and how they lie in a message.
//!
//! ```text
//! bytes ──message::read──► Message { name, body } ──Method::read──► NAME_call ──handler──► result or Fault ──reply──► bytes
//! ```
//!
//! The structs are generated; answers are written here, because every one has the same form: field 0 is the result, another field is an
//! exception of one text.
//!
//! # Why
//! A generated server demands all arguments, and clients leave out those that are null. A message is first cut out of the stream by its
//! wire types alone ([`message`]), so that one that does not fit its struct costs an answer and not the connection.

pub(crate) mod message;

use std::collections::BTreeMap;
use std::fmt;

use thrift::protocol::{
    TBinaryInputProtocol, TFieldIdentifier, TInputProtocol, TListIdentifier, TMapIdentifier,
    TOutputProtocol, TSerializable, TType, field_id,
};

/// Exception that a call may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    AlreadyExists,
    ConfigValSecurity,
    InvalidInput,
    InvalidObject,
    InvalidOperation,
    Meta,
    NoSuchLock,
    NoSuchObject,
    NoSuchTxn,
    TxnAborted,
    TxnOpen,
    UnknownDB,
    UnknownTable,
    /// Not of the interface: thrift's own "unknown method".
    UnknownMethod,
    /// Not of the interface: thrift's own "internal error".
    Internal,
}

/// Exception with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Makes a `MetaException`, which nearly every call may answer.
    pub(crate) fn meta(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Meta, message)
    }

    /// Gives the exception of `faults` that says this best, with its field id; `None` if the call has no exception for it.
    pub(crate) fn field(&self, faults: &[(i16, FaultKind)]) -> Option<i16> {
        use FaultKind::{
            InvalidInput, InvalidObject, InvalidOperation, Meta, NoSuchObject, UnknownDB,
            UnknownTable,
        };
        let near: &[FaultKind] = match self.kind {
            NoSuchObject => &[UnknownTable, UnknownDB, InvalidObject, InvalidOperation],
            UnknownDB | UnknownTable => &[NoSuchObject, InvalidObject, InvalidOperation],
            InvalidInput => &[InvalidObject, InvalidOperation],
            InvalidObject => &[InvalidInput, InvalidOperation],
            InvalidOperation => &[InvalidObject],
            FaultKind::UnknownMethod | FaultKind::Internal => return None,
            _ => &[],
        };
        let find = |kind: &FaultKind| faults.iter().find(|(_, k)| k == kind).map(|(id, _)| *id);
        find(&self.kind).or_else(|| near.iter().find_map(find)).or_else(|| find(&Meta))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Fault {}

/// Value that can be the result of a call.
pub(crate) trait Value: Sized {
    const TYPE: TType;
    fn read(from: &mut dyn TInputProtocol) -> thrift::Result<Self>;
    fn write(&self, to: &mut dyn TOutputProtocol) -> thrift::Result<()>;
}

/// Call: the generated struct of its arguments, and what it answers.
pub(crate) trait Method: TSerializable {
    type Success: Value;
    const NAME: &'static str;
    /// Field ids of its exceptions.
    const FAULTS: &'static [(i16, FaultKind)];
}

macro_rules! method {
    ($call:ident, $name:literal, $success:ty, [$($fault:expr),*]) => {
        impl $crate::wire::Method for super::structs::$call {
            type Success = $success;
            const NAME: &'static str = $name;
            const FAULTS: &'static [(i16, FaultKind)] = &[$($fault),*];
        }
    };
}

macro_rules! struct_value {
    ($name:ident) => {
        impl $crate::wire::Value for super::structs::$name {
            const TYPE: thrift::protocol::TType = thrift::protocol::TType::Struct;
            fn read(from: &mut dyn thrift::protocol::TInputProtocol) -> thrift::Result<Self> {
                thrift::protocol::TSerializable::read_from_in_protocol(from)
            }
            fn write(&self, to: &mut dyn thrift::protocol::TOutputProtocol) -> thrift::Result<()> {
                thrift::protocol::TSerializable::write_to_out_protocol(self, to)
            }
        }
    };
}

pub(crate) use {method, struct_value};

macro_rules! scalar_value {
    ($type:ty, $wire:ident, $read:ident, |$value:ident, $to:ident| $write:expr) => {
        impl Value for $type {
            const TYPE: TType = TType::$wire;
            fn read(from: &mut dyn TInputProtocol) -> thrift::Result<Self> {
                from.$read()
            }
            fn write(&self, $to: &mut dyn TOutputProtocol) -> thrift::Result<()> {
                let $value = self;
                $write
            }
        }
    };
}

scalar_value!(bool, Bool, read_bool, |v, to| to.write_bool(*v));
scalar_value!(i32, I32, read_i32, |v, to| to.write_i32(*v));
scalar_value!(i64, I64, read_i64, |v, to| to.write_i64(*v));
scalar_value!(String, String, read_string, |v, to| to.write_string(v));

impl Value for () {
    const TYPE: TType = TType::Void;
    fn read(_: &mut dyn TInputProtocol) -> thrift::Result<Self> {
        Ok(())
    }
    fn write(&self, _: &mut dyn TOutputProtocol) -> thrift::Result<()> {
        Ok(())
    }
}

impl<T: Value> Value for Vec<T> {
    const TYPE: TType = TType::List;
    fn read(from: &mut dyn TInputProtocol) -> thrift::Result<Self> {
        let list = from.read_list_begin()?;
        let mut items = Vec::new();
        for _ in 0..list.size {
            items.push(T::read(from)?);
        }
        from.read_list_end()?;
        Ok(items)
    }
    fn write(&self, to: &mut dyn TOutputProtocol) -> thrift::Result<()> {
        let size = i32::try_from(self.len()).map_err(thrift_size)?;
        to.write_list_begin(&TListIdentifier::new(T::TYPE, size))?;
        for item in self {
            item.write(to)?;
        }
        to.write_list_end()
    }
}

impl Value for BTreeMap<String, String> {
    const TYPE: TType = TType::Map;
    fn read(from: &mut dyn TInputProtocol) -> thrift::Result<Self> {
        let map = from.read_map_begin()?;
        let mut entries = Self::new();
        for _ in 0..map.size {
            entries.insert(from.read_string()?, from.read_string()?);
        }
        from.read_map_end()?;
        Ok(entries)
    }
    fn write(&self, to: &mut dyn TOutputProtocol) -> thrift::Result<()> {
        let size = i32::try_from(self.len()).map_err(thrift_size)?;
        to.write_map_begin(&TMapIdentifier::new(TType::String, TType::String, size))?;
        for (key, value) in self {
            to.write_string(key)?;
            to.write_string(value)?;
        }
        to.write_map_end()
    }
}

fn thrift_size(error: std::num::TryFromIntError) -> thrift::Error {
    thrift::Error::User(error.into())
}

/// Reads the arguments of a call from a message's body.
///
/// # Errors
/// If the bytes do not fit the struct: a field of another type, a required field that is missing, a text that is not UTF-8.
pub(crate) fn arguments<M: Method>(body: &[u8]) -> thrift::Result<M> {
    M::read_from_in_protocol(&mut input(body)?)
}

/// Reads a struct that was written by [`struct_bytes`].
pub(crate) fn from_bytes<T: TSerializable>(bytes: &[u8]) -> thrift::Result<T> {
    T::read_from_in_protocol(&mut input(bytes)?)
}

/// Writes a struct.
pub(crate) fn struct_bytes<T: TSerializable>(value: &T) -> thrift::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.write_to_out_protocol(&mut message::output(&mut bytes))?;
    Ok(bytes)
}

/// Makes a protocol over a whole struct; no length in it is believed beyond its end.
fn input(body: &[u8]) -> thrift::Result<TBinaryInputProtocol<&[u8]>> {
    let config = thrift::TConfiguration::builder()
        .max_message_size(Some(body.len().max(1)))
        .max_frame_size(Some(body.len().max(1)))
        .max_string_size(Some(body.len().max(1)))
        .max_container_size(Some(body.len().max(1)))
        .max_recursion_depth(Some(message::MAX_DEPTH))
        .build()?;
    Ok(TBinaryInputProtocol::with_config(body, true, config))
}

/// Reads what a call answered.
///
/// # Errors
/// If the bytes do not fit, or hold neither result nor exception.
pub(crate) fn result<M: Method>(body: &[u8]) -> thrift::Result<Result<M::Success, Fault>> {
    let mut from = input(body)?;
    let mut found = None;
    from.read_struct_begin()?;
    loop {
        let field = from.read_field_begin()?;
        if field.field_type == TType::Stop {
            break;
        }
        let id = field_id(&field)?;
        if id == 0 && field.field_type == M::Success::TYPE {
            found = Some(Ok(M::Success::read(&mut from)?));
        } else if field.field_type == TType::Struct {
            let kind = M::FAULTS.iter().find(|(i, _)| *i == id).map_or(FaultKind::Meta, |f| f.1);
            found = Some(Err(Fault { kind, message: read_exception(&mut from)? }));
        } else {
            from.skip(field.field_type)?;
        }
    }
    match found {
        Some(result) => Ok(result),
        // A result without value has no field.
        None if M::Success::TYPE == TType::Void => Ok(Ok(M::Success::read(&mut from)?)),
        None => Err(thrift::Error::Application(thrift::ApplicationError::new(
            thrift::ApplicationErrorKind::MissingResult,
            format!("{} answered nothing", M::NAME),
        ))),
    }
}

fn read_exception(from: &mut dyn TInputProtocol) -> thrift::Result<String> {
    let mut message = String::new();
    from.read_struct_begin()?;
    loop {
        let field = from.read_field_begin()?;
        match (field.field_type, field.id) {
            (TType::Stop, _) => break,
            (TType::String, Some(1)) => message = from.read_string()?,
            (other, _) => from.skip(other)?,
        }
    }
    from.read_struct_end()?;
    Ok(message)
}

/// Writes the body of an answer.
pub(crate) fn write_result<M: Method>(
    to: &mut dyn TOutputProtocol,
    result: &M::Success,
) -> thrift::Result<()> {
    if M::Success::TYPE != TType::Void {
        to.write_field_begin(&TFieldIdentifier::new("success", M::Success::TYPE, 0))?;
        result.write(to)?;
        to.write_field_end()?;
    }
    to.write_field_stop()
}

/// Writes the body of an answer that is an exception.
pub(crate) fn write_fault(
    to: &mut dyn TOutputProtocol,
    id: i16,
    message: &str,
) -> thrift::Result<()> {
    to.write_field_begin(&TFieldIdentifier::new("o", TType::Struct, id))?;
    to.write_field_begin(&TFieldIdentifier::new("message", TType::String, 1))?;
    to.write_string(message)?;
    to.write_field_end()?;
    to.write_field_stop()?;
    to.write_field_end()?;
    to.write_field_stop()
}
