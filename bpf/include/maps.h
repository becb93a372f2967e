/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* All maps, each with its owner, the lifetime of its keys, and what happens when it is full. */
#ifndef NIXIE_MAPS_H
#define NIXIE_MAPS_H

/* LIMIT: connections known at once. */
#define CONNS_MAX 32768
/* LIMIT: thread groups in scope at once. */
#define SCOPE_MAX 32768
/* LIMIT: CPU groups, each with a ring of its own. */
#define RINGS_MAX 64
/* LIMIT: TCP connections known at once that are new and have not been used yet. */
#define HANDSHAKES_MAX 16384
/* LIMIT: threads at once within a call that moves several messages. */
#define MESSAGE_CALLS_MAX 1024
/* LIMIT: threads at once that are about to hear of a datagram's length. */
#define DATAGRAM_PEERS_MAX 1024
/* LIMIT: descriptors of unix sockets known at once. */
#define UNIX_FDS_MAX 8192

const volatile struct config config = {};

/* Raised by the agent after each change of the verdicts map, so that programs look there only
 * when something may have changed for them. */
__u32 verdict_epoch = 0;

/* Connections by socket. Written by programs; deleted by the agent once it has closed one.
 * Full: new connections are not traced, STAT_LOST_CONNS_FULL. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CONNS_MAX);
    __type(key, struct conn_key);
    __type(value, struct conn);
} conns SEC(".maps");

/* What the agent has decided about a connection, by conn_id. Written and deleted by the agent.
 * Full: the connection stays as it was. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CONNS_MAX);
    __type(key, __u64);
    __type(value, __u32);
} verdicts SEC(".maps");

/* Thread groups in scope. Seeded by the agent; fork adds, exit deletes.
 * Full: the process is not traced, STAT_LOST_SCOPE_FULL. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SCOPE_MAX);
    __type(key, __u32);
    __type(value, __u8);
} scope SEC(".maps");

/* Descriptors that refer to unix sockets, whose end no tracepoint tells. Full: the oldest goes,
 * and the close of that descriptor is seen only as the end of its process. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, UNIX_FDS_MAX);
    __type(key, struct fd_key);
    __type(value, struct conn_key);
} unix_fds SEC(".maps");

/* Which end of a new TCP connection a socket is, by socket. Written when the handshake starts or
 * ends, deleted at the first use or at the end. Full: the oldest goes, and counts as a connection
 * that is older than the agent. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, HANDSHAKES_MAX);
    __type(key, __u64);
    __type(value, __u8);
} handshakes SEC(".maps");

/* How far a call with several messages has come. */
struct message_call {
    __u64 vector;
    __u32 next;
    __u32 pad_0;
};

/* Calls with several messages under way, by thread. Written at each message, deleted at the last.
 * Full: the oldest goes, and the rest of its messages are those of its start. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, MESSAGE_CALLS_MAX);
    __type(key, __u32);
    __type(value, struct message_call);
} message_calls SEC(".maps");

/* Who sent the datagram that a thread is receiving, by thread. Written before the socket tells its
 * length, deleted then. Full: the oldest goes, and that datagram has no sender. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, DATAGRAM_PEERS_MAX);
    __type(key, __u32);
    __type(value, struct sockaddr_any);
} datagram_peers SEC(".maps");

/* Events to the agent, one ring for each group of CPUs; made by the agent.
 * Full: the event is lost, STAT_LOST_RING_FULL. */
struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, RINGS_MAX);
    __type(key, __u32);
    __array(values, struct ring);
} rings SEC(".maps");

/* What a call moved, and where it lies. */
struct transfer {
    __u64 buf; /* one buffer, or 0 */
    __u64 iov; /* array of struct iovec, if buf is 0 */
    __u64 iovcnt; /* vectors, or bytes of buf */
    __u64 bytes; /* that passed */
    __s32 fd;
    __u8 direction;
    __u8 source;
    __u8 role; /* told by the call, for a connection not seen before */
    __u8 has_socket; /* scratch.socket is filled: the socket itself told of the transfer */
    struct sockaddr_any peer; /* family 0: none given */
};

/* A socket of the current task. */
struct socket_ref {
    struct sock *sock;
    __u64 inode;
    __u16 family;
    __u16 type;
    __u32 pad_0;
};

/* LIMIT: vectors read by one access to the caller's memory; most calls have no more. */
#define IOVECS_AT_ONCE 4

/* A walk over the vectors of a call. */
struct iov_walk {
    struct iovec first[IOVECS_AT_ONCE];
    __u64 left; /* bytes of the call not yet walked */
    __u32 copied;
    __u32 budget;
    __u32 faulted;
    __u32 pad_0;
};

/* Where a program works; an entry a CPU, sized by the agent. State lives here and not on the
 * stack, so that the verifier takes one step of a loop for all of them, and because on Linux 6.1 a
 * program, its functions and the steps of its loops have 512 bytes of stack together. Bytes are
 * twice the largest capture, so that a masked offset plus a bounded length stays inside. */
struct scratch {
    __u64 busy; /* a program of this CPU is at work here */
    struct transfer transfer;
    struct socket_ref socket;
    struct iov_walk walk;
    struct mmsghdr message;
    struct conn conn; /* before it is in its map */
    struct close_event close;
    struct data_event data;
    __u8 bytes[2 * CAPTURE_BYTES_MAX];
    struct open_event open;
    struct exec_event exec;
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches SEC(".maps");

struct cpu_state {
    __u64 seq;
    __u64 conns;
    __u64 unread_bytes; /* sent since the agent was last woken */
    __u64 cpu; /* its number, once it has sent; the order of the values need not be that of the CPUs */
    __u64 stats[STAT_COUNT];
};
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct cpu_state);
} cpu_states SEC(".maps");

static __always_inline struct cpu_state *cpu_state(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&cpu_states, &zero);
}

static __always_inline void count(enum stat stat, __u64 n)
{
    struct cpu_state *state = cpu_state();
    if (state)
        state->stats[stat] += n;
}

#endif
