//! The system that is traced: nginx in front of a shop service with PostgreSQL and Redis.

use super::{LOAD, TERMINATE};
use crate::command::find;
use crate::sandbox::{Sandbox, Stop, is_listening};
use crate::{setup, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Where nginx listens, as `demo/nginx.conf` and `demo/load.py` say.
pub(super) const NGINX_PORT: u16 = 8080;

/// Where the shop service listens, as `demo/nginx.conf` and `demo/shop.py` say.
pub(super) const SHOP_PORT: u16 = 8000;

const REDIS_PORT: &str = "6379";

/// LIMIT: time that all servers together may take to start; a database is made meanwhile.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The user that servers of ours run as.
const NOBODY: &str = "nobody";

/// The running servers.
pub(super) struct System {
    /// Their processes, without the load generator.
    pub(super) pids: Vec<u32>,
}

impl System {
    /// Starts all servers at once; they wait for each other by themselves.
    pub(super) fn start(sandbox: &mut Sandbox) -> Result<Self> {
        let pids = vec![
            postgres(sandbox)?,
            redis(sandbox)?,
            shop(sandbox)?,
            nginx(sandbox)?,
        ];
        Ok(Self { pids })
    }

    /// Waits until the whole chain is up. The shop listens only once it has its database.
    pub(super) fn wait_until_ready(&self, sandbox: &mut Sandbox) -> Result<()> {
        sandbox.wait_for("starting the servers", READY_WITHIN, |_| {
            is_listening(SHOP_PORT) && is_listening(NGINX_PORT)
        })
    }
}

/// Starts the load generator and returns the file of its log.
pub(super) fn start_load(sandbox: &mut Sandbox) -> Result<PathBuf> {
    let log = sandbox.folder_of("requests", NOBODY)?.join("log.jsonl");
    let mut command = program(sandbox, "load", "load.py")?;
    command.arg(&log);
    sandbox
        .children
        .start(LOAD, Some(NOBODY), TERMINATE, &command)?;
    Ok(log)
}

fn postgres(sandbox: &mut Sandbox) -> Result<u32> {
    let programs = setup::postgres_folder().context("PostgreSQL is not installed")?;
    let data = sandbox.folder_of("postgres", "postgres")?;
    let mut command = Command::new("sh");
    // One process from the start, so that its descendants can be traced from the start.
    command
        .args(["-ec", POSTGRES, "sh"])
        .arg(programs)
        .arg(data);
    sandbox
        .children
        .start("PostgreSQL", Some("postgres"), Stop::Interrupt, &command)
}

/// Makes a database and becomes its server. Nothing is kept, so nothing is synced, and shared
/// memory is a file in the data folder that vanishes with it.
const POSTGRES: &str = r#"
"$1/initdb" --pgdata="$2/data" --username=shop --auth=trust --no-locale --encoding=UTF8 --no-sync
exec "$1/postgres" -D "$2/data" -c listen_addresses=127.0.0.1 -c port=5432 \
    -c unix_socket_directories="$2" -c fsync=off -c shared_buffers=16MB -c max_connections=50 \
    -c dynamic_shared_memory_type=mmap
"#;

fn redis(sandbox: &mut Sandbox) -> Result<u32> {
    let data = sandbox.folder_of("redis", NOBODY)?;
    let mut command = Command::new("redis-server");
    command
        .args([
            "--bind",
            "127.0.0.1",
            "--port",
            REDIS_PORT,
            "--save",
            "",
            "--dir",
        ])
        .arg(data);
    sandbox
        .children
        .start("Redis", Some(NOBODY), TERMINATE, &command)
}

fn shop(sandbox: &mut Sandbox) -> Result<u32> {
    let command = program(sandbox, "shop", "shop.py")?;
    sandbox
        .children
        .start("shop service", Some(NOBODY), TERMINATE, &command)
}

fn nginx(sandbox: &mut Sandbox) -> Result<u32> {
    let prefix = sandbox.folder_of("nginx", "root")?;
    let text = fs::read_to_string(workspace::root().join("demo/nginx.conf"))?;
    let file = prefix.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new(find("nginx").context("nginx is not installed")?);
    command.arg("-p").arg(&prefix).arg("-c").arg(file);
    sandbox.children.start("nginx", None, TERMINATE, &command)
}

/// Copies a script to where every user can run it. It names the distribution's python3 in its
/// first line, so that its process has the name of the program, not of the language.
fn program(sandbox: &Sandbox, name: &str, script: &str) -> Result<Command> {
    let file = sandbox.folder().join(name);
    let source = workspace::root().join("demo").join(script);
    fs::copy(&source, &file).with_context(|| format!("cannot copy `{}`", source.display()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    Ok(Command::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_agree_on_the_ports() {
        let read = |name| fs::read_to_string(workspace::root().join("demo").join(name)).unwrap();
        let nginx = read("nginx.conf");
        assert!(nginx.contains(&format!("listen 127.0.0.1:{NGINX_PORT};")));
        assert!(nginx.contains(&format!("server 127.0.0.1:{SHOP_PORT};")));
        for script in ["shop.py", "load.py"] {
            let first = format!("#!{} ", setup::SYSTEM_PYTHON);
            assert!(read(script).starts_with(&first), "{script}");
        }
        assert!(read("shop.py").contains(&format!("PORT = {SHOP_PORT}\n")));
        assert!(read("load.py").contains(&format!("PORT = {NGINX_PORT}\n")));
    }
}
