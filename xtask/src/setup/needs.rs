//! What is needed, how to see that it is there, and the Debian and Ubuntu package that has it.

use super::Purpose;
use super::python::SYSTEM_PYTHON;
use crate::command::{find, output, succeeds};
use std::path::Path;
use std::process::Command;

/// Something that must be installed.
pub(crate) struct Need {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Package on Debian 12 and later, and on Ubuntu 22.04 and later.
    pub(crate) package: &'static str,
    /// Least purpose that needs it.
    pub(crate) purpose: Purpose,
    /// Tells whether it is there.
    pub(crate) is_met: fn() -> bool,
    /// Units of the service manager that the package starts without being asked.
    pub(crate) services: &'static [&'static str],
}

impl Need {
    const fn new(
        purpose: Purpose,
        name: &'static str,
        package: &'static str,
        is_met: fn() -> bool,
    ) -> Self {
        Self {
            name,
            package,
            purpose,
            is_met,
            services: &[],
        }
    }

    const fn starting(self, services: &'static [&'static str]) -> Self {
        Self { services, ..self }
    }
}

const NGINX: &[&str] = &["nginx"];

/// Everything. A package may be listed for more than one purpose.
pub(crate) static ALL: &[Need] = &[
    Need::new(
        Purpose::Build,
        "clang >= 14 with the BPF target",
        "clang",
        has_clang,
    ),
    Need::new(Purpose::Build, "C compiler", "gcc", || find("cc").is_some()),
    Need::new(Purpose::Build, "C library headers", "libc6-dev", || {
        has("/usr/include/stdio.h")
    }),
    Need::new(Purpose::Build, "make", "make", || find("make").is_some()),
    Need::new(Purpose::Build, "pkg-config", "pkg-config", || {
        find("pkg-config").is_some()
    }),
    Need::new(Purpose::Build, "libelf headers", "libelf-dev", || {
        has("/usr/include/libelf.h")
    }),
    Need::new(Purpose::Build, "zlib headers", "zlib1g-dev", || {
        has("/usr/include/zlib.h")
    }),
    Need::new(Purpose::Demo, "nginx", "nginx", || find("nginx").is_some()).starting(NGINX),
    Need::new(Purpose::Demo, "PostgreSQL", "postgresql", || {
        postgres_folder().is_some()
    })
    .starting(&["postgresql"]),
    Need::new(Purpose::Demo, "Redis", "redis-server", || {
        find("redis-server").is_some()
    })
    .starting(&["redis-server"]),
    Need::new(Purpose::Demo, "python3 of the system", "python3", || {
        has(SYSTEM_PYTHON)
    }),
    Need::new(
        Purpose::Demo,
        "psycopg2 for python3",
        "python3-psycopg2",
        || imports("psycopg2"),
    ),
    Need::new(Purpose::Demo, "redis for python3", "python3-redis", || {
        imports("redis")
    }),
    Need::new(Purpose::Demo, "ip", "iproute2", || find("ip").is_some()),
    Need::new(
        Purpose::Demo,
        "unshare and setpriv",
        "util-linux",
        has_util_linux,
    ),
    Need::new(Purpose::Test, "nginx", "nginx", || find("nginx").is_some()).starting(NGINX),
    Need::new(Purpose::Test, "wrk", "wrk", || find("wrk").is_some()),
    Need::new(Purpose::Test, "curl", "curl", || find("curl").is_some()),
    Need::new(Purpose::Test, "python3 of the system", "python3", || {
        has(SYSTEM_PYTHON)
    }),
    Need::new(Purpose::Test, "venv for python3", "python3-venv", || {
        imports("ensurepip")
    }),
    Need::new(Purpose::Test, "Node.js", "nodejs", || {
        find("node").is_some()
    }),
    Need::new(Purpose::Test, "npm", "npm", || find("npm").is_some()),
    Need::new(Purpose::Test, "ip", "iproute2", || find("ip").is_some()),
    Need::new(Purpose::Test, "tmux", "tmux", || find("tmux").is_some()),
    Need::new(Purpose::Test, "less", "less", || find("less").is_some()),
    Need::new(
        Purpose::Test,
        "unshare and setpriv",
        "util-linux",
        has_util_linux,
    ),
    Need::new(
        Purpose::Test,
        "busybox with httpd, nc and wget",
        "busybox-static",
        has_busybox,
    ),
    Need::new(Purpose::Test, "qemu for x86_64", "qemu-system-x86", || {
        find("qemu-system-x86_64").is_some()
    }),
    Need::new(Purpose::Bench, "nginx", "nginx", || find("nginx").is_some()).starting(NGINX),
    Need::new(Purpose::Bench, "wrk", "wrk", || find("wrk").is_some()),
    Need::new(Purpose::Bench, "curl", "curl", || find("curl").is_some()),
    Need::new(Purpose::Bench, "venv for python3", "python3-venv", || {
        imports("ensurepip")
    }),
    Need::new(Purpose::Bench, "ip", "iproute2", || find("ip").is_some()),
    Need::new(
        Purpose::Bench,
        "unshare, setpriv and taskset",
        "util-linux",
        has_util_linux,
    ),
];

const CLANG_MAJOR_MIN: u32 = 14;

/// Newest release that is looked for by its numbered name.
const CLANG_MAJOR_MAX: u32 = 22;

fn has_clang() -> bool {
    let asked = std::env::var("CLANG").ok();
    let names = (CLANG_MAJOR_MIN..=CLANG_MAJOR_MAX)
        .rev()
        .map(|major| format!("clang-{major}"));
    let usual = std::iter::once("clang".to_owned()).chain(names);
    asked.into_iter().chain(usual).any(|clang| is_clang(&clang))
}

fn is_clang(program: &str) -> bool {
    let printed = |argument: &str| output(Command::new(program).arg(argument)).unwrap_or_default();
    major(&printed("-dumpversion")).is_some_and(|major| major >= CLANG_MAJOR_MIN)
        && printed("--print-targets").contains("bpf")
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.trim().parse().ok()
}

fn has(file: &str) -> bool {
    Path::new(file).metadata().is_ok()
}

fn imports(module: &str) -> bool {
    // Another python3 may come first in PATH; packages of the distribution belong to this one.
    succeeds(SYSTEM_PYTHON, &["-c", &format!("import {module}")])
}

fn has_util_linux() -> bool {
    ["unshare", "setpriv", "taskset"]
        .iter()
        .all(|name| find(name).is_some())
}

fn has_busybox() -> bool {
    let list = output(Command::new("busybox").arg("--list")).unwrap_or_default();
    let has = |name: &str| list.lines().any(|line| line == name);
    ["httpd", "nc", "wget"].into_iter().all(has)
}

/// Returns the folder with the programs of the newest PostgreSQL server, if there is one.
pub(crate) fn postgres_folder() -> Option<std::path::PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| {
        let folder = entry.ok()?.path().join("bin");
        let version: u32 = folder.parent()?.file_name()?.to_str()?.parse().ok()?;
        (folder.join("initdb").is_file() && folder.join("postgres").is_file())
            .then_some((version, folder))
    });
    folders.max().map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_clang_are_understood() {
        assert_eq!(major("14.0.6\n"), Some(14));
        assert_eq!(major("19.1.7"), Some(19));
        assert_eq!(major(""), None);
    }

    #[test]
    fn package_names_can_be_given_to_apt_as_they_are() {
        for need in ALL {
            let is_plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(need.package.bytes().all(is_plain), "{}", need.package);
        }
    }

    #[test]
    fn what_is_missing_is_seen() {
        assert!(has("/proc/self/status"));
        assert!(!has("/no/such/file"));
        assert!(!imports("no_such_module"));
        assert!(!is_clang("no-such-program"));
    }
}
