//! `uri_parse`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::write_text;
use crate::semantics::Semantics;
use crate::value::Str;
use fluent_uri::UriRef;

/// `uri_parse`
pub(crate) const URI_PARSE: Function = Function {
    name: "uri_parse",
    family: Family::Uri,
    doc: "Returns the components of a URI as a JSON object: `scheme`, `userInfo`, `host`, `port` (a \
          number), `path` (without its leading slash), `query` and `fragment`, those that are \
          there. Escapes stay as they are. What is not valid gives `Failed to parse URI` or `Port \
          parsing failed.`.",
    example: Example {
        args: &[Datum::Text("grpc://127.0.0.1:9876/stream")],
        result: Datum::Text(
            "{\"scheme\":\"grpc\",\"host\":\"127.0.0.1\",\"port\":9876,\"path\":\"stream\"}",
        ),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["uri"], &scalar1::<Str, Str, _>(uri_parse))]),
};

fn uri_parse(text: &str) -> String {
    match parse(text) {
        Ok(json) => json,
        Err(message) => message.to_owned(),
    }
}

fn parse(text: &str) -> Result<String, &'static str> {
    let uri = UriRef::parse(text).map_err(|_| "Failed to parse URI")?;
    let mut out = Members::default();
    if let Some(scheme) = uri.scheme() {
        out.text("scheme", scheme.as_str());
    }
    if let Some(authority) = uri.authority() {
        if let Some(info) = authority.userinfo() {
            out.text("userInfo", info.as_str());
        }
        let host = authority.host();
        let literal = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        out.text("host", literal.unwrap_or(host));
        if let Some(port) = authority.port() {
            let port: i32 = port.as_str().parse().map_err(|_| "Port parsing failed.")?;
            out.key("port");
            out.json.push_str(&port.to_string());
        }
    }
    let path = uri.path().as_str();
    if !path.is_empty() {
        out.text("path", path.strip_prefix('/').unwrap_or(path));
    }
    if let Some(query) = uri.query() {
        out.text("query", query.as_str());
    }
    if let Some(fragment) = uri.fragment() {
        out.text("fragment", fragment.as_str());
    }
    Ok(out.finish())
}

/// The members of a JSON object.
#[derive(Default)]
struct Members {
    json: String,
}

impl Members {
    fn key(&mut self, key: &str) {
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        write_text(&mut self.json, key);
        self.json.push(':');
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_text(&mut self.json, value);
    }

    fn finish(mut self) -> String {
        if self.json.is_empty() {
            self.json.push('{');
        }
        self.json.push('}');
        self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (uri, want) in [
            (
                "https://px.dev/community/?param1=val1&param1=val2#contributors",
                r#"{"scheme":"https","host":"px.dev","path":"community/","query":"param1=val1&param1=val2","fragment":"contributors"}"#,
            ),
            (
                "grpc://127.0.0.1/stream?s=test%20spaces",
                r#"{"scheme":"grpc","host":"127.0.0.1","path":"stream","query":"s=test%20spaces"}"#,
            ),
            (
                "http://127.0.0.1",
                r#"{"scheme":"http","host":"127.0.0.1"}"#,
            ),
            ("http://127.0.0.1:-1234", "Failed to parse URI"),
            ("http://a b", "Failed to parse URI"),
            ("http://a:", "Port parsing failed."),
            ("http://a:2147483648/", "Port parsing failed."),
            (
                "http://me:pw@[::1]:80",
                r#"{"scheme":"http","userInfo":"me:pw","host":"::1","port":80}"#,
            ),
            ("file:///x", r#"{"scheme":"file","host":"","path":"x"}"#),
            ("", "{}"),
            ("a/b?c", r#"{"path":"a/b","query":"c"}"#),
        ] {
            assert_eq!(uri_parse(uri), want, "{uri}");
        }
    }
}
