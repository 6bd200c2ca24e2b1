//! The metastore as a service of its own: killed while partitions are added, and away while a pipeline runs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use metastore::client::{HiveCatalog, Options};
use metastore::{Catalog, FieldSchema, Partition, PartitionSpec, Table, TableName};

use crate::streams::{stop, until, visible_rows, watched};
use crate::support::{Scratch, rows};

/// A running `skep metastore`.
struct Service {
    child: Child,
    uri: String,
}

impl Service {
    /// Starts it on a port of its own, or again on the one that it had.
    fn start(scratch: &Scratch, listen: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
        command.args(["metastore", "--listen", listen]).arg("--warehouse").arg(scratch.path("ms"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut uri = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut uri).unwrap();
        Self { child, uri: uri.trim().to_owned() }
    }

    fn catalog(&self) -> HiveCatalog {
        HiveCatalog::new(Options { rounds: 1, ..Options::new(vec![self.uri.clone()]) }).unwrap()
    }

    fn address(&self) -> &str {
        self.uri.trim_start_matches("thrift://")
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn acknowledged_partitions_survive_kills() {
    let scratch = Scratch::new();
    let mut service = Service::start(&scratch, "127.0.0.1:0");
    assert!(service.uri.starts_with("thrift://127.0.0.1:"), "{}", service.uri);
    let mut table = Table::new("t".parse().unwrap());
    table.sd.cols.push(FieldSchema::new("id", "int"));
    table.partition_keys.push(FieldSchema::new("n", "int"));
    let table = service.catalog().create_table(&table).unwrap();
    let mut acknowledged: Vec<u32> = Vec::new();
    let mut next = 0;
    for round in 0..4 {
        let catalog = service.catalog();
        let killer = std::thread::spawn({
            let id = service.child.id().to_string();
            let (first, enough) = (next, 20 + 30 * round);
            let seen = service.catalog();
            move || {
                // In the middle of the adding, as the catalog itself shows.
                let name: TableName = "t".parse().unwrap();
                until("some partitions", || {
                    let port: &dyn Catalog = &seen;
                    port.partition_names(&name, None).count() >= (first + enough) as usize
                });
                Command::new("kill").args(["-9", &id]).status().unwrap();
            }
        });
        for n in next.. {
            let spec = PartitionSpec::new([("n", Some(n.to_string()))]);
            next = n + 1;
            match catalog.add_partitions(&table.name, &[Partition::of_table(&table, spec)]) {
                Ok(_) => acknowledged.push(n),
                Err(error) => {
                    assert_eq!(error.kind(), metastore::Kind::Unavailable, "{error:?}");
                    break;
                }
            }
        }
        killer.join().unwrap();
        service.child.wait().unwrap();
        let address = service.address().to_owned();
        service = Service::start(&scratch, &address);
        let names: Vec<_> =
            acknowledged.iter().map(|n| format!("n={n}").parse().unwrap()).collect();
        let there = service.catalog().get_partitions(&table.name, &names).unwrap();
        assert_eq!(there.len(), acknowledged.len(), "round {round}");
        // One whose answer was lost may be there or not.
        next = next.max(acknowledged.len() as u32 + round);
    }
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
}

#[test]
fn data_go_on_while_the_metastore_is_away() {
    let scratch = Scratch::new();
    let mut service = Service::start(&scratch, "127.0.0.1:0");
    let script = watched(&scratch, ", 'sink.partition-commit.idle-timeout'='300 ms'");
    scratch.write("job.hql", &script);
    let uri = service.uri.clone();
    let skep = |args: &[&str]| {
        let mut command = scratch.skep(args);
        command.env("SKEP__METASTORE__URIS", &uri);
        command
    };
    let text = rows(4000);
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = lines.split_at(1800);
    let put = |name: &str, lines: &[&str]| {
        let whole = lines.join("\n");
        scratch.write(&format!(".{name}"), &whole);
        std::fs::rename(scratch.path(&format!(".{name}")), scratch.path(&format!("in/{name}")))
            .unwrap();
    };
    put("a.json", first);
    let log = std::fs::File::create(scratch.path("log")).unwrap();
    let child = skep(&["ingest", "job.hql"]).stderr(log).spawn().unwrap();
    let said = || std::fs::read_to_string(scratch.path("log")).unwrap();
    let table: TableName = "t".parse().unwrap();
    let announced = |service: &Service| {
        let catalog = service.catalog();
        let port: &dyn Catalog = &catalog;
        port.partition_names(&table, None).filter_map(Result::ok).count()
    };
    until("the first partitions", || announced(&service) > 0);
    let place = service.catalog().get_table(&table).unwrap().sd.location.unwrap();
    service.kill();
    put("b.json", second);
    until("the second file without a metastore", || visible_rows(&scratch) >= 4000);
    // What waits says why.
    until("a partition that waits for the metastore", || {
        let listed = skep(&["partitions", "t", "--format", "json"]).output().unwrap();
        String::from_utf8_lossy(&listed.stdout).contains("waiting for the metastore")
    });
    until("a warning of the pipeline", || said().contains("metastore does not answer"));
    let address = service.address().to_owned();
    service = Service::start(&scratch, &address);
    let folders = || {
        let root = metastore::location::to_path(&place).unwrap();
        let days = std::fs::read_dir(root).unwrap().flatten().map(|day| day.path());
        let hours = days.filter(|day| day.is_dir()).flat_map(|day| std::fs::read_dir(day).unwrap());
        hours.flatten().filter(|hour| hour.path().is_dir()).count()
    };
    until("the announcements", || announced(&service) == folders());
    let (code, _) = stop(child);
    assert_eq!(code, Some(0), "{}", said());
}

#[test]
fn the_catalog_that_a_script_uses_is_its_metastore() {
    let scratch = Scratch::new();
    let service = Service::start(&scratch, "127.0.0.1:0");
    let site = format!(
        "<configuration><property><name>hive.metastore.uris</name><value>{}</value></property>\
         </configuration>",
        service.uri
    );
    std::fs::create_dir(scratch.path("conf")).unwrap();
    scratch.write("conf/hive-site.xml", &site);
    let input = scratch.write("in.json", &rows(100));
    let conf = scratch.path("conf");
    let catalog = format!(
        "CREATE CATALOG h WITH ('type'='hive', 'hive-conf-dir'='{}');\nUSE CATALOG h;\n",
        conf.display()
    );
    let script = crate::support::script(&input, "");
    scratch.write("job.hql", &format!("{catalog}{script}"));
    let done = scratch.run(&["ingest", "job.hql"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let names = service.catalog();
    let names: &dyn Catalog = &names;
    assert!(names.partition_names(&"t".parse().unwrap(), None).count() > 0);
    // Two metastores at once are none of ours.
    std::fs::create_dir(scratch.path("conf2")).unwrap();
    scratch.write("conf2/hive-site.xml", &site);
    let other = catalog.replace(" h", " g").replace("conf'", "conf2'");
    scratch.write("job.hql", &format!("{catalog}{other}{script}"));
    assert_eq!(scratch.run(&["validate", "job.hql"]).status.code(), Some(78));
}

/// The call `get_all_databases` and its answer, whatever the databases.
fn databases(stream: &TcpStream) -> std::io::Result<String> {
    let mut call = vec![0x80, 1, 0, 1, 0, 0, 0, 17];
    call.extend(b"get_all_databases\0\0\0\x07\0");
    (&*stream).write_all(&call)?;
    // Header, field 0: a list of one text, stop.
    let mut answer = [0; 29 + 3 + 5 + 4 + 7 + 1];
    (&*stream).read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[41..48]).into_owned())
}

/// Most memory that a process has had, in MB.
fn peak_memory(id: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap() / 1024
}

#[test]
fn a_thousand_clients_are_not_hurt_by_bad_ones() {
    const CLIENTS: usize = 1000;
    const LONG: usize = 120 << 20;
    // This process has the clients' ends.
    let mut files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    files.current = files.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, files).unwrap();
    let scratch = Scratch::new();
    let service = Service::start(&scratch, "127.0.0.1:0");
    let connect = || {
        let stream = TcpStream::connect(service.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    };
    let clients: Vec<TcpStream> = (0..CLIENTS).map(|_| connect()).collect();
    let all_are_answered = || {
        std::thread::scope(|scope| {
            for some in clients.chunks(CLIENTS / 8) {
                scope.spawn(move || {
                    for client in some {
                        assert_eq!(databases(client).unwrap(), "default");
                    }
                });
            }
        });
    };
    all_are_answered();
    // One stops in the middle of a message, one talks another protocol, and some begin a long text each and do not end it.
    let slow = connect();
    (&slow).write_all(&[0x80, 1, 0, 1, 0, 0, 0, 17, b'g']).unwrap();
    let garbage = connect();
    (&garbage).write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!((&garbage).read(&mut [0; 9]).unwrap_or(0), 0);
    let mut head = vec![0x80, 1, 0, 1, 0, 0, 0, 1, b'x', 0, 0, 0, 1, 11, 0, 1];
    head.extend((LONG as u32).to_be_bytes());
    let greedy: Vec<TcpStream> = (0..6).map(|_| connect()).collect();
    let mut cut_off = 0;
    for stream in &greedy {
        let part = vec![b'x'; 1 << 20];
        let mut sent = (&*stream).write_all(&head);
        for _ in 0..LONG / part.len() - 1 {
            sent = sent.and_then(|()| (&*stream).write_all(&part));
        }
        cut_off += usize::from(sent.is_err());
    }
    assert!(cut_off >= 3, "{cut_off} greedy clients were cut off");
    all_are_answered();
    let memory = peak_memory(service.child.id());
    assert!(memory < 500, "{memory} MB");
    drop((slow, greedy));
    // The room is free again.
    until("a long message is read", || {
        let stream = connect();
        let part = vec![b'x'; LONG];
        let sent = (&stream).write_all(&head).and_then(|()| (&stream).write_all(&part));
        sent.and_then(|()| (&stream).write_all(&[0])).is_ok()
            && (&stream).read_exact(&mut [0; 4]).is_ok()
    });
}

#[test]
fn a_metastore_that_is_away_is_no_mistake_of_the_script() {
    let scratch = Scratch::new();
    let mut service = Service::start(&scratch, "127.0.0.1:0");
    let input = scratch.write("in.json", &rows(100));
    scratch.write("job.hql", &crate::support::script(&input, ""));
    service.kill();
    for verb in ["ingest", "validate"] {
        let mut command = scratch.skep(&[verb, "job.hql"]);
        let done = command.env("SKEP__METASTORE__URIS", &service.uri).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(69), "{said}");
        assert!(said.contains("metastore does not answer"), "{said}");
        assert!(!said.contains("no table"), "{said}");
    }
}
