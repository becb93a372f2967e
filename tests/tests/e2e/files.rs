//! Results as files of other programs, and scripts from bundles.

use nixie_e2e::{PORT, Scene, Server, get, python_tools};
use std::fs;
use std::process::Command;

const REQUESTS: usize = 3;

/// Reads a file with pyarrow, and prints its rows with what their columns mean.
const READER: &str = "\
import sys, json
import pyarrow as pa, pyarrow.parquet as pq
form, path = sys.argv[1:]
if form == 'parquet':
    table = pq.read_table(path)
elif form == 'file':
    table = pa.ipc.open_file(path).read_all()
else:
    table = pa.ipc.open_stream(sys.stdin.buffer if path == '-' else path).read_all()
meaning = table.schema.field('latency').metadata[b'semantic_type'].decode()
paths = [str(value) for value in table['req_path'].to_pylist()]
print(json.dumps([table.num_rows, meaning, str(table.schema.field('time_').type), sorted(paths)]))
";

const EXPECTED: &str =
    r#"[3, "ST_DURATION_NS", "timestamp[ns]", ["/page/0", "/page/1", "/page/2"]]"#;

fn read(scene: &Scene, form: &str, path: &std::path::Path) -> String {
    let reader = scene.write("reader.py", READER);
    let mut command = Command::new(python_tools());
    scene
        .run("reader", command.arg(reader).arg(form).arg(path))
        .success()
}

/// Reads the stream that a command prints.
fn read_output(scene: &Scene, mut command: Command) -> String {
    let stream = scene.path("stream");
    let status = command.stdout(fs::File::create(&stream).unwrap()).status();
    assert!(status.unwrap().success());
    read(scene, "stream", &stream)
}

#[test]
fn tables_become_arrow_and_parquet() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    for number in 0..REQUESTS {
        assert_eq!(
            get(server.address(), &format!("/page/{number}")).status,
            200
        );
    }
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);

    let run = |arguments: &[&str]| scene.run("px", &mut agent.px(arguments));
    let parquet = scene.path("http.parquet");
    let to = parquet.to_str().unwrap();
    drop(run(&["export", "http_events", "-o", "parquet", "--to", to]).success());
    assert_eq!(read(&scene, "parquet", &parquet).trim(), EXPECTED);

    // A query that fails leaves what was there.
    let finished = run(&["sql", "SELECT 1/0", "-o", "parquet", "--to", to]);
    assert!(!finished.status.success(), "{finished:?}");
    assert_eq!(read(&scene, "parquet", &parquet).trim(), EXPECTED);

    // Two tables need a folder; an empty one is a file as well.
    let folder = scene.path("tables/");
    let to = folder.to_str().unwrap();
    let both = [
        "export",
        "http_events",
        "redis_events",
        "-o",
        "arrow",
        "--to",
        to,
    ];
    let finished = run(&both);
    assert_eq!(finished.stdout, "");
    assert!(finished.stderr.contains("3 rows in"), "{finished:?}");
    assert_eq!(
        read(&scene, "file", &folder.join("http_events.arrow")).trim(),
        EXPECTED
    );
    assert!(
        fs::metadata(folder.join("redis_events.arrow"))
            .unwrap()
            .len()
            > 0
    );
    let finished = run(&both[..5]);
    assert!(!finished.status.success());
    assert!(
        finished.stderr.contains("does not fit in one file"),
        "{finished:?}"
    );

    // Several tables make a folder of a name that nothing has yet.
    let fresh = scene.path("fresh");
    let to = fresh.to_str().unwrap();
    drop(run(&[&both[..6], &[to][..]].concat()).success());
    assert_eq!(
        read(&scene, "file", &fresh.join("http_events.arrow")).trim(),
        EXPECTED
    );

    let arrow = agent.px(&["sql", "SELECT * FROM http_events", "-o", "arrow"]);
    assert_eq!(read_output(&scene, arrow).trim(), EXPECTED);

    let lines = run(&["export", "http_events", "--start", "-1m", "-o", "json"]).success();
    assert_eq!(lines.lines().count(), REQUESTS);
    let none = run(&["export", "http_events", "--end=-1m", "-o", "json"]).success();
    assert_eq!(none, "");
    let finished = run(&["export", "http_event", "-o", "json"]);
    assert!(
        finished.stderr.contains("did you mean `http_events`"),
        "{finished:?}"
    );
    let finished = run(&["run", "px/http_data", "--to", "x"]);
    assert!(finished.stderr.contains("`--to` is for"), "{finished:?}");
}

#[test]
fn scripts_come_from_bundles_in_files_and_behind_urls() {
    let scene = Scene::new();
    let server = Server::python_files(&scene, PORT);
    let agent = scene.up(&server.scope());
    let run = |arguments: &[&str]| scene.run("px", &mut scene.px(arguments));
    let folder = scene.path("own");
    drop(run(&["script", "new", folder.join("team/mine").to_str().unwrap()]).success());
    let bundle = scene.path("bundle.json");
    let (folder, bundle) = (folder.to_str().unwrap(), bundle.to_str().unwrap());
    drop(run(&["script", "bundle", "--script-dir", folder, "-o", bundle]).success());
    let list = run(&["script", "list", "-b", bundle, "-o", "json"]).success();
    assert!(list.contains(r#""name":"team/mine""#), "{list}");
    assert_eq!(
        run(&["script", "show", "team/mine", "-b", bundle]).success(),
        run(&["script", "show", "team/mine", "--script-dir", folder]).success()
    );
    let mut command = agent.px(&["run", "team/mine", "-b", bundle, "-o", "json"]);
    drop(scene.run("run", &mut command).success());
    drop(run(&["script", "check", "--bundled", "-b", bundle]).success());

    let url = format!("http://{}/bundle.json", server.address());
    let list = run(&["script", "list", "-b", &url]).success();
    assert!(list.contains("team/mine"), "{list}");
    let url = format!("http://{}/none.json", server.address());
    let finished = run(&["script", "list", "-b", &url]);
    let expected = format!("cannot read `{url}`");
    assert!(
        finished.stderr.contains(&expected) && finished.stderr.contains("404"),
        "{finished:?}"
    );
}
