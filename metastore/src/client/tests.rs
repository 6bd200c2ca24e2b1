use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::conformance::{self, CASES};
use crate::error::Kind;
use crate::model::{FieldSchema, Partition, Table};
use crate::names::PartitionSpec;
use crate::server::{self, Server};
use crate::wire::{arguments, message};
use crate::{Catalog, EmbeddedStore};

fn serve(folder: &Path) -> Server {
    let warehouse = format!("file:{}", folder.join("warehouse").display());
    let store = EmbeddedStore::open(&folder.join("m.db"), &warehouse).unwrap();
    let options =
        server::Options { listen: ([127, 0, 0, 1], 0).into(), ..server::Options::default() };
    Server::start(Arc::new(store), &options).unwrap()
}

fn quick(uris: &[String]) -> Options {
    Options { rounds: 2, pause: Duration::from_millis(1), ..Options::new(uris.to_vec()) }
}

fn client(uris: &[String]) -> HiveCatalog {
    HiveCatalog::new(quick(uris)).unwrap()
}

/// A port that nobody listens on.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("thrift://{}", listener.local_addr().unwrap())
}

#[test]
fn the_embedded_metastore_passes_the_suite_over_thrift() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let catalog = client(&[format!("thrift://{}", server.address())]);
    let mut wrong = Vec::new();
    for (name, case) in CASES {
        if let Err(error) = case(&catalog) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let other = client(&[server.address().to_string()]);
    conformance::concurrent(&[&catalog, &other], 8).unwrap();
}

#[test]
fn the_next_address_is_tried_and_none_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let catalog = client(&[closed_port(), format!("thrift://{}/", server.address())]);
    assert_eq!(catalog.list_databases().unwrap(), ["default"]);
    drop(server);
    let error = catalog.list_databases().unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    let text = format!("{error} {error:?}");
    assert!(text.contains("get_all_databases") && text.contains("127.0.0.1"), "{text}");
}

/// What becomes of a call on its way.
enum Way {
    Through,
    /// The server does it, and the connection ends before the answer.
    Lost,
    /// The server never sees it.
    Answered(Vec<u8>),
}

/// Stands between client and server and closes the connection instead of handing over the first answers to a call.
fn forgetful(server: &Server, call: &'static str, losses: usize) -> String {
    between(server, call, losses, |_| Way::Lost)
}

/// Stands between client and server and itself answers the first times that partitions are added: with an exception of this text if the
/// call `fits` not.
fn failing(
    server: &Server,
    failures: usize,
    text: &'static str,
    fits: fn(&[wire::Partition]) -> bool,
) -> String {
    between(server, "add_partitions_req", failures, move |request| {
        let call = arguments::<wire::AddPartitionsReqCall>(&request.body).unwrap();
        if fits(&call.request.unwrap().parts) {
            return Way::Through;
        }
        let fault = Fault::meta(text);
        let answer = message::reply::<wire::AddPartitionsReqCall>(request.sequence, &Err(fault));
        Way::Answered(answer.unwrap())
    })
}

/// Stands between client and server, and does with the first messages of a call as it is told.
fn between(
    server: &Server,
    call: &'static str,
    times: usize,
    way: impl Fn(&message::Message) -> Way + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().to_string();
    let (there, left) = (server.address(), Arc::new(AtomicUsize::new(times)));
    let way = Arc::new(way);
    thread::spawn(move || {
        for client in listener.incoming().map_while(std::result::Result::ok) {
            let (left, way) = (Arc::clone(&left), Arc::clone(&way));
            thread::spawn(move || {
                let server = TcpStream::connect(there).unwrap();
                let (mut from_client, mut from_server) =
                    (BufReader::new(&client), BufReader::new(&server));
                while let Ok(Some(request)) = message::read(&mut from_client) {
                    let less = |n: usize| n.checked_sub(1);
                    let chosen = request.name == call
                        && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
                    let way = if chosen { way(&request) } else { Way::Through };
                    if let Way::Answered(own) = way {
                        message::send(&mut &client, &own).unwrap();
                        continue;
                    }
                    message::send(&mut &server, &framed(&request, 1)).unwrap();
                    let answered = message::read(&mut from_server).unwrap().unwrap();
                    if matches!(way, Way::Lost) {
                        return;
                    }
                    message::send(&mut &client, &framed(&answered, 2)).unwrap();
                }
            });
        }
    });
    here
}

fn framed(message: &message::Message, kind: u8) -> Vec<u8> {
    let mut bytes = vec![0x80, 0x01, 0x00, kind];
    bytes.extend((message.name.len() as i32).to_be_bytes());
    bytes.extend(message.name.as_bytes());
    bytes.extend(message.sequence.to_be_bytes());
    bytes.extend(&message.body);
    bytes
}

#[test]
fn calls_whose_answers_are_lost_are_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let mut table = Table::new("t".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "int"));
    table.partition_keys.push(FieldSchema::new("dt", "string"));

    let lossy = client(&[forgetful(&server, "create_table_with_environment_context", 1)]);
    let made = lossy.create_table(&table).unwrap();
    let partition = |dt: &str| Partition::of_table(&made, PartitionSpec::new([("dt", Some(dt))]));
    let lossy = client(&[forgetful(&server, "add_partitions_req", 1)]);
    assert_eq!(lossy.add_partitions(&made.name, &[partition("a")]).unwrap(), [true]);
    assert_eq!(lossy.add_partitions(&made.name, &[partition("a")]).unwrap(), [false]);
    let lossy = client(&[forgetful(&server, "drop_partitions_req", 1)]);
    let path = partition("a").spec.to_path().unwrap();
    assert_eq!(lossy.drop_partitions(&made.name, &[path]).unwrap().len(), 1);
    let lossy = client(&[forgetful(&server, "drop_table_with_environment_context", 1)]);
    assert_eq!(lossy.drop_table(&made.name).unwrap().table.name, made.name);
    // More than the attempts.
    let lossy = client(&[forgetful(&server, "get_all_databases", 9)]);
    assert_eq!(lossy.list_databases().unwrap_err().kind(), Kind::Unavailable);
}

/// A table with partitions that are not added yet: `n=0` and so on.
fn table_with(server: &Server, count: usize) -> (Table, Vec<Partition>) {
    let mut table = Table::new("t".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "int"));
    table.partition_keys.push(FieldSchema::new("n", "int"));
    let made = client(&[server.address().to_string()]).create_table(&table).unwrap();
    let spec = |n: usize| PartitionSpec::new([("n", Some(n.to_string()))]);
    let partitions = (0..count).map(|n| Partition::of_table(&made, spec(n))).collect();
    (made, partitions)
}

#[test]
fn what_passes_is_asked_for_again_and_nothing_else() {
    const PASSING: &str = "A lock could not be obtained within the time requested";
    for (text, failures, wanted) in [
        (PASSING, 2, None),
        (PASSING, 3, Some(Kind::Unavailable)),
        // Two more answers would have been there.
        ("NullPointerException", 1, Some(Kind::Unavailable)),
        ("value too long for type character varying(4000)", 1, Some(Kind::Config)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path());
        let (made, partitions) = table_with(&server, 1);
        let far = client(&[failing(&server, failures, text, |_| false)]);
        let added = far.add_partitions(&made.name, &partitions);
        assert_eq!(added.as_ref().err().map(Error::kind), wanted, "{text} {failures}: {added:?}");
        if let Err(error) = added {
            assert!(error.to_string().contains("partition=n=0"), "{error}");
            assert_eq!(error.hint().is_some(), wanted == Some(Kind::Config), "{error:?}");
            assert_eq!(far.add_partitions(&made.name, &partitions).unwrap(), [true], "{text}");
        }
    }
}

#[test]
fn an_event_that_is_too_long_for_the_metastore_is_made_shorter() {
    const TOO_LONG: &str =
        "A truncation error was encountered trying to shrink LONG VARCHAR '{}' to length 32700.";
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let (made, partitions) = table_with(&server, 230);
    let far = client(&[failing(&server, usize::MAX, TOO_LONG, |parts| parts.len() < 30)]);
    let added = far.add_partitions(&made.name, &partitions).unwrap();
    assert_eq!(added, vec![true; partitions.len()]);
    let names: Vec<_> = partitions.iter().map(|p| p.spec.to_path().unwrap()).collect();
    assert_eq!(far.get_partitions(&made.name, &names).unwrap().len(), partitions.len());
}

#[test]
fn one_partition_that_is_refused_is_named_and_those_before_it_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let (made, partitions) = table_with(&server, 100);
    let fits = |parts: &[wire::Partition]| {
        !parts.iter().any(|p| p.values.as_ref().is_some_and(|v| v[0] == "77"))
    };
    let far = client(&[failing(&server, usize::MAX, "Permission denied: user=hive", fits)]);
    let error = far.add_partitions(&made.name, &partitions).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.to_string().contains("partition=n=77"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("right")), "{error:?}");
    let there = (&far as &dyn Catalog)
        .partition_names(&made.name, None)
        .map(|name| name.unwrap().to_string());
    let mut there: Vec<u32> = there.map(|name| name[2..].parse().unwrap()).collect();
    there.sort_unstable();
    assert_eq!(there, (0..77).collect::<Vec<_>>());
}

#[test]
fn many_partitions_go_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let catalog = client(&[server.address().to_string()]);
    let mut table = Table::new("many".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "int"));
    table.partition_keys.push(FieldSchema::new("n", "int"));
    let made = catalog.create_table(&table).unwrap();
    let all: Vec<_> = (0..1234)
        .map(|n| Partition::of_table(&made, PartitionSpec::new([("n", Some(n.to_string()))])))
        .collect();
    assert_eq!(catalog.add_partitions(&made.name, &all).unwrap(), vec![true; all.len()]);
    let port: &dyn Catalog = &catalog;
    let names: Vec<_> = port.partition_names(&made.name, None).map(Result::unwrap).collect();
    assert_eq!(names.len(), 1234);
    assert!(names.is_sorted());
    assert_eq!(catalog.get_partitions(&made.name, &names).unwrap().len(), 1234);
    let some = "n >= 1200".parse().unwrap();
    assert_eq!(port.partition_names(&made.name, Some(&some)).count(), 34);
    assert_eq!(catalog.drop_partitions(&made.name, &names).unwrap().len(), 1234);
}

#[test]
fn addresses_are_checked() {
    for (uri, wanted) in [
        ("thrift://hms.example:9083", Some("hms.example:9083")),
        ("thrift://hms.example", Some("hms.example:9083")),
        (" hms.example:1 ", Some("hms.example:1")),
        ("thrift://[::1]:9083/", Some("[::1]:9083")),
        ("[::1]", Some("[::1]:9083")),
        ("http://hms.example", None),
        ("thrift://", None),
        ("thrift://hms.example:port", None),
        ("thrift://hms.example/db", None),
        ("thrift://ann@hms.example:1", None),
    ] {
        assert_eq!(address(uri).ok().as_deref(), wanted, "{uri}");
    }
    assert_eq!(HiveCatalog::new(Options::new(Vec::new())).unwrap_err().kind(), Kind::Config);
}

#[test]
fn addresses_are_found_in_a_configuration_file() {
    let file = "<configuration>
      <!-- <property><name>hive.metastore.uris</name><value>thrift://old:1</value></property> -->
      <property><name>other</name><value>x</value></property>
      <property>
        <name>hive.metastore.uris</name>
        <value>thrift://a:1, thrift://b:2&amp;c</value><description>d</description>
      </property></configuration>";
    assert_eq!(site::uris(file), ["thrift://a:1", "thrift://b:2&c"]);
    assert_eq!(site::property(file, "other").as_deref(), Some("x"));
    assert_eq!(site::property(file, "nothing"), None);
    assert!(site::uris("no xml at all").is_empty());
    let empty = file.replace("thrift://a:1, thrift://b:2&amp;c", " ");
    assert!(site::uris(&empty).is_empty());
}

#[test]
fn events_that_were_deleted_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path());
    let far = client(&[format!("thrift://{}", server.address())]);
    let near = EmbeddedStore::open(&folder.path().join("m.db"), "/wh").unwrap();
    let mut table = Table::new("t".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "bigint"));
    table.partition_keys.push(FieldSchema::new("p", "string"));
    let table = near.create_table(&table).unwrap();
    let begin = near.last_event().unwrap().unwrap();
    for value in ["1", "2", "3"] {
        let spec = PartitionSpec::new([("p", Some(value))]);
        near.add_partitions(&table.name, &[Partition::of_table(&table, spec)]).unwrap();
    }
    let file = rusqlite::Connection::open(folder.path().join("m.db")).unwrap();
    for (deleted, known, after_first) in
        [(None, Some(3), Some(2)), (Some(begin + 1), None, Some(2))]
    {
        if let Some(id) = deleted {
            file.execute("DELETE FROM events WHERE id = ?", [id]).unwrap();
        }
        for catalog in [&near as &dyn Catalog, &far] {
            let since = |event| catalog.changes(&table, event).unwrap().map(|c| c.partitions.len());
            assert_eq!(since(begin), known, "{deleted:?}");
            assert_eq!(since(begin + 1), after_first, "{deleted:?}");
            assert_eq!(since(begin + 100), None, "of another metastore");
        }
    }
}
