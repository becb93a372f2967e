//! Plugins: where many scripts export to, with scripts of their own.

use super::script::{Script, check_endpoint};
use super::store::PluginConfig;
use super::window::Timetable;
use super::{Preset, Schedule, ScheduleError};
use crate::state::ServerState;
use nixie_api::{NewCronScript, OtelEndpoint};
use nixie_types::clock;
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::info;

/// A place that scripts export to.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// Version of its presets: that of px.
    pub(crate) version: &'static str,
}

/// All plugins.
pub(crate) const PLUGINS: &[Plugin] = &[Plugin {
    id: "open-telemetry",
    name: "OpenTelemetry",
    description: "Exports metrics and spans by OTLP, to a collector or to a vendor.",
    version: env!("CARGO_PKG_VERSION"),
}];

/// What to change of a plugin; what is not named stays.
#[derive(Clone, Default)]
pub(crate) struct PluginChanges {
    pub(crate) enabled: Option<bool>,
    pub(crate) version: Option<String>,
    /// Headers of each request. None of them means: as they are.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) url: Option<String>,
    pub(crate) insecure: Option<bool>,
    /// When it is turned on: its presets are there, and do not run.
    pub(crate) disable_presets: bool,
}

/// Returns a plugin by its id.
pub(crate) fn plugin(id: &str) -> Result<&'static Plugin, ScheduleError> {
    let found = PLUGINS.iter().find(|plugin| plugin.id == id);
    found.ok_or_else(|| ScheduleError::UnknownPlugin(id.to_owned()))
}

impl Schedule {
    /// Returns the configuration of a plugin, if it is on.
    pub(crate) fn plugin(&self, id: &str) -> Result<Option<PluginConfig>, ScheduleError> {
        self.store.plugin(id)
    }

    pub(super) fn enabled_plugin(&self, id: &str) -> Result<PluginConfig, ScheduleError> {
        self.store.plugin(id)?.ok_or_else(|| {
            ScheduleError::Unfit(format!("plugin `{id}` is not enabled; enable it first"))
        })
    }

    /// Returns where a script exports to that does not say it: what is said of the script comes
    /// before what is said of its plugin.
    pub(super) fn endpoint(&self, script: &Script) -> Result<Option<OtelEndpoint>, ScheduleError> {
        if script.plugin.is_empty() {
            return Ok(script.endpoint.clone());
        }
        let config = self.enabled_plugin(&script.plugin)?;
        let own = script.endpoint.clone().unwrap_or_else(|| endpoint(&config));
        let mut headers = config.headers;
        headers.extend(own.headers);
        // Who says that an endpoint has TLS means it.
        let insecure = own.insecure || config.insecure && !own.url.starts_with("https://");
        Ok(Some(OtelEndpoint {
            url: own.url,
            headers,
            insecure,
            timeout_s: own.timeout_s,
        }))
    }

    /// Turns a plugin on or off, or changes it.
    ///
    /// What is turned on brings its presets. What is turned off takes them away, and disables the
    /// scripts that users made for it.
    pub(crate) async fn change_plugin(
        &self,
        state: &Arc<ServerState>,
        id: &str,
        changes: PluginChanges,
    ) -> Result<(), ScheduleError> {
        self.check_owner()?;
        let _one = self.changing.lock().await;
        let plugin = plugin(id)?;
        if let Some(version) = &changes.version
            && version != plugin.version
        {
            return Err(ScheduleError::Invalid(format!(
                "plugin `{id}` has no version `{version}`; expected `{}`",
                plugin.version
            )));
        }
        let before = self.store.plugin(id)?;
        let is_on = before.is_some();
        if !is_on && changes.enabled.is_none() {
            return Err(ScheduleError::Unfit(format!(
                "plugin `{id}` is not enabled, so that there is nothing to change; set `enabled`"
            )));
        }
        if changes.enabled.unwrap_or(is_on) {
            let config = changed(plugin, before.unwrap_or_default(), &changes)?;
            check_endpoint(&endpoint(&config))?;
            let presets = match is_on {
                true => Vec::new(),
                false => self.presets(&self.bundled.presets, plugin, !changes.disable_presets)?,
            };
            self.store.set_plugin(id, &config, &presets)?;
            if !is_on {
                info!(plugin = id, "plugin enabled");
            }
        } else if is_on {
            self.store.remove_plugin(id)?;
            info!(plugin = id, "plugin disabled");
        }
        self.restart_all(state)
    }

    /// Returns the scripts of presets of a plugin; those whose names users have taken get another.
    fn presets<'p>(
        &self,
        presets: impl IntoIterator<Item = &'p Preset>,
        plugin: &Plugin,
        enabled: bool,
    ) -> Result<Vec<Script>, ScheduleError> {
        let taken = self.store.scripts()?;
        let now_ns = clock::now_ns();
        let scripts = presets.into_iter().map(|preset| {
            let mut script = of_preset(preset, plugin, now_ns);
            if taken.iter().any(|taken| taken.name == script.name) {
                script.name = other_name(preset, plugin);
            }
            script.enabled = enabled;
            script
        });
        Ok(scripts.collect())
    }

    /// Brings the presets of the plugins that are on up to date with this px: those that it does
    /// not have any more become scripts of the user. New ones run unless no other does.
    pub(super) fn refresh_presets(&self) -> Result<(), ScheduleError> {
        for plugin in PLUGINS {
            let Some(config) = self.store.plugin(plugin.id)? else {
                continue;
            };
            if config.version == plugin.version {
                continue;
            }
            let mut fresh: Vec<&Preset> = self.bundled.presets.iter().collect();
            let mut presets = self.store.scripts()?;
            presets.retain(|script| script.is_preset && script.plugin == plugin.id);
            let are_wanted = presets.is_empty() || presets.iter().any(|script| script.enabled);
            for script in presets {
                let of_script = |preset: &&Preset| {
                    preset.name == script.name || other_name(preset, plugin) == script.name
                };
                let found = fresh.iter().position(of_script);
                let found = found.map(|index| fresh.swap_remove(index));
                self.store.update(&refreshed(script, found))?;
            }
            let presets = self.presets(fresh, plugin, are_wanted)?;
            let version = plugin.version.to_owned();
            let config = PluginConfig { version, ..config };
            self.store.set_plugin(plugin.id, &config, &presets)?;
        }
        Ok(())
    }

    /// Ends what is not enabled any more, and starts what is.
    fn restart_all(&self, state: &Arc<ServerState>) -> Result<(), ScheduleError> {
        let scripts = self.store.scripts()?;
        self.tasks()
            .retain(|id, _| scripts.iter().any(|script| script.id == *id));
        for script in scripts
            .into_iter()
            .filter(|script| !script.plugin.is_empty())
        {
            self.restart(state, script);
        }
        Ok(())
    }
}

/// Returns where the scripts of a plugin export to.
fn endpoint(config: &PluginConfig) -> OtelEndpoint {
    OtelEndpoint {
        url: config.url.clone(),
        headers: config.headers.clone(),
        insecure: config.insecure,
        timeout_s: None,
    }
}

fn changed(
    plugin: &Plugin,
    before: PluginConfig,
    changes: &PluginChanges,
) -> Result<PluginConfig, ScheduleError> {
    let config = PluginConfig {
        version: plugin.version.to_owned(),
        headers: if changes.headers.is_empty() {
            before.headers
        } else {
            changes.headers.clone()
        },
        url: changes.url.clone().unwrap_or(before.url),
        insecure: changes.insecure.unwrap_or(before.insecure),
    };
    if config.url.is_empty() {
        return Err(ScheduleError::Invalid(format!(
            "plugin `{}` needs a `custom_export_url`, for example `localhost:4317`",
            plugin.id
        )));
    }
    Ok(config)
}

/// Returns what becomes of the script of a preset that there still is, or is no more.
fn refreshed(script: Script, preset: Option<&Preset>) -> Script {
    match preset {
        Some(preset) => Script {
            text: preset.text.clone(),
            description: preset.description.clone(),
            ..script
        },
        None => Script {
            is_preset: false,
            ..script
        },
    }
}

/// Returns the name of a preset whose own name a user has taken.
fn other_name(preset: &Preset, plugin: &Plugin) -> String {
    format!("{} ({})", preset.name, plugin.name)
}

fn of_preset(preset: &Preset, plugin: &Plugin, now_ns: i64) -> Script {
    let new = NewCronScript {
        name: preset.name.clone(),
        description: preset.description.clone(),
        script: preset.text.clone(),
        frequency_s: preset.frequency_s,
        ..NewCronScript::default()
    };
    Script {
        plugin: plugin.id.to_owned(),
        is_preset: true,
        ..Script::new(new, now_ns, Timetable::first_ns(now_ns))
    }
}
