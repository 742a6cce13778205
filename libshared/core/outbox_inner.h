/*
 * outbox_inner - what an outbox is made of, for the files that make it up:
 * outbox (records come in, by source), outbox_seal (they leave as messages).
 */
#ifndef CW_CORE_OUTBOX_INNER_H
#define CW_CORE_OUTBOX_INNER_H

#include "base/map64.h"
#include "core/outbox.h"

/* Frame, meta and count of a batch, at most. */
#define CW_OUTBOX_OVERHEAD 512u

/* Records of one source for one topic-partition since the last seal. */
struct cw_lane {
    enum cw_topic topic;
    uint32_t partition;
    struct cw_pack items; /* encoded one after the other */
    size_t *ends;         /* of each item in items */
    struct cw_text *keys; /* of each record; NULL for batches */
    size_t count;
    size_t capacity;
};

struct cw_outbox_source {
    uint64_t id;
    bool used;
    int64_t from; /* covered by what has been sealed */
    int64_t to;
    int64_t sealed_mark_at;
    int64_t mark_at;
    int32_t only_partition;
    const enum cw_topic *marks;
    struct cw_map64 *index; /* topic, partition -> lanes[] */
    struct cw_lane *lanes;
    size_t lane_count;
};

struct cw_outbox {
    struct cw_outbox_config config;
    struct cw_outbox_source *sources;
    uint32_t source_count;
    struct cw_arena *arena; /* keys and sealed messages */
    struct cw_message *messages;
    size_t message_count;
    size_t message_capacity;
    struct cw_pack scratch;
    size_t waiting_size;
    size_t record_count;
};

/* What it holds has been sealed, or belongs to nobody any more. */
void cw_outbox_forget_lane(struct cw_outbox *outbox, struct cw_lane *lane);

#endif
