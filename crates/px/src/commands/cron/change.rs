//! `px cron enable`, `disable` and `delete`.

use super::Schedule;
use crate::client::Change;
use crate::failure::Failure;
use nixie_api::CronScript;
use serde_json::json;
use std::process::ExitCode;

/// Which scripts to change.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Their names
    #[arg(required = true)]
    names: Vec<String>,
}

pub(super) fn enable(schedule: &Schedule, args: &Args, on: bool) -> Result<ExitCode, Failure> {
    let state = if on { "enabled" } else { "disabled" };
    let change = Change::Update(json!({"enabled": on}));
    change_all(schedule, args, &change, state)
}

pub(super) fn delete(schedule: &Schedule, args: &Args) -> Result<ExitCode, Failure> {
    change_all(schedule, args, &Change::Delete, "deleted")
}

fn change_all(
    schedule: &Schedule,
    args: &Args,
    change: &Change,
    state: &str,
) -> Result<ExitCode, Failure> {
    // A name that is wrong must not leave half of the work done.
    let scripts: Result<Vec<CronScript>, Failure> = args
        .names
        .iter()
        .map(|name| schedule.script(name))
        .collect();
    for script in scripts? {
        schedule.change(&script, change)?;
        crate::say::note(format_args!("`{}` is {state}", script.name.escape_debug()));
    }
    Ok(ExitCode::SUCCESS)
}
