//! Talks to a running agent.

use crate::failure::{Exit, Failure};
use crate::login::{self, Login};
use nixie_api::{Endpoint, ErrorReport, ResponseReader, Token};
use nixie_server::oidc::trusting;
use serde_json::Value;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body, RequestBuilder};

/// LIMIT: time to reach the agent.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(3);

/// LIMIT: bytes of an answer that is one JSON text.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A running agent.
pub(crate) struct Client {
    address: SocketAddr,
    /// What lets in; without it, only some questions are answered.
    token: Option<Token>,
    scheme: &'static str,
    agent: Agent,
}

impl Client {
    /// Finds the agent that listens on an address, or the one that was started last. Who has logged
    /// in there asks by that login, all others by the token of the agent's files.
    pub(crate) fn find(folder: &Path, address: Option<SocketAddr>) -> Result<Self, Failure> {
        if let Some(address) = address
            && let Some(login) = login::current(address)?
        {
            return Self::logged_in(address, login);
        }
        let file = address.map_or_else(
            || Endpoint::LATEST.to_owned(),
            |address| Endpoint::file_of_port(address.port()),
        );
        let path = folder.join(file);
        let unknown = |error: nixie_api::ApiError| {
            Failure::new(Exit::Unreachable, "no running agent found")
                .with_causes(vec![format!("cannot read `{}`", path.display())])
                .caused_by(&error)
                .hint(
                    "start one with `px up`, name the folder of its files with `--data-dir`, or \
                     log in with `px auth login`",
                )
        };
        let endpoint = Endpoint::read(&path).map_err(unknown)?;
        let found = address.unwrap_or(endpoint.address);
        if address.is_none()
            && let Some(login) = login::current(found)?
        {
            return Self::logged_in(found, login);
        }
        let token = endpoint.token().map_err(unknown)?;
        let client = Self::unknown(found, false, None)?;
        Ok(Self {
            token: Some(token),
            ..client
        })
    }

    fn logged_in(address: SocketAddr, login: Login) -> Result<Self, Failure> {
        let client = Self::unknown(address, login.tls, login.tls_ca.as_deref())?;
        Ok(Self {
            token: Some(Token::new(login.token)),
            ..client
        })
    }

    /// Returns an agent that does not know who asks.
    pub(crate) fn unknown(
        address: SocketAddr,
        tls: bool,
        tls_ca: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0);
        if tls {
            let trusted = trusting(tls_ca).map_err(|error| Failure::of(&error))?;
            config = config.tls_config(trusted);
        }
        Ok(Self {
            address,
            token: None,
            scheme: if tls { "https" } else { "http" },
            agent: Agent::new_with_config(config.build()),
        })
    }

    /// Returns where the agent listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads a JSON answer.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.allowed(self.agent.get(self.url(path)));
        let mut answer = self.answer(request.call())?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(JSON_BYTES_MAX)
            .read_to_vec();
        body.map_err(|error| self.unreachable(&error))
    }

    /// Sends a JSON question whose answer is a stream of frames.
    pub(crate) fn post(
        &self,
        path: &str,
        question: &Value,
    ) -> Result<ResponseReader<impl Read + use<>>, Failure> {
        let request = self.allowed(self.agent.post(self.url(path)));
        let request = request.header("content-type", "application/json");
        let answer = self.answer(request.send(question.to_string()))?;
        Ok(ResponseReader::new(std::io::BufReader::new(
            answer.into_body().into_reader(),
        )))
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    fn allowed<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("authorization", token.header_value()),
            None => request,
        }
    }

    fn answer(&self, sent: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Failure> {
        let mut answer = sent.map_err(|error| self.unreachable(&error))?;
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
        Err(match report {
            Some(report) => refused(report),
            None => Failure::new(
                Exit::Failed,
                format!("`{}` answered with status {status}", self.address),
            )
            .hint("something other than px may be listening there"),
        })
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!("agent at `{}` does not answer", self.address);
        Failure::new(Exit::Unreachable, message)
            .caused_by(error)
            .hint("it may have been killed; start it again with `px up`")
    }
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
