/*
 * draft_state - the inside of draft, for its three files only.
 *
 * Place    draft.c (record, texts, points), draft_parts.c (lines, spans,
 *          events, commands), draft_send.c (commit, abandon)
 */
#ifndef NORMALIZER_DRAFT_STATE_H
#define NORMALIZER_DRAFT_STATE_H

#include "definitions.h"
#include "draft.h"
#include "refused.h"
#include "runs.h"

/* Things of one kind, in the order they came. */
struct list {
    void *items;
    size_t count;
    size_t capacity;
};

struct draft {
    struct draft_settings settings;
    struct normalizer_counts *counts;
    struct definitions *definitions;

    /* of the record at hand */
    struct draft_source source;
    struct cw_arena *arena;
    int64_t kafka_at;
    struct cw_entity fallback;
    struct runs runs;
    struct refused refused;
    struct list logs;
    struct list spans;
    struct list events;
    struct list said;
    size_t index;
    struct cw_text part_bytes;
    bool passing; /* texts do not outlive their part: copy them */
    bool full;    /* arena or parts_max: the record will be refused */
    size_t parts;
    uint64_t pending[COUNT_EMIT_COUNT];
    uint64_t dropped[COUNT_DROP_COUNT];
    size_t refused_parts;
    uint64_t refused_by[CW_STATUS_COUNT];
    size_t labels_cut;
    size_t defined;
    struct cw_text family_name; /* of the metric defined last in this record */
    struct cw_text family_unit;
    enum cw_metric_kind family_kind;
    enum cw_family family;
};

/* Empties the record at hand. */
void draft_reset(struct draft *draft);

/* Counts a part; false: the record is full and will be refused. */
bool draft_take_part(struct draft *draft);

/* Refuses a part that was taken. */
void draft_refuse_taken(struct draft *draft, enum cw_status status,
                        struct cw_text message);

/* Clean and cut, not redacted: for ids and names. */
struct cw_text draft_clean(struct draft *draft, struct cw_text text,
                           size_t max_size);

/* Into the arena: clean, cut, redacted. NULL and full: no room. */
const struct cw_key_value *draft_keep_labels(struct draft *draft,
                                             const struct labels *labels);

/* Makes *at Kafka's time when it is 0; refuses the part and says false when
 * it lies too far from that. */
bool draft_settle_time(struct draft *draft, int64_t *at);

struct cw_entity draft_settle_entity(struct draft *draft,
                                     const struct cw_entity *given,
                                     const struct labels *labels,
                                     struct cw_text metric);

#endif
