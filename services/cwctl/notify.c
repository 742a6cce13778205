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

#define TARGETS_MAX 64 /* as many as the notifier takes */

struct told {
    char name[64];
    bool resolved; /* its delivery of the second notice has ended */
};

struct drill {
    struct call *call;
    struct client *client;
    struct cw_arena *arena;
    struct table *table;
    char id[48]; /* of the incident that is none */
    char notice[64];
    enum cw_transition transition;
    int64_t sent_at;
    struct told told[TARGETS_MAX]; /* targets that heard FIRING */
    size_t told_count;
    size_t over; /* of them, those that heard RESOLVED */
    size_t left; /* of them, those whose second delivery goes on */
};

static struct cw_notice notice_of(const struct drill *drill,
                                  const struct cw_entity *entity)
{
    const bool over = drill->transition == CW_TRANSITION_RESOLVED;
    return (struct cw_notice){
        .meta = {.tenant = CW_TEXT("default"),
                 .domain = CW_TEXT("default"),
                 .event_at = drill->sent_at,
                 .stream_at = drill->sent_at,
                 .ingest_at = drill->sent_at,
                 .origin_partition = -1,
                 .origin_offset = -1,
                 .idempotency_key = cw_text_of(drill->notice)},
        .notice_id = cw_text_of(drill->notice),
        .incident_id = cw_text_of(drill->id),
        .transition = drill->transition,
        .number = over ? 2 : 1,
        .severity = CW_SEVERITY_CRITICAL,
        .title = CW_TEXT("test of notifications: nothing is wrong"),
        .started_at = drill->sent_at,
        .decided_at = drill->sent_at,
        .entities = entity,
        .entities_count = 1,
        .why = CW_TEXT("somebody called cwctl notify test"),
        .drill = !call_has(drill->call, "real"),
    };
}

/* Both notices go to one partition, so that they stay in order. */
static enum cw_status send_notice(struct drill *drill,
                                  enum cw_transition transition,
                                  struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const struct cw_entity entity = {CW_TEXT("service"), CW_TEXT("cwctl")};
    char topic[CLIENT_NAME_MAX];
    struct cw_teller *teller = NULL;
    struct cw_pack value;
    drill->transition = transition;
    drill->sent_at = cw_clock_wall_us(&clock);
    if (drill->id[0] == '\0')
        (void)snprintf(drill->id, sizeof(drill->id), "TEST-%" PRIx64,
                       (uint64_t)drill->sent_at);
    (void)snprintf(drill->notice, sizeof(drill->notice), "%s/%s", drill->id,
                   cw_transition_name(transition));
    const struct cw_notice notice = notice_of(drill, &entity);
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

/* ---- deliveries --------------------------------------------------------- */

static enum cw_status add_row(const struct drill *drill,
                              const struct cw_delivery *delivery,
                              struct cw_error *err)
{
    char attempts[16];
    (void)snprintf(attempts, sizeof(attempts), "%d", delivery->attempts);
    const struct cw_text cells[] = {
        delivery->target,
        cw_text_of(cw_transition_name(drill->transition)),
        cw_text_of(cw_delivery_state_name(delivery->state)),
        cw_text_of(attempts),
        delivery->outcome,
    };
    return table_add(drill->table, cells, err);
}

static void note(struct drill *drill, const struct cw_delivery *delivery)
{
    const bool delivered = delivery->state == CW_DELIVERY_STATE_DELIVERED;
    if (drill->transition == CW_TRANSITION_FIRING) {
        if (delivered && drill->told_count < TARGETS_MAX)
            (void)snprintf(drill->told[drill->told_count++].name,
                           sizeof(drill->told[0].name), "%.*s",
                           CW_TEXT_ARG(delivery->target));
        return;
    }
    for (size_t i = 0; i < drill->told_count; i++) {
        struct told *told = &drill->told[i];
        if (told->resolved || !cw_text_is(delivery->target, told->name))
            continue;
        told->resolved = true;
        drill->left--;
        drill->over += delivered ? 1 : 0;
    }
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct drill *drill = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    cw_arena_reset(drill->arena);
    if (!message_record(message, drill->arena, &type, &record) ||
        type != &cw_delivery_type)
        return CW_OK;
    const struct cw_delivery *delivery = record;
    if (!cw_text_is(delivery->notice_id, drill->notice) ||
        delivery->state == CW_DELIVERY_STATE_INTENT)
        return CW_OK;
    note(drill, delivery);
    *stop = drill->transition == CW_TRANSITION_RESOLVED && drill->left == 0;
    return add_row(drill, delivery, err);
}

/* How many targets there are only the notifier knows: so FIRING is waited for
 * the whole time, and RESOLVED until all who heard FIRING have it. */
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

/* ---- the drill ---------------------------------------------------------- */

/* Whoever hears FIRING late hears RESOLVED after it: so that is sent even when
 * nobody has answered yet. */
static enum cw_status run_drill(struct drill *drill, struct cw_error *err)
{
    struct cw_error first;
    enum cw_status status = send_notice(drill, CW_TRANSITION_FIRING, err);
    if (status != CW_OK)
        return status;
    const enum cw_status fired = wait_for_deliveries(drill, &first);
    drill->left = drill->told_count;
    status = send_notice(drill, CW_TRANSITION_RESOLVED, err);
    if (status == CW_OK && fired != CW_OK)
        return cw_fail(err, fired, "%s", first.text);
    return status == CW_OK && drill->told_count > 0
               ? wait_for_deliveries(drill, err)
               : status;
}

static enum cw_status judge(const struct drill *drill, struct cw_error *err)
{
    if (drill->told_count == 0)
        return cw_fail(err, CW_NOT_FOUND,
                       "nobody was told: does the notifier run, and has it "
                       "targets that want drills?");
    return drill->over == drill->told_count
               ? CW_OK
               : cw_fail(err, CW_BROKEN,
                         "%zu of %zu targets heard that it fires and not yet "
                         "that it is over",
                         drill->told_count - drill->over, drill->told_count);
}

enum cw_status notify_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"target",    "transition", "state",
                                          "#attempts", "outcome",    NULL};
    struct drill drill = {.call = call};
    enum cw_status status = cw_arena_create(&drill.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = table_create(&drill.table, columns, err);
    if (status == CW_OK)
        status = client_open(&drill.client, call, err);
    if (status == CW_OK)
        status = run_drill(&drill, err);
    if (status == CW_OK)
        table_print(drill.table, call->output, call->out);
    if (status == CW_OK)
        status = judge(&drill, err);
    client_close(&drill.client);
    table_destroy(&drill.table);
    cw_arena_destroy(&drill.arena);
    return status;
}
