//! `amqp_events`: frames between AMQP 0-9-1 clients and brokers.

use super::{number, text};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "amqp_events",
    description: "AMQP 0-9-1 frames.",
    columns: &conn::columns::<9, 17>([
        number(
            "frame_type",
            "1 method, 2 content header, 3 content body, 8 heartbeat.",
        ),
        number("channel", "Channel of the frame."),
        number("req_class_id", "Class of the request; 0 without one."),
        number("req_method_id", "Method of the request; 0 without one."),
        number("resp_class_id", "Class of the response; 0 without one."),
        number("resp_method_id", "Method of the response; 0 without one."),
        text("req_msg", "Arguments of the request as JSON."),
        text("resp_msg", "Arguments of the response as JSON."),
        LATENCY,
    ]),
};
