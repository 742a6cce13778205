/*
 * marker - what a run left on disk: that it began, and how it ended.
 *
 * Place    script's supervisor -> [marker] -> lease, after a crash
 * Input    an idempotency key: 1 to 100 of A-Z a-z 0-9 . _ -
 * Output   none, started, or finished with outcome, exit code and output
 * Limits   output up to MARKER_OUTPUT_MAX; each marker is fsynced with its
 *          folder before the call returns; a key starts once
 * Threads  any process; the folder decides (O_EXCL, rename)
 */
#ifndef REMEDIATOR_EFFECT_MARKER_H
#define REMEDIATOR_EFFECT_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define MARKER_OUTPUT_MAX ((size_t)64 * 1024)
#define MARKER_KEY_MAX    100u

enum marker_state { MARKER_NONE, MARKER_STARTED, MARKER_FINISHED };

/* SUCCEEDED: exit code 0. REFUSED: the check before it failed; nothing ran. */
enum marker_outcome {
    MARKER_SUCCEEDED,
    MARKER_FAILED,
    MARKER_TIMED_OUT,
    MARKER_STOPPED,
    MARKER_REFUSED,
    MARKER_OUTCOME_COUNT
};

struct marker {
    enum marker_state state;
    enum marker_outcome outcome;
    int64_t at; /* wall clock, us: of the start, or of the end */
    int32_t exit_code;
    size_t output_size;
};

/* "succeeded", ... */
const char *marker_outcome_name(enum marker_outcome outcome);

/* Opens the folder, made when only it is missing; it must belong to us and be
 * writable by nobody else. CW_BAD_CONFIG. */
CW_MUST_USE enum cw_status marker_open(int *folder, const char *path,
                                       struct cw_error *err);
void marker_close(int *folder);

/* What is known of key; output (NULL, or MARKER_OUTPUT_MAX bytes) gets the
 * recorded output. CW_BAD_CONFIG: no such key can be; CW_BAD_STATE: a damaged
 * marker, taken as started; CW_UNAVAILABLE: the disk refuses. */
CW_MUST_USE enum cw_status marker_look(int folder, const char *key,
                                       struct marker *marker, char *output,
                                       struct cw_error *err);

/* CW_FENCED: it began before. CW_BAD_CONFIG; CW_UNAVAILABLE: the disk refuses,
 * and no marker is left. */
CW_MUST_USE enum cw_status marker_start(int folder, const char *key,
                                        int64_t now_at, struct cw_error *err);
/* Writes over an earlier end. CW_BAD_CONFIG, CW_UNAVAILABLE. */
CW_MUST_USE enum cw_status marker_finish(int folder, const char *key,
                                         const struct marker *marker,
                                         const char *output,
                                         struct cw_error *err);

/* Removes markers whose end is older than before_at, at most count of them;
 * returns how many. A start without an end is kept: a person must look. */
size_t marker_sweep(int folder, int64_t before_at, size_t count);

#endif
