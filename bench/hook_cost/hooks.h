/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the hooks of this measurement share: a scope to look up, and something to do. */
#include "../../bpf/include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u8);
} scope SEC(".maps");

__u64 bytes_asked;

static __always_inline int in_scope(void)
{
    __u32 tgid = bpf_get_current_pid_tgid() >> 32;
    return bpf_map_lookup_elem(&scope, &tgid) != NULL;
}

char LICENSE[] SEC("license") = "GPL";
