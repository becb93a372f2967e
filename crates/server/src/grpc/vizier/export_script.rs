//! `GenerateOTelScript`: a script that exports what another one displays.

use crate::grpc::status;
use crate::state::ServerState;
use nixie_api::proto::vizierpb::GenerateOTelScriptResponse;
use nixie_pxl::CompileOptions;
use nixie_types::clock;
use tonic::Status;

/// Returns a script that exports what another one displays; problems of the script are no
/// failure of the call.
pub(super) fn generate(state: &ServerState, script: &str) -> GenerateOTelScriptResponse {
    let options = CompileOptions {
        now_ns: clock::now_ns(),
        ..CompileOptions::default()
    };
    match state.agent.engine().export_script(script, &options) {
        Ok(otel_script) => GenerateOTelScriptResponse {
            status: Some(status::report(&Status::ok(""))),
            otel_script,
        },
        Err(errors) => GenerateOTelScriptResponse {
            status: Some(status::of_script(script, &errors).0),
            otel_script: String::new(),
        },
    }
}
