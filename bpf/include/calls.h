/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What each system call means for the connections. */
#ifndef NIXIE_CALLS_H
#define NIXIE_CALLS_H

#define CALL_FLAGS_SKIPPED (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)

/* 32-bit programs on a 64-bit kernel use other numbers and layouts. */
static __always_inline bool is_compat_call(void)
{
#if defined(__TARGET_ARCH_x86)
    if (config.has_cast)
        return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
#else
    return false;
#endif
}

static __always_inline void end_of_accept(struct scratch *scratch, long ret)
{
    struct socket_ref ref = {};
    if (ret < 0 || !find_socket(ret, &ref))
        return;
    struct conn_key key = { .sock = (__u64)ref.sock };
    open_conn(scratch, &key, &ref, ret, ROLE_SERVER, SOURCE_ACCEPT, NULL);
}

static __always_inline void end_of_connect(struct scratch *scratch, int fd, long ret)
{
    struct socket_ref ref = {};
    if ((ret < 0 && ret != -EINPROGRESS) || !find_socket(fd, &ref))
        return;
    struct conn_key key = { .sock = (__u64)ref.sock };
    /* A second connect of the same socket (non-blocking, or a new datagram peer) is not new. */
    struct conn *conn = bpf_map_lookup_elem(&conns, &key);
    if (conn && conn->inode == ref.inode && ref.type == SOCK_STREAM)
        return;
    open_conn(scratch, &key, &ref, fd, ROLE_CLIENT, SOURCE_CONNECT, NULL);
}

/* The socket is gone from the table by now; for unix sockets the agent is told that a descriptor
 * was closed. TCP tells its end by its state. */
static __always_inline void end_of_close(int fd, long ret)
{
    struct fd_key fd_key = { .tgid = bpf_get_current_pid_tgid() >> 32, .fd = fd };
    struct conn_key *key = bpf_map_lookup_elem(&unix_fds, &fd_key);
    if (!key || ret)
        return;
    struct conn *conn = bpf_map_lookup_elem(&conns, key);
    if (conn) {
        struct close_event event = {
            .conn_id = conn->id,
            .sent = conn->sent,
            .received = conn->received,
            .hint = 1,
        };
        fill_header(&event.header, EVENT_CLOSE);
        send(&event.header, sizeof(event));
    }
    bpf_map_delete_elem(&unix_fds, &fd_key);
}

/* One end of a splice is a pipe; the other may be a socket. */
static __always_inline void end_of_splice(struct scratch *scratch, int fd_in, int fd_out,
                                          bool recent)
{
    struct transfer *transfer = &scratch->transfer;
    transfer->source = SOURCE_SPLICE;
    transfer->fd = fd_out;
    transfer->direction = DIRECTION_EGRESS;
    move_bytes(recent);
    transfer->fd = fd_in;
    transfer->direction = DIRECTION_INGRESS;
    move_bytes(recent);
}

static __always_inline bool is_ingress(__u8 kind)
{
    return kind == CALL_READ || kind == CALL_RECVFROM || kind == CALL_READV ||
           kind == CALL_RECVMSG || kind == CALL_RECVMMSG;
}

/* The flags argument of a receive or send call, 0 for calls without one. */
static __always_inline __u64 call_flags(struct pt_regs *regs, __u8 kind)
{
    switch (kind) {
    case CALL_RECVMSG:
    case CALL_SENDMSG:
        return CALL_ARG3(regs);
    case CALL_RECVFROM:
    case CALL_SENDTO:
    case CALL_RECVMMSG:
    case CALL_SENDMMSG:
        return CALL_ARG4(regs);
    default:
        return 0;
    }
}

static __always_inline void end_of_transfer(struct scratch *scratch, struct pt_regs *regs,
                                            __u8 kind, long ret, bool recent)
{
    __u64 flags = call_flags(regs, kind);
    if (flags & CALL_FLAGS_SKIPPED) {
        count(STAT_SKIPPED_PEEK, 1);
        return;
    }
    bool ingress = is_ingress(kind);
    struct transfer *transfer = &scratch->transfer;
    *transfer = (struct transfer){
        .fd = CALL_ARG1(regs),
        .bytes = ret,
        .direction = ingress ? DIRECTION_INGRESS : DIRECTION_EGRESS,
        .source = ingress ? SOURCE_READ : SOURCE_WRITE,
        .role = flags & MSG_FASTOPEN && !ingress ? ROLE_CLIENT : ROLE_UNKNOWN,
    };
    __u64 second = CALL_ARG2(regs);
    __u64 third = CALL_ARG3(regs);
    switch (kind) {
    case CALL_RECVFROM:
    case CALL_SENDTO:
        read_peer(transfer, CALL_ARG5(regs));
        /* fallthrough */
    case CALL_READ:
    case CALL_WRITE:
        /* A call that asked for nothing is no end of the stream. */
        if (!third)
            return;
        transfer->buf = second;
        transfer->iovcnt = third;
        break;
    case CALL_READV:
    case CALL_WRITEV:
        transfer->iov = second;
        transfer->iovcnt = third;
        break;
    case CALL_RECVMSG:
    case CALL_SENDMSG:
        transfer->source = SOURCE_MESSAGE;
        move_message(scratch, second, ret, recent);
        return;
    case CALL_RECVMMSG:
    case CALL_SENDMMSG:
        transfer->source = SOURCE_MESSAGE;
        move_messages(scratch, second, ret, recent);
        return;
    case CALL_SENDFILE:
        transfer->source = SOURCE_SENDFILE;
        break;
    case CALL_SPLICE:
        end_of_splice(scratch, CALL_ARG1(regs), third, recent);
        return;
    }
    move_bytes(recent);
}

static __always_inline int end_of_call(struct pt_regs *regs, long ret, bool recent)
{
    __u64 number = CALL_NUMBER(regs);
    if (number >= SYSCALLS_MAX)
        return 0;
    __u8 kind = call_kinds[number];
    if (kind == CALL_NONE || (ret < 0 && kind != CALL_CONNECT) || !current_in_scope())
        return 0;
    if (is_compat_call()) {
        count(STAT_SKIPPED_COMPAT_CALL, 1);
        return 0;
    }
    if (kind == CALL_CLOSE) {
        end_of_close(CALL_ARG1(regs), ret);
        return 0;
    }
    struct scratch *scratch = take_scratch();
    if (!scratch)
        return 0;
    if (kind == CALL_ACCEPT)
        end_of_accept(scratch, ret);
    else if (kind == CALL_CONNECT)
        end_of_connect(scratch, CALL_ARG1(regs), ret);
    else
        end_of_transfer(scratch, regs, kind, ret, recent);
    give_scratch(scratch);
    return 0;
}

#endif
