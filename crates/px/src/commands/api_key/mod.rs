//! `px api-key`.

mod keys;

use crate::agent_options::AgentOptions;
use crate::failure::Failure;
use crate::render::{ListFormat, json_line, print, print_harmless};
use keys::Keys;
use nixie_api::{ApiKeyCreated, ApiKeyInfo};
use nixie_live::cells::format::time;
use nixie_server::Role;
use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Create, list and revoke the keys by which clients are let in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px api-key create grafana                    a key that may run scripts that read
  px api-key create deploys --role editor      one that may also export and schedule
  px api-key list
  px api-key revoke 5d1c…
  px api-key list --endpoint px.example:4747   those of another machine, with the role `admin`

Without `--endpoint` and `--cluster` the keys are those in the state folder of this machine.
A running `px up` with that folder knows of changes at once.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Folder of the keys, if not the usual one
    #[arg(long, value_name = "DIR", global = true)]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    agent: AgentOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Create a key, and print it: it is not shown again
    Create {
        /// What it is for
        #[arg(default_value = "", hide_default_value = true)]
        description: String,
        /// The same
        #[arg(short, long = "desc", conflicts_with = "description", hide = true)]
        desc: Option<String>,
        /// What it allows: `viewer`, `editor` or `admin`
        #[arg(long, default_value = "viewer")]
        role: Role,
        /// Print the key and say nothing of it
        #[arg(short, long)]
        short: bool,
    },
    /// List the keys
    List {
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
    /// Show what is known of a key; the key itself is not kept
    Get {
        /// Its id, as `px api-key list` shows it
        id: Uuid,
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
    /// Show what is known of a key that you have
    Lookup {
        /// The key; without one it is read from standard input, where other users do not see it
        #[arg(short, long)]
        key: Option<String>,
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
    /// Take a key away, and end its sessions
    #[command(visible_alias = "delete")]
    Revoke {
        /// Its id, as `px api-key list` shows it
        #[arg(required_unless_present = "named")]
        id: Option<Uuid>,
        /// The same
        #[arg(short = 'i', long = "id", conflicts_with = "id", hide = true)]
        named: Option<Uuid>,
    },
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let to_be_made = matches!(args.action, Action::Create { .. });
    let keys = Keys::find(args.state_dir, &args.agent, to_be_made)?;
    match args.action {
        Action::Create {
            description,
            desc,
            role,
            short,
        } => create(&keys, &desc.unwrap_or(description), role, short)?,
        Action::List { output } => show(&keys.list()?, output)?,
        Action::Get { id, output } => show(&[keys.get(id)?], output)?,
        Action::Lookup { key, output } => {
            let key = match key {
                Some(key) => key,
                None => io::read_to_string(io::stdin()).map_err(|error| Failure::of(&error))?,
            };
            show(&[keys.lookup(key.trim())?], output)?;
        }
        Action::Revoke { id, named } => {
            let id = id.or(named).unwrap_or_default();
            keys.revoke(id)?;
            crate::say::note(format_args!("key {id} is revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(keys: &Keys, description: &str, role: Role, short: bool) -> Result<(), Failure> {
    let ApiKeyCreated { info, key } = keys.create(description, role)?;
    if !short {
        crate::say::note(format_args!(
            "key {} with role {role}; it is not shown again, revoke it with \
             `px api-key revoke {}`",
            info.id, info.id
        ));
    }
    print(&format!("{key}\n"))
}

fn show(keys: &[ApiKeyInfo], output: ListFormat) -> Result<(), Failure> {
    let text = match output {
        ListFormat::Table => table(keys),
        ListFormat::Json => keys.iter().map(json_line).collect::<Result<_, _>>()?,
    };
    print_harmless(&text)
}

fn table(keys: &[ApiKeyInfo]) -> String {
    let mut text = format!("{:36}  {:6}  {:23}  {}\n", "ID", "ROLE", "CREATED", "FOR");
    for key in keys {
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:36}  {:6}  {:23.23}  {}",
            key.id,
            key.role,
            time(key.created_ns),
            key.description.escape_debug()
        )
        .unwrap_or_default();
    }
    text
}
