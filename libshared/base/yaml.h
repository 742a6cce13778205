/*
 * yaml - a YAML file as a flat list of settings, each with where it stands.
 *
 * Place    file of options -> [yaml] -> options
 * Input    one document of mappings and scalars, at most 16 deep; a sequence
 *          of scalars counts as one scalar, its items joined by commas
 * Output   entries in the order of the file: nested keys joined by dots
 * Limits   1 MiB of text, 4096 entries; no aliases, no merge keys, no NUL.
 *          The first breach ends the reading
 * Threads  pure
 */
#ifndef CW_BASE_YAML_H
#define CW_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#define CW_YAML_SIZE_MAX  ((size_t)1024 * 1024)
#define CW_YAML_COUNT_MAX 4096u

struct cw_yaml_entry {
    const char *key;   /* "kafka.brokers" */
    const char *value; /* terminated */
    bool empty;        /* nothing stood there, not even "" */
    unsigned line;     /* of the key, from 1 */
    unsigned column;
};

/* Lends *entries from the arena. CW_BAD_CONFIG: the text says "line:column:
 * fault"; CW_NO_MEMORY: the arena is full. */
CW_MUST_USE enum cw_status cw_yaml_read(struct cw_text text,
                                        struct cw_arena *arena,
                                        const struct cw_yaml_entry **entries,
                                        size_t *count, struct cw_error *err);

#endif
