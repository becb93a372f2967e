//! `_predict_request_path_cluster`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::request_paths::clustering::Clustering;
use crate::request_paths::path::Path;
use crate::semantics::Semantics;
use crate::value::Str;

/// `_predict_request_path_cluster`
pub(crate) const PREDICT_REQUEST_PATH_CLUSTER: Function = Function {
    name: "_predict_request_path_cluster",
    family: Family::RequestPaths,
    doc: "Returns the endpoint of a request path by what `_build_request_path_clusters` found: the \
          path with `*` for what varies, or the path itself when it is one of few. Clusters that \
          cannot be read give a text that says so.",
    example: Example {
        args: &[
            Datum::Text("/a/b/x?q=1"),
            Datum::Text("[{\"c\":[\"a\",\"b\",\"*\"],\"m\":[]}]"),
        ],
        result: Datum::Text("/a/b/*"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["path", "clusters"],
        &prepared2::<1, Str, _, _>(|json: &str| Ok(Clustering::from_json(json)), predict),
    )]),
};

fn predict(clustering: &Result<Clustering, &'static str>, path: &str) -> String {
    match clustering {
        Ok(clustering) => clustering.endpoint(&Path::parse(path)),
        Err(error) => (*error).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(
            predict(&Clustering::from_json("x"), "/a"),
            "RequestPathClustering::FromJSON: invalid json"
        );
        assert_eq!(predict(&Clustering::from_json("[]"), "a?b"), "/a");
    }
}
