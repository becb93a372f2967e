/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a descriptor to the connection behind it: task->files->fdt->fd[n] to struct sock. State
 * is kept by socket, so that dup, fork and reuse of descriptors cannot mix two connections.
 */
#ifndef NIXIE_SOCKET_H
#define NIXIE_SOCKET_H

/* What lies between a descriptor and its socket. */
struct fd_path {
    struct sock *sock;
    __u64 inode;
    __u16 mode;
    __u16 family;
    __u16 type;
    bool bad_fd;
};

/* Walks there by checked loads of the verifier (bpf_rdonly_cast, 6.2): each costs a move. */
static __always_inline void walk_by_loads(int fd, struct fd_path *path)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct fdtable *fdt = task->files->fdt;
    path->bad_fd = fd < 0 || (unsigned int)fd >= fdt->max_fds;
    if (path->bad_fd)
        return;
    void *element = bpf_core_cast(fdt->fd + fd, struct llist_node)->next;
    path->bad_fd = !element;
    if (path->bad_fd)
        return;
    struct file *file = bpf_core_cast(element, struct file);
    path->mode = file->f_inode->i_mode;
    if ((path->mode & S_IFMT) != S_IFSOCK)
        return;
    struct socket *socket = bpf_core_cast(file->private_data, struct socket);
    path->inode = file->f_inode->i_ino;
    path->type = socket->type;
    path->sock = socket->sk;
    path->family = socket->sk->__sk_common.skc_family;
}

/* The same by a helper call for each step. */
static __always_inline void walk_by_calls(int fd, struct fd_path *path)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
    path->bad_fd = fd < 0 || (unsigned int)fd >= BPF_CORE_READ(fdt, max_fds);
    if (path->bad_fd)
        return;
    struct file **fds = BPF_CORE_READ(fdt, fd);
    struct file *file = NULL;
    path->bad_fd = bpf_probe_read_kernel(&file, sizeof(file), fds + fd) || !file;
    if (path->bad_fd)
        return;
    struct inode *inode = BPF_CORE_READ(file, f_inode);
    path->mode = BPF_CORE_READ(inode, i_mode);
    if ((path->mode & S_IFMT) != S_IFSOCK)
        return;
    struct socket *socket = BPF_CORE_READ(file, private_data);
    struct sock *sock = BPF_CORE_READ(socket, sk);
    path->inode = BPF_CORE_READ(inode, i_ino);
    path->type = BPF_CORE_READ(socket, type);
    path->sock = sock;
    path->family = BPF_CORE_READ(sock, __sk_common.skc_family);
}

static __always_inline bool is_wanted_socket(const struct socket_ref *ref)
{
    if (ref->family != AF_INET && ref->family != AF_INET6 && ref->family != AF_UNIX) {
        count(STAT_SKIPPED_FAMILY, 1);
        return false;
    }
    if (ref->type != SOCK_STREAM && ref->type != SOCK_DGRAM && ref->type != SOCK_SEQPACKET) {
        count(STAT_SKIPPED_SOCKET_TYPE, 1);
        return false;
    }
    return true;
}

/* Finds the socket behind a descriptor of the current task. Files and pipes are not an error. */
static __always_inline bool find_socket(int fd, struct socket_ref *ref)
{
    struct fd_path path = {};
    if (config.has_cast)
        walk_by_loads(fd, &path);
    else
        walk_by_calls(fd, &path);
    if (path.bad_fd) {
        count(STAT_SKIPPED_BAD_FD, 1);
        return false;
    }
    if ((path.mode & S_IFMT) != S_IFSOCK || !path.sock)
        return false;
    ref->sock = path.sock;
    ref->inode = path.inode;
    ref->family = path.family;
    ref->type = path.type;
    return is_wanted_socket(ref);
}

static __always_inline void read_unix_path(struct sock *sock, __u8 *path)
{
    struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sock, addr);
    if (!address)
        return;
    int bytes = BPF_CORE_READ(address, len) - (int)sizeof(unsigned short);
    if (bytes <= 0)
        return;
    if (bytes > UNIX_PATH_BYTES)
        bytes = UNIX_PATH_BYTES;
    bpf_probe_read_kernel(path, bytes, &address->name[0].sun_path);
}

static __always_inline void fill_unix(struct open_event *event, struct sock *sock)
{
    read_unix_path(sock, event->local_path);
    struct sock *peer = BPF_CORE_READ((struct unix_sock *)sock, peer);
    if (peer)
        read_unix_path(peer, event->remote_path);
}

static __always_inline void put_v4(__u8 *out, __be32 addr)
{
    __builtin_memcpy(out, &addr, sizeof(addr));
}

static __always_inline void fill_inet(struct open_event *event, struct sock *sock,
                                      const struct sockaddr_any *peer)
{
    event->local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
    event->remote_port = __builtin_bswap16(BPF_CORE_READ(sock, __sk_common.skc_dport));
    if (event->family == AF_INET) {
        put_v4(event->local_addr, BPF_CORE_READ(sock, __sk_common.skc_rcv_saddr));
        put_v4(event->remote_addr, BPF_CORE_READ(sock, __sk_common.skc_daddr));
    } else {
        BPF_CORE_READ_INTO(&event->local_addr, sock, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
        BPF_CORE_READ_INTO(&event->remote_addr, sock, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
    }
    if (!peer || !peer->family)
        return;
    event->remote_port = __builtin_bswap16(peer->port);
    if (event->family == AF_INET)
        put_v4(event->remote_addr, peer->u.v4);
    else
        __builtin_memcpy(event->remote_addr, peer->u.v6.addr, 16);
}

/* Names the other end of an unconnected datagram socket in 64 bits. */
static __always_inline __u64 peer_key(const struct sockaddr_any *peer)
{
    if (!peer || !peer->family)
        return 0;
    __u64 key = (__u64)peer->family << 48 | (__u64)peer->port << 32;
    if (peer->family == AF_INET)
        return key | peer->u.v4;
    __u64 high, low;
    __builtin_memcpy(&high, peer->u.v6.addr, 8);
    __builtin_memcpy(&low, peer->u.v6.addr + 8, 8);
    return key ^ high * 0x9e3779b97f4a7c15ULL ^ low;
}

static __always_inline __u64 leader_start_ns(struct task_struct *task)
{
    struct task_struct *leader = BPF_CORE_READ(task, group_leader);
    if (bpf_core_field_exists(leader->start_boottime))
        return BPF_CORE_READ(leader, start_boottime);
    return BPF_CORE_READ((struct task_struct___pre_5_5 *)leader, real_start_time);
}

/* Announces a connection to the agent. */
static __always_inline void send_open(struct scratch *scratch, const struct conn_key *key,
                                      __u64 conn_id, const struct socket_ref *ref, int fd,
                                      __u8 role, __u8 source, const struct sockaddr_any *peer)
{
    struct open_event *event = &scratch->open;
    __builtin_memset(event, 0, sizeof(*event));
    fill_header(&event->header, EVENT_OPEN);
    event->conn_id = conn_id;
    event->sock = key->sock;
    event->peer = key->peer;
    event->inode = ref->inode;
    event->family = ref->family;
    event->socket_type = ref->type;
    event->role = role;
    event->source = source;
    event->fd = fd;
    event->start_boottime_ns = leader_start_ns((struct task_struct *)bpf_get_current_task());
    struct sock *sock = ref->sock;
    event->netns = BPF_CORE_READ(sock, __sk_common.skc_net.net, ns.inum);
    if (ref->family == AF_UNIX)
        fill_unix(event, ref->sock);
    else
        fill_inet(event, ref->sock, peer);
    send(&event->header, sizeof(*event));
}

/* Makes the entry of a connection and announces it. `fresh` replaces what is known of an earlier
 * socket at the same address. */
static __always_inline struct conn *open_conn(struct scratch *scratch, const struct conn_key *key,
                                              const struct socket_ref *ref, int fd, __u8 role,
                                              __u8 source, const struct sockaddr_any *peer)
{
    struct cpu_state *state = cpu_state();
    if (!state)
        return NULL;
    struct conn *conn = &scratch->conn;
    *conn = (struct conn){ .inode = ref->inode };
    conn->id = (__u64)(bpf_get_smp_processor_id() + 1) << 48 | ++state->conns;
    if (bpf_map_update_elem(&conns, key, conn, BPF_ANY)) {
        state->stats[STAT_LOST_CONNS_FULL]++;
        return NULL;
    }
    send_open(scratch, key, conn->id, ref, fd, role, source, peer);
    return bpf_map_lookup_elem(&conns, key);
}

/* Returns the connection of a socket, made now if this is its first use that is seen. */
static __always_inline struct conn *find_conn(struct scratch *scratch, const struct conn_key *key,
                                              const struct socket_ref *ref, int fd, __u8 role,
                                              __u8 source, const struct sockaddr_any *peer)
{
    struct conn *conn = bpf_map_lookup_elem(&conns, key);
    if (conn && conn->inode == ref->inode)
        return conn;
    if (config.has_socket_hooks) {
        __u8 *known = bpf_map_lookup_elem(&handshakes, &key->sock);
        if (known) {
            role = *known;
            source = role == ROLE_SERVER ? SOURCE_ACCEPT : SOURCE_CONNECT;
            bpf_map_delete_elem(&handshakes, &key->sock);
        }
    }
    return open_conn(scratch, key, ref, fd, role, source, peer);
}

#endif
