//! `_kmeans_fit`

use crate::aggregates::{AggregateOverload, Sketch, udaf};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::machine_learning::coreset::{SET_POINTS, Set, Tree};
use crate::machine_learning::embedding::{DIMENSIONS, point, write_point};
use crate::machine_learning::kmeans::fit;
use crate::semantics::Semantics;
use crate::value::{Int, Str};
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::AggregateUDF;
use fastrand::Rng;
use nixie_types::DataType;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// `_kmeans_fit`
pub(crate) const KMEANS_FIT: Function = Function {
    name: "_kmeans_fit",
    family: Family::MachineLearning,
    doc: "Returns `k` centroids of points as JSON, for `_kmeans_inference`. A point is a JSON array \
          of 64 floats; other rows are passed over. `k` is that of the first row. Of many points a \
          weighted selection stands for all; with fewer than two there are no centroids.",
    example: Example {
        args: &[Datum::Text("[0.5]"), Datum::Int(3)],
        result: Datum::Text("{\"k\":3,\"init_type\":0,\"centroids\":[]}"),
    },
    semantics: Semantics::None,
    body: Body::Aggregate(&[AggregateOverload::own(
        &["point", "k"],
        &[DataType::String, DataType::Int64],
        DataType::String,
        || Arc::clone(&UDAF),
    )]),
};

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(udaf::<Fitting>);

/// The same rows give the same centroids.
const SEED: u64 = 42;

/// LIMIT: centroids.
const K_MAX: usize = 1024;

/// State: itself, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Fitting {
    base_set: Set,
    coreset: Tree,
    /// None before the first row.
    k: Option<i64>,
    #[serde(skip, default = "seeded")]
    random: Rng,
}

fn seeded() -> Rng {
    Rng::with_seed(SEED)
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            base_set: Set::default(),
            coreset: Tree::default(),
            k: None,
            random: seeded(),
        }
    }
}

impl Fitting {
    fn take(&mut self, point: Vec<f32>, weight: f32) {
        self.base_set.push(point, weight);
        if self.base_set.len() >= SET_POINTS {
            let full = std::mem::take(&mut self.base_set);
            self.coreset.insert(0, full, &mut self.random);
        }
    }
}

impl Sketch for Fitting {
    type Row = (Str, Int);

    const NAME: &'static str = "px_kmeans_fit";

    fn add(&mut self, (json, k): (&str, i64)) -> usize {
        self.k.get_or_insert(k);
        let Some(point) = point(json) else { return 0 };
        self.take(point, 1.0);
        // Merging sets makes it smaller again; this is an upper bound.
        DIMENSIONS * size_of::<f32>() + size_of::<Vec<f32>>()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        // Numbers are finite and writing to memory does not fail; if it did, merging would say so.
        serde_json::to_writer(out, self).unwrap_or_default();
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let other: Self = serde_json::from_slice(state).map_err(|error| {
            exec_datafusion_err!("a partial state of `_kmeans_fit` is damaged: {error}")
        })?;
        let sets = || other.coreset.sets().chain([&other.base_set]);
        if sets().any(|set| {
            set.points.len() != set.weights.len()
                || set.points.iter().any(|point| point.len() != DIMENSIONS)
        }) {
            return Err(exec_datafusion_err!(
                "a partial state of `_kmeans_fit` is damaged: points need {DIMENSIONS} numbers and a weight"
            ));
        }
        self.k = self.k.or(other.k);
        self.coreset.merge(other.coreset, &mut self.random);
        for (point, weight) in other
            .base_set
            .points
            .into_iter()
            .zip(other.base_set.weights)
        {
            self.take(point, weight);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<String> {
        let k = self.k.unwrap_or_default();
        let mut all = self.base_set.clone();
        for set in self.coreset.sets() {
            all.extend(set);
        }
        let wanted = usize::try_from(k).unwrap_or_default().min(K_MAX);
        let centroids = fit(&all, wanted, &mut self.random);
        let mut json = String::new();
        // Writing to a `String` cannot fail.
        write!(json, "{{\"k\":{k},\"init_type\":0,\"centroids\":[").unwrap_or_default();
        for (index, centroid) in centroids.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            write_point(&mut json, centroid);
        }
        json.push_str("]}");
        Ok(json)
    }

    fn heap_bytes(&self) -> usize {
        self.base_set.heap_bytes() + self.coreset.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine_learning::kmeans_inference::{centroids, index};

    fn row(at: usize, noise: f32) -> String {
        let mut point = vec![0.0; DIMENSIONS];
        point[at] = 1.0 + noise;
        let mut json = String::new();
        write_point(&mut json, &point);
        json
    }

    #[test]
    fn parts_that_merge_find_the_groups() {
        let mut parts = [Fitting::default(), Fitting::default()];
        for i in 0_u8..200 {
            let part = &mut parts[usize::from(i % 2)];
            part.add((&row(usize::from(i / 2 % 4), f32::from(i % 7) / 100.0), 4));
            part.add(("[1.0]", 9));
        }
        let mut merged = Fitting::default();
        for part in &parts {
            let mut state = Vec::new();
            part.encode(&mut state);
            merged.merge(&state).unwrap();
        }
        let model = merged.finish().unwrap();
        assert!(
            model.starts_with("{\"k\":4,\"init_type\":0,\"centroids\":[["),
            "{model}"
        );
        let known = centroids(&model);
        let mut found: Vec<_> = (0..4).map(|at| index(&known, &row(at, 0.0))).collect();
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2, 3]);
    }

    #[test]
    fn no_points_give_no_centroids_and_damage_is_refused() {
        let mut fitting = Fitting::default();
        let empty = r#"{"k":0,"init_type":0,"centroids":[]}"#;
        assert_eq!(fitting.finish().unwrap(), empty);
        let bad = r#"{"base_set":{"points":[[1.0]],"weights":[]},"coreset":{"coreset_size":64,"r":4,"levels":{}},"k":null}"#;
        for bad in ["", "{}", bad] {
            let error = fitting.merge(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("is damaged"), "{error}");
        }
    }

    #[test]
    fn the_state_has_the_documented_form() {
        let mut fitting = Fitting::default();
        for _ in 0..=SET_POINTS {
            fitting.add((&row(0, 0.0), 2));
        }
        let mut state = Vec::new();
        fitting.encode(&mut state);
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
        assert_eq!(state["base_set"]["weights"], serde_json::json!([1.0]));
        assert_eq!(state["coreset"]["coreset_size"], 64);
        assert_eq!(state["coreset"]["r"], 4);
        let level = &state["coreset"]["levels"]["0"];
        assert_eq!(level[0]["points"].as_array().unwrap().len(), 64);
        assert_eq!(state["k"], 2);
    }
}
