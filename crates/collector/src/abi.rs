//! Reads the events of `bpf/include/events.h` out of bytes.
//!
//! Nothing is cast: each field is read at the place that the header gives it, so that a short or
//! unknown event is an error and not a crash. The layout test compares every size with the
//! skeleton's types, which come from the kernel object's own type information.

/// Bytes of the header that every event starts with.
const HEADER_BYTES: usize = 32;

/// What the kernel programs tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A connection is seen for the first time.
    Open(Box<Open>),
    /// Bytes have passed.
    Data(Data<'a>),
    /// One direction has ended.
    Eof(Close),
    /// The connection has ended, or one of its descriptors was closed.
    Close(Close),
    /// A process was forked.
    Fork(Fork),
    /// A process runs another program.
    Exec(Box<Exec>),
    /// A process has ended.
    Exit(Exit),
}

/// The start of every event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: u32,
    pub cpu: u32,
    /// Position among all events of that CPU, sent or lost.
    pub seq: u64,
    /// `CLOCK_MONOTONIC` at the end of the call.
    pub time_ns: u64,
    pub tgid: u32,
}

/// See `struct open_event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub conn_id: u64,
    pub sock: u64,
    pub peer: u64,
    pub inode: u64,
    pub family: u16,
    pub socket_type: u16,
    pub role: u8,
    pub source: u8,
    pub local_port: u16,
    pub remote_port: u16,
    pub local_addr: [u8; 16],
    pub remote_addr: [u8; 16],
    pub local_path: [u8; 108],
    pub remote_path: [u8; 108],
    pub start_boottime_ns: u64,
    pub netns: u32,
}

/// See `struct data_event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Data<'a> {
    pub conn_id: u64,
    /// Bytes of this direction before this call.
    pub position: u64,
    /// Bytes that passed.
    pub len_bytes: u64,
    pub ingress: bool,
    /// The head of what passed.
    pub head: &'a [u8],
}

/// See `struct close_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub conn_id: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub ingress: bool,
    /// Only a descriptor was closed; others may be open.
    pub hint: bool,
}

/// See `struct fork_event`; the header names the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fork {
    pub child_tgid: u32,
    pub child_start_boottime_ns: u64,
    pub parent_start_boottime_ns: u64,
}

/// See `struct exec_event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exec {
    pub start_boottime_ns: u64,
    pub parent_tgid: u32,
    pub comm: String,
    pub filename: String,
    /// Arguments joined by spaces, cut at `ARGS_BYTES_MAX`.
    pub cmdline: String,
}

/// See `struct exit_event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub start_boottime_ns: u64,
    /// As `wait(2)` gives it: status << 8 | signal.
    pub code: i32,
    pub comm: String,
}

/// Values of [`Open::role`].
pub(crate) const ROLE_CLIENT: u8 = 1;
/// See [`ROLE_CLIENT`].
pub(crate) const ROLE_SERVER: u8 = 2;

const SOURCE_ACCEPT: u8 = 1;
const SOURCE_CONNECT: u8 = 2;

/// `AF_UNIX` of include/linux/socket.h.
const AF_UNIX: u16 = 1;

impl Open {
    /// Returns true for a unix socket.
    pub(crate) const fn is_unix(&self) -> bool {
        self.family == AF_UNIX
    }

    /// Returns true when bytes may have passed before the connection was seen.
    pub(crate) const fn is_mid_stream(&self) -> bool {
        self.source != SOURCE_ACCEPT && self.source != SOURCE_CONNECT
    }
}

/// The bytes are not an event of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EventError {
    #[error("event of {bytes} bytes is shorter than its kind {kind} needs")]
    Short { kind: u32, bytes: usize },
    #[error("event kind {0} is unknown")]
    UnknownKind(u32),
}

/// Reads one event.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Header, Event<'_>), EventError> {
    let mut fields = Fields { rest: bytes };
    let short = |kind| EventError::Short {
        kind,
        bytes: bytes.len(),
    };
    let header = fields.header().ok_or_else(|| short(0))?;
    debug_assert_eq!(
        bytes.len() - fields.rest.len(),
        HEADER_BYTES,
        "header layout"
    );
    let event = match header.kind {
        1 => fields.open().map(|open| Event::Open(Box::new(open))),
        2 => fields.data().map(Event::Data),
        3 => fields.close().map(Event::Eof),
        4 => fields.close().map(Event::Close),
        5 => fields.fork().map(Event::Fork),
        6 => fields.exec().map(|exec| Event::Exec(Box::new(exec))),
        7 => fields.exit().map(Event::Exit),
        kind => return Err(EventError::UnknownKind(kind)),
    };
    event
        .map(|event| (header, event))
        .ok_or_else(|| short(header.kind))
}

struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_ne_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_ne_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_ne_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_ne_bytes)
    }

    /// Text up to the first NUL.
    fn text(&mut self, bytes: usize) -> Option<String> {
        Some(text_of(self.take(bytes)?))
    }

    fn header(&mut self) -> Option<Header> {
        let header = Header {
            kind: self.u32()?,
            cpu: self.u32()?,
            seq: self.u64()?,
            time_ns: self.u64()?,
            tgid: self.u32()?,
        };
        self.u32()?; // tid
        Some(header)
    }

    fn open(&mut self) -> Option<Open> {
        let conn_id = self.u64()?;
        let sock = self.u64()?;
        let peer = self.u64()?;
        let inode = self.u64()?;
        let family = self.u16()?;
        let socket_type = self.u16()?;
        let role = self.u8()?;
        let source = self.u8()?;
        let local_port = self.u16()?;
        let remote_port = self.u16()?;
        self.u16()?; // padding
        self.i32()?; // fd
        Some(Open {
            conn_id,
            sock,
            peer,
            inode,
            family,
            socket_type,
            role,
            source,
            local_port,
            remote_port,
            local_addr: self.array()?,
            remote_addr: self.array()?,
            local_path: self.array()?,
            remote_path: self.array()?,
            start_boottime_ns: self.u64()?,
            netns: self.u32()?,
        })
    }

    fn data(&mut self) -> Option<Data<'a>> {
        let conn_id = self.u64()?;
        let position = self.u64()?;
        let len_bytes = self.u64()?;
        let captured = usize::try_from(self.u32()?).ok()?;
        let ingress = self.u8()? == 1;
        self.u8()?; // source
        self.u16()?; // flags
        Some(Data {
            conn_id,
            position,
            len_bytes,
            ingress,
            head: self.take(captured)?,
        })
    }

    fn close(&mut self) -> Option<Close> {
        Some(Close {
            conn_id: self.u64()?,
            sent_bytes: self.u64()?,
            received_bytes: self.u64()?,
            ingress: self.u8()? == 1,
            hint: self.u8()? == 1,
        })
    }

    fn fork(&mut self) -> Option<Fork> {
        let child_tgid = self.u32()?;
        self.u32()?; // padding
        Some(Fork {
            child_tgid,
            child_start_boottime_ns: self.u64()?,
            parent_start_boottime_ns: self.u64()?,
        })
    }

    fn exec(&mut self) -> Option<Exec> {
        let start_boottime_ns = self.u64()?;
        let parent_tgid = self.u32()?;
        let args_bytes = usize::try_from(self.u32()?).ok()?;
        let comm = self.text(16)?;
        let filename = self.text(256)?;
        let args = self.take(1024)?;
        let cmdline = join_arguments(args.get(..args_bytes)?);
        Some(Exec {
            start_boottime_ns,
            parent_tgid,
            comm,
            filename,
            cmdline,
        })
    }

    fn exit(&mut self) -> Option<Exit> {
        let start_boottime_ns = self.u64()?;
        let code = self.i32()?;
        self.u32()?; // padding
        Some(Exit {
            start_boottime_ns,
            code,
            comm: self.text(16)?,
        })
    }
}

fn text_of(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Turns NUL-separated arguments, as the kernel keeps them, into one line.
pub(crate) fn join_arguments(bytes: &[u8]) -> String {
    let trimmed = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    String::from_utf8_lossy(trimmed).replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::skeleton::types;

    fn event(kind: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&3_u32.to_ne_bytes());
        bytes.extend_from_slice(&17_u64.to_ne_bytes());
        bytes.extend_from_slice(&99_u64.to_ne_bytes());
        bytes.extend_from_slice(&1234_u32.to_ne_bytes());
        bytes.extend_from_slice(&1235_u32.to_ne_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn fields_lie_where_the_kernel_object_says() {
        use std::mem::{offset_of, size_of};
        assert_eq!(size_of::<types::event_header>(), HEADER_BYTES);
        assert_eq!(offset_of!(types::event_header, tgid), 24);
        assert_eq!(offset_of!(types::open_event, family), 64);
        assert_eq!(offset_of!(types::open_event, local_addr), 80);
        assert_eq!(offset_of!(types::open_event, start_boottime_ns), 328);
        assert_eq!(offset_of!(types::open_event, netns), 336);
        assert_eq!(size_of::<types::data_event>(), 64);
        assert_eq!(offset_of!(types::data_event, captured), 56);
        assert_eq!(offset_of!(types::data_event, flags), 62);
        assert_eq!(offset_of!(types::close_event, direction), 56);
        assert_eq!(offset_of!(types::fork_event, child_start_boottime_ns), 40);
        assert_eq!(offset_of!(types::exec_event, args), 320);
        assert_eq!(offset_of!(types::exit_event, exit_code), 40);
    }

    #[test]
    fn a_data_event_gives_its_head_and_true_length() {
        let mut body = Vec::new();
        for word in [7_u64, 100, 5000] {
            body.extend_from_slice(&word.to_ne_bytes());
        }
        body.extend_from_slice(&3_u32.to_ne_bytes());
        body.extend_from_slice(&[1, 3, 8, 0]);
        body.extend_from_slice(b"GET");
        let bytes = event(2, &body);
        let (header, parsed) = parse(&bytes).expect("an event");
        assert_eq!(
            (header.cpu, header.seq, header.time_ns, header.tgid),
            (3, 17, 99, 1234)
        );
        let expected = Data {
            conn_id: 7,
            position: 100,
            len_bytes: 5000,
            ingress: true,
            head: b"GET",
        };
        assert_eq!(parsed, Event::Data(expected));
    }

    #[test]
    fn every_cut_event_is_an_error_and_never_a_panic() {
        let sizes = [
            (1, 312),
            (2, 32),
            (3, 32),
            (4, 32),
            (5, 24),
            (6, 1312),
            (7, 32),
        ];
        for (kind, body_bytes) in sizes {
            let whole = event(kind, &vec![0; body_bytes]);
            assert!(parse(&whole).is_ok(), "kind {kind}");
            for cut in 0..whole.len() {
                let result = parse(&whole[..cut]);
                // Trailing padding may be missing; anything else may not.
                assert!(
                    result.is_err() || whole.len() - cut <= 16,
                    "kind {kind} at {cut}"
                );
            }
        }
        assert_eq!(parse(&event(99, &[])), Err(EventError::UnknownKind(99)));
    }

    #[test]
    fn captured_bytes_beyond_the_event_are_refused() {
        let mut body = vec![0; 24];
        body.extend_from_slice(&u32::MAX.to_ne_bytes());
        body.extend_from_slice(&[0; 4]);
        assert!(parse(&event(2, &body)).is_err());
    }

    #[test]
    fn arguments_are_joined_by_spaces() {
        assert_eq!(
            join_arguments(b"nginx\0-g\0daemon off;\0"),
            "nginx -g daemon off;"
        );
        assert_eq!(join_arguments(b""), "");
    }
}
