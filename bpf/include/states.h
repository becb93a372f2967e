/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Start and end of TCP connections, as their state tells. */
#ifndef NIXIE_STATES_H
#define NIXIE_STATES_H

static __always_inline void note_handshake(struct sock *sock, __u8 role)
{
    __u64 key = (__u64)sock;
    bpf_map_update_elem(&handshakes, &key, &role, BPF_NOEXIST);
}

/* Remembers which end a new connection is. A client's handshake starts in its own call; a
 * server's ends when a packet comes, before anybody has accepted it. */
static __always_inline void handshake_state(struct sock *sock, int oldstate, int newstate)
{
    if (newstate == TCP_SYN_SENT && current_in_scope())
        note_handshake(sock, ROLE_CLIENT);
    if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_RECV)
        note_handshake(sock, ROLE_SERVER);
}

/* Returns the connection of a socket that ends without ever having been used, made now, if a
 * process of the scope ends it. Whoever holds the socket's lock runs on behalf of a process that
 * uses it; packets are worked on without. */
static __always_inline struct conn *open_unused(struct sock *sock, const struct conn_key *key)
{
    if (!bpf_map_lookup_elem(&handshakes, &key->sock) || !sock->sk_lock.owned ||
        !current_in_scope())
        return NULL;
    struct scratch *scratch = take_scratch();
    if (!scratch)
        return NULL;
    struct socket_ref ref = {};
    struct conn *conn = NULL;
    if (name_socket(sock, &ref))
        conn = find_conn(scratch, key, &ref, -1, ROLE_UNKNOWN, SOURCE_UNKNOWN, NULL);
    give_scratch(scratch);
    return conn;
}

static __always_inline int tcp_state_change(struct sock *sock, int oldstate, int newstate)
{
    if (config.has_socket_hooks)
        handshake_state(sock, oldstate, newstate);
    if (newstate != TCP_CLOSE && newstate != TCP_FIN_WAIT1 && newstate != TCP_LAST_ACK)
        return 0;
    struct conn_key key = { .sock = (__u64)sock };
    struct conn *conn = bpf_map_lookup_elem(&conns, &key);
    if (!conn && config.has_socket_hooks)
        conn = open_unused(sock, &key);
    struct close_event event;
    if (newstate != TCP_CLOSE) {
        if (conn)
            send_eof(&event, conn, DIRECTION_EGRESS);
        return 0;
    }
    if (config.has_socket_hooks)
        bpf_map_delete_elem(&handshakes, &key.sock);
    if (!conn)
        return 0;
    event = (struct close_event){
        .conn_id = conn->id,
        .sent = conn->sent,
        .received = conn->received,
    };
    fill_header(&event.header, EVENT_CLOSE);
    send(&event.header, sizeof(event));
    return 0;
}

#endif
