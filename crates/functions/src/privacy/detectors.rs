//! What personal data look like.

use crate::privacy::checks::{has_luhn_digit, is_iban, is_ssn};
use regex::Regex;
use std::sync::LazyLock;

/// One kind of personal data.
#[derive(Debug)]
pub(super) struct Detector {
    pub(super) replacement: &'static str,
    pub(super) shape: Regex,
    /// What else must hold.
    pub(super) check: fn(&str) -> bool,
}

impl Detector {
    /// Returns a detector; none if its shape is no pattern, which a test excludes.
    fn new(replacement: &'static str, shape: &str, check: fn(&str) -> bool) -> Option<Self> {
        let shape = Regex::new(shape).ok()?;
        Some(Self {
            replacement,
            shape,
            check,
        })
    }
}

/// All detectors. Where two find something at the same place, the first one counts.
pub(super) static DETECTORS: LazyLock<Vec<Detector>> = LazyLock::new(|| {
    let iban = "[A-Za-z]{2}[ -]?[0-9]{2}[ -]?(?:[A-Za-z0-9][ -]?){11,28}";
    let email = "[A-Za-z0-9!#$%&'*+,./=?^_`{|}~-]+(?:@|%40)[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*";
    let mac = "[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}";
    let imei = "[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]";
    // With the number of the software version, which has no check digit.
    let imeisv = "[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]{2}";
    let card = "[0-9](?:[ -]*[0-9]){12,18}";
    let ssn = "[0-9]{3}[ -]+[0-9]{2}[ -]+[0-9]{4}";
    let detectors = [
        Detector::new("<REDACTED_IBAN>", iban, is_iban),
        Detector::new("<REDACTED_EMAIL>", email, always),
        Detector::new("<REDACTED_IPV6>", &ipv6(), always),
        Detector::new("<REDACTED_IPV4>", &ipv4(), always),
        Detector::new("<REDACTED_MAC_ADDR>", mac, always),
        Detector::new("<REDACTED_IMEI>", imei, has_luhn_digit),
        Detector::new("<REDACTED_IMEI>", imeisv, always),
        Detector::new("<REDACTED_CC_NUMBER>", card, has_luhn_digit),
        Detector::new("<REDACTED_SSN>", ssn, is_ssn),
    ];
    detectors.into_iter().flatten().collect()
});

fn always(_: &str) -> bool {
    true
}

fn ipv4() -> String {
    let number = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})";
    format!("(?:{number}\\.){{3}}{number}")
}

/// Eight groups, or fewer around `::`; the last two may be an IPv4 address.
fn ipv6() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let ipv4 = ipv4();
    let mut forms = vec![format!("(?:{group}:){{6}}{ipv4}")];
    let leading = |count: usize| match count {
        0 => String::new(),
        1 => group.to_owned(),
        more => format!("{group}(?::{group}){{{}}}", more - 1),
    };
    for count in 0..=4 {
        let more = 4 - count;
        forms.push(format!(
            "{}::(?:{group}:){{0,{more}}}{ipv4}",
            leading(count)
        ));
    }
    forms.push(format!("(?:{group}:){{7}}{group}"));
    for count in 0..=6 {
        let start = leading(count);
        forms.push(match count {
            0..=4 => format!("{start}::(?:{group}:){{0,{}}}(?:{group})?", 5 - count),
            5 => format!("{start}::(?:{group})?"),
            _ => format!("{start}::"),
        });
    }
    forms.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shapes_are_valid() {
        assert_eq!(DETECTORS.len(), 9);
    }
}
