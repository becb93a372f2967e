//! Where `px.export` goes, for scripts that do not say it.

use crate::failure::{Exit, Failure};
use nixie_api::OtelEndpoint;
use std::collections::BTreeMap;

/// Options that name an endpoint.
#[derive(Debug, clap::Args)]
pub(super) struct ExportOptions {
    /// Where `px.export` sends by OpenTelemetry, if the script does not say it: `host:port` for
    /// gRPC, `http(s)://host:port/v1/…` for HTTP
    #[arg(long, value_name = "ENDPOINT")]
    export_to: Option<String>,
    /// Header of the requests of `--export-to`, for example an API key
    #[arg(long, value_name = "NAME=VALUE", requires = "export_to", value_parser = header)]
    export_header: Vec<(String, String)>,
    /// Talk to `--export-to` without TLS
    #[arg(long, requires = "export_to")]
    export_insecure: bool,
}

impl ExportOptions {
    /// Returns the endpoint, if one is named.
    pub(super) fn endpoint(self) -> Result<Option<OtelEndpoint>, Failure> {
        let Some(url) = self.export_to else {
            return Ok(None);
        };
        let mut headers = BTreeMap::new();
        for (name, value) in self.export_header {
            if headers.insert(name.clone(), value).is_some() {
                let message = format!("header `{name}` is given twice");
                return Err(Failure::new(Exit::Usage, message));
            }
        }
        Ok(Some(OtelEndpoint {
            url,
            headers,
            insecure: self.export_insecure,
            timeout_s: None,
        }))
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected `NAME=VALUE`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_names_with_values() {
        assert_eq!(header("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(header("a="), Ok(("a".to_owned(), String::new())));
        assert!(header("a").is_err() && header("=b").is_err());
    }
}
