/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Process start and end: keeps the scope up to date, and tells the agent. */
#ifndef NIXIE_PROCESS_H
#define NIXIE_PROCESS_H

static __always_inline int process_fork(struct task_struct *parent, struct task_struct *child)
{
    __u32 child_tgid = BPF_CORE_READ(child, tgid);
    if ((__u32)BPF_CORE_READ(child, pid) != child_tgid || !current_in_scope())
        return 0; /* a thread, or not ours */
    if (config.scope_mode == SCOPE_TGIDS || config.scope_mode == SCOPE_EXE)
        add_to_scope(child_tgid);
    struct fork_event event = {
        .child_tgid = child_tgid,
        .child_start_boottime_ns = leader_start_ns(child),
        .parent_start_boottime_ns = leader_start_ns(parent),
    };
    fill_header(&event.header, EVENT_FORK);
    send(&event.header, sizeof(event));
    return 0;
}

/* Compares the file name of a program with the one that is in scope. The name is that of the
 * file itself, as in /proc/PID/exe, whatever link it was called by; and to find it in a path
 * takes more steps than the verifier looks at. */
static __always_inline bool is_wanted_exe(struct linux_binprm *binprm)
{
    __u8 name[sizeof(config.exe)] = {};
    bpf_probe_read_kernel_str(name, sizeof(name),
                              BPF_CORE_READ(binprm, file, f_path.dentry, d_name.name));
    for (__u32 i = 0; i < sizeof(name); i++) {
        if (i >= config.exe_bytes)
            return name[i] == 0;
        if (name[i] != config.exe[i])
            return false;
    }
    return false;
}

static __always_inline void read_args(struct exec_event *event, struct task_struct *task)
{
    struct mm_struct *mm = BPF_CORE_READ(task, mm);
    __u64 start = BPF_CORE_READ(mm, arg_start);
    __u64 bytes = BPF_CORE_READ(mm, arg_end) - start;
    if (bytes > ARGS_BYTES_MAX)
        bytes = ARGS_BYTES_MAX;
    event->args_bytes = 0;
    if (bytes && !bpf_probe_read_user(event->args, bytes, (void *)start))
        event->args_bytes = bytes;
}

static __always_inline void fill_exec(struct exec_event *event, struct task_struct *task)
{
    fill_header(&event->header, EVENT_EXEC);
    event->start_boottime_ns = leader_start_ns(task);
    event->parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
    BPF_CORE_READ_STR_INTO(&event->comm, task, comm);
    read_args(event, task);
}

static __always_inline int process_exec(struct task_struct *task, struct linux_binprm *binprm)
{
    if (config.scope_mode != SCOPE_EXE && !current_in_scope())
        return 0;
    struct scratch *scratch = take_scratch();
    if (!scratch)
        return 0;
    struct exec_event *event = &scratch->exec;
    __builtin_memset(event->filename, 0, sizeof(event->filename));
    bpf_probe_read_kernel_str(event->filename, sizeof(event->filename),
                              BPF_CORE_READ(binprm, filename));
    __u32 tgid = bpf_get_current_pid_tgid() >> 32;
    bool wanted = true;
    if (config.scope_mode == SCOPE_EXE) {
        wanted = is_wanted_exe(binprm);
        if (wanted)
            add_to_scope(tgid);
        else
            bpf_map_delete_elem(&scope, &tgid);
    }
    if (wanted) {
        fill_exec(event, task);
        send(&event->header, sizeof(*event));
    }
    give_scratch(scratch);
    return 0;
}

static __always_inline int process_exit(struct task_struct *task)
{
    struct signal_struct *signal = BPF_CORE_READ(task, signal);
    if (BPF_CORE_READ(signal, live.counter) != 0 || !current_in_scope())
        return 0; /* other threads live on, or not ours */
    struct exit_event event = { .start_boottime_ns = leader_start_ns(task) };
    fill_header(&event.header, EVENT_EXIT);
    if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
        event.exit_code = BPF_CORE_READ(signal, group_exit_code);
    else
        event.exit_code = BPF_CORE_READ(task, group_leader, exit_code);
    BPF_CORE_READ_STR_INTO(&event.comm, task, group_leader, comm);
    send(&event.header, sizeof(event));
    bpf_map_delete_elem(&scope, &event.header.tgid);
    return 0;
}

#endif
