//! Creates, changes and deletes scheduled scripts.

use super::plugin::plugin;
use super::script::{Script, check_endpoint};
use super::window::{Timetable, Window};
use super::{Schedule, ScheduleError};
use crate::access::{Principal, Role};
use crate::state::ServerState;
use crate::turn::planned;
use nixie_api::{CronChanges, NewCronScript};
use nixie_pxl::Program;
use nixie_types::clock;
use std::sync::Arc;
use tracing::info;
use uuid::Uuid;

/// A script that has just been created.
pub(crate) struct Created {
    pub(crate) script: Script,
    /// How many exports it has.
    pub(crate) exports: usize,
}

/// Says why somebody may not change scheduled scripts, if it is so.
pub(crate) fn may_change(principal: &Principal) -> Result<(), String> {
    if principal.role >= Role::Editor {
        return Ok(());
    }
    Err(format!(
        "scheduled scripts are changed by the role `editor`; yours is `{}`",
        principal.role
    ))
}

impl Schedule {
    /// Creates a script that has no errors; it runs from now on, unless it is created disabled.
    /// `plugin_id` is the plugin that says where it exports to; empty for none.
    pub(crate) async fn create(
        &self,
        state: &Arc<ServerState>,
        new: NewCronScript,
        plugin_id: &str,
    ) -> Result<Created, ScheduleError> {
        self.check_owner()?;
        let _one = self.changing.lock().await;
        if !plugin_id.is_empty() {
            plugin(plugin_id)?;
            self.enabled_plugin(plugin_id)?;
        }
        let now_ns = clock::now_ns();
        let script = Script {
            plugin: plugin_id.to_owned(),
            ..Script::new(new, now_ns, Timetable::first_ns(now_ns))
        };
        script.check()?;
        let exports = self.compiled(state, &script).await?.exports.len();
        self.store.insert(std::slice::from_ref(&script))?;
        info!(script = script.name, id = %script.id, "scheduled");
        self.restart(state, script.clone());
        Ok(Created { script, exports })
    }

    /// Changes a script. One that is enabled runs from now on.
    pub(crate) async fn change(
        &self,
        state: &Arc<ServerState>,
        id: Uuid,
        changes: CronChanges,
    ) -> Result<Script, ScheduleError> {
        self.check_owner()?;
        let _one = self.changing.lock().await;
        let before = self.script(id)?;
        let CronChanges {
            name,
            description,
            script: text,
            frequency_s,
            endpoint,
            enabled,
        } = changes;
        let compiles_anew = text.is_some() || endpoint.is_some() || enabled == Some(true);
        let mut script = before.clone();
        script.name = name.unwrap_or(script.name);
        script.description = description.unwrap_or(script.description);
        script.text = text.unwrap_or(script.text);
        script.period_s = frequency_s.unwrap_or(script.period_s);
        script.endpoint = match endpoint {
            // Back to what the plugin or the script itself says.
            Some(endpoint) if endpoint.url.is_empty() => None,
            Some(endpoint) => Some(endpoint),
            None => script.endpoint,
        };
        script.enabled = enabled.unwrap_or(script.enabled);
        if script == before {
            return Ok(script);
        }
        if script.is_preset && script.name != before.name {
            return Err(ScheduleError::Unfit(format!(
                "`{}` came with plugin `{}` and keeps its name, by which a newer one is found",
                before.name, before.plugin
            )));
        }
        script.check()?;
        if script.enabled && !script.plugin.is_empty() {
            self.enabled_plugin(&script.plugin)?;
        }
        if compiles_anew {
            self.compiled(state, &script).await?;
        }
        self.store.update(&script)?;
        if script.enabled && !before.enabled {
            script.next_ns = Timetable::first_ns(clock::now_ns());
            self.store.set_next(id, script.next_ns)?;
        }
        self.restart(state, script.clone());
        Ok(script)
    }

    /// Deletes a script with its history, and ends its run.
    pub(crate) async fn delete(&self, id: Uuid) -> Result<(), ScheduleError> {
        self.check_owner()?;
        let _one = self.changing.lock().await;
        let label = self.store.label(id)?.ok_or(ScheduleError::Unknown(id))?;
        if label.is_preset {
            return Err(ScheduleError::Unfit(format!(
                "`{}` came with plugin `{}` and goes with it; disable it instead",
                label.name, label.plugin
            )));
        }
        drop(self.tasks().remove(&id));
        if self.store.delete(id)? {
            info!(script = label.name, %id, "scheduled script deleted");
            Ok(())
        } else {
            Err(ScheduleError::Unknown(id))
        }
    }

    /// Changes are for the agent that runs the scripts.
    pub(super) fn check_owner(&self) -> Result<(), ScheduleError> {
        if self.lock.is_some() {
            Ok(())
        } else {
            Err(ScheduleError::Elsewhere)
        }
    }

    /// Compiles a script as a run would, where queries are planned.
    async fn compiled(
        &self,
        state: &Arc<ServerState>,
        script: &Script,
    ) -> Result<Program, ScheduleError> {
        let end_ns = clock::now_ns();
        let window = Window {
            start_ns: end_ns - 1,
            end_ns,
            skipped: 0,
        };
        if let Some(endpoint) = self.endpoint(script)? {
            check_endpoint(&endpoint)?;
        }
        let options = self.options(script, window)?;
        let text = script.text.clone();
        let (compile, agent) = (state.compile, Arc::clone(&state.agent));
        let compiled = planned(&state.query_handle, move || {
            compile(agent.engine(), &text, &options, &[])
        });
        let program = compiled
            .await
            .map_err(|status| ScheduleError::Unfit(status.message().to_owned()))?
            .map_err(ScheduleError::Script)?;
        if program.outputs.iter().any(|output| output.streaming) {
            return Err(ScheduleError::Invalid(
                "the script has a `stream()`, which never ends; schedule it without".to_owned(),
            ));
        }
        if let Some(mutation) = program.mutations.first() {
            return Err(ScheduleError::Invalid(format!(
                "the script changes what is traced, which scheduled scripts may not: {mutation}"
            )));
        }
        Ok(program)
    }
}
