//! A connection to one broker: plain or TLS, who we are, one question and its answer at a time.
//!
//! The socket never blocks by itself: whoever waits says for how long.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::api::{code, refused, version, versions};
use super::fetch;
use super::sasl::{Credentials, Mechanism};
use super::wire::{Answer, Api, Request, frame};
use crate::error::{Error, Kind, Result};
use crate::time::{Clock, Timestamp};

/// Bytes of an answer before it is known that a Kafka broker answers.
const FIRST_ANSWERS: usize = 1 << 20;
/// Bytes of an answer at most.
const ANSWERS: usize = 1 << 30;

/// How brokers are talked to.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    pub(super) client: String,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) credentials: Option<Credentials>,
    pub(super) connect_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection to one broker.
pub(super) struct Connection {
    stream: Stream,
    address: String,
    dial: Dial,
    next_id: i32,
    /// The question that is not answered yet.
    waiting: Option<i32>,
    bytes: Vec<u8>,
    have: usize,
    /// Length of the answer once it is known.
    need: Option<usize>,
    longest: usize,
    /// Version of the request for messages.
    pub(super) fetch_version: i16,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("address", &self.address).finish_non_exhaustive()
    }
}

fn lost(address: &str, e: std::io::Error) -> Error {
    // A certificate that is not believed stays so.
    let tls = e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
    let made = if tls {
        Error::config("the connection to a Kafka broker is not trusted")
            .with_hint("check 'properties.security.protocol' and 'properties.ssl.ca.location'")
    } else {
        Error::unavailable("the connection to a Kafka broker is lost")
    };
    made.with("broker", address).with_source(e)
}

impl Connection {
    /// Connects, proves who we are, and asks what the broker knows.
    ///
    /// # Errors
    /// `Unavailable` if it does not answer, `Config` if it refuses us, `Unsupported` if it is too old or too new.
    pub(super) fn open(dial: &Dial, address: &str) -> Result<Self> {
        let failed = |e| {
            Error::unavailable("cannot connect to a Kafka broker")
                .with("broker", address)
                .with_source(e)
        };
        let mut last = None;
        let mut found = None;
        for socket in address.to_socket_addrs().map_err(failed)? {
            match TcpStream::connect_timeout(&socket, dial.connect_timeout) {
                Ok(stream) => {
                    found = Some(stream);
                    break;
                }
                Err(e) => last = Some(e),
            }
        }
        let stream = match (found, last) {
            (Some(stream), _) => stream,
            (None, Some(e)) => return Err(failed(e)),
            (None, None) => {
                return Err(Error::unavailable("a Kafka broker's name has no address")
                    .with("broker", address));
            }
        };
        stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true)).map_err(failed)?;
        let stream = match &dial.tls {
            None => Stream::Plain(stream),
            Some(config) => {
                let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
                let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(host).map_err(|e| {
                    Error::config("a broker's name is no host name")
                        .with("broker", address)
                        .with_source(e)
                })?;
                let client = ClientConnection::new(Arc::clone(config), name)
                    .map_err(|e| Error::internal("cannot begin TLS").with_source(e))?;
                Stream::Tls(Box::new(StreamOwned::new(client, stream)))
            }
        };
        let mut made = Self {
            stream,
            address: address.to_owned(),
            dial: dial.clone(),
            next_id: 0,
            waiting: None,
            bytes: Vec::new(),
            have: 0,
            need: None,
            longest: FIRST_ANSWERS,
            fetch_version: fetch::VERSIONS.1,
        };
        made.greet()?;
        made.longest = ANSWERS;
        Ok(made)
    }

    fn greet(&mut self) -> Result<()> {
        let answer = self.ask(Api::Versions, version::API_VERSIONS, |_| {})?;
        let known = versions(Answer::at(&answer, 4))?;
        let (low, high) = known.get(&(Api::Fetch as i16)).copied().unwrap_or((0, 0));
        let ours = fetch::VERSIONS;
        self.fetch_version = high.min(ours.1);
        if self.fetch_version < ours.0.max(low) {
            return Err(Error::unsupported("the Kafka broker's version cannot be talked to")
                .with("broker", &self.address)
                .with("its fetch versions", format!("{low} to {high}"))
                .with_hint("brokers from 0.11 on can be read"));
        }
        match self.dial.credentials.clone() {
            Some(credentials) => {
                self.authenticate(&credentials).map_err(|e| e.with("broker", &self.address))
            }
            None => Ok(()),
        }
    }

    fn authenticate(&mut self, credentials: &Credentials) -> Result<()> {
        let name = credentials.mechanism.name();
        let answer = self.ask(Api::SaslHandshake, version::SASL_HANDSHAKE, |request| {
            request.text(name);
        })?;
        let mut answer = Answer::at(&answer, 4);
        let error = answer.i16()?;
        if error != code::NONE {
            let offered = answer.list(Answer::text)?.join(", ");
            return Err(refused("the SASL mechanism", error)
                .with("mechanism", name)
                .with("it takes", offered)
                .with_hint("set 'properties.sasl.mechanism' to one that it takes"));
        }
        if credentials.mechanism == Mechanism::Plain {
            self.prove(&credentials.plain())?;
            return Ok(());
        }
        let bits = || RandomState::new().build_hasher().finish();
        let scram = credentials.scram(&format!("{:016x}{:016x}", bits(), bits()));
        let challenge = self.prove(&scram.first_message())?;
        let (message, expected) = scram.final_message(&challenge)?;
        let signature = self.prove(&message)?;
        if signature == expected {
            return Ok(());
        }
        Err(Error::config("the broker does not know our password, so it is not ours"))
    }

    fn prove(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let answer = self.ask(Api::SaslAuthenticate, version::SASL_AUTHENTICATE, |request| {
            request.bytes(message);
        })?;
        let mut answer = Answer::at(&answer, 4);
        let error = answer.i16()?;
        let why = answer.text()?;
        if error != code::NONE {
            return Err(refused("who we are", error)
                .with("why", why)
                .with_hint("check the user name and the password"));
        }
        Ok(answer.bytes()?.to_vec())
    }

    /// Tells whether a question is not answered yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Sends a question; `answer` is used for the answer.
    ///
    /// # Errors
    /// `Unavailable` if the connection is lost.
    pub(super) fn send(
        &mut self,
        api: Api,
        version: i16,
        answer: Vec<u8>,
        body: impl FnOnce(&mut Request),
    ) -> Result<()> {
        self.next_id = self.next_id.wrapping_add(1);
        let request = frame(api, version, self.next_id, &self.dial.client, body);
        (self.bytes, self.have, self.need) = (answer, 0, None);
        let deadline = self.dial.clock.now().plus(self.dial.request_timeout);
        let mut rest = request.as_slice();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(e) => self.wait_for(PollFlags::OUT, e, deadline)?,
            }
        }
        loop {
            match self.stream.flush() {
                Ok(()) => break,
                Err(e) => self.wait_for(PollFlags::OUT, e, deadline)?,
            }
        }
        self.waiting = Some(self.next_id);
        Ok(())
    }

    /// Waits until the socket is ready again, if that is all that is wrong.
    fn wait_for(&self, flags: PollFlags, e: std::io::Error, deadline: Timestamp) -> Result<()> {
        match e.kind() {
            ErrorKind::Interrupted => return Ok(()),
            ErrorKind::WouldBlock => {}
            _ => return Err(lost(&self.address, e)),
        }
        let left = deadline.since(self.dial.clock.now());
        if left.is_zero() {
            return Err(Error::unavailable("a Kafka broker does not answer in time")
                .with("broker", &self.address));
        }
        // Both directions: TLS may have to write before it can read.
        wait(&[self.fd()], flags | PollFlags::IN, left.min(Duration::from_secs(1)))
    }

    /// Takes what has come; gives the whole answer once it is there, without its length. Never waits.
    ///
    /// # Errors
    /// `Unavailable` if the connection is lost, `Config` if no Kafka broker answers.
    pub(super) fn receive(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let need = self.need.unwrap_or(4);
            if self.bytes.len() < need {
                self.bytes.resize(need, 0);
            }
            if self.have < need {
                let target = self.bytes.get_mut(self.have..need).unwrap_or_default();
                match self.stream.read(target) {
                    Ok(0) => {
                        let e = std::io::Error::from(ErrorKind::UnexpectedEof);
                        return Err(lost(&self.address, e));
                    }
                    Ok(n) => self.have += n,
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                    Err(e) => return Err(lost(&self.address, e)),
                }
                continue;
            }
            if self.need.is_some() {
                self.need = None;
                self.have = 0;
                let mut answer = std::mem::take(&mut self.bytes);
                answer.truncate(need);
                return self.is_ours(&answer).map(|()| Some(answer));
            }
            let len = self.bytes.first_chunk::<4>().map_or(0, |len| u32::from_be_bytes(*len));
            let len = len as usize;
            if !(4..=self.longest).contains(&len) {
                return Err(Error::config("what answers is no Kafka broker")
                    .with("address", &self.address)
                    .with_hint("check the port, and 'properties.security.protocol': TLS and plain ports differ"));
            }
            self.need = Some(len);
            self.have = 0;
        }
    }

    fn is_ours(&mut self, answer: &[u8]) -> Result<()> {
        let id = Answer::new(answer).i32()?;
        if self.waiting.take() == Some(id) {
            return Ok(());
        }
        Err(Error::unavailable("a Kafka broker answers another question")
            .with("broker", &self.address))
    }

    /// Asks and waits for the answer, up to the time-out.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive); `Unavailable` after the time-out.
    pub(super) fn ask(
        &mut self,
        api: Api,
        version: i16,
        body: impl FnOnce(&mut Request),
    ) -> Result<Vec<u8>> {
        self.send(api, version, Vec::new(), body)?;
        let deadline = self.dial.clock.now().plus(self.dial.request_timeout);
        loop {
            if let Some(answer) = self.receive()? {
                return Ok(answer);
            }
            self.wait_for(PollFlags::IN, ErrorKind::WouldBlock.into(), deadline)?;
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::Plain(stream) => stream.as_fd(),
            Stream::Tls(stream) => stream.sock.as_fd(),
        }
    }
}

/// Waits until one of the sockets is ready; with none it is a pause.
///
/// # Errors
/// `Unavailable` if the system cannot do that.
pub(super) fn wait(sockets: &[BorrowedFd<'_>], flags: PollFlags, at_most: Duration) -> Result<()> {
    let mut all: Vec<PollFd<'_>> =
        sockets.iter().map(|fd| PollFd::from_borrowed_fd(*fd, flags)).collect();
    let timeout = Timespec {
        tv_sec: i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: at_most.subsec_nanos().into(),
    };
    match poll(&mut all, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(e) => Err(Error::new(Kind::Unavailable, "cannot wait for a socket").with_source(e)),
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Tls(stream) => stream.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buf),
            Self::Tls(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
