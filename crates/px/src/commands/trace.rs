//! `px trace`.
//!
//! The command starts as `px trace-exec`, which waits. Only once the collector follows that
//! process does it become the command, so that nothing of the command is missed.

use crate::collect::{metadata, start_collector};
use crate::failure::{Exit, Failure};
use crate::new_file::NewFile;
use crate::render::JsonLines;
use nixie_collector::Scope;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::termios::isatty;
use std::io::{self, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener as StdListener};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// LIMIT: time for the started process to say that it waits.
const MEET_TIME_MAX: Duration = Duration::from_secs(10);

/// LIMIT: time from the polite to the forced end of a command whose time is over.
const END_TIME_MAX: Duration = Duration::from_secs(5);

/// Run a command, trace it and all that it starts, and print the rows as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px trace -- curl -s http://localhost:8080
  px trace -o rows.json --duration 30 -- nginx -g 'daemon off;'
  jq -c 'select(.table == \"http_events\")' rows.json")]
pub(crate) struct Args {
    /// File for the rows, instead of standard output
    #[arg(short = 'o', long = "to", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Seconds after which the command is ended; px then exits with 0
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    duration: Option<Duration>,
    /// Command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "cannot start threads").caused_by(&error))?;
    runtime.block_on(trace(args))
}

async fn trace(args: &Args) -> Result<ExitCode, Failure> {
    let (rows, file) = open(args.output.as_deref())?;
    let rows = Arc::new(JsonLines::new(rows));
    let mut signals = Signals::listen().map_err(failed("cannot wait for signals"))?;
    let (mut child, gate) = start_waiting(&args.command)
        .await
        .map_err(failed("cannot start the command"))?;
    let scope = Scope::Pids(vec![child.id()]);
    let sink = Arc::clone(&rows) as Arc<dyn nixie_types::Sink>;
    let collector = match start_collector(&scope, None, metadata(), sink) {
        Ok(collector) => collector,
        Err(failure) => {
            end(&mut child);
            return Err(failure);
        }
    };
    // Who reads along finds the rows in their place; so far, what was there has been left alone.
    if let Some(Err(failure)) = file.map(in_place) {
        end(&mut child);
        return Err(failure);
    }
    let ended = follow(child, gate, &mut signals, args.duration).await;
    // Stopping the collector hands over what is still under way.
    spawn_blocking(move || collector.stop())
        .await
        .map_err(failed("collector failed"))?;
    let is_broken_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    match rows.finish() {
        // Whoever reads the rows has seen enough; how the command ended is still to be told.
        Err(error) if is_broken_pipe(&error) => {}
        written => written.map_err(failed("cannot write the rows"))?,
    }
    if let Some(losses) = rows.losses() {
        crate::say::line(format_args!("{losses}"));
    }
    let ended = ended.map_err(failed("cannot follow the command"))?;
    Ok(ended.map_or(ExitCode::SUCCESS, exit_code))
}

/// Returns what rows are written to, with the file if it is one.
fn open(output: Option<&Path>) -> Result<(Box<dyn Write + Send>, Option<NewFile>), Failure> {
    let Some(path) = output else {
        return Ok((Box::new(io::stdout()), None));
    };
    let file = NewFile::create(path).map_err(|error| unwritable(path, &error))?;
    let handle = file.handle().map_err(|error| unwritable(path, &error))?;
    Ok((Box::new(handle), Some(file)))
}

fn in_place(file: NewFile) -> Result<(), Failure> {
    let path = file.path().to_owned();
    let put = file.put_in_place();
    put.map_err(|error| unwritable(&path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write to `{}`", path.display());
    Failure::new(Exit::Failed, message).caused_by(error)
}

/// Starts a process that will become the command when a byte is sent to it.
async fn start_waiting(command: &[String]) -> io::Result<(Child, UnixStream)> {
    let name = format!("px-trace-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(name.as_bytes())?;
    let listener = StdListener::bind_addr(&address)?;
    listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(listener)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["trace-exec", "--meet", &name, "--"])
        .args(command)
        .spawn()?;
    let met = timeout(MEET_TIME_MAX, meet(&listener, child.id())).await;
    match met.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(gate) => Ok((child, gate)),
        Err(error) => {
            end(&mut child);
            Err(error)
        }
    }
}

/// Waits for the started process; any other that finds the socket is turned away.
async fn meet(listener: &UnixListener, pid: u32) -> io::Result<UnixStream> {
    loop {
        let (stream, _) = listener.accept().await?;
        let peer = stream.peer_cred()?.pid();
        if peer.and_then(|peer| u32::try_from(peer).ok()) == Some(pid) {
            return Ok(stream);
        }
    }
}

/// Lets the command begin and follows it to its end. Returns nothing if its time was over.
async fn follow(
    mut child: Child,
    mut gate: UnixStream,
    signals: &mut Signals,
    duration: Option<Duration>,
) -> io::Result<Option<ExitStatus>> {
    let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
    gate.write_all(&[1]).await?;
    let mut ended = spawn_blocking(move || child.wait());
    let time_over = async {
        match duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(time_over);
    loop {
        tokio::select! {
            status = &mut ended => return Ok(Some(status??)),
            signal = signals.next() => send(&process, signal),
            () = &mut time_over => break,
        }
    }
    send(&process, Signal::TERM);
    if timeout(END_TIME_MAX, &mut ended).await.is_err() {
        send(&process, Signal::KILL);
        ended.await??;
    }
    Ok(None)
}

fn send(process: &OwnedFd, signal: Signal) {
    // The process may have ended in the meantime.
    pidfd_send_signal(process, signal).unwrap_or_default();
}

/// Ends a process that has not become the command.
fn end(child: &mut Child) {
    child.kill().unwrap_or_default();
    // Whatever its status is, nobody waits for it.
    child.wait().map(drop).unwrap_or_default();
}

/// Signals that are passed on to the command.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    /// A terminal sends its signals to the command itself.
    on_terminal: bool,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            on_terminal: isatty(io::stdin()),
        })
    }

    /// Returns the next signal to pass on.
    async fn next(&mut self) -> Signal {
        loop {
            let (signal, from_keyboard) = tokio::select! {
                _ = self.interrupt.recv() => (Signal::INT, true),
                _ = self.quit.recv() => (Signal::QUIT, true),
                _ = self.terminate.recv() => (Signal::TERM, false),
                _ = self.hangup.recv() => (Signal::HUP, false),
            };
            if !(from_keyboard && self.on_terminal) {
                return signal;
            }
        }
    }
}

/// Returns the code that a shell would give for the end of a command.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| Some(SIGNAL_BASE + status.signal()?));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("got `{text}`, expected a number of seconds above 0"))
}

fn failed<E: std::error::Error + 'static>(message: &'static str) -> impl Fn(E) -> Failure {
    move |error| Failure::new(Exit::Failed, message).caused_by(&error)
}

/// What shells add to a signal's number.
const SIGNAL_BASE: i32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        let of = |script: &str| {
            let status = Command::new("sh").args(["-c", script]).status().unwrap();
            format!("{:?}", exit_code(status))
        };
        assert_eq!(of("exit 0"), format!("{:?}", ExitCode::from(0)));
        assert_eq!(of("exit 77"), format!("{:?}", ExitCode::from(77)));
        assert_eq!(of("kill -TERM $$"), format!("{:?}", ExitCode::from(143)));
    }

    #[test]
    fn durations_are_positive_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["", "0", "-1", "5s", "NaN", "inf", "1e300"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
