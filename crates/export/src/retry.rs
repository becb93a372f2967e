//! When a request is sent again.

use crate::ExportError;
use std::time::Duration;

/// When a request is sent again: after a time that doubles with each failure, random within a
/// half of it, so that many agents do not come back at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Time before the first repetition.
    pub delay: Duration,
    /// LIMIT: time between two attempts, unless the receiver asks for more.
    pub delay_max: Duration,
    /// LIMIT: time from the first failure of a request until it is given up; with it, all that
    /// still waits to be sent to the same receiver.
    pub time_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(250),
            delay_max: Duration::from_secs(5),
            time_max: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// One attempt, for a receiver that has been given up before.
    pub const ONCE: Self = Self {
        delay: Duration::ZERO,
        delay_max: Duration::ZERO,
        time_max: Duration::ZERO,
    };

    /// Returns how long to wait after so many failures, from 1; `random` is evenly distributed.
    fn delay(&self, failures: u32, random: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let delay = self.delay.saturating_mul(doubled).min(self.delay_max);
        delay.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX))
    }

    /// Returns how long to wait after so many failures, at least what the receiver asked for;
    /// nothing when that would take too long.
    pub(crate) fn next(
        &self,
        failures: u32,
        since_first: Duration,
        asked: Option<Duration>,
    ) -> Result<Option<Duration>, ExportError> {
        let delay = self.delay(failures, getrandom::u32()?);
        let delay = asked.map_or(delay, |asked| asked.max(delay));
        Ok((since_first.saturating_add(delay) < self.time_max).then_some(delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_limit_and_are_spread() {
        let policy = RetryPolicy {
            delay: Duration::from_millis(100),
            delay_max: Duration::from_millis(500),
            time_max: Duration::from_secs(1),
        };
        let ms = |failures, random| policy.delay(failures, random).as_millis();
        assert_eq!(
            [ms(1, 0), ms(2, 0), ms(3, 0), ms(4, 0)],
            [50, 100, 200, 250]
        );
        assert_eq!([ms(1, u32::MAX), ms(99, u32::MAX)], [150, 750]);
    }

    #[test]
    fn the_receiver_is_obeyed_unless_that_takes_too_long() {
        let policy = RetryPolicy::default();
        let next = |asked| policy.next(1, Duration::from_secs(1), Some(asked)).unwrap();
        assert_eq!(next(Duration::from_secs(7)), Some(Duration::from_secs(7)));
        assert!(next(Duration::ZERO).is_some_and(|delay| delay >= policy.delay / 2));
        assert_eq!(next(Duration::from_mins(1)), None);
    }
}
