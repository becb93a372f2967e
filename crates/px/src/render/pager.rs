//! Long output for people goes through a pager.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// How `less` is to behave unless the user has said it: colours, long lines cut, nothing to leave if all fits.
const LESS: &str = "FRSX";

/// The pager that output goes to.
static RUNNING: Mutex<Option<Child>> = Mutex::new(None);

/// Sends what is printed from now on through the user's pager: PX_PAGER, PAGER, or `less`. An
/// empty one or `cat` means none. Without the program, output is printed as it is.
pub(crate) fn start() {
    let chosen = ["PX_PAGER", "PAGER"].into_iter().find_map(std::env::var_os);
    let words = chosen.map_or_else(
        || vec!["less".to_owned()],
        |words| {
            let words = words.to_string_lossy();
            words.split_whitespace().map(str::to_owned).collect()
        },
    );
    let Some(program) = words.first().filter(|&program| program != "cat") else {
        return;
    };
    let mut command = Command::new(program);
    command.args(&words[1..]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    match command.spawn() {
        Ok(child) => *running() = Some(child),
        Err(error) => tracing::info!(%program, %error, "no pager"),
    }
}

/// Writes to the pager; returns false if there is none.
pub(super) fn write(text: &str) -> io::Result<bool> {
    let mut running = running();
    let Some(input) = running.as_mut().and_then(|child| child.stdin.as_mut()) else {
        return Ok(false);
    };
    input.write_all(text.as_bytes())?;
    input.flush()?;
    Ok(true)
}

/// Ends the output, and waits for the user to have seen enough.
pub(crate) fn finish() {
    if let Some(mut child) = running().take() {
        drop(child.stdin.take());
        if let Err(error) = child.wait() {
            tracing::info!(%error, "the pager's end is not known");
        }
    }
}

fn running() -> std::sync::MutexGuard<'static, Option<Child>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
