//! How the function is called whose arguments are being typed.

use super::SignatureHelp;
use super::context::Context;
use super::probe::Known;
use crate::{Catalog, CompileOptions};
use nixie_functions::Registry;

/// Returns how the function around a byte of a script is called.
pub fn signature_help(
    script: &str,
    offset: usize,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Option<SignatureHelp> {
    let context = Context::of(script, offset);
    let call = context.call.as_ref()?;
    let known = Known {
        catalog,
        registry,
        options,
    };
    let signatures = known.probe(script, &context, call.callee)?.signatures;
    let parameters = &signatures.first()?.parameters;
    let active_parameter = match call.keyword {
        Some(keyword) => parameters
            .iter()
            .position(|parameter| parameter.split('=').next() == Some(keyword)),
        None => Some(call.position).filter(|position| *position < parameters.len()),
    };
    Some(SignatureHelp {
        signatures,
        active_parameter,
    })
}
