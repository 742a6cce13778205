#include "sim_digest.h"

#include <stdlib.h>

#include "record/canonical.h"
#include "record/wire.h"
#include "sim_log.h"

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct digests {
    uint64_t *all;
    size_t count;
};

/* Order within a topic is the writers' affair, so digests are sorted. */
static uint64_t fold(struct digests *digests)
{
    uint64_t folded = 0;
    if (digests->count > 0)
        qsort(digests->all, digests->count, sizeof(*digests->all), by_value);
    for (size_t i = 0; i < digests->count; i++)
        folded = cw_hash_mix(folded, digests->all[i]);
    free(digests->all);
    return folded;
}

static bool is_last_of_key(const struct cw_memlog *log, enum cw_topic topic,
                           uint32_t partition, int64_t offset)
{
    const struct cw_text key =
        cw_memlog_get(log, topic, partition, offset)->key;
    for (int64_t i = offset + 1; i < cw_memlog_end(log, topic, partition); i++)
        if (cw_text_equal(cw_memlog_get(log, topic, partition, i)->key, key))
            return false;
    return true;
}

uint64_t sim_digest(const struct cw_memlog *log, enum cw_topic topic,
                    bool last_only, size_t *count)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    struct digests digests = {0};
    if (cw_arena_create(&arena, (size_t)1 << 30, &err) != CW_OK)
        abort();
    for (uint32_t p = 0; p < SIM_PARTITIONS; p++) {
        const int64_t end = cw_memlog_end(log, topic, p);
        uint64_t *grown = realloc(
            digests.all, (digests.count + (size_t)end + 1) * sizeof(*grown));
        if (grown == NULL)
            abort();
        digests.all = grown;
        for (int64_t i = 0; i < end; i++) {
            const struct cw_message *message = cw_memlog_get(log, topic, p, i);
            const struct cw_record_type *type;
            const void *record;
            if (cw_wire_open(message->value, arena, &type, &record, &err) !=
                CW_OK)
                abort();
            if (type == &cw_mark_type ||
                (last_only && !is_last_of_key(log, topic, p, i)))
                continue;
            digests.all[digests.count++] =
                cw_hash_mix(type->content_id(record), p);
        }
    }
    *count = digests.count;
    cw_arena_destroy(&arena);
    return fold(&digests);
}
