/*
 * entity - everything known of one logging entity: its patterns and counts.
 *
 * Place    core: shard -> [entity] -> generalise, novelty, rates
 * Limits   as its parts; its four names are copied
 * Threads  one owner thread
 *
 * Patterns belong to an entity, not to a shard: an entity's lines come in one
 * order whatever the number of partitions or shards, so its ids are the same.
 */
#ifndef LOGCLUSTER_ENTITY_H
#define LOGCLUSTER_ENTITY_H

#include "generalise.h"
#include "novelty.h"
#include "record/records.h"

struct entity {
    uint64_t key; /* entity_key */
    uint64_t route;
    uint32_t serial; /* within its shard; never used twice */
    char *names;     /* owned: the bytes of the next four */
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_text kind;
    struct cw_text name;
    struct generalise *set;
    struct novelty novelty;
    int64_t first_at; /* us, stream time of the first line */
    int64_t last_at;
    uint64_t window_lines;
    uint64_t window_errors;
    uint64_t window_others; /* lines without a pattern */
    uint64_t other_lines;   /* ... in all */
    bool reported;          /* its own two series are defined */
};

/* What tells entities of a shard apart. */
uint64_t entity_key(const struct cw_log *log);

CW_MUST_USE enum cw_status entity_create(struct entity **made,
                                         const struct cw_log *log,
                                         size_t max_patterns,
                                         struct cw_error *err);
void entity_destroy(struct entity **entity);

/* As records name it; lent by the entity. */
struct cw_entity entity_name(const struct entity *entity);

void entity_save(const struct entity *entity, struct cw_pack *out);
CW_MUST_USE enum cw_status entity_load(struct entity **made,
                                       size_t max_patterns,
                                       struct cw_unpack *in,
                                       struct cw_error *err);

#endif
