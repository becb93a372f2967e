//! `_build_request_path_clusters`

use crate::aggregates::{AggregateOverload, Sketch, udaf};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::request_paths::clustering::{Cluster, Clustering};
use crate::request_paths::path::Path;
use crate::semantics::Semantics;
use crate::value::Str;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::AggregateUDF;
use nixie_types::DataType;
use std::sync::{Arc, LazyLock};

/// `_build_request_path_clusters`
pub(crate) const BUILD_REQUEST_PATH_CLUSTERS: Function = Function {
    name: "_build_request_path_clusters",
    family: Family::RequestPaths,
    doc: "Returns clusters of similar request paths as JSON, for `_predict_request_path_cluster`. \
          Paths of the same depth that share at least half of their components go together; more \
          than five different ones become one endpoint, with `*` where they differ. There are at \
          most 10,000 clusters.",
    example: Example {
        args: &[Datum::Text("/a/b/c"), Datum::Text("/a/b/c?x=1")],
        result: Datum::Text("[{\"c\":[\"a\",\"b\",\"c\"],\"m\":[[\"a\",\"b\",\"c\"]]}]"),
    },
    semantics: Semantics::None,
    body: Body::Aggregate(&[AggregateOverload::own(
        &["path"],
        &[DataType::String],
        DataType::String,
        || Arc::clone(&UDAF),
    )]),
};

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(udaf::<Building>);

/// State: the clusters as JSON.
#[derive(Debug, Default)]
struct Building {
    clustering: Clustering,
    /// The path of the row before: busy endpoints come in runs, and twice is as good as once.
    last: String,
}

impl Sketch for Building {
    type Row = (Str,);

    const NAME: &'static str = "px_build_request_path_clusters";

    fn add(&mut self, (path,): (&str,)) -> usize {
        if self.last == path && !path.is_empty() {
            return 0;
        }
        let before = self.last.capacity();
        path.clone_into(&mut self.last);
        self.clustering.add(Cluster::of(Path::parse(path)));
        // An upper bound; merging brings the true size.
        self.last.capacity() - before + size_of::<Cluster>() + 4 * path.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.clustering.to_json().as_bytes());
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let error = |error: &dyn std::fmt::Display| {
            exec_datafusion_err!("a partial state of request paths is damaged: {error}")
        };
        let json = str::from_utf8(state).map_err(|cause| error(&cause))?;
        let other = Clustering::from_json(json).map_err(|cause| error(&cause))?;
        self.clustering.merge(other);
        Ok(())
    }

    fn finish(&mut self) -> Result<String> {
        Ok(self.clustering.to_json())
    }

    fn heap_bytes(&self) -> usize {
        self.last.capacity() + self.clustering.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rows_give_no_clusters_and_damage_is_refused() {
        let mut building = Building::default();
        assert_eq!(building.finish().unwrap(), "[]");
        assert!(building.merge(b"\xff").is_err());
        let error = building.merge(b"{}").unwrap_err().to_string();
        assert!(error.contains("expected array"), "{error}");
    }

    #[test]
    fn equal_rows_count_once() {
        let mut building = Building::default();
        for path in ["", "", "/x/y", "/x/y", "x/y"] {
            building.add((path,));
        }
        assert_eq!(building.clustering.clusters().count(), 2);
    }
}
