//! The SQLite file of the scheduled scripts: scripts, their runs, and plugins.
//!
//! It outlives the agent. Endpoints may hold secrets, so that only its owner can read the file.

mod plugins;
mod runs;
#[cfg(test)]
mod tests;

pub(crate) use plugins::PluginConfig;
pub(super) use runs::{Ended, RunId};
pub(crate) use runs::{Run, RunState, Stats};

use super::ScheduleError;
use super::counters::ScheduleCounters;
use super::script::Script;
use crate::state_file;
use nixie_api::OtelEndpoint;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, named_params, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Name of the file in the state folder.
const FILE: &str = "schedule.sqlite";

/// Version of the tables in the file.
const VERSION: i64 = 1;

/// LIMIT: scheduled scripts.
pub(super) const SCRIPTS_MAX: u32 = 256;

/// Of each connection. Commits survive a killed agent, not a power cut: then the last runs may be
/// forgotten.
const MANNERS: &str = "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS cron_scripts (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        description TEXT NOT NULL,
        script TEXT NOT NULL,
        period_s INTEGER NOT NULL,
        endpoint TEXT,
        plugin TEXT NOT NULL,
        is_preset INTEGER NOT NULL,
        enabled INTEGER NOT NULL,
        created_ns INTEGER NOT NULL,
        next_ns INTEGER NOT NULL,
        periods_skipped INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS cron_runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        script_id TEXT NOT NULL REFERENCES cron_scripts (id) ON DELETE CASCADE,
        time_ns INTEGER NOT NULL,
        start_ns INTEGER NOT NULL,
        end_ns INTEGER NOT NULL,
        state TEXT NOT NULL,
        code INTEGER NOT NULL,
        message TEXT NOT NULL DEFAULT '',
        compilation_ns INTEGER NOT NULL DEFAULT 0,
        execution_ns INTEGER NOT NULL DEFAULT 0,
        bytes_read INTEGER NOT NULL DEFAULT 0,
        rows_read INTEGER NOT NULL DEFAULT 0,
        rows INTEGER NOT NULL DEFAULT 0,
        spans_sent INTEGER NOT NULL DEFAULT 0,
        points_sent INTEGER NOT NULL DEFAULT 0,
        lost INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS cron_runs_of_script ON cron_runs (script_id, id);
    CREATE INDEX IF NOT EXISTS cron_runs_by_time ON cron_runs (time_ns);
    CREATE TABLE IF NOT EXISTS plugins (
        id TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        headers TEXT NOT NULL,
        url TEXT NOT NULL,
        insecure INTEGER NOT NULL
    )";

const COLUMNS: &str = "id, name, description, script, period_s, endpoint, plugin, is_preset, \
    enabled, created_ns, next_ns, periods_skipped";

/// The scheduled scripts, their runs, and plugins.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Mutex<Connection>,
    pub(super) counters: ScheduleCounters,
}

/// What tells whose a script is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) plugin: String,
    pub(super) is_preset: bool,
}

impl Store {
    /// Opens the file of a state folder; makes folder and file if they are missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, ScheduleError> {
        let connection = state_file::open(&folder.join(FILE), VERSION, TABLES)?;
        connection.execute_batch(MANNERS)?;
        Ok(Self {
            connection: Mutex::new(connection),
            counters: ScheduleCounters::default(),
        })
    }

    /// Returns all scripts, by name. One that cannot be read does not take the others with it.
    pub(crate) fn scripts(&self) -> Result<Vec<Script>, ScheduleError> {
        let connection = self.lock();
        let query = format!("SELECT {COLUMNS} FROM cron_scripts ORDER BY name");
        let mut statement = connection.prepare(&query)?;
        let rows = statement.query_map([], |row| Ok(script(row)))?;
        self.readable(rows)
    }

    /// Returns what can be read of some rows; counts and warns of the rest.
    fn readable<T>(
        &self,
        rows: impl Iterator<Item = rusqlite::Result<Result<T, ScheduleError>>>,
    ) -> Result<Vec<T>, ScheduleError> {
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        let kept = |row| self.counters.kept(row);
        Ok(rows.into_iter().filter_map(kept).collect())
    }

    /// Returns whose a script is, also if the rest of it cannot be read.
    pub(super) fn label(&self, id: Uuid) -> Result<Option<Label>, ScheduleError> {
        let query = "SELECT name, plugin, is_preset FROM cron_scripts WHERE id = ?1";
        let read = |row: &Row<'_>| {
            Ok(Label {
                name: row.get(0)?,
                plugin: row.get(1)?,
                is_preset: row.get(2)?,
            })
        };
        let label = self.lock().query_row(query, [id.to_string()], read);
        Ok(label.optional()?)
    }

    /// Returns a script.
    pub(crate) fn script(&self, id: Uuid) -> Result<Option<Script>, ScheduleError> {
        let query = format!("SELECT {COLUMNS} FROM cron_scripts WHERE id = ?1");
        let row = self
            .lock()
            .query_row(&query, [id.to_string()], |row| Ok(script(row)))
            .optional()?;
        row.transpose()
    }

    /// Adds scripts: all of them, or none.
    pub(super) fn insert(&self, scripts: &[Script]) -> Result<(), ScheduleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        insert(&transaction, scripts)?;
        transaction.commit()?;
        Ok(())
    }

    /// Writes what users can change of a script.
    pub(super) fn update(&self, script: &Script) -> Result<(), ScheduleError> {
        let written = self.lock().execute(
            "UPDATE cron_scripts SET name = :name, description = :description, script = :script, \
             period_s = :period_s, endpoint = :endpoint, plugin = :plugin, \
             is_preset = :is_preset, enabled = :enabled WHERE id = :id",
            named_params! {
                ":id": script.id.to_string(),
                ":name": script.name,
                ":description": script.description,
                ":script": script.text,
                ":period_s": script.period_s,
                ":endpoint": endpoint_text(script)?,
                ":plugin": script.plugin,
                ":is_preset": script.is_preset,
                ":enabled": script.enabled,
            },
        );
        match written.map_err(|error| name_taken(error, &script.name))? {
            0 => Err(ScheduleError::Unknown(script.id)),
            _ => Ok(()),
        }
    }

    /// Writes from when on a script is to run.
    pub(super) fn set_next(&self, id: Uuid, next_ns: i64) -> Result<(), ScheduleError> {
        self.lock().execute(
            "UPDATE cron_scripts SET next_ns = ?2 WHERE id = ?1",
            params![id.to_string(), next_ns],
        )?;
        Ok(())
    }

    /// Removes a script with its runs; returns false if there is none.
    pub(super) fn delete(&self, id: Uuid) -> Result<bool, ScheduleError> {
        let removed = self
            .lock()
            .execute("DELETE FROM cron_scripts WHERE id = ?1", [id.to_string()])?;
        Ok(removed > 0)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert(transaction: &Transaction<'_>, scripts: &[Script]) -> Result<(), ScheduleError> {
    let query = format!(
        "INSERT INTO cron_scripts ({COLUMNS}) VALUES (:id, :name, :description, :script, \
         :period_s, :endpoint, :plugin, :is_preset, :enabled, :created_ns, :next_ns, \
         :periods_skipped)"
    );
    for script in scripts {
        let written = transaction.execute(
            &query,
            named_params! {
                ":id": script.id.to_string(),
                ":name": script.name,
                ":description": script.description,
                ":script": script.text,
                ":period_s": script.period_s,
                ":endpoint": endpoint_text(script)?,
                ":plugin": script.plugin,
                ":is_preset": script.is_preset,
                ":enabled": script.enabled,
                ":created_ns": script.created_ns,
                ":next_ns": script.next_ns,
                ":periods_skipped": signed(script.periods_skipped),
            },
        );
        written.map_err(|error| name_taken(error, &script.name))?;
    }
    let count: u32 =
        transaction.query_row("SELECT count(*) FROM cron_scripts", [], |row| row.get(0))?;
    if count > SCRIPTS_MAX {
        return Err(ScheduleError::TooMany(SCRIPTS_MAX));
    }
    Ok(())
}

/// Reads a row of a script.
fn script(row: &Row<'_>) -> Result<Script, ScheduleError> {
    let id: String = row.get(0)?;
    let corrupt = |column| ScheduleError::Corrupt {
        id: id.clone(),
        column,
    };
    let endpoint: Option<String> = row.get(5)?;
    let endpoint = endpoint.map(|text| serde_json::from_str::<OtelEndpoint>(&text));
    Ok(Script {
        id: Uuid::parse_str(&id).map_err(|_| corrupt("id"))?,
        name: row.get(1)?,
        description: row.get(2)?,
        text: row.get(3)?,
        period_s: row.get(4).map_err(|_| corrupt("period_s"))?,
        endpoint: endpoint.transpose().map_err(|_| corrupt("endpoint"))?,
        plugin: row.get(6)?,
        is_preset: row.get(7)?,
        enabled: row.get(8)?,
        created_ns: row.get(9)?,
        next_ns: row.get(10)?,
        periods_skipped: row.get::<_, i64>(11)?.unsigned_abs(),
    })
}

fn endpoint_text(script: &Script) -> rusqlite::Result<Option<String>> {
    let text = script.endpoint.as_ref().map(serde_json::to_string);
    text.transpose().map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error.into())
}

/// Tells a name that is there already from other failures.
fn name_taken(error: rusqlite::Error, name: &str) -> ScheduleError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => ScheduleError::NameTaken(name.to_owned()),
        _ => error.into(),
    }
}

/// SQLite has no unsigned numbers.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
