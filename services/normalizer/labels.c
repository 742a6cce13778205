#include "labels.h"

void labels_clear(struct labels *labels)
{
    labels->count = 0;
    labels->dropped = 0;
}

void labels_add(struct labels *labels, struct cw_text key, struct cw_text value)
{
    if (key.size == 0 || value.size == 0)
        return;
    if (labels->count == LABELS_MAX) {
        labels->dropped++;
        return;
    }
    labels->items[labels->count++] = (struct cw_key_value){key, value};
}

/* Insertion: lists are short and mostly sorted already. Stable, so that of
 * two equal keys the later stands last. */
static void sort_by_key(struct cw_key_value *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct cw_key_value moved = items[i];
        size_t at = i;
        while (at > 0 && cw_text_compare(items[at - 1].key, moved.key) > 0) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = moved;
    }
}

void labels_sort(struct labels *labels)
{
    sort_by_key(labels->items, labels->count);
    size_t kept = 0;
    for (size_t i = 0; i < labels->count; i++) {
        if (kept > 0 &&
            cw_text_equal(labels->items[kept - 1].key, labels->items[i].key))
            kept--;
        labels->items[kept++] = labels->items[i];
    }
    labels->count = kept;
}

void labels_merge(struct labels *labels, const struct labels *base)
{
    const size_t own = labels->count;
    for (size_t i = 0; i < base->count; i++) {
        size_t at = 0;
        while (at < own &&
               !cw_text_equal(labels->items[at].key, base->items[i].key))
            at++;
        if (at == own)
            labels_add(labels, base->items[i].key, base->items[i].value);
    }
    sort_by_key(labels->items, labels->count);
}

struct cw_text labels_find(const struct labels *labels, struct cw_text key)
{
    for (size_t i = 0; i < labels->count; i++)
        if (cw_text_equal(labels->items[i].key, key))
            return labels->items[i].value;
    return (struct cw_text){"", 0};
}

struct cw_text labels_take(struct labels *labels, struct cw_text key)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (!cw_text_equal(labels->items[i].key, key))
            continue;
        const struct cw_text value = labels->items[i].value;
        labels->count--;
        memmove(&labels->items[i], &labels->items[i + 1],
                (labels->count - i) * sizeof(labels->items[0]));
        return value;
    }
    return (struct cw_text){"", 0};
}
