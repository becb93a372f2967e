//! Scripts with errors: the place, the reason, and what was meant.

use nixie_e2e::{Agent, Scene};

const SCRIPT_HAS_ERRORS: i32 = 4;

/// Runs a script and expects all of these in what is said about it.
fn expect(agent: &Agent<'_>, script: &str, expected: &[&str]) {
    let finished = agent.run(script, "json");
    assert_eq!(finished.code(), SCRIPT_HAS_ERRORS, "{finished:?}");
    assert_eq!(finished.stdout, "");
    for text in expected {
        assert!(
            finished.stderr.contains(text),
            "no `{text}` in: {}",
            finished.stderr
        );
    }
}

#[test]
fn are_told_with_place_and_advice() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let show = "px.display(df, 'out')\n";
    expect(
        &agent,
        "import px\ndf = px.DataFrame(\n",
        &["script.pxl:2:", "^"],
    );
    expect(
        &agent,
        "import px\ndf = = 1\n",
        &["script.pxl:2:6", "df = = 1", "     ^"],
    );
    expect(
        &agent,
        &format!("import px\ndf = px.DataFrame('http_event')\n{show}"),
        &[
            "`http_event`",
            "script.pxl:2:",
            "^^^",
            "did you mean `http_events`?",
        ],
    );
    expect(
        &agent,
        &format!("import px\ndf = px.DataFrame('http_events')\ndf = df[['req_pth']]\n{show}"),
        &[
            "`req_pth`",
            "script.pxl:3:",
            "df = df[['req_pth']]",
            "^^^",
            "did you mean `req_path`?",
        ],
    );
    expect(
        &agent,
        &format!("import px\ndf = px.DataFrame('http_events')\ndf.x = df.latncy * 2\n{show}"),
        &[
            "`latncy`",
            "script.pxl:3:",
            "^^^",
            "did you mean `latency`?",
        ],
    );
    expect(
        &agent,
        &format!("import px\ndf = px.DataFram('http_events')\n{show}"),
        &["script.pxl:2:", "^^^", "did you mean `DataFrame`?"],
    );
    // The agent is as well as before.
    assert_eq!(agent.requests().len(), 0);
}

#[test]
fn that_cannot_be_read_are_told() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let finished = scene.run("run", &mut agent.px(&["run", "no-such-script"]));
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("cannot read script `no-such-script`"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("hint: "), "{finished:?}");
    let wrong = ["run", "px/http_data", "--", "--no_such_argument", "1"];
    let finished = scene.run("run", &mut agent.px(&wrong));
    assert_ne!(finished.code(), 0, "{finished:?}");
    assert!(finished.stderr.contains("no_such_argument"), "{finished:?}");
}
