/*
 * outbox - what a service instance will say in its next commit.
 *
 * Place    tasks put records -> [outbox] -> sealed messages -> producer, or
 *          the memory log of a replay
 * Input    records by source (a task, a raw partition); how far each source
 *          has come
 * Output   per topic-partition one flight: messages with header, key, value.
 *          They stay, byte for byte, until cleared: a commit that must be
 *          tried again sends the same bytes
 * Limits   max_size bytes between two clears (CW_FULL: seal and commit
 *          first); message_size a message
 * Threads  one owner thread
 */
#ifndef CW_CORE_OUTBOX_H
#define CW_CORE_OUTBOX_H

#include "core/emit.h"
#include "core/flight.h"

struct cw_outbox;

struct cw_outbox_config {
    uint64_t writer;     /* id of the instance */
    uint32_t partitions; /* of every topic */
    size_t message_size; /* bytes of a message value, at most */
    size_t max_size;     /* bytes waiting, at most */
    int64_t ingest_at;   /* unused when 0 */
};

/* A source as it joins. */
struct cw_outbox_source_setup {
    uint64_t id;
    int64_t from;               /* how far its input is covered already */
    const enum cw_topic *marks; /* topics it marks, ended by CW_TOPIC_COUNT;
                                   borrowed until removed */
    int32_t only_partition;     /* it marks this one only; -1 = all */
};

struct cw_message {
    enum cw_topic topic;
    uint32_t partition;
    struct cw_text key;    /* empty = none */
    struct cw_text header; /* of CW_FLIGHT_HEADER; empty = none */
    struct cw_text value;
};

CW_MUST_USE enum cw_status
cw_outbox_create(struct cw_outbox **made, const struct cw_outbox_config *config,
                 struct cw_error *err);
void cw_outbox_destroy(struct cw_outbox **outbox);

/* Declares a source; *source is its handle until removed. Copies *setup. */
CW_MUST_USE enum cw_status
cw_outbox_add_source(struct cw_outbox *outbox,
                     const struct cw_outbox_source_setup *setup,
                     uint32_t *source, struct cw_error *err);
/* The source goes to another owner; what it put and is not sealed is
 * forgotten. */
void cw_outbox_remove_source(struct cw_outbox *outbox, uint32_t source);

/* Queues a record for the partition its route leads to. */
CW_MUST_USE enum cw_status cw_outbox_put(struct cw_outbox *outbox,
                                         uint32_t source,
                                         const struct cw_output *out,
                                         struct cw_error *err);

/* Queues a record for a partition, outside any flight. */
CW_MUST_USE enum cw_status cw_outbox_put_at(struct cw_outbox *outbox,
                                            uint32_t partition,
                                            const struct cw_output *out,
                                            struct cw_error *err);

/* The source has covered its input up to to; nothing of it to come has
 * stream_at <= mark_at. */
void cw_outbox_cover(struct cw_outbox *outbox, uint32_t source, int64_t to,
                     int64_t mark_at);

/* Whether a seal would say anything, and whether a record is among it. */
bool cw_outbox_has_news(const struct cw_outbox *outbox);
bool cw_outbox_has_records(const struct cw_outbox *outbox);
size_t cw_outbox_size(const struct cw_outbox *outbox);

/* Makes the messages of one commit; lent until clear. */
CW_MUST_USE enum cw_status cw_outbox_seal(struct cw_outbox *outbox,
                                          const struct cw_message **messages,
                                          size_t *count, struct cw_error *err);
uint32_t cw_outbox_partitions(const struct cw_outbox *outbox);

/* The commit is done: the messages are forgotten. */
void cw_outbox_clear(struct cw_outbox *outbox);

#endif
