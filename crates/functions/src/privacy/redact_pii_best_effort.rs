//! `redact_pii_best_effort`

use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::privacy::detectors::DETECTORS;
use crate::semantics::Semantics;
use crate::value::Str;
use std::ops::Range;

/// `redact_pii_best_effort`
pub(crate) const REDACT_PII_BEST_EFFORT: Function = Function {
    name: "redact_pii_best_effort",
    family: Family::Privacy,
    doc: "Returns a text with what looks like personal data replaced by tags like \
          `<REDACTED_EMAIL>`: IBANs, e-mail, IPv6, IPv4 and MAC addresses, IMEIs, numbers of credit \
          cards and of social security (SSN). It errs on both sides: what has the shape of an \
          address is replaced, what is written in another way is not.",
    example: Example {
        args: &[Datum::Text("user 10.0.0.1, a@b")],
        result: Datum::Text("user <REDACTED_IPV4>, <REDACTED_EMAIL>"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["text"], &text1::<Str, _>(redact_pii))]),
};

struct Hit {
    place: Range<usize>,
    replacement: &'static str,
}

/// Appends a text in which what looks like personal data is replaced by tags.
pub fn redact_pii(text: &str, out: &mut String) {
    let mut done = 0;
    for hit in kept(hits(text)) {
        out.push_str(&text[done..hit.place.start]);
        out.push_str(hit.replacement);
        done = hit.place.end;
    }
    out.push_str(&text[done..]);
}

/// Returns what all detectors find, by place.
fn hits(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for detector in DETECTORS.iter() {
        let found = detector.shape.find_iter(text);
        hits.extend(
            found
                .filter(|found| (detector.check)(found.as_str()))
                .map(|found| Hit {
                    place: found.range(),
                    replacement: detector.replacement,
                }),
        );
    }
    // Stable: the order of the detectors decides at equal places.
    hits.sort_by_key(|hit| hit.place.start);
    hits
}

/// Keeps the longest of each group of hits that begin within the first one of the group.
fn kept(hits: Vec<Hit>) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::new();
    let mut hits = hits.into_iter().peekable();
    while let Some(first) = hits.next() {
        let end = first.place.end;
        let mut longest = first;
        while let Some(other) = hits.next_if(|hit| hit.place.start < end) {
            if other.place.len() > longest.place.len() {
                longest = other;
            }
        }
        // The one before may reach further than the first one of its group.
        if kept
            .last()
            .is_none_or(|last| last.place.end <= longest.place.start)
        {
            kept.push(longest);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let mut out = String::new();
        redact_pii(text, &mut out);
        out
    }

    const KINDS: [(&str, &[&str]); 8] = [
        (
            "<REDACTED_IPV4>",
            &["192.168.0.1", "255.255.255.255", "0.0.0.0", "10.0.0.1"],
        ),
        (
            "<REDACTED_IPV6>",
            &[
                "ab:12:34:56:789:1011:1213:0",
                "::abcd:1234:ffff",
                "0123:abcd::eeee:10.0.0.1",
                "0:1:2:3::10.1.2.3",
                "1:2:abcd:a:b:c::",
                "00ab:1234:5678:9100:1112:ffff:192.168.0.1",
            ],
        ),
        (
            "<REDACTED_EMAIL>",
            &[
                "test@pixie.io",
                "test%40pixie.io",
                "dot.dot.dot@abcd-1234-domain",
                "valid_ip_in_email255.255.255.255@mydomain.com",
            ],
        ),
        (
            "<REDACTED_MAC_ADDR>",
            &["ab:12:00:64:99:ff", "ff-ff-ff-ff-ff-ff"],
        ),
        (
            "<REDACTED_CC_NUMBER>",
            &[
                "3782 8224631 0005",
                "4111 1111 1111 1111",
                "4222-2222-222-22",
                "5019-7170-1010-3742",
                "6331-1019-9999-0016",
            ],
        ),
        (
            "<REDACTED_IMEI>",
            &[
                "01-786058-312233-6",
                "01-786058-312233-22",
                "52-635024-498175-3",
            ],
        ),
        (
            "<REDACTED_IBAN>",
            &[
                "GB29NWBK60161331926819",
                "GB29 NWBK 6016 1331 9268 19",
                "GB29-NWBK-6016-1331-9268-19",
                "BE68 5390 0754 7034",
                "SV 62 CENR 00000000000000700025",
                "DE89370400440532013000 hello",
            ],
        ),
        (
            "<REDACTED_SSN>",
            &["001-01-0001", "303-58-8256", "593-78-6329"],
        ),
    ];

    #[test]
    fn each_kind_is_replaced() {
        for (tag, texts) in KINDS {
            for text in texts {
                assert_eq!(redacted(text), tag, "{text}");
            }
        }
    }

    #[test]
    fn several_kinds_in_one_text() {
        for (index, (tag, texts)) in KINDS.iter().enumerate() {
            let (other_tag, others) = KINDS[(index + 3) % KINDS.len()];
            let (last_tag, lasts) = KINDS[(index + 5) % KINDS.len()];
            let text = format!("{}; {}; {}", texts[0], others[0], lasts[0]);
            assert_eq!(
                redacted(&text),
                format!("{tag}; {other_tag}; {last_tag}"),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_stay() {
        for text in [
            "",
            "nothing here",
            "abcdef00123459689",
            "999.999.0.0",
            "1:2:3:4:5:6",
            "5555 0000 0000 0000",
            "000-12-1234",
            "666-12-1234",
            "900-12-1234",
            "999-00-9999",
            "303588256",
            "gb29 nwbk 6016 1331 9268 19",
            "01-786058-312233-7",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn pieces_of_texts() {
        for (text, want) in [
            ("1999.1.1.1", "19<REDACTED_IPV4>"),
            ("1.2.3.4.5.6.7.8", "<REDACTED_IPV4>.<REDACTED_IPV4>"),
            ("std::vector", "st<REDACTED_IPV6>vector"),
            ("http://a/b?email=x,y/z@q.com", "http:<REDACTED_EMAIL>"),
            ("é10.0.0.1é", "é<REDACTED_IPV4>é"),
        ] {
            assert_eq!(redacted(text), want);
        }
    }

    #[test]
    fn overlaps_are_resolved_once() {
        let hit = |place, replacement| Hit { place, replacement };
        let hits = vec![
            hit(0..5, "a"),
            hit(3..12, "b"),
            hit(8..10, "c"),
            hit(12..13, "d"),
        ];
        let kept: Vec<_> = kept(hits).iter().map(|hit| hit.replacement).collect();
        assert_eq!(kept, ["b", "d"]);
    }
}
