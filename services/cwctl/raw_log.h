/*
 * raw_log - the input files of a replay as one raw log.
 *
 * Place    replay: lines of each file -> [raw_log] -> pipeline
 * Input    files of raw_line; several are merged by Kafka time, each in its
 *          own order
 * Output   what there is (topics, partitions, recorded ticks and rulings), then
 *          records and ticks, one after the other
 * Limits   CW_PLAN_RAW_MAX topics, RAW_LOG_PARTITIONS_MAX partitions each;
 *          recorded ticks are held in memory (24 bytes each)
 * Threads  one owner thread
 *
 * Every file is read twice: what runs must be known before the first record.
 * A record without a partition goes to partition hash(key) mod n, without a key
 * round robin. One without a time has the latest time of its file.
 */
#ifndef CWCTL_RAW_LOG_H
#define CWCTL_RAW_LOG_H

#include "core/merge.h"
#include "core/plan.h"

#define RAW_LOG_PARTITIONS_MAX 1024

struct raw_log;

struct raw_log_setup {
    const char *const *paths; /* borrowed */
    size_t path_count;
    uint32_t partitions; /* for records without one; at least 1 */
    bool lenient;        /* lines that cannot be read are counted, not fatal */
};

struct raw_log_ruling {
    enum cw_service service;
    uint32_t partition;
    struct cw_source_ruling ruling;
};

enum raw_log_event { RAW_LOG_END, RAW_LOG_RECORD, RAW_LOG_TICK };

struct raw_log_next {
    enum raw_log_event event;
    struct cw_raw raw; /* of a record; of a tick topic and partition */
    int64_t stream_at; /* of a tick */
};

/* Reads everything once. CW_BAD_RECORD names file and line. */
CW_MUST_USE enum cw_status raw_log_open(struct raw_log **made,
                                        const struct raw_log_setup *setup,
                                        struct cw_error *err);
void raw_log_close(struct raw_log **log);

/* Topics with their partition counts, by name; lent for the log's life. */
const struct cw_plan_raw *raw_log_topics(const struct raw_log *log,
                                         uint32_t *count);
bool raw_log_has_ticks(const struct raw_log *log);
/* Of the engine's topics, as the manifest in the input says; 0 = none. */
uint32_t raw_log_partitions(const struct raw_log *log);
/* In the order of their slices. */
const struct raw_log_ruling *raw_log_rulings(const struct raw_log *log,
                                             size_t *count);
uint64_t raw_log_record_count(const struct raw_log *log);
uint64_t raw_log_refused_count(const struct raw_log *log);

/* What comes next; lent until the next call. */
CW_MUST_USE enum cw_status raw_log_next(struct raw_log *log,
                                        struct raw_log_next *next,
                                        struct cw_error *err);

#endif
