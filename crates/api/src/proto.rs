//! The messages and services of the gRPC API, made of the files in `proto/`.
//!
//! `docs/reference/grpc-api.md` describes them. The modules are nested as the packages are, as
//! the generated code expects.

/// What clients call `px.…`.
#[expect(missing_docs, reason = "the comments are in the `.proto` files")]
#[allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::clone_on_ref_ptr,
    clippy::redundant_clone,
    clippy::or_fun_call,
    clippy::use_self,
    clippy::wildcard_imports,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    reason = "generated code"
)]
pub mod px {
    /// UUIDs as two numbers.
    pub mod uuidpb {
        tonic::include_proto!("px.uuidpb");
    }

    /// What runs scripts.
    pub mod api {
        /// The service of a cluster.
        pub mod vizierpb {
            tonic::include_proto!("px.api.vizierpb");
        }
    }

    /// How the tables of a script are shown.
    pub mod vispb {
        tonic::include_proto!("px.vispb");
    }

    /// What clients ask before they run scripts.
    pub mod cloudapi {
        tonic::include_proto!("px.cloudapi");
    }
}

pub use px::api::vizierpb;
pub use px::{cloudapi, uuidpb, vispb};

/// The compiled `.proto` files, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// LIMIT: bytes of one gRPC message in either direction; the published clients take no larger ones.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
