//! What comes with px: scripts and presets, as plain data.

/// A script that can be run by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LibraryScript {
    /// Name, for example `px/http_data`.
    pub name: String,
    /// What it shows, in a line.
    pub description: String,
    /// The PxL.
    pub text: String,
    /// Its vis specification, as JSON.
    pub vis: Option<String>,
}

/// A script to be scheduled, of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preset {
    /// Name, for example `HTTP Metrics`.
    pub name: String,
    /// What it exports, in a line.
    pub description: String,
    /// The PxL.
    pub text: String,
    /// Seconds from one run to the next, unless the user says otherwise.
    pub frequency_s: u32,
}

/// What comes with px.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptLibrary {
    /// Scripts, by name.
    pub scripts: Vec<LibraryScript>,
    /// Presets of the plugin, by name.
    pub presets: Vec<Preset>,
}
