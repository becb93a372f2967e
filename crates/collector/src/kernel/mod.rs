//! Loads the kernel programs, and is the only place that talks to them.

pub(crate) mod check;
mod datagrams;
mod seed;
mod stats;

use crate::scope::Scope;
pub use check::KernelFeatures;
use libbpf_rs::skel::{OpenSkel, Skel, SkelBuilder};
use libbpf_rs::{
    ErrorExt, MapCore, MapFlags, MapHandle, MapType, OpenObject, PrintLevel, RingBufferBuilder,
    libbpf_sys,
};
use skeleton::{CollectorSkel, CollectorSkelBuilder, OpenCollectorProgs};
pub(crate) use stats::Numbered;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

/// Generated from `bpf/` by libbpf-cargo at build time.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes_without_reason,
    clippy::use_self,
    clippy::wildcard_imports,
    reason = "generated code"
)]
pub(crate) mod skeleton {
    include!(concat!(env!("OUT_DIR"), "/collector.skel.rs"));
}

/// Why the collector cannot run.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The machine lacks something; the text says what was found, what is needed, what to do.
    #[error("{what}: found {found}, needs {needs}")]
    Unsupported {
        /// What was looked at.
        what: &'static str,
        /// What was found.
        found: String,
        /// What is needed.
        needs: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// The scope names something that is not there.
    #[error("scope `{scope}`: {problem}")]
    Scope {
        /// The part of the scope.
        scope: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The kernel refused the programs.
    #[error("kernel programs cannot be {step}")]
    Kernel {
        /// What was tried.
        step: &'static str,
        /// The kernel's answer.
        #[source]
        source: libbpf_rs::Error,
    },
    /// A thread of the collector could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl CollectorError {
    fn kernel(step: &'static str) -> impl FnOnce(libbpf_rs::Error) -> Self {
        move |source| Self::Kernel { step, source }
    }

    /// Returns what to do about it, if that is known.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unsupported { hint, .. } => Some(hint),
            _ => None,
        }
    }
}

/// How the kernel programs are to work.
#[derive(Clone, Debug)]
pub(crate) struct KernelConfig {
    pub scope: Scope,
    pub head_bytes: u32,
    pub undecided_bytes: u64,
    pub ring_bytes: u32,
    pub cpus_per_ring: u32,
    pub features: KernelFeatures,
}

/// What the agent has decided about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KernelVerdict {
    Trace = 1,
    CountOnly = 2,
}

/// The loaded programs. Dropping it detaches them, and nothing stays in the kernel.
pub(crate) struct Kernel<'obj> {
    skeleton: CollectorSkel<'obj>,
    rings: Vec<MapHandle>,
    stat_names: Vec<String>,
    /// Of the programs that no skeleton attaches by itself.
    links: Vec<libbpf_rs::Link>,
}

impl<'obj> Kernel<'obj> {
    /// Loads and attaches the programs.
    pub(crate) fn load(
        config: &KernelConfig,
        storage: &'obj mut MaybeUninit<OpenObject>,
    ) -> Result<Self, CollectorError> {
        check::requirements(&config.scope)?;
        libbpf_rs::set_print(Some((PrintLevel::Warn, print_libbpf)));
        let mut open = CollectorSkelBuilder::default()
            .open(storage)
            .map_err(CollectorError::kernel("opened"))?;
        let cpus = libbpf_rs::num_possible_cpus().map_err(CollectorError::kernel("sized"))?;
        let cpus = u32::try_from(cpus).unwrap_or(u32::MAX);
        let Some(rodata) = open.maps.rodata_data.as_deref_mut() else {
            return Err(CollectorError::Kernel {
                step: "configured",
                source: std::io::Error::other("the object has no read-only data").into(),
            });
        };
        configure(&mut rodata.config, config)?;
        choose_programs(&mut open.progs, config.features);
        let rings = make_rings(config, cpus).map_err(CollectorError::kernel("given a ring"))?;
        let sized = open
            .maps
            .scratches
            .set_max_entries(cpus)
            .and_then(|()| match rings.first() {
                Some(ring) => open.maps.rings.set_inner_map_fd(ring.as_fd()),
                None => Ok(()),
            });
        sized.map_err(CollectorError::kernel("sized"))?;
        let skeleton = open.load().map_err(CollectorError::kernel("loaded"))?;
        let mut kernel = Self {
            skeleton,
            rings,
            stat_names: Vec::new(),
            links: Vec::new(),
        };
        kernel.stat_names = kernel.read_stat_names();
        kernel
            .register_rings()
            .map_err(CollectorError::kernel("given their rings"))?;
        kernel
            .skeleton
            .attach()
            .map_err(CollectorError::kernel("attached"))?;
        if config.features.socket_hooks {
            kernel.links = kernel.attach_datagrams(&config.scope);
        }
        kernel.seed_scope(&config.scope)?;
        Ok(kernel)
    }

    /// Returns a reader of all rings that gives each event to `callback`, which answers 0, or a
    /// negative error number to stop the reading behind it.
    pub(crate) fn ring_buffer<'a>(
        &'a self,
        callback: impl Fn(&[u8]) -> i32 + Clone + 'a,
    ) -> Result<libbpf_rs::RingBuffer<'a>, CollectorError> {
        let mut builder = RingBufferBuilder::new();
        for ring in &self.rings {
            let callback = callback.clone();
            builder
                .add(ring, callback)
                .map_err(CollectorError::kernel("read"))?;
        }
        builder.build().map_err(CollectorError::kernel("read"))
    }

    /// Returns handles to the maps that are used while events are read.
    pub(crate) fn maps(&self) -> Result<Maps, CollectorError> {
        let maps = &self.skeleton.maps;
        let handle = |map: &libbpf_rs::MapMut<'_>| {
            MapHandle::try_from(map).map_err(CollectorError::kernel("shared"))
        };
        Ok(Maps {
            conns: handle(&maps.conns)?,
            verdicts: handle(&maps.verdicts)?,
            bss: handle(&maps.bss)?,
            verdict_epoch: 0,
            verdicts_changed: false,
        })
    }

    fn register_rings(&self) -> libbpf_rs::Result<()> {
        for (group, ring) in (0_u32..).zip(&self.rings) {
            let fd = ring.as_fd().as_raw_fd();
            let map = &self.skeleton.maps.rings;
            map.update(&group.to_ne_bytes(), &fd.to_ne_bytes(), MapFlags::ANY)?;
        }
        Ok(())
    }
}

/// The maps that the agent reads and writes while it runs.
pub(crate) struct Maps {
    conns: MapHandle,
    verdicts: MapHandle,
    bss: MapHandle,
    verdict_epoch: u32,
    verdicts_changed: bool,
}

/// Byte counters of a connection, as the kernel programs keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnBytes {
    pub sent: u64,
    pub received: u64,
}

impl Maps {
    /// Tells the programs what to do with a connection, at the next [`Maps::publish_verdicts`].
    /// Returns false when the map is full, and the connection stays as it was.
    pub(crate) fn set_verdict(&mut self, conn_id: u64, verdict: KernelVerdict) -> bool {
        let value = (verdict as u32).to_ne_bytes();
        let set = self
            .verdicts
            .update(&conn_id.to_ne_bytes(), &value, MapFlags::ANY)
            .is_ok();
        self.verdicts_changed |= set;
        set
    }

    /// Makes the programs look at verdicts given since the last call.
    pub(crate) fn publish_verdicts(&mut self) {
        if !std::mem::take(&mut self.verdicts_changed) {
            return;
        }
        self.verdict_epoch = self.verdict_epoch.wrapping_add(1);
        let epoch = self.verdict_epoch.to_ne_bytes();
        if let Err(error) = self.bss.update(&0_u32.to_ne_bytes(), &epoch, MapFlags::ANY) {
            tracing::warn!(%error, "verdicts cannot be published; connections stay captured");
        }
    }

    /// Returns the byte counters of a connection, if its entry is still that connection's.
    pub(crate) fn conn_bytes(&self, sock: u64, peer: u64, conn_id: u64) -> Option<ConnBytes> {
        let value = self
            .conns
            .lookup(&conn_key(sock, peer), MapFlags::ANY)
            .ok()??;
        let word = |at: usize| Some(u64::from_ne_bytes(value.get(at..at + 8)?.try_into().ok()?));
        (word(0)? == conn_id).then_some(())?;
        Some(ConnBytes {
            sent: word(16)?,
            received: word(24)?,
        })
    }

    /// Removes what the programs keep of a connection.
    pub(crate) fn forget(&self, sock: u64, peer: u64, conn_id: u64) {
        // Both entries may be gone already: the socket's address reused, no verdict given.
        if self.conn_bytes(sock, peer, conn_id).is_some() {
            ignore_missing(self.conns.delete(&conn_key(sock, peer)));
        }
        ignore_missing(self.verdicts.delete(&conn_id.to_ne_bytes()));
    }
}

fn ignore_missing(result: libbpf_rs::Result<()>) {
    match result {
        Ok(()) => {}
        Err(error) if error.kind() == libbpf_rs::ErrorKind::NotFound => {}
        Err(error) => tracing::debug!(%error, "map entry cannot be deleted"),
    }
}

fn conn_key(sock: u64, peer: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&sock.to_ne_bytes());
    key[8..].copy_from_slice(&peer.to_ne_bytes());
    key
}

fn configure(
    out: &mut skeleton::types::config,
    config: &KernelConfig,
) -> Result<(), CollectorError> {
    out.self_tgid = std::process::id();
    out.head_bytes = config.head_bytes;
    out.undecided_bytes = config.undecided_bytes;
    out.wake_bytes = config.ring_bytes / 8;
    out.cpus_per_ring = config.cpus_per_ring;
    out.has_cast = u32::from(config.features.casts);
    out.has_socket_hooks = u32::from(config.features.socket_hooks);
    seed::configure_scope(out, &config.scope)
}

/// Loads the programs of one way to see what passes: sockets tell, or calls do, with or without
/// what newer kernels have.
fn choose_programs(programs: &mut OpenCollectorProgs<'_>, features: KernelFeatures) {
    let calls = !features.socket_hooks;
    programs.tp__sys_exit.set_autoload(calls && features.loops);
    programs
        .tp__sys_exit_old
        .set_autoload(calls && !features.loops);
    for program in [
        &mut programs.tp__sock_send_length,
        &mut programs.tp__sock_recv_length,
        &mut programs.cgroup__recvmsg4,
        &mut programs.cgroup__recvmsg6,
    ] {
        program.set_autoload(features.socket_hooks);
    }
}

fn make_rings(config: &KernelConfig, cpus: u32) -> libbpf_rs::Result<Vec<MapHandle>> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as libbpf_sys::size_t,
        ..Default::default()
    };
    let make = |group: u32| {
        let name = format!("px_ring_{group}");
        let bytes = config.ring_bytes;
        MapHandle::create(MapType::RingBuf, Some(name), 0, 0, bytes, &options)
            .with_context(|| format!("ring of {bytes} bytes"))
    };
    (0..cpus.div_ceil(config.cpus_per_ring)).map(make).collect()
}

fn print_libbpf(level: PrintLevel, text: String) {
    let text = text.trim_end();
    match level {
        PrintLevel::Warn => tracing::warn!(target: "libbpf", "{text}"),
        PrintLevel::Info => tracing::info!(target: "libbpf", "{text}"),
        PrintLevel::Debug => tracing::debug!(target: "libbpf", "{text}"),
    }
}
