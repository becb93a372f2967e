//! The commands, one file each.

mod api_key;
mod auth;
mod collect_logs;
mod completion;
mod config;
mod cron;
mod debug;
mod explain;
mod export;
mod export_options;
mod get;
mod habits;
mod live;
mod lsp;
mod man;
mod oidc_options;
mod run;
mod script;
mod sql;
mod tables;
mod trace;
mod trace_exec;
mod up;
mod version;

pub(crate) use completion::answer_shell;

use crate::failure::Failure;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Automatic observability for Linux.
///
/// px traces requests, connections and processes without any change to the applications, keeps
/// them in tables in memory, and answers questions in PxL.
#[derive(Debug, Parser)]
#[command(name = "px", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Say only what went wrong, and what is missing of a result
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(flatten)]
    habits: habits::Habits,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Args),
    Trace(trace::Args),
    Run(run::Args),
    Live(live::Args),
    #[command(visible_alias = "scripts")]
    Script(script::Args),
    Sql(sql::Args),
    Explain(explain::Args),
    Tables(tables::Args),
    Export(export::Args),
    Get(get::Args),
    Cron(cron::Args),
    #[command(name = "api-key")]
    ApiKey(api_key::Args),
    Config(config::Args),
    Debug(debug::Args),
    #[command(name = "collect-logs")]
    CollectLogs(collect_logs::Args),
    Auth(auth::Args),
    Lsp(lsp::Args),
    Completion(completion::Args),
    Man(man::Args),
    Version(version::Args),
    #[command(hide = true)]
    TraceExec(trace_exec::Args),
}

impl Cli {
    /// Runs the command; returns the code to exit with.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        if self.quiet {
            crate::say::be_quiet();
        }
        match self.command {
            Command::Up(args) => up::run(args),
            Command::Trace(args) => trace::run(&args),
            Command::Run(args) => run::run(args),
            Command::Live(args) => live::run(args),
            Command::Script(args) => script::run(args),
            Command::Sql(args) => sql::run(args),
            Command::Explain(args) => explain::run(&args),
            Command::Tables(args) => tables::run(&args),
            Command::Export(args) => export::run(&args),
            Command::Get(args) => get::run(args),
            Command::Cron(args) => cron::run(args),
            Command::ApiKey(args) => api_key::run(args),
            Command::Auth(args) => auth::run(args),
            Command::Config(args) => config::run(args),
            Command::Debug(args) => debug::run(&args),
            Command::CollectLogs(args) => collect_logs::run(args),
            Command::Lsp(args) => lsp::run(&args),
            Command::Completion(args) => completion::run(&args),
            Command::Man(args) => man::run(&args),
            Command::Version(args) => version::run(&args),
            Command::TraceExec(args) => trace_exec::run(&args),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  px up                                    trace this host until Ctrl-C
  px up --scope exe:nginx                  trace nginx only
  px run px/http_stats                     requests by path, of the running `px up`
  px run px/http_data -- --start_time -1m  its arguments: px run px/http_data -- --help
  px live px/http_data                     the same in a terminal UI: sort, filter, open, refresh
  px script list                           the scripts that can be run by name
  px script check my_scripts               what is wrong with scripts of your own
  px run -f my.pxl -o json -- --pod shop   a script of your own, one JSON object a row
  px sql \"SELECT req_path, count(*) FROM http_events GROUP BY req_path\"
                                           the same tables in SQL
  px export http_events --start -1h -o parquet --to http.parquet
                                           a table as a file
  px config set endpoint px.example:4747   flags that need not be typed again
  px trace -o rows.json -- curl -s http://localhost:8080
                                           trace one command and all that it starts
  px cron create http -f http_metrics --every 10s --export-to localhost:4317 --export-insecure
                                           export a summary of HTTP requests every 10 seconds

Exit codes:
  0  done
  1  failed
  2  the command line is wrong
  3  no agent answers
  4  the script has errors
  `px trace` exits with the code of its command: 126 if it cannot be run, 127 if it is not found,
  128 and the signal's number if a signal ended it.

Environment:
  PX_LOG         log level on standard error: error, warn (default), info, debug
  PX_SCRIPT_DIR  folders of scripts of your own, separated by `:`
  PX_CONFIG      file of settings, see `px config`
  PX_<FLAG>      any other flag: PX_ENDPOINT for --endpoint, PX_API_KEY for --api-key
  PX_PAGER       pager for tables on a terminal, otherwise PAGER or `less`
  NO_COLOR       if set, no colours";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Lines that are understood.
    const RIGHT: &[&str] = &[
        "px run x.pxl -o csv -- --name value --other=1",
        "px run -f - -- --x 1",
        "px run x.pxl --export-to localhost:4317 --export-header a=b --export-header c=d --export-insecure",
        "px sql SELECT -o csv",
        "px run x.pxl --stats",
        "px run px/pod -o live -- --pod shop/cart",
        "px live",
        "px live px/pod --refresh 1.5 -- --pod shop/cart",
        "px live -f x.pxl --refresh 0",
        "px explain x.pxl -- --x 1",
        "px trace -o rows.json --duration 5 -- curl -s --fail http://localhost",
        "px up --listen 127.0.0.1:1 --scope pid:1,2 --table-memory 64MB --query-memory 1GiB --data-dir /tmp/x",
        "px lsp --stdio",
        "px tables -o json --endpoint 127.0.0.1:4747",
        "px up --listen 0.0.0.0:4747 --tls-self-signed --tls-name px.example --state-dir /s",
        "px up --tls-cert a.pem --tls-key b.pem",
        "px run x.pxl -o parquet --to x.parquet",
        "px run x.pxl --endpoint px.example:4747 --api-key k --ca-cert ca.pem",
        "px run -l",
        "px run px/own -b bundle.json.gz --bundle https://px.example/bundle.json",
        "px run x.pxl --direct_vizier_addr h:1 --direct_vizier_key k",
        "px export http_events conn_stats --start -1h --end -5m -o arrow --to out/",
        "px get pems -o json",
        "px get viziers",
        "px get cluster --id",
        "px get cluster -o json",
        "px config set run.output json",
        "px config list --all",
        "px debug log",
        "px debug pods",
        "px collect-logs --to x.zip",
        "px completion zsh",
        "px man --to man1",
        "px script bundle --script-dir a -o b.json",
        "px api-key create grafana --role editor",
        "px api-key create -d grafana -s",
        "px api-key delete -i 00112233-4455-6677-8899-aabbccddeeff",
        "px api-key get 00112233-4455-6677-8899-aabbccddeeff -o json",
        "px api-key lookup -k px-api-x",
        "px debug log host/px-1 -n px",
        "px debug pods -p data",
        "px run px/own -c host -o null",
        "px run -l -b bundle.json --api-key k",
        "px -q -y run px/own -e -d --do_not_track",
        "px run px/own -e=false -- --x 1",
        "px live px/own --e2e_encryption=true --quiet",
        "px get pems -d --e2e_encryption",
        "px run px/own --all-clusters",
        "px auth login --manual --endpoint 10.0.0.7:4747 --ca-cert ca.pem",
        "px auth logout",
        "px auth status",
        "px up --oidc-issuer https://id.example.org --oidc-client-id px --oidc-role cn=ops=admin",
        "px api-key revoke 00112233-4455-6677-8899-aabbccddeeff --state-dir /s",
        "px script list -o json --script-dir a --script-dir b",
        "px script show px/http_data --part vis",
        "px script check a b -o json",
        "px script check --bundled",
        "px script new mine",
        "px cron create http http_metrics --every 10s --export-to h:4317 --export-header a=b",
        "px cron create own -f own.pxl --every 1m --disabled --description text",
        "px cron --endpoint 127.0.0.1:1 list -o json",
        "px cron history http --last 5 -o json --data-dir /d",
        "px cron enable a b",
        "px cron presets dns_spans",
        "px script run px/http_data -o json -- --start_time -1m",
    ];

    /// Lines that are refused.
    const WRONG: &[&str] = &[
        "px",
        "px run",
        "px run a -f b",
        "px live a -f b",
        "px live a --refresh -1",
        "px live a --refresh soon",
        "px script",
        "px script check",
        "px run a --export-insecure",
        "px run a --export-to h:1 --export-header a",
        "px sql",
        "px sql SELECT -f b",
        "px trace",
        "px up --scope pod:x",
        "px up --query-memory 64KiB",
        "px up --tls-cert a.pem",
        "px up --tls-name px.example",
        "px run -l x.pxl",
        "px run x.pxl -d -c host",
        "px run x.pxl -e=perhaps",
        "px export",
        "px completion tcsh",
        "px api-key create x --role root",
        "px api-key revoke x",
        "px api-key revoke",
        "px api-key create a -d b",
        "px debug pods -p other",
        "px cron",
        "px cron create x",
        "px cron create x -f y --every 0s",
        "px cron create x -f y --export-insecure",
        "px cron delete",
        "px auth",
        "px up --oidc-issuer https://id.example.org",
        "px up --oidc-role ops=admin",
        "px up --oidc-issuer https://id.example.org --oidc-client-id px --oidc-role ops=root",
    ];

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_shows_examples_and_exit_codes_but_no_inner_commands() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("px run px/http_stats") && help.contains("Exit codes:"));
        assert!(!help.contains("trace-exec"));
    }

    #[test]
    fn arguments_of_scripts_and_commands_are_left_alone() {
        for line in RIGHT {
            Cli::try_parse_from(line.split(' ')).expect(line);
        }
        for line in WRONG {
            Cli::try_parse_from(line.split(' ')).expect_err(line);
        }
    }

    #[test]
    fn command_lines_of_pixie_are_understood() {
        let page = include_str!("../../../../docs/howto/come-from-pixie.md");
        let lines: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("px "))
            .collect();
        assert!(lines.len() > 15, "{lines:?}");
        for line in lines {
            Cli::try_parse_from(line.split(' ')).expect(line);
        }
    }
}
