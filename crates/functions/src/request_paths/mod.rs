//! Paths of requests, put together into endpoints like `/products/*`.

mod build_request_path_clusters;
mod clustering;
mod match_endpoint;
mod path;
mod predict_request_path_cluster;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &build_request_path_clusters::BUILD_REQUEST_PATH_CLUSTERS,
    &predict_request_path_cluster::PREDICT_REQUEST_PATH_CLUSTER,
    &match_endpoint::MATCH_ENDPOINT,
];
