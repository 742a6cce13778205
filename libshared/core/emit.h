/*
 * emit - the driver's side of a core's outputs.
 *
 * Place    task, drive -> [emit] -> core; what the core puts goes to a sink
 * Limits   none of its own; the sink refuses
 * Threads  one owner thread
 */
#ifndef CW_CORE_EMIT_H
#define CW_CORE_EMIT_H

#include "core/core.h"

struct cw_output {
    enum cw_topic topic;
    uint64_t route;
    struct cw_text key; /* empty = none */
    int64_t now_at;
    const struct cw_record_type *type; /* of record */
    const void *record;
};

/* Borrows *out until it returns. */
typedef enum cw_status cw_emit_sink(void *to, const struct cw_output *out,
                                    struct cw_error *err);

struct cw_emit {
    cw_emit_sink *sink; /* NULL: silent replay, outputs are dropped */
    void *to;
    struct cw_arena *arena; /* scratch of the step */
    int64_t now_at;
    int64_t covers_from;
    int64_t covers_to;
    int64_t ingest_at; /* 0 in replay */
    uint64_t config_hash;
    struct cw_text model_version;
    struct cw_text origin_topic;
    int32_t origin_partition;
    int64_t origin_offset;
};

/* Type of what a core puts on a topic: the record, or one item of the batch.
 * NULL for CW_TOPIC_RAW. */
const struct cw_record_type *cw_topic_item_type(enum cw_topic topic);

/* Type of a whole message on a topic: the record, or the batch. */
const struct cw_record_type *cw_topic_message_type(enum cw_topic topic);

#endif
