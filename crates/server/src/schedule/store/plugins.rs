//! Which plugins are on, and where they export to.

use super::{Store, insert, unwritable};
use crate::schedule::ScheduleError;
use crate::schedule::script::Script;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// Where the scripts of a plugin export to.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct PluginConfig {
    /// Version of the presets that are there.
    pub(crate) version: String,
    /// Headers of each request; their values are secrets.
    pub(crate) headers: BTreeMap<String, String>,
    /// The user's own endpoint; empty for the plugin's.
    pub(crate) url: String,
    pub(crate) insecure: bool,
}

impl Store {
    /// Returns the configuration of a plugin, if it is on.
    pub(crate) fn plugin(&self, id: &str) -> Result<Option<PluginConfig>, ScheduleError> {
        let query = "SELECT version, headers, url, insecure FROM plugins WHERE id = ?1";
        let row = self.lock().query_row(query, [id], |row| {
            let headers: String = row.get(1)?;
            Ok((row.get(0)?, headers, row.get(2)?, row.get(3)?))
        });
        let Some((version, headers, url, insecure)) = row.optional()? else {
            return Ok(None);
        };
        let headers = serde_json::from_str(&headers).map_err(|_| ScheduleError::Corrupt {
            id: id.to_owned(),
            column: "headers",
        })?;
        Ok(Some(PluginConfig {
            version,
            headers,
            url,
            insecure,
        }))
    }

    /// Writes the configuration of a plugin, which turns it on, and adds scripts that come with it:
    /// all of that, or nothing.
    pub(in crate::schedule) fn set_plugin(
        &self,
        id: &str,
        config: &PluginConfig,
        presets: &[Script],
    ) -> Result<(), ScheduleError> {
        let headers = serde_json::to_string(&config.headers).map_err(unwritable)?;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        insert(&transaction, presets)?;
        transaction.execute(
            "INSERT OR REPLACE INTO plugins (id, version, headers, url, insecure) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, config.version, headers, config.url, config.insecure],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Turns a plugin off, and forgets its configuration: its presets go, and what users made of
    /// it stays, disabled.
    pub(in crate::schedule) fn remove_plugin(&self, id: &str) -> Result<(), ScheduleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "DELETE FROM cron_scripts WHERE plugin = ?1 AND is_preset",
            [id],
        )?;
        transaction.execute(
            "UPDATE cron_scripts SET enabled = 0 WHERE plugin = ?1",
            [id],
        )?;
        transaction.execute("DELETE FROM plugins WHERE id = ?1", [id])?;
        transaction.commit()?;
        Ok(())
    }
}
