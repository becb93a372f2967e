//! Names of the codes in protocol tables.

mod http_resp_message;
mod protocol_name;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &http_resp_message::HTTP_RESP_MESSAGE,
    &protocol_name::PROTOCOL_NAME,
];
