/* A disk that fails on purpose: preloaded into a process, it lets one call on one file go wrong.
 *
 * FAULT_CALL   write | sync | rename
 * FAULT_FILE   how the file's path ends; empty: any file
 * FAULT_AT     at which such call, from 1
 * FAULT_ACT    kill   SIGKILL instead of the call        done  SIGKILL right after it
 *              torn   half of the write, then SIGKILL    full  ENOSPC, from then on
 *              eio    EIO (once)                         short half of the write, without an error (each so many)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char *call_wanted, *file_wanted, *act;
static long at, passed;

__attribute__((constructor)) static void begin(void) {
    call_wanted = getenv("FAULT_CALL");
    file_wanted = getenv("FAULT_FILE");
    act = getenv("FAULT_ACT");
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    if (!call_wanted || !file_wanted || !act) at = 0;
}

static int ends_so(const char *path) {
    size_t all = strlen(path), end = strlen(file_wanted);
    if (path[0] != '/' || strncmp(path, "/dev/", 5) == 0) return 0; /* sockets, pipes, devices */
    return all >= end && strcmp(path + all - end, file_wanted) == 0;
}

/* Whether this call is the one, by path or (path == NULL) by descriptor. */
static int is_the_one(const char *call, int fd, const char *path) {
    char link[64], target[4096];
    if (at == 0 || strcmp(call, call_wanted) != 0) return 0;
    if (!path) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        if (length < 0) return 0;
        target[length] = 0;
        path = target;
    }
    if (!ends_so(path)) return 0;
    long now = __atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);
    if (strcmp(act, "short") == 0) return now % at == 0;
    return strcmp(act, "full") == 0 ? now >= at : now == at;
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

static int before(void) {
    if (strcmp(act, "kill") == 0) die();
    if (strcmp(act, "eio") == 0) { errno = EIO; return -1; }
    if (strcmp(act, "full") == 0) { errno = ENOSPC; return -1; }
    return 0;
}

static int is_half(void) { return strcmp(act, "torn") == 0 || strcmp(act, "short") == 0; }

#define REAL(name, type, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
#define RESULT(type, expression) type result = (expression); if (strcmp(act, "torn") == 0 || strcmp(act, "done") == 0) die(); return result

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t);
    if (!is_the_one("write", fd, NULL)) return real(fd, data, size);
    if (before()) return -1;
    RESULT(ssize_t, real(fd, data, is_half() ? (size + 1) / 2 : size));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t place) {
    REAL("pwrite64", ssize_t, int, const void *, size_t, off64_t);
    if (!is_the_one("write", fd, NULL)) return real(fd, data, size, place);
    if (before()) return -1;
    RESULT(ssize_t, real(fd, data, is_half() ? (size + 1) / 2 : size, place));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t place) { return pwrite64(fd, data, size, place); }

int fsync(int fd) {
    REAL("fsync", int, int);
    if (!is_the_one("sync", fd, NULL)) return real(fd);
    if (before()) return -1;
    RESULT(int, real(fd));
}

int fdatasync(int fd) {
    REAL("fdatasync", int, int);
    if (!is_the_one("sync", fd, NULL)) return real(fd);
    if (before()) return -1;
    RESULT(int, real(fd));
}

int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *);
    if (!is_the_one("rename", -1, to)) return real(from, to);
    if (before()) return -1;
    RESULT(int, real(from, to));
}
