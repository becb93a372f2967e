//! Bundles: many scripts in one JSON text, as Pixie publishes them.
//!
//! `{"scripts": {"px/http_data": {"pxl", "vis", "ShortDoc", "LongDoc", "hidden"}}}`; `vis` holds the
//! vis specification as text.

use super::{Manifest, Script, SourceText};
use crate::client;
use crate::failure::{Exit, Failure};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

/// LIMIT: bytes of a bundle, once decompressed.
const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How a file begins that gzip has compressed.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

#[derive(Debug, Default, Serialize, Deserialize)]
struct Bundle {
    scripts: BTreeMap<String, Entry>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entry {
    pxl: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    vis: String,
    #[serde(default, rename = "ShortDoc")]
    short: String,
    #[serde(default, rename = "LongDoc")]
    long: String,
    #[serde(default)]
    hidden: bool,
}

/// Reads a bundle from a file, or from where a URL points.
pub(super) fn read(place: &str) -> Result<BTreeMap<String, Script>, Failure> {
    let failed = |error: io::Error| {
        Failure::new(Exit::Failed, format!("cannot read bundle `{place}`")).caused_by(&error)
    };
    let bytes = if place.starts_with("https://") || place.starts_with("http://") {
        client::download(place, BUNDLE_BYTES_MAX)?
    } else {
        File::open(place).and_then(within_limit).map_err(failed)?
    };
    let bytes = match bytes.starts_with(&GZIP_MAGIC) {
        true => within_limit(MultiGzDecoder::new(bytes.as_slice())).map_err(failed)?,
        false => bytes,
    };
    let bundle: Bundle = serde_json::from_slice(&bytes).map_err(|error| {
        failed(error.into()).hint("expected {\"scripts\": {\"NAME\": {\"pxl\": …, \"vis\": …}}}")
    })?;
    let named = bundle.scripts.into_iter();
    Ok(named
        .map(|(name, entry)| (name.clone(), script(place, name, entry)))
        .collect())
}

fn within_limit(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(BUNDLE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BUNDLE_BYTES_MAX {
        let message = format!("it exceeds the limit of {BUNDLE_BYTES_MAX} bytes");
        return Err(io::Error::other(message));
    }
    Ok(bytes)
}

fn script(place: &str, name: String, entry: Entry) -> Script {
    let part = |part: &str, text: String| SourceText {
        name: format!("{place}: {name}/{part}"),
        text,
    };
    let vis = Some(entry.vis).filter(|vis| !vis.trim().is_empty());
    let manifest = Manifest {
        short: entry.short,
        long: entry.long,
        hidden: entry.hidden,
        ..Manifest::default()
    };
    Script {
        text: entry.pxl,
        vis: vis.map(|vis| part("vis.json", vis)),
        manifest: Some(part("manifest.yaml", manifest.to_text())),
        name,
        is_bundled: false,
        path: None,
    }
}

/// Returns scripts as a bundle.
pub(crate) fn write(scripts: Vec<Script>) -> Result<String, Failure> {
    let mut bundle = Bundle::default();
    for script in scripts {
        let manifest = Manifest::of(&script)?;
        let entry = Entry {
            pxl: script.text,
            vis: script.vis.map(|vis| vis.text).unwrap_or_default(),
            short: manifest.short,
            long: manifest.long,
            hidden: manifest.hidden,
        };
        bundle.scripts.insert(script.name, entry);
    }
    serde_json::to_string(&bundle).map_err(|error| Failure::of(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    const BUNDLE: &str = r#"{"scripts": {
        "px/own": {"pxl": "import px", "vis": "{}", "placement": "", "ShortDoc": "it: \"x\"", "LongDoc": "more\nlines", "orgID": "", "hidden": true},
        "px/bare": {"pxl": "import px"}}}"#;

    #[test]
    fn bundles_are_read_compressed_or_not_and_written_alike() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("bundle.json");
        std::fs::write(&plain, BUNDLE).unwrap();
        let compressed = folder.path().join("bundle.json.gz");
        let mut encoder = GzEncoder::new(File::create(&compressed).unwrap(), Compression::fast());
        encoder.write_all(BUNDLE.as_bytes()).unwrap();
        encoder.finish().unwrap();
        for path in [plain, compressed] {
            let scripts = read(path.to_str().unwrap()).unwrap();
            let own = &scripts["px/own"];
            assert_eq!(own.vis.as_ref().unwrap().text, "{}");
            let manifest = Manifest::of(own).unwrap();
            assert_eq!(manifest.short.trim(), "it: \"x\"");
            assert_eq!(manifest.long.trim(), "more\nlines");
            assert!(manifest.hidden && scripts["px/bare"].vis.is_none());
            let again = folder.path().join("again.json");
            let text = write(scripts.values().cloned().collect()).unwrap();
            std::fs::write(&again, text).unwrap();
            let again = read(again.to_str().unwrap()).unwrap();
            assert_eq!(again["px/own"].text, own.text);
            assert_eq!(Manifest::of(&again["px/own"]).unwrap(), manifest);
        }
    }

    #[test]
    fn what_is_no_bundle_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.json");
        for text in ["", "[]", r#"{"scripts": {"a": {}}}"#, "\u{1f}\u{8b}"] {
            std::fs::write(&path, text).unwrap();
            let failure = read(path.to_str().unwrap()).unwrap_err().to_string();
            assert!(
                failure.contains("cannot read bundle") && failure.contains("caused by"),
                "{failure}"
            );
        }
        let failure = read("/nowhere/bundle.json").unwrap_err().to_string();
        assert!(failure.contains("`/nowhere/bundle.json`"), "{failure}");
    }
}
