/*
 * core - what a deciding part sees of the world: records in one order, time,
 * and a place to put what it decides. No Kafka here, so the live loop and
 * cwctl replay drive the same code.
 *
 * Place    merge (live or replay) -> [core] -> emit
 * Input    items in the order (stream_at, event_at, content_id), the same for
 *          any number of instances and any cut of batches; deadlines in
 *          between: a timer of time d fires after every item with
 *          stream_at <= d and before any later one
 * Output   records through emit; dropped by the driver during silent replay,
 *          so a core never knows whether it is heard
 * State    lives in shards. A step sees one shard only, and whatever a later
 *          step reads - positions, timers, configuration said - is in it
 * Threads  one owner thread a core
 *
 * Rules that make the promise hold: no wall clock, no randomness, no pointer
 * order, no iteration over a hash table that reaches an output; sums in a
 * fixed order; scores rounded with cw_round6 before any threshold or output.
 */
#ifndef CW_CORE_CORE_H
#define CW_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"
#include "core/topic.h"
#include "record/records.h" /* generated from schemas/avro */

#define CW_NEVER INT64_MAX

/* A Kafka record as a producer wrote it: the record of CW_TOPIC_RAW. */
struct cw_raw_header {
    struct cw_text key;
    struct cw_text value;
};

struct cw_raw {
    struct cw_text topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_at; /* Kafka timestamp, us; -1 = none */
    bool has_key;
    bool has_value; /* false: a tombstone */
    struct cw_text key;
    struct cw_text value;
    const struct cw_raw_header *headers;
    size_t header_count;
};

struct cw_item {
    enum cw_topic topic;
    int64_t stream_at;   /* us */
    int64_t event_at;    /* us */
    uint64_t content_id; /* hash of what it says, without volatile fields */
    uint64_t route;      /* shard and, upstream, partition; or CW_ROUTE_ALL */
    const void *record;  /* struct cw_<record> of the topic's table row, for a
                            batch topic one item of it; lent until the step
                            returns, with everything it points to */
};

/* Where decisions go. One per step; made by the driver. */
struct cw_emit;

/* A Meta for a record decided now: stream_at and covered slice of this step,
 * ingest time, configuration and model. The texts are borrowed until the
 * record is put. */
struct cw_meta cw_emit_meta(const struct cw_emit *emit, struct cw_text tenant,
                            struct cw_text domain, int64_t event_at);

/* Encodes record (the struct of the topic's row; for a batch topic one item)
 * and queues it for the partition route leads to. key is the compaction key,
 * empty = none. Borrows everything until it returns.
 * CW_TOO_LARGE: over the message limit; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_emit_put(struct cw_emit *emit,
                                       enum cw_topic topic, uint64_t route,
                                       struct cw_text key, const void *record,
                                       struct cw_error *err);

/* Scratch memory until the step returns. */
struct cw_arena *cw_emit_arena(struct cw_emit *emit);

/* Stream time of this step, us: the item's, or the deadline of the timer. */
int64_t cw_emit_now(const struct cw_emit *emit);

/* One number a core keeps for /metrics, never for a decision: which row of the
 * program's table shows it, under which value of the row's one label. */
struct cw_core_counter {
    size_t row;
    const char *value; /* NULL: the row has no label */
};

#define CW_CORE_COUNTERS_MAX 16

struct cw_core; /* a service's own struct, cast inside the service */

/* One per service. All functions get the shard they may touch. */
struct cw_core_type {
    const char *name;             /* "detector" */
    uint32_t shard_count;         /* fixed: state is split by it */
    uint32_t snapshot_format;     /* raised when save changes */
    const enum cw_topic *inputs;  /* ended by CW_TOPIC_COUNT */
    const enum cw_topic *outputs; /* ended by CW_TOPIC_COUNT */

    /* Makes the core of one partition. config is the service's own struct,
     * borrowed for the core's life. */
    enum cw_status (*create)(struct cw_core **made, const void *config,
                             struct cw_error *err);
    void (*destroy)(struct cw_core **core);

    /* Takes one item. A status whose action is not STOP refuses the item and
     * leaves the shard untouched: the task makes its dead letter. */
    enum cw_status (*step)(struct cw_core *core, uint32_t shard,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err);

    /* Earliest deadline of the shard, us, or CW_NEVER. O(1). */
    int64_t (*next_deadline)(const struct cw_core *core, uint32_t shard);
    /* Acts as of its deadline; afterwards next_deadline is later. NULL when
     * the service has no timers. */
    enum cw_status (*timer)(struct cw_core *core, uint32_t shard,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err);

    /* End of a slice in which this shard saw an item or timer; NULL = none.
     * cw_emit_now is the end of the slice. */
    enum cw_status (*slice_end)(struct cw_core *core, uint32_t shard,
                                struct cw_emit *emit, struct cw_error *err);

    /* Whole state of a shard, and back into an empty one. An empty shard may
     * pack nothing: then no snapshot is written. */
    void (*save)(const struct cw_core *core, uint32_t shard,
                 struct cw_pack *out);
    enum cw_status (*load)(struct cw_core *core, uint32_t shard,
                           struct cw_unpack *in, struct cw_error *err);

    /* What it has counted since it was made: a number for each counter. Rows
     * that are COUNTER only rise, GAUGE is how much there is now. NULL = it
     * counts nothing. */
    void (*count)(const struct cw_core *core, uint64_t *numbers);
    const struct cw_core_counter *counters;
    size_t counter_count; /* up to CW_CORE_COUNTERS_MAX */
};

#endif
