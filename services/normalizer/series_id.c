#include "series_id.h"

#include "base/hash.h"

#define STACK_SIZE 4096u

/* One hash over one buffer: a hash call per label would cost four times as
 * much. What does not fit is mixed in chunk by chunk. */
struct gather {
    uint64_t hash;
    size_t size;
    unsigned char bytes[STACK_SIZE];
};

static void flush(struct gather *gather)
{
    gather->hash =
        cw_hash_mix(gather->hash, cw_hash(gather->bytes, gather->size));
    gather->size = 0;
}

static void add(struct gather *gather, struct cw_text text)
{
    const uint32_t length = (uint32_t)text.size;
    if (sizeof(length) + text.size > STACK_SIZE - gather->size)
        flush(gather);
    memcpy(gather->bytes + gather->size, &length, sizeof(length));
    gather->size += sizeof(length);
    if (text.size > STACK_SIZE - gather->size) {
        flush(gather);
        gather->hash = cw_hash_mix_text(gather->hash, text);
        return;
    }
    if (text.size > 0)
        memcpy(gather->bytes + gather->size, text.bytes, text.size);
    gather->size += text.size;
}

int64_t series_id(struct cw_text tenant, struct cw_text name,
                  const struct labels *labels)
{
    struct gather gather;
    gather.hash = 0;
    gather.size = 0;
    add(&gather, tenant);
    add(&gather, name);
    for (size_t i = 0; i < labels->count; i++) {
        add(&gather, labels->items[i].key);
        add(&gather, labels->items[i].value);
    }
    flush(&gather);
    return (int64_t)gather.hash;
}
