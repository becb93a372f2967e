//! Peers that are too many, stand still, or are not there any more; certificates and disks at their
//! end.

use nixie_e2e::{
    Agent, Certificate, LIMIT, PORT, Row, Running, Scene, Server, get, program, python_with_adbc,
    wait, wait_for, workload,
};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// LIMIT: memory that connections may cost the agent.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

/// LIMIT: time until the agent notices that a peer is not there any more: 20 s and 10 s over
/// HTTP/2.
const NOTICE_TIME_MAX: Duration = Duration::from_secs(45);

/// LIMIT: the same over HTTP/1.1, where a client may pause for a minute: 90 s.
const NOTICE_TIME_MAX_HTTP_1: Duration = Duration::from_secs(105);

/// Ticks of the processor that a process has used, 100 a second.
fn ticks(process: &Running) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.pid())).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    // Behind the state, which is field 3: user and system time, fields 14 and 15.
    let [user, system] = [fields[11], fields[12]].map(|field| field.parse::<u64>().unwrap());
    user + system
}

/// Number of connections to the port of an agent that the system still keeps for it.
fn established(agent: &Agent<'_>) -> usize {
    let (_, port) = agent.address().rsplit_once(':').unwrap();
    let own = format!(":{:04X}", port.parse::<u16>().unwrap());
    let table = fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
    let is_own = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1].ends_with(&own) && fields[3] == "01"
    };
    table.lines().skip(1).filter(is_own).count()
}

/// A query that would take hours.
fn slow_query() -> String {
    let digits: Vec<String> = (0..10).map(|digit| format!("({digit})")).collect();
    format!(
        "WITH d(v) AS (VALUES {}), s AS (SELECT a.v + 10 * b.v + 100 * c.v AS n FROM d AS a, d AS b, \
         d AS c) SELECT count(*) FROM s AS a, s AS b, s AS c, s AS d WHERE a.n + b.n > c.n * d.n",
        digits.join(", ")
    )
}

/// Starts the query by Flight SQL, that is over HTTP/2, and waits until it runs.
fn slow_by_flight(scene: &Scene, agent: &Agent<'_>) -> Running {
    let key = agent.api_key(&["create", "slow"]);
    let mut command = Command::new(python_with_adbc());
    command.arg(workload("adbc_checks.py")).arg("endless");
    command
        .env("PX_API_KEY", key.trim())
        .env("PX_ADDRESS", agent.address());
    let before = ticks(agent.process());
    let client = scene.start("flight", &mut command);
    wait("the query runs", || ticks(agent.process()) > before + 100);
    client
}

/// Returns the queries that ended because their client went away.
fn abandoned(agent: &Agent<'_>) -> Vec<Row> {
    let script = "import px\ndf = px.DataFrame('api_queries')\n\
        df = df[df.message == 'the client went away']\npx.display(df, 'out')\n";
    agent.rows(script)
}

#[test]
fn ten_thousand_connections_cost_little_and_leave_room_for_the_rest() {
    const COUNT: usize = 10_000;
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let _answer = get(server.address(), "/before");
    assert_eq!(agent.wait_for_requests(1).len(), 1);
    let slow = slow_by_flight(&scene, &agent);
    let before = agent.process().resident_bytes();
    let (host, port) = agent.address().rsplit_once(':').unwrap();
    let mut python = Command::new(program("python3"));
    python
        .arg(workload("connections.py"))
        .args([host, port, &COUNT.to_string()]);
    let crowd = scene.start("crowd", &mut python);
    let told = wait_for("all connections", Duration::from_secs(60), || {
        crowd.stdout().lines().next().map(str::to_owned)
    });
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let count = |name: &str| usize::try_from(told[name].as_u64().unwrap()).unwrap();
    assert!(count("held") <= 512, "{told}");
    assert_eq!(
        count("held") + count("refused") + count("closed"),
        COUNT,
        "{told}"
    );
    let text = told["text"].as_str().unwrap();
    assert!(
        text.starts_with("HTTP/1.1 503 ") && text.contains("512 connections"),
        "{text}"
    );
    assert!(count("refused") > 100, "{told}");
    let growth = agent.process().resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    // A connection from before goes on; the server is traced on; px is told in words.
    let _answer = get(server.address(), "/between");
    assert!(established(&agent) > 0 && slow.stdout().is_empty());
    let refused = scene.run("sql", &mut agent.px(&["sql", "SELECT 1"]));
    if refused.code() != 0 {
        assert!(
            refused.stderr.contains("512 connections to this agent"),
            "{refused:?}"
        );
    }
    drop(crowd);
    wait("there is room again", || {
        let asked = scene.run("sql", &mut agent.px(&["sql", "SELECT 1"]));
        asked.status.success()
    });
    assert_eq!(agent.wait_for_requests(2).len(), 2);
    drop(slow);
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn a_client_that_stands_still_loses_its_query() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let client = slow_by_flight(&scene, &agent);
    // Its system goes on to answer for it; it does not.
    client.signal(Signal::STOP);
    let rows = wait_for("the query has ended", NOTICE_TIME_MAX, || {
        let rows = abandoned(&agent);
        (!rows.is_empty()).then_some(rows)
    });
    assert_eq!(rows[0].number("status"), 1, "{rows:?}");
    drop(client);
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn clients_that_vanish_without_a_word_lose_their_queries() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let by_flight = slow_by_flight(&scene, &agent);
    let before = ticks(agent.process());
    let mut sql = agent.px(&["sql", &slow_query()]);
    let by_http = scene.start("sql", &mut sql);
    wait("both queries run", || {
        established(&agent) == 2 && ticks(agent.process()) > before + 100
    });
    // Nothing goes through any more: neither end hears of the other's.
    let ip = |state: &str| {
        let set = Command::new(program("ip"))
            .args(["link", "set", "lo", state])
            .status();
        assert!(set.expect("ip starts").success());
    };
    ip("down");
    drop(by_flight);
    drop(by_http);
    assert_eq!(established(&agent), 2);
    wait_for(
        "both connections are given up",
        NOTICE_TIME_MAX_HTTP_1,
        || (established(&agent) == 0).then_some(()),
    );
    ip("up");
    let failed = "import px\ndf = px.DataFrame('api_queries')\n\
        df = df[df.status != 0]\npx.display(df, 'out')\n";
    let rows = wait_for("both queries have ended", LIMIT, || {
        let rows = agent.rows(failed);
        (rows.len() == 2).then_some(rows)
    });
    // One was missed; the other had come to the end of its time before.
    for expected in ["the client went away", "took longer than its limit"] {
        let is_it = |row: &&Row| row.text("message").contains(expected);
        assert_eq!(rows.iter().filter(is_it).count(), 1, "{rows:?}");
    }
    assert!(agent.px_is_answered());
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn an_expired_certificate_is_refused_with_advice() {
    let scene = Scene::new();
    let idle = scene.idle();
    let scope = format!("pid:{}", idle.pid());
    let old = Certificate::of_this_machine(&scene, "old", 2001);
    let path = |path: &Path| path.display().to_string();
    let files = [
        "--tls-cert",
        &path(&old.certificate),
        "--tls-key",
        &path(&old.key),
    ];
    let mut command = scene.px(&["up", "--scope", &scope, "--listen", "127.0.0.1:0"]);
    command
        .args(files)
        .arg("--data-dir")
        .arg(scene.path("agent"));
    let finished = scene.run("up", &mut command);
    assert_eq!(finished.code(), 1, "{finished:?}");
    for text in [
        "old-cert.pem",
        "has expired",
        "days ago; renew it",
        "--tls-self-signed",
    ] {
        assert!(finished.stderr.contains(text), "{text}: {finished:?}");
    }
    // One that is good is shown to those who ask by TLS.
    let good = Certificate::of_this_machine(&scene, "good", 2099);
    let files = [
        "--tls-cert",
        &path(&good.certificate),
        "--tls-key",
        &path(&good.key),
    ];
    let agent = scene.up_with(&scope, &files);
    let mut curl = Command::new(program("curl"));
    let url = format!("https://{}/healthz", agent.address());
    curl.args(["-sS", "--cacert", &path(&good.ca), &url]);
    assert_eq!(scene.run("curl", &mut curl).success(), "ok\n");
    assert_eq!(agent.interrupt().code(), 0);
}

/// A small disk, in memory. Dropping it takes it away.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let size = c"size=512k,mode=700";
        mount("none", &folder, "tmpfs", MountFlags::empty(), size).expect("root may mount");
        Self(folder)
    }

    /// Fills it to its last byte.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).unwrap_or_default();
    }
}

#[test]
fn a_full_disk_refuses_new_keys_and_loses_none() {
    let scene = Scene::new();
    let disk = Disk::mount(scene.path("agent/state"));
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let first = agent.api_key(&["create", "first"]);
    let ask = |key: &str| {
        let mut curl = Command::new(program("curl"));
        let header = format!("pixie-api-key: {}", key.trim());
        let url = format!("http://{}/api/v1/version", agent.address());
        curl.args(["-sS", "-w", "%{http_code}", "-H", &header, &url]);
        scene.run("curl", &mut curl).success()
    };
    assert!(ask(&first).ends_with("200"));
    let filler = disk.fill();
    let description = "x".repeat(1000);
    let create = || {
        let mut command = scene.px(&["api-key", "create", &description]);
        scene.run("create", command.arg("--data-dir").arg(agent.folder()))
    };
    // What is already reserved for the file may hold some more keys.
    let refused = (0..200)
        .map(|_| create())
        .find(|created| created.code() != 0);
    let refused = refused.expect("half a megabyte does not hold 200 kB of keys and a filler");
    assert_eq!(refused.code(), 1);
    assert!(
        refused
            .stderr
            .contains("reading or writing API keys failed"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("full"), "{refused:?}");
    // The agent lives, and knows the keys that there are.
    assert!(ask(&first).ends_with("200"));
    assert!(ask("px-api-00000000-0000-4000-8000-000000000000").ends_with("401"));
    assert!(agent.px_is_answered());
    assert!(agent.api_key(&["list"]).contains("first"));
    fs::remove_file(filler).unwrap();
    let second = create().success();
    assert!(ask(&second).ends_with("200") && ask(&first).ends_with("200"));
    assert_eq!(agent.interrupt().code(), 0);
}
