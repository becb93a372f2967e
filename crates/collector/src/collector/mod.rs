//! Runs the collector: a thread that reads the rings and makes rows of them, and a thread that
//! samples `/proc`, so that a slow read there delays no event.

mod events;
mod sampler;
mod stages;

use crate::CollectorError;
use crate::awaited;
use crate::connections::ConnectionLimits;
use crate::kernel::{Kernel, KernelConfig, KernelFeatures};
use crate::scope::Scope;
use crate::sources;
use events::EventLoop;
use nixie_metadata::Metadata;
use nixie_protocols::{Limits, PROTOCOLS};
use nixie_types::{Sink, TableSpec};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// What the collector is to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// Processes to trace.
    pub scope: Scope,
    /// LIMIT: bytes copied of each call. Longer messages are known by their head and length.
    pub head_bytes: u32,
    /// LIMIT: bytes copied of a connection before it is known what it speaks.
    pub undecided_bytes: u64,
    /// LIMIT: bytes of each ring; a power of two, at least 4096.
    pub ring_bytes: u32,
    /// CPUs that share a ring.
    pub cpus_per_ring: u32,
    /// What the programs may use of the kernel.
    pub features: KernelFeatures,
    /// Where this agent answers queries. Connections to there are counted and not looked at.
    pub own_address: Option<SocketAddr>,
    /// Limits of each connection.
    pub limits: Limits,
    /// Limits of all connections together.
    pub connection_limits: ConnectionLimits,
}

impl Config {
    /// Returns the default settings for a scope.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            head_bytes: 8 << 10,
            undecided_bytes: 1 << 20,
            ring_bytes: 16 << 20,
            cpus_per_ring: 8,
            features: KernelFeatures::detect(),
            own_address: None,
            limits: Limits::default(),
            connection_limits: ConnectionLimits::default(),
        }
    }
}

/// Returns all tables that the collector fills: those of protocols, then those of sources.
pub fn tables() -> Vec<&'static TableSpec> {
    let protocols = PROTOCOLS
        .iter()
        .flat_map(|protocol| protocol.tables.iter().copied());
    protocols.chain(sources::TABLES.iter().copied()).collect()
}

/// Returns the tables that scripts know and that nothing fills yet.
pub fn awaited_tables() -> Vec<&'static TableSpec> {
    awaited::TABLES.to_vec()
}

/// A running collector. Dropping it stops it; nothing stays in the kernel.
#[derive(Debug)]
pub struct Collector {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Collector {
    /// Starts to collect, and returns once the kernel programs are attached.
    ///
    /// # Errors
    ///
    /// When the machine or the scope does not allow it; nothing is left behind then.
    pub fn start(
        config: &Config,
        metadata: Arc<Metadata>,
        sink: Arc<dyn Sink>,
    ) -> Result<Self, CollectorError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (started, starting) = mpsc::sync_channel(1);
        let sampler = sampler::Sampler::new(Arc::clone(&metadata), Arc::clone(&sink));
        let sampler_cpu_ns = sampler.cpu_ns();
        let sampler_stop = Arc::clone(&stop);
        let events_stop = Arc::clone(&stop);
        let config = config.clone();
        let events = std::thread::Builder::new()
            .name("px-events".to_owned())
            .spawn(move || {
                run_events(
                    &config,
                    metadata,
                    sink,
                    sampler_cpu_ns,
                    &events_stop,
                    &started,
                )
            })
            .map_err(CollectorError::Thread)?;
        let mut collector = Self {
            stop,
            threads: vec![events],
        };
        match starting.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(error),
            // The sender is gone without a word only if the thread panicked.
            Err(mpsc::RecvError) => {
                let error = std::io::Error::other("the event thread ended while starting");
                return Err(CollectorError::Thread(error));
            }
        }
        let sampling = std::thread::Builder::new()
            .name("px-sampler".to_owned())
            .spawn(move || sampler.run(&sampler_stop))
            .map_err(CollectorError::Thread)?;
        collector.threads.push(sampling);
        Ok(collector)
    }

    /// Stops collecting. Everything that happened before the call is in the sink afterwards.
    pub fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the collector has panicked; rows may be missing");
            }
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.join();
    }
}

fn run_events(
    config: &Config,
    metadata: Arc<Metadata>,
    sink: Arc<dyn Sink>,
    sampler_cpu_ns: Arc<AtomicU64>,
    stop: &AtomicBool,
    started: &mpsc::SyncSender<Result<(), CollectorError>>,
) {
    let kernel_config = KernelConfig {
        scope: config.scope.clone(),
        head_bytes: config.head_bytes,
        undecided_bytes: config.undecided_bytes,
        ring_bytes: config.ring_bytes,
        cpus_per_ring: config.cpus_per_ring,
        features: config.features,
    };
    let mut storage = MaybeUninit::uninit();
    let kernel = match Kernel::load(&kernel_config, &mut storage) {
        Ok(kernel) => kernel,
        Err(error) => return report(started, Err(error)),
    };
    let mut events = match EventLoop::new(&kernel, config, metadata, sink, sampler_cpu_ns) {
        Ok(events) => events,
        Err(error) => return report(started, Err(error)),
    };
    report(started, Ok(()));
    events.run(stop);
}

fn report(
    started: &mpsc::SyncSender<Result<(), CollectorError>>,
    result: Result<(), CollectorError>,
) {
    if started.send(result).is_err() {
        tracing::debug!("nobody waits for the collector to start any more");
    }
}
