// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A tracepoint at the end of one call only; the arguments are read from the task. */
#include "hooks.h"

SEC("tracepoint/syscalls/sys_exit_write")
int end_of_write(void *context)
{
    if (!in_scope())
        return 0;
    struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
    bytes_asked += BPF_CORE_READ(regs, dx);
    return 0;
}
