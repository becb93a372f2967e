//! The identity of a process: unique across pid reuse and across nodes.

use std::fmt;
use std::str::FromStr;

/// A process for all time: the agent that saw it, its host pid, and when it started.
///
/// As a `UINT128` the high 64 bits are `asid << 32 | pid` and the low 64 bits the start time.
/// The text form is `asid:pid:start_ticks`, in decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Upid {
    /// Short id of the agent; 0 for an agent that is not part of a cluster.
    pub asid: u32,
    /// Thread group id in the host's pid namespace.
    pub pid: u32,
    /// Start time of the thread group leader in clock ticks since boot (`/proc/PID/stat` field 22).
    pub start_ticks: u64,
}

impl Upid {
    /// Number of bytes of the binary form.
    pub const BYTES: usize = 16;

    /// Returns the 128-bit value, big-endian, as it is stored in a `UINT128` column.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.to_u128().to_be_bytes()
    }

    /// Returns the identity held in the big-endian bytes of a `UINT128` column.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self::from_u128(u128::from_be_bytes(bytes))
    }

    /// Returns the 128-bit value.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        (self.asid as u128) << 96 | (self.pid as u128) << 64 | self.start_ticks as u128
    }

    /// Returns the identity held in a 128-bit value.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "each field is cut out of the value"
    )]
    pub const fn from_u128(value: u128) -> Self {
        Self {
            asid: (value >> 96) as u32,
            pid: (value >> 64) as u32,
            start_ticks: value as u64,
        }
    }
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.asid, self.pid, self.start_ticks)
    }
}

/// The text was not `asid:pid:start_ticks`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a process id of the form `asid:pid:start_ticks`")]
pub struct ParseUpidError(String);

impl FromStr for Upid {
    type Err = ParseUpidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUpidError(text.to_owned());
        let mut parts = text.split(':');
        let (Some(asid), Some(pid), Some(start), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(error());
        };
        Ok(Self {
            asid: asid.parse().map_err(|_| error())?,
            pid: pid.parse().map_err(|_| error())?,
            start_ticks: start.parse().map_err(|_| error())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_put_asid_and_pid_high_and_start_low() {
        let upid = Upid {
            asid: 1,
            pid: 2,
            start_ticks: 3,
        };
        assert_eq!(
            upid.to_bytes(),
            [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]
        );
        assert_eq!(Upid::from_bytes(upid.to_bytes()), upid);
    }

    #[test]
    fn text_round_trips_and_bad_text_is_named() {
        let upid = Upid {
            asid: 7,
            pid: 4321,
            start_ticks: 99,
        };
        assert_eq!(upid.to_string().parse(), Ok(upid));
        for bad in ["", "1:2", "1:2:3:4", "a:2:3", "-1:2:3"] {
            let error = bad.parse::<Upid>().expect_err(bad);
            assert!(error.to_string().contains(&format!("`{bad}`")));
        }
    }
}
