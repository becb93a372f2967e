//! Compiles `bpf/` with clang and generates the typed skeleton of its maps and programs.

use libbpf_cargo::SkeletonBuilder;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Tried in this order when `CLANG` is not set.
const CLANGS: [&str; 9] = [
    "clang", "clang-22", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16",
    "clang-15",
];

/// Kernel-side C needs the static assertions and CO-RE built-ins of this release on.
const CLANG_MAJOR_MIN: u32 = 14;

fn main() {
    println!("cargo:rerun-if-changed=../../bpf");
    println!("cargo:rerun-if-env-changed=CLANG");
    if let Err(message) = build() {
        // Cargo shows this line to whoever runs the build.
        println!("cargo:warning={message}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let manifest = variable("CARGO_MANIFEST_DIR")?;
    let out = PathBuf::from(variable("OUT_DIR")?).join("collector.skel.rs");
    let source = Path::new(&manifest).join("../../bpf/collector.bpf.c");
    SkeletonBuilder::new()
        .source(source)
        .clang(find_clang()?)
        .clang_args([
            // 32-bit sub-registers (v3) need kernel 5.1; without them sizes are shifted about.
            "-mcpu=v3",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-parameter",
        ])
        .build_and_generate(out)
        .map_err(|error| format!("kernel programs do not build: {error:#}").replace('\n', " | "))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("`{name}` is not set; build with cargo"))
}

fn find_clang() -> Result<String, String> {
    if let Ok(clang) = env::var("CLANG") {
        return Ok(clang);
    }
    let found = CLANGS.into_iter().find(|clang| has_bpf_target(clang));
    found.map(str::to_owned).ok_or_else(|| {
        format!(
            "no clang >= {CLANG_MAJOR_MIN} with the BPF target found; \
             run `make setup`, or `apt-get install clang libelf-dev zlib1g-dev pkg-config`"
        )
    })
}

fn has_bpf_target(clang: &str) -> bool {
    let output = |argument: &str| {
        let run = Command::new(clang)
            .arg(argument)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        run.status
            .success()
            .then(|| String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let new_enough = output("-dumpversion")
        .and_then(|version| version.split('.').next()?.trim().parse().ok())
        .is_some_and(|major: u32| major >= CLANG_MAJOR_MIN);
    new_enough && output("--print-targets").is_some_and(|targets| targets.contains("bpf"))
}
