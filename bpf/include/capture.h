/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Copies the head of what a call moved and sends it with its true length.
 *
 * Kernels from 5.17 on have bpf_loop, and from 5.12 on atomic operations that return a value. Older
 * ones refuse a program in which such an instruction merely stands, reached or not. So what uses
 * them is made twice, and `recent` is a constant in each: two functions move_bytes_*, and two
 * programs at the end of system calls.
 */
#ifndef NIXIE_CAPTURE_H
#define NIXIE_CAPTURE_H

/* Shows a bound to the verifier that the compiler knows already and would leave out. Verifiers such
 * as that of Linux 6.1 do not know it: they follow comparisons of two registers into branches that
 * cannot be taken. */
#define BOUND(value, max)                                                                          \
    do {                                                                                           \
        barrier_var(value);                                                                        \
        if ((value) > (max))                                                                       \
            (value) = (max);                                                                       \
    } while (0)

/* Takes over the agent's verdict if any was given since the last look. */
static __always_inline void refresh_verdict(struct conn *conn)
{
    __u32 epoch = verdict_epoch;
    if (conn->verdict_epoch == epoch)
        return;
    __u64 id = conn->id;
    __u32 *verdict = bpf_map_lookup_elem(&verdicts, &id);
    if (verdict)
        conn->verdict = *verdict;
    conn->verdict_epoch = epoch;
}

static __always_inline __u32 capture_budget(const struct conn *conn, __u64 bytes)
{
    __u64 budget = config.head_bytes;
    if (budget > CAPTURE_BYTES_MAX)
        budget = CAPTURE_BYTES_MAX;
    if (conn->verdict == VERDICT_UNDECIDED && conn->captured >= config.undecided_bytes)
        budget = 0;
    return bytes < budget ? bytes : budget;
}

/* Copies one vector; returns 1 to stop the walk. */
static __always_inline int copy_vector(struct scratch *scratch, const struct iovec *iov)
{
    struct iov_walk *walk = &scratch->walk;
    __u64 bytes = iov->iov_len < walk->left ? iov->iov_len : walk->left;
    __u32 at = walk->copied;
    __u32 room = walk->budget - at;
    __u32 take = bytes < room ? bytes : room;
    if (take > CAPTURE_BYTES_MAX || at >= CAPTURE_BYTES_MAX)
        return 1;
    at &= CAPTURE_BYTES_MAX - 1;
    if (take && bpf_probe_read_user(&scratch->bytes[at], take, iov->iov_base)) {
        walk->faulted = 1;
        return 1;
    }
    walk->copied = at + take;
    walk->left -= bytes;
    return walk->left == 0 || walk->copied >= walk->budget;
}

static __always_inline int iov_faulted(struct scratch *scratch)
{
    count(STAT_IOVEC_FAULTED, 1);
    scratch->walk.faulted = 1;
    return 1;
}

/* Copies the vectors that were not read at once. */
static __always_inline int copy_iov(struct scratch *scratch, __u32 index)
{
    struct iovec iov;
    __u64 address = scratch->transfer.iov + (IOVECS_AT_ONCE + index) * sizeof(iov);
    if (bpf_probe_read_user(&iov, sizeof(iov), (void *)address))
        return iov_faulted(scratch);
    return copy_vector(scratch, &iov);
}

static int copy_iov_step(__u32 index, void *context)
{
    (void)context;
    struct scratch *scratch = own_scratch();
    return scratch ? copy_iov(scratch, index) : 1;
}

static __always_inline int copy_first_iovs(struct scratch *scratch)
{
    struct iov_walk *walk = &scratch->walk;
    __u64 iovcnt = scratch->transfer.iovcnt;
    __u32 vectors = iovcnt < IOVECS_AT_ONCE ? iovcnt : IOVECS_AT_ONCE;
    __u32 bytes = vectors * sizeof(struct iovec);
    if (bpf_probe_read_user(walk->first, bytes, (void *)scratch->transfer.iov))
        return iov_faulted(scratch);
    for (__u32 index = 0; index < IOVECS_AT_ONCE; index++) {
        if (index >= vectors || copy_vector(scratch, &walk->first[index]))
            return 1;
    }
    return 0;
}

/* LIMIT: vectors walked on kernels without bpf_loop. */
#define IOVECS_MAX_WITHOUT_LOOP 128

static __always_inline void walk_iovs(struct scratch *scratch, bool recent)
{
    __u64 iovcnt = scratch->transfer.iovcnt;
    if (copy_first_iovs(scratch) || iovcnt <= IOVECS_AT_ONCE)
        return;
    iovcnt -= IOVECS_AT_ONCE;
    if (recent) {
        bpf_loop(iovcnt < UIO_MAXIOV ? iovcnt : UIO_MAXIOV, copy_iov_step, NULL, 0);
        return;
    }
    for (__u32 index = 0; index < IOVECS_MAX_WITHOUT_LOOP; index++) {
        if (index >= iovcnt || copy_iov(scratch, index))
            return;
    }
    count(STAT_IOVEC_CUT, 1);
}

/* Copies up to `budget` bytes into the scratch space; returns how many. */
static __always_inline __u32 copy_bytes(struct scratch *scratch, __u32 budget, __u16 *flags,
                                        bool recent)
{
    struct transfer *transfer = &scratch->transfer;
    if (!budget)
        return 0;
    if (transfer->buf) {
        /* A datagram can be longer than the buffer that took its head (MSG_TRUNC). */
        if (budget > transfer->iovcnt)
            budget = transfer->iovcnt;
        BOUND(budget, CAPTURE_BYTES_MAX);
        if (!bpf_probe_read_user(scratch->bytes, budget, (void *)transfer->buf))
            return budget;
        *flags |= DATA_FAULTED;
        return 0;
    }
    if (!transfer->iov) {
        *flags |= DATA_NOT_IN_MEMORY;
        return 0;
    }
    struct iov_walk *walk = &scratch->walk;
    walk->left = transfer->bytes;
    walk->copied = 0;
    walk->budget = budget;
    walk->faulted = 0;
    walk_iovs(scratch, recent);
    if (walk->faulted)
        *flags |= DATA_FAULTED;
    return walk->copied;
}

static __always_inline void count_uncaptured(__u64 missing, __u16 flags)
{
    if (!missing)
        return;
    if (flags & DATA_NOT_IN_MEMORY)
        count(STAT_BYTES_NOT_IN_MEMORY, missing);
    else if (flags & DATA_FAULTED)
        count(STAT_BYTES_FAULTED, missing);
    else
        count(STAT_BYTES_CUT_BY_BUDGET, missing);
}

static __always_inline void send_data(struct scratch *scratch, struct conn *conn,
                                      __u64 position, bool datagram, bool recent)
{
    struct transfer *transfer = &scratch->transfer;
    struct data_event *event = &scratch->data;
    __u16 flags = datagram ? DATA_DATAGRAM : 0;
    __u32 budget = capture_budget(conn, transfer->bytes);
    if (budget < transfer->bytes)
        flags |= DATA_CUT_BY_BUDGET;
    __u32 captured = copy_bytes(scratch, budget, &flags, recent);
    BOUND(captured, CAPTURE_BYTES_MAX);
    fill_header(&event->header, EVENT_DATA);
    event->conn_id = conn->id;
    event->position = position;
    event->bytes = transfer->bytes;
    event->captured = captured;
    event->direction = transfer->direction;
    event->source = transfer->source;
    event->flags = flags;
    conn->captured += captured;
    count(STAT_BYTES_CAPTURED, captured);
    count_uncaptured(transfer->bytes - captured, flags);
    send(&event->header, sizeof(*event) + captured);
}

/* Tells of bytes that went past all hooks, so that what follows is at its place. */
static __always_inline void send_gap(struct scratch *scratch, struct conn *conn, __u64 position,
                                     __u64 bytes, __u8 direction)
{
    struct data_event *event = &scratch->data;
    fill_header(&event->header, EVENT_DATA);
    event->conn_id = conn->id;
    event->position = position;
    event->bytes = bytes;
    event->captured = 0;
    event->direction = direction;
    event->source = SOURCE_KERNEL;
    event->flags = DATA_NOT_IN_MEMORY;
    send(&event->header, sizeof(*event));
}

/* Tells of the end of a direction, once, by an event whose place the caller has. */
static __always_inline void send_eof(struct close_event *event, struct conn *conn, __u8 direction)
{
    __u8 bit = 1 << direction;
    if (conn->eof & bit)
        return;
    conn->eof |= bit;
    *event = (struct close_event){
        .conn_id = conn->id,
        .sent = conn->sent,
        .received = conn->received,
        .direction = direction,
    };
    fill_header(&event->header, EVENT_EOF);
    send(&event->header, sizeof(*event));
}

static __always_inline struct conn *conn_of_transfer(struct scratch *scratch,
                                                     struct socket_ref *ref)
{
    struct transfer *transfer = &scratch->transfer;
    if (transfer->has_socket)
        *ref = scratch->socket;
    else if (!find_socket(transfer->fd, ref))
        return NULL;
    struct conn_key key = { .sock = (__u64)ref->sock };
    bool unconnected = ref->type == SOCK_DGRAM && ref->family != AF_UNIX;
    if (unconnected) {
        key.peer = peer_key(&transfer->peer);
        /* Whoever speaks first asks. */
        if (transfer->role == ROLE_UNKNOWN)
            transfer->role = transfer->direction == DIRECTION_INGRESS ? ROLE_SERVER : ROLE_CLIENT;
    }
    struct conn *conn = find_conn(scratch, &key, ref, transfer->fd, transfer->role,
                                  transfer->source, unconnected ? &transfer->peer : NULL);
    if (ref->family == AF_UNIX && !config.has_socket_hooks) {
        struct fd_key fd_key = { .tgid = bpf_get_current_pid_tgid() >> 32, .fd = transfer->fd };
        if (!bpf_map_lookup_elem(&unix_fds, &fd_key))
            bpf_map_update_elem(&unix_fds, &fd_key, &key, BPF_ANY);
    }
    return conn;
}

/* TCP counts what was taken out of a socket. What no hook told of, such as a splice into a pipe, was
 * taken as well. With an upper protocol in the kernel (TLS) the count is of something else. Two
 * threads that read one connection at once can be told in either order; then nothing is unseen. */
static __always_inline void note_unseen(struct scratch *scratch, struct conn *conn,
                                        const struct socket_ref *ref, __u64 bytes)
{
    if (!config.has_socket_hooks || ref->type != SOCK_STREAM || ref->family == AF_UNIX)
        return;
    if (bpf_core_cast(ref->sock, struct sock)->sk_protocol != IPPROTO_TCP ||
        bpf_core_cast(ref->sock, struct inet_connection_sock)->icsk_ulp_ops)
        return;
    struct tcp_sock *tcp = bpf_core_cast(ref->sock, struct tcp_sock);
    __u32 copied_seq = tcp->copied_seq;
    __s32 unseen = copied_seq - conn->copied_seq - (__u32)bytes;
    /* The end of the peer's direction counts as one as well. */
    if (bpf_core_cast(ref->sock, struct sock)->sk_shutdown & RCV_SHUTDOWN &&
        copied_seq == tcp->rcv_nxt)
        unseen--;
    bool is_known = conn->has_copied_seq;
    conn->copied_seq = copied_seq;
    conn->has_copied_seq = 1;
    if (!is_known || unseen <= 0)
        return;
    count(STAT_BYTES_PASSED_UNSEEN, unseen);
    __u64 position = __sync_fetch_and_add(&conn->received, unseen);
    if (conn->verdict != VERDICT_COUNT_ONLY)
        send_gap(scratch, conn, position, unseen, DIRECTION_INGRESS);
}

/* Adds to a total and returns what it was. On old kernels two threads that move bytes of one
 * connection, in one direction and at the same instant, can be given the same place. */
static __always_inline __u64 advance(__u64 *total, __u64 bytes, bool recent)
{
    if (recent)
        return __sync_fetch_and_add(total, bytes);
    __u64 position = *(volatile __u64 *)total;
    __sync_fetch_and_add(total, bytes);
    return position;
}

static __always_inline int account(bool recent)
{
    struct scratch *scratch = own_scratch();
    if (!scratch)
        return 0;
    struct transfer *transfer = &scratch->transfer;
    struct socket_ref ref = {};
    struct conn *conn = conn_of_transfer(scratch, &ref);
    if (!conn)
        return 0;
    __u64 bytes = transfer->bytes;
    if (!bytes) {
        if (transfer->direction == DIRECTION_INGRESS && ref.type != SOCK_DGRAM)
            send_eof(&scratch->close, conn, DIRECTION_INGRESS);
        return 0;
    }
    if (recent && transfer->direction == DIRECTION_INGRESS)
        note_unseen(scratch, conn, &ref, bytes);
    __u64 *total = transfer->direction == DIRECTION_EGRESS ? &conn->sent : &conn->received;
    __u64 position = advance(total, bytes, recent);
    count(STAT_CALLS_IN_SCOPE, 1);
    count(STAT_BYTES_PASSED, bytes);
    refresh_verdict(conn);
    if (conn->verdict == VERDICT_COUNT_ONLY) {
        count(STAT_CALLS_COUNT_ONLY, 1);
        return 0;
    }
    send_data(scratch, conn, position, ref.type != SOCK_STREAM, recent);
    return 0;
}

/* Global functions: the verifier looks at them once and not at each call. */
__noinline int move_bytes_recent(void)
{
    return account(true);
}

__noinline int move_bytes_old(void)
{
    return account(false);
}

/* Accounts for the transfer in this CPU's scratch space and sends what is wanted of it. */
static __always_inline void move_bytes(bool recent)
{
    if (recent)
        move_bytes_recent();
    else
        move_bytes_old();
}

#endif
