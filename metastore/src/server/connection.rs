//! One connection: messages in, answers out, in order.
//!
//! A client that is slow, silent or greedy costs itself its connection: a message that has begun must end in [`MESSAGE_TIMEOUT`], an answer
//! must be fetched at [`SLOWEST_BYTES_A_SECOND`], and what is longer than [`FREE_BYTES`] comes out of a budget of all connections.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Limits;
use super::arguments::Context;
use super::budget::Held;
use super::dispatch;
use crate::embedded::EmbeddedStore;
use crate::wire::message::{self, Kind, Message};
use crate::wire::{Fault, FaultKind};

/// How long a connection may say nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// How long a message may take from its first byte to its last.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a client may take to fetch a short answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How fast a client must fetch a long one.
const SLOWEST_BYTES_A_SECOND: usize = 1 << 20;

/// How long a call waits for its turn, and its answer for room.
const PATIENCE: Duration = Duration::from_secs(30);

/// Messages and answers up to here need no room of the budget.
const FREE_BYTES: usize = 64 << 10;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 16 << 10;

#[expect(clippy::disallowed_methods, reason = "the clock of a connection")]
fn now() -> Instant {
    Instant::now()
}

/// A stream that must be done at a moment.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Serves a connection until the client closes it or sends what is no message.
pub(super) fn serve(stream: &TcpStream, store: &EmbeddedStore, limits: &Limits) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut context = Context::new(store);
    let mut input =
        BufReader::with_capacity(BUFFER_BYTES, Timed { stream, deadline: now() + IDLE_TIMEOUT });
    while let Ok(Some((message, taken))) = next(&mut input, limits) {
        let Some((answer, room)) = turn(&mut context, &message, limits) else { break };
        if message.kind == Kind::Call && send(stream, &answer).is_err() {
            break;
        }
        drop((taken, room));
        if message.name == "shutdown" {
            break;
        }
    }
}

/// Reads the next message, together with the room that it takes; `None` at the end of the stream.
fn next<'a>(
    input: &mut BufReader<Timed<'_>>,
    limits: &'a Limits,
) -> io::Result<Option<(Message, Held<'a>)>> {
    input.get_mut().deadline = now() + IDLE_TIMEOUT;
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    input.get_mut().deadline = now() + MESSAGE_TIMEOUT;
    let mut room = limits.messages.none();
    let message =
        message::read_within(input, &mut |bytes| bytes <= FREE_BYTES || room.grow(bytes))?;
    Ok(message.map(|message| (message, room)))
}

/// Answers a message when it is its turn; `None` if it is no call. Together with a long answer comes the room that it takes.
fn turn<'a>(
    context: &mut Context<'_>,
    message: &Message,
    limits: &'a Limits,
) -> Option<(Vec<u8>, Option<Held<'a>>)> {
    let busy = |why: &str| {
        let fault = Fault::new(FaultKind::Internal, format!("the metastore is busy: {why}"));
        Some((message::refusal(&message.name, message.sequence, &fault).ok()?, None))
    };
    let turn = if dispatch::lists_partitions(&message.name) {
        let Some(turn) = limits.lists.wait(1, PATIENCE) else {
            return busy("too many calls list partitions");
        };
        Some(turn)
    } else {
        None
    };
    let answer = answer(context, message)?;
    if answer.len() <= FREE_BYTES {
        return Some((answer, None));
    }
    let room = limits.answers.wait(answer.len(), PATIENCE);
    drop(turn);
    match room {
        Some(room) => Some((answer, Some(room))),
        None => busy("too many long answers wait to be fetched"),
    }
}

fn send(stream: &TcpStream, answer: &[u8]) -> io::Result<()> {
    let long = u32::try_from(answer.len() / SLOWEST_BYTES_A_SECOND).unwrap_or(u32::MAX);
    let deadline = now() + ANSWER_TIMEOUT + Duration::from_secs(long.into());
    message::send(&mut Timed { stream, deadline }, answer)
}

/// Answers one message; `None` if it is no call.
pub(super) fn answer(context: &mut Context<'_>, message: &Message) -> Option<Vec<u8>> {
    if !matches!(message.kind, Kind::Call | Kind::OneWay) {
        return None;
    }
    let answered = match dispatch::find(&message.name) {
        Some(handler) => handler(context, message),
        None => {
            let unknown = format!("Invalid method name: '{}'", message.name);
            let fault = Fault::new(FaultKind::UnknownMethod, unknown);
            message::refusal(&message.name, message.sequence, &fault)
        }
    };
    answered
        .or_else(|error| {
            // An answer that cannot be written, such as one that is too long.
            let fault = Fault::new(FaultKind::Internal, error.to_string());
            message::refusal(&message.name, message.sequence, &fault)
        })
        .ok()
}
