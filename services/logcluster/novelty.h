/*
 * novelty - the kinds of line an entity has never logged before.
 *
 * Place    generalise -> [novelty] -> output (anomalies, evidence)
 * Input    patterns made after the entity's learning time, and their lines
 * Output   entries: how surprising the first line was, how many came since,
 *          whether an anomaly is open for it
 * Limits   NOVELTY_ENTRY_MAX entries; a further new pattern makes none and is
 *          counted. An entry ends when its pattern was quiet for quiet_us
 * Threads  one owner thread
 * Source   the chance that the next line is of a kind not seen: Good,
 *          Biometrika 40, 1953 (Good-Turing): N1 / N, N1 kinds seen once in N
 *          lines; halves added so that it is never 0
 */
#ifndef LOGCLUSTER_NOVELTY_H
#define LOGCLUSTER_NOVELTY_H

#include "pattern.h"

#define NOVELTY_ENTRY_MAX    16
#define NOVELTY_SURPRISE_MAX 6.0

struct novelty_entry {
    uint32_t serial;     /* of the pattern, followed through merges */
    uint64_t pattern_id; /* when it was new: the anomaly keeps it */
    char text[TEMPLATE_SIZE_MAX];
    size_t text_size;
    int32_t severity;       /* highest so far */
    int64_t first_event_at; /* us */
    int64_t first_at;       /* us, stream time */
    int64_t last_event_at;  /* us */
    int64_t last_at;        /* us, stream time */
    uint64_t lines;
    uint64_t told_lines; /* in evidence */
    double surprise;     /* -log10 p, rounded */
    int64_t opened_at;   /* us, stream time; 0 = only evidence */
};

struct novelty {
    struct novelty_entry *entries; /* owned; NULL while there is none */
    size_t count;
    uint64_t missed_count; /* new patterns that found no place */
};

void novelty_fini(struct novelty *novelty);

/* -log10 of the chance of a new kind of line, in [0, NOVELTY_SURPRISE_MAX]. */
double novelty_surprise(uint64_t once_count, uint64_t line_count);

/* Enters a new pattern, without lines yet; NULL when full or out of memory,
 * which is counted. Its times are those of the coming first line. */
struct novelty_entry *novelty_add(struct novelty *novelty,
                                  const struct pattern *pattern,
                                  double surprise);

/* NULL when the pattern has no entry. */
struct novelty_entry *novelty_find(struct novelty *novelty, uint32_t serial);

void novelty_follow(struct novelty *novelty, uint32_t from, uint32_t into);

/* Takes entry `index` out; the order of the others stays. */
void novelty_remove(struct novelty *novelty, size_t index);

void novelty_save(const struct novelty *novelty, struct cw_pack *out);
CW_MUST_USE enum cw_status novelty_load(struct novelty *novelty,
                                        struct cw_unpack *in,
                                        struct cw_error *err);

#endif
