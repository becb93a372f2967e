//! `px api-key`.

use crate::config;
use crate::failure::{Exit, Failure};
use crate::render::{ListFormat, print};
use nixie_live::cells::format::time;
use nixie_server::{KeyError, KeyInfo, KeyStore, NewKey, Role};
use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Create, list and revoke the keys by which clients are let in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px api-key create grafana                 a key that may run scripts that read
  px api-key create deploys --role editor   one that may also change what is traced
  px api-key list
  px api-key revoke 5d1c…

A running `px up` with the same state folder knows of changes at once.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Folder of the keys, if not the usual one
    #[arg(long, value_name = "DIR", global = true)]
    state_dir: Option<PathBuf>,
    /// Folder of the agent's files, if the keys are below it
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
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
    let folder = config::state_folder(args.state_dir, args.data_dir.as_deref())?;
    let keys = KeyStore::open(&folder).map_err(failed)?;
    match args.action {
        Action::Create {
            description,
            desc,
            role,
            short,
        } => create(&keys, &desc.unwrap_or(description), role, short)?,
        Action::List { output } => show(&keys.list().map_err(failed)?, output)?,
        Action::Get { id, output } => {
            let found = keys.get(id).map_err(failed)?;
            show(&[found.ok_or_else(|| missing(&keys, id))?], output)?;
        }
        Action::Lookup { key, output } => {
            let key = match key {
                Some(key) => key,
                None => io::read_to_string(io::stdin()).map_err(|error| Failure::of(&error))?,
            };
            let found = keys.find(key.trim()).map_err(failed)?;
            let unknown = || {
                let message = format!("that is no key of `{}`", keys.path().display());
                Failure::new(Exit::Failed, message).hint("it may have been revoked")
            };
            show(&[found.ok_or_else(unknown)?], output)?;
        }
        Action::Revoke { id, named } => {
            let id = id.or(named).unwrap_or_default();
            if !keys.revoke(id).map_err(failed)? {
                return Err(missing(&keys, id));
            }
            crate::say::line(format_args!("key {id} is revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn create(keys: &KeyStore, description: &str, role: Role, short: bool) -> Result<(), Failure> {
    let NewKey { info, key } = keys.create(description, role).map_err(failed)?;
    if !short {
        crate::say::line(format_args!(
            "key {} with role {role}; it is not shown again, revoke it with \
             `px api-key revoke {}`",
            info.id, info.id
        ));
    }
    print(&format!("{key}\n"))
}

fn show(keys: &[KeyInfo], output: ListFormat) -> Result<(), Failure> {
    print(&match output {
        ListFormat::Table => table(keys),
        ListFormat::Json => keys.iter().map(json).collect(),
    })
}

fn missing(keys: &KeyStore, id: Uuid) -> Failure {
    let message = format!("there is no key `{id}` in `{}`", keys.path().display());
    Failure::new(Exit::Failed, message).hint("see `px api-key list`")
}

fn failed(error: KeyError) -> Failure {
    Failure::of(&error)
}

fn table(keys: &[KeyInfo]) -> String {
    let mut text = format!("{:36}  {:6}  {:23}  {}\n", "ID", "ROLE", "CREATED", "FOR");
    for key in keys {
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:36}  {:6}  {:23.23}  {}",
            key.id,
            key.role.name(),
            time(key.created_ns),
            key.description.escape_debug()
        )
        .unwrap_or_default();
    }
    text
}

fn json(key: &KeyInfo) -> String {
    let value = serde_json::json!({
        "id": key.id.to_string(),
        "role": key.role.name(),
        "created_ns": key.created_ns,
        "description": key.description,
    });
    format!("{value}\n")
}
