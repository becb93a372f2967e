/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Which calls move bytes through sockets, and where their arguments are. Numbers are those of
 * arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
 */
#ifndef NIXIE_SYSCALLS_H
#define NIXIE_SYSCALLS_H

enum call_kind {
    CALL_NONE = 0,
    CALL_READ,     /* fd, buf, len */
    CALL_WRITE,    /* fd, buf, len */
    CALL_RECVFROM, /* fd, buf, len, flags, addr */
    CALL_SENDTO,   /* fd, buf, len, flags, addr */
    CALL_READV,    /* fd, iov, iovcnt */
    CALL_WRITEV,   /* fd, iov, iovcnt */
    CALL_RECVMSG,  /* fd, msghdr, flags */
    CALL_SENDMSG,  /* fd, msghdr, flags */
    CALL_RECVMMSG, /* fd, mmsghdr, vlen, flags */
    CALL_SENDMMSG, /* fd, mmsghdr, vlen, flags */
    CALL_SENDFILE, /* out_fd, in_fd */
    CALL_SPLICE,   /* fd_in, off_in, fd_out */
    CALL_ACCEPT,   /* returns fd */
    CALL_CONNECT,  /* fd */
    CALL_CLOSE,    /* fd */
};

#if defined(__TARGET_ARCH_x86)
#define SYSCALLS_MAX 336
static const volatile __u8 call_kinds[SYSCALLS_MAX] = {
    [0] = CALL_READ,       [1] = CALL_WRITE,      [3] = CALL_CLOSE,    [19] = CALL_READV,
    [20] = CALL_WRITEV,    [40] = CALL_SENDFILE,  [42] = CALL_CONNECT, [43] = CALL_ACCEPT,
    [44] = CALL_SENDTO,    [45] = CALL_RECVFROM,  [46] = CALL_SENDMSG, [47] = CALL_RECVMSG,
    [275] = CALL_SPLICE,   [288] = CALL_ACCEPT,   [299] = CALL_RECVMMSG,
    [307] = CALL_SENDMMSG, [327] = CALL_READV,    [328] = CALL_WRITEV,
};
#define CALL_NUMBER(regs) ((regs)->orig_ax)
#define CALL_ARG1(regs) ((regs)->di)
#define CALL_ARG2(regs) ((regs)->si)
#define CALL_ARG3(regs) ((regs)->dx)
#define CALL_ARG4(regs) ((regs)->r10)
#define CALL_ARG5(regs) ((regs)->r8)
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALLS_MAX 336
static const volatile __u8 call_kinds[SYSCALLS_MAX] = {
    [57] = CALL_CLOSE,     [63] = CALL_READ,      [64] = CALL_WRITE,    [65] = CALL_READV,
    [66] = CALL_WRITEV,    [71] = CALL_SENDFILE,  [76] = CALL_SPLICE,   [202] = CALL_ACCEPT,
    [203] = CALL_CONNECT,  [206] = CALL_SENDTO,   [207] = CALL_RECVFROM, [211] = CALL_SENDMSG,
    [212] = CALL_RECVMSG,  [242] = CALL_ACCEPT,   [243] = CALL_RECVMMSG, [269] = CALL_SENDMMSG,
    [286] = CALL_READV,    [287] = CALL_WRITEV,
};
#define CALL_NUMBER(regs) ((regs)->syscallno)
#define CALL_ARG1(regs) ((regs)->orig_x0)
#define CALL_ARG2(regs) ((regs)->regs[1])
#define CALL_ARG3(regs) ((regs)->regs[2])
#define CALL_ARG4(regs) ((regs)->regs[3])
#define CALL_ARG5(regs) ((regs)->regs[4])
#endif

#endif
