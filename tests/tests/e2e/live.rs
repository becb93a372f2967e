//! `px live` in a real terminal: what is on the screen after each key, and the terminal afterwards.

use nixie_e2e::{Agent, PORT, Scene, Server, Terminal, get, wait};
use rustix::process::{Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

const REQUESTS: usize = 20;
const MISSING: usize = 5;

/// Exit codes of px.
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const NO_AGENT: i32 = 3;

/// Starts nginx, an agent on it, and makes requests of which some fail.
fn traced(scene: &Scene, test: impl FnOnce(&Agent<'_>, &Server)) {
    let server = Server::nginx(scene, PORT);
    let agent = scene.up(&server.scope());
    for number in 0..REQUESTS {
        let folder = if number < MISSING { "missing" } else { "found" };
        assert!(
            get(server.address(), &format!("/{folder}/{number}"))
                .body
                .contains(folder)
        );
    }
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);
    test(&agent, &server);
}

/// Runs `px live` with some arguments in a terminal.
fn live(terminal: &Terminal<'_>, agent: &Agent<'_>, arguments: &[&str]) {
    terminal.run_px(agent.px(&["live"]).args(arguments));
}

/// Returns the line of the screen below the one with a text.
fn below<'s>(screen: &'s str, text: &str) -> &'s str {
    let mut lines = screen.lines().skip_while(|line| !line.contains(text));
    lines
        .nth(1)
        .unwrap_or_else(|| panic!("nothing below `{text}`:\n{screen}"))
}

/// Leaves `px live`, and checks that the terminal is as it was.
fn quit(terminal: &Terminal<'_>) {
    terminal.press(&["C-c"]);
    let screen = terminal.wait_for("code 0");
    assert!(
        !screen.contains("refresh off"),
        "the other screen is left: {screen}"
    );
    is_restored(terminal);
}

fn is_restored(terminal: &Terminal<'_>) {
    terminal.type_text(
        "clear; stty -a | tr ';' '\\n' | grep -ow -e '-*icanon' -e '-*echo' -e '-*isig'; echo end",
    );
    terminal.press(&["Enter"]);
    let screen = terminal.wait_until("end", |screen| screen.lines().any(|line| line == "end"));
    for flag in ["icanon", "echo", "isig"] {
        assert!(
            screen.lines().any(|line| line == flag),
            "`{flag}` is off: {screen}"
        );
    }
    assert_eq!(terminal.modes(), "alternate 0, mouse 0, cursor 1");
}

/// Requests of the last ten minutes, once.
const HTTP_DATA: [&str; 6] = [
    "px/http_data",
    "--refresh",
    "0",
    "--",
    "--start_time",
    "-10m",
];

#[test]
fn a_table_is_shown_and_sorted_by_mouse_and_keys() {
    let scene = Scene::new();
    traced(&scene, |agent, _| {
        let terminal = Terminal::open(&scene, 80, 24);
        live(&terminal, agent, &HTTP_DATA);
        let screen = terminal.wait_for_all(&["─ Table ─", "TIME_", "row 1 of 20", "refresh off"]);
        let first = screen.lines().next().unwrap();
        assert!(
            first.starts_with("px/http_data --start_time -10m"),
            "{screen}"
        );
        assert!(first.ends_with(agent.address()), "{screen}");
        assert_eq!(screen.lines().count(), 24, "{screen}");
        terminal.click(2, 3);
        terminal.wait_for("row 1 of 20; by time_, ascending");

        terminal.press(&["Right", "Right", "Right", "Right", "Right", "s"]);
        let screen = terminal.wait_for("by req_path, ascending");
        let row = below(&screen, "REQ_PATH ▲");
        assert!(row.contains("/found/10"), "{screen}");
        terminal.press(&["s"]);
        let screen = terminal.wait_for("by req_path, descending");
        let row = below(&screen, "REQ_PATH ▼");
        assert!(row.contains("/missing/4"), "{screen}");
        quit(&terminal);
    });
}

#[test]
fn rows_are_filtered_opened_and_searched() {
    let scene = Scene::new();
    traced(&scene, |agent, _| {
        let terminal = Terminal::open(&scene, 80, 24);
        live(&terminal, agent, &HTTP_DATA);
        terminal.wait_for("row 1 of 20");
        terminal.type_text("f/missing/2$");
        terminal.press(&["Enter"]);
        terminal.wait_for("row 1 of 1; 20 rows without filter `/missing/2$`");
        terminal.press(&["Enter"]);
        terminal.wait_for_all(&["┌ row 1 of 1 ─", r#""source": {"#]);
        terminal.press(&["PageDown"]);
        terminal.wait_for(r#""req_path": "/missing/2""#);
        terminal.press(&["End"]);
        terminal.wait_for(r#""resp_body_size""#);
        terminal.press(&["Escape"]);
        terminal.wait_until("the table again", |screen| !screen.contains("Esc closes"));

        terminal.type_text("f");
        terminal.press(&["Enter"]);
        terminal.wait_for("row 1 of 20");
        terminal.type_text("/found/7");
        terminal.press(&["Enter"]);
        terminal.wait_for("searching `found/7`");
        terminal.type_text("v");
        terminal.wait_for_all(&["req_path of row", r#"│"/found/7""#]);
        terminal.press(&["Escape"]);
        quit(&terminal);
    });
}

#[test]
fn arguments_are_changed_with_completion_and_the_window_may_change() {
    let scene = Scene::new();
    traced(&scene, |agent, _| {
        let processes = "import px\ndf = px.DataFrame('process_stats')\n\
            df.process = df.ctx['comm']\npx.display(df[['process']], 'out')\n";
        wait("the processes are known", || {
            agent
                .rows(processes)
                .iter()
                .any(|row| row.text("process") == "nginx")
        });
        let terminal = Terminal::open(&scene, 80, 24);
        live(&terminal, agent, &["--refresh", "0"]);
        terminal.wait_for_all(&["command: not complete", "type a part of a script's name"]);
        terminal.type_text("httpdata");
        let screen = terminal.wait_for("HTTP requests as they are");
        assert!(
            below(&screen, "› httpdata").contains("px/http_data"),
            "{screen}"
        );
        terminal.press(&["Enter"]);
        terminal.wait_for("command: Enter runs it");
        terminal.type_text("--dest");
        terminal.press(&["Tab"]);
        terminal.wait_for("› px/http_data --destination_filter ");
        terminal.type_text("ngin");
        terminal.wait_for_all(&["--destination_filter ngin", "│nginx "]);
        terminal.press(&["Tab"]);
        terminal.wait_for("--destination_filter nginx");
        terminal.press(&["Enter"]);
        terminal.wait_for("row 1 of 20");

        terminal.press(&["C-k"]);
        terminal.wait_for("› px/http_data --destination_filter nginx ");
        terminal.type_text("--max_num_records 3");
        terminal.press(&["Enter"]);
        let screen = terminal.wait_for("row 1 of 3");
        assert!(screen.starts_with("px/http_data --destination_filter nginx --max_num_records 3"));

        for (columns, lines) in [(60, 12), (140, 50), (20, 5), (80, 24)] {
            terminal.resize(columns, lines);
            terminal.wait_until("the new size is used", |screen| {
                let first = screen.lines().next().unwrap_or_default();
                let rows = screen.lines().count();
                rows == usize::from(lines) && first.chars().count() == usize::from(columns)
            });
        }
        terminal.wait_for("row 1 of 3");
        terminal.press(&["?"]);
        terminal.wait_for("next and previous widget");
        terminal.press(&["Escape", "C-v"]);
        terminal.wait_for("def http_data(start_time: str");
        terminal.press(&["Escape"]);
        quit(&terminal);
    });
}

#[test]
fn rows_come_by_themselves_and_large_terminals_show_all_widgets() {
    let scene = Scene::new();
    traced(&scene, |agent, server| {
        let terminal = Terminal::open(&scene, 80, 24);
        live(&terminal, agent, &["px/http_data", "--refresh", "0.5"]);
        terminal.wait_for("row 1 of 20");
        assert_eq!(get(server.address(), "/found/later").status, 200);
        terminal.wait_for("row 1 of 21");
        terminal.press(&["a"]);
        terminal.wait_for("refresh off");

        terminal.press(&["C-k", "C-u"]);
        terminal.type_text("px/service_stats --start_time -10m");
        terminal.press(&["Enter"]);
        terminal.wait_until("all widgets", |screen| widgets_named(screen) > 2);
        terminal.resize(140, 50);
        terminal.wait_for_all(&[
            "┌ 1 ",
            "Status Code Distribution",
            "Incoming Traffic",
            "404 █",
        ]);
        terminal.press(&["z"]);
        terminal.wait_until("one widget", |screen| !screen.contains("┌ 1 "));
        quit(&terminal);
    });
}

/// A script with a widget of each kind of chart.
const CHARTS: &str = "import px

def events():
    return px.DataFrame('http_events', start_time='-10m')

def rates():
    df = events()
    df.time_ = px.bin(df.time_, 100000)
    df.status = px.itoa(df.resp_status)
    return df.groupby(['time_', 'status']).agg(requests=('latency', px.count))

def sizes():
    return events().groupby('resp_body_size').agg(requests=('latency', px.count))

def stacks():
    df = events()
    df.stack = 'serve;folder ' + px.pluck_array(px.split(df.req_path, '/'), 1)
    df = df.groupby('stack').agg(samples=('latency', px.count))
    df.samples = df.samples * 10
    return df

def calls():
    df = events()
    df.requestor = 'customer'
    df.responder = px.upid_to_comm(df.upid)
    df.failed = df.resp_status >= 400
    return df.groupby(['requestor', 'responder']).agg(
        requests=('latency', px.count),
        error_rate=('failed', px.mean),
        sent=('resp_body_size', px.sum),
        p50=('latency', px.mean),
    )

def services():
    df = calls()
    df.requestor_pod = ''
    df.responder_pod = ''
    df.p90 = df.p50
    df.p99 = df.p50
    df.error_rate = px.Percent(df.error_rate)
    df.rate = df.requests / px.DurationNanos(px.seconds(1))
    df.sent = df.sent / px.DurationNanos(px.seconds(1))
    df.received = 0.0
    return df
";

/// How they are shown: one function and its display a widget, two columns.
fn charts_vis() -> String {
    let widget = |name: &str, x: u32, y: u32, function: &str, kind: &str, fields: &Value| {
        let mut display = fields.clone();
        display["@type"] = format!("types.px.dev/px.vispb.{kind}").into();
        json!({
            "name": name,
            "position": {"x": x, "y": y, "w": 6, "h": 3},
            "func": {"name": function},
            "displaySpec": display,
        })
    };
    let series = json!({"timeseries": [{"value": "requests", "series": "status"}]});
    let sizes = json!({
        "histogram": {"value": "resp_body_size", "prebinCount": "requests", "maxbins": 4}
    });
    let stacks = json!({"stacktraceColumn": "stack", "countColumn": "samples"});
    let calls = json!({
        "adjacencyList": {"fromColumn": "requestor", "toColumn": "responder"},
        "edgeWeightColumn": "requests",
    });
    let map = json!({
        "requestorPodColumn": "requestor_pod",
        "responderPodColumn": "responder_pod",
        "requestorServiceColumn": "requestor",
        "responderServiceColumn": "responder",
        "p50Column": "p50",
        "p90Column": "p90",
        "p99Column": "p99",
        "errorRateColumn": "error_rate",
        "requestsPerSecondColumn": "rate",
        "inboundBytesPerSecondColumn": "received",
        "outboundBytesPerSecondColumn": "sent",
        "totalRequestCountColumn": "requests",
    });
    let widgets = [
        widget("Rates", 0, 0, "rates", "TimeseriesChart", &series),
        widget("Sizes", 6, 0, "sizes", "HistogramChart", &sizes),
        widget("Stacks", 0, 3, "stacks", "StackTraceFlameGraph", &stacks),
        widget("Calls", 6, 3, "calls", "Graph", &calls),
        widget("Map", 0, 6, "services", "RequestGraph", &map),
    ];
    json!({"variables": [], "widgets": widgets}).to_string()
}

#[test]
fn each_kind_of_chart_is_drawn() {
    let scene = Scene::new();
    traced(&scene, |agent, _| {
        let folder = scene.path("charts");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("charts.pxl"), CHARTS).unwrap();
        std::fs::write(folder.join("vis.json"), charts_vis()).unwrap();
        let terminal = Terminal::open(&scene, 140, 50);
        let folder = folder.display().to_string();
        live(&terminal, agent, &["--refresh", "0", "-f", &folder]);
        let screen = terminal.wait_for_all(&[
            "┌ 5 Map ",
            "━ 200 ",
            "━ 404 ",
            "B █",
            "▏folder found",
            "▏folder missing",
            "└▶ nginx  requests 20",
            "25.00 % errors",
        ]);
        let is_dots = |letter: char| ('\u{2801}'..='\u{28ff}').contains(&letter);
        assert!(screen.contains(is_dots), "a line is drawn: {screen}");

        // In a small terminal the widgets come one at a time.
        terminal.resize(80, 24);
        terminal.press(&["3"]);
        terminal.wait_until("one widget", |screen| {
            screen.contains("─ Stacks ─") && !screen.contains("requests 20")
        });
        terminal.type_text("/missing");
        terminal.press(&["Enter"]);
        terminal.wait_for("folder missing: 50 samples, Percentage 25.00 %");
        terminal.press(&["Enter"]);
        terminal.wait_until("the frame alone", |screen| !screen.contains("▏serve"));
        terminal.press(&["4"]);
        terminal.wait_for_all(&["─ Calls ─", "└▶ nginx  requests 20"]);
        quit(&terminal);
    });
}

/// Counts the widgets that the last line names.
fn widgets_named(screen: &str) -> usize {
    let last = screen.lines().last().unwrap_or_default();
    let is_named = |number: &usize| last.contains(&format!(" {number} "));
    (1..10).take_while(is_named).count()
}

#[test]
fn errors_are_shown_and_the_program_goes_on() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let file = scene.write(
        "wrong.pxl",
        "import px\npx.display(px.DataFrame('no_such_table'), 'out')\n",
    );
    let terminal = Terminal::open(&scene, 80, 24);
    live(
        &terminal,
        &agent,
        &["--refresh", "0.5", "-f", &file.display().to_string()],
    );
    terminal.wait_for_all(&[
        "error: table `no_such_table` not found",
        "wrong.pxl:2:",
        "^^^",
    ]);
    terminal.press(&["C-k", "C-u"]);
    terminal.type_text("px/agent_status");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("row 1 of ");
    let head = screen.lines().nth(2).unwrap();
    assert!(head.len() > 10, "{screen}");

    drop(agent);
    // The rows stay.
    terminal.wait_for_all(&["does not answer", "px/agent_status", head]);
    quit(&terminal);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let terminal = Terminal::open(&scene, 80, 24);
    terminal.run_px(&agent.px(&["run", "px/agent_status", "-o", "live"]));
    terminal.wait_for("row 1 of ");
    kill_process(terminal.px_pid(), Signal::TERM).unwrap();
    terminal.wait_for("code 143");
    is_restored(&terminal);
}

#[test]
fn px_ends_with_its_terminal() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let terminal = Terminal::open(&scene, 80, 24);
    live(&terminal, &agent, &["px/agent_status"]);
    terminal.wait_for("row 1 of ");
    let px = terminal.px_pid();
    test_kill_process(px).unwrap();
    drop(terminal);
    wait("px has ended", || test_kill_process(px).is_err());
}

#[test]
fn what_is_missing_is_told_before_the_screen_is_taken() {
    let scene = Scene::new();
    let finished = scene.run("live", &mut scene.px(&["live", "px/http_data"]));
    assert_eq!(finished.code(), FAILED, "{finished:?}");
    assert!(finished.stderr.contains("needs a terminal"), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("hint: `px run` prints the same rows"),
        "{finished:?}"
    );

    let mut both = scene.px(&["run", "px/http_data", "-o", "live", "--stats"]);
    let finished = scene.run("run", &mut both);
    assert_eq!(finished.code(), USAGE, "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("`--stats` does not go with `-o live`")
    );

    let terminal = Terminal::open(&scene, 80, 24);
    let folder = scene.path("nobody").display().to_string();
    for (px, expected, code) in [
        (
            scene.px(&["live", "px/http_data", "--data-dir", &folder]),
            "no running agent found",
            NO_AGENT,
        ),
        (
            scene.px(&["live", "px/http_dat"]),
            "cannot read script `px/http_dat`",
            FAILED,
        ),
        (
            scene.px(&["live", "px/pod"]),
            "missing required argument `pod`",
            USAGE,
        ),
        (
            scene.px(&["live", "px/http_data", "--refresh", "soon"]),
            "expected a number",
            USAGE,
        ),
    ] {
        terminal.run_shell("true");
        terminal.run_px(&px);
        let screen = terminal.wait_for(&format!("code {code}"));
        assert!(screen.contains(expected), "{screen}");
    }
    terminal.run_shell("export TERM=dumb");
    terminal.run_px(&scene.px(&["live", "px/http_data"]));
    let screen = terminal.wait_for("code 1");
    assert!(screen.contains("`TERM` is `dumb`"), "{screen}");
}
