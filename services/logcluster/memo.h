/*
 * memo - the last answers: skeleton to pattern, without looking.
 *
 * Place    core, patterns: in front of generalise
 * Limits   MEMO_SIZE answers; a new one overwrites what is in its place. It is
 *          no state: an answer holds only for the generation of the set it was
 *          given in, so with or without it every line gets the same pattern
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_MEMO_H
#define LOGCLUSTER_MEMO_H

#include <stdint.h>

#include "pattern.h"

#define MEMO_SIZE 8192u /* a power of two */

struct memo;

struct memo_key {
    uint64_t id;         /* of the skeleton */
    uint32_t generation; /* of the set */
    uint32_t owner;      /* which set */
};

CW_MUST_USE enum cw_status memo_create(struct memo **made,
                                       struct cw_error *err);
void memo_destroy(struct memo **memo);

/* NULL when not known. */
struct pattern *memo_find(const struct memo *memo, struct memo_key key);
void memo_put(struct memo *memo, struct memo_key key, struct pattern *pattern);

#endif
