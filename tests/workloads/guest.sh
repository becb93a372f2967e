#!/bin/busybox sh
# The first process of a guest. It makes what every system has, and then runs the lines that come by
# the second serial line: what a line prints goes back, and after it a record separator with the
# exit code. What goes wrong is on the console, which is the first serial line.
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /root /run /tmp /var/lib
mount -t devpts devpts /dev/pts
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
ip link set lo up
hostname guest
export HOME=/root PATH=/bin NO_COLOR=1

# A process of its own: the first one hears of the end of every process without a parent, and a
# shell that hears of one while it reads a line forgets what it has read.
answer() {
    stty -F /dev/ttyS1 raw -echo
    # Opened once: what arrives while nobody has the line open is dropped by the kernel.
    exec </dev/ttyS1 >/dev/ttyS1 2>/dev/console
    printf '\0360\n'
    while read -r line; do
        (eval "$line") </dev/null
        printf '\036%s\n' "$?"
    done
}
answer &
while true; do
    sleep 3600
done
