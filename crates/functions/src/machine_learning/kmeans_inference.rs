//! `_kmeans_inference`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::machine_learning::embedding::{component, point};
use crate::machine_learning::kmeans::nearest;
use crate::semantics::Semantics;
use crate::value::Int;
use serde_json::Value;

/// `_kmeans_inference`
pub(crate) const KMEANS_INFERENCE: Function = Function {
    name: "_kmeans_inference",
    family: Family::MachineLearning,
    doc: "Returns the index of the centroid that is nearest to a point, by what `_kmeans_fit` found; \
          -1 when there are no centroids, or the point is no JSON array of 64 floats.",
    example: Example {
        args: &[
            Datum::Text("[0.5]"),
            Datum::Text("{\"k\":3,\"init_type\":0,\"centroids\":[]}"),
        ],
        result: Datum::Int(-1),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["point", "kmeans"],
        &prepared2::<1, Int, _, _>(
            |json: &str| Ok(centroids(json)),
            |centroids: &Vec<Vec<f32>>, json: &str| index(centroids, json),
        ),
    )]),
};

/// Returns the centroids of a model; none if it cannot be read.
pub(super) fn centroids(json: &str) -> Vec<Vec<f32>> {
    let model: Value = serde_json::from_str(json).unwrap_or_default();
    let centroid = |value: &Value| value.as_array()?.iter().map(component).collect();
    let centroids = model["centroids"].as_array();
    let read = centroids.and_then(|centroids| centroids.iter().map(centroid).collect());
    read.unwrap_or_default()
}

pub(super) fn index(centroids: &[Vec<f32>], json: &str) -> i64 {
    point(json)
        .and_then(|point| nearest(centroids, &point))
        .and_then(|index| i64::try_from(index).ok())
        .unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine_learning::embedding::{DIMENSIONS, write_point};

    #[test]
    fn the_first_of_equally_near_ones_counts() {
        let json = |number: f32| {
            let mut json = String::new();
            write_point(&mut json, &[number; DIMENSIONS]);
            json
        };
        let model = format!(
            "{{\"centroids\":[{},{},{}]}}",
            json(5.0),
            json(1.0),
            json(-1.0)
        );
        let known = centroids(&model);
        assert_eq!(index(&known, &json(4.0)), 0);
        assert_eq!(index(&known, &json(0.0)), 1);
        assert_eq!(index(&known, "[]"), -1);
        for bad in ["", "{}", "{\"centroids\":[[1]]}"] {
            assert_eq!(index(&centroids(bad), &json(4.0)), -1, "{bad}");
        }
    }
}
