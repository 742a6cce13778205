#include "marker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE (MARKER_KEY_MAX + 16)
#define HEAD_SIZE 128

static const char *const outcome_names[MARKER_OUTCOME_COUNT] = {
    "succeeded", "failed", "timed_out", "stopped", "refused"};

const char *marker_outcome_name(enum marker_outcome outcome)
{
    return outcome_names[outcome];
}

static bool name_of(char *name, const char *key, const char *ending)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t size = strlen(key);

    if (size < 1 || size > MARKER_KEY_MAX || key[0] == '.' ||
        strspn(key, letters) != size)
        return false;
    (void)snprintf(name, NAME_SIZE, "%s%s", key, ending);
    return true;
}

enum cw_status marker_open(int *folder, const char *path, struct cw_error *err)
{
    struct stat about;
    int made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* A fresh volume is empty, and its root is shared with a group. */
    if (made < 0 && errno == ENOENT && mkdir(path, 0700) == 0)
        made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made < 0)
        return cw_fail(err, CW_BAD_CONFIG, "%s: %s", path, strerror(errno));
    if (fstat(made, &about) != 0 || about.st_uid != geteuid() ||
        (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        (void)close(made);
        return cw_fail(err, CW_BAD_CONFIG,
                       "%s: must be ours and writable by nobody else", path);
    }
    *folder = made;
    return CW_OK;
}

void marker_close(int *folder)
{
    if (*folder >= 0)
        (void)close(*folder);
    *folder = -1;
}

/* ---- reading ------------------------------------------------------------ */

/* Bytes read, or -1. Nothing there: *absent. */
static ssize_t read_file(int folder, const char *name, char *bytes, size_t room,
                         bool *absent)
{
    const int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t size = 0;

    *absent = file < 0 && errno == ENOENT;
    if (file < 0)
        return -1;
    while (size < room) {
        const ssize_t got = read(file, bytes + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            (void)close(file);
            return -1;
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    (void)close(file);
    return (ssize_t)size;
}

static bool parse_end(const char *bytes, size_t size, struct marker *marker,
                      size_t *head)
{
    char text[HEAD_SIZE], name[16];
    const char *line = memchr(bytes, '\n', size);
    size_t output_size = 0;

    if (line == NULL || (size_t)(line - bytes) >= sizeof(text))
        return false;
    *head = (size_t)(line - bytes) + 1;
    memcpy(text, bytes, *head - 1);
    text[*head - 1] = '\0';
    /* Our own line; a number that does not fit is caught by the sizes. */
    if (sscanf(text, /* NOLINT(cert-err34-c) */
               "v1 finished %" SCNd64 " %15s %" SCNd32 " %zu", &marker->at,
               name, &marker->exit_code, &output_size) != 4 ||
        output_size != size - *head || output_size > MARKER_OUTPUT_MAX)
        return false;
    for (int i = 0; i < MARKER_OUTCOME_COUNT; i++)
        if (strcmp(name, outcome_names[i]) == 0) {
            marker->outcome = (enum marker_outcome)i;
            marker->output_size = output_size;
            marker->state = MARKER_FINISHED;
            return true;
        }
    return false;
}

static enum cw_status look_at_end(int folder, const char *name,
                                  struct marker *marker, char *output,
                                  struct cw_error *err)
{
    char bytes[HEAD_SIZE + MARKER_OUTPUT_MAX];
    bool absent = false;
    size_t head = 0;
    const ssize_t size = read_file(folder, name, bytes, sizeof(bytes), &absent);

    if (absent)
        return CW_NOT_FOUND;
    if (size < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", name, strerror(errno));
    if (!parse_end(bytes, (size_t)size, marker, &head))
        return cw_fail(err, CW_BAD_STATE, "%s: is no marker", name);
    if (output != NULL)
        memcpy(output, bytes + head, marker->output_size);
    return CW_OK;
}

static enum cw_status look_at_start(int folder, const char *name,
                                    struct marker *marker, struct cw_error *err)
{
    char bytes[HEAD_SIZE];
    bool absent = false;
    const ssize_t size =
        read_file(folder, name, bytes, sizeof(bytes) - 1, &absent);

    if (absent)
        return CW_OK; /* none */
    if (size < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", name, strerror(errno));
    bytes[size] = '\0';
    marker->state = MARKER_STARTED; /* an empty one counts: it was begun */
    (void)sscanf(bytes,             /* NOLINT(cert-err34-c) */
                 "v1 started %" SCNd64, &marker->at);
    return CW_OK;
}

enum cw_status marker_look(int folder, const char *key, struct marker *marker,
                           char *output, struct cw_error *err)
{
    char start[NAME_SIZE], end[NAME_SIZE];

    *marker = (struct marker){.exit_code = -1};
    if (!name_of(start, key, ".started") || !name_of(end, key, ".finished"))
        return cw_fail(err, CW_BAD_CONFIG, "no key for a marker");
    const enum cw_status status = look_at_end(folder, end, marker, output, err);
    if (status == CW_OK || status == CW_UNAVAILABLE)
        return status;
    *marker = (struct marker){.exit_code = -1};
    if (status == CW_BAD_STATE) {
        marker->state = MARKER_STARTED;
        return status;
    }
    return look_at_start(folder, start, marker, err);
}

/* ---- writing ------------------------------------------------------------ */

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(file, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

enum cw_status marker_start(int folder, const char *key, int64_t now_at,
                            struct cw_error *err)
{
    char name[NAME_SIZE], line[HEAD_SIZE];

    if (!name_of(name, key, ".started"))
        return cw_fail(err, CW_BAD_CONFIG, "no key for a marker");
    const int file =
        openat(folder, name,
               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 && errno == EEXIST)
        return cw_fail(err, CW_FENCED, "%s: began before", key);
    if (file < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", name, strerror(errno));
    const int size =
        snprintf(line, sizeof(line), "v1 started %" PRId64 "\n", now_at);
    const bool done = write_all(file, line, (size_t)size) && fsync(file) == 0;
    const int why = errno;
    (void)close(file);
    if (done && fsync(folder) == 0)
        return CW_OK;
    const int reason = done ? errno : why;
    /* Nothing has run, and it may be tried again when the disk takes it. */
    (void)unlinkat(folder, name, 0);
    return cw_fail(err, CW_UNAVAILABLE, "%s: %s", name, strerror(reason));
}

enum cw_status marker_finish(int folder, const char *key,
                             const struct marker *marker, const char *output,
                             struct cw_error *err)
{
    char name[NAME_SIZE], draft[NAME_SIZE], line[HEAD_SIZE];
    const size_t shown = marker->output_size < MARKER_OUTPUT_MAX
                             ? marker->output_size
                             : MARKER_OUTPUT_MAX;

    if (!name_of(name, key, ".finished") || !name_of(draft, key, ".draft"))
        return cw_fail(err, CW_BAD_CONFIG, "no key for a marker");
    const int file =
        openat(folder, draft,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", draft, strerror(errno));
    const int size = snprintf(
        line, sizeof(line), "v1 finished %" PRId64 " %s %" PRId32 " %zu\n",
        marker->at, outcome_names[marker->outcome], marker->exit_code, shown);
    const bool done = write_all(file, line, (size_t)size) &&
                      write_all(file, output, shown) && fsync(file) == 0;
    (void)close(file);
    if (!done || renameat(folder, draft, folder, name) != 0 ||
        fsync(folder) != 0)
        return cw_fail(err, CW_UNAVAILABLE, "%s: %s", name, strerror(errno));
    return CW_OK;
}

/* Removes both markers of an end that is old enough. */
static bool sweep_one(int folder, const char *name, int64_t before_at)
{
    static const char ending[] = ".finished";
    char key[NAME_SIZE], start[NAME_SIZE];
    struct marker marker;
    struct cw_error err;
    const size_t size = strlen(name);

    if (size <= sizeof(ending) - 1 || size >= sizeof(key) ||
        strcmp(name + size - (sizeof(ending) - 1), ending) != 0)
        return false;
    (void)snprintf(key, sizeof(key), "%.*s", (int)(size - sizeof(ending) + 1),
                   name);
    if (marker_look(folder, key, &marker, NULL, &err) != CW_OK ||
        marker.state != MARKER_FINISHED || marker.at >= before_at ||
        !name_of(start, key, ".started"))
        return false;
    /* The start goes first: alone it would read as unknown. */
    (void)unlinkat(folder, start, 0);
    return unlinkat(folder, name, 0) == 0;
}

size_t marker_sweep(int folder, int64_t before_at, size_t count)
{
    const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    size_t swept = 0;

    if (list == NULL) {
        if (again >= 0)
            (void)close(again);
        return 0;
    }
    for (struct dirent *entry; swept < count && (entry = readdir(list));)
        swept += sweep_one(folder, entry->d_name, before_at);
    (void)closedir(list);
    return swept;
}
