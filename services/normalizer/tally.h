/*
 * tally - what all cores of a process have counted, for /metrics.
 *
 * Place    core (after each record) -> [tally] -> causeway_records_*_total
 * Output   received == emitted records + ...: see counts.h, whose numbers
 *          these are, summed over the process's life
 * Threads  add is the loop's; collect is the admin port's
 */
#ifndef NORMALIZER_TALLY_H
#define NORMALIZER_TALLY_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "counts.h"

#define TALLY_COUNT (sizeof(struct normalizer_counts) / sizeof(uint64_t))

struct normalizer_tally {
    _Atomic uint64_t sums[TALLY_COUNT]; /* as the fields of the counts */
};

/* Adds what now has more than told, and makes told the same. */
void normalizer_tally_add(struct normalizer_tally *tally,
                          const struct normalizer_counts *now,
                          struct normalizer_counts *told);

struct normalizer_counts
normalizer_tally_read(const struct normalizer_tally *tally);

extern const struct cw_metric normalizer_metrics[];
extern const size_t normalizer_metric_count;

/* Brings the rows up to date; first is the index of normalizer_metrics[0]. */
void normalizer_tally_collect(const struct normalizer_tally *tally,
                              struct cw_metrics *metrics, size_t first);

#endif
