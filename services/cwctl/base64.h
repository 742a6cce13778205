/*
 * base64 - bytes that are no text, inside JSON.
 *
 * Place    raw_line reads it; topics export and deadletter write it
 * Source   RFC 4648, section 4; padding may be left out when reading
 * Threads  pure
 */
#ifndef CWCTL_BASE64_H
#define CWCTL_BASE64_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/* Lends *bytes from the arena. False: not base64, or the arena is full. */
bool base64_decode(struct cw_text text, struct cw_arena *arena,
                   struct cw_text *bytes);

/* Lends the text from the arena; bytes NULL when that is full. */
struct cw_text base64_encode(struct cw_text bytes, struct cw_arena *arena);

#endif
