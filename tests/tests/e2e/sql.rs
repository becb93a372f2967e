//! `px sql` beside `px run`.

use nixie_e2e::{Agent, Connection, Finished, PORT, Scene, Server, rows_of};

fn sql(scene: &Scene, agent: &Agent<'_>, query: &str, output: &str) -> Finished {
    scene.run("sql", &mut agent.px(&["sql", query, "-o", output]))
}

#[test]
fn the_same_rows_come_in_sql() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let mut connection = Connection::open(server.address());
    for number in 0..20 {
        connection.get(&format!("/path/{}", number % 4));
    }
    assert_eq!(agent.wait_for_requests(20).len(), 20);
    let of_pxl = agent.rows(
        "import px\ndf = px.DataFrame('http_events')\ndf.comm = px.upid_to_comm(df.upid)\n\
         df = df.groupby(['req_path', 'comm']).agg(n=('latency', px.count), most=('latency', px.max))\n\
         px.display(df, 'out')\n",
    );
    let query = "SELECT req_path, upid_to_comm(upid) AS comm, count(*) AS n, max(latency) AS most \
                 FROM http_events GROUP BY req_path, upid_to_comm(upid) ORDER BY req_path";
    let of_sql = rows_of(
        "output",
        "_tableName_",
        &sql(&scene, &agent, query, "json").success(),
    );
    assert_eq!(of_sql.len(), 4);
    for row in &of_sql {
        let same = of_pxl
            .iter()
            .find(|other| other.text("req_path") == row.text("req_path"))
            .expect("the path is in both");
        assert_eq!(row.text("comm"), same.text("comm"));
        assert_eq!(
            (row.number("n"), row.number("most")),
            (5, same.number("most"))
        );
    }
    let query = "SELECT hostname FROM GetAgentStatus() WHERE agent_state = 'AGENT_STATE_HEALTHY'";
    let text = sql(&scene, &agent, query, "csv").success();
    assert_eq!(text.lines().count(), 2, "{text}");
    let text = sql(&scene, &agent, "SELECT 1 AS one, 'a,b' AS two", "csv").success();
    assert_eq!(text, "one,two\n1,\"a,b\"\n");
    let text = sql(
        &scene,
        &agent,
        "SELECT time_, latency FROM http_events LIMIT 2",
        "table",
    )
    .success();
    assert!(text.starts_with("output\nTIME_"), "{text}");
}

#[test]
fn errors_have_a_place_and_advice() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    for (query, expected) in [
        (
            "SELECT * FROM http_event",
            ["query:1:15", "did you mean `http_events`?"],
        ),
        (
            "SELECT latenci FROM http_events",
            ["query:1:8", "did you mean `latency`?"],
        ),
        ("DROP TABLE http_events", ["query:1:1", "only queries are"]),
    ] {
        let finished = sql(&scene, &agent, query, "table");
        assert_eq!(finished.code(), 4, "{finished:?}");
        for text in expected {
            assert!(
                finished.stderr.contains(text),
                "no `{text}` in: {}",
                finished.stderr
            );
        }
    }
}
