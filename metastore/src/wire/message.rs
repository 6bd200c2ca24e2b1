//! Messages in a stream of bytes: thrift's strict binary protocol without framing.
//!
//! ```text
//! 80 01 00 type │ length name │ sequence │ struct … 00
//! ```
//!
//! Limits: [`MAX_MESSAGE_BYTES`], [`MAX_NAME_BYTES`], [`MAX_DEPTH`]. No length in a message is believed before its bytes are there.
//!
//! Source: thrift's `TBinaryProtocol`.

use std::io::{self, BufRead, ErrorKind, Write};

use thrift::protocol::{
    TBinaryInputProtocol, TBinaryOutputProtocol, TMessageIdentifier, TMessageType, TOutputProtocol,
};

use super::{Fault, FaultKind, Method, write_fault, write_result};

/// Longest message. Hive's own limit is 100 MB by default.
pub(crate) const MAX_MESSAGE_BYTES: usize = 128 << 20;

/// Longest name of a call.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// Deepest nesting of structs and containers.
pub(crate) const MAX_DEPTH: usize = 64;

/// Kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Reply,
    Exception,
    /// A call without an answer.
    OneWay,
}

/// One message, its arguments or answer still as bytes.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) sequence: i32,
    pub(crate) body: Vec<u8>,
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

/// Reads the next message; `None` at the end of the stream.
///
/// # Errors
/// `InvalidData` if the bytes are no message or a limit is passed, and whatever reading gives.
pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Option<Message>> {
    read_within(input, &mut |_| true)
}

/// Reads as [`read`]; `room` is asked before the message takes more memory, with the bytes that it will take in all.
///
/// # Errors
/// As [`read`]; `OutOfMemory` if there is no room.
pub(crate) fn read_within(
    input: &mut impl BufRead,
    room: &mut dyn FnMut(usize) -> bool,
) -> io::Result<Option<Message>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut cut = Cut { input, body: Vec::new(), room };
    let version = cut.number()?;
    let kind = match version.cast_unsigned() {
        0x8001_0001 => Kind::Call,
        0x8001_0002 => Kind::Reply,
        0x8001_0003 => Kind::Exception,
        0x8001_0004 => Kind::OneWay,
        _ => return Err(invalid("this is no message of thrift's strict binary protocol")),
    };
    let length = usize::try_from(cut.number()?).unwrap_or(usize::MAX);
    if length > MAX_NAME_BYTES {
        return Err(invalid("the name of the call is too long"));
    }
    cut.body.clear();
    cut.take(length)?;
    let name = String::from_utf8(std::mem::take(&mut cut.body))
        .map_err(|_| invalid("the name of the call is not UTF-8"))?;
    let sequence = cut.number()?;
    cut.body.clear();
    cut.value(TYPE_STRUCT, 0)?;
    Ok(Some(Message { kind, name, sequence, body: cut.body }))
}

const TYPE_STRUCT: u8 = 12;

/// Copies values out of a stream, of which only the wire types are known.
struct Cut<'a, R> {
    input: &'a mut R,
    body: Vec<u8>,
    room: &'a mut dyn FnMut(usize) -> bool,
}

impl<R: BufRead> Cut<'_, R> {
    fn take(&mut self, mut bytes: usize) -> io::Result<()> {
        if bytes > MAX_MESSAGE_BYTES - self.body.len() {
            return Err(invalid("the message is too long"));
        }
        while bytes > 0 {
            let there = self.input.fill_buf()?;
            if there.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let part = there.len().min(bytes);
            let (size, capacity) = (self.body.len() + part, self.body.capacity());
            if size > capacity {
                let wanted = size.max(2 * capacity);
                if !(self.room)(wanted) {
                    return Err(ErrorKind::OutOfMemory.into());
                }
                self.body.reserve_exact(wanted - self.body.len());
            }
            self.body.extend_from_slice(&there[..part]);
            self.input.consume(part);
            bytes -= part;
        }
        Ok(())
    }

    fn number(&mut self) -> io::Result<i32> {
        self.take(4)?;
        match self.body.last_chunk() {
            Some(bytes) => Ok(i32::from_be_bytes(*bytes)),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.take(1)?;
        self.body.last().copied().ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    fn size(&mut self) -> io::Result<usize> {
        usize::try_from(self.number()?).map_err(|_| invalid("a length is negative"))
    }

    fn value(&mut self, wire_type: u8, depth: usize) -> io::Result<()> {
        if depth == MAX_DEPTH {
            return Err(invalid("the message is nested too deeply"));
        }
        match wire_type {
            2 | 3 => self.take(1),
            6 => self.take(2),
            8 => self.take(4),
            4 | 10 => self.take(8),
            16 => self.take(16),
            11 => {
                let size = self.size()?;
                self.take(size)
            }
            TYPE_STRUCT => loop {
                let field = self.byte()?;
                if field == 0 {
                    return Ok(());
                }
                self.take(2)?;
                self.value(field, depth + 1)?;
            },
            13 => {
                let (key, value) = (self.byte()?, self.byte()?);
                for _ in 0..self.size()? {
                    self.value(key, depth + 1)?;
                    self.value(value, depth + 1)?;
                }
                Ok(())
            }
            14 | 15 => {
                let item = self.byte()?;
                for _ in 0..self.size()? {
                    self.value(item, depth + 1)?;
                }
                Ok(())
            }
            _ => Err(invalid("a field has an unknown type")),
        }
    }
}

pub(super) fn output(bytes: &mut Vec<u8>) -> TBinaryOutputProtocol<&mut Vec<u8>> {
    TBinaryOutputProtocol::new(bytes, true)
}

fn begin(
    to: &mut dyn TOutputProtocol,
    name: &str,
    kind: TMessageType,
    sequence: i32,
) -> thrift::Result<()> {
    to.write_message_begin(&TMessageIdentifier::new(name, kind, sequence))
}

/// Writes a call.
pub(crate) fn call<M: Method>(sequence: i32, arguments: &M) -> thrift::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut to = output(&mut bytes);
    begin(&mut to, M::NAME, TMessageType::Call, sequence)?;
    arguments.write_to_out_protocol(&mut to)?;
    Ok(bytes)
}

/// Writes the answer to a call.
pub(crate) fn reply<M: Method>(
    sequence: i32,
    result: &Result<M::Success, Fault>,
) -> thrift::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut to = output(&mut bytes);
    match result {
        Ok(result) => {
            begin(&mut to, M::NAME, TMessageType::Reply, sequence)?;
            write_result::<M>(&mut to, result)?;
        }
        Err(fault) => match fault.field(M::FAULTS) {
            Some(id) => {
                begin(&mut to, M::NAME, TMessageType::Reply, sequence)?;
                write_fault(&mut to, id, &fault.message)?;
            }
            None => return refusal(M::NAME, sequence, fault),
        },
    }
    Ok(bytes)
}

/// Writes thrift's own exception: for an unknown call, and for what no exception of the call says.
pub(crate) fn refusal(name: &str, sequence: i32, fault: &Fault) -> thrift::Result<Vec<u8>> {
    use thrift::ApplicationErrorKind::{InternalError, ProtocolError, UnknownMethod};
    let kind = match fault.kind {
        FaultKind::UnknownMethod => UnknownMethod,
        FaultKind::InvalidInput => ProtocolError,
        _ => InternalError,
    };
    let mut bytes = Vec::new();
    let mut to = output(&mut bytes);
    begin(&mut to, name, TMessageType::Exception, sequence)?;
    let error = thrift::ApplicationError::new(kind, fault.message.as_str());
    thrift::Error::write_application_error_to_out_protocol(&error, &mut to)?;
    Ok(bytes)
}

/// Reads thrift's own exception.
pub(crate) fn read_refusal(body: &[u8]) -> Fault {
    let mut from = TBinaryInputProtocol::new(body, true);
    match thrift::Error::read_application_error_from_in_protocol(&mut from) {
        Ok(error) => {
            let kind = match error.kind {
                thrift::ApplicationErrorKind::UnknownMethod => FaultKind::UnknownMethod,
                _ => FaultKind::Internal,
            };
            Fault::new(kind, error.message)
        }
        Err(error) => Fault::new(FaultKind::Internal, error.to_string()),
    }
}

/// Sends a whole message.
///
/// # Errors
/// Whatever writing gives.
pub(crate) fn send(output: &mut impl Write, message: &[u8]) -> io::Result<()> {
    output.write_all(message)?;
    output.flush()
}
