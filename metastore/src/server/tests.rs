//! Whole conversations of foreign clients, replayed.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use thrift::protocol::{TBinaryInputProtocol, TInputProtocol, TType};

use super::arguments::Context;
use super::connection::answer;
use crate::embedded::EmbeddedStore;
use crate::generated::structs as wire;
use crate::wire::message::{self, Kind};

/// A call and what a real metastore answered.
struct Recorded {
    connection: u64,
    mark: String,
    request: Vec<u8>,
    reply: Option<Vec<u8>>,
}

/// Replaces the folder that a conversation was recorded in; both texts have the same length, so that no length changes.
fn moved(mut bytes: Vec<u8>, to: &str) -> Vec<u8> {
    const FROM: &[u8] = b"/tmp/run/";
    assert_eq!(to.len(), FROM.len());
    for at in 0..bytes.len().saturating_sub(FROM.len() - 1) {
        if &bytes[at..at + FROM.len()] == FROM {
            bytes[at..at + FROM.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

fn recorded(name: &str, to: &str) -> Vec<Recorded> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hms").join(name);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let bytes = |value: &serde_json::Value| {
        let text = value.as_str()?;
        Some(base64::engine::general_purpose::STANDARD.decode(text).unwrap())
    };
    text.lines()
        .map(|line| {
            let call: serde_json::Value = serde_json::from_str(line).unwrap();
            Recorded {
                connection: call["conn"].as_u64().unwrap(),
                mark: call["mark"].as_str().unwrap_or_default().to_owned(),
                request: moved(bytes(&call["request_b64"]).unwrap(), to),
                reply: bytes(&call["reply_b64"]).map(|reply| moved(reply, to)),
            }
        })
        .collect()
}

/// Lists the fields of a struct as paths with their types: `0.7.parameters`; lists and maps count by their first element.
fn shape(body: &[u8]) -> Vec<String> {
    let mut from = TBinaryInputProtocol::new(body, true);
    let mut found = Vec::new();
    walk(&mut from, TType::Struct, "", &mut found).unwrap();
    found.sort();
    found.dedup();
    found
}

fn walk(
    from: &mut dyn TInputProtocol,
    kind: TType,
    path: &str,
    found: &mut Vec<String>,
) -> thrift::Result<()> {
    match kind {
        TType::Struct => {
            from.read_struct_begin()?;
            loop {
                let field = from.read_field_begin()?;
                if field.field_type == TType::Stop {
                    break;
                }
                let here = format!("{path}.{}", field.id.unwrap());
                found.push(format!("{here}:{:?}", field.field_type));
                walk(from, field.field_type, &here, found)?;
            }
            from.read_struct_end()
        }
        TType::List => {
            let list = from.read_list_begin()?;
            for _ in 0..list.size {
                walk(from, list.element_type, &format!("{path}[]"), found)?;
            }
            Ok(())
        }
        TType::Map => {
            let map = from.read_map_begin()?;
            for _ in 0..map.size {
                walk(from, map.key_type.unwrap(), &format!("{path}<"), found)?;
                walk(from, map.value_type.unwrap(), &format!("{path}>"), found)?;
            }
            Ok(())
        }
        other => from.skip(other),
    }
}

fn body(bytes: &[u8]) -> (Kind, Vec<u8>) {
    let message = message::read(&mut &*bytes).unwrap().unwrap();
    (message.kind, message.body)
}

/// Fields below which a real metastore answers something and this one does not.
const DIFFERENCES: &[(&str, &str)] = &[
    // Hive 4 has a second warehouse for managed tables; here there is one.
    ("get_database_req", ".0.10:String"),
    // So in this conversation the partitions are not below the table's folder, and are listed one by one.
    ("get_partitions_spec_by_expr", ".0.1[].4"),
];

/// Gives the transactions that a real metastore opened in answer to a call.
fn opened(call: &Recorded) -> Option<i64> {
    let request = message::read(&mut &*call.request).unwrap()?;
    let reply = message::read(&mut call.reply.as_deref()?).unwrap()?;
    (request.name == "open_txns").then(|| {
        let answer = crate::wire::result::<wire::OpenTxnsCall>(&reply.body);
        answer.unwrap().unwrap().txn_ids[0]
    })
}

/// Uses up the transactions that others opened before, so that the next one has the recorded number.
fn skip_to(store: &EmbeddedStore, next: i64) {
    while store.transactions().unwrap().high_water_mark < next - 1 {
        let ids = store.open_transactions(1, 0, "other", "elsewhere").unwrap();
        // The first one stays in the lists.
        if ids[0] == 1 {
            store.abort_transaction(1).unwrap();
        } else {
            store.commit_transaction(ids[0]).unwrap();
        }
    }
}

/// Runs a conversation and lists the calls that were answered in another shape than the real metastore's.
fn replay(name: &str) -> (usize, Vec<String>) {
    let folder = tempfile::Builder::new().prefix("").rand_bytes(3).tempdir_in("/tmp").unwrap();
    let root = format!("{}/", folder.path().display());
    let store = EmbeddedStore::open(&folder.path().join("m.db"), &format!("file:{root}warehouse"));
    let store = Arc::new(store.unwrap());
    let calls = recorded(name, &root);
    let mut contexts = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    let count = calls.len();
    for call in calls {
        let context = contexts.entry(call.connection).or_insert_with(|| Context::new(&store));
        let message = message::read(&mut &*call.request).unwrap().unwrap();
        let method = message.name.clone();
        if let Some(id) = opened(&call) {
            skip_to(&store, id);
        }
        let answer = answer(context, &message).unwrap();
        let Some(reply) = call.reply else { continue };
        let ((kind, ours), (wanted_kind, wanted)) = (body(&answer), body(&reply));
        let first = |body: &[u8]| shape(body).into_iter().find(|f| f.matches('.').count() == 1);
        if kind != wanted_kind || first(&ours) != first(&wanted) {
            let text = String::from_utf8_lossy(&ours[..ours.len().min(200)]).into_owned();
            wrong.push(format!(
                "[{}] {method}: answered {kind:?} {:?} for {wanted_kind:?} {:?}: {text:?}",
                call.mark,
                first(&ours),
                first(&wanted)
            ));
            continue;
        }
        let (ours, wanted) = (shape(&ours), shape(&wanted));
        let known = |field: &String| {
            DIFFERENCES.iter().any(|(call, path)| *call == method && field.starts_with(path))
        };
        let less: Vec<_> = wanted.iter().filter(|f| !ours.contains(f) && !known(f)).collect();
        if !less.is_empty() {
            wrong.push(format!("[{}] {method}: lacks {less:?}", call.mark));
        }
    }
    (count, wrong)
}

fn check(name: &str, calls: usize) {
    let (count, wrong) = replay(name);
    assert_eq!(count, calls);
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn hive_2_3() {
    check("hive-2.3.9.jsonl.gz", 424);
}

#[test]
fn hive_3_1() {
    check("hive-3.1.3.jsonl.gz", 661);
}

#[test]
fn hive_4() {
    check("hive-4.0.1.jsonl.gz", 516);
}

#[test]
fn hive_3_1_transactions() {
    check("hive-3.1.3-acid.jsonl.gz", 408);
}

#[test]
fn hive_4_transactions() {
    check("hive-4.0.1-acid.jsonl.gz", 359);
}

#[test]
fn spark_3_5() {
    check("spark-3.5.6.jsonl.gz", 572);
}

mod connections {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::Arc;

    use crate::EmbeddedStore;
    use crate::generated::structs as wire;
    use crate::server::{Options, Server};
    use crate::wire::message::{self, Kind};

    fn serve(folder: &std::path::Path, max_connections: usize) -> Server {
        let store = EmbeddedStore::open(&folder.join("m.db"), "file:/wh").unwrap();
        let options = Options { listen: ([127, 0, 0, 1], 0).into(), max_connections };
        Server::start(Arc::new(store), &options).unwrap()
    }

    fn ask(stream: &TcpStream) -> std::io::Result<Option<message::Message>> {
        let call = message::call(7, &wire::GetAllDatabasesCall {}).unwrap();
        message::send(&mut &*stream, &call)?;
        message::read(&mut std::io::BufReader::new(stream))
    }

    #[test]
    fn bad_clients_hurt_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), 400);
        let good: Vec<_> =
            (0..300).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
        let huge =
            [&[0x80, 1, 0, 1, 0, 0, 0, 1, b'x', 0, 0, 0, 0, 11, 0, 1][..], &[0x7f; 4]].concat();
        let deep =
            [&[0x80, 1, 0, 1, 0, 0, 0, 1, b'x', 0, 0, 0, 0][..], &[12, 0, 1].repeat(200)].concat();
        let bad: [&[u8]; 5] =
            [b"GET / HTTP/1.1\r\n\r\n", &[0x80, 1, 0, 1, 0x7f, 0, 0, 0], &huge, &deep, &[0xff; 64]];
        for bytes in bad {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(bytes).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).ok();
            assert_eq!(answer, b"", "{bytes:?}");
        }
        for stream in &good {
            assert_eq!(ask(stream).unwrap().unwrap().sequence, 7);
        }
    }

    #[test]
    fn unknown_calls_and_wrong_arguments_are_answered_and_the_connection_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), 10);
        let stream = TcpStream::connect(server.address()).unwrap();
        let unknown = [0x80, 1, 0, 1, 0, 0, 0, 2, b'n', b'o', 0, 0, 0, 1, 0];
        // The name of the table is a number here.
        let mut wrong = vec![0x80, 1, 0, 1, 0, 0, 0, 9];
        wrong.extend(b"get_table\0\0\0\x02\x08\0\x01\x7f\0\0\0\0");
        for (bytes, wanted) in
            [(&unknown[..], "Invalid method name: 'no'"), (&wrong, "cannot be read")]
        {
            message::send(&mut &stream, bytes).unwrap();
            let answer = message::read(&mut std::io::BufReader::new(&stream)).unwrap().unwrap();
            assert_eq!(answer.kind, Kind::Exception);
            let text = message::read_refusal(&answer.body).message;
            assert!(text.contains(wanted), "{text}");
        }
        assert!(ask(&stream).unwrap().is_some());
    }

    #[test]
    fn who_asks_for_indexes_is_told_that_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), 10);
        let stream = TcpStream::connect(server.address()).unwrap();
        let (db_name, tbl_name) = (Some("default".to_owned()), Some("t".to_owned()));
        let max_indexes = Some(-1);
        let call = wire::GetIndexesCall { db_name, tbl_name, max_indexes };
        message::send(&mut &stream, &message::call(3, &call).unwrap()).unwrap();
        let answer = message::read(&mut std::io::BufReader::new(&stream)).unwrap().unwrap();
        // Field 0 is a list of no structs.
        assert_eq!(
            (answer.kind, answer.body.as_slice()),
            (Kind::Reply, &[15, 0, 0, 12, 0, 0, 0, 0, 0][..])
        );
    }

    #[test]
    fn one_connection_too_many_is_closed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), 2);
        let first: Vec<_> = (0..2)
            .map(|_| {
                let stream = TcpStream::connect(server.address()).unwrap();
                ask(&stream).unwrap().unwrap();
                stream
            })
            .collect();
        let third = TcpStream::connect(server.address()).unwrap();
        assert!(!matches!(ask(&third), Ok(Some(_))));
        assert!(ask(&first[0]).unwrap().is_some());
    }
}
