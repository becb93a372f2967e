//! People who log in with an identity provider: one from npm, and a script in the place of a
//! browser.

use nixie_e2e::{
    Agent, Certificate, Finished, LIMIT, Running, SYSTEM_PYTHON, Scene, node_tools, program,
    python_with_adbc, wait, wait_for, workload,
};
use rustix::fs::Mode;
use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command};

const ISSUER: &str = "https://localhost:4433";
const AUDIENCE: &str = "https://nixie.example.org";

/// Lets the provider's clock be behind by more than its tokens are good for, and by less than what
/// it keeps in a browser.
const CLOCK_BEHIND: &str = "clock -300";

/// A provider, as a process that takes commands.
struct Provider {
    process: Running,
    commands: RefCell<(ChildStdin, usize)>,
}

impl Provider {
    fn start(scene: &Scene, certificate: &Certificate) -> Self {
        let mut node = Command::new(program("node"));
        node.arg(workload("oidc_provider.mjs")).arg("4433").args([
            &certificate.certificate,
            &certificate.key,
            &node_tools(),
        ]);
        let mut process = scene.start("provider", &mut node);
        wait("the provider listens", || {
            let ended = process.ended();
            assert!(ended.is_none(), "{ended:?}: {}", process.stderr());
            process.stdout().contains("listening")
        });
        let commands = RefCell::new((process.take_stdin(), 0));
        Self { process, commands }
    }

    /// Gives it a command, and waits until it is done.
    fn tell(&self, command: &str) {
        let (input, count) = &mut *self.commands.borrow_mut();
        *count += 1;
        writeln!(input, "{command}").expect("the provider reads");
        wait(command, || {
            self.process.stdout().matches("done ").count() >= *count
        });
    }
}

/// Lets all px of a scene, and the browser, trust the provider.
fn trusted(scene: &Scene) -> Certificate {
    let certificate = Certificate::of_this_machine(scene, "provider", 2099);
    scene.set_variable("SSL_CERT_FILE", &certificate.ca);
    certificate
}

fn agent<'s>(scene: &'s Scene, idle: &Running, more: &[&str]) -> Agent<'s> {
    let options = ["--oidc-issuer", ISSUER, "--oidc-client-id", "px"];
    scene.up_with(&format!("pid:{}", idle.pid()), &[&options, more].concat())
}

const ROLES: [&str; 4] = ["--oidc-role", "ops=admin", "--oidc-role", "dev=viewer"];

/// Returns a program that goes through the provider's pages as a person.
fn browser(scene: &Scene, person: &str) -> PathBuf {
    let script = workload("browser.py");
    let text = format!(
        "#!/bin/sh\nexec {SYSTEM_PYTHON} {} {person} \"$@\"\n",
        script.display()
    );
    let file = scene.write(&format!("browser-{person}"), &text);
    let executable = Mode::from_raw_mode(0o755);
    rustix::fs::chmod(&file, executable).expect("the file is ours");
    file
}

fn log_in(scene: &Scene, agent: &Agent<'_>, person: &str) -> Finished {
    let mut command = scene.px(&["auth", "login", "--endpoint", agent.address()]);
    command.env("BROWSER", browser(scene, person));
    scene.run("login", &mut command)
}

fn sql(scene: &Scene, agent: &Agent<'_>) -> Finished {
    scene.run(
        "sql",
        &mut agent.px(&["sql", "SELECT 1 AS one", "-o", "csv"]),
    )
}

fn auth_file(scene: &Scene) -> PathBuf {
    scene.path("config/nixie/auth.json")
}

/// Returns the token of the login at an agent.
fn token(scene: &Scene, agent: &Agent<'_>) -> String {
    let text = fs::read_to_string(auth_file(scene)).expect("somebody has logged in");
    let logins: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let token = &logins["logins"][agent.address()]["token"];
    token.as_str().expect("a token").to_owned()
}

/// Returns status and body of a request that shows a token.
fn ask(scene: &Scene, agent: &Agent<'_>, token: &str) -> String {
    let mut curl = Command::new(program("curl"));
    let url = format!("http://{}/api/v1/tables", agent.address());
    let header = format!("authorization: Bearer {token}");
    curl.args(["-sS", "-w", "%{http_code}", "-H", &header, &url]);
    scene.run("curl", &mut curl).success()
}

fn is_refused(scene: &Scene, agent: &Agent<'_>, token: &str, expected: &str) {
    let answer = ask(scene, agent, token);
    assert!(
        answer.ends_with("401") && answer.contains(expected),
        "{answer}"
    );
}

#[test]
fn a_person_logs_in_asks_and_logs_out() {
    let scene = Scene::new();
    let provider = Provider::start(&scene, &trusted(&scene));
    let idle = scene.idle();
    let agent = agent(&scene, &idle, &ROLES);
    let nobody = scene.run("status", &mut scene.px(&["auth", "status"]));
    assert!(
        nobody.code() == 1 && nobody.stderr.contains("nobody is logged in"),
        "{nobody:?}"
    );
    let done = log_in(&scene, &agent, "ops-ada");
    assert!(
        done.status.success() && done.stderr.contains("as ops-ada"),
        "{done:?}"
    );
    let mode = auth_file(&scene).metadata().expect("it is there").mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(sql(&scene, &agent).success(), "one\n1\n");
    let rows = agent.rows("import px\npx.display(px.DataFrame('api_queries'), 'out')\n");
    let own = rows
        .iter()
        .find(|row| row.text("script") == "SELECT 1 AS one");
    let own = own.expect("the query was noted");
    assert_eq!(
        (own.text("principal"), own.text("role")),
        ("user ops-ada", "admin")
    );
    let status = scene
        .run("status", &mut scene.px(&["auth", "status"]))
        .success();
    assert!(
        status.contains("ops-ada") && status.contains("and renewed then"),
        "{status}"
    );
    // The same token is good for the other APIs.
    let mut adbc = Command::new(python_with_adbc());
    adbc.arg(workload("adbc_checks.py")).arg("oidc");
    adbc.env("PX_ADDRESS", agent.address())
        .env("PX_API_KEY", token(&scene, &agent));
    let checked = scene.run("adbc", &mut adbc);
    assert!(checked.status.success(), "{checked:?}");
    let old = token(&scene, &agent);
    let out = scene.run(
        "logout",
        &mut scene.px(&["auth", "logout", "--endpoint", agent.address()]),
    );
    assert!(
        out.status.success() && !out.stderr.contains("could not"),
        "{out:?}"
    );
    let again = scene.run(
        "logout",
        &mut scene.px(&["auth", "logout", "--endpoint", agent.address()]),
    );
    assert!(
        again.code() == 1 && again.stderr.contains("nobody is logged in"),
        "{again:?}"
    );
    assert!(
        ask(&scene, &agent, &old).ends_with("200"),
        "a token lasts until it expires"
    );
    drop(provider);
}

#[test]
fn tokens_expire_are_renewed_and_lose_their_keys() {
    let scene = Scene::new();
    let provider = Provider::start(&scene, &trusted(&scene));
    let idle = scene.idle();
    let agent = agent(&scene, &idle, &ROLES);
    provider.tell(CLOCK_BEHIND);
    assert_eq!(log_in(&scene, &agent, "dev-bob").code(), 0);
    let expired = token(&scene, &agent);
    is_refused(&scene, &agent, &expired, "token has expired");
    // The token for renewal is good for longer.
    provider.tell("clock 0");
    assert_eq!(sql(&scene, &agent).success(), "one\n1\n");
    let first = token(&scene, &agent);
    assert_ne!(first, expired);
    provider.tell("rotate");
    assert_eq!(log_in(&scene, &agent, "dev-bob").code(), 0);
    let second = token(&scene, &agent);
    wait_for("the new key is known", LIMIT, || {
        ask(&scene, &agent, &second).ends_with("200").then_some(())
    });
    is_refused(
        &scene,
        &agent,
        &first,
        "a key that its provider does not have",
    );
    // A new token without a signature, or by another algorithm.
    let mut parts = second.split('.');
    let (header, claims) = (parts.next().expect("a part"), parts.next().expect("a part"));
    is_refused(
        &scene,
        &agent,
        &format!("{header}.{claims}."),
        "signature of the token is wrong",
    );
    // {"alg":"none"}, {"alg":"HS256"}
    for (header, name) in [
        ("eyJhbGciOiJub25lIn0", "none"),
        ("eyJhbGciOiJIUzI1NiJ9", "HS256"),
    ] {
        is_refused(
            &scene,
            &agent,
            &format!("{header}.{claims}.AAAA"),
            &format!("signed by `{name}`"),
        );
    }
    drop(provider);
}

#[test]
fn groups_audiences_and_refusals() {
    let scene = Scene::new();
    let provider = Provider::start(&scene, &trusted(&scene));
    let idle = scene.idle();
    let agent_by_id = agent(&scene, &idle, &ROLES);
    let more = ["--oidc-audience", AUDIENCE, "--oidc-role", "ops=editor"];
    let agent_by_access = agent(&scene, &idle, &more);
    for own in [&agent_by_id, &agent_by_access] {
        let done = log_in(&scene, own, "ops-ada");
        assert!(done.status.success(), "{done:?}");
        assert_eq!(sql(&scene, own).success(), "one\n1\n");
    }
    let expected = "token is for somebody else";
    is_refused(
        &scene,
        &agent_by_id,
        &token(&scene, &agent_by_access),
        expected,
    );
    is_refused(
        &scene,
        &agent_by_access,
        &token(&scene, &agent_by_id),
        expected,
    );
    let done = log_in(&scene, &agent_by_id, "guest-eve");
    assert!(done.status.success(), "{done:?}");
    let refused = sql(&scene, &agent_by_id);
    assert!(
        refused.code() == 1 && refused.stderr.contains("none of the person's groups"),
        "{refused:?}"
    );
    let aborted = log_in(&scene, &agent_by_id, "nobody");
    assert!(
        aborted.code() == 1 && aborted.stderr.contains("access_denied"),
        "{aborted:?}"
    );
    drop(provider);
}

#[test]
fn a_person_may_bring_the_address_by_hand() {
    let scene = Scene::new();
    let certificate = trusted(&scene);
    let _provider = Provider::start(&scene, &certificate);
    let idle = scene.idle();
    let agent = agent(&scene, &idle, &[]);
    let mut command = scene.px(&["auth", "login", "--manual", "--endpoint", agent.address()]);
    let mut login = scene.start("manual", &mut command);
    let url = wait_for("the URL", LIMIT, || {
        let text = login.stderr();
        text.lines()
            .find(|line| line.starts_with(ISSUER))
            .map(str::to_owned)
    });
    let mut command = Command::new(browser(&scene, "dev-bob"));
    command
        .arg(&url)
        .arg("--stop")
        .env("SSL_CERT_FILE", &certificate.ca);
    let back = scene.run("browser", &mut command).success();
    login
        .take_stdin()
        .write_all(back.as_bytes())
        .expect("px reads");
    let done = login.finish();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(sql(&scene, &agent).success(), "one\n1\n");
}

#[test]
fn a_provider_that_is_down_at_the_start_is_asked_again() {
    let scene = Scene::new();
    let certificate = trusted(&scene);
    let idle = scene.idle();
    // Somebody with a token from before.
    let before = Provider::start(&scene, &certificate);
    let first = agent(&scene, &idle, &[]);
    assert_eq!(log_in(&scene, &first, "dev-bob").code(), 0);
    let old = token(&scene, &first);
    drop(before);
    let agent = agent(&scene, &idle, &[]);
    let answer = ask(&scene, &agent, &old);
    assert!(
        answer.ends_with("503") && answer.contains("identity provider cannot be asked"),
        "{answer}"
    );
    // Keys do not need it.
    let key = agent.api_key(&["create", "x"]);
    assert!(ask(&scene, &agent, key.trim()).ends_with("200"));
    let refused = log_in(&scene, &agent, "dev-bob");
    assert!(
        refused.code() == 1 && refused.stderr.contains("cannot be used"),
        "{refused:?}"
    );
    let _provider = Provider::start(&scene, &certificate);
    assert_eq!(log_in(&scene, &agent, "dev-bob").code(), 0);
    let new = token(&scene, &agent);
    wait_for("the provider is known", LIMIT, || {
        ask(&scene, &agent, &new).ends_with("200").then_some(())
    });
}

#[test]
fn providers_without_tls_are_refused() {
    let scene = Scene::new();
    let idle = scene.idle();
    let scope = format!("pid:{}", idle.pid());
    let mut command = scene.px(&["up", "--scope", &scope, "--listen", "127.0.0.1:0"]);
    command.args([
        "--oidc-issuer",
        "http://id.example.org",
        "--oidc-client-id",
        "px",
    ]);
    let finished = scene.run("up", command.arg("--data-dir").arg(scene.path("agent")));
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(
        finished.stderr.contains("is not protected by TLS"),
        "{finished:?}"
    );
}
