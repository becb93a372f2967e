//! `px cron`: scripts that an agent runs by itself, again and again.

mod change;
mod create;
mod history;
mod list;
mod presets;
mod show;

use crate::agent_options::AgentOptions;
use crate::client::{Change, Client, read_answer};
use crate::failure::{Exit, Failure};
use clap::Subcommand;
use nixie_api::{CRON_PATH, CronScript, CronScripts};
use nixie_pxl::similar;
use std::process::ExitCode;

/// Schedule scripts: the running agent runs each again and again
///
/// Each run is about the time since the one before: scripts read it as `px.plugin.start_time` and
/// `px.plugin.end_time`. What they export goes away by OpenTelemetry.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px cron presets                            scripts that come with px
  px cron create http -f http_metrics --every 10s --export-to localhost:4317 --export-insecure
  px cron create mine -f my.pxl --every 1m   a script of your own
  px cron list
  px cron history http                       what became of its runs
  px cron disable http
  px cron delete http

Scripts and history are kept in the agent's state folder, and outlive the agent.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    agent: AgentOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Args),
    List(list::Args),
    Show(show::Args),
    History(history::Args),
    /// Run scripts again, from now on
    Enable(change::Args),
    /// Do not run scripts any more; their history stays
    Disable(change::Args),
    /// Take scripts away, with their history
    Delete(change::Args),
    Presets(presets::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let Args { command, agent } = args;
    if let Command::Presets(args) = &command {
        return presets::run(args);
    }
    let schedule = Schedule {
        client: Client::find(&agent)?,
    };
    match command {
        Command::Create(args) => create::run(&schedule, args),
        Command::List(args) => list::run(&schedule, &args),
        Command::Show(args) => show::run(&schedule, &args),
        Command::History(args) => history::run(&schedule, &args),
        Command::Enable(args) => change::enable(&schedule, &args, true),
        Command::Disable(args) => change::enable(&schedule, &args, false),
        Command::Delete(args) => change::delete(&schedule, &args),
        Command::Presets(args) => presets::run(&args),
    }
}

/// The scheduled scripts of an agent.
struct Schedule {
    client: Client,
}

impl Schedule {
    fn scripts(&self) -> Result<Vec<CronScript>, Failure> {
        let scripts: CronScripts = read_answer(&self.client.get(CRON_PATH)?)?;
        Ok(scripts.scripts)
    }

    /// Returns a script by its name or id.
    fn script(&self, name: &str) -> Result<CronScript, Failure> {
        let mut scripts = self.scripts()?;
        let is_meant = |script: &CronScript| script.name == name || script.id == name;
        if let Some(index) = scripts.iter().position(is_meant) {
            return Ok(scripts.swap_remove(index));
        }
        let message = format!("there is no scheduled script `{name}`");
        let known = scripts.iter().map(|script| script.name.as_str());
        let hint = similar(name, known).map_or_else(
            || "`px cron list` shows those that there are".to_owned(),
            |similar| format!("did you mean `{similar}`?"),
        );
        Err(Failure::new(Exit::Failed, message).hint(hint))
    }

    fn change(&self, script: &CronScript, change: &Change) -> Result<(), Failure> {
        let path = format!("{CRON_PATH}/{}", script.id);
        let changed = self.client.change(&path, change);
        changed.map_err(|refusal| refusal.of_script(&script.name, &script.script))?;
        Ok(())
    }
}
