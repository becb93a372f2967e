//! One connection: its ends, its bytes in order, and what they mean.

use super::address::{self, End, Ends, UNRESOLVED};
use super::lane::{Lane, Ordered};
use super::living::LivingSockets;
use super::own_end::OwnEnd;
use super::totals::{ConnTotals, TotalsKey};
use crate::abi::{Data, Open};
use crate::kernel::Maps;
use nixie_protocols::{Chunk, ConnStream, Counters, Limits, RowSink, Verdict};
use nixie_types::{AddrFamily, ConnInfo, Direction, Role, Upid};
use std::sync::Arc;

/// `SOCK_DGRAM` of include/linux/net.h: no protocol over datagrams is decoded yet.
const SOCK_DGRAM: u16 = 2;

/// A TCP connection by its ends; `netns` is 0 where addresses are unique on the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerKey {
    netns: u32,
    from: End,
    to: End,
}

/// LIMIT: bytes taken before finished records are drained. A record is larger than what it was
/// made of, in the worst case twelve times, and must fit into [`Limits::records_bytes_max`] then.
const UNDRAINED_BYTES_MAX: usize = 64 << 10;

/// See the module.
pub(crate) struct Conn {
    sock: u64,
    peer: u64,
    netns: u32,
    inode: u64,
    family: AddrFamily,
    is_datagram: bool,
    opened_by: Upid,
    info: ConnInfo,
    /// None once the connection is only counted.
    stream: Option<ConnStream>,
    told: Verdict,
    /// The connection of the peer's end, if that is traced too.
    other_end: Option<u64>,
    egress: Lane,
    ingress: Lane,
    ended_directions: [bool; 2],
    last_ns: i64,
    end: Option<Ended>,
    dirty: bool,
    /// Bytes taken since the last drain.
    undrained_bytes: usize,
    /// Bytes that the totals hold already.
    folded: [u64; 2],
    totals_key: Option<TotalsKey>,
}

/// What is known of the end.
#[derive(Clone, Copy, Debug)]
struct Ended {
    time_ns: i64,
    /// Bytes sent and received, when the kernel told.
    total_bytes: Option<[u64; 2]>,
}

impl Conn {
    pub(crate) fn new(
        upid: Upid,
        open: &Open,
        role: Role,
        is_mid_stream: bool,
        now_ns: i64,
        limits: &Arc<Limits>,
    ) -> Self {
        let Ends {
            family,
            local,
            remote,
        } = address::ends(open);
        let stream = (open.socket_type != SOCK_DGRAM)
            .then(|| ConnStream::new(Arc::clone(limits), role, is_mid_stream));
        let info = ConnInfo {
            upid,
            remote_addr: remote.addr,
            remote_port: remote.port,
            local_addr: local.addr,
            local_port: local.port,
            role,
            encrypted: false,
        };

        Self::with(info, family, stream, now_ns).at(open)
    }

    /// Returns a connection whose start was lost: bytes without addresses.
    pub(crate) fn without_open(upid: Upid, now_ns: i64, limits: &Arc<Limits>) -> Self {
        let info = ConnInfo {
            upid,
            remote_addr: UNRESOLVED.to_owned(),
            remote_port: -1,
            local_addr: UNRESOLVED.to_owned(),
            local_port: -1,
            role: Role::Unknown,
            encrypted: false,
        };
        let stream = ConnStream::new(Arc::clone(limits), Role::Unknown, true);
        Self::with(info, AddrFamily::Unspecified, Some(stream), now_ns)
    }

    fn with(info: ConnInfo, family: AddrFamily, stream: Option<ConnStream>, now_ns: i64) -> Self {
        Self {
            sock: 0,
            peer: 0,
            netns: 0,
            inode: 0,
            family,
            is_datagram: false,
            opened_by: info.upid,
            info,
            stream,
            told: Verdict::Undecided,
            other_end: None,
            egress: Lane::default(),
            ingress: Lane::default(),
            ended_directions: [false; 2],
            last_ns: now_ns,
            end: None,
            dirty: false,
            undrained_bytes: 0,
            folded: [0; 2],
            totals_key: None,
        }
    }

    const fn at(mut self, open: &Open) -> Self {
        (self.sock, self.peer) = (open.sock, open.peer);
        (self.netns, self.inode) = (open.netns, open.inode);
        self.is_datagram = open.socket_type == SOCK_DGRAM && !open.is_unix();
        self
    }

    pub(crate) const fn upid(&self) -> Upid {
        self.info.upid
    }

    /// Returns which side the process is, as far as calls and bytes have told.
    pub(crate) fn role(&self) -> Role {
        match self.stream.as_ref().map(ConnStream::role) {
            None | Some(Role::Unknown) => self.info.role,
            Some(role) => role,
        }
    }

    pub(crate) const fn is_count_only(&self) -> bool {
        self.stream.is_none()
    }

    pub(crate) const fn other_end(&self) -> Option<u64> {
        self.other_end
    }

    pub(crate) const fn set_other_end(&mut self, conn_id: u64) {
        self.other_end = Some(conn_id);
    }

    /// Returns true for datagrams of IP, whose sockets end without a word.
    pub(crate) const fn is_datagram(&self) -> bool {
        self.is_datagram
    }

    /// Returns true if the other end is the agent itself.
    pub(crate) fn leads_to(&self, own: &OwnEnd) -> bool {
        own.is(self.netns, &self.info.remote_addr, self.info.remote_port)
    }

    pub(crate) fn is_unix(&self) -> bool {
        self.family == AddrFamily::Unix
    }

    /// Returns the process in which the connection was first seen.
    pub(crate) const fn opened_by(&self) -> Upid {
        self.opened_by
    }

    pub(crate) fn retained_bytes(&self) -> usize {
        self.egress.retained_bytes()
            + self.ingress.retained_bytes()
            + self.stream.as_ref().map_or(0, ConnStream::retained_bytes)
    }

    /// Returns the key under which the peer finds this connection.
    pub(crate) fn peer_key(&self) -> Option<PeerKey> {
        self.key(|local, remote| (remote, local))
    }

    /// Returns the key under which this connection finds its peer.
    pub(crate) fn own_key(&self) -> Option<PeerKey> {
        self.key(|local, remote| (local, remote))
    }

    fn key(&self, order: fn(End, End) -> (End, End)) -> Option<PeerKey> {
        let is_tcp = matches!(self.family, AddrFamily::Ipv4 | AddrFamily::Ipv6)
            && self.peer == 0
            && self.info.remote_port > 0;
        is_tcp.then_some(())?;
        let local = End {
            addr: self.info.local_addr.clone(),
            port: self.info.local_port,
        };
        let remote = End {
            addr: self.info.remote_addr.clone(),
            port: self.info.remote_port,
        };
        let loopback = remote.addr.starts_with("127.") || remote.addr == "::1";
        let (from, to) = order(local, remote);
        Some(PeerKey {
            netns: if loopback { self.netns } else { 0 },
            from,
            to,
        })
    }

    /// Takes what passed in one call. Returns how many bytes turned out to be missing.
    pub(crate) fn push(&mut self, upid: Upid, data: &Data<'_>, now_ns: i64) -> u64 {
        self.info.upid = upid;
        self.last_ns = now_ns;
        self.undrained_bytes += data.head.len();
        let mut gap_bytes = 0;
        let (direction, lane) = if data.ingress {
            (Direction::Ingress, &mut self.ingress)
        } else {
            (Direction::Egress, &mut self.egress)
        };
        lane.push(
            data.position,
            data.len_bytes,
            data.head,
            now_ns,
            &mut deliver_to(&mut self.stream, direction, &mut gap_bytes),
        );
        gap_bytes
    }

    /// Returns true if finished records should not wait for the next regular drain.
    pub(crate) const fn is_drain_due(&self) -> bool {
        self.undrained_bytes >= UNDRAINED_BYTES_MAX
    }

    /// Notes that the connection has something to drain; returns false if that was noted before.
    pub(crate) const fn mark_dirty(&mut self) -> bool {
        let new = !self.dirty && self.stream.is_some();
        self.dirty |= new;
        new
    }

    /// Notes that one direction has ended; returns true if that is the end of the connection.
    pub(crate) fn direction_ended(&mut self, ingress: bool, now_ns: i64) -> bool {
        self.ended_directions[usize::from(ingress)] = true;
        self.ended_directions == [true; 2] && self.ended_unseen(now_ns)
    }

    /// Notes the end; returns false if one was noted before.
    pub(crate) const fn ended(&mut self, sent: u64, received: u64, time_ns: i64) -> bool {
        let is_new = self.end.is_none();
        self.end = Some(Ended {
            time_ns,
            total_bytes: Some([sent, received]),
        });
        is_new
    }

    /// Notes an end whose byte counts are not known; returns false if one was noted before.
    pub(crate) fn ended_unseen(&mut self, time_ns: i64) -> bool {
        let is_new = self.end.is_none();
        self.end.get_or_insert(Ended {
            time_ns,
            total_bytes: None,
        });
        is_new
    }

    /// Takes the end back if only one of several descriptors was closed.
    pub(crate) fn goes_on(&mut self, living: &mut LivingSockets) -> bool {
        let told = self.end.is_some_and(|end| end.total_bytes.is_some());
        let goes_on = self.is_unix()
            && !told
            && self.ended_directions != [true; 2]
            && living.contains(self.info.upid.pid, self.netns, self.inode);
        if goes_on {
            self.end = None;
        }
        goes_on
    }

    pub(crate) fn ended_before(&self, before_ns: i64) -> bool {
        self.end
            .is_some_and(|end| end.time_ns.max(self.last_ns) < before_ns)
    }

    pub(crate) const fn is_idle_since(&self, before_ns: i64) -> bool {
        self.last_ns < before_ns
    }

    /// Gives up waiting for early bytes and lets the protocol's time-outs happen. Returns how many
    /// bytes turned out to be missing.
    pub(crate) fn tick(&mut self, now_ns: i64, reorder_before_ns: i64) -> u64 {
        let mut gap_bytes = 0;
        self.egress.expire(
            reorder_before_ns,
            &mut deliver_to(&mut self.stream, Direction::Egress, &mut gap_bytes),
        );
        self.ingress.expire(
            reorder_before_ns,
            &mut deliver_to(&mut self.stream, Direction::Ingress, &mut gap_bytes),
        );
        if let Some(stream) = &mut self.stream {
            stream.tick(now_ns);
        }
        gap_bytes
    }

    /// Ends the streams. Returns how many bytes turned out to be missing.
    pub(crate) fn close(&mut self, now_ns: i64) -> u64 {
        let time_ns = self.end.map_or(now_ns, |end| end.time_ns.max(self.last_ns));
        let [sent, received] = match self.end.and_then(|end| end.total_bytes) {
            Some([sent, received]) => [Some(sent), Some(received)],
            None => [None, None],
        };
        let mut gap_bytes = 0;
        self.egress.finish(
            sent,
            time_ns,
            &mut deliver_to(&mut self.stream, Direction::Egress, &mut gap_bytes),
        );
        self.ingress.finish(
            received,
            time_ns,
            &mut deliver_to(&mut self.stream, Direction::Ingress, &mut gap_bytes),
        );
        if let Some(stream) = &mut self.stream {
            stream.close(time_ns);
        }
        gap_bytes
    }

    /// Writes finished records. A stream that was given up is let go of afterwards.
    pub(crate) fn drain(&mut self, out: &mut dyn RowSink) {
        self.dirty = false;
        self.undrained_bytes = 0;
        if let Some(stream) = &mut self.stream {
            stream.drain(&self.info, out);
        }
    }

    pub(crate) fn take_counters(&mut self) -> Counters {
        let counters = self
            .stream
            .as_mut()
            .map(ConnStream::take_counters)
            .unwrap_or_default();
        if matches!(self.told, Verdict::GivenUp(_)) && !self.dirty {
            self.give_up_stream();
        }
        counters
    }

    /// From now on the connection is only counted.
    pub(crate) fn give_up_stream(&mut self) {
        self.info.role = self.role();
        self.stream = None;
        (self.egress, self.ingress) = (self.egress.emptied(), self.ingress.emptied());
    }

    /// Returns the verdict if it has changed since the last call.
    pub(crate) fn new_verdict(&mut self) -> Option<Verdict> {
        let verdict = self.stream.as_ref()?.verdict();
        (verdict != self.told).then(|| self.told = verdict)?;
        Some(verdict)
    }

    /// Adds what passed since the last call to the totals of the peer.
    pub(crate) fn fold_into(&mut self, totals: &mut ConnTotals, conn_id: u64, maps: &Maps) {
        let mut now = [self.egress.seen_bytes(), self.ingress.seen_bytes()];
        if let Some(total) = self.end.and_then(|end| end.total_bytes) {
            now = [now[0].max(total[0]), now[1].max(total[1])];
        } else if self.stream.is_none()
            && let Some(bytes) = maps.conn_bytes(self.sock, self.peer, conn_id)
        {
            now = [now[0].max(bytes.sent), now[1].max(bytes.received)];
        }
        let protocol = self
            .stream
            .as_ref()
            .and_then(ConnStream::protocol)
            .map(|p| p.code);
        let is_new = self.totals_key.is_none();
        let key = self
            .totals_key
            .take()
            .unwrap_or_else(|| self.make_totals_key());
        let moved = [
            now[0] - self.folded[0].min(now[0]),
            now[1] - self.folded[1].min(now[1]),
        ];
        totals.add(&key, is_new, moved, protocol, self.info.encrypted);
        self.folded = [now[0].max(self.folded[0]), now[1].max(self.folded[1])];
        self.totals_key = Some(key);
    }

    pub(crate) fn count_close(&self, totals: &mut ConnTotals) {
        if let Some(key) = &self.totals_key {
            totals.close(key);
        }
    }

    pub(crate) fn forget(&self, conn_id: u64, maps: &Maps) {
        maps.forget(self.sock, self.peer, conn_id);
    }

    fn make_totals_key(&self) -> TotalsKey {
        let role = self.role();
        TotalsKey {
            upid: self.info.upid,
            remote_addr: self.info.remote_addr.clone(),
            // The ports of clients are of no interest to a server, and many.
            remote_port: if role == Role::Server {
                0
            } else {
                self.info.remote_port
            },
            role_code: role.code(),
            family_code: self.family.code(),
        }
    }
}

fn deliver_to<'a>(
    stream: &'a mut Option<ConnStream>,
    direction: Direction,
    gap_bytes: &'a mut u64,
) -> impl FnMut(Ordered<'_>) + 'a {
    move |ordered: Ordered<'_>| {
        *gap_bytes += ordered.gap_bytes;
        let Some(stream) = stream else { return };
        if !ordered.head.is_empty() {
            stream.feed(direction, ordered.time_ns, Chunk::Data(ordered.head));
        }
        if ordered.gap_bytes > 0 {
            stream.feed(direction, ordered.time_ns, Chunk::Gap(ordered.gap_bytes));
        }
    }
}
