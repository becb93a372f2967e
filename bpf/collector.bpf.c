// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The kernel side of the collector: moves bytes, and knows sockets and processes, but no
 * protocol. Sockets tell what they move where the kernel is new enough; else one raw tracepoint at
 * the end of system calls does. docs/design/0001-one-hook-for-all-calls.md and
 * docs/design/0002-sockets-tell.md have the measurements.
 */
#include "include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "include/events.h"
#include "include/syscalls.h"
#include "include/maps.h"
#include "include/send.h"
#include "include/scope.h"
#include "include/socket.h"
#include "include/capture.h"
#include "include/messages.h"
#include "include/calls.h"
#include "include/datagrams.h"
#include "include/transfers.h"
#include "include/states.h"
#include "include/process.h"

/* The kernel knows "GPL" but not "or Apache-2.0"; the terms are in the first line. */
char LICENSE[] SEC("license") = "GPL";

/* Instances, so that BTF keeps the layouts for the agent's tests and stat names. */
struct layouts {
    struct open_event open;
    struct data_event data;
    struct close_event close;
    struct fork_event fork;
    struct exec_event exec;
    struct exit_event exit;
    enum stat stat;
};
struct layouts *layouts_in_btf SEC(".data.layouts") = NULL;

/* Bytes that sockets have moved. Hook: since 6.3; sendfile and splice pass there since 6.5. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(tp__sock_send_length, struct sock *sock, int ret, int flags)
{
    return socket_moved(sock, ret, flags, DIRECTION_EGRESS);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(tp__sock_recv_length, struct sock *sock, int ret, int flags)
{
    return socket_moved(sock, ret, flags, DIRECTION_INGRESS);
}

/* Who sent a datagram: told here, before the address is in the caller's memory. */
SEC("cgroup/recvmsg4")
int cgroup__recvmsg4(struct bpf_sock_addr *address)
{
    return datagram_from_v4(address);
}

SEC("cgroup/recvmsg6")
int cgroup__recvmsg6(struct bpf_sock_addr *address)
{
    return datagram_from_v6(address);
}

/* End of every system call, for kernels before 6.5. Hook: raw tracepoint sys_exit, since 4.17; BTF
 * form since 5.5. The first with what kernels have since 5.17, the second without. */
SEC("tp_btf/sys_exit")
int BPF_PROG(tp__sys_exit, struct pt_regs *regs, long ret)
{
    return end_of_call(regs, ret, true);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tp__sys_exit_old, struct pt_regs *regs, long ret)
{
    return end_of_call(regs, ret, false);
}

/* TCP state changes, also in interrupt context: the current task means nothing here. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp__inet_sock_set_state, struct sock *sock, int oldstate, int newstate)
{
    return tcp_state_change(sock, oldstate, newstate);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(tp__sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
    return process_fork(parent, child);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(tp__sched_process_exec, struct task_struct *task, int old_pid,
             struct linux_binprm *binprm)
{
    return process_exec(task, binprm);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(tp__sched_process_exit, struct task_struct *task)
{
    return process_exit(task);
}
