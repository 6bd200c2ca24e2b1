//! One connection: messages in, answers out, in order.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::arguments::Context;
use super::dispatch;
use crate::embedded::EmbeddedStore;
use crate::wire::message::{self, Kind, Message};
use crate::wire::{Fault, FaultKind};

/// How long a client may take to fetch an answer before its connection is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a connection may say nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Serves a connection until the client closes it or sends what is no message.
pub(super) fn serve(stream: &TcpStream, store: &EmbeddedStore) {
    let set = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_read_timeout(Some(IDLE_TIMEOUT)))
        .and_then(|()| stream.set_write_timeout(Some(WRITE_TIMEOUT)));
    if set.is_err() {
        return;
    }
    let mut context = Context::new(store);
    let mut input = BufReader::with_capacity(64 << 10, stream);
    let mut output = stream;
    while let Ok(Some(message)) = message::read(&mut input) {
        let Some(answer) = answer(&mut context, &message) else { break };
        if message.kind == Kind::Call && message::send(&mut output, &answer).is_err() {
            break;
        }
        if message.name == "shutdown" {
            break;
        }
    }
    output.flush().ok();
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
