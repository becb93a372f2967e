//! A block of a page as a script with all that it is run with.

use crate::recorded;
use nixie_metadata::{Metadata, Process};
use nixie_pxl::vis::Vis;
use nixie_pxl::{CompileOptions, FunctionCall, OtelDefaults, OtelEndpoint};
use nixie_types::Upid;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The time that scripts take for now: 1,000 s.
const NOW_NS: i64 = 1_000_000_000_000;

/// The time that presets export: the last 100 s.
const PRESET_RANGE_NS: (i64, i64) = (900_000_000_000, NOW_NS);

/// A script with all that it is run with.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) metadata: Metadata,
    pub(crate) options: CompileOptions,
    pub(crate) functions: Vec<FunctionCall>,
    /// Rows of outputs keep their order.
    pub(crate) ordered: bool,
    /// The script that exports instead is what is looked at.
    pub(crate) makes_export: bool,
    /// What is looked at, if the page does not say it.
    pub(crate) default_kinds: &'static [&'static str],
}

/// Returns whether a block is a script.
pub(crate) fn is_case(info: &str) -> bool {
    let kind = info.split(' ').next().unwrap_or_default();
    ["pxl", "script", "preset"].contains(&kind)
}

impl Case {
    /// Reads a block that is a script.
    pub(crate) fn of(info: &str, body: &str, default_kinds: &'static [&'static str]) -> Self {
        let mut words = info.split_whitespace();
        match words.next() {
            Some("script") => Self::of_library(words.next().expect("script NAME"), body),
            Some("preset") => Self::of_preset(words.next().expect("preset NAME")),
            _ => Self::of_words(words, body, default_kinds),
        }
    }

    fn of_words<'w>(
        words: impl Iterator<Item = &'w str>,
        text: &str,
        default_kinds: &'static [&'static str],
    ) -> Self {
        let mut case = Self::new(text.to_owned(), metadata(), default_kinds);
        for word in words {
            if let Some(argument) = word.strip_prefix("arg:") {
                let (name, value) = argument.split_once('=').expect("arg:NAME=VALUE");
                let arguments = &mut case.options.arguments;
                arguments.insert(name.to_owned(), value.to_owned());
            } else if let Some(call) = word.strip_prefix("fn:") {
                case.functions.push(function(call));
            } else if let Some(url) = word.strip_prefix("export-to:") {
                case.options.otel = export_defaults(url);
            } else if let Some(range) = word.strip_prefix("plugin:") {
                let (start, end) = range.split_once(':').expect("plugin:START:END");
                let ns = |text: &str| text.parse().expect("nanoseconds");
                case.options.plugin_range_ns = Some((ns(start), ns(end)));
            } else {
                match word {
                    "kubernetes" => case.metadata = recorded::recorded(),
                    "make-export" => case.makes_export = true,
                    "ordered" => case.ordered = true,
                    _ => panic!("unknown word `{word}`"),
                }
            }
        }
        case
    }

    /// Takes a script of the library as a user calls it, with arguments `NAME=VALUE`, one a line.
    fn of_library(name: &str, arguments: &str) -> Self {
        let folder = root().join("scripts").join(name);
        let mut case = Self::new(pxl_in(&folder), recorded::recorded(), &["output"]);
        let argument = |line: &str| {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            (name.to_owned(), value.to_owned())
        };
        let arguments: BTreeMap<String, String> = arguments.lines().map(argument).collect();
        if let Ok(vis) = fs::read_to_string(folder.join("vis.json")) {
            let vis = Vis::parse(&vis).expect("the vis specification can be read");
            case.functions = vis.calls(&arguments).expect("the arguments fit");
        }
        case
    }

    /// Takes a preset as a schedule runs it.
    fn of_preset(name: &str) -> Self {
        let text = pxl_in(&root().join("presets").join(name));
        let mut case = Self::new(text, recorded::recorded(), &["export", "rows"]);
        case.options.otel = export_defaults("collector:4317");
        case.options.plugin_range_ns = Some(PRESET_RANGE_NS);
        case
    }

    fn new(text: String, metadata: Metadata, default_kinds: &'static [&'static str]) -> Self {
        Self {
            text,
            metadata,
            options: CompileOptions {
                now_ns: NOW_NS,
                script_name: "case".to_owned(),
                ..CompileOptions::default()
            },
            functions: Vec::new(),
            ordered: false,
            makes_export: false,
            default_kinds,
        }
    }
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns all scripts of the library and all presets: how a page calls each, its name, its text.
pub(crate) fn all_scripts() -> Vec<(&'static str, String, String)> {
    let groups = folders(&root().join("scripts"));
    let scripts = groups.iter().flat_map(|group| {
        let named = |script: PathBuf| {
            let name = format!("{}/{}", file_name(group), file_name(&script));
            ("script", name, pxl_in(&script))
        };
        folders(group).into_iter().map(named)
    });
    let presets = folders(&root().join("presets")).into_iter();
    let presets = presets.map(|preset| ("preset", file_name(&preset), pxl_in(&preset)));
    scripts.chain(presets).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = files
        .map(|file| file.expect("the folder can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns the one script in a folder.
fn pxl_in(folder: &Path) -> String {
    let files =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths = files.map(|file| file.expect("the folder can be read").path());
    let script = paths.find(|path| path.extension().is_some_and(|extension| extension == "pxl"));
    fs::read_to_string(script.expect("a `.pxl` file")).expect("the script can be read")
}

fn export_defaults(url: &str) -> OtelDefaults {
    OtelDefaults {
        endpoint: Some(OtelEndpoint {
            url: url.to_owned(),
            headers: BTreeMap::new(),
            insecure: true,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        }),
        resource: vec![("px.cloud.address".to_owned(), "here".to_owned())],
    }
}

fn function(call: &str) -> FunctionCall {
    let mut parts = call.split(':');
    let mut next = || parts.next().expect("fn:FUNCTION:OUTPUT").to_owned();
    let (function, output) = (next(), next());
    let arguments = parts.map(|part| {
        let (name, value) = part.split_once('=').expect("NAME=VALUE");
        (name.to_owned(), value.to_owned())
    });
    FunctionCall {
        function,
        output,
        arguments: arguments.collect(),
    }
}

fn metadata() -> Metadata {
    let metadata = Metadata::new("testhost".to_owned(), 3);
    metadata.insert(Process {
        upid: Upid {
            asid: 0,
            pid: 42,
            start_ticks: 1000,
        },
        parent_pid: 1,
        cmdline: "nginx -g daemon".to_owned(),
        exe: "/usr/sbin/nginx".to_owned(),
        comm: "nginx".to_owned(),
        cgroup: "/system.slice/nginx.service".to_owned(),
        unit: Some("nginx.service".to_owned()),
        container_id: Some("c0ffee".to_owned()),
        ..Process::default()
    });
    metadata
}
