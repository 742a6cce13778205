/* Any bytes as what a run left on disk: a whole end, or taken as begun, and
 * never more output than there is room for. First byte: which of the two
 * markers is there; the end holds the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "marker.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char folder_path[] = "/tmp/marker_fuzz.XXXXXX";
static int folder = -1;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void forget(void)
{
    (void)unlinkat(folder, "k.started", 0);
    (void)unlinkat(folder, "k.finished", 0);
    (void)rmdir(folder_path);
}

static void open_folder(void)
{
    struct cw_error err;
    if (folder >= 0)
        return;
    check(mkdtemp(folder_path) != NULL && atexit(forget) == 0);
    check(marker_open(&folder, folder_path, &err) == CW_OK);
}

static void put(const char *name, const uint8_t *bytes, size_t size)
{
    (void)unlinkat(folder, name, 0);
    if (bytes == NULL)
        return;
    const int file = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    check(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    (void)close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *output = malloc(MARKER_OUTPUT_MAX); /* so that ASan sees its end */
    struct marker marker;
    struct cw_error err = {0};
    if (size == 0 || output == NULL) {
        free(output);
        return 0;
    }
    open_folder();
    const uint8_t which = bytes[0];
    put("k.started", which & 1 ? bytes + 1 : NULL, size - 1);
    put("k.finished", which & 2 ? bytes + 1 : NULL, size - 1);
    const enum cw_status status =
        marker_look(folder, "k", &marker, output, &err);
    check(status == CW_OK || status == CW_BAD_STATE);
    if (status == CW_BAD_STATE)
        check(marker.state == MARKER_STARTED && which & 2);
    check((marker.state == MARKER_NONE) == (which % 4 == 0));
    check(marker.output_size <= MARKER_OUTPUT_MAX &&
          marker.outcome < MARKER_OUTCOME_COUNT);
    if (marker.state == MARKER_FINISHED)
        check(memcmp(output, bytes + size - marker.output_size,
                     marker.output_size) == 0);
    free(output);
    return 0;
}
