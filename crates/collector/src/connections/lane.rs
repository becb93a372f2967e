//! Puts the bytes of one direction in order.
//!
//! The kernel numbers bytes by position. Two threads that use one connection can finish their
//! calls in one order and be seen in the other, within microseconds; and events can be lost.
//! Bytes that come too early wait here; what is still missing after a while becomes a gap.

use std::collections::BTreeMap;

/// LIMIT: bytes of early chunks kept for a direction; more means that the hole is a loss.
pub(crate) const EARLY_BYTES_MAX: usize = 1 << 20;

/// What passed in one call: the head that was captured, and how much there was in all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    time_ns: i64,
    len_bytes: u64,
    head: Vec<u8>,
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// Bytes delivered so far, seen or not.
    position: u64,
    early: BTreeMap<u64, Piece>,
    early_bytes: usize,
    /// Since when something is missing.
    waiting_since_ns: Option<i64>,
}

/// Bytes in order: first what was seen, then how many were not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordered<'a> {
    pub time_ns: i64,
    pub head: &'a [u8],
    pub gap_bytes: u64,
}

impl Lane {
    /// Returns how many bytes have passed, as far as is known.
    pub(crate) fn seen_bytes(&self) -> u64 {
        let early = self
            .early
            .last_key_value()
            .map(|(at, piece)| at + piece.len_bytes);
        early.unwrap_or(self.position)
    }

    /// Returns a lane that has delivered as much and holds nothing.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            position: self.seen_bytes(),
            ..Self::default()
        }
    }

    /// Returns the bytes of memory held.
    pub(crate) fn retained_bytes(&self) -> usize {
        self.early_bytes + self.early.len() * size_of::<(u64, Piece)>()
    }

    /// Takes a piece and delivers everything that is now in order.
    pub(crate) fn push(
        &mut self,
        position: u64,
        len_bytes: u64,
        head: &[u8],
        time_ns: i64,
        deliver: &mut impl FnMut(Ordered<'_>),
    ) {
        if position > self.position {
            self.waiting_since_ns.get_or_insert(time_ns);
            self.early_bytes += head.len();
            self.early.insert(
                position,
                Piece {
                    time_ns,
                    len_bytes,
                    head: head.to_vec(),
                },
            );
            if self.early_bytes > EARLY_BYTES_MAX {
                self.give_up_waiting(deliver);
            }
            return;
        }
        self.deliver(position, len_bytes, head, time_ns, deliver);
        self.deliver_early(deliver);
    }

    /// Delivers what waits, with gaps, if it has waited since before `before_ns`.
    pub(crate) fn expire(&mut self, before_ns: i64, deliver: &mut impl FnMut(Ordered<'_>)) {
        if self
            .waiting_since_ns
            .is_some_and(|since_ns| since_ns <= before_ns)
        {
            self.give_up_waiting(deliver);
        }
    }

    /// Delivers everything that waits, and the bytes that are known to have passed until the end.
    pub(crate) fn finish(
        &mut self,
        total_bytes: Option<u64>,
        time_ns: i64,
        deliver: &mut impl FnMut(Ordered<'_>),
    ) {
        self.give_up_waiting(deliver);
        let missing = total_bytes.map_or(0, |total| total.saturating_sub(self.position));
        if missing > 0 {
            self.position += missing;
            deliver(Ordered {
                time_ns,
                head: &[],
                gap_bytes: missing,
            });
        }
    }

    fn give_up_waiting(&mut self, deliver: &mut impl FnMut(Ordered<'_>)) {
        while let Some((&position, piece)) = self.early.first_key_value() {
            let gap_bytes = position.saturating_sub(self.position);
            let time_ns = piece.time_ns;
            if gap_bytes > 0 {
                self.position = position;
                deliver(Ordered {
                    time_ns,
                    head: &[],
                    gap_bytes,
                });
            }
            self.deliver_early(deliver);
        }
        self.waiting_since_ns = None;
    }

    fn deliver_early(&mut self, deliver: &mut impl FnMut(Ordered<'_>)) {
        while let Some(entry) = self.early.first_entry() {
            if *entry.key() > self.position {
                return;
            }
            let (position, piece) = entry.remove_entry();
            self.early_bytes -= piece.head.len();
            self.deliver(
                position,
                piece.len_bytes,
                &piece.head,
                piece.time_ns,
                deliver,
            );
        }
        self.waiting_since_ns = None;
    }

    fn deliver(
        &mut self,
        position: u64,
        len_bytes: u64,
        head: &[u8],
        time_ns: i64,
        deliver: &mut impl FnMut(Ordered<'_>),
    ) {
        // Bytes before the position were given up before; they count no second time.
        let late = self.position - position;
        if late >= len_bytes {
            return;
        }
        self.position = position + len_bytes;
        let skip = usize::try_from(late).unwrap_or(usize::MAX).min(head.len());
        let head = &head[skip..];
        let gap_bytes = len_bytes - late - head.len() as u64;
        deliver(Ordered {
            time_ns,
            head,
            gap_bytes,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(steps: impl FnOnce(&mut Lane, &mut dyn FnMut(Ordered<'_>))) -> Vec<String> {
        let mut out = Vec::new();
        let mut lane = Lane::default();
        steps(&mut lane, &mut |ordered: Ordered<'_>| {
            let head = String::from_utf8_lossy(ordered.head).into_owned();
            out.push(format!("{}:{head}+{}", ordered.time_ns, ordered.gap_bytes));
        });
        out
    }

    #[test]
    fn pieces_in_order_pass_straight_through_with_their_gaps() {
        let out = collect(|lane, mut deliver| {
            lane.push(0, 3, b"abc", 1, &mut deliver);
            lane.push(3, 10, b"de", 2, &mut deliver);
            lane.push(13, 1, b"f", 3, &mut deliver);
        });
        assert_eq!(out, ["1:abc+0", "2:de+8", "3:f+0"]);
    }

    #[test]
    fn an_early_piece_waits_for_the_one_before_it() {
        let out = collect(|lane, mut deliver| {
            lane.push(3, 3, b"def", 2, &mut deliver);
            lane.expire(1, &mut deliver);
            lane.push(0, 3, b"abc", 1, &mut deliver);
            lane.expire(i64::MAX, &mut deliver);
        });
        assert_eq!(out, ["1:abc+0", "2:def+0"]);
    }

    #[test]
    fn what_does_not_come_becomes_a_gap() {
        let out = collect(|lane, mut deliver| {
            lane.push(3, 3, b"def", 2, &mut deliver);
            lane.push(9, 1, b"j", 4, &mut deliver);
            assert_eq!(lane.seen_bytes(), 10);
            lane.expire(2, &mut deliver);
        });
        assert_eq!(out, ["2:+3", "2:def+0", "4:+3", "4:j+0"]);
    }

    #[test]
    fn a_piece_given_up_for_lost_is_not_delivered_late() {
        let out = collect(|lane, mut deliver| {
            lane.push(3, 3, b"def", 2, &mut deliver);
            lane.expire(2, &mut deliver);
            lane.push(0, 3, b"abc", 1, &mut deliver);
            lane.push(5, 3, b"fgh", 5, &mut deliver);
        });
        assert_eq!(out, ["2:+3", "2:def+0", "5:gh+0"]);
    }

    #[test]
    fn the_end_brings_what_is_known_to_have_passed() {
        let out = collect(|lane, mut deliver| {
            lane.push(0, 2, b"ab", 1, &mut deliver);
            lane.finish(Some(7), 9, &mut deliver);
        });
        assert_eq!(out, ["1:ab+0", "9:+5"]);
    }

    #[test]
    fn waiting_is_bounded_by_bytes() {
        let big = vec![b'x'; EARLY_BYTES_MAX / 2 + 1];
        let len = big.len() as u64;
        let out = collect(|lane, mut deliver| {
            lane.push(1, len, &big, 1, &mut deliver);
            lane.push(1 + len, len, &big, 1, &mut deliver);
            assert_eq!(lane.retained_bytes(), 0);
        });
        assert_eq!(out.len(), 3);
    }
}
