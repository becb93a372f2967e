//! Finds what is wrong with scripts, against the tables that px knows of and without an agent.

use crate::collect::{awaited_tables, metadata, tables};
use crate::library::{Manifest, Script};
use crate::render::diagnostics::reported;
use nixie_api::Diagnostic;
use nixie_functions::Registry;
use nixie_pxl::vis::{Findings, check};
use nixie_pxl::{CompileOptions, SpecCatalog};
#[cfg(test)]
use nixie_pxl::{Output, compile_functions};
use nixie_types::clock;

/// Knows all tables and functions.
pub(crate) struct Judge {
    catalog: SpecCatalog,
    registry: Registry,
}

/// Something that is wrong with a script.
#[derive(Debug)]
pub(crate) struct Finding<'s> {
    /// Name of the file.
    pub(crate) file: &'s str,
    /// Its text.
    pub(crate) text: &'s str,
    /// What is wrong.
    pub(crate) problem: Diagnostic,
}

impl Judge {
    /// Returns a judge over the tables of this px.
    pub(crate) fn new() -> Self {
        Self {
            catalog: SpecCatalog::new(tables().into_iter().chain(awaited_tables())),
            registry: Registry::new(metadata()),
        }
    }

    /// Returns what is wrong with a script: with its PxL, its vis specification, its manifest.
    pub(crate) fn findings<'s>(&self, script: &'s Script) -> Vec<Finding<'s>> {
        let options = CompileOptions {
            now_ns: clock::now_ns(),
            script_name: script.name.clone(),
            ..CompileOptions::default()
        };
        let vis = script.vis.as_ref();
        let vis_text = vis.map(|vis| vis.text.as_str());
        let Findings {
            script: in_script,
            vis: in_vis,
        } = check(
            &script.text,
            vis_text,
            &self.catalog,
            &self.registry,
            &options,
        );
        let in_script = in_script.into_iter().map(|problem| Finding {
            file: &script.name,
            text: &script.text,
            problem: reported(problem),
        });
        let vis_name = vis.map_or("vis.json", |vis| vis.name.as_str());
        let in_vis = in_vis.into_iter().map(|problem| Finding {
            file: vis_name,
            text: vis_text.unwrap_or_default(),
            problem: reported(problem),
        });
        in_script
            .chain(in_vis)
            .chain(manifest_finding(script))
            .collect()
    }
}

#[cfg(test)]
impl Judge {
    /// Returns the exports of a script that is run for a time, or what is wrong with it.
    pub(crate) fn exports(
        &self,
        script: &Script,
    ) -> Result<Vec<nixie_pxl::Export>, Vec<nixie_pxl::Diagnostic>> {
        let endpoint = nixie_pxl::OtelEndpoint {
            url: "localhost:4317".to_owned(),
            headers: std::collections::BTreeMap::new(),
            insecure: true,
            timeout: nixie_pxl::OtelEndpoint::TIMEOUT_DEFAULT,
        };
        let now_ns = clock::now_ns();
        let options = CompileOptions {
            now_ns,
            plugin_range_ns: Some((now_ns - 1, now_ns)),
            otel: nixie_pxl::OtelDefaults {
                endpoint: Some(endpoint),
                ..nixie_pxl::OtelDefaults::default()
            },
            ..CompileOptions::default()
        };
        let (catalog, registry) = (&self.catalog, &self.registry);
        let program = compile_functions(&script.text, catalog, registry, &options, &[])?;
        Ok(program.exports)
    }

    /// Returns the tables that a script gives, each with its columns.
    pub(crate) fn outputs(&self, script: &Script) -> Vec<(String, Vec<String>)> {
        let vis = crate::invocation::vis(script).unwrap();
        let options = CompileOptions {
            now_ns: clock::now_ns(),
            ..CompileOptions::default()
        };
        let calls = vis.sample_calls().swap_remove(0);
        let program = compile_functions(
            &script.text,
            &self.catalog,
            &self.registry,
            &options,
            &calls,
        );
        let outputs = program.map(|program| program.outputs).unwrap_or_default();
        let columns = |output: &Output| {
            let columns = output.columns.iter();
            columns.map(|column| column.name.clone()).collect()
        };
        outputs
            .iter()
            .map(|output| (output.name.clone(), columns(output)))
            .collect()
    }
}

fn manifest_finding(script: &Script) -> Option<Finding<'_>> {
    let manifest = script.manifest.as_ref()?;
    let (code, message) = match Manifest::of(script) {
        Ok(read) if !read.short.trim().is_empty() => return None,
        Ok(_) => (
            "missing-field",
            "the manifest has no `short`, a line on what it shows".to_owned(),
        ),
        Err(failure) => ("syntax", failure.causes_in_line()),
    };
    Some(Finding {
        file: &manifest.name,
        text: &manifest.text,
        problem: Diagnostic {
            code: code.to_owned(),
            message,
            line: 0,
            column: 0,
            width: 0,
            help: None,
        },
    })
}
