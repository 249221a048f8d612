/* A disk between a program and its files, for LD_PRELOAD: it notes in order what is written and what is synced, and
   it can be full. Files whose path begins with DISK_ROOT count. Syncing is noted and not done: what would be lost
   when the power fails is worked out from the notes (disk.py), and the test is quick. While a file DISK_FULL exists,
   writes that would make a file longer fail with ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC = 2, TRUNCATE = 3, RENAME = 4, UNLINK = 5, CREATE = 6, LINK = 7 };

/* as disk.py reads it: little endian, packed */
struct __attribute__((packed)) head {
    uint8_t kind;
    uint16_t path_length;
    uint32_t data_length;
    uint64_t offset; /* of a write; the new size of a truncation; where in the notes a sync began */
};

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *root(void) { return getenv("DISK_ROOT"); }

static int ours(const char *path) { return root() && !strncmp(path, root(), strlen(root())); }

static int ours_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = root() ? readlink(link, path, PATH_MAX - 1) : -1;
    if (length < 0) return 0;
    path[length] = 0;
    return ours(path);
}

static int notes(void) {
    static int fd = -1;
    if (fd < 0) {
        int low = REAL(open)(getenv("DISK_NOTES"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        fd = fcntl(low, F_DUPFD_CLOEXEC, 500);
        close(low);
    }
    return fd;
}

static void note(enum kind kind, const char *path, uint64_t offset, const void *data, size_t length) {
    int error = errno;
    struct head head = {kind, strlen(path), length, offset};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)data, length}};
    REAL(writev)(notes(), parts, 3);
    errno = error;
}

static int full(int fd, uint64_t end) {
    struct stat found;
    const char *flag = getenv("DISK_FULL");
    if (!flag || access(flag, F_OK) || fstat(fd, &found) || end <= (uint64_t)found.st_size) {
        errno = 0;
        return 0;
    }
    errno = ENOSPC;
    return 1;
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset) {
    char path[PATH_MAX];
    if (!ours_fd(fd, path)) return REAL(pwrite)(fd, data, length, offset);
    if (full(fd, offset + length)) return -1;
    ssize_t done = REAL(pwrite)(fd, data, length, offset);
    if (done > 0) note(WRITE, path, offset, data, done);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
    char path[PATH_MAX];
    if (!ours_fd(fd, path)) return REAL(write)(fd, data, length);
    off_t at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    if (full(fd, at + length)) return -1;
    ssize_t done = REAL(write)(fd, data, length);
    if (done > 0) note(WRITE, path, at, data, done);
    return done;
}

static ssize_t write_parts(int fd, const struct iovec *parts, int count, off_t offset) {
    char path[PATH_MAX];
    if (!ours_fd(fd, path)) return REAL(pwritev)(fd, parts, count, offset);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write_at(fd, parts[i].iov_base, parts[i].iov_len, offset + all);
        if (done < 0) return all ? all : -1;
        all += done;
    }
    return all;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return write_parts(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
    return write_parts(fd, parts, count, offset);
}

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    if (!ours_fd(fd, path)) return real(fd);
    struct stat found;
    fstat(notes(), &found); /* what is noted from here on may come too late for this sync */
    note(SYNC, path, found.st_size, "", 0);
    return 0;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

static int cut(int fd, off_t size) {
    char path[PATH_MAX];
    int mine = ours_fd(fd, path);
    if (mine && full(fd, size)) return -1;
    int done = REAL(ftruncate)(fd, size);
    if (mine && !done) note(TRUNCATE, path, size, "", 0);
    return done;
}

int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off_t size) { return cut(fd, size); }

static int reserve(int fd, off_t offset, off_t length) {
    char path[PATH_MAX];
    struct stat found;
    if (!ours_fd(fd, path)) return REAL(posix_fallocate)(fd, offset, length);
    if (full(fd, offset + length)) return ENOSPC;
    int done = REAL(posix_fallocate)(fd, offset, length);
    if (!done && !fstat(fd, &found)) note(TRUNCATE, path, found.st_size, "", 0);
    return done;
}

int posix_fallocate(int fd, off_t offset, off_t length) { return reserve(fd, offset, length); }
int posix_fallocate64(int fd, off_t offset, off_t length) { return reserve(fd, offset, length); }

static void renamed(enum kind kind, const char *from, const char *to) {
    char whole[PATH_MAX];
    if (*from && realpath(to, whole)) note(kind, from, 0, whole, strlen(whole));
}

int rename(const char *from, const char *to) {
    char path[PATH_MAX] = "";
    if (!realpath(from, path) || !ours(path)) *path = 0;
    int done = REAL(rename)(from, to);
    if (!done) renamed(RENAME, path, to);
    return done;
}

int link(const char *from, const char *to) {
    char path[PATH_MAX] = "";
    if (!realpath(from, path) || !ours(path)) *path = 0;
    int done = REAL(link)(from, to);
    if (!done) renamed(LINK, path, to);
    return done;
}

int unlink(const char *name) {
    char path[PATH_MAX];
    int mine = realpath(name, path) && ours(path);
    int done = REAL(unlink)(name);
    if (mine && !done) note(UNLINK, path, 0, "", 0);
    return done;
}

static int opened(const char *name, int flags, mode_t mode, int (*real)(const char *, int, ...)) {
    int fresh = (flags & O_CREAT) && access(name, F_OK);
    int fd = real(name, flags, mode);
    char path[PATH_MAX];
    if (fd >= 0 && (fresh || (flags & O_TRUNC)) && ours_fd(fd, path)) note(CREATE, path, 0, "", 0);
    return fd;
}

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...) {                            \
        va_list more;                                                       \
        va_start(more, flags);                                              \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0; \
        va_end(more);                                                       \
        return opened(path, flags, mode, REAL(name));                       \
    }
OPEN(open)
OPEN(open64)
