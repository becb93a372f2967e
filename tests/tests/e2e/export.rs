//! `px.export`: what a receiver of the OpenTelemetry project reads is what the rows say.

use nixie_e2e::{
    Agent, Connection, Finished, LIMIT, PORT, Row, Running, Scene, Server, python_tools, wait_for,
    workload,
};
use serde_json::Value;
use std::process::Command;

const REQUESTS: usize = 12;

/// A span and three metrics for each request, and a summary over all.
const SCRIPT: &str = "\
import px
df = px.DataFrame('http_events')
df.end = df.time_ + df.latency
df.service = 'shop/cart'
df.slow = df.latency > 0
px.export(df, px.otel.Data(
    resource={'service.name': df.service, 'zone': 'z1'},
    data=[
        px.otel.trace.Span(df.req_path, df.time_, df.end, attributes={
            'status': df.resp_status, 'slow': df.slow, 'fixed': 'text',
        }),
        px.otel.metric.Gauge('http.latency', df.latency, attributes={'path': df.req_path}),
    ],
))
by = df.groupby('req_path').agg(time_=('time_', px.max), n=('latency', px.count), q=('latency', px.quantiles), total=('latency', px.sum))
by.p50 = px.pluck_float64(by.q, 'p50')
by.total = by.total * 1.0
px.export(by, px.otel.Data(
    resource={'service.name': 'shop/cart'},
    data=[px.otel.metric.Summary('http.duration', by.n, by.total, {0.5: by.p50}, attributes={'path': by.req_path}, unit='ns')],
))
";

/// A receiver, and what it has printed.
pub(crate) struct Receiver {
    process: Running,
    pub(crate) grpc: u64,
    http: u64,
}

impl Receiver {
    fn start(scene: &Scene, refused: usize) -> Self {
        Self::start_at(scene, refused, 0)
    }

    /// Starts one that listens for gRPC on a port; 0 lets the system choose.
    pub(crate) fn start_at(scene: &Scene, refused: usize, port: u64) -> Self {
        let mut command = Command::new(python_tools());
        command
            .arg(workload("otlp_receiver.py"))
            .args([refused.to_string(), port.to_string()]);
        let mut process = scene.start("receiver", &mut command);
        let ports = wait_for("the receiver listens", LIMIT, || {
            let ended = process.ended();
            assert!(ended.is_none(), "{ended:?}: {}", process.stderr());
            let text = process.stdout();
            let (first, _) = text.split_once('\n')?;
            Some(serde_json::from_str::<Value>(first).unwrap())
        });
        let port = |way: &str| ports[way].as_u64().unwrap();
        Self {
            grpc: port("grpc"),
            http: port("http"),
            process,
        }
    }

    /// Returns what came of a kind.
    pub(crate) fn received(&self, kind: &str, way: &str) -> Vec<Value> {
        let text = self.process.stdout();
        let lines = text
            .lines()
            .skip(1)
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter(|line| line["kind"] == kind && line["way"] == way)
            .collect()
    }
}

fn requests(agent: &Agent<'_>, server: &Server) -> Vec<Row> {
    let mut connection = Connection::open(server.address());
    for number in 0..REQUESTS {
        connection.get(&format!("/path/{}", number % 3));
    }
    agent.wait_for_requests(REQUESTS)
}

fn export(scene: &Scene, agent: &Agent<'_>, script: &str, to: &str) -> Finished {
    let file = scene.write("export.pxl", script);
    let mut command = agent.px(&["run", "--export-insecure", "--export-header", "api-key=k1"]);
    scene.run("run", command.args(["--export-to", to, "-f"]).arg(file))
}

#[test]
fn what_arrives_is_what_the_rows_say() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let rows = requests(&agent, &server);
    let receiver = Receiver::start(&scene, 0);
    let (grpc, http) = (receiver.grpc, receiver.http);
    for (way, to, shown) in [
        ("grpc", format!("127.0.0.1:{grpc}"), "gRPC"),
        (
            "http",
            format!("http://127.0.0.1:{http}/v1/metrics"),
            "HTTP",
        ),
    ] {
        let text = export(&scene, &agent, SCRIPT, &to).success();
        let expected = format!(
            "exported {REQUESTS} spans, {REQUESTS} data points to {to} ({shown})\n\
             exported 3 data points to {to} ({shown})\n"
        );
        assert_eq!(text, expected);
        arrived(&receiver, way, &rows);
    }
    let script = "import px\ndf = px.DataFrame('agent_status')\n\
                  df = df[df.stage == 'export']\npx.display(df, 'out')\n";
    let sent = i64::try_from(REQUESTS * 2).unwrap();
    let counted = wait_for("agent_status tells of the export", LIMIT, || {
        let rows = agent.rows(script);
        let most = |name: &str| {
            let of_name = rows.iter().filter(|row| row.text("name") == name);
            of_name.map(|row| row.number("value")).max()
        };
        let counts = (most("export_spans_sent")?, most("export_points_sent")?);
        (counts.0 >= sent).then_some(counts)
    });
    assert_eq!(counted, (sent, sent + 6));
}

fn arrived(receiver: &Receiver, way: &str, rows: &[Row]) {
    let spans = receiver.received("span", way);
    let gauges = receiver.received("gauge", way);
    assert_eq!((spans.len(), gauges.len()), (rows.len(), rows.len()));
    for row in rows {
        let (time, latency) = (row.number("time_"), row.number("latency"));
        let span = spans
            .iter()
            .find(|span| span["start"] == time)
            .expect("a span");
        assert_eq!(span["end"], time + latency);
        assert_eq!(span["name"], row.text("req_path"));
        assert_eq!(span["span_kind"], 2);
        assert_eq!(span["scope"], "nixie");
        assert_eq!(
            span["resource"],
            serde_json::json!({"service.name": "shop/cart", "zone": "z1"})
        );
        let attributes =
            serde_json::json!({"status": row.number("resp_status"), "slow": true, "fixed": "text"});
        assert_eq!(span["attributes"], attributes);
        assert_eq!(span["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(span["span_id"].as_str().unwrap().len(), 16);
        assert_eq!(span["parent"], "");
        let gauge = gauges
            .iter()
            .find(|gauge| gauge["time"] == time)
            .expect("a data point");
        assert_eq!(
            (&gauge["value"], &gauge["unit"]),
            (&latency.into(), &"ns".into())
        );
        assert_eq!(
            gauge["attributes"],
            serde_json::json!({"path": row.text("req_path")})
        );
    }
    let summaries = receiver.received("summary", way);
    let counts: i64 = summaries
        .iter()
        .map(|summary| summary["count"].as_i64().unwrap())
        .sum();
    assert_eq!(
        (summaries.len(), counts),
        (3, i64::try_from(rows.len()).unwrap())
    );
    for summary in &summaries {
        assert_eq!(summary["unit"], "ns");
        assert!(
            summary["quantiles"]["0.5"].as_f64().unwrap() > 0.0,
            "{summary}"
        );
    }
    let headers = receiver.received("headers", way);
    assert!(
        headers.iter().all(|headers| headers["key"] == "k1"),
        "{headers:?}"
    );
}

#[test]
fn what_is_refused_or_not_delivered_is_told() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let rows = requests(&agent, &server);
    assert_eq!(rows.len(), REQUESTS);
    let receiver = Receiver::start(&scene, 5);
    let to = format!("127.0.0.1:{}", receiver.grpc);
    let text = export(&scene, &agent, SCRIPT, &to).success();
    let taken = REQUESTS - 5;
    assert!(
        text.starts_with(&format!(
            "exported {taken} spans, {REQUESTS} data points to {to} (gRPC); 5 refused: no room for \
             all\n"
        )),
        "{text}"
    );
    drop(receiver);
    let finished = export(&scene, &agent, SCRIPT, "127.0.0.1:9");
    assert_eq!(finished.code(), 1, "{finished:?}");
    let text = &finished.stdout;
    assert!(
        text.contains("exported 0 spans, 0 data points to 127.0.0.1:9"),
        "{text}"
    );
    assert!(text.contains("24 not delivered: given up after "), "{text}");
    assert!(
        finished.stderr.contains("not everything was exported"),
        "{finished:?}"
    );
}

#[test]
fn an_endpoint_that_is_none_is_told() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let finished = export(&scene, &agent, SCRIPT, "collector");
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(
        finished.stderr.contains("export to `collector` failed"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("has no port"), "{finished:?}");
    let finished = agent.run(SCRIPT, "table");
    assert_eq!(finished.code(), 4, "{finished:?}");
    assert!(
        finished.stderr.contains("--export-to host:4317"),
        "{finished:?}"
    );
}
