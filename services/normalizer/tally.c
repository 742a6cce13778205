#include "tally.h"

#include <stddef.h>
#include <string.h>

#include "base/status.h"

enum row { ROW_RECEIVED, ROW_EMITTED, ROW_DISCARDED, ROW_REFUSED };

const struct cw_metric normalizer_metrics[] = {
    [ROW_RECEIVED] = {"causeway_records_received_total", CW_METRIC_COUNTER,
                      "outcome", "raw records: taken, tombstone or refused",
                      CW_METRIC_STABLE, 0, NULL, 0, 8},
    [ROW_EMITTED] = {"causeway_records_emitted_total", CW_METRIC_COUNTER,
                     "kind", "parts of raw records sent on", CW_METRIC_STABLE,
                     0, NULL, 0, 8},
    [ROW_DISCARDED] = {"causeway_records_discarded_total", CW_METRIC_COUNTER,
                       "reason", "parts that say nothing, left out by design",
                       CW_METRIC_STABLE, 0, NULL, 0, 8},
    [ROW_REFUSED] = {"causeway_records_refused_total", CW_METRIC_COUNTER,
                     "of,reason",
                     "whole records and parts that could not be read",
                     CW_METRIC_STABLE, 0, NULL, 0, 2 * (size_t)CW_STATUS_COUNT},
};

const size_t normalizer_metric_count =
    sizeof(normalizer_metrics) / sizeof(normalizer_metrics[0]);

/* The counts are numbers of 64 bits and nothing else. */
_Static_assert(sizeof(struct normalizer_counts) ==
                   TALLY_COUNT * sizeof(uint64_t),
               "counts have holes");

void normalizer_tally_add(struct normalizer_tally *tally,
                          const struct normalizer_counts *now,
                          struct normalizer_counts *told)
{
    uint64_t a[TALLY_COUNT];
    uint64_t b[TALLY_COUNT];
    memcpy(a, now, sizeof(a));
    memcpy(b, told, sizeof(b));
    for (size_t i = 0; i < TALLY_COUNT; i++)
        if (a[i] != b[i])
            atomic_fetch_add_explicit(&tally->sums[i], a[i] - b[i],
                                      memory_order_relaxed);
    *told = *now;
}

struct normalizer_counts
normalizer_tally_read(const struct normalizer_tally *tally)
{
    uint64_t sums[TALLY_COUNT];
    struct normalizer_counts counts;
    for (size_t i = 0; i < TALLY_COUNT; i++)
        sums[i] = atomic_load_explicit(&tally->sums[i], memory_order_relaxed);
    memcpy(&counts, sums, sizeof(counts));
    return counts;
}

static void raise_one(struct cw_metrics *metrics, size_t row, const char *label,
                      uint64_t total)
{
    const struct cw_text value = cw_text_of(label);
    cw_cell_raise(cw_metrics_cell(metrics, row, &value), total);
}

/* Reasons that have not come up have no series. */
static void raise_reasons(struct cw_metrics *metrics, size_t row,
                          const char *of, const uint64_t *by)
{
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++) {
        const struct cw_text labels[] = {
            cw_text_of(of), cw_text_of(cw_status_code((enum cw_status)i))};
        if (by[i] > 0)
            cw_cell_raise(cw_metrics_cell(metrics, row, labels), by[i]);
    }
}

void normalizer_tally_collect(const struct normalizer_tally *tally,
                              struct cw_metrics *metrics, size_t first)
{
    static const char *const kinds[] = {
#define NAME(id, name, meaning) #name,
        COUNT_EMIT_TABLE(NAME)};
    static const char *const drops[] = {COUNT_DROP_TABLE(NAME)};
#undef NAME
    const struct normalizer_counts counts = normalizer_tally_read(tally);
    raise_one(metrics, first + ROW_RECEIVED, "taken", counts.taken);
    raise_one(metrics, first + ROW_RECEIVED, "tombstone", counts.tombstones);
    raise_one(metrics, first + ROW_RECEIVED, "refused", counts.refused_records);
    for (size_t i = 0; i < COUNT_EMIT_COUNT; i++)
        raise_one(metrics, first + ROW_EMITTED, kinds[i], counts.emitted[i]);
    for (size_t i = 0; i < COUNT_DROP_COUNT; i++)
        raise_one(metrics, first + ROW_DISCARDED, drops[i], counts.dropped[i]);
    raise_reasons(metrics, first + ROW_REFUSED, "record",
                  counts.refused_records_by);
    raise_reasons(metrics, first + ROW_REFUSED, "part",
                  counts.refused_parts_by);
}
