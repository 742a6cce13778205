#include "lines.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)1 << 20)

struct lines {
    const char *path;
    int file;
    int spool; /* copy of what was read; -1 = none */
    bool owned;
    bool ended;
    uint64_t number;
    char *bytes;
    size_t room;
    size_t begin; /* [begin, end) is read and not yet lent */
    size_t end;
};

static enum cw_status open_spool(struct lines *lines, struct cw_error *err)
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    if (folder == NULL || folder[0] == '\0')
        folder = "/tmp";
    (void)snprintf(path, sizeof(path), "%s/cwctl-XXXXXX", folder);
    lines->spool = mkostemp(path, O_CLOEXEC);
    if (lines->spool < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", path, strerror(errno));
    (void)unlink(path);
    return CW_OK;
}

enum cw_status lines_open(struct lines **made, const char *path,
                          bool rewindable, struct cw_error *err)
{
    struct lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL)
        return cw_fail(err, CW_NO_MEMORY, "lines");
    const bool standard = strcmp(path, "-") == 0;
    lines->path = standard ? "standard input" : path;
    lines->owned = !standard;
    lines->spool = -1;
    lines->room = FIRST_ROOM;
    lines->bytes = malloc(lines->room);
    lines->file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    enum cw_status status = CW_OK;
    if (lines->file < 0)
        status = cw_fail(err, CW_NOT_FOUND, "%s: %s", path, strerror(errno));
    else if (lines->bytes == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "lines");
    else if (rewindable && lseek(lines->file, 0, SEEK_CUR) < 0)
        status = open_spool(lines, err);
    if (status != CW_OK)
        lines_close(&lines);
    else
        *made = lines;
    return status;
}

void lines_close(struct lines **lines)
{
    if (*lines == NULL)
        return;
    if ((*lines)->owned && (*lines)->file >= 0)
        (void)close((*lines)->file);
    if ((*lines)->spool >= 0)
        (void)close((*lines)->spool);
    free((*lines)->bytes);
    free(*lines);
    *lines = NULL;
}

static enum cw_status write_all(int file, const char *bytes, size_t size,
                                struct cw_error *err)
{
    while (size > 0) {
        const ssize_t wrote = write(file, bytes, size);
        if (wrote < 0 && errno != EINTR)
            return cw_fail(err, CW_UNAVAILABLE,
                           "copy of the input under TMPDIR: %s",
                           strerror(errno));
        if (wrote > 0) {
            bytes += wrote;
            size -= (size_t)wrote;
        }
    }
    return CW_OK;
}

static enum cw_status make_room(struct lines *lines, struct cw_error *err)
{
    if (lines->begin > 0) {
        memmove(lines->bytes, lines->bytes + lines->begin,
                lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end < lines->room)
        return CW_OK;
    if (lines->room >= LINE_SIZE_MAX)
        return cw_fail(err, CW_TOO_LARGE, "%s:%llu: a line above %zu MiB",
                       lines->path, (unsigned long long)lines->number + 1,
                       LINE_SIZE_MAX >> 20);
    assert(lines->room >= FIRST_ROOM);
    char *grown = realloc(lines->bytes, lines->room * 2);
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "a line of %zu bytes", lines->room);
    lines->bytes = grown;
    lines->room *= 2;
    return CW_OK;
}

static enum cw_status fill(struct lines *lines, struct cw_error *err)
{
    const enum cw_status status = make_room(lines, err);
    if (status != CW_OK)
        return status;
    ssize_t got;
    do
        got = read(lines->file, lines->bytes + lines->end,
                   lines->room - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", lines->path,
                       strerror(errno));
    lines->ended = got == 0;
    if (lines->spool >= 0 && lines->spool != lines->file) {
        const enum cw_status copied = write_all(
            lines->spool, lines->bytes + lines->end, (size_t)got, err);
        if (copied != CW_OK)
            return copied;
    }
    lines->end += (size_t)got;
    return CW_OK;
}

static void lend(struct lines *lines, size_t size, struct cw_text *line)
{
    *line = (struct cw_text){lines->bytes + lines->begin, size};
    lines->begin += size;
    lines->number++;
}

enum cw_status lines_next(struct lines *lines, struct cw_text *line,
                          bool *found, struct cw_error *err)
{
    size_t searched = 0;
    for (;;) {
        const char *from = lines->bytes + lines->begin + searched;
        const size_t left = lines->end - lines->begin - searched;
        const char *newline = left > 0 ? memchr(from, '\n', left) : NULL;
        *found = true;
        if (newline != NULL) {
            lend(lines, (size_t)(newline - lines->bytes) - lines->begin, line);
            lines->begin++;
            return CW_OK;
        }
        searched = lines->end - lines->begin;
        if (lines->ended) {
            *found = searched > 0;
            if (*found)
                lend(lines, searched, line);
            return CW_OK;
        }
        const enum cw_status status = fill(lines, err);
        if (status != CW_OK)
            return status;
    }
}

enum cw_status lines_rewind(struct lines *lines, struct cw_error *err)
{
    if (lines->spool >= 0 && lines->spool != lines->file) {
        if (lines->owned)
            (void)close(lines->file);
        lines->owned = false; /* spool is closed as such */
        lines->file = lines->spool;
    }
    if (lseek(lines->file, 0, SEEK_SET) < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", lines->path,
                       strerror(errno));
    lines->begin = lines->end = 0;
    lines->number = 0;
    lines->ended = false;
    return CW_OK;
}

uint64_t lines_number(const struct lines *lines)
{
    return lines->number;
}

const char *lines_path(const struct lines *lines)
{
    return lines->path;
}
