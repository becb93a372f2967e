//! Lists the folders under `scripts/` and `presets/`, so that the binary carries all that is there.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a build fails by panicking"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let groups = folders(&root.join("scripts")).into_iter();
    let scripts = groups.flat_map(|group| {
        let name = |script: &Path| format!("{}/{}", file_name(&group), file_name(script));
        let scripts = folders(&group).into_iter();
        scripts
            .map(|script| (name(&script), script))
            .collect::<Vec<_>>()
    });
    write("scripts", scripts);
    let presets = folders(&root.join("presets")).into_iter();
    write(
        "presets",
        presets.map(|preset| (file_name(&preset), preset)),
    );
    for folder in ["scripts", "presets"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
}

/// Writes a list of scripts, each a name and a folder.
fn write(list: &str, scripts: impl Iterator<Item = (String, PathBuf)>) {
    let mut table = String::from("&[\n");
    for (name, script) in scripts {
        let files: Vec<PathBuf> = script
            .read_dir()
            .expect("a folder")
            .map(|entry| entry.expect("a file").path())
            .collect();
        let texts: Vec<&PathBuf> = files
            .iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "pxl"))
            .collect();
        assert_eq!(texts.len(), 1, "{list}/{name} needs exactly one .pxl file");
        let include = |file: &Path| format!("include_str!({:?})", file.display().to_string());
        let optional = |file: &str| {
            let file = script.join(file);
            if file.is_file() {
                format!("Some({})", include(&file))
            } else {
                "None".to_owned()
            }
        };
        writeln!(
            table,
            "Bundled {{ name: {name:?}, pxl: {}, vis: {}, manifest: {} }},",
            include(texts[0]),
            optional("vis.json"),
            optional("manifest.yaml"),
        )
        .unwrap();
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join(format!("{list}.rs")), table).expect("space");
}

/// Returns the folders in a folder, sorted.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("the folder is there");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}
