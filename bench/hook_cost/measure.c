// SPDX-License-Identifier: Apache-2.0
/* Attaches the hooks of an object and times a traced and an untraced call, in and out of scope.
 * Nothing but this process' own calls is looked at: the scope is empty, or this process. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, CALLS = 300000 };

static double best_ns(int traced, int fd)
{
    char bytes[8] = {0};
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int call = 0; call < CALLS; call++) {
            if (traced && write(fd, bytes, sizeof(bytes)) < 0)
                return -1;
            if (!traced)
                syscall(SYS_getppid);
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        double ns = (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec);
        best = ns / CALLS < best ? ns / CALLS : best;
    }
    return best;
}

static void print(const char *name, const char *scope, int fd)
{
    printf("%-22s %-12s write %4.0f ns  getppid %4.0f ns\n", name, scope, best_ns(1, fd),
           best_ns(0, fd));
}

int main(int count, char **arguments)
{
    int fd = open("/dev/null", O_WRONLY);
    print("none", "", fd);
    for (int at = 1; at < count; at++) {
        struct bpf_object *object = bpf_object__open(arguments[at]);
        if (!object || bpf_object__load(object))
            return 1;
        struct bpf_program *program;
        struct bpf_link *links[4] = {0};
        int attached = 0;
        bpf_object__for_each_program(program, object) {
            if (!(links[attached++] = bpf_program__attach(program)))
                return 1;
        }
        print(arguments[at], "out of scope", fd);
        unsigned pid = getpid();
        unsigned char one = 1;
        int scope = bpf_object__find_map_fd_by_name(object, "scope");
        if (bpf_map_update_elem(scope, &pid, &one, BPF_ANY))
            return 1;
        print(arguments[at], "in scope", fd);
        while (attached)
            bpf_link__destroy(links[--attached]);
        bpf_object__close(object);
    }
    return 0;
}
