/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The kernel types in use, and of them only the fields in use. Offsets are those of the running
 * kernel: CO-RE relocates every access. So one object loads on all kernels from 5.8 on.
 */
#ifndef NIXIE_KERNEL_H
#define NIXIE_KERNEL_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

enum bpf_map_type {
    BPF_MAP_TYPE_HASH = 1,
    BPF_MAP_TYPE_ARRAY = 2,
    BPF_MAP_TYPE_PERCPU_ARRAY = 6,
    BPF_MAP_TYPE_LRU_HASH = 9,
    BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
    BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
    BPF_ANY = 0,
    BPF_NOEXIST = 1,
};

enum {
    BPF_RB_NO_WAKEUP = 1,
    BPF_RB_FORCE_WAKEUP = 2,
};

/* include/uapi/asm-generic and linux/socket.h values. */
#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_SEQPACKET 5
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_ERRQUEUE 0x2000
#define MSG_FASTOPEN 0x20000000
#define EINPROGRESS 115
#define RCV_SHUTDOWN 1
#define IPPROTO_TCP 6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_NEW_SYN_RECV 12
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_LAST_ACK 9
#define SIGNAL_GROUP_EXIT 0x4
#define TS_COMPAT 0x2
#define UIO_MAXIOV 1024

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long r10;
    unsigned long r9;
    unsigned long r8;
    unsigned long dx;
    unsigned long si;
    unsigned long di;
    unsigned long orig_ax;
};

struct thread_info {
    __u32 status;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
    __u64 regs[31];
};

struct pt_regs {
    __u64 regs[31];
    __u64 orig_x0;
    __s32 syscallno;
};

struct thread_info {
    unsigned long flags;
};
#else
#error "bpf/include/kernel.h knows x86 and arm64"
#endif

typedef struct {
    int counter;
} atomic_t;

/* A struct whose only field is a pointer: array elements are read through it. */
struct llist_node {
    struct llist_node *next;
};

struct inode {
    __u16 i_mode;
    unsigned long i_ino;
};

struct qstr {
    const unsigned char *name;
};

struct dentry {
    struct qstr d_name;
};

struct path {
    struct dentry *dentry;
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    void *private_data;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};

struct files_struct {
    struct fdtable *fdt;
};

struct signal_struct {
    atomic_t live;
    unsigned int flags;
    int group_exit_code;
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
};

struct linux_binprm {
    struct file *file;
    const char *filename;
};

struct task_struct {
    struct thread_info thread_info;
    int pid;
    int tgid;
    int exit_code;
    __u64 start_boottime;
    struct task_struct *group_leader;
    struct task_struct *real_parent;
    struct mm_struct *mm;
    struct files_struct *files;
    struct signal_struct *signal;
    char comm[16];
};

/* Kernels before 5.5 called it so; kept apart by CO-RE's flavour suffix. */
struct task_struct___pre_5_5 {
    __u64 real_start_time;
};

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
};

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct sock_common {
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};

typedef struct {
    int owned;
} socket_lock_t;

struct sock {
    struct sock_common __sk_common;
    socket_lock_t sk_lock;
    struct socket *sk_socket;
    __u16 sk_type;
    __u16 sk_protocol;
    __u8 sk_shutdown;
};

struct socket {
    short type;
    struct file *file;
    struct sock *sk;
};

struct tcp_ulp_ops;

struct inet_connection_sock {
    const struct tcp_ulp_ops *icsk_ulp_ops;
};

struct tcp_sock {
    __u32 copied_seq;
    __u32 rcv_nxt;
};

struct sockaddr_un {
    unsigned short sun_family;
    char sun_path[108];
};

struct unix_address {
    int len;
    struct sockaddr_un name[0];
};

struct unix_sock {
    struct unix_address *addr;
    struct sock *peer;
};

#pragma clang attribute pop

/* The context of programs at socket addresses, include/uapi/linux/bpf.h: a fixed layout. */
struct bpf_sock_addr {
    __u32 user_family;
    __u32 user_ip4;
    __u32 user_ip6[4];
    __u32 user_port;
};

/* User-space layouts of the socket calls (uapi), the same on all 64-bit architectures. */
struct iovec {
    void *iov_base;
    __u64 iov_len;
};

struct user_msghdr {
    void *msg_name;
    int msg_namelen;
    __u32 pad_0;
    struct iovec *msg_iov;
    __u64 msg_iovlen;
    void *msg_control;
    __u64 msg_controllen;
    unsigned int msg_flags;
    __u32 pad_1;
};

struct mmsghdr {
    struct user_msghdr msg_hdr;
    unsigned int msg_len;
    __u32 pad_0;
};

struct sockaddr_any {
    __u16 family;
    __be16 port;
    union {
        __be32 v4;
        struct {
            __u32 flowinfo;
            __u8 addr[16];
        } v6;
    } u;
};

#endif
