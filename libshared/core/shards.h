/*
 * shards - one core driven in stream order: items, timers, ends of slices.
 *
 * Place    merge (live, replay) or drive (tests) -> [shards] -> core
 * Input    the items of one slice in order; slices in rising order
 * Output   what the core emits, through the emit given
 * State    per shard: the slice up to which its state has seen, so a restored
 *          shard takes only what it has not seen
 * Threads  one owner thread
 */
#ifndef CW_CORE_SHARDS_H
#define CW_CORE_SHARDS_H

#include "core/emit.h"
#include "core/merge.h"

struct cw_shards;

/* Told once of each item that a shard refused, and why; may put its dead
 * letter. emit is that of the step: dropped when the slice is silent. A status
 * that is not CW_OK ends the slice. */
typedef enum cw_status cw_shards_refuse(void *to, const struct cw_item *item,
                                        const struct cw_error *why,
                                        struct cw_emit *emit,
                                        struct cw_error *err);

/* Makes a core of this type, all shards empty, that the caller owns. Borrows
 * type and config. */
CW_MUST_USE enum cw_status cw_shards_create(struct cw_shards **made,
                                            const struct cw_core_type *type,
                                            const void *config,
                                            struct cw_error *err);
void cw_shards_destroy(struct cw_shards **shards);

/* refuse may be NULL: refusals are passed over. */
void cw_shards_on_refuse(struct cw_shards *shards, cw_shards_refuse *refuse,
                         void *to);

/* Earliest deadline of any shard, or CW_NEVER. */
int64_t cw_shards_deadline(const struct cw_shards *shards);

/* Runs one slice: its items are in order and lie inside it; a shard that has
 * seen its to_at already is passed over. emit's now_at and covers are set here.
 * A core that fails with STOP ends the run with its status. */
CW_MUST_USE enum cw_status cw_shards_slice(struct cw_shards *shards,
                                           const struct cw_slice *slice,
                                           struct cw_emit *emit,
                                           struct cw_error *err);

/* Packs the state of a shard. */
void cw_shards_save(const struct cw_shards *shards, uint32_t shard,
                    struct cw_pack *out);

/* Fills an empty shard; what is at or before seen_at is passed over later. */
CW_MUST_USE enum cw_status cw_shards_load(struct cw_shards *shards,
                                          uint32_t shard, int64_t seen_at,
                                          struct cw_unpack *in,
                                          struct cw_error *err);

const struct cw_core_type *cw_shards_type(const struct cw_shards *shards);
struct cw_core *cw_shards_core(struct cw_shards *shards);

#endif
