/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Sending events: scratch space, sequence numbers, rings, batched wake-ups. */
#ifndef NIXIE_SEND_H
#define NIXIE_SEND_H

/* Returns this CPU's scratch space, for code that runs while it is taken. */
static __always_inline struct scratch *own_scratch(void)
{
    __u32 cpu = bpf_get_smp_processor_id();
    return bpf_map_lookup_elem(&scratches, &cpu);
}

/* Takes this CPU's scratch space. Tracepoints run with preemption off, so that it is free in
 * practice; a kernel that changes this loses the nested event, and says so. */
static __always_inline struct scratch *take_scratch(void)
{
    struct scratch *scratch = own_scratch();
    if (!scratch) {
        count(STAT_LOST_NO_SCRATCH, 1);
        return NULL;
    }
    if (scratch->busy) {
        count(STAT_LOST_SCRATCH_BUSY, 1);
        return NULL;
    }
    scratch->busy = 1;
    return scratch;
}

static __always_inline void give_scratch(struct scratch *scratch)
{
    scratch->busy = 0;
}

static __always_inline void fill_header(struct event_header *header, __u32 kind)
{
    __u64 id = bpf_get_current_pid_tgid();
    header->kind = kind;
    header->cpu = bpf_get_smp_processor_id();
    header->time_ns = bpf_ktime_get_ns();
    header->tgid = id >> 32;
    header->tid = (__u32)id;
}

/* Sends an event whose header is filled. The sequence number moves on also when the ring is full:
 * so the agent knows how many are missing, and of which CPU. */
static __always_inline bool send(struct event_header *header, __u64 bytes)
{
    struct cpu_state *state = cpu_state();
    if (!state)
        return false;
    __u32 group = header->cpu / (config.cpus_per_ring ?: 1);
    void *ring = bpf_map_lookup_elem(&rings, &group);
    if (!ring) {
        state->stats[STAT_LOST_NO_RING]++;
        return false;
    }
    header->seq = state->seq++;
    state->cpu = header->cpu;
    /* The agent reads all rings every few milliseconds; it is woken in between when this CPU
     * alone has sent so much that they may be filling up. */
    __u64 flags = BPF_RB_NO_WAKEUP;
    state->unread_bytes += bytes;
    if (state->unread_bytes >= config.wake_bytes) {
        state->unread_bytes = 0;
        flags = BPF_RB_FORCE_WAKEUP;
    }
    if (bpf_ringbuf_output(ring, header, bytes, flags)) {
        state->stats[STAT_LOST_RING_FULL]++;
        state->stats[STAT_LOST_RING_FULL_BYTES] += bytes;
        return false;
    }
    state->stats[STAT_EVENTS_SENT]++;
    state->stats[STAT_EVENT_BYTES_SENT] += bytes;
    return true;
}

#endif
