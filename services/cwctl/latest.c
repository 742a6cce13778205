#include "latest.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "message_line.h"
#include "scan.h"

#define ARENA_MAX ((size_t)256 << 20)

struct latest {
    const char *id;
    struct cw_arena *arena; /* of the message at hand */
    struct cw_map64 *index; /* hash of the id -> records */
    json_t **records;
    size_t count;
    size_t capacity;
};

static enum cw_status add(struct latest *latest, uint64_t key, json_t *record,
                          struct cw_error *err)
{
    if (latest->count == latest->capacity) {
        const size_t capacity = latest->capacity ? latest->capacity * 2 : 256;
        json_t **grown = realloc(latest->records, capacity * sizeof(json_t *));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu records", capacity);
        latest->records = grown;
        latest->capacity = capacity;
    }
    const enum cw_status status =
        cw_map64_put(latest->index, key, latest->count, err);
    if (status == CW_OK)
        latest->records[latest->count++] = record;
    return status;
}

static int64_t revision_of(const json_t *record)
{
    return latest_number(json_object_get(record, "meta"), "revision");
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct latest *latest = to;
    const struct cw_record_type *type = NULL;
    const void *bytes = NULL;
    uint64_t at;
    (void)stop;
    cw_arena_reset(latest->arena);
    if (!message_record(message, latest->arena, &type, &bytes))
        return CW_OK;
    json_t *record = type->json(bytes, false);
    const char *id = latest_text(record, latest->id);
    const uint64_t key = cw_hash_text(cw_text_of(id));
    if (id[0] == '\0') { /* a mark */
        json_decref(record);
        return CW_OK;
    }
    if (!cw_map64_find(latest->index, key, &at)) {
        const enum cw_status status = add(latest, key, record, err);
        if (status != CW_OK)
            json_decref(record);
        return status;
    }
    if (revision_of(record) < revision_of(latest->records[at])) {
        json_decref(record);
        return CW_OK;
    }
    json_decref(latest->records[at]);
    latest->records[at] = record;
    return CW_OK;
}

enum cw_status latest_load(struct latest **made, struct client *client,
                           const char *topic, const char *id,
                           struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    struct latest *latest = calloc(1, sizeof(*latest));
    if (latest == NULL)
        return cw_fail(err, CW_NO_MEMORY, "records");
    latest->id = id;
    client_topic(client, topic, name);
    const struct scan_setup setup = {
        .topics = topics, .topic_count = 1, .take = take, .to = latest};
    enum cw_status status = cw_arena_create(&latest->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&latest->index, LATEST_MAX, err);
    if (status == CW_OK)
        status = scan_run(client, &setup, err);
    if (status != CW_OK)
        latest_destroy(&latest);
    else
        *made = latest;
    return status;
}

void latest_destroy(struct latest **latest)
{
    if (*latest == NULL)
        return;
    for (size_t i = 0; i < (*latest)->count; i++)
        json_decref((*latest)->records[i]);
    free((*latest)->records);
    cw_map64_destroy(&(*latest)->index);
    cw_arena_destroy(&(*latest)->arena);
    free(*latest);
    *latest = NULL;
}

size_t latest_count(const struct latest *latest)
{
    return latest->count;
}

const json_t *latest_at(const struct latest *latest, size_t index)
{
    return latest->records[index];
}

const json_t *latest_find(const struct latest *latest, const char *id)
{
    const json_t *found = NULL;
    const size_t size = strlen(id);
    for (size_t i = 0; i < latest->count; i++) {
        const char *name = latest_text(latest->records[i], latest->id);
        if (strcmp(name, id) == 0)
            return latest->records[i];
        if (strncmp(name, id, size) != 0 || size < 4)
            continue;
        if (found != NULL)
            return NULL;
        found = latest->records[i];
    }
    return found;
}

const char *latest_text(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text != NULL ? text : "";
}

int64_t latest_number(const json_t *record, const char *name)
{
    return json_integer_value(json_object_get(record, name));
}
