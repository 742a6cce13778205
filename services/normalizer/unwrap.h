/*
 * unwrap - the line inside a container runtime's JSON line.
 *
 * Place    formats/ecs, formats/rsyslog: bodies of logs
 * Input    {"log":"the line\n","stream":"stdout","time":".."} as text
 * Output   the line, escapes resolved, without its line feed; the text itself
 *          when it is not such a wrapper
 * Limits   told by its first bytes, {"log":" ; one pass
 * Threads  pure
 * Source   Docker json-file logging driver
 */
#ifndef NORMALIZER_UNWRAP_H
#define NORMALIZER_UNWRAP_H

#include "base/arena.h"
#include "base/text.h"

struct cw_text unwrap_line(struct cw_text body, struct cw_arena *arena);

/* Without CR and LF at the end. */
struct cw_text unwrap_trim(struct cw_text line);

#endif
