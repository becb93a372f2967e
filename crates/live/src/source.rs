//! What the terminal UI needs of the world: scripts by name, and someone who runs them.

use arrow::array::RecordBatch;
use nixie_api::TableHeader;
use nixie_pxl::vis::Vis;
use std::collections::BTreeMap;

/// A script with how its results are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// Name in messages: of the library, or of the file.
    pub name: String,
    /// The PxL, or the SQL.
    pub text: String,
    /// Its variables and widgets; empty, if it has no vis specification.
    pub vis: Vis,
    /// It can be read again under its name, and may have been edited since.
    pub is_file: bool,
}

/// A script that can be asked for by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Name, such as `px/http_data`.
    pub name: String,
    /// What it is for, in a line.
    pub summary: String,
}

/// What is told of a run, in order.
#[derive(Clone, Debug)]
pub enum Told {
    /// A table begins.
    Table(TableHeader),
    /// Rows of the table.
    Rows(RecordBatch),
    /// The table ends; what is missing from it in words, empty if nothing is.
    TableEnd(String),
    /// Rows were exported; what became of them, in words.
    Exported(String),
    /// The run failed: why, in lines. Nothing follows.
    Failed(String),
    /// The agent does not answer: why, in a line. Nothing follows.
    Unreachable(String),
    /// All tables have been delivered. Nothing follows.
    Done,
}

/// Finds scripts and runs them.
pub trait Source: Send + Sync {
    /// Returns a script.
    ///
    /// # Errors
    ///
    /// Why there is none of that name, in lines.
    fn script(&self, name: &str) -> Result<Script, String>;

    /// Runs a script, and tells what it gives; ends early when `tell` returns false.
    fn run(
        &self,
        script: &Script,
        arguments: &BTreeMap<String, String>,
        tell: &mut dyn FnMut(Told) -> bool,
    );
}
