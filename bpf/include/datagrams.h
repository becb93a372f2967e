/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who sent a datagram. A socket tells of its length before the address is in the caller's memory;
 * programs of a cgroup are told the address before that, in the same call. */
#ifndef NIXIE_DATAGRAMS_H
#define NIXIE_DATAGRAMS_H

static __always_inline bool is_wanted_thread(struct task_struct *task)
{
    /* A cgroup's own processes are all that a program attached there sees. */
    if (config.scope_mode == SCOPE_ALL || config.scope_mode == SCOPE_CGROUP)
        return true;
    return tgid_in_scope_map(BPF_CORE_READ(task, tgid));
}

static __always_inline void note_datagram_peer(const struct sockaddr_any *peer)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    if (!is_wanted_thread(task))
        return;
    __u32 tid = BPF_CORE_READ(task, pid);
    bpf_map_update_elem(&datagram_peers, &tid, peer, BPF_ANY);
}

static __always_inline int datagram_from_v4(struct bpf_sock_addr *address)
{
    struct sockaddr_any peer = { .family = AF_INET };
    peer.port = address->user_port;
    peer.u.v4 = address->user_ip4;
    note_datagram_peer(&peer);
    return 1;
}

static __always_inline int datagram_from_v6(struct bpf_sock_addr *address)
{
    struct sockaddr_any peer = { .family = AF_INET6 };
    __u32 words[4] = { address->user_ip6[0], address->user_ip6[1], address->user_ip6[2],
                       address->user_ip6[3] };
    peer.port = address->user_port;
    __builtin_memcpy(peer.u.v6.addr, words, sizeof(words));
    note_datagram_peer(&peer);
    return 1;
}

/* What was only looked at comes again, with its sender. */
static __always_inline void forget_datagram_peer(void)
{
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    bpf_map_delete_elem(&datagram_peers, &tid);
}

/* Takes over who sent the datagram that the current thread has just received. */
static __always_inline void use_datagram_peer(struct transfer *transfer)
{
    __u32 tid = (__u32)bpf_get_current_pid_tgid();
    struct sockaddr_any *peer = bpf_map_lookup_elem(&datagram_peers, &tid);
    if (!peer) {
        transfer->peer.family = 0;
        return;
    }
    transfer->peer = *peer;
    bpf_map_delete_elem(&datagram_peers, &tid);
}

#endif
