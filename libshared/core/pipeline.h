/*
 * pipeline - every stage in one process, over topics in memory.
 *
 * Place    cwctl replay: raw records -> [pipeline: raw tasks, stages, memlog]
 *          -> the records the services would have written
 * Input    raw records, each partition in offset order; ticks, given or derived
 * Output   records of the topics asked for, through take, in order of stream
 *          time; within one instant by topic, partition, order of writing
 * Limits   memory: what lies between the slowest and the fastest raw
 *          partition, and one round of batch_count records or ROUND_SIZE bytes;
 *          topics in memory are trimmed behind their readers
 * Threads  one owner thread
 *
 * The first stage reads raw records (rawtask), the others merged topics
 * (stage). They come in topological order, so that one pass a round moves
 * everything there is.
 *
 * Derived ticks: before a record of Kafka time t is taken, every other raw
 * partition stands at t - grace at least, as if its end had been reached then;
 * it moves only by grace or more. At the end all stand just past the slice of
 * the latest record, and no further: input cut at a decision yields it.
 */
#ifndef CW_CORE_PIPELINE_H
#define CW_CORE_PIPELINE_H

#include "core/merge.h"
#include "core/plan.h"

#define CW_PIPELINE_GRACE_US 200000
#define CW_PIPELINE_BATCH    4096

struct cw_pipeline;

struct cw_pipeline_stage {
    enum cw_service service;
    const struct cw_core_type *type;
    const void *config; /* borrowed for the pipeline's life */
    uint64_t config_hash;
};

/* Takes one record; lent until it returns. For a batch topic record is one
 * item. A status other than OK ends the run with it. */
typedef enum cw_status cw_pipeline_take(void *to, enum cw_topic topic,
                                        const struct cw_record_type *type,
                                        const void *record,
                                        struct cw_error *err);

struct cw_pipeline_setup {
    const struct cw_pipeline_stage *stages; /* CW_SERVICE_NORMALIZER first */
    size_t stage_count;                     /* at most CW_SERVICE_COUNT */
    const struct cw_plan_raw *raw;          /* borrowed during create */
    uint32_t raw_count;
    uint32_t partitions; /* of every topic but the raw ones */
    bool ticks_given;    /* by cw_pipeline_tick; else derived */
    uint32_t topics;     /* bit per enum cw_topic: what take wants */
    size_t batch_count;  /* raw records a round; 0 = CW_PIPELINE_BATCH */
    uint64_t shuffle;    /* seed of another order of work, 0 = the usual: what
                            comes out must not change */
    cw_pipeline_take *take;
    void *to;
};

struct cw_pipeline_counts {
    uint64_t taken; /* raw records */
    uint64_t rounds;
    uint64_t put;      /* records handed to take */
    int64_t stream_at; /* slowest stage has released up to here */
};

/* CW_BAD_CONFIG: stages or raw topics out of bounds; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
cw_pipeline_create(struct cw_pipeline **made,
                   const struct cw_pipeline_setup *setup, struct cw_error *err);
void cw_pipeline_destroy(struct cw_pipeline **pipeline);

/* Rulings of a recorded run, in the order of their slices, before the first
 * record. CW_NOT_FOUND: no such stage or partition. */
CW_MUST_USE enum cw_status
cw_pipeline_rule(struct cw_pipeline *pipeline, enum cw_service service,
                 uint32_t partition, const struct cw_source_ruling *rulings,
                 size_t count, struct cw_error *err);

/* Takes a raw record; borrowed until it returns. CW_NOT_FOUND: its topic and
 * partition are not in the setup; CW_GAP: its offset was there before. */
CW_MUST_USE enum cw_status cw_pipeline_give(struct cw_pipeline *pipeline,
                                            const struct cw_raw *raw,
                                            struct cw_error *err);

/* A recorded tick of a raw partition. CW_NOT_FOUND as above. */
CW_MUST_USE enum cw_status
cw_pipeline_tick(struct cw_pipeline *pipeline, struct cw_text topic,
                 int32_t partition, int64_t stream_at, struct cw_error *err);

/* The input is over: all that can be decided is, and handed out. */
CW_MUST_USE enum cw_status cw_pipeline_end(struct cw_pipeline *pipeline,
                                           struct cw_error *err);

struct cw_pipeline_counts
cw_pipeline_counts(const struct cw_pipeline *pipeline);

#endif
