//! The presets that come with px: scripts to be scheduled, which export.

use super::{Manifest, Script, SourceText, bundle};
use crate::failure::Failure;
use nixie_server::{LibraryScript, Preset, ScriptLibrary};

/// A preset with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct BundledPreset {
    /// Name for commands, for example `http_metrics`.
    pub(crate) name: &'static str,
    /// What it exports, and how often.
    pub(crate) manifest: Manifest,
    /// The PxL.
    pub(crate) script: Script,
}

/// Returns all presets, by name.
pub(crate) fn presets() -> Result<Vec<BundledPreset>, Failure> {
    let presets = bundle::PRESETS.iter().map(|preset| {
        let mut script = preset.script();
        script.name = format!("presets/{}", preset.name);
        Ok(BundledPreset {
            name: preset.name,
            manifest: Manifest::of(&script)?,
            script,
        })
    });
    presets.collect()
}

/// Returns what an agent has to know of the scripts and presets that come with px.
pub(crate) fn for_agent() -> Result<ScriptLibrary, Failure> {
    let scripts = bundle::SCRIPTS.iter().map(|bundled| {
        let script = bundled.script();
        let manifest = Manifest::of(&script)?;
        let script = LibraryScript {
            name: script.name,
            description: manifest.short.trim().to_owned(),
            text: script.text,
            vis: script.vis.map(|SourceText { text, .. }| text),
        };
        Ok((!manifest.hidden).then_some(script))
    });
    let scripts: Result<Vec<Option<LibraryScript>>, Failure> = scripts.collect();
    let presets = presets()?.into_iter().map(|preset| Preset {
        name: preset.manifest.title.trim().to_owned(),
        description: preset.manifest.short.trim().to_owned(),
        text: preset.script.text,
        frequency_s: preset.manifest.frequency_s,
    });
    Ok(ScriptLibrary {
        scripts: scripts?.into_iter().flatten().collect(),
        presets: presets.collect(),
    })
}
