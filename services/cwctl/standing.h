/*
 * standing - where the engine stands, as its own topics tell.
 *
 * Place    doctor: clock, verdicts, offsets -> [standing]
 * Limits   STANDING_MAX clocks, and as many absences
 * Threads  one owner thread
 */
#ifndef CWCTL_STANDING_H
#define CWCTL_STANDING_H

#include "client.h"

#define STANDING_MAX 4096

struct standing_clock {
    char name[CLIENT_NAME_MAX + 16]; /* topic/partition */
    int64_t stream_at;
};

struct standing_absence {
    char service[32];
    char topic[32];
    int32_t partition;
    int64_t source;
    int64_t since_at;
    bool absent;
};

struct standing;

CW_MUST_USE enum cw_status standing_load(struct standing **made,
                                         struct client *client,
                                         const rd_kafka_metadata_t *metadata,
                                         struct cw_error *err);
void standing_destroy(struct standing **standing);

const struct standing_clock *standing_clocks(const struct standing *standing,
                                             size_t *count);
const struct standing_absence *
standing_absences(const struct standing *standing, size_t *count);

/* Partitions of ours on which a transaction stays open: their last stable
 * offset lies below their end and does not move for pause_us. name is one of
 * them. */
CW_MUST_USE enum cw_status
standing_open_transactions(struct client *client,
                           const rd_kafka_metadata_t *metadata,
                           unsigned pause_us, size_t *count,
                           char name[CLIENT_NAME_MAX], struct cw_error *err);

#endif
