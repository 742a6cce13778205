/*
 * sim_log - a raw log made from a seed, so that a run of it can be repeated.
 *
 * Place    seed -> [log] -> sim_world
 * Output   records of two raw topics: falling timestamps, bursts of equal ones,
 *          jumps ahead
 * Threads  made by one, read by all
 */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SIM_PARTITIONS     2
#define SIM_RAW_PARTITIONS 2

/* Names of the raw topics, one partition each. */
extern const char *const sim_raw_topics[SIM_RAW_PARTITIONS];

struct sim_record {
    int64_t timestamp_at;
    char value[40];
};

struct sim_log {
    struct sim_record *records[SIM_RAW_PARTITIONS];
    size_t counts[SIM_RAW_PARTITIONS];
    int64_t end_at; /* later than every record */
};

CW_MUST_USE enum cw_status sim_log_make(struct sim_log *log, uint64_t seed,
                                        struct cw_error *err);
void sim_log_free(struct sim_log *log);
/* How many dead letters the log asks for: one a refused record, of a rule for
 * everybody one a partition. */
size_t sim_log_letter_count(const struct sim_log *log);

#endif
