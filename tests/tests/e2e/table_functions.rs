//! What an agent tells of itself.

use nixie_e2e::{Agent, PORT, Row, Scene, Server, get};

/// Returns the rows of a table function.
fn rows(agent: &Agent<'_>, call: &str) -> Vec<Row> {
    agent.rows(&format!("import px\npx.display(px.{call}, 'out')\n"))
}

fn column(rows: &[Row], name: &str) -> Vec<String> {
    rows.iter().map(|row| row.text(name).to_owned()).collect()
}

#[test]
fn a_running_agent_tells_of_itself_its_tables_and_its_functions() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());

    let tables = column(&rows(&agent, "GetTables()"), "table_name");
    assert!(tables.contains(&"http_events".to_owned()), "{tables:?}");
    let schemas = rows(&agent, "GetSchemas()");
    let upid = schemas
        .iter()
        .find(|row| (row.text("table_name"), row.text("column_name")) == ("http_events", "upid"));
    assert_eq!(upid.expect("a column").text("column_type"), "UINT128");
    let held = rows(&agent, "_DebugTableInfo()");
    assert_eq!(column(&held, "name"), tables);
    assert!(
        held.iter()
            .all(|row| row.number("size") <= row.number("max_table_size"))
    );

    let agents = rows(&agent, "GetAgentStatus()");
    assert_eq!(column(&agents, "agent_state"), ["AGENT_STATE_HEALTHY"]);
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    assert_eq!(column(&agents, "hostname"), [hostname.trim_end()]);
    assert_eq!(agents[0].number("asid"), 0);
    assert!(agents[0].number("create_time") > 0);

    let functions = rows(&agent, "GetUDFList()");
    let is_length = |row: &&Row| row.text("name") == "length";
    let length = functions.iter().find(is_length).expect("a function");
    assert_eq!(length.text("args"), r#"{"args":["STRING"]}"#);
    assert!(column(&rows(&agent, "GetUDAList()"), "name").contains(&"sum".to_owned()));
    let names = column(&rows(&agent, "GetUDTFList()"), "name");
    assert!(
        names.contains(&"GetUDTFList".to_owned()) && names.is_sorted(),
        "{names:?}"
    );
    assert!(
        rows(&agent, "Version()")[0]
            .text("version")
            .starts_with('v')
    );

    let memory = rows(&agent, "_DebugAgentProcStatus()");
    let resident = u64::try_from(memory[0].number("vm_rss_bytes")).expect("a size");
    let seen = agent.process().resident_bytes();
    assert!(
        resident > seen / 2 && resident < seen * 2,
        "{resident} {seen}"
    );
    let maps = column(&rows(&agent, "_DebugAgentProcSMaps()"), "pathname");
    assert!(maps.iter().any(|path| path.ends_with("/px")), "{maps:?}");
    let stacks = rows(&agent, "_DebugStackTrace()");
    assert!(stacks[0].text("stack_trace").contains("px-server"));
    assert_eq!(rows(&agent, "GetTracepointStatus()").len(), 0);
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn functions_tell_of_the_host_and_of_traced_processes() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    assert_eq!(get(server.address(), "/libraries").status, 200);
    assert_eq!(agent.wait_for_requests(1).len(), 1);
    let rows = agent.rows(
        "import px
df = px.DataFrame('http_events')
df.libraries = px.shared_libraries(df.upid)
df.cpus = px._exec_host_num_cpus()
df.cluster = px.vizier_name()
df.node = df.ctx['node']
df.pod = df.ctx['pod']
px.display(df[['libraries', 'cpus', 'cluster', 'node', 'pod']], 'out')
",
    );
    let row = &rows[0];
    assert!(row.text("libraries").contains("libc.so"), "{row:?}");
    assert!(row.number("cpus") >= 1);
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    assert_eq!(row.text("cluster"), hostname.trim_end());
    assert_eq!(
        (row.text("node"), row.text("pod")),
        (hostname.trim_end(), "")
    );
}

#[test]
fn what_an_agent_cannot_tell_is_an_error() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let script = "import px\npx.display(px._DebugMDGetWithPrefix('', ''))\n";
    let finished = agent.run(script, "json");
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(
        finished.stderr.contains("empty prefixes are not supported"),
        "{finished:?}"
    );
    let script = "import px\npx.display(px.GetAgentStatus(include_kelvin='yes'))\n";
    let finished = agent.run(script, "json");
    let want = "expected `include_kelvin` to be BOOLEAN, received STRING";
    assert!(finished.stderr.contains(want), "{finished:?}");
}
