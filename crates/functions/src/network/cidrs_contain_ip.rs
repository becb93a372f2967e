//! `cidrs_contain_ip`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Bool;
use datafusion_common::Result;
use ipnet::{IpNet, Ipv6Net};
use std::net::{IpAddr, Ipv6Addr};

/// `cidrs_contain_ip`
pub(crate) const CIDRS_CONTAIN_IP: Function = Function {
    name: "cidrs_contain_ip",
    family: Family::Network,
    doc: "Returns whether one of the blocks of addresses in a JSON array of texts like \
          `10.0.0.0/8` holds an address. Blocks that are not valid are passed over; anything but an \
          array of texts holds nothing. An IPv4 address counts as its IPv6 form beside IPv6.",
    example: Example {
        args: &[Datum::Text("[\"10.0.0.1/31\"]"), Datum::Text("10.0.0.0")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["cidrs", "ip"],
        &prepared2::<0, Bool, _, _>(blocks, |blocks: &Vec<Ipv6Net>, ip: &str| {
            contain(blocks, ip)
        }),
    )]),
};

/// Bits of an IPv6 address before the IPv4 address that it stands for.
const MAPPED_BITS: u8 = 96;

fn blocks(json: &str) -> Result<Vec<Ipv6Net>> {
    let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    Ok(texts.iter().filter_map(|text| block(text)).collect())
}

fn block(text: &str) -> Option<Ipv6Net> {
    let (address, bits) = match text.parse().ok()? {
        IpNet::V4(block) => (
            block.addr().to_ipv6_mapped(),
            block.prefix_len() + MAPPED_BITS,
        ),
        IpNet::V6(block) => (block.addr(), block.prefix_len()),
    };
    Ipv6Net::new(address, bits).ok()
}

fn contain(blocks: &[Ipv6Net], ip: &str) -> bool {
    let address: Ipv6Addr = match ip.parse() {
        Ok(IpAddr::V4(address)) => address.to_ipv6_mapped(),
        Ok(IpAddr::V6(address)) => address,
        Err(_) => return false,
    };
    blocks.iter().any(|block| block.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(cidrs: &str, ip: &str) -> bool {
        contain(&blocks(cidrs).unwrap(), ip)
    }

    #[test]
    fn vectors() {
        let cidrs = r#"["10.0.0.1/31"]"#;
        assert!(holds(cidrs, "10.0.0.1"));
        assert!(holds(cidrs, "10.0.0.0"));
        assert!(!holds(cidrs, "10.0.0.2"));
        for bad in [
            r#"{"test":123}"#,
            "[1, 3]",
            r#"[{"1":1}]"#,
            ";{}",
            "",
            "[\"10.0.0.0/8\",1]",
        ] {
            assert!(!holds(bad, "10.0.0.1"), "{bad}");
        }
    }

    #[test]
    fn bad_blocks_are_passed_over_and_families_mix() {
        let cidrs =
            r#"["x", "10.0.0.0", "10.0.0.0/33", "1.2.3.4/5/6", "192.168.0.0/16", "fd00::/8"]"#;
        assert!(holds(cidrs, "192.168.7.7"));
        assert!(holds(cidrs, "::ffff:192.168.7.7"));
        assert!(holds(cidrs, "fd12::1"));
        assert!(!holds(cidrs, "10.0.0.0"));
        assert!(!holds(cidrs, "nonsense"));
        assert!(holds(r#"["0.0.0.0/0"]"#, "8.8.8.8"));
        assert!(!holds(r#"["0.0.0.0/0"]"#, "fd00::1"));
        assert!(holds(r#"["::/0"]"#, "8.8.8.8"));
    }
}
