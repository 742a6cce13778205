#include "notify.h"

#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "core/topic.h"
#include "message_line.h"
#include "record/records.h"
#include "record/wire.h"
#include "scan.h"
#include "stream/teller.h"
#include "table.h"

#define ARENA_MAX    ((size_t)64 << 20)
#define VALUE_MAX    ((size_t)1 << 20)
#define SEND_US      INT64_C(15000000)
#define LOOK_BACK_US INT64_C(2000000)

struct drill {
    struct call *call;
    struct client *client;
    struct cw_arena *arena;
    struct table *table;
    char id[48];
    int64_t sent_at;
    size_t delivered;
};

static enum cw_status send_notice(struct drill *drill, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const struct cw_entity entity = {CW_TEXT("service"), CW_TEXT("cwctl")};
    char topic[CLIENT_NAME_MAX];
    struct cw_teller *teller = NULL;
    struct cw_pack value;
    drill->sent_at = cw_clock_wall_us(&clock);
    (void)snprintf(drill->id, sizeof(drill->id), "TEST-%" PRIx64,
                   (uint64_t)drill->sent_at);
    const struct cw_notice notice = {
        .meta = {.tenant = CW_TEXT("default"),
                 .domain = CW_TEXT("default"),
                 .event_at = drill->sent_at,
                 .stream_at = drill->sent_at,
                 .ingest_at = drill->sent_at,
                 .origin_partition = -1,
                 .origin_offset = -1,
                 .idempotency_key = cw_text_of(drill->id)},
        .notice_id = cw_text_of(drill->id),
        .incident_id = cw_text_of(drill->id),
        .transition = CW_TRANSITION_FIRING,
        .number = 1,
        .severity = CW_SEVERITY_CRITICAL,
        .title = CW_TEXT("test of notifications: nothing is wrong"),
        .started_at = drill->sent_at,
        .decided_at = drill->sent_at,
        .entities = &entity,
        .entities_count = 1,
        .why = CW_TEXT("somebody called cwctl notify test"),
        .drill = !call_has(drill->call, "real"),
    };
    cw_pack_init(&value, VALUE_MAX);
    cw_wire_seal(&cw_notice_type, &notice, &value);
    client_topic(drill->client, cw_topic_spec(CW_TOPIC_NOTICES)->name, topic);
    const struct cw_tell tell = {
        .topic = topic,
        .partition = RD_KAFKA_PARTITION_UA,
        .key = cw_text_of(drill->id),
        .value = {(const char *)value.bytes, value.size},
    };
    enum cw_status status =
        cw_teller_create(&teller, client_kafka(drill->client), err);
    if (status == CW_OK)
        status = cw_teller_say(teller, &tell, 1, SEND_US, err);
    cw_teller_destroy(&teller);
    cw_pack_fini(&value);
    return status;
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct drill *drill = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    cw_arena_reset(drill->arena);
    if (!message_record(message, drill->arena, &type, &record) ||
        type != &cw_delivery_type)
        return CW_OK;
    const struct cw_delivery *delivery = record;
    if (!cw_text_is(delivery->notice_id, drill->id) ||
        delivery->state == CW_DELIVERY_STATE_INTENT)
        return CW_OK;
    json_t *line = type->json(record, false);
    const struct cw_text cells[] = {
        delivery->target,
        message_path(line, CW_TEXT("state"), drill->arena),
        message_path(line, CW_TEXT("attempts"), drill->arena),
        delivery->outcome,
    };
    const enum cw_status status = table_add(drill->table, cells, err);
    json_decref(line);
    if (delivery->state == CW_DELIVERY_STATE_DELIVERED)
        drill->delivered++;
    return status;
}

/* How many targets there are only the notifier knows: so it is waited for the
 * whole time. */
static enum cw_status wait_for_deliveries(struct drill *drill,
                                          struct cw_error *err)
{
    char topic[CLIENT_NAME_MAX];
    const char *const topics[] = {topic};
    int64_t seconds = 15;
    enum cw_status status =
        call_number(drill->call, "timeout", 1, 3600, &seconds, err);
    if (status != CW_OK)
        return status;
    client_topic(drill->client, cw_topic_spec(CW_TOPIC_DELIVERIES)->name,
                 topic);
    const struct scan_setup setup = {
        .topics = topics,
        .topic_count = 1,
        .from_at = drill->sent_at - LOOK_BACK_US,
        .follow = true,
        .limit_us = seconds * 1000000,
        .take = take,
        .to = drill,
    };
    status = scan_run(drill->client, &setup, err);
    return status == CW_UNAVAILABLE ? CW_OK : status;
}

enum cw_status notify_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"target", "state", "#attempts",
                                          "outcome", NULL};
    struct drill drill = {.call = call};
    enum cw_status status = cw_arena_create(&drill.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = table_create(&drill.table, columns, err);
    if (status == CW_OK)
        status = client_open(&drill.client, call, err);
    if (status == CW_OK)
        status = send_notice(&drill, err);
    if (status == CW_OK)
        status = wait_for_deliveries(&drill, err);
    if (status == CW_OK)
        table_print(drill.table, call->output, call->out);
    if (status == CW_OK && drill.delivered == 0)
        status = cw_fail(err, CW_NOT_FOUND,
                         "nobody was told: does the notifier run, and has it "
                         "targets that want drills?");
    client_close(&drill.client);
    table_destroy(&drill.table);
    cw_arena_destroy(&drill.arena);
    return status;
}
