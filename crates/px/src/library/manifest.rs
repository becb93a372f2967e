//! `manifest.yaml`: what a script is for.

use super::Script;
use crate::failure::{Exit, Failure};
use serde::{Deserialize, Serialize};

/// What a script is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Manifest {
    /// In a line.
    #[serde(default)]
    pub(crate) short: String,
    /// In a few.
    #[serde(default)]
    pub(crate) long: String,
    /// Left out of lists.
    #[serde(default)]
    pub(crate) hidden: bool,
    /// Name among the scripts of a plugin; of presets only.
    #[serde(default)]
    pub(crate) title: String,
    /// Seconds from one run to the next; of presets only.
    #[serde(default)]
    pub(crate) frequency_s: u32,
}

impl Manifest {
    /// Returns the manifest of a script; an empty one, if it has none.
    pub(crate) fn of(script: &Script) -> Result<Self, Failure> {
        let Some(manifest) = &script.manifest else {
            return Ok(Self::default());
        };
        serde_saphyr::from_str(&manifest.text).map_err(|error| {
            let message = format!("`{}` is no manifest", manifest.name);
            Failure::new(Exit::Script, message)
                .caused_by(&error)
                .hint("expected `short: …` and `long: …`, each a text")
        })
    }

    /// Returns the manifest of one script among others, which it does not take away with it.
    pub(crate) fn of_listed(script: &Script) -> Self {
        Self::of(script).unwrap_or_else(|failure| {
            let reason = failure.causes_in_line();
            tracing::warn!(script = script.name, %reason, "the manifest is left out");
            Self::default()
        })
    }

    /// Returns the manifest as text: JSON, which is YAML as well.
    pub(super) fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }
}
