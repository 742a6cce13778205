#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_ALLOWED ((size_t)64 * 1024)

/* Of the file as it was opened, so that it cannot be another one. */
static enum cw_status check(int file, const char *path, struct cw_error *err)
{
    struct stat is;
    if (fstat(file, &is) != 0)
        return cw_fail(err, CW_BAD_CONFIG, "secret file %s: %s", path,
                       strerror(errno));
    if (!S_ISREG(is.st_mode))
        return cw_fail(err, CW_BAD_CONFIG, "secret file %s is no file", path);
    if ((is.st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return cw_fail(err, CW_BAD_CONFIG,
                       "secret file %s has mode %04o: others could read or "
                       "change it; use 0400 or 0440",
                       path, (unsigned)is.st_mode & 07777u);
    if (is.st_size > (off_t)SIZE_MAX_ALLOWED)
        return cw_fail(err, CW_BAD_CONFIG,
                       "secret file %s is larger than 64 KiB", path);
    return CW_OK;
}

/* At most size bytes; what was read, or -1. */
static ssize_t read_all(int file, char *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const ssize_t part = read(file, bytes + got, size - got);
        if (part == 0)
            break;
        if (part < 0 && errno != EINTR)
            return -1;
        got += part > 0 ? (size_t)part : 0;
    }
    return (ssize_t)got;
}

static size_t without_line_end(const char *bytes, size_t size)
{
    if (size > 0 && bytes[size - 1] == '\n')
        size--;
    if (size > 0 && bytes[size - 1] == '\r')
        size--;
    return size;
}

static enum cw_status take_content(int file, const char *path,
                                   struct cw_secret *secret,
                                   struct cw_error *err)
{
    char *bytes = malloc(SIZE_MAX_ALLOWED + 1);
    if (bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "secret file %s", path);
    const ssize_t got = read_all(file, bytes, SIZE_MAX_ALLOWED);
    const size_t size = got > 0 ? without_line_end(bytes, (size_t)got) : 0;
    if (got >= 0 && size > 0 && memchr(bytes, '\0', size) == NULL) {
        cw_secret_wipe(bytes + size, SIZE_MAX_ALLOWED + 1 - size);
        *secret = (struct cw_secret){bytes, size};
        return CW_OK;
    }
    cw_secret_wipe(bytes, SIZE_MAX_ALLOWED + 1);
    free(bytes);
    return cw_fail(err, CW_BAD_CONFIG, "secret file %s %s", path,
                   got < 0     ? "cannot be read"
                   : size == 0 ? "is empty"
                               : "holds a NUL");
}

enum cw_status cw_secret_read(struct cw_secret *secret, const char *path,
                              struct cw_error *err)
{
    /* A pipe put there must not make the service wait for a writer. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return cw_fail(err, CW_BAD_CONFIG, "secret file %s: %s", path,
                       strerror(errno));
    enum cw_status status = check(file, path, err);
    if (status == CW_OK)
        status = take_content(file, path, secret, err);
    (void)close(file);
    return status;
}

void cw_secret_wipe(void *bytes, size_t size)
{
    explicit_bzero(bytes, size);
}

void cw_secret_fini(struct cw_secret *secret)
{
    if (secret->bytes != NULL)
        cw_secret_wipe(secret->bytes, secret->size);
    free(secret->bytes);
    *secret = (struct cw_secret){NULL, 0};
}
