//! Talks to a running agent.

use crate::failure::{Exit, Failure};
use crate::render::diagnostics::render;
use nixie_api::{Endpoint, ErrorKind, ErrorReport, ResponseReader, Token};
use serde_json::Value;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

/// LIMIT: time to reach the agent; it is on this machine.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);

/// LIMIT: bytes of an answer that is one JSON text.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

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
    address: SocketAddr,
    token: Token,
    agent: Agent,
}

impl Client {
    /// Finds the agent that listens on an address, or the one that was started last.
    pub(crate) fn find(folder: &Path, address: Option<SocketAddr>) -> Result<Self, Failure> {
        let file = address.map_or_else(
            || Endpoint::LATEST.to_owned(),
            |address| Endpoint::file_of_port(address.port()),
        );
        let path = folder.join(file);
        let unknown = |error: nixie_api::ApiError| {
            Failure::new(Exit::Unreachable, "no running agent found")
                .with_causes(vec![format!("cannot read `{}`", path.display())])
                .caused_by(&error)
                .hint("start one with `px up`, or name the folder of its files with `--data-dir`")
        };
        let endpoint = Endpoint::read(&path).map_err(unknown)?;
        let token = endpoint.token().map_err(unknown)?;
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0);
        let agent = Agent::new_with_config(config.build());
        Ok(Self {
            address: address.unwrap_or(endpoint.address),
            token,
            agent,
        })
    }

    /// Returns where the agent listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads a JSON answer.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.agent.get(self.url(path));
        let sent = request
            .header("authorization", self.token.header_value())
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
        let (url, token) = (self.url(path), self.token.header_value());
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
            .header("authorization", self.token.header_value())
            .header("content-type", "application/json");
        let answer = self.answer(request.send(question.to_string()))?;
        Ok(ResponseReader::new(std::io::BufReader::new(
            answer.into_body().into_reader(),
        )))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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
