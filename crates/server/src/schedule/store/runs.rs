//! The runs of scheduled scripts.

use super::{Store, signed};
use crate::schedule::ScheduleError;
use crate::schedule::window::Window;
use nixie_types::clock::NANOS_PER_SEC;
use rusqlite::{Connection, Row, named_params, params};
use tonic::Code;
use uuid::Uuid;

/// LIMIT: runs that are kept of a script; the oldest go first.
pub(super) const RUNS_KEPT_MAX: i64 = 100;

/// LIMIT: age of the runs that are kept.
pub(super) const RUN_AGE_NS_MAX: i64 = 7 * 24 * 3600 * NANOS_PER_SEC;

/// LIMIT: bytes of a message.
const MESSAGE_BYTES_MAX: usize = 2048;

const COLUMNS: &str = "script_id, name, time_ns, start_ns, end_ns, state, code, message, \
    compilation_ns, execution_ns, bytes_read, rows_read, rows, spans_sent, points_sent, lost";

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunState {
    Failed,
    /// It ended well, but not all of what it asked for was there.
    Incomplete,
    Running,
    /// It did not start.
    #[default]
    Skipped,
    Succeeded,
}

impl RunState {
    const ALL: [Self; 5] = [
        Self::Failed,
        Self::Incomplete,
        Self::Running,
        Self::Skipped,
        Self::Succeeded,
    ];

    /// Returns the name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Running => "running",
            Self::Skipped => "skipped",
            Self::Succeeded => "succeeded",
        }
    }
}

/// What a run did, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub(crate) compilation_ns: u64,
    /// Exports included.
    pub(crate) execution_ns: u64,
    pub(crate) bytes_read: u64,
    pub(crate) rows_read: u64,
    /// Rows that were exported or displayed.
    pub(crate) rows: u64,
    pub(crate) spans_sent: u64,
    pub(crate) points_sent: u64,
    /// Spans and data points that did not arrive.
    pub(crate) lost: u64,
}

/// A run of a scheduled script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) script: Uuid,
    pub(crate) script_name: String,
    /// When it started.
    pub(crate) time_ns: i64,
    /// First time that it was about.
    pub(crate) start_ns: i64,
    /// First time that it was not about any more.
    pub(crate) end_ns: i64,
    pub(crate) state: RunState,
    /// How gRPC calls it; 0 is well.
    pub(crate) code: i32,
    /// Why it failed or was skipped, or what is missing.
    pub(crate) message: String,
    pub(crate) stats: Stats,
}

/// A run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct RunId(i64);

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Ended {
    pub(in crate::schedule) state: RunState,
    pub(in crate::schedule) code: Code,
    pub(in crate::schedule) message: String,
    pub(in crate::schedule) stats: Stats,
}

impl Store {
    /// Notes that a run starts: from now on its window has had its run, also if the agent is
    /// killed before the end of it, so that nothing is ever exported twice.
    pub(in crate::schedule) fn begin(
        &self,
        script: Uuid,
        window: Window,
        now_ns: i64,
        why_skipped: &str,
    ) -> Result<RunId, ScheduleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let id = script.to_string();
        transaction.execute(
            "UPDATE cron_scripts SET next_ns = ?2, periods_skipped = periods_skipped + ?3 \
             WHERE id = ?1",
            params![id, window.end_ns, signed(window.skipped)],
        )?;
        let insert = "INSERT INTO cron_runs (script_id, time_ns, start_ns, end_ns, state, code, \
             message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        if window.skipped > 0 {
            let length_ns = window.end_ns - window.start_ns;
            let skipped_ns = length_ns.saturating_mul(signed(window.skipped));
            let start_ns = window.start_ns.saturating_sub(skipped_ns);
            let (state, code) = (RunState::Skipped.name(), Code::Aborted as i32);
            transaction.execute(
                insert,
                params![
                    id,
                    now_ns,
                    start_ns,
                    window.start_ns,
                    state,
                    code,
                    why_skipped
                ],
            )?;
        }
        let state = RunState::Running.name();
        transaction.execute(
            insert,
            params![id, now_ns, window.start_ns, window.end_ns, state, 0, ""],
        )?;
        let run = RunId(transaction.last_insert_rowid());
        transaction.commit()?;
        Ok(run)
    }

    /// Notes how a run ended, and forgets old ones.
    pub(in crate::schedule) fn end(
        &self,
        run: RunId,
        ended: &Ended,
        now_ns: i64,
    ) -> Result<(), ScheduleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let Ended {
            state,
            code,
            message,
            stats,
        } = ended;
        transaction.execute(
            "UPDATE cron_runs SET state = :state, code = :code, message = :message, \
             compilation_ns = :compilation_ns, execution_ns = :execution_ns, \
             bytes_read = :bytes_read, rows_read = :rows_read, rows = :rows, \
             spans_sent = :spans_sent, points_sent = :points_sent, lost = :lost WHERE id = :id",
            named_params! {
                ":id": run.0,
                ":state": state.name(),
                ":code": *code as i32,
                ":message": &message[..message.floor_char_boundary(MESSAGE_BYTES_MAX)],
                ":compilation_ns": signed(stats.compilation_ns),
                ":execution_ns": signed(stats.execution_ns),
                ":bytes_read": signed(stats.bytes_read),
                ":rows_read": signed(stats.rows_read),
                ":rows": signed(stats.rows),
                ":spans_sent": signed(stats.spans_sent),
                ":points_sent": signed(stats.points_sent),
                ":lost": signed(stats.lost),
            },
        )?;
        forget(&transaction, run, now_ns)?;
        transaction.commit()?;
        Ok(())
    }

    /// Notes that the runs that are under way have been cut off; returns how many there were.
    pub(in crate::schedule) fn cut_off(&self) -> Result<usize, ScheduleError> {
        let (running, failed) = (RunState::Running.name(), RunState::Failed.name());
        let message = "the agent ended before the run";
        Ok(self.lock().execute(
            "UPDATE cron_runs SET state = ?2, code = ?3, message = ?4 WHERE state = ?1",
            params![running, failed, Code::Cancelled as i32, message],
        )?)
    }

    /// Returns the latest runs, the latest first, of one script or of all.
    pub(crate) fn runs(&self, script: Option<Uuid>, max: usize) -> Result<Vec<Run>, ScheduleError> {
        let query = format!(
            "SELECT {COLUMNS} FROM cron_runs JOIN cron_scripts ON cron_scripts.id = script_id \
             WHERE ?1 IS NULL OR script_id = ?1 ORDER BY cron_runs.id DESC LIMIT ?2"
        );
        let script = script.map(|id| id.to_string());
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        self.read_all(&query, params![script, max])
    }

    /// Returns the last run of each script.
    pub(crate) fn last_runs(&self) -> Result<Vec<Run>, ScheduleError> {
        let query = format!(
            "SELECT {COLUMNS} FROM cron_runs JOIN cron_scripts ON cron_scripts.id = script_id \
             WHERE cron_runs.id IN (SELECT max(id) FROM cron_runs GROUP BY script_id)"
        );
        self.read_all(&query, params![])
    }

    fn read_all(
        &self,
        query: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Run>, ScheduleError> {
        let connection = self.lock();
        let mut statement = connection.prepare(query)?;
        let rows = statement.query_map(params, |row| Ok(read(row)))?;
        self.readable(rows)
    }
}

/// Forgets the runs that are too many or too old.
fn forget(connection: &Connection, run: RunId, now_ns: i64) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM cron_runs WHERE script_id = (SELECT script_id FROM cron_runs WHERE id = ?1) \
         AND id <= (SELECT id FROM cron_runs WHERE script_id = \
         (SELECT script_id FROM cron_runs WHERE id = ?1) ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![run.0, RUNS_KEPT_MAX],
    )?;
    connection.execute(
        "DELETE FROM cron_runs WHERE time_ns < ?1 AND state <> ?2",
        params![now_ns - RUN_AGE_NS_MAX, RunState::Running.name()],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Run, ScheduleError> {
    let id: String = row.get(0)?;
    let corrupt = |column| ScheduleError::Corrupt {
        id: id.clone(),
        column,
    };
    let state: String = row.get(5)?;
    let state = RunState::ALL
        .into_iter()
        .find(|known| known.name() == state);
    let count =
        |index: usize| -> rusqlite::Result<u64> { Ok(row.get::<_, i64>(index)?.unsigned_abs()) };
    Ok(Run {
        script: Uuid::parse_str(&id).map_err(|_| corrupt("script_id"))?,
        script_name: row.get(1)?,
        time_ns: row.get(2)?,
        start_ns: row.get(3)?,
        end_ns: row.get(4)?,
        state: state.ok_or_else(|| corrupt("state"))?,
        code: row.get(6)?,
        message: row.get(7)?,
        stats: Stats {
            compilation_ns: count(8)?,
            execution_ns: count(9)?,
            bytes_read: count(10)?,
            rows_read: count(11)?,
            rows: count(12)?,
            spans_sent: count(13)?,
            points_sent: count(14)?,
            lost: count(15)?,
        },
    })
}
