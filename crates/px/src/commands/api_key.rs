//! `px api-key`.

use crate::config;
use crate::failure::{Exit, Failure};
use crate::render::{ListFormat, print};
use nixie_live::cells::format::time;
use nixie_server::{KeyError, KeyInfo, KeyStore, NewKey, Role};
use std::fmt::Write;
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
        description: String,
        /// What it allows: `viewer`, `editor` or `admin`
        #[arg(long, default_value = "viewer")]
        role: Role,
    },
    /// List the keys
    List {
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
    /// Take a key away, and end its sessions
    Revoke {
        /// Its id, as `px api-key list` shows it
        id: Uuid,
    },
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let folder = config::state_folder(args.state_dir, args.data_dir.as_deref())?;
    let failed = |error: KeyError| Failure::of(&error);
    let keys = KeyStore::open(&folder).map_err(failed)?;
    match args.action {
        Action::Create { description, role } => {
            let NewKey { info, key } = keys.create(&description, role).map_err(failed)?;
            crate::say::line(format_args!(
                "key {} with role {role}; it is not shown again, revoke it with \
                 `px api-key revoke {}`",
                info.id, info.id
            ));
            print(&format!("{key}\n"))?;
        }
        Action::List { output } => {
            let keys = keys.list().map_err(failed)?;
            print(&match output {
                ListFormat::Table => table(&keys),
                ListFormat::Json => keys.iter().map(json).collect(),
            })?;
        }
        Action::Revoke { id } => {
            if !keys.revoke(id).map_err(failed)? {
                let message = format!("there is no key `{id}` in `{}`", keys.path().display());
                return Err(Failure::new(Exit::Failed, message).hint("see `px api-key list`"));
            }
            crate::say::line(format_args!("key {id} is revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
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
