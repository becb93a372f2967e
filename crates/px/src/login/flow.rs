//! Logs a person in: by the code flow with a proof of possession (RFC 8252, RFC 7636).

use super::callback::{Callback, REDIRECT_URI, Sent, brought};
use super::store::Login;
use super::tokens::{Proof, exchange};
use super::url::encode;
use crate::failure::{Exit, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nixie_api::LoginInfo;
use nixie_server::oidc::{Discovery, Https, discover};
use sha2::{Digest, Sha256};
use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use uuid::Uuid;

/// How the person comes to the provider, and how the agent is asked.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// The person opens a browser somewhere, and brings back where it ended.
    pub(crate) manual: bool,
    /// Authorities of the agent's certificate.
    pub(crate) tls_ca: Option<PathBuf>,
}

/// Secrets of one login.
struct Secrets {
    state: String,
    nonce: String,
    verifier: String,
}

impl Secrets {
    fn new() -> Self {
        let random = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self {
            state: random(),
            nonce: random(),
            verifier: random(),
        }
    }
}

/// Logs a person in with a provider.
pub(crate) fn log_in(info: &LoginInfo, manner: Manner) -> Result<Login, Failure> {
    let https = Https::new().map_err(|error| Failure::of(&error))?;
    let discovery = discover(&https, &info.issuer).map_err(|error| {
        let message = format!("identity provider `{}` cannot be used", info.issuer);
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    let secrets = Secrets::new();
    let url = authorization_url(&discovery, info, &secrets);
    let sent = Sent {
        state: &secrets.state,
        issuer: &info.issuer,
    };
    let code = match manner.manual {
        true => ask(&url, &sent)?,
        false => wait(&url, &sent)?,
    };
    let proof = Proof {
        code: &code,
        verifier: &secrets.verifier,
        nonce: &secrets.nonce,
        redirect: REDIRECT_URI,
    };
    let login = exchange(&https, &discovery, info, &proof, manner.tls_ca);
    login.map_err(|error| Failure::new(Exit::Failed, "the login failed").caused_by(&error))
}

fn authorization_url(discovery: &Discovery, info: &LoginInfo, secrets: &Secrets) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(secrets.verifier.as_bytes()));
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", &info.client_id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", &info.scope),
        ("state", &secrets.state),
        ("nonce", &secrets.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    if info.scope.split(' ').any(|scope| scope == "offline_access") {
        // Without it, providers leave that scope out (OpenID Connect Core, section 11).
        fields.push(("prompt", "consent"));
    }
    fields.extend(
        info.audience
            .iter()
            .map(|audience| ("resource", audience.as_str())),
    );
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let endpoint = &discovery.authorization_endpoint;
    let before = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{before}{}", fields.join("&"))
}

/// Sends a browser of this machine, and waits until it comes back.
fn wait(url: &str, sent: &Sent<'_>) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "cannot start threads").caused_by(&error))?;
    runtime.block_on(async {
        let callback = Callback::listen().await?;
        crate::say::line(format_args!(
            "log in with a browser on this machine:\n{url}"
        ));
        open(url);
        callback.code(sent).await
    })
}

/// Opens a browser, if there is one; the person has the URL, too.
fn open(url: &str) {
    let browser = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let browser = browser.unwrap_or_else(|| "xdg-open".into());
    let mut command = Command::new(browser);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null());
    command
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
        .unwrap_or_default();
}

/// Lets the person go to the provider by themselves.
fn ask(url: &str, sent: &Sent<'_>) -> Result<String, Failure> {
    crate::say::line(format_args!(
        "log in with any browser:\n{url}\nit ends at an address that begins with \
         {REDIRECT_URI}, and need not show anything; paste that address here:"
    ));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::new(Exit::Failed, "cannot read the address").caused_by(&error))?;
    brought(line.trim(), sent).unwrap_or_else(|| {
        let message = "that is not where this login ends";
        Err(Failure::new(Exit::Failed, message)
            .hint("paste the whole address, with `code` and `state`"))
    })
}
