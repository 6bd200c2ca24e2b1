//! A schema registry over HTTP: the number at the front of a message to the schema it was written with.
//!
//! Asked once for each number and lane. HTTP 1.0 will do: one question, one answer, the end.
//!
//! Source: the REST interface of Confluent's Schema Registry.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use formats::FormatError;
use formats::message::SchemaRegistry;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde::Deserialize;

use crate::error::{Error, Result};

/// How long the registry may take to connect, and for each part of its answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer at most.
const LONGEST: u64 = 16 << 20;

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// A schema registry.
pub struct HttpRegistry {
    servers: Vec<Server>,
    /// What is sent as `Authorization`.
    authorization: Option<String>,
    tls: Option<Arc<ClientConfig>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    encrypted: bool,
    /// Host and port.
    address: String,
    host: String,
    /// What comes before `/schemas`.
    path: String,
    user_info: Option<String>,
}

/// How we prove who we are.
#[derive(Clone)]
pub enum Authorization {
    /// `user:password`.
    Basic(String),
    /// A token.
    Bearer(String),
}

impl fmt::Debug for HttpRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<&str> = self.servers.iter().map(|s| s.address.as_str()).collect();
        f.debug_struct("HttpRegistry").field("servers", &addresses).finish_non_exhaustive()
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Deserialize)]
struct Found {
    schema: String,
}

impl HttpRegistry {
    /// Makes the client of one registry with one or more addresses, separated by commas; does not connect.
    ///
    /// # Errors
    /// `Config` for an address that is none.
    pub fn new(
        urls: &str,
        authorization: Option<Authorization>,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self> {
        let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        let servers: Vec<Server> = urls.map(Server::parse).collect::<Result<_>>()?;
        let Some(first) = servers.first() else {
            return Err(Error::config("avro-confluent.url has no address"));
        };
        let in_url = first.user_info.clone().map(Authorization::Basic);
        let authorization = authorization.or(in_url).map(|authorization| match authorization {
            Authorization::Basic(user_info) => format!("Basic {}", BASE64.encode(user_info)),
            Authorization::Bearer(token) => format!("Bearer {token}"),
        });
        Ok(Self { servers, authorization, tls })
    }

    fn get(&self, server: &Server, id: u32) -> std::io::Result<(u16, Vec<u8>)> {
        let authorization = self.authorization.as_ref();
        let authorization =
            authorization.map_or(String::new(), |a| format!("Authorization: {a}\r\n"));
        let path = format!("{}/schemas/ids/{id}", server.path);
        let headers = format!(
            "Accept: application/vnd.schemaregistry.v1+json, application/json\r\n{authorization}"
        );
        server.get(&path, &headers, self.tls.as_ref())
    }
}

/// Reads what is at an address of `http` or `https`, such as the schema of an Avro table.
///
/// # Errors
/// `Config` for an address that is none; `Unavailable` if nothing is there, or the server cannot be reached.
pub fn fetch(url: &str, tls: &dyn Fn() -> Result<Arc<ClientConfig>>) -> Result<Vec<u8>> {
    let mut url = url.to_owned();
    for _ in 0..REDIRECTS {
        match fetch_once(&url, tls)? {
            Fetched::Body(body) => return Ok(body),
            Fetched::Elsewhere(place) => url = place,
        }
    }
    Err(Error::unavailable("a file is always elsewhere").with("redirects", REDIRECTS))
}

/// What a server answers.
enum Fetched {
    Body(Vec<u8>),
    /// The address at which it is.
    Elsewhere(String),
}

fn fetch_once(url: &str, tls: &dyn Fn() -> Result<Arc<ClientConfig>>) -> Result<Fetched> {
    let server = Server::of_url(url).ok_or_else(|| {
        Error::config("the address is none of http or https").with("address", url)
    })?;
    let authorization = server.user_info.as_ref();
    let authorization = authorization
        .map_or(String::new(), |user| format!("Authorization: Basic {}\r\n", BASE64.encode(user)));
    let path = if server.path.is_empty() { "/" } else { &server.path };
    // What is before the host may be a password.
    let unreachable = || {
        Error::unavailable("cannot fetch a file").with("host", &server.address).with("path", path)
    };
    let tls = server.encrypted.then(tls).transpose()?;
    let headers = format!("Accept: */*\r\n{authorization}");
    let answer =
        server.ask(path, &headers, tls.as_ref()).map_err(|e| unreachable().with_source(e))?;
    match (answer.status, answer.location) {
        (200, _) => Ok(Fetched::Body(answer.body)),
        (301 | 302 | 303 | 307 | 308, Some(place)) => Ok(Fetched::Elsewhere(server.place(&place))),
        (status, _) => Err(unreachable().with("HTTP status", status)),
    }
}

impl Server {
    fn parse(url: &str) -> Result<Self> {
        Self::of_url(url).ok_or_else(|| {
            Error::config("the address of the schema registry is none")
                .with_hint("write 'avro-confluent.url'='http://host:8081'")
        })
    }

    /// Gives the whole address of what a redirect names, which may lack the server or the folder.
    fn place(&self, location: &str) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        if location.contains("://") {
            location.to_owned()
        } else if let Some(rest) = location.strip_prefix("//") {
            format!("{scheme}://{rest}")
        } else if location.starts_with('/') {
            format!("{scheme}://{}{location}", self.address)
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{}{folder}/{location}", self.address)
        }
    }

    /// Asks for a path; gives the status and the body of the answer.
    fn get(
        &self,
        path: &str,
        headers: &str,
        tls: Option<&Arc<ClientConfig>>,
    ) -> std::io::Result<(u16, Vec<u8>)> {
        self.ask(path, headers, tls).map(|answer| (answer.status, answer.body))
    }

    /// Asks for a path.
    fn ask(
        &self,
        path: &str,
        headers: &str,
        tls: Option<&Arc<ClientConfig>>,
    ) -> std::io::Result<Answer> {
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n{headers}\r\n", self.address);
        let mut last = None;
        for socket in self.address.to_socket_addrs()? {
            let stream = match TcpStream::connect_timeout(&socket, TIMEOUT) {
                Ok(stream) => stream,
                Err(e) => {
                    last = Some(e);
                    continue;
                }
            };
            stream.set_read_timeout(Some(TIMEOUT))?;
            stream.set_write_timeout(Some(TIMEOUT))?;
            return match (tls, self.encrypted) {
                (Some(config), true) => {
                    let name = ServerName::try_from(self.host.clone())
                        .map_err(|e| std::io::Error::new(ErrorKind::InvalidInput, e))?;
                    let client = ClientConnection::new(Arc::clone(config), name)
                        .map_err(std::io::Error::other)?;
                    exchange(StreamOwned::new(client, stream), &request)
                }
                (None, true) => Err(ErrorKind::Unsupported.into()),
                (_, false) => exchange(stream, &request),
            };
        }
        Err(last.unwrap_or_else(|| ErrorKind::NotFound.into()))
    }

    fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (encrypted, default_port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return None,
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, format!("/{}", path.trim_end_matches('/'))),
            None => (rest, String::new()),
        };
        let path = if path == "/" { String::new() } else { path };
        let (user_info, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user.to_owned()), address),
            None => (None, authority),
        };
        let host = address.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let (host, address) = match host {
            Some((host, _)) => (host, address.to_owned()),
            None => (address, format!("{address}:{default_port}")),
        };
        if host.is_empty() {
            return None;
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { encrypted, address, host, path, user_info })
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> std::io::Result<Answer> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut all = Vec::new();
    match stream.take(LONGEST).read_to_end(&mut all) {
        // Some servers end TLS without a word.
        Err(e) if e.kind() == ErrorKind::UnexpectedEof && !all.is_empty() => {}
        Err(e) => return Err(e),
        Ok(_) => {}
    }
    answer(&all).ok_or_else(|| std::io::Error::new(ErrorKind::InvalidData, "no answer of HTTP"))
}

/// What a server has answered.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// Where to look instead.
    location: Option<String>,
    body: Vec<u8>,
}

/// Reads an answer.
fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    };
    let location = head.lines().find_map(header);
    Some(Answer { status, location, body: bytes.get(end + 4..)?.to_vec() })
}

impl SchemaRegistry for HttpRegistry {
    fn schema(&self, id: u32) -> Result<Option<String>, FormatError> {
        let mut last = None;
        for server in &self.servers {
            let failed = |why: String| {
                FormatError::config("the schema registry does not give a schema")
                    .with("registry", &server.address)
                    .with("schema", id)
                    .with("why", why)
            };
            match self.get(server, id) {
                Ok((200, body)) => match serde_json::from_slice::<Found>(&body) {
                    Ok(found) => return Ok(Some(found.schema)),
                    Err(e) => last = Some(failed(e.to_string())),
                },
                Ok((404, _)) => return Ok(None),
                Ok((401 | 403, _)) => {
                    last = Some(failed(
                        "it refuses us; check avro-confluent.basic-auth.user-info".to_owned(),
                    ));
                }
                Ok((status, _)) => last = Some(failed(format!("HTTP status {status}"))),
                Err(e) => last = Some(failed(e.to_string())),
            }
        }
        Err(last.unwrap_or_else(|| FormatError::internal("a registry without an address")))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn addresses_are_divided() {
        let server = Server::parse("https://u:p@[::1]/a/b/").unwrap();
        assert_eq!((server.address.as_str(), server.host.as_str()), ("[::1]:443", "::1"));
        assert_eq!((server.path.as_str(), server.user_info.as_deref()), ("/a/b", Some("u:p")));
        let server = Server::parse("http://registry:8081").unwrap();
        assert_eq!((server.address.as_str(), server.path.as_str()), ("registry:8081", ""));
        for url in ["", "registry:8081", "ftp://x", "http://"] {
            assert!(Server::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_schema_is_asked_for_with_name_and_password() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for answer in [
                "HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n{\"schema\":\"\\\"string\\\"\",\"id\":7}",
                "HTTP/1.0 404 Not Found\r\n\r\n{\"error_code\":40403}",
                "HTTP/1.1 401 Unauthorized\r\n\r\n",
            ] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                asked.push(String::from_utf8(request).unwrap());
            }
            asked
        });
        let authorization = Some(Authorization::Basic("u:p".to_owned()));
        let registry =
            HttpRegistry::new(&format!("http://{address}/api"), authorization, None).unwrap();
        assert_eq!(registry.schema(7).unwrap().as_deref(), Some("\"string\""));
        assert_eq!(registry.schema(8).unwrap(), None);
        assert!(registry.schema(9).unwrap_err().to_string().contains("refuses us"));
        let asked = server.join().unwrap();
        assert!(asked[0].starts_with("GET /api/schemas/ids/7 HTTP/1.0\r\n"), "{}", asked[0]);
        assert!(asked[0].contains("Authorization: Basic dTpw\r\n"), "{}", asked[0]);
    }
}
