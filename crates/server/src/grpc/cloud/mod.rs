//! `px.cloudapi`: what clients ask before they run scripts.

mod artifacts;
mod auth;
mod autocomplete;
mod clusters;
mod keys;
mod organizations;
mod plugins;
mod scripts;

pub(crate) use artifacts::{Artifacts, DeploymentKeys};
pub(crate) use auth::Auth;
pub(crate) use autocomplete::Autocomplete;
pub(crate) use clusters::Clusters;
pub(crate) use keys::Keys;
pub(crate) use organizations::Organizations;
pub(crate) use plugins::Plugins;
pub(crate) use scripts::Scripts;

use nixie_types::clock::NANOS_PER_SEC;
use prost_types::Timestamp;

fn timestamp(time_ns: i64) -> Timestamp {
    Timestamp {
        seconds: time_ns.div_euclid(NANOS_PER_SEC),
        nanos: i32::try_from(time_ns.rem_euclid(NANOS_PER_SEC)).unwrap_or_default(),
    }
}
