//! One connection to a metastore.

use std::io::{BufReader, Error as IoError, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};

use super::Options;
use crate::generated::structs as wire;
use crate::wire::message::{self, Kind, Message};
use crate::wire::{Fault, Method, result};

/// Connection that cannot be used any longer.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) address: String,
    /// The call was sent, so that it may have been carried out.
    pub(super) sent: bool,
    pub(super) error: IoError,
}

/// Open connection whose user is set.
pub(super) struct Connection {
    address: String,
    stream: TcpStream,
    input: BufReader<TcpStream>,
    sequence: i32,
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> IoError {
    IoError::new(ErrorKind::InvalidData, error)
}

impl Connection {
    /// Connects and says for whom.
    pub(super) fn open(address: &str, options: &Options) -> Result<Self, Broken> {
        let broken = |error| Broken { address: address.to_owned(), sent: false, error };
        let stream = connect(address, options).map_err(broken)?;
        let set = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(options.call_timeout)))
            .and_then(|()| stream.set_write_timeout(Some(options.call_timeout)))
            .and_then(|()| stream.try_clone());
        let input = BufReader::with_capacity(64 << 10, set.map_err(broken)?);
        let mut connection = Self { address: address.to_owned(), stream, input, sequence: 0 };
        let user = options.user.clone();
        let ugi = wire::SetUgiCall { user_name: Some(user), group_names: Some(Vec::new()) };
        // What it answers is of no use, as long as it answers.
        match connection.call(&ugi) {
            Ok(_) => Ok(connection),
            Err(broken) => Err(Broken { sent: false, ..broken }),
        }
    }

    /// Makes a call and reads its answer.
    pub(super) fn call<M: Method>(
        &mut self,
        arguments: &M,
    ) -> Result<Result<M::Success, Fault>, Broken> {
        let mut sent = false;
        self.exchange(arguments, &mut sent).map_err(|error| Broken {
            address: self.address.clone(),
            sent,
            error,
        })
    }

    fn exchange<M: Method>(
        &mut self,
        arguments: &M,
        sent: &mut bool,
    ) -> std::io::Result<Result<M::Success, Fault>> {
        self.sequence = self.sequence.wrapping_add(1);
        let bytes = message::call(self.sequence, arguments).map_err(invalid)?;
        *sent = true;
        message::send(&mut self.stream, &bytes)?;
        let answer: Message = message::read(&mut self.input)?
            .ok_or_else(|| IoError::new(ErrorKind::UnexpectedEof, "it closed the connection"))?;
        if answer.sequence != self.sequence || answer.name != M::NAME {
            return Err(invalid(format!("it answered {} to {}", answer.name, M::NAME)));
        }
        match answer.kind {
            Kind::Reply => result::<M>(&answer.body).map_err(invalid),
            Kind::Exception => Ok(Err(message::read_refusal(&answer.body))),
            Kind::Call | Kind::OneWay => Err(invalid("it sent a call")),
        }
    }
}

/// Connects to the first address of a name that takes it.
fn connect(address: &str, options: &Options) -> std::io::Result<TcpStream> {
    let mut last = IoError::new(ErrorKind::NotFound, "the host has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, options.connect_timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
