//! Makes Rust of the `.proto` files, without a `protoc`.

use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{FieldDescriptorProto, FileDescriptorSet};
use std::error::Error;
use std::path::PathBuf;

const FILES: [&str; 7] = [
    "uuid.proto",
    "vizier.proto",
    "vis.proto",
    "cloud.proto",
    "plugins.proto",
    "scripts.proto",
    "artifacts.proto",
];
const FOLDER: &str = "proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={FOLDER}");
    let mut files = protox::compile(FILES, [FOLDER])?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    // What reflection tells is the contract as it is written.
    std::fs::write(out.join("descriptors.bin"), files.encode_to_vec())?;
    let batch = batch_field(&mut files).ok_or("`QueryData.batch` is missing")?;
    // On the wire a message is its bytes. Batches are written straight from Arrow, and encrypted
    // as bytes, so that nobody needs them as a message of many small vectors.
    batch.set_type(Type::Bytes);
    batch.type_name = None;
    tonic_prost_build::configure()
        .build_transport(false)
        .bytes(".px.api.vizierpb.QueryData")
        .compile_fds(files)?;
    Ok(())
}

fn batch_field(files: &mut FileDescriptorSet) -> Option<&mut FieldDescriptorProto> {
    let messages = files
        .file
        .iter_mut()
        .flat_map(|file| &mut file.message_type);
    let mut of_data = messages.filter(|message| message.name() == "QueryData");
    let mut fields = of_data.next()?.field.iter_mut();
    fields.find(|field| field.name() == "batch")
}
