//! `protocol_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::low_bits;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `protocol_name`
pub(crate) const PROTOCOL_NAME: Function = Function {
    name: "protocol_name",
    family: Family::Protocols,
    doc: "Returns the name of a traced protocol by its number in `conn_stats`, or `Invalid` and the \
          number; 11 (Mux) and 13 (TLS) have no name.",
    example: Example {
        args: &[Datum::Int(1)],
        result: Datum::Text("HTTP"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["protocol"], &scalar1::<Int, Str, _>(name))]),
};

fn name(protocol: i64) -> String {
    let text = match low_bits(protocol) {
        0 => "Unknown",
        1 => "HTTP",
        2 => "HTTP2",
        3 => "MySQL",
        4 => "CQL",
        5 => "PGSQL",
        6 => "DNS",
        7 => "Redis",
        8 => "NATS",
        9 => "Mongo",
        10 => "Kafka",
        12 => "AMQP",
        other => return format!("Invalid ({other})"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(0), "Unknown");
        assert_eq!(name(10), "Kafka");
        assert_eq!(name(12), "AMQP");
        assert_eq!(name(9999), "Invalid (9999)");
        assert_eq!(name(11), "Invalid (11)");
        assert_eq!(name(13), "Invalid (13)");
        assert_eq!(name(4_294_967_297), "HTTP");
        assert_eq!(name(4_294_967_307), "Invalid (11)");
    }
}
