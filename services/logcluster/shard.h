/*
 * shard - the entities of one shard, found by key.
 *
 * Place    core -> [shard] -> entity
 * Limits   max_entities: the entity silent for longest makes room
 * Threads  one owner thread
 */
#ifndef LOGCLUSTER_SHARD_H
#define LOGCLUSTER_SHARD_H

#include "base/map64.h"
#include "core.h"
#include "entity.h"
#include "memo.h"

struct shard {
    struct entity **entities; /* owned */
    size_t count;
    size_t capacity;
    struct cw_map64 *by_key; /* key to index; NULL while empty */
    struct memo *memo;       /* NULL while empty */
    struct entity *last;     /* the entity of the last line, or NULL */
    int64_t next_at;         /* end of the open window, or CW_NEVER */
    uint32_t next_serial;
    size_t pattern_count;
    struct logcluster_counts counts;
};

void shard_init(struct shard *shard);
void shard_fini(struct shard *shard);

/* The entity of a line, made when it is new. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status shard_entity(struct shard *shard,
                                        const struct cw_log *log,
                                        const struct logcluster_config *config,
                                        struct entity **entity,
                                        struct cw_error *err);

/* Drops entity `index`; the last one takes its place. */
void shard_drop(struct shard *shard, size_t index);

void shard_save(const struct shard *shard, struct cw_pack *out);
CW_MUST_USE enum cw_status shard_load(struct shard *shard,
                                      const struct logcluster_config *config,
                                      struct cw_unpack *in,
                                      struct cw_error *err);

#endif
