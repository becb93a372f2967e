//! Long output for people goes through a pager.

use std::io::{self, ErrorKind, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// How `less` is to behave unless the user has said it: colours, long lines cut, nothing to leave if all fits.
const LESS: &str = "FRSX";

/// The pager that output goes to.
static RUNNING: Mutex<Option<Pager>> = Mutex::new(None);

/// LIMIT: texts that wait for the pager, each of a batch of rows or less. Results have ten thousand
/// rows unless a script asks for more.
const TEXTS_MAX: usize = 4096;

/// A program that shows output, and the thread that waits for it to take more. So a result is read
/// at once, however long somebody reads its first page: the agent waits for nobody.
struct Pager {
    child: Child,
    texts: SyncSender<String>,
    writer: JoinHandle<()>,
}

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
    let started = command.spawn().and_then(Pager::of);
    match started {
        Ok(pager) => *running() = Some(pager),
        Err(error) => tracing::info!(%program, %error, "no pager"),
    }
}

impl Pager {
    fn of(mut child: Child) -> io::Result<Self> {
        let mut input = child.stdin.take();
        let (texts, waiting): (_, Receiver<String>) = sync_channel(TEXTS_MAX);
        let write = move || {
            for text in waiting {
                let written = input.as_mut().map(|input| input.write_all(text.as_bytes()));
                // Whoever reads has seen enough.
                if !matches!(written, Some(Ok(()))) {
                    return;
                }
            }
        };
        let writer = Builder::new().name("px-pager".to_owned()).spawn(write)?;
        // Ctrl-C is for the pager, which may only stop a search by it. Without a signal handler
        // of its own px would leave a pager that has lost its terminal to the shell.
        signal_hook::flag::register(
            signal_hook::consts::SIGINT,
            Arc::new(AtomicBool::new(false)),
        )?;
        Ok(Self {
            child,
            texts,
            writer,
        })
    }
}

/// Writes to the pager; returns false if there is none.
pub(super) fn write(text: &str) -> io::Result<bool> {
    let running = running();
    let Some(pager) = running.as_ref() else {
        return Ok(false);
    };
    let left = |_| io::Error::from(ErrorKind::BrokenPipe);
    pager.texts.send(text.to_owned()).map_err(left)?;
    Ok(true)
}

/// Ends the output, and waits for the user to have seen enough.
pub(crate) fn finish() {
    let Some(Pager {
        mut child,
        texts,
        writer,
    }) = running().take()
    else {
        return;
    };
    drop(texts);
    let is_written = writer.join().is_ok();
    if let Err(error) = child.wait() {
        tracing::info!(is_written, %error, "the pager's end is not known");
    }
}

fn running() -> std::sync::MutexGuard<'static, Option<Pager>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
