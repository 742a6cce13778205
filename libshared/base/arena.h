/*
 * arena - memory that lives until its batch ends.
 *
 * Place    decoded records, encoded outputs: everything a poll makes
 * Limits   refuses (NULL) above the maximum given at creation; blocks of
 *          64 KiB are kept over a reset, larger ones are freed
 * Threads  one owner thread
 */
#ifndef CW_BASE_ARENA_H
#define CW_BASE_ARENA_H

#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

struct cw_arena;

/* Makes an arena the caller owns; it hands out at most max_size bytes between
 * two resets. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
cw_arena_create(struct cw_arena **made, size_t max_size, struct cw_error *err);
void cw_arena_destroy(struct cw_arena **arena);

/* Lends size bytes, zeroed and aligned for any type, until reset. NULL: the
 * maximum is reached or the system has no memory. size may be 0. */
void *cw_arena_take(struct cw_arena *arena, size_t size);

/* Lends a copy of size bytes. NULL as above. */
void *cw_arena_copy(struct cw_arena *arena, const void *bytes, size_t size);

/* Lends a copy of text; bytes is NULL when that failed and size > 0. */
struct cw_text cw_arena_text(struct cw_arena *arena, struct cw_text text);

/* Lends printf's result, terminated as well. Empty text when full. */
struct cw_text cw_arena_print(struct cw_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes everything back. */
void cw_arena_reset(struct cw_arena *arena);

/* Bytes handed out since the last reset. */
size_t cw_arena_size(const struct cw_arena *arena);

/* Bytes it would still hand out: a take of less that fails found the system
 * without memory, a take of more met the maximum. */
size_t cw_arena_left(const struct cw_arena *arena);

#endif
