//! A network, mount and IPC namespace of its own for a small system of servers, and the promise
//! that nothing of it is left.
//!
//! The outer process makes an empty folder and starts itself again inside, by unshare(1). The
//! inner one mounts a file system in memory on that folder, which only its namespace sees, and
//! starts the servers there. Process ids stay those of the host: the agent needs them. The outer
//! one passes signals on, and at the end ends whatever still lives in the namespace.

mod children;
mod namespace;

pub(crate) use children::{Children, Stop};

use crate::command::{output, run};
use anyhow::{Context, Result, bail, ensure};
use rustix::mount::MountFlags;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Parent of the folders. The memory file system is not seen by others.
const PARENT: &str = "/tmp";

const PREFIX: &str = "nixie-sandbox-";

/// File in the empty folder by which the outer process knows the namespace of the inner one.
const NAMESPACE_FILE: &str = "namespace";

/// LIMIT: of the files of all servers.
const FILES: &std::ffi::CStr = c"mode=0755,size=1g";

/// Runs this program again, with these arguments and the folder, in namespaces of its own.
/// Returns its exit code once nothing of it is left.
pub(crate) fn enter(arguments: &[String]) -> Result<ExitCode> {
    remove_stale_folders(Path::new(PARENT));
    let folder = Folder::create()?;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut inner = Command::new("setpriv")
        .args(["--pdeathsig", "TERM", "--"])
        .args([
            "unshare",
            "--net",
            "--ipc",
            "--mount",
            "--propagation",
            "private",
            "--",
        ])
        .arg(std::env::current_exe()?)
        .args(arguments)
        .arg(&folder.0)
        .stdin(Stdio::null())
        // A terminal sends Ctrl-C to its whole group: the inner process gets it from here only.
        .process_group(0)
        .spawn()
        .context("`setpriv` and `unshare` of util-linux cannot be run")?;
    let pid = Pid::from_child(&inner);
    let handle = signals.handle();
    let passing_on = std::thread::spawn(move || {
        for _ in signals.forever() {
            // The inner process may just have ended: then there is nobody to tell.
            if kill_process(pid, Signal::TERM).is_err() {
                break;
            }
        }
    });
    let status = inner.wait();
    handle.close();
    ensure!(
        passing_on.join().is_ok(),
        "the thread that passes signals on has panicked"
    );
    let left = folder
        .namespace()
        .map_or(0, |namespace| namespace::end_all(&namespace));
    folder.remove()?;
    let status = status?;
    if left > 0 {
        bail!("{left} processes were left in the namespace, and were ended");
    }
    match status.code() {
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        None => bail!("the inner process was ended by a signal: {status}"),
    }
}

/// The empty folder of the outer process.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self> {
        let path = Path::new(PARENT).join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot make `{}`", path.display()))?;
        Ok(Self(path))
    }

    fn namespace(&self) -> Option<String> {
        fs::read_to_string(self.0.join(NAMESPACE_FILE)).ok()
    }

    fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.0).with_context(|| format!("cannot remove `{}`", self.0.display()))
    }
}

/// Removes what outer processes that were killed could not remove.
fn remove_stale_folders(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        let is_stale = pid.is_some_and(|pid| fs::metadata(format!("/proc/{pid}")).is_err());
        if is_stale && let Err(error) = fs::remove_dir_all(entry.path()) {
            eprintln!(
                "warning: `{}` cannot be removed: {error}",
                entry.path().display()
            );
        }
    }
}

/// The inner process, in its namespaces.
pub(crate) struct Sandbox {
    folder: PathBuf,
    stopped: Arc<AtomicBool>,
    /// The servers; they end with the sandbox.
    pub(crate) children: Children,
}

impl Sandbox {
    /// Prepares the namespaces that this process was started in.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stopped))?;
        }
        let own = namespace::own()?;
        ensure!(
            own != namespace::of(1).unwrap_or_default(),
            "not in a network namespace of its own; start it by `make`"
        );
        fs::write(folder.join(NAMESPACE_FILE), own)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        rustix::mount::mount("nixie", folder, "tmpfs", flags, FILES)
            .with_context(|| format!("cannot mount a file system on `{}`", folder.display()))?;
        run(Command::new("ip").args(["link", "set", "lo", "up"]))?;
        Ok(Self {
            folder: folder.to_owned(),
            stopped,
            children: Children::new(folder),
        })
    }

    /// Returns the folder that vanishes with the sandbox.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a folder that belongs to a user.
    pub(crate) fn folder_of(&self, name: &str, user: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        output(
            Command::new("install")
                .args(["-d", "-m", "700", "-o", user])
                .arg(&path),
        )?;
        Ok(path)
    }

    /// Returns true once a signal asked to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Waits until a condition holds. It is an error if that takes longer than `limit`, if a
    /// server ends meanwhile, or if a signal asks to stop.
    pub(crate) fn wait_for(
        &mut self,
        what: &str,
        limit: Duration,
        mut is_true: impl FnMut(&Self) -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        while !is_true(self) {
            self.children.check()?;
            ensure!(!self.is_stopped(), "stopped while waiting for {what}");
            ensure!(
                started.elapsed() < limit,
                "{what} took longer than {} s; {}",
                limit.as_secs(),
                self.children.logs()
            );
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Waits for a time, or less if a signal asks to stop or a server ends.
    pub(crate) fn pause(&mut self, time: Duration) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < time && !self.is_stopped() {
            self.children.check()?;
            std::thread::sleep(POLL.min(time));
        }
        Ok(())
    }

    /// Ends all servers, and says what did not end as it should.
    pub(crate) fn close(mut self) -> Result<()> {
        let problems = self.children.stop();
        ensure!(problems.is_empty(), "{}", problems.join("; "));
        Ok(())
    }
}

/// Between two looks at a condition.
const POLL: Duration = Duration::from_millis(20);

/// Returns true if something accepts connections on a port of the loopback address.
pub(crate) fn is_listening(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_removed_and_those_of_the_living_stay() {
        let parent = std::env::temp_dir().join(format!("xtask-test-{}", std::process::id()));
        let own = parent.join(format!("{PREFIX}{}", std::process::id()));
        // No process can have this id: it is above the kernel's limit.
        let stale = parent.join(format!("{PREFIX}4294967295"));
        let other = parent.join("something-else");
        for folder in [&own, &stale, &other] {
            fs::create_dir_all(folder).unwrap();
        }
        remove_stale_folders(&parent);
        assert!(own.is_dir() && other.is_dir());
        assert!(!stale.is_dir());
        fs::remove_dir_all(parent).unwrap();
    }

    #[test]
    fn ports_nobody_listens_on_are_seen() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_listening(port));
        drop(listener);
        assert!(!is_listening(port));
    }
}
