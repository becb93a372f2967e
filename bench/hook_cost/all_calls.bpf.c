// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* One raw tracepoint at the end of every call; the arguments are still in the registers. */
#include "hooks.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(end_of_call, struct pt_regs *regs, long ret)
{
    if (regs->orig_ax == 1 && in_scope())
        bytes_asked += regs->dx;
    return 0;
}
