//! Random bytes from the system.

use std::fs::File;
use std::io::{self, Read as _};

/// Where they come from.
pub(crate) const RANDOM_SOURCE: &str = "/dev/urandom";

/// Returns bytes that nobody can guess.
pub(crate) fn random_bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut random = [0; N];
    File::open(RANDOM_SOURCE)?.read_exact(&mut random)?;
    Ok(random)
}

/// Returns a new UUID of version 4 (RFC 9562).
pub(crate) fn random_uuid() -> io::Result<u128> {
    let random = u128::from_be_bytes(random_bytes()?);
    Ok(random & !VERSION_AND_VARIANT_MASK | VERSION_4_AND_VARIANT)
}

const VERSION_AND_VARIANT_MASK: u128 = 0xf000 << 64 | 0xc000 << 48;
const VERSION_4_AND_VARIANT: u128 = 0x4000 << 64 | 0x8000 << 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_differ_and_say_that_they_are_random() {
        let (first, second) = (random_uuid().unwrap(), random_uuid().unwrap());
        assert_ne!(first, second);
        for uuid in [first, second] {
            let digits = format!("{uuid:032x}");
            assert_eq!(&digits[12..13], "4", "{digits}");
            assert!("89ab".contains(&digits[16..17]), "{digits}");
        }
    }
}
