/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* sendmsg, recvmsg, and their many-message forms, all messages of which are read. */
#ifndef NIXIE_MESSAGES_H
#define NIXIE_MESSAGES_H

static __always_inline void read_peer(struct transfer *transfer, __u64 address)
{
    transfer->peer.family = 0;
    if (address)
        bpf_probe_read_user(&transfer->peer, sizeof(transfer->peer), (void *)address);
    if (transfer->peer.family != AF_INET && transfer->peer.family != AF_INET6)
        transfer->peer.family = 0;
}

static __always_inline void use_message(struct transfer *transfer,
                                        const struct user_msghdr *message, __u64 bytes)
{
    transfer->iov = (__u64)message->msg_iov;
    transfer->iovcnt = message->msg_iovlen;
    transfer->bytes = bytes;
    read_peer(transfer, message->msg_namelen > 0 ? (__u64)message->msg_name : 0);
}

static __always_inline void move_message(struct scratch *scratch, __u64 address, __u64 bytes,
                                         bool recent)
{
    struct user_msghdr *message = &scratch->message.msg_hdr;
    /* If the header cannot be read the bytes have passed all the same: they become a gap. */
    if (bpf_probe_read_user(message, sizeof(*message), (void *)address)) {
        *message = (struct user_msghdr){};
        count(STAT_IOVEC_FAULTED, 1);
    }
    use_message(&scratch->transfer, message, bytes);
    move_bytes(recent);
}

static __always_inline int move_one_of(struct scratch *scratch, __u64 vector, __u32 index,
                                       bool recent)
{
    struct mmsghdr *message = &scratch->message;
    void *address = (void *)(vector + index * sizeof(*message));
    if (bpf_probe_read_user(message, sizeof(*message), address)) {
        count(STAT_IOVEC_FAULTED, 1);
        return 1;
    }
    use_message(&scratch->transfer, &message->msg_hdr, message->msg_len);
    move_bytes(recent);
    return 0;
}

/* Takes the message of a call with several that a socket has just told of: the next one. */
static __always_inline void use_next_message(struct transfer *transfer, __u64 vector,
                                             __u32 messages)
{
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    struct message_call *call = bpf_map_lookup_elem(&message_calls, &tid);
    __u32 index = call && call->vector == vector && call->next < messages ? call->next : 0;
    struct message_call next = { .vector = vector, .next = index + 1 };
    if (next.next < messages)
        bpf_map_update_elem(&message_calls, &tid, &next, BPF_ANY);
    else if (call)
        bpf_map_delete_elem(&message_calls, &tid);
    struct user_msghdr message = {};
    void *address = (void *)(vector + index * sizeof(struct mmsghdr));
    if (bpf_probe_read_user(&message, sizeof(message), address))
        count(STAT_IOVEC_FAULTED, 1);
    use_message(transfer, &message, transfer->bytes);
}

/* A message that failed ends its call. */
static __always_inline void end_message_call(void)
{
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    bpf_map_delete_elem(&message_calls, &tid);
}

static int move_one_of_step(__u32 index, void *context)
{
    __u64 *vector = context;
    struct scratch *scratch = own_scratch();
    return scratch ? move_one_of(scratch, *vector, index, true) : 1;
}

/* LIMIT: messages of one call read on kernels without bpf_loop. */
#define MESSAGES_MAX_WITHOUT_LOOP 64

static __always_inline void move_messages(struct scratch *scratch, __u64 vector, __u64 messages,
                                          bool recent)
{
    if (recent) {
        bpf_loop(messages < UIO_MAXIOV ? messages : UIO_MAXIOV, move_one_of_step, &vector, 0);
        return;
    }
    for (__u32 index = 0; index < MESSAGES_MAX_WITHOUT_LOOP; index++) {
        if (index >= messages || move_one_of(scratch, vector, index, false))
            return;
    }
    count(STAT_MESSAGES_CUT, messages - MESSAGES_MAX_WITHOUT_LOOP);
}

#endif
