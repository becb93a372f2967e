// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The usual pair: the start of the call keeps its arguments for the end. */
#include "hooks.h"

struct enter {
    __u64 pad_0;
    __u64 number;
    __u64 args[3];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 32768);
    __type(key, __u64);
    __type(value, __u64);
} calls SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_write")
int start_of_write(struct enter *context)
{
    __u64 id = bpf_get_current_pid_tgid();
    __u64 bytes = context->args[2];
    if (in_scope())
        bpf_map_update_elem(&calls, &id, &bytes, BPF_ANY);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_write")
int end_of_write(void *context)
{
    __u64 id = bpf_get_current_pid_tgid();
    __u64 *bytes = in_scope() ? bpf_map_lookup_elem(&calls, &id) : NULL;
    if (!bytes)
        return 0;
    bytes_asked += *bytes;
    bpf_map_delete_elem(&calls, &id);
    return 0;
}
