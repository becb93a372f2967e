//! `_match_endpoint`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::request_paths::path::Path;
use crate::semantics::Semantics;
use crate::value::Bool;

/// `_match_endpoint`
pub(crate) const MATCH_ENDPOINT: Function = Function {
    name: "_match_endpoint",
    family: Family::RequestPaths,
    doc: "Returns whether a request path is of an endpoint: equally deep, and every component of \
          the endpoint is `*` or the same.",
    example: Example {
        args: &[Datum::Text("/a/b/c"), Datum::Text("/a/b/*")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["path", "endpoint"],
        &prepared2::<1, Bool, _, _>(|endpoint: &str| Ok(Path::parse(endpoint)), matches),
    )]),
};

fn matches(endpoint: &Path, path: &str) -> bool {
    endpoint.covers(&Path::parse(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (path, endpoint, want) in [
            ("/a/b/*", "/a/b/c", false),
            ("/a/c/c", "/a/b/*", false),
            ("/a/b", "/a/b/*", false),
            ("/a/b/c?d", "a/*/c", true),
        ] {
            assert_eq!(
                matches(&Path::parse(endpoint), path),
                want,
                "{path} {endpoint}"
            );
        }
    }
}
