//! `px lsp`.

use crate::agent_options::AgentOptions;
use crate::client::{Client, read_answer};
use crate::collect;
use crate::failure::Failure;
use crate::lsp::{Tables, serve};
use nixie_api::{ColumnInfo, TABLES_PATH, TableInfo, TablesResponse};
use nixie_pxl::{ColumnDescription, TableDescription, TableDescriptions};
use nixie_types::{DataType, SemanticType};
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
    #[command(flatten)]
    agent: AgentOptions,
    /// Accepted and ignored: editors like to name it
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let is_asked = |failure: &Failure| args.agent.is_given() || !failure.is_unreachable();
    let tables = match of_agent(&args.agent) {
        Ok(tables) => tables,
        // Who names an agent wants to know that it is not there.
        Err(failure) if is_asked(&failure) => return Err(failure),
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

fn of_agent(agent: &AgentOptions) -> Result<Tables, Failure> {
    let client = Client::find(agent)?;
    let response: TablesResponse = read_answer(&client.get(TABLES_PATH)?)?;
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
