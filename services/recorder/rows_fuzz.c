/* First byte: a topic with a table; then a record's body. Its document, made
 * fit for PostgreSQL, is still JSON and holds no NUL, escaped or not. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/emit.h"
#include "rows.h"

#define ARENA_MAX ((size_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_document(const struct cw_record_type *type,
                           const void *record)
{
    json_t *json = type->json(record, false);
    check(json != NULL);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    check(text != NULL);
    recorder_rows_clean(text);
    /* Without JSON_ALLOW_NUL an escaped NUL is refused, as jsonb does. */
    json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);
    check(again != NULL);
    json_decref(again);
    json_decref(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_arena *arena = NULL;
    struct cw_error err;
    if (size == 0)
        return 0;
    const enum cw_topic topic = (enum cw_topic)(bytes[0] % CW_TOPIC_COUNT);
    const struct cw_record_type *type = cw_topic_item_type(topic);
    if (!recorder_rows_has(topic))
        return 0;
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    struct cw_unpack in = cw_unpack_of(bytes + 1, size - 1);
    void *record = cw_arena_take(arena, type->size);
    if (record != NULL && type->decode(record, &in, arena, &err) == CW_OK)
        check_document(type, record);
    cw_arena_destroy(&arena);
    return 0;
}
