//! Why scheduled scripts cannot be read or changed.

use crate::StateFileError;
use nixie_export::ExportError;
use nixie_pxl::Diagnostic;
use uuid::Uuid;

/// Why scheduled scripts cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The file could not be opened.
    #[error(transparent)]
    File(#[from] StateFileError),
    /// Reading or writing failed, for example because the disk is full.
    #[error("reading or writing scheduled scripts failed")]
    Sqlite(#[from] rusqlite::Error),
    /// The file holds what was never written there.
    #[error("`{column}` of scheduled script `{id}` cannot be read; delete it and create another")]
    Corrupt {
        /// The script.
        id: String,
        /// What cannot be read.
        column: &'static str,
    },
    /// Another agent runs them.
    #[error(
        "another agent with the same state folder runs the scheduled scripts; ask that one, or \
         give this one a folder of its own with `--state-dir`"
    )]
    Elsewhere,
    /// There is no such script.
    #[error("there is no scheduled script `{0}`; it may have been deleted")]
    Unknown(Uuid),
    /// There is another script of that name.
    #[error("there is a scheduled script `{0}` already; choose another name, or delete that one")]
    NameTaken(String),
    /// There are too many.
    #[error("there are {0} scheduled scripts, which is the limit; delete those not in use")]
    TooMany(u32),
    /// What was asked for is not possible.
    #[error("{0}")]
    Invalid(String),
    /// It cannot be done in the state that things are in.
    #[error("{0}")]
    Unfit(String),
    /// The endpoint is none.
    #[error("scheduled exports cannot go there")]
    Endpoint(#[source] ExportError),
    /// The script has errors.
    #[error("the script has {} error(s)", .0.len())]
    Script(Vec<Diagnostic>),
    /// There is no such plugin.
    #[error("plugin `{0}` is not known here; `GetPlugins` lists those that are")]
    UnknownPlugin(String),
}
