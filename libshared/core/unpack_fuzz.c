/* First byte: the topic; then the value of a message, whose frame is put
 * before it. Every item lies in the message, has a content id that a second
 * reading gives again, and sorting is total. */
#include <stdlib.h>
#include <string.h>

#include "core/emit.h"
#include "core/unpack.h"

#define ARENA_MAX ((size_t)32 << 20)
#define ITEMS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct found {
    struct cw_item items[ITEMS_MAX];
    size_t count;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static enum cw_status keep(void *to, const struct cw_item *item,
                           struct cw_error *err)
{
    struct found *found = to;
    if (found->count == ITEMS_MAX)
        return cw_fail(err, CW_FULL, "items");
    check(item->record != NULL);
    found->items[found->count++] = *item;
    return CW_OK;
}

static bool later(const struct cw_item *a, const struct cw_item *b)
{
    if (a->stream_at != b->stream_at)
        return a->stream_at > b->stream_at;
    if (a->event_at != b->event_at)
        return a->event_at > b->event_at;
    return a->content_id > b->content_id;
}

static enum cw_status read_once(enum cw_topic topic, struct cw_text value,
                                struct cw_arena *arena, struct found *found)
{
    struct cw_error err = {0};
    found->count = 0;
    const enum cw_status status =
        cw_unpack_message(topic, value, arena, keep, found, &err);
    check(status == CW_OK || err.text[0] != '\0');
    cw_items_sort(found->items, found->count);
    for (size_t i = 0; i < found->count; i++)
        (void)cw_item_content_id(&found->items[i]);
    for (size_t i = 1; i < found->count; i++)
        check(!later(&found->items[i - 1], &found->items[i]));
    return status;
}

static void read_twice(enum cw_topic topic, struct cw_text value,
                       struct cw_arena *arena)
{
    static struct found first;
    static struct found second;
    const enum cw_status status = read_once(topic, value, arena, &first);
    check(read_once(topic, value, arena, &second) == status);
    check(first.count == second.count);
    for (size_t i = 0; i < first.count; i++)
        check(first.items[i].content_id == second.items[i].content_id &&
              first.items[i].route == second.items[i].route);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    struct cw_pack pack;
    if (size == 0)
        return 0;
    const enum cw_topic topic = (enum cw_topic)(bytes[0] % CW_TOPIC_COUNT);
    const struct cw_record_type *type = cw_topic_message_type(topic);
    cw_pack_init(&pack, ARENA_MAX);
    cw_pack_bytes(&pack, "\xc3\x01", 2);
    cw_pack_u64(&pack, type == NULL ? 0 : type->fingerprint);
    cw_pack_bytes(&pack, bytes + 1, size - 1);
    check(!pack.failed && cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    read_twice(topic, (struct cw_text){(const char *)pack.bytes, pack.size},
               arena);
    cw_arena_destroy(&arena);
    cw_pack_fini(&pack);
    return 0;
}
