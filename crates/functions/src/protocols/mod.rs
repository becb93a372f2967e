//! Names of the codes in protocol tables.

mod amqp_frame_type_name;
mod amqp_method_name;
mod cql_opcode_name;
mod dns_rcode_name;
mod grpc_status_code_to_str;
mod http_resp_message;
mod kafka_api_key_name;
mod mux_frame_type_name;
mod mysql_command_name;
mod protocol_name;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &amqp_frame_type_name::AMQP_FRAME_TYPE_NAME,
    &amqp_method_name::AMQP_METHOD_NAME,
    &cql_opcode_name::CQL_OPCODE_NAME,
    &dns_rcode_name::DNS_RCODE_NAME,
    &grpc_status_code_to_str::GRPC_STATUS_CODE_TO_STR,
    &http_resp_message::HTTP_RESP_MESSAGE,
    &kafka_api_key_name::KAFKA_API_KEY_NAME,
    &mux_frame_type_name::MUX_FRAME_TYPE_NAME,
    &mysql_command_name::MYSQL_COMMAND_NAME,
    &protocol_name::PROTOCOL_NAME,
];

/// Returns the lower 32 bits of a code, which is all that codes have.
fn low_bits(code: i64) -> i64 {
    i64::from(code as i32)
}

/// Returns the name of a code.
fn known(names: &[(i64, &'static str)], code: i64) -> Option<&'static str> {
    let mut names = names.iter();
    names
        .find(|(known, _)| *known == code)
        .map(|(_, name)| *name)
}

/// Returns the name of a code, or the number of one that has none.
fn name_or_number(names: &[(i64, &'static str)], code: i64) -> String {
    let code = low_bits(code);
    known(names, code).map_or_else(|| code.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_32_bits() {
        assert_eq!(low_bits(1 << 32 | 7), 7);
        assert_eq!(low_bits(-1), -1);
        assert_eq!(low_bits(0xFFFF_FFFF), -1);
        assert_eq!(name_or_number(&[(7, "seven")], 1 << 32 | 7), "seven");
        assert_eq!(name_or_number(&[(7, "seven")], 1 << 32 | 8), "8");
    }
}
