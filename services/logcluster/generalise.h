/*
 * generalise - the patterns of one entity: finds a line's pattern, and makes
 * places variable that take many values.
 *
 *   Failed password for root  from <*>      third constant took
 *   Failed password for admin from <*>      GENERALISE_VALUES values:
 *   Failed password for guest from <*>  =>  Failed password for <*> from <*>
 *
 * Place    skeleton -> [generalise] -> novelty, rates, core
 * Output   a pattern whose id is the hash of what is left constant, so two
 *          instances that saw the same lines name it alike, in any order of
 *          arrival as far as the rules are monotone (measured in the test)
 * Limits   max_patterns; when full the pattern unseen for longest makes room
 *          if it is idle for GENERALISE_IDLE_US, else the line has no pattern
 *          and the caller counts it as overflow
 * Threads  one owner thread
 * Source   the number of distinct values at a place decides: Yu et al., Brain,
 *          IEEE TSC 2023; made incremental here: all patterns of a length are
 *          compared when a new one comes, so nothing but patterns is state
 *
 * Rules, repeated until none applies to the new pattern P:
 *   1  P and Q become one when one covers the other
 *   2  they become one with all that differ from P in one place only, when
 *      that place then holds GENERALISE_VALUES different constants
 */
#ifndef LOGCLUSTER_GENERALISE_H
#define LOGCLUSTER_GENERALISE_H

#include "pattern.h"

#define GENERALISE_VALUES  4
#define GENERALISE_IDLE_US INT64_C(600000000)

struct generalise;

/* Told that every line of pattern `from` is one of `into` from now on; an
 * evicted pattern is not told. */
typedef void generalise_merged(void *context, uint32_t from, uint32_t into);

CW_MUST_USE enum cw_status generalise_create(struct generalise **made,
                                             size_t max_patterns,
                                             struct cw_error *err);
void generalise_destroy(struct generalise **set);

/* merged may be NULL. */
void generalise_listen(struct generalise *set, generalise_merged *merged,
                       void *context);

/* What happened to the set when a line was assigned. */
enum generalise_news {
    GENERALISE_KNOWN,  /* nothing */
    GENERALISE_MERGED, /* patterns became one; none is new */
    GENERALISE_NEW     /* a pattern never seen */
};

struct generalise_answer {
    struct pattern *pattern; /* lent until the next assign; NULL = overflow */
    enum generalise_news news;
};

/* The pattern of the line skeleton was built from, made when there is none and
 * may_grow. now_at: stream time, for eviction. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
generalise_assign(struct generalise *set, const struct skeleton *skeleton,
                  struct cw_text line, int64_t now_at,
                  struct generalise_answer *answer, struct cw_error *err);

/* Counts one line of the pattern. */
void generalise_count(struct generalise *set, struct pattern *pattern);

/* Changes whenever an assign could answer otherwise than before. */
uint32_t generalise_generation(const struct generalise *set);

size_t generalise_pattern_count(const struct generalise *set);
/* In the order of making, with gaps closed from the end. */
struct pattern *generalise_pattern(const struct generalise *set, size_t index);
struct pattern *generalise_find(const struct generalise *set, uint32_t serial);

/* Patterns with exactly one line, and lines in all: Good and Turing's N1, N. */
uint64_t generalise_once_count(const struct generalise *set);
uint64_t generalise_line_count(const struct generalise *set);

/* False: no new pattern without evicting one, whatever the set's maximum. */
void generalise_allow(struct generalise *set, bool may_grow);

void generalise_save(const struct generalise *set, struct cw_pack *out);
CW_MUST_USE enum cw_status generalise_load(struct generalise *set,
                                           struct cw_unpack *in,
                                           struct cw_error *err);

#endif
