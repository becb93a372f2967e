//! `px lsp`.

use crate::client::Client;
use crate::collect;
use crate::config;
use crate::failure::Failure;
use crate::lsp::{Tables, serve};
use nixie_api::{ApiError, ColumnInfo, TABLES_PATH, TableInfo, TablesResponse};
use nixie_pxl::{ColumnDescription, TableDescription, TableDescriptions};
use nixie_types::{DataType, SemanticType};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve an editor by the Language Server Protocol, on standard input and output
///
/// Errors as you type, completion, hover, signatures and symbols for PxL. Tables are those of the
/// running agent; without one, those that px itself fills.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nvim --cmd 'lua vim.lsp.config(\"px\", {cmd={\"px\",\"lsp\"}, filetypes={\"pxl\"}}); vim.lsp.enable(\"px\")'
  px lsp --endpoint 127.0.0.1:4747         the tables of that agent")]
pub(crate) struct Args {
    /// Agent whose tables to know, if not the one started last
    #[arg(long, value_name = "ADDR:PORT")]
    endpoint: Option<SocketAddr>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Accepted and ignored: editors like to name it
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let is_asked = args.endpoint.is_some() || args.data_dir.is_some();
    let tables = match of_agent(args) {
        Ok(tables) => tables,
        // Who names an agent wants to know that it is not there.
        Err(failure) if is_asked => return Err(failure),
        Err(_) => Tables {
            catalog: TableDescriptions::new(
                collect::tables().into_iter().map(TableDescription::from),
            ),
            source: "no agent is running; the tables are those that px fills".to_owned(),
        },
    };
    serve(tables)?;
    Ok(ExitCode::SUCCESS)
}

fn of_agent(args: Args) -> Result<Tables, Failure> {
    let folder = config::data_folder(args.data_dir)?;
    let client = Client::find(&folder, args.endpoint)?;
    let answer = client.get(TABLES_PATH)?;
    let response: TablesResponse =
        serde_json::from_slice(&answer).map_err(|error| Failure::of(&ApiError::from(error)))?;
    Ok(Tables {
        catalog: TableDescriptions::new(response.tables.into_iter().map(described)),
        source: format!("the tables are those of the agent at {}", client.address()),
    })
}

fn described(table: TableInfo) -> TableDescription {
    TableDescription {
        name: table.name,
        description: table.description,
        columns: table.columns.into_iter().filter_map(column).collect(),
    }
}

/// A column of a type that this version does not know is left out, as scripts cannot name it.
fn column(column: ColumnInfo) -> Option<ColumnDescription> {
    let data_type = DataType::ALL
        .into_iter()
        .find(|known| known.name() == column.data_type)?;
    Some(ColumnDescription {
        name: column.name,
        data_type,
        semantic_type: SemanticType::from_name(&column.semantic_type).unwrap_or_default(),
        description: column.description,
    })
}
