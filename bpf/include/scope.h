/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whether a process is to be traced. Asked before anything else is looked at. */
#ifndef NIXIE_SCOPE_H
#define NIXIE_SCOPE_H

static __always_inline bool tgid_in_scope_map(__u32 tgid)
{
    return bpf_map_lookup_elem(&scope, &tgid) != NULL;
}

/* The agent never traces itself. */
static __always_inline bool current_in_scope(void)
{
    __u32 tgid = bpf_get_current_pid_tgid() >> 32;
    if (tgid == config.self_tgid)
        return false;
    switch (config.scope_mode) {
    case SCOPE_ALL:
        return true;
    case SCOPE_CGROUP:
        return bpf_get_current_ancestor_cgroup_id(config.cgroup_level) == config.cgroup_id;
    default:
        return tgid_in_scope_map(tgid);
    }
}

static __always_inline void add_to_scope(__u32 tgid)
{
    __u8 one = 1;
    if (bpf_map_update_elem(&scope, &tgid, &one, BPF_ANY))
        count(STAT_LOST_SCOPE_FULL, 1);
}

#endif
