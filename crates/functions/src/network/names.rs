//! Names of addresses that are known without asking the network.

use std::collections::HashMap;
use std::net::IpAddr;

/// LIMIT: bytes of `/etc/hosts` that are read; a longer file is cut at a line.
const HOSTS_BYTES_MAX: usize = 1 << 20;

/// Names by address.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_address: HashMap<IpAddr, String>,
}

impl Names {
    /// Returns the names of the host's own file; none when it cannot be read.
    pub(crate) fn from_hosts_file() -> Self {
        std::fs::read_to_string("/etc/hosts")
            .map_or_else(|_| Self::default(), |text| Self::parse(&text))
    }

    /// Returns the names in the text of a hosts file; the first name of an address counts.
    pub(crate) fn parse(hosts: &str) -> Self {
        let cut = hosts.floor_char_boundary(HOSTS_BYTES_MAX);
        let whole = if cut < hosts.len() {
            hosts[..cut].rfind('\n').unwrap_or(0)
        } else {
            cut
        };
        let mut by_address = HashMap::new();
        for line in hosts[..whole].lines() {
            let mut words = line
                .split('#')
                .next()
                .unwrap_or_default()
                .split_whitespace();
            let (Some(address), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            if let Ok(address) = address.parse() {
                by_address.entry(address).or_insert_with(|| name.to_owned());
            }
        }
        Self { by_address }
    }

    /// Returns the name of an address, if it is known.
    pub(crate) fn of(&self, address: &str) -> Option<&str> {
        self.by_address
            .get(&address.parse().ok()?)
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_an_address_counts() {
        let names = Names::parse(
            "127.0.0.1 localhost x # y\n# 1.1.1.1 no\n127.0.0.1 later\nbad z\n::1 six",
        );
        assert_eq!(names.of("127.0.0.1"), Some("localhost"));
        assert_eq!(names.of("::1"), Some("six"));
        assert_eq!(names.of("1.1.1.1"), None);
        assert_eq!(names.of("nonsense"), None);
    }
}
