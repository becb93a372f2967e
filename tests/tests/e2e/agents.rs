//! Several agents, dead agents, and clients that die.

use crate::check::{long_path, rows_tell_of};
use nixie_e2e::{
    Agent, Answer, KernelObjects, LIMIT, PORT, Running, Scene, Server, get, wait, wait_for,
};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// LIMIT: time of a small query; one that takes longer waits for others.
const WAITING_TIME: Duration = Duration::from_secs(2);

/// Queries that an agent runs at the same time.
const QUERIES_MAX: usize = 8;

fn load(server: &Server, name: &str, count: usize) -> Vec<Answer> {
    (0..count)
        .map(|number| get(server.address(), &format!("/{name}/{number}")))
        .collect()
}

#[test]
fn two_on_different_ports_see_the_same() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agents = [scene.up(&server.scope()), scene.up(&server.scope())];
    assert_ne!(agents[0].address(), agents[1].address());
    let answers = load(&server, "two", 50);
    for agent in &agents {
        rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    }
    let [first, second] = agents;
    assert_eq!(first.interrupt().code(), 0);
    // The end of one takes nothing from the other.
    let more = load(&server, "one", 10);
    let all: Vec<Answer> = [answers, more].concat();
    rows_tell_of(&all, &second.wait_for_requests(all.len()));
    assert_eq!(second.interrupt().code(), 0);
}

#[test]
fn a_second_on_the_same_port_is_refused() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up_with(&server.scope(), &["--listen", "127.0.0.1:4747"]);
    let mut second = scene.px(&["up", "--scope", &server.scope(), "--data-dir"]);
    let finished = scene.run("second", second.arg(agent.folder()));
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(finished.stderr.contains("127.0.0.1:4747"), "{finished:?}");
    assert!(finished.stderr.contains("in use"), "{finished:?}");
    // The first one is as well as before, and is found by its files.
    let answers = load(&server, "first", 5);
    rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    let mut tables = scene.px(&["tables", "--data-dir"]);
    assert_eq!(scene.run("tables", tables.arg(agent.folder())).code(), 0);
}

#[test]
fn nothing_of_a_killed_one_stays_and_the_next_one_works() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let options = ["--listen", "127.0.0.1:4747"];
    let agent = scene.up_with(&server.scope(), &options);
    assert_eq!(load(&server, "killed", 5).len(), 5);
    let objects = KernelObjects::of(agent.process().pid());
    assert!(
        objects.programs.len() > 1 && objects.maps.len() > 1,
        "{objects:?}"
    );
    assert_eq!(objects.remaining(), objects);
    agent.kill();
    wait("its objects are gone", || {
        objects.remaining() == KernelObjects::default()
    });
    let mut tables = scene.px(&["tables", "--data-dir"]);
    let finished = scene.run("tables", tables.arg(scene.path("agent")));
    assert_eq!(finished.code(), 3, "{finished:?}");
    let agent = scene.up_with(&server.scope(), &options);
    let answers = load(&server, "next", 5);
    rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    assert_eq!(agent.interrupt().code(), 0);
}

/// LIMIT: growth of an agent by that many queries, each with frames and batches in hand.
const GROWTH_BYTES_MAX: u64 = 512 << 20;

/// Each time doubles what is asked for, up to more than what fits between agent and client.
const DOUBLINGS: usize = 5;

/// A query with an answer of about 90 megabytes for 1,500 rows with long paths.
fn large_query() -> String {
    let append = "df = df.append(df)\n".repeat(DOUBLINGS);
    format!("import px\ndf = px.DataFrame('http_events')\n{append}px.display(df, 'out')\n")
}

/// Starts a client that never reads its answer to the end: nobody reads its output.
fn stuck_client(scene: &Scene, agent: &Agent<'_>, script: &Path) -> Running {
    let mut sleep = Command::new("sh");
    sleep.args(["-c", r#""$@" | sleep 60"#, "sh"]);
    let px = agent.px(&["run", "-o", "json", "-f"]);
    sleep
        .arg(px.get_program())
        .args(px.get_args())
        .arg(script)
        .stdout(Stdio::null());
    scene.start("stuck", &mut sleep)
}

#[test]
fn clients_killed_in_mid_query_hold_nothing_back() {
    let scene = Scene::new();
    let server = Server::nginx(&scene, PORT);
    let agent = scene.up(&server.scope());
    let answers = (0..1500)
        .map(|number| get(server.address(), &long_path(number)))
        .collect::<Vec<Answer>>();
    assert_eq!(agent.wait_for_requests(answers.len()).len(), answers.len());
    let script = scene.write("large.pxl", &large_query());
    let before = agent.process().resident_bytes();
    let probe = scene.write(
        "probe.pxl",
        "import px\npx.display(px.DataFrame('http_events').head(1))\n",
    );
    let mut clients: Vec<Running> = Vec::new();
    // Stuck clients take all places one after the other; then a query waits for its turn.
    let waiting = wait_for("a query that waits", LIMIT, || {
        clients.push(stuck_client(&scene, &agent, &script));
        let mut command = agent.px(&["run", "-o", "json", "-f"]);
        let mut probe = scene.start("probe", command.arg(&probe));
        let until = Instant::now() + WAITING_TIME;
        while Instant::now() < until {
            if let Some(status) = probe.ended() {
                assert!(status.success(), "{}", probe.stderr());
                return None;
            }
            std::thread::sleep(WAITING_TIME / 50);
        }
        Some(probe)
    });
    assert!(clients.len() >= QUERIES_MAX, "{} queries", clients.len());
    drop(clients);
    assert_eq!(waiting.finish().success().lines().count(), 1);
    let growth = agent.process().resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    assert_eq!(agent.interrupt().code(), 0);
}
