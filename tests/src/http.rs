//! An HTTP client that logs what it saw.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// LIMIT: time for a read or write; a server that hangs fails its test.
const TIME_MAX: Duration = Duration::from_secs(10);

/// A connection to a server, kept open between requests.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// What a client saw of a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Path of the request.
    pub path: String,
    /// Status of the response.
    pub status: i64,
    /// Body of the response.
    pub body: String,
    /// Time from the first byte sent to the last byte received.
    pub latency_ns: i64,
    /// Port of the client.
    pub port: i64,
}

impl Connection {
    /// Opens a connection; `None` when nobody listens.
    #[must_use]
    pub fn try_open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect_timeout(&address, TIME_MAX).ok()?;
        stream.set_read_timeout(Some(TIME_MAX)).unwrap();
        stream.set_write_timeout(Some(TIME_MAX)).unwrap();
        stream.set_nodelay(true).unwrap();
        Some(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Opens a connection.
    ///
    /// # Panics
    ///
    /// When nobody listens.
    #[must_use]
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address).unwrap_or_else(|| panic!("nobody listens on {address}"))
    }

    /// Makes a request and reads its whole response.
    pub fn get(&mut self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nX-Marker: of {path}\r\n\r\n");
        let port = i64::from(self.stream.get_ref().local_addr().unwrap().port());
        let start = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (status, body) = self.response();
        let latency_ns = i64::try_from(start.elapsed().as_nanos()).unwrap();
        Answer {
            path: path.to_owned(),
            status,
            body,
            latency_ns,
            port,
        }
    }

    /// Closes the sending side, and waits until the server closes its own.
    fn end(mut self) {
        // The server may have closed both sides by itself.
        self.stream
            .get_ref()
            .shutdown(Shutdown::Write)
            .unwrap_or_default();
        self.stream
            .read_to_end(&mut Vec::new())
            .map(drop)
            .unwrap_or_default();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream
            .read_line(&mut line)
            .expect("a line within the time");
        line.trim_end().to_owned()
    }

    fn response(&mut self) -> (i64, String) {
        let first = self.line();
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in `{first}`"));
        let (mut length, mut is_chunked) = (None, false);
        loop {
            let line = self.line().to_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = Some(value.parse().unwrap()),
                Some(("transfer-encoding", "chunked")) => is_chunked = true,
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = Vec::new();
        match length {
            _ if is_chunked => self.chunks(&mut body),
            Some(length) => self.take(length, &mut body),
            None => drop(self.stream.read_to_end(&mut body).unwrap()),
        }
        (status, String::from_utf8(body).unwrap())
    }

    fn chunks(&mut self, body: &mut Vec<u8>) {
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            self.take(length, body);
            assert_eq!(self.line(), "");
            if length == 0 {
                return;
            }
        }
    }

    fn take(&mut self, length: usize, body: &mut Vec<u8>) {
        let start = body.len();
        body.resize(start + length, 0);
        self.stream.read_exact(&mut body[start..]).unwrap();
    }
}

/// Makes one request on a connection of its own.
#[must_use]
pub fn get(address: SocketAddr, path: &str) -> Answer {
    let mut connection = Connection::open(address);
    let answer = connection.get(path);
    connection.end();
    answer
}

/// Sends bytes on a connection of their own, and waits until the server closes it.
pub fn send_raw(address: SocketAddr, bytes: &[u8]) {
    let mut connection = Connection::open(address);
    // A server that has seen enough may have closed it.
    connection
        .stream
        .get_mut()
        .write_all(bytes)
        .unwrap_or_default();
    connection.end();
}
