//! A terminal to look at: tmux, with a server of the test's own.

use crate::deadline::{LIMIT, wait_for};
use crate::process::Running;
use crate::scene::Scene;
use crate::tools::program;
use rustix::process::Pid;
use std::path::PathBuf;
use std::process::Command;

/// What the shell in the terminal asks with.
const PROMPT: &str = "ready>";

/// Holds the process id of px.
const PID_FILE: &str = "px.pid";

/// A terminal with a shell in it. Dropping it ends both.
#[derive(Debug)]
pub struct Terminal<'s> {
    scene: &'s Scene,
    socket: PathBuf,
    _server: Running,
}

impl<'s> Terminal<'s> {
    /// Opens a terminal of some columns and lines.
    #[must_use]
    pub fn open(scene: &'s Scene, columns: u16, lines: u16) -> Self {
        let socket = scene.path("tmux");
        let mut command = Command::new(program("tmux"));
        // In the foreground, so that it ends with the test.
        command
            .args(["-D", "-u", "-f", "/dev/null", "-S"])
            .arg(&socket);
        let server = scene.start("tmux", command.env("LC_ALL", "C.UTF-8"));
        let terminal = Self {
            scene,
            socket,
            _server: server,
        };
        wait_for("tmux listens", LIMIT, || {
            terminal.socket.try_exists().ok().filter(|&there| there)
        });
        let (columns, lines) = (columns.to_string(), lines.to_string());
        // Whatever the tester likes, pagers and colours are as they come.
        let shell = format!(
            "env -u PAGER -u PX_PAGER -u LESS PS1='{PROMPT} ' LC_ALL=C.UTF-8 NO_COLOR=1 sh"
        );
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &lines, &shell]);
        terminal.wait_for(PROMPT);
        terminal
    }

    /// Runs a command of px in it, by a file, so that the line is short.
    pub fn run_px(&self, px: &Command) {
        let words = std::iter::once(px.get_program()).chain(px.get_args());
        let quoted = words.map(|word| format!("'{}'", word.to_str().expect("UTF-8")));
        let line = quoted.collect::<Vec<_>>().join(" ");
        let pid = self.scene.path(PID_FILE).display().to_string();
        let script = format!("sh -c 'echo $$ > {pid}; exec \"$@\"' sh {line}\necho \"code $?\"\n");
        let file = self.scene.write("command.sh", &script);
        self.type_text(&format!("sh {}", file.display()));
        self.press(&["Enter"]);
    }

    /// Runs a line in the shell, and waits until there is nothing but a new prompt: what was on the
    /// screen before must not be taken for what comes.
    pub fn run_shell(&self, line: &str) {
        // Not by `clear`, which asks the terminal's name.
        self.type_text(&format!("{line}; printf '\\033[2J\\033[H'"));
        self.press(&["Enter"]);
        self.wait_until("the prompt alone", |screen| screen.trim() == PROMPT);
    }

    /// Returns the process id of px.
    ///
    /// # Panics
    ///
    /// When it was not started.
    #[must_use]
    pub fn px_pid(&self) -> Pid {
        let pid = std::fs::read_to_string(self.scene.path(PID_FILE)).expect("px was started");
        Pid::from_raw(pid.trim().parse().expect("a number")).expect("not 0")
    }

    /// Types text.
    pub fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys, by the names that tmux has for them.
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Clicks with the left button, columns and lines counted from 1.
    pub fn click(&self, column: u16, line: u16) {
        self.type_text(&format!(
            "\u{1b}[<0;{column};{line}M\u{1b}[<0;{column};{line}m"
        ));
    }

    /// Makes the window larger or smaller.
    pub fn resize(&self, columns: u16, lines: u16) {
        let (columns, lines) = (columns.to_string(), lines.to_string());
        self.tmux(&["resize-window", "-x", &columns, "-y", &lines]);
    }

    /// Returns what is on the screen.
    #[must_use]
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Returns what is on the screen, with the escapes that give it colours.
    #[must_use]
    pub fn colored_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"])
    }

    /// Returns the modes that programs set: the other screen, a mouse that is told, the cursor.
    #[must_use]
    pub fn modes(&self) -> String {
        const FORMAT: &str =
            "alternate #{alternate_on}, mouse #{mouse_any_flag}, cursor #{cursor_flag}";
        let modes = self.tmux(&["display-message", "-p", FORMAT]);
        modes.trim().to_owned()
    }

    /// Waits until a text is on the screen; returns the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contains(text))
    }

    /// Waits until texts are on the screen together; returns the screen.
    pub fn wait_for_all(&self, texts: &[&str]) -> String {
        let is_there = |screen: &str| texts.iter().all(|text| screen.contains(text));
        self.wait_until(&texts.join("` and `"), is_there)
    }

    /// Waits until the screen is as it should be; returns it.
    ///
    /// # Panics
    ///
    /// When it is not in time.
    pub fn wait_until(&self, what: &str, mut is_right: impl FnMut(&str) -> bool) -> String {
        let mut last = String::new();
        let shows = std::panic::AssertUnwindSafe(|| {
            wait_for(what, LIMIT, || {
                last = self.screen();
                is_right(&last).then(|| last.clone())
            })
        });
        std::panic::catch_unwind(shows)
            .unwrap_or_else(|_| panic!("no `{what}` on the screen:\n{}", self.screen()))
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(program("tmux"));
        command.args(["-u", "-S"]).arg(&self.socket).args(arguments);
        self.scene
            .run("tmux-client", command.env("LC_ALL", "C.UTF-8"))
            .success()
    }
}
