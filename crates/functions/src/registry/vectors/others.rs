//! Texts, and what processes and services are.

use super::Vector;
use crate::function::Datum::{Bool, Float, Int, Text, UInt128};

/// All of them.
pub(super) const ALL: &[&[Vector]] = &[TEXTS, METADATA];

const CLUSTERS: &str = r#"[{"c":["a","b","*"],"m":[["a","b","d"],["a","b","c"]]}]"#;

const TEXTS: &[Vector] = &[
    ("contains", &[Text("apple"), Text("z")], Bool(false)),
    ("length", &[Text("")], Int(0)),
    ("length", &[Text("é")], Int(2)),
    ("find", &[Text("pixielabs"), Text("hello")], Int(-1)),
    ("itoa", &[Int(1234)], Text("1234")),
    ("atoi", &[Text("not an int"), Int(-1)], Int(-1)),
    (
        "split",
        &[Text("foo,bar,baz"), Text(",")],
        Text(r#"["foo","bar","baz"]"#),
    ),
    ("pluck", &[Text("asdad"), Text("k")], Text("")),
    ("pluck", &[Text(r#"["asdad"]"#), Text("k")], Text("")),
    ("pluck", &[Text(r#"{"a":-0}"#), Text("a")], Text("0")),
    ("pluck_int64", &[Text(r#"{"a":1.0}"#), Text("a")], Int(0)),
    ("pluck_int64", &[Text(r#"{"a":true}"#), Text("a")], Int(0)),
    (
        "pluck_float64",
        &[Text(r#"["asdad"]"#), Text("k")],
        Float(0.0),
    ),
    (
        "pluck_float64",
        &[Text(r#"{"a":10}"#), Text("a")],
        Float(0.0),
    ),
    (
        "_script_reference",
        &[
            Text("text"),
            Text("px/script"),
            Text("my_arg_name"),
            Text("my_arg_value"),
            Text("my_arg_name2"),
            Text("my_arg_value2"),
        ],
        Text(
            r#"{"label":"text","script":"px/script","args":{"my_arg_name":"my_arg_value","my_arg_name2":"my_arg_value2"}}"#,
        ),
    ),
    ("regex_match", &[Text("\\K"), Text("K")], Bool(false)),
    (
        "replace",
        &[Text("\\K"), Text("x"), Text("")],
        Text("Invalid regex expr: invalid escape sequence: \\K"),
    ),
    (
        "normalize_mysql",
        &[Text("SELECT length(abcd) + 1 from test"), Int(3)],
        Text(r#"{"query":"SELECT length(abcd) + ? from test","params":["1"]}"#),
    ),
    (
        "normalize_pgsql",
        &[Text("query=[SELECT $1] params=[7]"), Text("Execute")],
        Text(r#"{"query":"SELECT $1","params":["7"]}"#),
    ),
    (
        "_predict_request_path_cluster",
        &[Text("/a/b/c"), Text(CLUSTERS)],
        Text("/a/b/c"),
    ),
    (
        "_predict_request_path_cluster",
        &[Text("/a/b/z"), Text(CLUSTERS)],
        Text("/a/b/*"),
    ),
    (
        "cidrs_contain_ip",
        &[Text(r#"["10.0.0.1/31"]"#), Text("10.0.0.2")],
        Bool(false),
    ),
    ("protocol_name", &[Int(12)], Text("AMQP")),
    ("protocol_name", &[Int(1 << 32 | 1)], Text("HTTP")),
    ("protocol_name", &[Int(11)], Text("Invalid (11)")),
    (
        "amqp_method_name",
        &[Int(65_596), Int(40)],
        Text("BasicPublish"),
    ),
    ("http_resp_message", &[Int(400)], Text("Bad Request")),
    (
        "grpc_status_code_to_str",
        &[Int(16)],
        Text("UNAUTHENTICATED"),
    ),
    (
        "mux_frame_type_name",
        &[Int(-62)],
        Text("Tdiscarded (legacy)"),
    ),
];

const METADATA: &[Vector] = &[
    (
        "upid",
        &[Int(100), Int(23_123)],
        UInt128(1 << 96 | 100 << 64 | 23_123),
    ),
    ("has_service_name", &[Text("1"), Text("1")], Bool(true)),
    (
        "has_service_name",
        &[Text("pl/a"), Text("pl/a")],
        Bool(true),
    ),
    (
        "has_service_id",
        &[Text(r#"["3", "4"]"#), Text("4")],
        Bool(true),
    ),
    (
        "has_service_id",
        &[Text(r#"["3", "4"]"#), Text("5")],
        Bool(false),
    ),
    ("has_value", &[Text("[]"), Text("4")], Bool(false)),
    ("has_value", &[Text(r#"[1, "4"]"#), Text("4")], Bool(false)),
    ("has_value", &[Text("[\"4\""), Text("[\"4\"")], Bool(true)),
];
