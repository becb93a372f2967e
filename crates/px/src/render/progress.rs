//! A line on the terminal while a query works and nothing can be shown of it yet.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time after which a query is slow enough to speak of.
const QUIET_TIME: Duration = Duration::from_secs(1);

/// Time between two updates.
const PERIOD: Duration = Duration::from_millis(250);

/// Tells how far a query is, on standard error if that is a terminal and nobody asked for quiet; silent
/// once dropped.
pub(crate) struct Progress {
    rows: Arc<AtomicU64>,
    running: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to watch.
    pub(crate) fn start() -> Self {
        let rows = Arc::default();
        let is_watched = io::stderr().is_terminal() && !crate::say::is_quiet();
        let running = is_watched.then(|| {
            let (stop, stopped) = mpsc::sync_channel(0);
            let rows = Arc::clone(&rows);
            let thread = std::thread::spawn(move || tell(&rows, &stopped));
            (stop, thread)
        });
        Self { rows, running }
    }

    /// Counts rows that have come.
    pub(crate) fn add_rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Takes the line away.
    pub(crate) fn stop(&mut self) {
        let Some((stop, thread)) = self.running.take() else {
            return;
        };
        drop(stop);
        if thread.join().is_err() {
            tracing::warn!("the progress line broke");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop();
    }
}

fn tell(rows: &AtomicU64, stopped: &mpsc::Receiver<()>) {
    let started = Instant::now();
    let mut is_shown = false;
    let mut wait = QUIET_TIME;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        let (rows, seconds) = (rows.load(Ordering::Relaxed), started.elapsed().as_secs());
        write(&format!("\r\x1b[Krunning for {seconds} s, {rows} rows"));
        (is_shown, wait) = (true, PERIOD);
    }
    if is_shown {
        write("\r\x1b[K");
    }
}

/// Whoever watched may have gone.
fn write(text: &str) {
    let mut output = io::stderr();
    let written = output.write_all(text.as_bytes());
    written.and_then(|()| output.flush()).unwrap_or_default();
}
