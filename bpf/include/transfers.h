/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sockets that tell what they move (sock_send_length and sock_recv_length, 6.3; all ways to send
 * pass there since 6.5). The call under way and its arguments are those of the current task. No
 * call but those on sockets costs anything; docs/design/0002-sockets-tell.md.
 */
#ifndef NIXIE_TRANSFERS_H
#define NIXIE_TRANSFERS_H

/* The call that the current task is in; CALL_NONE if it is none of interest, such as io_uring's. */
static __always_inline __u8 current_call(struct pt_regs *regs)
{
    __u64 number = CALL_NUMBER(regs);
    if (number >= SYSCALLS_MAX)
        return CALL_NONE;
    if (is_compat_call()) {
        count(STAT_SKIPPED_COMPAT_CALL, 1);
        return CALL_NONE;
    }
    return call_kinds[number];
}

/* Names the socket if a process holds it. Sockets of the kernel's own have no file: a write to a
 * file of a network file system is not what passes there. */
static __always_inline bool name_socket(struct sock *sock, struct socket_ref *ref)
{
    struct socket *socket = sock->sk_socket;
    struct file *file = socket ? socket->file : NULL;
    if (!file) {
        count(STAT_SKIPPED_KERNEL_SOCKET, 1);
        return false;
    }
    ref->sock = sock;
    ref->inode = file->f_inode->i_ino;
    ref->family = sock->__sk_common.skc_family;
    ref->type = sock->sk_type;
    return is_wanted_socket(ref);
}

/* Finds where the bytes lie; without a place they have a size and no content. Returns false if the
 * call asked for nothing. */
static __always_inline bool find_bytes(struct transfer *transfer, struct pt_regs *regs, __u8 kind)
{
    __u64 second = CALL_ARG2(regs);
    __u64 third = CALL_ARG3(regs);
    struct user_msghdr message = {};
    transfer->fd = CALL_ARG1(regs);
    switch (kind) {
    case CALL_RECVFROM:
    case CALL_SENDTO:
        read_peer(transfer, CALL_ARG5(regs));
        /* fallthrough */
    case CALL_READ:
    case CALL_WRITE:
        transfer->buf = second;
        transfer->iovcnt = third;
        return third || transfer->bytes;
    case CALL_READV:
    case CALL_WRITEV:
        transfer->iov = second;
        transfer->iovcnt = third;
        return true;
    case CALL_RECVMSG:
    case CALL_SENDMSG:
        transfer->source = SOURCE_MESSAGE;
        if (bpf_probe_read_user(&message, sizeof(message), (void *)second))
            count(STAT_IOVEC_FAULTED, 1);
        use_message(transfer, &message, transfer->bytes);
        return true;
    case CALL_RECVMMSG:
        /* Whether an earlier call ran into its time-out cannot be told, and so not which message
         * this is. */
        if (third > 1 && CALL_ARG5(regs))
            return true;
        /* fallthrough */
    case CALL_SENDMMSG:
        transfer->source = SOURCE_MESSAGE;
        use_next_message(transfer, second, third);
        return true;
    case CALL_SENDFILE:
        transfer->source = SOURCE_SENDFILE;
        return true;
    case CALL_SPLICE:
        transfer->source = SOURCE_SPLICE;
        transfer->fd = third;
        return true;
    default:
        transfer->source = SOURCE_KERNEL;
        transfer->fd = -1;
        return true;
    }
}

static __always_inline void end_of_socket_transfer(struct scratch *scratch, struct sock *sock,
                                                   struct pt_regs *regs, __u8 kind, int bytes,
                                                   __u8 direction)
{
    if (!name_socket(sock, &scratch->socket))
        return;
    bool ingress = direction == DIRECTION_INGRESS;
    if (ingress != is_ingress(kind))
        kind = kind == CALL_SPLICE || kind == CALL_SENDFILE ? kind : CALL_NONE;
    struct transfer *transfer = &scratch->transfer;
    *transfer = (struct transfer){
        .bytes = bytes,
        .direction = direction,
        .source = ingress ? SOURCE_READ : SOURCE_WRITE,
        .has_socket = 1,
    };
    if (!find_bytes(transfer, regs, kind))
        return;
    if (ingress && scratch->socket.type == SOCK_DGRAM && scratch->socket.family != AF_UNIX)
        use_datagram_peer(transfer);
    move_bytes(true);
}

static __always_inline int socket_moved(struct sock *sock, int bytes, int flags, __u8 direction)
{
    if (!current_in_scope())
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
    __u8 kind = current_call(regs);
    if (bytes < 0) {
        if (kind == CALL_RECVMMSG || kind == CALL_SENDMMSG)
            end_message_call();
        return 0;
    }
    if (direction == DIRECTION_EGRESS)
        flags = call_flags(regs, kind);
    if (flags & CALL_FLAGS_SKIPPED) {
        forget_datagram_peer();
        count(STAT_SKIPPED_PEEK, 1);
        return 0;
    }
    struct scratch *scratch = take_scratch();
    if (!scratch)
        return 0;
    end_of_socket_transfer(scratch, sock, regs, kind, bytes, direction);
    give_scratch(scratch);
    return 0;
}

#endif
