//! What commands do on a terminal only: a pager, colours, and texts that must not be obeyed.

use nixie_e2e::{Agent, PORT, Scene, Server, Terminal, get, send_raw};

const REQUESTS: usize = 30;

/// Starts nginx, an agent on it, and makes requests of which the last one fails.
fn traced(scene: &Scene, test: impl FnOnce(&Agent<'_>)) {
    let server = Server::nginx(scene, PORT);
    let agent = scene.up(&server.scope());
    for number in 1..REQUESTS {
        assert_eq!(
            get(server.address(), &format!("/found/{number:02}")).status,
            200
        );
    }
    assert_eq!(get(server.address(), "/missing/last").status, 404);
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);
    test(&agent);
}

/// The requests in their order, in few columns.
const SCRIPT: &str = "import px
df = px.DataFrame('http_events', start_time='-10m')
px.display(df[['req_path', 'resp_status']], 'requests')
";

#[test]
fn long_results_go_through_the_pager() {
    let scene = Scene::new();
    traced(&scene, |agent| {
        let script = scene.write("script.pxl", SCRIPT).display().to_string();
        let run = agent.px(&["run", "-f", &script]);
        let terminal = Terminal::open(&scene, 80, 10);
        terminal.run_px(&run);
        let first = terminal.wait_for_all(&["REQ_PATH", "/found/01", "\n:"]);
        assert!(!first.contains("/missing/last"), "{first}");
        terminal.press(&["End"]);
        terminal.wait_for_all(&["/missing/last", "(END)"]);
        // Ctrl-C is for the pager, which goes on.
        terminal.press(&["C-c"]);
        // It forgets what is typed at the same moment.
        std::thread::sleep(std::time::Duration::from_millis(300));
        terminal.press(&["Home"]);
        terminal.wait_for_all(&["REQ_PATH", "/found/01"]);
        terminal.press(&["q"]);
        // Ctrl-C has ended the shell's script meanwhile, which would have told the exit code.
        let is_over = |screen: &str| screen.trim_end().ends_with("ready>");
        terminal.wait_until("the shell again", is_over);

        // Who has seen enough ends px, without a complaint.
        terminal.run_shell("export PAGER='head -n 2'");
        terminal.run_px(&run);
        let screen = terminal.wait_for("code 0");
        assert!(
            screen.contains("REQ_PATH") && !screen.contains("/found"),
            "{screen}"
        );
        assert!(!screen.contains("error"), "{screen}");

        for choice in ["PAGER=cat", "PX_PAGER=", "PX_PAGER=no-such-pager"] {
            terminal.run_shell(&format!("export {choice}"));
            terminal.run_px(&run);
            let screen = terminal.wait_for("code 0");
            assert!(screen.contains("/missing/last"), "{choice}: {screen}");
        }

        // What fits is just printed.
        terminal.resize(80, 50);
        terminal.run_shell("unset PAGER PX_PAGER");
        terminal.run_px(&run);
        terminal.wait_for_all(&["/found/01", "/missing/last", "code 0"]);
    });
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let scene = Scene::new();
    traced(&scene, |agent| {
        let script = scene.write("script.pxl", SCRIPT).display().to_string();
        let run = agent.px(&["run", "--no-pager", "-f", &script]);
        let terminal = Terminal::open(&scene, 80, 50);
        let colored = || {
            terminal.run_px(&run);
            terminal.wait_for("code 0");
            let screen = terminal.colored_screen();
            let line = screen.lines().find(|line| line.contains("/missing/last"));
            line.unwrap_or_else(|| panic!("{screen}"))
                .contains("\u{1b}[31m404")
        };
        assert!(!colored(), "NO_COLOR is set");
        terminal.run_shell("unset NO_COLOR");
        assert!(colored());
        terminal.run_shell("export TERM=dumb");
        assert!(!colored(), "the terminal has no colours");
    });
}

/// A body that would clear the screen and name the window, if a terminal obeyed it.
const ORDERS: &str = "\u{1b}[2J\u{1b}]0;taken\u{7}end";

#[test]
fn captured_texts_give_a_terminal_no_orders() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let head = "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{ORDERS}", ORDERS.len());
    send_raw(server.address(), request.as_bytes());
    assert_eq!(agent.wait_for_requests(1).len(), 1);
    let script = SCRIPT.replace("'req_path'", "'req_body'");
    let script = scene.write("script.pxl", &script).display().to_string();
    let terminal = Terminal::open(&scene, 80, 24);
    for form in ["table", "csv", "json"] {
        terminal.run_shell("true");
        let printed = format!("before {form}");
        terminal.type_text(&format!("echo {printed}"));
        terminal.press(&["Enter"]);
        terminal.wait_until(&printed, |screen| {
            screen.lines().any(|line| line == printed)
        });
        terminal.run_px(&agent.px(&["run", "--no-pager", "-o", form, "-f", &script]));
        let screen = terminal.wait_for("code 0");
        assert!(screen.contains(&printed), "{screen}");
        assert!(screen.contains("[2J"), "{screen}");
    }
}
