//! Talks to a running agent.

mod address;
mod tls;

use crate::agent_options::AgentOptions;
use crate::failure::{Exit, Failure};
use crate::render::diagnostics::render;
use address::Address;
use nixie_api::{Endpoint, ErrorKind, ErrorReport, ResponseReader, Token};
use serde_json::Value;
use std::io::Read;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

/// LIMIT: time to reach the agent.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);

/// LIMIT: bytes of an answer that is one JSON text.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// LIMIT: time to read what is not on an agent.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_secs(60);

/// A change of something that an agent keeps.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Make a new one.
    Create(Value),
    /// Take it away.
    Delete,
    /// Change what is named.
    Update(Value),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The agent does not answer.
    Other(Failure),
    /// The agent refused.
    Report(ErrorReport),
}

impl Refusal {
    /// Returns the failure; errors of a script are shown at their places.
    pub(crate) fn of_script(self, name: &str, text: &str) -> Failure {
        match self {
            Self::Other(failure) => failure,
            Self::Report(report) => refused_script(report, name, text),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Other(failure) => failure,
            Refusal::Report(report) => refused(report),
        }
    }
}

/// A running agent.
pub(crate) struct Client {
    address: String,
    scheme: &'static str,
    credential: Token,
    agent: Agent,
}

impl Client {
    /// Finds the agent that the user has named, or the one on this machine that was started last.
    ///
    /// An agent of this machine is found by its files, unless there is an API key.
    pub(crate) fn find(options: &AgentOptions) -> Result<Self, Failure> {
        let address = options
            .endpoint
            .as_deref()
            .map(Address::parse)
            .transpose()?;
        let is_local = address.as_ref().is_none_or(Address::is_local);
        let (address, credential) = match (address, options.api_key.clone()) {
            (Some(address), Some(key)) => (address.text, Token::new(key)),
            (Some(address), None) if !is_local => return Err(keyless(&address)),
            (address, key) => {
                let endpoint = on_this_machine(options, address.as_ref())?;
                let credential = match key {
                    Some(key) => Token::new(key),
                    None => endpoint.token().map_err(|error| not_found(&error))?,
                };
                let own = || endpoint.address.to_string();
                (address.map_or_else(own, |address| address.text), credential)
            }
        };
        let is_secure = !is_local || options.ca_cert.is_some();
        let mut config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0);
        if is_secure {
            config = config.tls_config(tls::config(options.ca_cert.as_deref())?);
        }
        Ok(Self {
            address,
            scheme: if is_secure { "https" } else { "http" },
            credential,
            agent: Agent::new_with_config(config.build()),
        })
    }

    /// Returns where the agent listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Reads a JSON answer.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.agent.get(self.url(path));
        let sent = request
            .header("authorization", self.credential.header_value())
            .call();
        Ok(self.body(sent)?)
    }

    fn body(&self, sent: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, Refusal> {
        let mut answer = self.answer(sent)?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(JSON_BYTES_MAX)
            .read_to_vec();
        body.map_err(|error| Refusal::Other(self.unreachable(&error)))
    }

    /// Changes something; reads a JSON answer.
    pub(crate) fn change(&self, path: &str, change: &Change) -> Result<Vec<u8>, Refusal> {
        let (url, token) = (self.url(path), self.credential.header_value());
        let (request, body) = match change {
            Change::Delete => {
                let request = self.agent.delete(url).header("authorization", token);
                return self.body(request.call());
            }
            Change::Create(body) => (self.agent.post(url), body),
            Change::Update(body) => (self.agent.patch(url), body),
        };
        let request = request
            .header("authorization", token)
            .header("content-type", "application/json");
        self.body(request.send(body.to_string()))
    }

    /// Sends a JSON question whose answer is a stream of frames.
    pub(crate) fn post(
        &self,
        path: &str,
        question: &Value,
    ) -> Result<ResponseReader<impl Read + use<>>, Failure> {
        let request = self.agent.post(self.url(path));
        let request = request
            .header("authorization", self.credential.header_value())
            .header("content-type", "application/json");
        let answer = self.answer(request.send(question.to_string()))?;
        Ok(ResponseReader::new(std::io::BufReader::new(
            answer.into_body().into_reader(),
        )))
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    fn answer(&self, sent: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Refusal> {
        let mut answer = sent.map_err(|error| Refusal::Other(self.unreachable(&error)))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body = answer
            .body_mut()
            .with_config()
            .limit(JSON_BYTES_MAX)
            .read_to_vec();
        let report = body
            .ok()
            .and_then(|body| serde_json::from_slice::<ErrorReport>(&body).ok());
        let foreign = || {
            let message = format!("`{}` answered with status {status}", self.address);
            Failure::new(Exit::Failed, message)
                .hint("something other than px may be listening there")
        };
        Err(report.map_or_else(|| Refusal::Other(foreign()), Refusal::Report))
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!("agent at `{}` does not answer", self.address);
        Failure::new(Exit::Unreachable, message)
            .caused_by(error)
            .hint("it may have been killed; start it again with `px up`")
    }
}

/// Reads the files of the agent on the port of an address, or of the one started last.
fn on_this_machine(options: &AgentOptions, address: Option<&Address>) -> Result<Endpoint, Failure> {
    let file = address.map_or_else(
        || Endpoint::LATEST.to_owned(),
        |address| Endpoint::file_of_port(address.port),
    );
    let path = options.data_folder()?.join(file);
    Endpoint::read(&path).map_err(|error| {
        not_found(&error).with_causes(vec![format!("cannot read `{}`", path.display())])
    })
}

fn not_found(error: &nixie_api::ApiError) -> Failure {
    Failure::new(Exit::Unreachable, "no running agent found")
        .caused_by(error)
        .hint("start one with `px up`, or name the folder of its files with `--data-dir`")
}

fn keyless(address: &Address) -> Failure {
    let message = format!(
        "`{}` is on another machine, and there is no API key",
        address.text
    );
    Failure::new(Exit::Usage, message).hint(
        "make one there with `px api-key create NAME`, and set PX_API_KEY here, or `--api-key`",
    )
}

/// Reads what a URL points to; at most so many bytes.
pub(crate) fn download(url: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: &ureq::Error| {
        Failure::new(Exit::Failed, format!("cannot read `{url}`")).caused_by(error)
    };
    let mut config = Agent::config_builder().timeout_global(Some(DOWNLOAD_TIME_MAX));
    if url.starts_with("https://") {
        config = config.tls_config(tls::config(None)?);
    }
    let agent = Agent::new_with_config(config.build());
    let mut answer = agent.get(url).call().map_err(|error| failed(&error))?;
    let body = answer.body_mut().with_config().limit(bytes_max);
    body.read_to_vec().map_err(|error| failed(&error))
}

/// Returns the failure that an agent reported; errors of a script are shown at their places.
pub(crate) fn refused_script(report: ErrorReport, name: &str, text: &str) -> Failure {
    if report.kind != ErrorKind::Script {
        return refused(report);
    }
    let details: String = report
        .diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, name, text))
        .collect();
    Failure::new(Exit::Script, report.message).details(details)
}

/// Returns the failure that an agent reported.
pub(crate) fn refused(report: ErrorReport) -> Failure {
    let ErrorReport {
        message,
        causes,
        hint,
        ..
    } = report;
    let failure = Failure::new(Exit::Failed, message).with_causes(causes);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
