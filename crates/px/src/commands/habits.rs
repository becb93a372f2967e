//! Flags of Pixie's `px` that ask for what px does anyhow.
//!
//! They are taken, so that what was written for it runs, and left out of help.

use clap::ArgAction;

/// Those of all commands.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Habits {
    /// Answer yes to every prompt: px asks none
    #[arg(short, long, global = true, hide = true)]
    y: bool,
    /// Send nobody what commands are run: px never does
    #[arg(long = "do_not_track", global = true, hide = true)]
    do_not_track: bool,
}

/// Those of commands that run a script.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct QueryHabits {
    /// Let nobody between px and the agent read rows: nobody is there, and agents of other
    /// machines are always asked by TLS
    #[arg(short, long = "e2e_encryption", hide = true, action = ArgAction::Set,
        num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    e2e_encryption: Option<bool>,
    /// Ask all clusters: each agent knows one, its own
    #[arg(short = 'd', long, hide = true, conflicts_with = "cluster")]
    all_clusters: bool,
}
