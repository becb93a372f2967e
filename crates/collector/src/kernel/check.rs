//! What a machine must offer, checked before anything is loaded.

use super::CollectorError;
use crate::scope::Scope;
use std::path::Path;

/// First kernel with ring buffers for programs.
const KERNEL_MIN: (u32, u32) = (5, 8);

/// First kernel in which programs at tracepoints can ask for the cgroups that a process is below.
const KERNEL_WITH_CGROUPS: (u32, u32) = (5, 14);

/// First kernel with the `bpf_loop` helper.
const KERNEL_WITH_LOOP: (u32, u32) = (5, 17);

/// First kernel with `bpf_rdonly_cast`.
const KERNEL_WITH_CAST: (u32, u32) = (6, 2);

/// First kernel in which all that is sent and received passes the tracepoints of sockets.
const KERNEL_WITH_SOCKET_HOOKS: (u32, u32) = (6, 5);

const BTF: &str = "/sys/kernel/btf/vmlinux";

/// Inode of the first pid namespace (`PROC_PID_INIT_INO` of include/linux/proc_ns.h).
const HOST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Bits of capability(7).
const CAP_SYS_ADMIN: u64 = 1 << 21;
const CAP_PERFMON: u64 = 1 << 38;
const CAP_BPF: u64 = 1 << 39;

/// Checks all requirements; the first one that is not met is the error.
pub(crate) fn requirements(scope: &Scope) -> Result<(), CollectorError> {
    kernel(&release(), scope)?;
    btf(Path::new(BTF))?;
    capabilities()?;
    pid_namespace()
}

/// What newer kernels offer and the programs use where it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelFeatures {
    /// `bpf_loop`, since 5.17: calls with any number of vectors are read whole. Without it 128
    /// vectors and 64 messages of a call are, and cuts are counted. Atomic operations that return a
    /// value, since 5.12, are not used without it either.
    pub loops: bool,
    /// `bpf_rdonly_cast`, since 6.2: sockets are found without a helper call for each step.
    pub casts: bool,
    /// Sockets tell what they move, since 6.5: no other call costs anything. Without it all calls
    /// are looked at.
    pub socket_hooks: bool,
}

impl KernelFeatures {
    /// Returns what the running kernel offers, by its release.
    #[must_use]
    pub fn detect() -> Self {
        let release = parse_release(&release());
        let is_at_least = |min| release.is_some_and(|version| version >= min);
        Self {
            loops: is_at_least(KERNEL_WITH_LOOP),
            casts: is_at_least(KERNEL_WITH_CAST),
            socket_hooks: is_at_least(KERNEL_WITH_SOCKET_HOOKS),
        }
    }
}

fn release() -> String {
    rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned()
}

fn kernel(release: &str, scope: &Scope) -> Result<(), CollectorError> {
    let is_by_cgroup = matches!(scope, Scope::Cgroup(_));
    let too_old = |what, needs| CollectorError::Unsupported {
        what,
        found: release.to_owned(),
        needs,
        hint: "boot a newer kernel; Debian 12 and Ubuntu 22.04 have one",
    };
    match parse_release(release) {
        Some(version) if version < KERNEL_MIN => Err(too_old("kernel", "5.8 or newer")),
        Some(version) if is_by_cgroup && version < KERNEL_WITH_CGROUPS => Err(too_old(
            "kernel, for the scope of a cgroup",
            "5.14 or newer",
        )),
        // A release that cannot be read is judged by what follows.
        _ => Ok(()),
    }
}

fn btf(path: &Path) -> Result<(), CollectorError> {
    if path.metadata().is_ok() {
        return Ok(());
    }
    Err(CollectorError::Unsupported {
        what: "kernel type information",
        found: format!("no `{}`", path.display()),
        needs: "a kernel built with CONFIG_DEBUG_INFO_BTF",
        hint: "use the distribution's own kernel, and mount sysfs at /sys",
    })
}

fn capabilities() -> Result<(), CollectorError> {
    let status = crate::procfs::read(std::process::id(), "status").unwrap_or_default();
    let effective = parse_capabilities(&status).unwrap_or(0);
    if effective & CAP_SYS_ADMIN != 0
        || effective & (CAP_BPF | CAP_PERFMON) == CAP_BPF | CAP_PERFMON
    {
        return Ok(());
    }
    Err(CollectorError::Unsupported {
        what: "privileges",
        found: format!("effective capabilities {effective:#x}"),
        needs: "root, or CAP_BPF and CAP_PERFMON with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
        hint: "run it with sudo",
    })
}

fn pid_namespace() -> Result<(), CollectorError> {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let found = link.to_string_lossy().into_owned();
    if found == HOST_PID_NAMESPACE {
        return Ok(());
    }
    Err(CollectorError::Unsupported {
        what: "pid namespace",
        found,
        needs: "the host's, so that process ids mean the same here and in the kernel",
        hint: "start the container with the host's pids (`--pid=host`, `hostPID: true`)",
    })
}

fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn parse_capabilities(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_distributions_are_understood() {
        assert_eq!(parse_release("6.1.0-50-cloud-amd64"), Some((6, 1)));
        assert_eq!(parse_release("5.8-rc1"), Some((5, 8)));
        assert_eq!(parse_release("6.18.44"), Some((6, 18)));
        assert_eq!(parse_release("unknown"), None);
    }

    #[test]
    fn old_kernels_are_refused_for_what_they_cannot_do() {
        let cgroup = Scope::Cgroup("/a".into());
        assert!(kernel("5.10.0-32-cloud-amd64", &Scope::All).is_ok());
        assert!(kernel("5.14.0", &cgroup).is_ok());
        let error = kernel("5.10.0", &cgroup).expect_err("too old").to_string();
        assert!(error.contains("found 5.10.0, needs 5.14"), "{error}");
        let error = kernel("5.7.1", &Scope::All)
            .expect_err("too old")
            .to_string();
        assert!(error.contains("found 5.7.1, needs 5.8"), "{error}");
    }

    #[test]
    fn effective_capabilities_are_read() {
        let status = "CapPrm:\t0000000000000000\nCapEff:\t000001ffffffffff\n";
        assert_eq!(parse_capabilities(status), Some(0x1ff_ffff_ffff));
        assert_eq!(parse_capabilities("Name: x"), None);
    }

    #[test]
    fn missing_type_information_is_named() {
        let error = btf(Path::new("/nonexistent/btf")).expect_err("not there");
        assert!(
            error.to_string().contains("found no `/nonexistent/btf`"),
            "{error}"
        );
        assert!(error.hint().is_some());
    }
}
