/*
 * labels - the key-value pairs of one measurement, line or alert, in order.
 *
 * Place    formats -> [labels] -> entity, series_id, draft
 * Input    borrowed texts, in any order
 * Output   after labels_sort: sorted by key, keys unique, the last one said
 *          wins (as JSON readers do)
 * Limits   LABELS_MAX pairs; more are dropped and counted in dropped, the
 *          first ones stay
 * Threads  one owner thread
 */
#ifndef NORMALIZER_LABELS_H
#define NORMALIZER_LABELS_H

#include <stddef.h>

#include "base/text.h"
#include "record/records.h"

#define LABELS_MAX 64

struct labels {
    size_t count;
    size_t dropped;
    struct cw_key_value items[LABELS_MAX];
};

void labels_clear(struct labels *labels);

/* Adds a pair; an empty value says nothing and is left out. */
void labels_add(struct labels *labels, struct cw_text key,
                struct cw_text value);
void labels_sort(struct labels *labels);

/* Adds every pair of base whose key labels has not said itself; both sorted,
 * and the result is. */
void labels_merge(struct labels *labels, const struct labels *base);

/* Value of key, empty when absent; order does not matter. */
struct cw_text labels_find(const struct labels *labels, struct cw_text key);

/* Takes key out; empty when absent. Keeps the order. */
struct cw_text labels_take(struct labels *labels, struct cw_text key);

#endif
