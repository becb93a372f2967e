//! A machine of a test's own, in qemu: another kernel, and nothing else that could be seen.
//!
//! It has busybox, the binary under test, memory, and two serial lines: the console, and one for
//! commands. It has no disk and no network, and processors that qemu plays: nothing of the host is
//! needed but the programs, and no process of the host can be seen from inside.

mod cpio;
mod image;

use crate::deadline::wait_for;
use crate::process::Running;
use crate::scene::Scene;
use crate::tools::program;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command};
use std::time::{Duration, Instant};

/// LIMIT: time for a boot, of which a machine that is not busy takes 3 s.
const BOOT_TIME_MAX: Duration = Duration::from_secs(30);

/// LIMIT: boots of one guest. Under qemu's own processors, some kernels die now and then before
/// they have started any program.
const BOOTS_MAX: usize = 3;

/// LIMIT: time for one command.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(40);

/// LIMIT: time that a guest lives; all of it, so that each test has an end.
const LIFE_TIME_MAX: Duration = Duration::from_secs(90);

/// LIMIT: bytes of the console that a failed test shows.
const SHOWN_BYTES_MAX: usize = 4000;

/// Half of it is enough for px with its rings; the files of the guest lie in memory, too.
const MEMORY_MIB: &str = "2048";

/// Stands before the exit code of a command, see `workloads/guest.sh`. No text has it, nor has JSON.
const SEPARATOR: char = '\x1e';

/// A running guest. Dropping it ends it.
#[derive(Debug)]
pub struct Guest {
    process: Running,
    commands: ChildStdin,
    console: PathBuf,
    /// Bytes of the answers that were read.
    answered: usize,
    started: Instant,
}

impl Guest {
    /// Starts a machine with a kernel, and returns once it takes commands.
    ///
    /// # Panics
    ///
    /// When it does not come up, or something that it needs is not installed.
    #[must_use]
    pub fn boot(scene: &Scene, kernel: &Path) -> Self {
        let image = image::write(scene);
        for _ in 0..BOOTS_MAX {
            let mut guest = Self::start(scene, kernel, &image);
            match guest.boot_problem() {
                None => return guest,
                Some(problem) => eprintln!("{problem}\n{}", guest.console()),
            }
        }
        let kernel = kernel.display();
        panic!("`{kernel}` did not come up in {BOOTS_MAX} boots; the consoles are above");
    }

    /// Runs a line of the shell, and returns what it wrote to standard output. What it wrote to
    /// standard error is on the console.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn run(&mut self, line: &str) -> String {
        match self.try_run(line) {
            (0, text) => text,
            (code, text) => panic!("`{line}`: exit code {code}: {text}"),
        }
    }

    /// Runs a line of the shell until it succeeds, and returns what it wrote then.
    ///
    /// # Panics
    ///
    /// When it does not within the time of a command.
    pub fn wait(&mut self, line: &str) -> String {
        wait_for(&format!("success of `{line}`"), COMMAND_TIME_MAX, || {
            let (code, text) = self.try_run(line);
            (code == 0).then_some(text)
        })
    }

    /// Runs a line of the shell, and returns its exit code and what it wrote to standard output.
    ///
    /// # Panics
    ///
    /// When the guest is no more, or does not answer in time.
    pub fn try_run(&mut self, line: &str) -> (i32, String) {
        assert!(!line.contains('\n'), "more than a line: {line}");
        assert!(
            self.started.elapsed() < LIFE_TIME_MAX,
            "the guest has not done its work within {LIFE_TIME_MAX:?}; next would be `{line}`"
        );
        writeln!(self.commands, "{line}").expect("qemu reads the line");
        wait_for(&format!("an answer to `{line}`"), COMMAND_TIME_MAX, || {
            let ended = self.process.ended();
            assert!(ended.is_none(), "the guest ended: {ended:?}: `{line}`");
            self.answer()
        })
    }

    /// Switches the machine off.
    ///
    /// # Panics
    ///
    /// When it does not go off.
    pub fn power_off(mut self) {
        writeln!(self.commands, "poweroff -f").expect("qemu reads the line");
        wait_for("the guest is off", COMMAND_TIME_MAX, || {
            self.process.ended()
        });
    }

    fn start(scene: &Scene, kernel: &Path, image: &Path) -> Self {
        let console = scene.path("console");
        let mut qemu = Command::new(program("qemu-system-x86_64"));
        // The processors are qemu's own: a host that is itself a guest has no others to give.
        qemu.args(["-accel", "tcg", "-cpu", "max", "-smp", "2"]);
        qemu.args(["-m", MEMORY_MIB, "-nodefaults", "-no-reboot"]);
        qemu.args(["-display", "none", "-nic", "none"]);
        qemu.arg("-kernel").arg(kernel).arg("-initrd").arg(image);
        qemu.args(["-append", "console=ttyS0 panic=-1 quiet"]);
        qemu.arg("-serial")
            .arg(format!("file:{}", console.display()));
        qemu.args(["-serial", "stdio"]);
        let mut process = scene.start("guest", &mut qemu);
        let commands = process.take_stdin();
        Self {
            process,
            commands,
            console,
            answered: 0,
            started: Instant::now(),
        }
    }

    /// Waits until it takes commands; else returns why it does not.
    fn boot_problem(&mut self) -> Option<String> {
        wait_for("the boot comes to its end", BOOT_TIME_MAX * 2, || {
            if self.answer().is_some() {
                return Some(None);
            }
            if let Some(status) = self.process.ended() {
                let complaint = self.process.stderr();
                return Some(Some(format!("the guest ended: {status}: {complaint}")));
            }
            let is_late = self.started.elapsed() > BOOT_TIME_MAX;
            is_late.then(|| Some(format!("the guest is not up within {BOOT_TIME_MAX:?}")))
        })
    }

    /// Takes the next answer, once all of it is there.
    fn answer(&mut self) -> Option<(i32, String)> {
        let output = self.process.stdout();
        let rest = &output[self.answered..];
        let (text, after) = rest.split_once(SEPARATOR)?;
        let (code, _) = after.split_once('\n')?;
        self.answered += text.len() + SEPARATOR.len_utf8() + code.len() + 1;
        let code = code.parse().expect("an exit code");
        Some((code, text.to_owned()))
    }

    fn console(&self) -> String {
        let bytes = fs::read(&self.console).unwrap_or_default();
        let tail = &bytes[bytes.len().saturating_sub(SHOWN_BYTES_MAX)..];
        format!(
            "--- console of the guest: {}",
            String::from_utf8_lossy(tail)
        )
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.console());
        }
    }
}
