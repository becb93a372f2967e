//! What happened to the bytes of a connection, by name.

macro_rules! counters {
    ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
        /// Counts since the last [`crate::ConnStream::take_counters`].
        ///
        /// Every loss and every drop is in one of them.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[doc = $doc])+ pub $name: u64,)*
        }

        impl Counters {
            /// Adds the counts of another connection.
            pub const fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Returns name, description and value of each counter.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$((stringify!($name), concat!($($doc),+).trim_ascii(), self.$name)),*].into_iter()
            }
        }
    };
}

counters! {
    /// Payload bytes seen.
    bytes_seen,
    /// Payload bytes known to have passed without being seen.
    gap_bytes,
    /// Gaps that a message of known length covered, so that nothing else was lost.
    gaps_covered,
    /// Gaps after which the next message start had to be searched.
    gaps_lossy,
    /// Bytes skipped while searching a message start.
    resync_bytes,
    /// Message starts found again.
    resyncs,
    /// Frames recognised.
    frames,
    /// Places where a frame should start or continue and the bytes contradict.
    frames_invalid,
    /// Frames lost because their head exceeds the buffer.
    frames_oversized,
    /// Unfinished frames given up after a time-out.
    frames_stale,
    /// Rows written.
    records,
    /// Records dropped because too many bytes waited to be drained.
    records_over_limit,
    /// Records dropped because after a loss the pairing could not be trusted.
    records_uncertain,
    /// Requests dropped because their answer was lost or the pairing was uncertain.
    requests_unpaired,
    /// Answers dropped because their request was not seen or the pairing was uncertain.
    responses_unpaired,
    /// Requests written without answer, at the end of the connection or after a time-out.
    requests_unanswered,
    /// Messages whose end was not seen.
    messages_truncated,
    /// Headers left out of a row because a message has too many or too large ones.
    headers_dropped,
    /// Bodies whose content encoding is broken.
    bodies_undecodable,
    /// Bytes dropped before the protocol was known.
    bytes_undecided,
    /// Bytes ignored after the connection was given up.
    bytes_given_up,
    /// Protocol guesses taken back.
    guesses_revised,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_listed_with_their_descriptions_and_add_up() {
        let mut sum = Counters {
            records: 2,
            ..Counters::default()
        };
        sum.add(&Counters {
            records: 3,
            resyncs: 1,
            ..Counters::default()
        });
        let records = sum.iter().find(|(name, ..)| *name == "records");
        assert_eq!(records, Some(("records", "Rows written.", 5)));
        assert_eq!(sum.iter().map(|(.., value)| value).sum::<u64>(), 6);
    }
}
