//! What a machine must offer that cannot be installed.

use super::Purpose;
use crate::workspace;
use std::fmt;
use std::path::Path;

/// First kernel with ring buffers for programs.
const KERNEL_MIN: (u32, u32) = (5, 8);

const BTF: &str = "/sys/kernel/btf/vmlinux";

/// Measured: the largest crates take 2 GiB to build, on two cores.
const MEMORY_BYTES_MIN: u64 = 2 << 30;

/// Measured: a folder with a built demonstration or built tests takes 2.5 GB.
const DISK_BYTES_MIN: u64 = 4 << 30;

/// A requirement that is not met.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    what: &'static str,
    seen: String,
    needed: String,
    hint: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            seen,
            needed,
            hint,
        } = self;
        write!(
            f,
            "{what}: found {seen}, but {needed} is needed\n  hint: {hint}"
        )
    }
}

/// Returns what stands in the way. With `strict`, tests that need root must be able to run.
pub(crate) fn problems(purpose: Purpose, strict: bool) -> Vec<Problem> {
    let traces = match purpose {
        Purpose::Build | Purpose::All => false,
        Purpose::Demo | Purpose::Bench => true,
        Purpose::Test => strict,
    };
    let text = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let mut found = vec![memory(&text("/proc/meminfo")), disk()];
    if traces {
        found.push(kernel(text("/proc/sys/kernel/osrelease").trim()));
        found.push(btf(Path::new(BTF)));
        found.push(privileges(rustix::process::geteuid().is_root()));
    }
    found.into_iter().flatten().collect()
}

fn kernel(release: &str) -> Option<Problem> {
    let mut parts = release
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        // A release that cannot be read is judged by what the agent finds.
        return None;
    };
    ((major, minor) < KERNEL_MIN).then(|| Problem {
        what: "kernel",
        seen: format!("`{release}`"),
        needed: format!("{}.{} or newer", KERNEL_MIN.0, KERNEL_MIN.1),
        hint: "boot a newer kernel; Debian 12 and Ubuntu 22.04 have one",
    })
}

fn btf(file: &Path) -> Option<Problem> {
    file.metadata().is_err().then(|| Problem {
        what: "kernel type information",
        seen: format!("no `{}`", file.display()),
        needed: "a kernel built with CONFIG_DEBUG_INFO_BTF".to_owned(),
        hint: "use the distribution's own kernel, and mount sysfs at /sys",
    })
}

fn privileges(is_root: bool) -> Option<Problem> {
    (!is_root).then(|| Problem {
        what: "privileges",
        seen: "an ordinary user".to_owned(),
        needed: "root".to_owned(),
        hint: "kernel programs and namespaces take it: `sudo --preserve-env=HOME,PATH make …`",
    })
}

fn memory(meminfo: &str) -> Option<Problem> {
    let available = available_bytes(meminfo)?;
    (available < MEMORY_BYTES_MIN).then(|| Problem {
        what: "memory",
        seen: format!("{} MiB available", available >> 20),
        needed: format!("{} MiB for the build", MEMORY_BYTES_MIN >> 20),
        hint: "end other programs, or add memory or swap",
    })
}

/// Returns memory that programs can get, swap included; none when it cannot be read.
fn available_bytes(meminfo: &str) -> Option<u64> {
    let field = |name: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line
            .strip_prefix(':')?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()?;
        Some(kib << 10)
    };
    Some(field("MemAvailable")? + field("SwapFree").unwrap_or(0))
}

fn disk() -> Option<Problem> {
    let target = workspace::target().ok()?;
    // The folder may not exist yet: its nearest parent is on the same disk.
    let space = target
        .ancestors()
        .find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    let built = target.join("CACHEDIR.TAG").metadata().is_ok();
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    (!built && free < DISK_BYTES_MIN).then(|| Problem {
        what: "disk space",
        seen: format!("{} MiB free for `{}`", free >> 20, target.display()),
        needed: format!("{} MiB", DISK_BYTES_MIN >> 20),
        hint: "make room, or set `CARGO_TARGET_DIR` to a folder on another disk",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_kernels_are_refused_with_what_to_do() {
        let problem = kernel("5.4.0-150-generic").unwrap().to_string();
        assert_eq!(
            problem,
            "kernel: found `5.4.0-150-generic`, but 5.8 or newer is needed\n  \
             hint: boot a newer kernel; Debian 12 and Ubuntu 22.04 have one"
        );
        for release in [
            "5.8.0",
            "5.15.0-91-generic",
            "6.1.0-50-cloud-amd64",
            "unknown",
        ] {
            assert_eq!(kernel(release), None, "{release}");
        }
    }

    #[test]
    fn memory_is_what_programs_can_get() {
        let meminfo = "MemTotal: 9 kB\nMemAvailable:    1048576 kB\nSwapFree:   524288 kB\n";
        assert_eq!(available_bytes(meminfo), Some(1536 << 20));
        let problem = memory(meminfo).unwrap().to_string();
        assert!(
            problem.starts_with("memory: found 1536 MiB available"),
            "{problem}"
        );
        assert_eq!(memory("MemAvailable: 4194304 kB\n"), None);
    }

    #[test]
    fn missing_type_information_and_rights_are_named() {
        let problem = btf(Path::new("/no/such/file")).unwrap().to_string();
        assert!(problem.contains("no `/no/such/file`"), "{problem}");
        assert!(privileges(false).unwrap().to_string().contains("sudo"));
        assert_eq!(privileges(true), None);
    }
}
