//! Talks to a running agent.

mod address;

pub(crate) use address::Address;

use crate::agent_options::AgentOptions;
use crate::failure::{Exit, Failure};
use crate::login;
use crate::render::diagnostics::render;
use nixie_api::{
    ApiError, ErrorKind, ErrorReport, ResponseReader, Token, VERSION_PATH, VersionResponse,
};
use nixie_server::oidc::trusting;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body, RequestBuilder};

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
    /// What lets in; without it, only some questions are answered.
    credential: Option<Token>,
    agent: Agent,
}

impl Client {
    /// Finds the agent that the user has named, or the one on this machine that was started last.
    ///
    /// An API key comes before a login, and that before the token of the agent's files.
    pub(crate) fn find(options: &AgentOptions) -> Result<Self, Failure> {
        let client = Self::of_agent(options)?;
        if let Some(cluster) = &options.cluster {
            client.check_cluster(cluster)?;
        }
        Ok(client)
    }

    fn of_agent(options: &AgentOptions) -> Result<Self, Failure> {
        let address = Address::of(options)?;
        if let Some(key) = options.api_key.clone() {
            return Self::with(&address, options.ca_cert.as_deref(), Some(Token::new(key)));
        }
        if let Some(login) = login::current(&address.text)? {
            let trusted = options.ca_cert.as_deref().or(login.tls_ca.as_deref());
            return Self::with(&address, trusted, Some(Token::new(login.token)));
        }
        if !address.is_local() {
            return Err(keyless(&address));
        }
        let endpoint = address.endpoint(options)?;
        let token = endpoint.token();
        let token = token.map_err(|error| not_found(&endpoint.token_file, &error))?;
        Self::with(&address, options.ca_cert.as_deref(), Some(token))
    }

    /// Returns an agent that does not know who asks.
    pub(crate) fn anonymous(address: &Address, trusted: Option<&Path>) -> Result<Self, Failure> {
        Self::with(address, trusted, None)
    }

    /// Other machines are always asked by TLS, this one if somebody says whom to trust.
    fn with(
        address: &Address,
        trusted: Option<&Path>,
        credential: Option<Token>,
    ) -> Result<Self, Failure> {
        let is_secure = !address.is_local() || trusted.is_some();
        let mut config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0);
        if is_secure {
            let trusted = trusting(trusted).map_err(|error| Failure::of(&error))?;
            config = config.tls_config(trusted);
        }
        Ok(Self {
            address: address.text.clone(),
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
        let request = self.allowed(self.agent.get(self.url(path)));
        Ok(self.body(request.call())?)
    }

    /// Asks the agent who it is.
    pub(crate) fn version(&self) -> Result<VersionResponse, Failure> {
        read_answer(&self.get(VERSION_PATH)?)
    }

    fn check_cluster(&self, expected: &str) -> Result<(), Failure> {
        let VersionResponse {
            cluster_id,
            cluster_name,
            ..
        } = self.version()?;
        if expected.eq_ignore_ascii_case(&cluster_id) || expected == cluster_name {
            return Ok(());
        }
        let message = format!(
            "the agent at `{}` is of cluster `{cluster_name}` ({cluster_id}), not `{expected}`",
            self.address
        );
        let hint = "name an agent of that cluster with `--endpoint HOST:PORT`";
        Err(Failure::new(Exit::Failed, message).hint(hint))
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
        let url = self.url(path);
        let (request, body) = match change {
            Change::Delete => {
                let request = self.allowed(self.agent.delete(url));
                return self.body(request.call());
            }
            Change::Create(body) => (self.agent.post(url), body),
            Change::Update(body) => (self.agent.patch(url), body),
        };
        let request = self.allowed(request);
        let request = request.header("content-type", "application/json");
        self.body(request.send(body.to_string()))
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
        Ok(ResponseReader::new(io::BufReader::new(
            answer.into_body().into_reader(),
        )))
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    fn allowed<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.credential {
            Some(token) => request.header("authorization", token.header_value()),
            None => request,
        }
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

    /// Returns the failure that an answer has no end.
    pub(crate) fn cut_off(&self, error: &ApiError) -> Failure {
        let message = format!("reading the answer of `{}` failed", self.address);
        Failure::new(Exit::Unreachable, message).caused_by(error)
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let failed = |message: String| Failure::new(Exit::Failed, message).caused_by(error);
        match error {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => return self.insecure(error),
            // What comes is no TLS, or not from whom is trusted.
            ureq::Error::Io(cause)
                if self.scheme == "https" && cause.kind() == io::ErrorKind::InvalidData =>
            {
                return self.insecure(error);
            }
            ureq::Error::BodyExceedsLimit(_) => {
                return failed(format!("the answer of `{}` is too large", self.address));
            }
            ureq::Error::Http(_) => {
                let message = format!("the question to `{}` cannot be written", self.address);
                return failed(message).hint("an API key is one line of letters and digits");
            }
            _ => {}
        }
        let message = format!("agent at `{}` does not answer", self.address);
        Failure::new(Exit::Unreachable, message)
            .caused_by(error)
            .hint("it may have been killed; start it again with `px up`")
    }

    fn insecure(&self, error: &ureq::Error) -> Failure {
        let address = &self.address;
        let (message, hint) = if error.to_string().contains("certificate") {
            let message = format!("the certificate of the agent at `{address}` is not trusted");
            let hint = "`--ca-cert FILE` says whose certificates to trust, such as the `ca.pem` \
                        that `px up --tls-self-signed` has made; a certificate is good for the \
                        names in it only";
            (message, hint)
        } else {
            let message = format!("no secure connection to the agent at `{address}`");
            let hint = "an agent has TLS when it is started with `--tls-self-signed`, or with a \
                        certificate";
            (message, hint)
        };
        let failure = Failure::new(Exit::Failed, message);
        failure.caused_by(error).hint(hint)
    }
}

/// Reads what an agent has answered in JSON.
pub(crate) fn read_answer<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(answer).map_err(|error| Failure::of(&ApiError::from(error)))
}

/// Returns the failure that a file of an agent cannot be read.
fn not_found(file: &Path, error: &ApiError) -> Failure {
    Failure::new(Exit::Unreachable, "no running agent found")
        .with_causes(vec![format!("cannot read `{}`", file.display())])
        .caused_by(error)
        .hint(
            "start one with `px up`, name the folder of its files with `--data-dir`, or log in with \
             `px auth login`",
        )
}

fn keyless(address: &Address) -> Failure {
    let message = format!(
        "`{}` is on another machine, and there is neither API key nor login",
        address.text
    );
    Failure::new(Exit::Usage, message).hint(
        "make a key there with `px api-key create NAME` and set PX_API_KEY here, or log in with \
         `px auth login`",
    )
}

/// Reads what a URL points to; at most so many bytes.
pub(crate) fn download(url: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: &ureq::Error| {
        Failure::new(Exit::Failed, format!("cannot read `{url}`")).caused_by(error)
    };
    let mut config = Agent::config_builder().timeout_global(Some(DOWNLOAD_TIME_MAX));
    config = match trusting(None) {
        Ok(trusted) => config.tls_config(trusted),
        Err(error) if url.starts_with("https://") => return Err(Failure::of(&error)),
        // It may lead on to `https://`, where nobody would be trusted.
        Err(_) => config.max_redirects(0),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_is_not_secure_is_not_taken_for_a_dead_agent() {
        let client = Client {
            address: "px.example:4747".to_owned(),
            scheme: "https",
            credential: None,
            agent: Agent::new_with_config(Agent::config_builder().build()),
        };
        let said = |kind, text: &str| {
            let error = ureq::Error::Io(io::Error::new(kind, text.to_owned()));
            client.unreachable(&error).to_string()
        };
        let invalid = io::ErrorKind::InvalidData;
        let text = said(invalid, "invalid peer certificate: UnknownIssuer");
        assert!(
            text.contains("is not trusted") && text.contains("`--ca-cert FILE`"),
            "{text}"
        );
        let text = said(invalid, "received corrupt message");
        assert!(text.contains("no secure connection"), "{text}");
        let text = said(io::ErrorKind::ConnectionRefused, "connection refused");
        assert!(text.contains("does not answer"), "{text}");
    }
}
