/*
 * flight - the messages one commit puts on one topic-partition, and the input
 * intervals they cover.
 *
 * Place    outbox -> header "cw" of each Kafka message -> inlet
 * Input    a commit of one writer (a service instance) carries the outputs of
 *          several sources (raw partitions, or tasks of a service). Its
 *          messages to one topic-partition are parts 0..n-1; the last holds an
 *          entry per source: covered (from, to], mark, how many items
 *
 *            part 0        part 1        part 2 (last)
 *            [items A A ]  [items A B ]  [items B ] entries: A (7,9] 3 items
 *                                                            B (2,5] 2 items
 *
 * Output   the same, read back and checked: an exact repeat is told apart
 *          from a gap or an overlap
 * Limits   FLIGHT_ENTRIES_MAX entries a flight
 * Threads  pure
 */
#ifndef CW_CORE_FLIGHT_H
#define CW_CORE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/status.h"

#define CW_FLIGHT_HEADER      "cw"
#define CW_FLIGHT_ENTRIES_MAX 65536u
#define CW_UNCOVERED          INT64_MIN /* no interval seen yet */

struct cw_flight_entry {
    uint64_t source;
    int64_t from;    /* positions of the source: raw offsets or stream time */
    int64_t to;      /* == from: nothing new but the mark */
    int64_t mark_at; /* no later item of the source has stream_at <= this */
    uint32_t count;  /* items of this source in the flight */
};

struct cw_flight_head {
    uint64_t writer;
    uint32_t part;
    bool last;       /* digest and entries are set only on the last part */
    uint64_t digest; /* over the values of all parts, in order */
    const struct cw_flight_entry *entries;
    uint32_t entry_count;
};

void cw_flight_encode(const struct cw_flight_head *head, struct cw_pack *out);

/* entries come from arena. CW_BAD_RECORD: not such a header. */
CW_MUST_USE enum cw_status cw_flight_decode(struct cw_flight_head *head,
                                            struct cw_text bytes,
                                            struct cw_arena *arena,
                                            struct cw_error *err);

/* Digest of a flight from the digest of its earlier parts (0 at first). */
uint64_t cw_flight_digest(uint64_t earlier, struct cw_text value);

/* "normalizer:otlp_metrics:3", "detector:5": id of a source. */
uint64_t cw_source_id(const char *service, struct cw_text topic,
                      int32_t partition);

/* Where a source stands on one topic-partition. */
struct cw_position {
    int64_t covered_to; /* CW_UNCOVERED before the first */
    int64_t last_from;  /* of the last interval that was not empty */
    uint64_t digest;    /* of the flight it came in */
    int64_t mark_at;    /* INT64_MIN before the first */
};

enum cw_coverage { CW_COVERS_NEW, CW_COVERS_NOTHING, CW_COVERS_REPEAT };

/* How an entry joins on to a position. CW_GAP: a gap, an overlap, or the same
 * interval with other bytes; the position is unchanged. */
CW_MUST_USE enum cw_status
cw_position_check(const struct cw_position *position,
                  const struct cw_flight_entry *entry, uint64_t digest,
                  enum cw_coverage *coverage, struct cw_error *err);
void cw_position_move(struct cw_position *position,
                      const struct cw_flight_entry *entry, uint64_t digest);

#endif
