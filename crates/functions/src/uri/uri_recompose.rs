//! `uri_recompose`

use crate::adapter::scalar7;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `uri_recompose`
pub(crate) const URI_RECOMPOSE: Function = Function {
    name: "uri_recompose",
    family: Family::Uri,
    doc: "Returns the URI of some components, the opposite of `uri_parse`. An empty text or port 0 \
          leaves a component out; the user and the port need a host. A slash is always put before \
          the path. A negative port gives `Failed to recompose URI`.",
    example: Example {
        args: &[
            Datum::Text("https"),
            Datum::Text(""),
            Datum::Text("px.dev"),
            Datum::Int(0),
            Datum::Text("community/"),
            Datum::Text("a=1"),
            Datum::Text("top"),
        ],
        result: Datum::Text("https://px.dev/community/?a=1#top"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &[
            "scheme",
            "user_info",
            "host",
            "port",
            "path",
            "query",
            "fragment",
        ],
        &scalar7::<Str, Str, Str, Int, Str, Str, Str, Str, _>(uri_recompose),
    )]),
};

fn uri_recompose(
    scheme: &str,
    user_info: &str,
    host: &str,
    port: i64,
    path: &str,
    query: &str,
    fragment: &str,
) -> String {
    if port < 0 {
        return "Failed to recompose URI".to_owned();
    }
    let mut uri = String::new();
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| uri.push_str(part));
    if !scheme.is_empty() {
        push(&[scheme, ":"]);
    }
    if !host.is_empty() {
        push(&["//"]);
        if !user_info.is_empty() {
            push(&[user_info, "@"]);
        }
        push(&[host]);
        if port > 0 {
            push(&[":", &port.to_string()]);
        }
    }
    push(&["/", path]);
    if !query.is_empty() {
        push(&["?", query]);
    }
    if !fragment.is_empty() {
        push(&["#", fragment]);
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let query = "param1=val1&param1=val2";
        assert_eq!(
            uri_recompose(
                "https",
                "",
                "px.dev",
                0,
                "community/",
                query,
                "contributors"
            ),
            "https://px.dev/community/?param1=val1&param1=val2#contributors"
        );
        let grpc = |user, port, path, query| {
            uri_recompose("grpc", user, "127.0.0.1", port, path, query, "")
        };
        assert_eq!(grpc("", 9876, "path", ""), "grpc://127.0.0.1:9876/path");
        assert_eq!(
            grpc("", 0, "", "param=query%20with%20spaces"),
            "grpc://127.0.0.1/?param=query%20with%20spaces"
        );
        assert_eq!(grpc("", -10, "path", ""), "Failed to recompose URI");
        assert_eq!(grpc("me", 1, "/a", ""), "grpc://me@127.0.0.1:1//a");
        assert_eq!(uri_recompose("", "me", "", 80, "a", "", ""), "/a");
    }
}
