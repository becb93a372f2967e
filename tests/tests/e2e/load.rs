//! Numbers of `px run` beside the log of the load generator.

use crate::check::CALL_END_NS;
use nixie_e2e::{Answer, Connection, PORT, Row, Scene, Server};
use std::collections::BTreeMap;
use std::net::SocketAddr;

const CLIENTS: usize = 3;
const ROUNDS: usize = 60;

/// What a client asks for in each round. `/fail` is answered with 500, `/slow` takes 20 ms.
const PATHS: [&str; 6] = ["/cart", "/items?page=1", "/cart", "/fail", "/slow", "/cart"];
const SLOW_NS: f64 = 20e6;

const SCRIPT: &str = "\
import px
df = px.DataFrame('http_events', start_time='-5m')
df.failed = df.resp_status >= 400
df = df.groupby('req_path').agg(
    requests=('latency', px.count),
    error_rate=('failed', px.mean),
    slowest=('latency', px.max),
    latency=('latency', px.quantiles),
)
df.p50 = px.pluck_float64(df.latency, 'p50')
df.p99 = px.pluck_float64(df.latency, 'p99')
px.display(df[['req_path', 'requests', 'error_rate', 'slowest', 'p50', 'p99']], 'out')
";

fn load(address: SocketAddr) -> Vec<Answer> {
    let client = move || {
        let mut connection = Connection::open(address);
        let paths = (0..ROUNDS).flat_map(|_| PATHS);
        paths
            .map(|path| connection.get(path))
            .collect::<Vec<Answer>>()
    };
    let clients: Vec<_> = (0..CLIENTS).map(|_| std::thread::spawn(client)).collect();
    clients
        .into_iter()
        .flat_map(|client| client.join().unwrap())
        .collect()
}

/// Returns the value below which a share of the sorted numbers is.
fn quantile(sorted_ns: &[i64], percent: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "latencies are below 2^52 ns")]
    let value = sorted_ns[(sorted_ns.len() - 1) * percent / 100] as f64;
    value
}

#[test]
fn counts_error_rates_and_quantiles_are_those_of_the_client() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let log = load(server.address());
    let rows = agent.wait_for_requests(log.len());
    assert_eq!(rows.len(), log.len());
    let stats = agent.rows(SCRIPT);
    let mut by_path: BTreeMap<&str, Vec<&Answer>> = BTreeMap::new();
    for answer in &log {
        by_path.entry(&answer.path).or_default().push(answer);
    }
    let paths: Vec<&str> = stats.iter().map(|row| row.text("req_path")).collect();
    assert_eq!(stats.len(), by_path.len(), "{paths:?}");
    for row in &stats {
        let path = row.text("req_path");
        let latencies = rows.iter().filter(|row| row.text("req_path") == path);
        let mut latencies: Vec<i64> = latencies.map(|row| row.number("latency")).collect();
        latencies.sort_unstable();
        check(row, &by_path[path], &latencies);
    }
}

/// Compares a row of the script with the client's log, and with the rows that it was made of.
fn check(row: &Row, answers: &[&Answer], latencies_ns: &[i64]) {
    assert_eq!(
        row.number("requests"),
        i64::try_from(answers.len()).unwrap(),
        "{row:?}"
    );
    let fails = answers.iter().all(|answer| answer.status == 500);
    let expected = if fails { 1.0 } else { 0.0 };
    assert!(
        (row.float("error_rate") - expected).abs() < f64::EPSILON,
        "{row:?}"
    );
    assert_eq!(Some(&row.number("slowest")), latencies_ns.last(), "{row:?}");
    let mut seen: Vec<i64> = answers.iter().map(|answer| answer.latency_ns).collect();
    seen.sort_unstable();
    for (column, percent) in [("p50", 50), ("p99", 99)] {
        let value = row.float(column);
        // A sketch may be off by as much as lies between neighbours.
        let low = quantile(latencies_ns, percent - 1) * 0.95;
        let high = quantile(latencies_ns, percent + 1) * 1.05;
        assert!(
            (low..=high).contains(&value),
            "{column}: not in {low}..={high}: {row:?}"
        );
        #[allow(clippy::cast_precision_loss, reason = "a small constant")]
        let client = quantile(&seen, percent + 1) + CALL_END_NS as f64;
        assert!(
            value <= client,
            "{column}: the client measured {client}: {row:?}"
        );
        if row.text("req_path") == "/slow" {
            assert!(value >= SLOW_NS, "{row:?}");
        }
    }
}
