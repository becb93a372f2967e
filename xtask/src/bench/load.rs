//! A load of HTTP requests at a fixed rate: `xtask bench-load PORT RATE SECONDS CONNECTIONS`.
//!
//! Each connection is a thread that sends at its times. A request that had to wait for the answer
//! before it counts from the time when it was due, so that a slow server cannot hide its delays.
//! Every request has a marker of its own.

use super::median::quantile;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// LIMIT: bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// What a load is to do.
#[derive(Clone, Copy, Debug)]
struct Plan {
    port: u16,
    /// Requests a second, of all connections together.
    rate: f64,
    seconds: f64,
    connections: u32,
}

/// What a load has met.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) requests: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
}

impl Report {
    /// Reads what [`run`] printed.
    pub(super) fn parse(printed: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(printed.trim())
            .with_context(|| format!("the load generator printed `{printed}`"))?;
        let number = |key: &str| value[key].as_f64().with_context(|| format!("no `{key}`"));
        Ok(Self {
            requests: number("requests")?,
            p50_us: number("p50_us")?,
            p99_us: number("p99_us")?,
        })
    }
}

/// Runs the load and prints a line of JSON.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let [port, rate, seconds, connections] = words else {
        anyhow::bail!("expected PORT RATE SECONDS CONNECTIONS");
    };
    let plan = Plan {
        port: port.parse()?,
        rate: rate.parse()?,
        seconds: seconds.parse()?,
        connections: connections.parse()?,
    };
    let latencies = send_all(plan)?;
    let report = json!({
        "requests": latencies.len(),
        "p50_us": quantile(&latencies, 0.5),
        "p99_us": quantile(&latencies, 0.99),
    });
    writeln!(std::io::stdout().lock(), "{report}")?;
    Ok(())
}

fn send_all(plan: Plan) -> Result<Vec<f64>> {
    let started = Instant::now();
    let threads: Vec<_> = (0..plan.connections)
        .map(|number| std::thread::spawn(move || send(plan, number, started)))
        .collect();
    let mut latencies = Vec::new();
    for thread in threads {
        let sent = thread
            .join()
            .map_err(|_| anyhow::anyhow!("a connection has panicked"))?;
        latencies.extend(sent?);
    }
    Ok(latencies)
}

/// Sends the requests of one connection; returns their latencies in microseconds.
fn send(plan: Plan, number: u32, started: Instant) -> Result<Vec<f64>> {
    let mut stream = TcpStream::connect(("127.0.0.1", plan.port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let period = f64::from(plan.connections) / plan.rate;
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    for turn in 0_u32.. {
        let due_s = period * (f64::from(turn) + f64::from(number) / f64::from(plan.connections));
        if due_s >= plan.seconds {
            break;
        }
        let due = started + Duration::from_secs_f64(due_s);
        // A sleep that ends late is the fault of the load, not of the server.
        let from = match due.checked_duration_since(Instant::now()) {
            Some(early) => {
                std::thread::sleep(early);
                Instant::now()
            }
            None => due,
        };
        let head = format!("GET /m?{number}-{turn} HTTP/1.1\r\nHost: bench\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        read_answer(&mut stream, &mut buffer)?;
        latencies.push(from.elapsed().as_secs_f64() * 1e6);
    }
    Ok(latencies)
}

/// Reads one answer, whose body has a known length.
fn read_answer(stream: &mut impl Read, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        ensure!(read > 0, "the server closed the connection");
        filled += read;
        if let Some(length) = answer_bytes(&buffer[..filled])? {
            ensure!(
                length <= buffer.len(),
                "an answer of {length} bytes is too long"
            );
            ensure!(filled <= length, "the server sent more than one answer");
            if filled == length {
                return Ok(());
            }
        }
    }
}

/// Returns the length of an answer with its head, once the head is whole.
fn answer_bytes(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        ensure!(
            bytes.len() < HEAD_BYTES_MAX,
            "no end of the head within {HEAD_BYTES_MAX} bytes"
        );
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])?;
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "the server answered `{head}`"
    );
    let mut lines = head.lines();
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>())
    });
    Ok(Some(
        end + 4 + length.context("an answer without its length")??,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    #[test]
    fn answers_are_read_to_their_end() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(answer_bytes(answer).unwrap(), Some(answer.len()));
        assert_eq!(answer_bytes(&answer[..30]).unwrap(), None);
        assert!(answer_bytes(b"HTTP/1.1 500 No\r\n\r\n").is_err());
        assert!(read_answer(&mut &answer[..], &mut [0; 100]).is_ok());
        assert!(read_answer(&mut &answer[..40], &mut [0; 100]).is_err());
    }

    #[test]
    fn the_rate_is_kept_and_each_marker_is_sent_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut paths = Vec::new();
            let mut out = stream.try_clone().unwrap();
            for line in BufReader::new(stream)
                .lines()
                .map_while(std::io::Result::ok)
            {
                if let Some(path) = line.strip_prefix("GET ") {
                    paths.push(path.to_owned());
                    out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
                        .unwrap();
                }
            }
            paths
        });
        let plan = Plan {
            port,
            rate: 200.0,
            seconds: 0.25,
            connections: 1,
        };
        let latencies = send_all(plan).unwrap();
        let mut paths = server.join().unwrap();
        assert_eq!((latencies.len(), paths.len()), (50, 50));
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 50);
    }
}
