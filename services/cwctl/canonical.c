#include "canonical.h"

#include "canonical_lines.h"
#include "core/emit.h"
#include "core/unpack.h"
#include "scan.h"

#define ARENA_MAX ((size_t)256 << 20)

struct canonical {
    struct canonical_lines *lines;
    struct cw_arena *arena;
    struct client *client;
};

/* What the cores decide; not what moves them, nor what effects bring about. */
static const enum cw_topic decided[] = {
    CW_TOPIC_EVENTS,    CW_TOPIC_SAID,     CW_TOPIC_SERIES,  CW_TOPIC_PATTERNS,
    CW_TOPIC_ANOMALIES, CW_TOPIC_EVIDENCE, CW_TOPIC_EDGES,   CW_TOPIC_TOPOLOGY,
    CW_TOPIC_INCIDENTS, CW_TOPIC_LEDGER,   CW_TOPIC_NOTICES, CW_TOPIC_CAUSES,
    CW_TOPIC_ACTIONS,   CW_TOPIC_AUDIT,
};

#define DECIDED_COUNT (sizeof(decided) / sizeof(decided[0]))

static enum cw_status take_item(void *to, const struct cw_item *item,
                                struct cw_error *err)
{
    const struct canonical *canonical = to;
    return canonical_lines_take(
        canonical->lines, cw_topic_item_type(item->topic), item->record, err);
}

static enum cw_topic topic_of(const struct canonical *canonical,
                              const rd_kafka_message_t *message)
{
    const char *name = rd_kafka_topic_name(message->rkt);
    const size_t prefix = strlen(client_kafka(canonical->client)->prefix) + 1;
    return cw_topic_find(cw_text_of(name + prefix));
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct canonical *canonical = to;
    (void)stop;
    cw_arena_reset(canonical->arena);
    return cw_unpack_message(topic_of(canonical, message),
                             (struct cw_text){message->payload, message->len},
                             canonical->arena, take_item, canonical, err);
}

static enum cw_status read_all(struct canonical *canonical,
                               struct cw_error *err)
{
    char names[DECIDED_COUNT][CLIENT_NAME_MAX];
    const char *topics[DECIDED_COUNT];
    for (size_t i = 0; i < DECIDED_COUNT; i++) {
        client_topic(canonical->client, cw_topic_spec(decided[i])->name,
                     names[i]);
        topics[i] = names[i];
    }
    const struct scan_setup setup = {.topics = topics,
                                     .topic_count = DECIDED_COUNT,
                                     .take = take,
                                     .to = canonical};
    return scan_run(canonical->client, &setup, err);
}

enum cw_status canonical_run(struct call *call, struct cw_error *err)
{
    struct canonical canonical = {0};
    int64_t until_at = INT64_MAX;
    enum cw_status status = call_time(call, "until", &until_at, err);
    if (status == CW_OK)
        status = cw_arena_create(&canonical.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = canonical_lines_create(&canonical.lines, err);
    if (status == CW_OK)
        canonical_lines_until(canonical.lines, until_at);
    if (status == CW_OK)
        status = client_open(&canonical.client, call, err);
    if (status == CW_OK)
        status = read_all(&canonical, err);
    if (status == CW_OK)
        status = canonical_lines_print(canonical.lines, call->out, err);
    client_close(&canonical.client);
    canonical_lines_destroy(&canonical.lines);
    cw_arena_destroy(&canonical.arena);
    return status;
}
