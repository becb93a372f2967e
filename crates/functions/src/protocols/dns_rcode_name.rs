//! `dns_rcode_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::name_or_number;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `dns_rcode_name`
pub(crate) const DNS_RCODE_NAME: Function = Function {
    name: "dns_rcode_name",
    family: Family::Protocols,
    doc: "Returns the name of a DNS response code, or the number.",
    example: Example {
        args: &[Datum::Int(3)],
        result: Datum::Text("NXDOMAIN"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["rcode"], &scalar1::<Int, Str, _>(name))]),
};

const NAMES: &[(i64, &str)] = &[
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (6, "YXDOMAIN"),
    (7, "YXRRSET"),
    (8, "NXRRSET"),
    (9, "NOTAUTH"),
    (10, "NOTZONE"),
    (11, "DSOTYPENI"),
    (16, "BADVERS"),
    (17, "BADKEY"),
    (18, "BADTIME"),
    (19, "BADMODE"),
    (20, "BADNAME"),
    (21, "BADALG"),
    (22, "BADTRUNC"),
    (23, "BADCOOKIE"),
];

fn name(code: i64) -> String {
    name_or_number(NAMES, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(0), "NOERROR");
        assert_eq!(name(3), "NXDOMAIN");
        assert_eq!(name(23), "BADCOOKIE");
        assert_eq!(name(9999), "9999");
        assert_eq!(name(1 << 32 | 3), "NXDOMAIN");
    }
}
