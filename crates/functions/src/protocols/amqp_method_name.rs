//! `amqp_method_name`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::known;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `amqp_method_name`
pub(crate) const AMQP_METHOD_NAME: Function = Function {
    name: "amqp_method_name",
    family: Family::Protocols,
    doc: "Returns the name of an AMQP method by the numbers of its class and of itself, the name of \
          the class for method 0, or `Unknown`.",
    example: Example {
        args: &[Datum::Int(60), Datum::Int(40)],
        result: Datum::Text("BasicPublish"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["class", "method"],
        &scalar2::<Int, Int, Str, _>(name),
    )]),
};

/// Number and name of a class, and its methods.
type Class = (i64, &'static str, &'static [(i64, &'static str)]);

const CLASSES: &[Class] = &[
    (
        10,
        "Connection",
        &[
            (10, "Start"),
            (11, "Start-ok"),
            (20, "Secure"),
            (21, "Secure-ok"),
            (30, "Tune"),
            (31, "Tune-ok"),
            (40, "Open"),
            (41, "Open-ok"),
            (50, "Close"),
            (51, "Close-ok"),
        ],
    ),
    (
        20,
        "Channel",
        &[
            (10, "Open"),
            (11, "Open-ok"),
            (20, "Flow"),
            (21, "Flow-ok"),
            (40, "Close"),
            (41, "Close-ok"),
        ],
    ),
    (
        40,
        "Exchange",
        &[
            (10, "Declare"),
            (11, "Declare-ok"),
            (20, "Delete"),
            (21, "Delete-ok"),
        ],
    ),
    (
        50,
        "Queue",
        &[
            (10, "Declare"),
            (11, "Declare-ok"),
            (20, "Bind"),
            (21, "Bind-ok"),
            (30, "Purge"),
            (31, "Purge-ok"),
            (40, "Delete"),
            (41, "Delete-ok"),
            (50, "Unbind"),
            (51, "Unbind-ok"),
        ],
    ),
    (
        60,
        "Basic",
        &[
            (10, "Qos"),
            (11, "Qos-ok"),
            (20, "Consume"),
            (21, "Consume-ok"),
            (30, "Cancel"),
            (31, "Cancel-ok"),
            (40, "Publish"),
            (50, "Return"),
            (60, "Deliver"),
            (70, "Get"),
            (71, "Get-ok"),
            (72, "Get-empty"),
            (80, "Ack"),
            (90, "Reject"),
            (100, "Recover-async"),
            (110, "Recover"),
            (111, "Recover-ok"),
        ],
    ),
    (
        90,
        "Tx",
        &[
            (10, "Select"),
            (11, "Select-ok"),
            (20, "Commit"),
            (21, "Commit-ok"),
            (30, "Rollback"),
            (31, "Rollback-ok"),
        ],
    ),
];

fn name(class: i64, method: i64) -> String {
    // Both numbers have 16 bits.
    let (class, method) = (i64::from(class as u16), i64::from(method as u16));
    let name = CLASSES
        .iter()
        .find(|(number, ..)| *number == class)
        .and_then(|(_, name, methods)| match method {
            0 => Some((*name).to_owned()),
            _ => known(methods, method).map(|method| format!("{name}{method}")),
        });
    name.unwrap_or_else(|| "Unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (class, method, want) in [
            (60, 40, "BasicPublish"),
            (10, 0, "Connection"),
            (0, 0, "Unknown"),
            (60, 72, "BasicGet-empty"),
            (60, 73, "Unknown"),
            (70, 0, "Unknown"),
            (65_596, 40, "BasicPublish"),
            (60, 65_576, "BasicPublish"),
            (60, 65_536, "Basic"),
            (-65_476, 40, "BasicPublish"),
        ] {
            assert_eq!(name(class, method), want, "{class} {method}");
        }
    }
}
