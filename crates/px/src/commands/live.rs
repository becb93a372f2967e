//! `px live`.

use crate::agent_options::AgentOptions;
use crate::client::{Client, refused_script};
use crate::commands::completion;
use crate::commands::export_options::ExportOptions;
use crate::commands::habits::QueryHabits;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::invocation::{Invocation, check_names, vis};
use crate::library::{Library, LibraryOptions, Manifest, Script};
use crate::render::{self, Completion, ExportLine};
use crate::script;
use clap_complete::ArgValueCandidates;
use nixie_api::{Event, OtelEndpoint, QUERY_PATH, QueryRequest, VERSION_PATH};
use nixie_live::{Named, Options, Source, Told};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Seconds between runs, if nothing else is asked for.
pub(super) const REFRESH_SECONDS: f64 = 5.0;

/// LIMIT: seconds between runs; a day.
const REFRESH_SECONDS_MAX: f64 = 86_400.0;

/// Watch scripts in a terminal UI: tables, charts, flame graphs and service maps
///
/// Without a script the command menu opens. `?` lists the keys.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px live                                  choose a script from the menu
  px live px/http_data
  px live px/service_stats -- --start_time -1h
  px live -f my_script --refresh 1         a folder or file of your own, every second
  px live px/sql_queries --refresh 0       run again only by Ctrl-R

Keys:
  Ctrl-K  script and arguments             Ctrl-N  next widget
  /       search                           f       filter
  s       sort                             Enter   open the row as JSON
  a       refresh on and off               Ctrl-C  quit")]
pub(super) struct Args {
    /// Script by name, file or folder
    #[arg(add = ArgValueCandidates::new(completion::scripts))]
    script: Option<String>,
    /// File or folder to run
    #[arg(short, long, conflicts_with = "script")]
    file: Option<PathBuf>,
    /// Seconds from the end of a run to the next; 0 runs again only by Ctrl-R
    #[arg(long, value_name = "SECONDS", default_value_t = REFRESH_SECONDS, value_parser = seconds)]
    refresh: f64,
    /// Script arguments, as `--name value`
    #[arg(last = true, value_name = "SCRIPT ARGUMENTS",
        add = ArgValueCandidates::new(completion::arguments))]
    arguments: Vec<String>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    _habits: QueryHabits,
}

/// Which scripts, of which agent, and where exports go.
#[derive(Debug, clap::Args)]
pub(super) struct Shown {
    #[command(flatten)]
    pub(super) export: ExportOptions,
    #[command(flatten)]
    pub(super) own: LibraryOptions,
    #[command(flatten)]
    pub(super) agent: AgentOptions,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds| (0.0..=REFRESH_SECONDS_MAX).contains(seconds));
    seconds.ok_or_else(|| format!("expected a number of seconds from 0 to {REFRESH_SECONDS_MAX}"))
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let script = match (&args.file, &args.script) {
        (Some(file), _) => Some(script::read(file)?),
        (None, Some(word)) => Some(script::find(word, &args.shown.own)?),
        (None, None) => None,
    };
    if let Some(script) = &script
        && script::asks_for_help(&args.arguments)
    {
        render::print_harmless(&crate::invocation::help(script)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = script::arguments(&args.arguments)?;
    if script.is_none() && !arguments.is_empty() {
        return Err(Failure::new(Exit::Usage, "script arguments need a script"));
    }
    start(
        args.shown,
        script.map(|script| (script, arguments)),
        args.refresh,
    )
}

/// Shows the terminal UI, at first with a script and its arguments.
pub(super) fn start(
    from: Shown,
    start: Option<(Script, BTreeMap<String, String>)>,
    refresh_seconds: f64,
) -> Result<ExitCode, Failure> {
    check_terminal()?;
    let mut file = None;
    let start = match start {
        Some((script, arguments)) => {
            let shown = shown(&script)?;
            // What is wrong with the arguments is told before the screen is taken.
            check_names(&script, &shown.vis, &arguments)?;
            Invocation::by(&shown.vis, &shown.name, arguments.clone())?;
            file = script.path.map(|path| (script.name, path));
            Some((shown, arguments))
        }
        None => None,
    };
    let source = AgentSource {
        otel_endpoint: from.export.endpoint()?,
        scripts: Library::open(&from.own)?,
        file,
        agent: from.agent,
    };
    let client = source.client()?;
    client.get(VERSION_PATH)?;
    let options = Options {
        agent: client.address().to_owned(),
        scripts: source.named()?,
        start,
        refresh: (refresh_seconds > 0.0).then(|| Duration::from_secs_f64(refresh_seconds)),
        colors: config::colors(true),
    };
    let source: Arc<dyn Source> = Arc::new(source);
    let code = nixie_live::show(&source, options).map_err(|error| Failure::of(&error))?;
    Ok(ExitCode::from(code))
}

fn check_terminal() -> Result<(), Failure> {
    let lacking = |message: &str| {
        let failure = Failure::new(Exit::Failed, message);
        Err(failure.hint("`px run` prints the same rows"))
    };
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return lacking("the terminal UI needs a terminal for standard input and output");
    }
    match config::terminal_name().as_deref() {
        None => lacking("the terminal UI needs to know the terminal: `TERM` is not set"),
        Some("dumb") => {
            lacking("the terminal UI needs a terminal that moves the cursor: `TERM` is `dumb`")
        }
        Some(_) => Ok(()),
    }
}

/// Returns a script as the terminal UI knows it.
fn shown(script: &Script) -> Result<nixie_live::Script, Failure> {
    Ok(nixie_live::Script {
        name: script.name.clone(),
        text: script.text.clone(),
        vis: vis(script)?,
        is_file: script.path.is_some(),
    })
}

/// Scripts of the library, run by an agent.
struct AgentSource {
    agent: AgentOptions,
    otel_endpoint: Option<OtelEndpoint>,
    scripts: Library,
    /// Name and place of the script that it was started with, if that is a file or folder.
    file: Option<(String, PathBuf)>,
}

impl AgentSource {
    /// Finds the agent, which may be another one than before.
    fn client(&self) -> Result<Client, Failure> {
        Client::find(&self.agent)
    }

    /// Returns the scripts by name, without those that are hidden.
    fn named(&self) -> Result<Vec<Named>, Failure> {
        let mut found = Vec::new();
        for name in self.scripts.names() {
            let Some(script) = self.scripts.script(name)? else {
                continue;
            };
            let manifest = Manifest::of_listed(&script);
            if !manifest.hidden {
                found.push(Named {
                    name: name.to_owned(),
                    summary: manifest.short.trim().to_owned(),
                });
            }
        }
        Ok(found)
    }

    fn ask(
        &self,
        script: &nixie_live::Script,
        arguments: BTreeMap<String, String>,
        tell: &mut dyn FnMut(Told) -> bool,
    ) -> Result<(), Failure> {
        let Invocation {
            arguments,
            functions,
        } = Invocation::by(&script.vis, &script.name, arguments)?;
        let request = QueryRequest {
            script: script.text.clone(),
            script_name: script.name.clone(),
            arguments,
            functions,
            otel_endpoint: self.otel_endpoint.clone(),
            ..QueryRequest::default()
        };
        let question = serde_json::to_value(&request).map_err(|error| Failure::of(&error))?;
        let client = self.client()?;
        let mut response = client.post(QUERY_PATH, &question)?;
        loop {
            let event = response.next_event();
            let told = match event.map_err(|error| client.cut_off(&error))? {
                Some(Event::Table(header)) => Told::Table(header),
                Some(Event::Rows(batch)) => Told::Rows(batch),
                Some(Event::TableEnd(end)) => {
                    Told::TableEnd(Completion(&end.completeness).to_string())
                }
                Some(Event::Export(report)) => Told::Exported(ExportLine(&report).to_string()),
                Some(Event::Error(report)) => {
                    return Err(refused_script(report, &script.name, &script.text));
                }
                Some(Event::End(_)) | None => return Ok(()),
            };
            if !tell(told) {
                return Ok(());
            }
        }
    }
}

impl Source for AgentSource {
    fn script(&self, name: &str) -> Result<nixie_live::Script, String> {
        let script = match &self.file {
            Some((of, path)) if of == name => {
                let script = script::read(path);
                script.map(|script| {
                    let name = name.to_owned();
                    Some(Script { name, ..script })
                })
            }
            _ => self.scripts.script(name),
        };
        let script = script.and_then(|script| script.as_ref().map(shown).transpose());
        let script = script.map_err(|failure| failure.to_string())?;
        script.ok_or_else(|| format!("there is no script `{name}`"))
    }

    fn run(
        &self,
        script: &nixie_live::Script,
        arguments: &BTreeMap<String, String>,
        tell: &mut dyn FnMut(Told) -> bool,
    ) {
        let last = match self.ask(script, arguments.clone(), tell) {
            Ok(()) => Told::Done,
            Err(failure) if failure.is_unreachable() => Told::Unreachable(failure.causes_in_line()),
            Err(failure) => Told::Failed(failure.to_string()),
        };
        // Nobody may be waiting any more.
        let _: bool = tell(last);
    }
}
