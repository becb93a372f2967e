//! The edge: a terminal, its signals, and threads that run scripts.
//!
//! The terminal is as it was, however this ends: by a key, a signal, an error or a panic.

use crate::model::{Effect, Input, Model, Options};
use crate::source::{Script, Source, Told};
use crossterm::event::{DisableMouseCapture, EnableMouseCapture, poll, read};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufWriter, Stdout};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How long to wait for a key before looking what runs have told.
const KEY_WAIT: Duration = Duration::from_millis(50);

/// Time between ticks, which start what is due.
const TICK: Duration = Duration::from_millis(200);

/// LIMIT: time to end after a signal; then the program is ended.
const GRACE: Duration = Duration::from_secs(1);

/// LIMIT: what runs have told and is not shown yet; they wait.
const TOLD_MAX: usize = 64;

/// Bytes of a frame that are written at once; more need several writes.
const FRAME_BYTES: usize = 64 * 1024;

/// LIMIT: inputs between two frames.
const INPUTS_MAX: usize = 256;

/// LIMIT: runs at once. One that nobody waits for any more ends when it has something to tell.
const RUNS_MAX: usize = 8;

/// Why the terminal UI ended.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The terminal cannot be read, written or set.
    #[error("the terminal does not work")]
    Terminal(#[source] io::Error),
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
    /// No thread can be started.
    #[error("no thread can be started")]
    Thread(#[source] io::Error),
}

/// Shows the terminal UI until it is left; returns the code to exit with: 0, or of a signal 128
/// and its number.
///
/// # Errors
///
/// When the terminal does not work.
pub fn show(source: &Arc<dyn Source>, options: Options) -> Result<u8, LiveError> {
    let signal = signals()?;
    guard(Arc::clone(&signal))?;
    let mut screen = Screen::enter().map_err(LiveError::Terminal)?;
    let (sender, receiver) = sync_channel(TOLD_MAX);
    let mut runs = Runs {
        source: Arc::clone(source),
        sender,
        cancelled: BTreeMap::new(),
        running: Arc::new(AtomicUsize::new(0)),
    };
    let ended = watch(&mut screen, &mut runs, &receiver, &signal, options);
    drop(screen);
    match signal.load(Ordering::Relaxed) {
        0 => ended.map(|()| 0),
        // Whatever went wrong then did so because the terminal is gone.
        signal => Ok(exit_code(signal)),
    }
}

/// Exit codes of programs that a signal ended are 128 and its number.
fn exit_code(signal: usize) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// What a terminal that is gone counts as.
const HANGUP: usize = SIGHUP as usize;

/// Returns where the number of a signal appears.
fn signals() -> Result<Arc<AtomicUsize>, LiveError> {
    let seen = Arc::new(AtomicUsize::new(0));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let number = usize::try_from(signal).unwrap_or_default();
        signal_hook::flag::register_usize(signal, Arc::clone(&seen), number)
            .map_err(LiveError::Signals)?;
    }
    Ok(seen)
}

/// Starts a thread that ends the program when the terminal is gone, or when a signal came and is
/// not seen: crossterm does not come back from reading a terminal that has been closed, and a
/// terminal that takes nothing more blocks drawing.
fn guard(signal: Arc<AtomicUsize>) -> Result<(), LiveError> {
    let watch = move || {
        let stdin = io::stdin();
        let wait = Timespec::try_from(TICK).unwrap_or_default();
        while signal.load(Ordering::Relaxed) == 0 {
            // Nothing is asked for, so that only errors and the end are told.
            let mut ends = [PollFd::new(&stdin, PollFlags::empty())];
            match rustix::event::poll(&mut ends, Some(&wait)) {
                Ok(0) => {}
                Ok(_) => signal.store(HANGUP, Ordering::Relaxed),
                Err(_) => std::thread::sleep(TICK),
            }
        }
        std::thread::sleep(GRACE);
        // A terminal that takes nothing takes this neither, so nobody waits for it.
        std::thread::spawn(restore);
        std::thread::sleep(TICK);
        std::process::exit(exit_code(signal.load(Ordering::Relaxed)).into());
    };
    let thread = std::thread::Builder::new().name("guard".to_owned());
    thread.spawn(watch).map(drop).map_err(LiveError::Thread)
}

/// Shows, waits, and does what the model asks for.
fn watch(
    screen: &mut Screen,
    runs: &mut Runs,
    receiver: &Receiver<Input>,
    signal: &AtomicUsize,
    options: Options,
) -> Result<(), LiveError> {
    let start = Instant::now();
    let (mut model, effects) = Model::new(options);
    let mut ticked = Duration::ZERO;
    let mut goes_on = runs.act_all(&mut model, effects, start.elapsed())?;
    let mut is_changed = true;
    while goes_on && signal.load(Ordering::Relaxed) == 0 {
        if is_changed {
            let drawn = screen.terminal.draw(|frame| model.draw(frame));
            drawn.map_err(LiveError::Terminal)?;
        }
        let mut inputs = inputs(receiver)?;
        is_changed = !inputs.is_empty();
        if start.elapsed() >= ticked + TICK {
            ticked = start.elapsed();
            inputs.push(Input::Tick);
        }
        for input in inputs {
            let now = start.elapsed();
            let effects = model.update(input, now);
            is_changed |= !effects.is_empty();
            goes_on &= runs.act_all(&mut model, effects, now)?;
        }
    }
    Ok(())
}

/// Waits a moment for a key; returns what has come from the terminal and from runs.
fn inputs(receiver: &Receiver<Input>) -> Result<Vec<Input>, LiveError> {
    let mut inputs = Vec::new();
    let mut wait = KEY_WAIT;
    while inputs.len() < INPUTS_MAX {
        match poll(wait) {
            Ok(true) => inputs.push(Input::Terminal(read().map_err(LiveError::Terminal)?)),
            Ok(false) => break,
            // A signal came, which is looked at next.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => break,
            Err(error) => return Err(LiveError::Terminal(error)),
        }
        wait = Duration::ZERO;
    }
    let room = INPUTS_MAX.saturating_sub(inputs.len());
    inputs.extend(receiver.try_iter().take(room));
    Ok(inputs)
}

/// What became of an effect.
enum Acted {
    Nothing,
    Input(Input),
    Quit,
}

/// Threads that run scripts.
struct Runs {
    source: Arc<dyn Source>,
    sender: SyncSender<Input>,
    cancelled: BTreeMap<u64, Arc<AtomicBool>>,
    running: Arc<AtomicUsize>,
}

impl Runs {
    /// Does what the model asks for, and what it asks for then; returns false if it ends.
    fn act_all(
        &mut self,
        model: &mut Model,
        effects: Vec<Effect>,
        now: Duration,
    ) -> Result<bool, LiveError> {
        let mut left = VecDeque::from(effects);
        while let Some(effect) = left.pop_front() {
            match self.act(effect)? {
                Acted::Quit => return Ok(false),
                Acted::Nothing => {}
                Acted::Input(input) => left.extend(model.update(input, now)),
            }
        }
        Ok(true)
    }

    fn act(&mut self, effect: Effect) -> Result<Acted, LiveError> {
        match effect {
            Effect::Quit => return Ok(Acted::Quit),
            Effect::Find { name } => {
                let script = self.source.script(&name);
                return Ok(Acted::Input(Input::Found { name, script }));
            }
            Effect::Cancel { run } => {
                if let Some(cancelled) = self.cancelled.remove(&run) {
                    cancelled.store(true, Ordering::Relaxed);
                }
            }
            Effect::Run {
                run,
                script,
                arguments,
            } => {
                if self.running.load(Ordering::Relaxed) >= RUNS_MAX {
                    let text = format!("{RUNS_MAX} earlier runs have not ended yet; try again");
                    let told = Told::Failed(text);
                    return Ok(Acted::Input(Input::Told { run, told }));
                }
                self.start(run, script, arguments)?;
            }
        }
        Ok(Acted::Nothing)
    }

    fn start(
        &mut self,
        run: u64,
        script: Arc<Script>,
        arguments: BTreeMap<String, String>,
    ) -> Result<(), LiveError> {
        // Threads that have ended hold theirs no more.
        self.cancelled
            .retain(|_, cancelled| Arc::strong_count(cancelled) > 1);
        let cancelled = Arc::new(AtomicBool::new(false));
        self.cancelled.insert(run, Arc::clone(&cancelled));
        let (source, sender) = (Arc::clone(&self.source), self.sender.clone());
        let running = Arc::clone(&self.running);
        running.fetch_add(1, Ordering::Relaxed);
        let work = move || {
            let mut tell = |told| {
                let is_wanted = !cancelled.load(Ordering::Relaxed);
                is_wanted && sender.send(Input::Told { run, told }).is_ok()
            };
            let ran = std::panic::catch_unwind(AssertUnwindSafe(|| {
                source.run(&script, &arguments, &mut tell);
            }));
            if ran.is_err() {
                tell(Told::Failed(
                    "internal error: the run ended in a panic".to_owned(),
                ));
            }
            running.fetch_sub(1, Ordering::Relaxed);
        };
        let thread = std::thread::Builder::new().name(format!("run-{run}"));
        thread.spawn(work).map(drop).map_err(LiveError::Thread)
    }
}

/// The terminal while it is ours.
struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    fn enter() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        let entered = execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture);
        // A frame is one write, so that nobody sees half of it.
        let output = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        let terminal = entered.and_then(|()| Terminal::new(CrosstermBackend::new(output)));
        terminal
            .map(|terminal| Self { terminal })
            .inspect_err(|_| restore())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. It may be gone, and then there is nothing to give back.
fn restore() {
    let shown = crossterm::cursor::Show;
    execute!(
        io::stdout(),
        DisableMouseCapture,
        LeaveAlternateScreen,
        shown
    )
    .unwrap_or_default();
    disable_raw_mode().unwrap_or_default();
}

/// Gives the terminal back before a panic of this thread is told. Those of runs become failures
/// of the run, and would only spoil the screen.
fn restore_on_panic() {
    let own = std::thread::current().id();
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == own {
            restore();
            tell(panic);
        }
    }));
}
