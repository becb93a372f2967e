//! The scripts that come with px.

use super::{Script, SourceText};

/// A script in the binary.
pub(super) struct Bundled {
    pub(super) name: &'static str,
    pxl: &'static str,
    vis: Option<&'static str>,
    manifest: Option<&'static str>,
}

/// Every folder below `scripts/`, sorted by name.
pub(super) static SCRIPTS: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/scripts.rs"));

/// Every folder in `presets/`, sorted by name.
pub(super) static PRESETS: &[Bundled] = include!(concat!(env!("OUT_DIR"), "/presets.rs"));

impl Bundled {
    /// Returns the script.
    pub(super) fn script(&self) -> Script {
        let part = |file: &str, text: &str| SourceText {
            name: format!("{}/{file}", self.name),
            text: text.to_owned(),
        };
        Script {
            name: self.name.to_owned(),
            text: self.pxl.to_owned(),
            vis: self.vis.map(|text| part("vis.json", text)),
            manifest: self.manifest.map(|text| part("manifest.yaml", text)),
            is_bundled: true,
            path: None,
        }
    }
}
