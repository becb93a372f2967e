//! How many HTTP/1 messages a second one core turns into rows: `cargo bench -p nixie-protocols`.
//!
//! Each exchange is a request of a browser-like client with 6 headers and a 1 KiB JSON answer
//! with 6 headers, on kept-alive connections, one chunk a system call. Elements are messages.

#![allow(clippy::expect_used, reason = "benches fail by panicking")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use nixie_protocols::testkit::sample_conn;
use nixie_protocols::{Chunk, ConnStream, Limits, RowSink, TableRows};
use nixie_types::{Direction, Role};
use std::hint::black_box;
use std::sync::Arc;

const EXCHANGES: usize = 1000;

/// Exchanges between two drains, as a collector that drains every few milliseconds sees them.
const DRAIN_EVERY: usize = 20;

struct Exchange {
    request: Vec<u8>,
    response: Vec<u8>,
}

fn exchanges() -> Vec<Exchange> {
    let paths = [
        "/",
        "/api/v1/items",
        "/api/v1/cart",
        "/static/app.js",
        "/login",
    ];
    (0..EXCHANGES)
        .map(|index| {
            let path = paths[index % paths.len()];
            let body = format!("{{\"id\":{index},\"text\":\"{}\"}}", "x".repeat(1000));
            Exchange {
                request: format!(
                    "GET {path}?page={} HTTP/1.1\r\nHost: shop.example:8080\r\n\
                     User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0\r\n\
                     Accept: application/json, text/plain, */*\r\nAccept-Encoding: gzip, br\r\n\
                     Connection: keep-alive\r\nX-Request-Id: {index:08}\r\n\r\n",
                    index % 50
                )
                .into_bytes(),
                response: format!(
                    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\
                     Date: Mon, 01 Jan 2024 00:00:{:02} GMT\r\nContent-Type: application/json\r\n\
                     Content-Length: {}\r\nConnection: keep-alive\r\nCache-Control: no-store\r\n\
                     \r\n{body}",
                    index / 100 % 60,
                    body.len()
                )
                .into_bytes(),
            }
        })
        .collect()
}

/// Feeds all exchanges; `split` cuts each message into chunks of that size.
fn play(exchanges: &[Exchange], split: usize) -> usize {
    let conn = sample_conn(Role::Server);
    let mut stream = ConnStream::new(Arc::new(Limits::default()), Role::Server, false);
    let mut rows = TableRows::default();
    let mut time_ns = 1_700_000_000_000_000_000;
    for (index, exchange) in exchanges.iter().enumerate() {
        for chunk in exchange.request.chunks(split) {
            stream.feed(Direction::Ingress, time_ns, Chunk::Data(chunk));
        }
        time_ns += 100_000;
        for chunk in exchange.response.chunks(split) {
            stream.feed(Direction::Egress, time_ns, Chunk::Data(chunk));
        }
        time_ns += 100_000;
        if index % DRAIN_EVERY == DRAIN_EVERY - 1 {
            stream.drain(&conn, &mut rows);
        }
    }
    stream.drain(&conn, &mut rows);
    let table = rows.rows(&nixie_protocols::http::HTTP_EVENTS);
    let len = table.len();
    black_box(table.take().expect("rows were written"));
    len
}

fn http(criterion: &mut Criterion) {
    let exchanges = exchanges();
    assert_eq!(play(&exchanges, usize::MAX), EXCHANGES);
    let mut group = criterion.benchmark_group("http");
    group.throughput(Throughput::Elements(2 * EXCHANGES as u64));
    for (name, split) in [("whole_messages", usize::MAX), ("chunks_of_256_bytes", 256)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| &exchanges, |all| play(all, split), BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group!(benches, http);
criterion_main!(benches);
