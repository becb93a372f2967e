/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Everything that crosses the border between the kernel programs and the agent: events, the
 * configuration, and the values of shared maps. crates/collector/src/abi.rs reads the same
 * layouts; a test there compares them with this header's BTF. All fields are fixed-width, all
 * padding is explicit, and every struct is a multiple of 8 bytes.
 */
#ifndef NIXIE_EVENTS_H
#define NIXIE_EVENTS_H

#define LAYOUT(type, bytes) _Static_assert(sizeof(type) == (bytes), "layout of " #type)

/* LIMIT: bytes copied of one call, whatever the configuration asks for. */
#define CAPTURE_BYTES_MAX 32768
/* LIMIT: bytes of a command line copied at exec. */
#define ARGS_BYTES_MAX 1024
/* LIMIT: bytes of a path copied (exec, unix sockets). */
#define PATH_BYTES_MAX 256
#define UNIX_PATH_BYTES 108
#define COMM_BYTES 16

enum event_kind {
    EVENT_OPEN = 1,
    EVENT_DATA = 2,
    EVENT_EOF = 3,
    EVENT_CLOSE = 4,
    EVENT_FORK = 5,
    EVENT_EXEC = 6,
    EVENT_EXIT = 7,
};

enum direction {
    DIRECTION_EGRESS = 0,
    DIRECTION_INGRESS = 1,
};

enum role {
    ROLE_UNKNOWN = 0,
    ROLE_CLIENT = 1,
    ROLE_SERVER = 2,
};

enum verdict {
    VERDICT_UNDECIDED = 0,
    VERDICT_TRACE = 1,
    VERDICT_COUNT_ONLY = 2,
};

enum scope_mode {
    SCOPE_ALL = 0,
    SCOPE_TGIDS = 1,
    SCOPE_CGROUP = 2,
    SCOPE_EXE = 3,
};

/* The call that moved the bytes. */
enum source {
    SOURCE_UNKNOWN = 0,
    SOURCE_ACCEPT = 1,
    SOURCE_CONNECT = 2,
    SOURCE_READ = 3,
    SOURCE_WRITE = 4,
    SOURCE_SENDFILE = 5,
    SOURCE_SPLICE = 6,
    SOURCE_MESSAGE = 7,
    SOURCE_KERNEL = 8, /* another way into the socket, for example io_uring */
};

/* Why an event carries no bytes, or fewer than passed. */
enum {
    DATA_CUT_BY_BUDGET = 1,
    DATA_NOT_IN_MEMORY = 2, /* sendfile, splice, io_uring */
    DATA_FAULTED = 4,       /* the pages were not resident */
    DATA_DATAGRAM = 8,      /* the bytes are one datagram of their own */
};

struct event_header {
    __u32 kind;
    __u32 cpu;
    __u64 seq; /* counts every event of a CPU, sent or lost */
    __u64 time_ns; /* CLOCK_MONOTONIC, at the end of the call */
    __u32 tgid;
    __u32 tid;
};
LAYOUT(struct event_header, 32);

struct open_event {
    struct event_header header;
    __u64 conn_id;
    __u64 sock; /* identity of the socket in the kernel; key of the conns map, with peer */
    __u64 peer;
    __u64 inode;
    __u16 family;
    __u16 socket_type;
    __u8 role;
    __u8 source;
    __u16 local_port;
    __u16 remote_port;
    __u16 pad_0;
    __s32 fd;
    __u8 local_addr[16];
    __u8 remote_addr[16];
    __u8 local_path[UNIX_PATH_BYTES];
    __u8 remote_path[UNIX_PATH_BYTES];
    __u64 start_boottime_ns;
    __u32 netns; /* inode of the network namespace */
    __u32 pad_1;
};
LAYOUT(struct open_event, 344);

struct data_event {
    struct event_header header;
    __u64 conn_id;
    __u64 position; /* bytes of this direction before this call */
    __u64 bytes;    /* bytes that passed */
    __u32 captured; /* bytes that follow */
    __u8 direction;
    __u8 source;
    __u16 flags;
};
LAYOUT(struct data_event, 64);

/* One direction has ended (EVENT_EOF), or the connection has (EVENT_CLOSE). */
struct close_event {
    struct event_header header;
    __u64 conn_id;
    __u64 sent;
    __u64 received;
    __u8 direction; /* of EVENT_EOF */
    __u8 hint;      /* 1: an fd was closed, others may remain open */
    __u8 pad_0[6];
};
LAYOUT(struct close_event, 64);

struct fork_event {
    struct event_header header; /* of the parent */
    __u32 child_tgid;
    __u32 pad_0;
    __u64 child_start_boottime_ns;
    __u64 parent_start_boottime_ns;
};
LAYOUT(struct fork_event, 56);

struct exec_event {
    struct event_header header;
    __u64 start_boottime_ns;
    __u32 parent_tgid;
    __u32 args_bytes; /* bytes of args in use; NUL between arguments */
    __u8 comm[COMM_BYTES];
    __u8 filename[PATH_BYTES_MAX];
    __u8 args[ARGS_BYTES_MAX];
};
LAYOUT(struct exec_event, 1344);

struct exit_event {
    struct event_header header;
    __u64 start_boottime_ns;
    __s32 exit_code; /* as wait(2) gives it: status << 8 | signal */
    __u32 pad_0;
    __u8 comm[COMM_BYTES];
};
LAYOUT(struct exit_event, 64);

/* Set before the programs load. */
struct config {
    __u32 scope_mode;
    __u32 self_tgid;
    __u64 cgroup_id;
    __u32 cgroup_level;
    __u32 head_bytes;      /* LIMIT: bytes copied of each call */
    __u64 undecided_bytes; /* LIMIT: bytes copied of a connection before its verdict */
    __u32 wake_bytes;      /* the agent is woken when so much waits */
    __u32 cpus_per_ring;
    __u32 has_cast; /* the kernel has bpf_rdonly_cast (6.2) */
    __u32 exe_bytes; /* length of exe */
    __u32 has_socket_hooks; /* sockets tell what they move (6.5); calls are not looked at */
    __u32 pad_0;
    __u8 exe[64]; /* executable name that is in scope, for SCOPE_EXE */
};
LAYOUT(struct config, 120);

struct conn_key {
    __u64 sock;
    __u64 peer; /* address of the other end for unconnected datagram sockets, else 0 */
};

struct conn {
    __u64 id;
    __u64 inode;
    __u64 sent;
    __u64 received;
    __u64 captured;
    __u32 verdict_epoch;
    __u8 verdict;
    __u8 eof; /* bit per direction: EVENT_EOF was sent */
    __u8 pad_0[2];
    __u32 copied_seq; /* of TCP, after the last bytes that were seen to be received */
    __u8 has_copied_seq;
    __u8 pad_1[3];
};
LAYOUT(struct conn, 56);

struct fd_key {
    __u32 tgid;
    __s32 fd;
};

/* Reasons to give up or to lose something, each counted. Names are read from BTF by the agent. */
enum stat {
    STAT_EVENTS_SENT,
    STAT_EVENT_BYTES_SENT,
    STAT_CALLS_IN_SCOPE,
    STAT_CALLS_COUNT_ONLY,
    STAT_BYTES_PASSED,
    STAT_BYTES_CAPTURED,
    STAT_BYTES_CUT_BY_BUDGET,
    STAT_BYTES_NOT_IN_MEMORY,
    STAT_BYTES_PASSED_UNSEEN,
    STAT_BYTES_FAULTED,
    STAT_LOST_RING_FULL,
    STAT_LOST_RING_FULL_BYTES,
    STAT_LOST_CONNS_FULL,
    STAT_LOST_SCOPE_FULL,
    STAT_LOST_SCRATCH_BUSY,
    STAT_LOST_NO_RING,
    STAT_LOST_NO_SCRATCH,
    STAT_SKIPPED_COMPAT_CALL,
    STAT_SKIPPED_FAMILY,
    STAT_SKIPPED_SOCKET_TYPE,
    STAT_SKIPPED_PEEK,
    STAT_SKIPPED_BAD_FD,
    STAT_SKIPPED_KERNEL_SOCKET,
    STAT_IOVEC_FAULTED,
    STAT_IOVEC_CUT,
    STAT_MESSAGES_CUT,
    STAT_COUNT,
};

#endif
