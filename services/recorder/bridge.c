#include "bridge.h"

#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "core/emit.h"
#include "migrate.h"
#include "outbox.h"
#include "record/wire.h"
#include "rows.h"
#include "stream/follow.h"
#include "stream/stream_metrics.h"
#include "stream/teller.h"
#include "vitals.h"

#define MEMORY_MAX ((size_t)256 << 20)
#define TOPICS_MAX CW_TOPIC_COUNT
#define TELL_US    ((int64_t)5000000)
#define LOOK_US    ((int64_t)5000000)

/* One input partition: where its table says it is. */
struct input {
    char *topic; /* owned */
    enum cw_topic id;
    int32_t partition;
    int64_t expected;
    int64_t next; /* after what the batch holds */
};

struct bridge {
    struct bridge_settings settings;
    const struct cw_side *side;
    struct recorder_store *store;
    struct recorder_rows *rows;
    struct cw_follow *follow;
    struct cw_teller *teller;
    struct cw_arena *arena; /* of the batch */
    char *topics[TOPICS_MAX];
    enum cw_topic topic_ids[TOPICS_MAX];
    size_t topic_count;
    struct input *inputs;
    size_t input_count;
    struct recorder_row batch[BRIDGE_ROWS_MAX];
    size_t batch_count;
    bool batch_moved; /* offsets moved, rows or not */
    bool migrated;
    int64_t outbox_due_us;
    int64_t look_due_us;
    int64_t upkeep_due_us;
    struct cw_clocks clock;
    struct vitals vitals;
    atomic_bool running; /* PostgreSQL answers and messages flow */
};

static int64_t now_of(const struct bridge *bridge)
{
    return cw_clock_monotonic_us(&bridge->clock);
}

enum cw_status bridge_create(struct bridge **made,
                             const struct bridge_settings *settings,
                             struct cw_error *err)
{
    struct bridge *bridge = calloc(1, sizeof(*bridge));
    if (bridge == NULL)
        return cw_fail(err, CW_NO_MEMORY, "bridge");
    bridge->settings = *settings;
    bridge->clock = cw_clock_system();
    atomic_store(&bridge->vitals.committed_us, now_of(bridge));
    enum cw_status status = cw_arena_create(&bridge->arena, MEMORY_MAX, err);
    if (status != CW_OK)
        bridge_destroy(&bridge);
    else
        *made = bridge;
    return status;
}

static void forget_inputs(struct bridge *bridge)
{
    for (size_t i = 0; i < bridge->input_count; i++)
        free(bridge->inputs[i].topic);
    free(bridge->inputs);
    bridge->inputs = NULL;
    bridge->input_count = 0;
    bridge->batch_count = 0;
    bridge->batch_moved = false;
    cw_arena_reset(bridge->arena);
}

void bridge_destroy(struct bridge **bridge)
{
    struct bridge *gone = *bridge;
    if (gone == NULL)
        return;
    cw_follow_close(&gone->follow);
    cw_teller_destroy(&gone->teller);
    recorder_rows_destroy(&gone->rows);
    recorder_store_destroy(&gone->store);
    forget_inputs(gone);
    for (size_t i = 0; i < gone->topic_count; i++)
        free(gone->topics[i]);
    cw_arena_destroy(&gone->arena);
    free(gone);
    *bridge = NULL;
}

static void beat(const struct bridge *bridge)
{
    bridge->side->beat(bridge->side->of);
}

/* ---- from topics -------------------------------------------------------- */

static size_t find_topic(const struct bridge *bridge, struct cw_text name)
{
    for (size_t i = 0; i < bridge->topic_count; i++)
        if (cw_text_is(name, bridge->topics[i]))
            return i;
    return bridge->topic_count;
}

/* Claims a partition: the table says where to read from. */
static enum cw_status start_at(void *context, const struct cw_follow_start *at,
                               int64_t *offset, struct cw_error *err)
{
    struct bridge *bridge = context;
    const size_t topic = find_topic(bridge, at->partition.topic);
    if (topic == bridge->topic_count)
        return cw_fail(err, CW_BROKEN, "a topic not subscribed to");
    struct input *grown =
        realloc(bridge->inputs, (bridge->input_count + 1) * sizeof(*grown));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "inputs");
    bridge->inputs = grown;
    struct input *input = &grown[bridge->input_count];
    *input = (struct input){
        .topic = strdup(bridge->topics[topic]),
        .id = bridge->topic_ids[topic],
        .partition = at->partition.partition,
    };
    if (input->topic == NULL)
        return cw_fail(err, CW_NO_MEMORY, "inputs");
    bridge->input_count++;
    const enum cw_status status =
        recorder_rows_claim(bridge->rows, input->topic, input->partition,
                            at->first, &input->expected, err);
    if (status != CW_OK)
        return status;
    input->next = input->expected;
    *offset = input->expected < at->first ? at->first : input->expected;
    return CW_OK;
}

static void on_revoked(void *context)
{
    forget_inputs(context);
}

static struct input *find_input(struct bridge *bridge,
                                const rd_kafka_message_t *message)
{
    const char *name = rd_kafka_topic_name(message->rkt);
    for (size_t i = 0; i < bridge->input_count; i++)
        if (bridge->inputs[i].partition == message->partition &&
            strcmp(bridge->inputs[i].topic, name) == 0)
            return &bridge->inputs[i];
    return NULL;
}

/* A record of a later release, or a torn one: its bytes are kept with the
 * reason, so that it can be recorded once it can be read. */
static void park(struct bridge *bridge, const struct input *input,
                 const rd_kafka_message_t *message, struct cw_text value,
                 const struct cw_error *why)
{
    const struct cw_text text = cw_text_of(why->text);
    bridge->side->unreadable(bridge->side->of, message, why);
    bridge->batch[bridge->batch_count++] = (struct recorder_row){
        .topic = input->id,
        .partition = input->partition,
        .offset = message->offset,
        .bytes = value,
        .code = cw_status_code(why->status),
        .reason =
            cw_arena_print(bridge->arena, "%.*s", CW_TEXT_ARG(text)).bytes,
    };
}

static void add_to_batch(struct bridge *bridge,
                         const rd_kafka_message_t *message)
{
    struct input *input = find_input(bridge, message);
    if (input == NULL)
        return; /* revoked in between */
    struct cw_error err = {0};
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    const struct cw_text value = cw_arena_text(
        bridge->arena, (struct cw_text){message->payload, message->len});
    input->next = message->offset + 1;
    bridge->batch_moved = true;
    if (message->payload == NULL)
        return; /* a tombstone */
    if (cw_wire_open(value, bridge->arena, &type, &record, &err) != CW_OK)
        park(bridge, input, message, value, &err);
    else if (type == cw_topic_item_type(input->id))
        bridge->batch[bridge->batch_count++] =
            (struct recorder_row){.topic = input->id,
                                  .partition = input->partition,
                                  .offset = message->offset,
                                  .record = record};
}

static enum cw_status fill_batch(struct bridge *bridge, struct cw_error *err)
{
    const int64_t until_us = now_of(bridge) + BRIDGE_WAIT_MS * INT64_C(1000);
    enum cw_status status = CW_OK;
    while (status == CW_OK && bridge->batch_count < BRIDGE_ROWS_MAX &&
           now_of(bridge) < until_us && !atomic_load(bridge->side->stop)) {
        const rd_kafka_message_t *message;
        beat(bridge);
        status = cw_follow_next(bridge->follow, 20, &message, err);
        if (status == CW_OK && message != NULL)
            add_to_batch(bridge, message);
    }
    return status;
}

static enum cw_status apply_batch(struct bridge *bridge, struct cw_error *err)
{
    if (!bridge->batch_moved)
        return CW_OK;
    struct recorder_move *moves =
        cw_arena_take(bridge->arena, bridge->input_count * sizeof(*moves));
    if (moves == NULL)
        return cw_fail(err, CW_NO_MEMORY, "moves");
    struct recorder_batch batch = {bridge->batch, bridge->batch_count, moves,
                                   0};
    for (size_t i = 0; i < bridge->input_count; i++) {
        const struct input *input = &bridge->inputs[i];
        if (input->next != input->expected)
            moves[batch.move_count++] = (struct recorder_move){
                input->topic, input->partition, input->expected, input->next};
    }
    const enum cw_status status =
        recorder_rows_apply(bridge->rows, &batch, err);
    if (status != CW_OK)
        return status;
    for (size_t i = 0; i < bridge->input_count; i++)
        bridge->inputs[i].expected = bridge->inputs[i].next;
    bridge->batch_count = 0;
    bridge->batch_moved = false;
    cw_arena_reset(bridge->arena);
    const struct recorder_rows_counts counts =
        recorder_rows_counts(bridge->rows);
    atomic_store(&bridge->vitals.rows, counts.rows);
    atomic_store(&bridge->vitals.refused, counts.refused);
    return CW_OK;
}

/* ---- to topics ---------------------------------------------------------- */

static enum cw_status tell_commands(void *to,
                                    const struct recorder_command *commands,
                                    size_t count, struct cw_error *err)
{
    struct bridge *bridge = to;
    struct cw_tell tells[OUTBOX_MAX];
    char names[OUTBOX_MAX][64];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%.*s",
                       CW_TEXT_ARG(commands[i].topic));
        tells[i] = (struct cw_tell){names[i], RD_KAFKA_PARTITION_UA,
                                    commands[i].id, commands[i].payload};
    }
    return cw_teller_say(bridge->teller, tells, count, TELL_US, err);
}

static enum cw_status flush_outbox(struct bridge *bridge, struct cw_error *err)
{
    if (now_of(bridge) < bridge->outbox_due_us)
        return CW_OK;
    size_t sent = 0;
    const enum cw_status status =
        recorder_outbox_flush(bridge->store, tell_commands, bridge, &sent, err);
    bridge->outbox_due_us =
        now_of(bridge) +
        (sent == OUTBOX_MAX ? 0 : bridge->settings.outbox_every_us);
    if (sent > 0)
        CW_LOG(bridge->side->log, INFO, "commands_sent",
               cw_kv_int("count", (int64_t)sent));
    return status;
}

static enum cw_status look_at_outbox(struct bridge *bridge,
                                     struct cw_error *err)
{
    int64_t waiting = 0;
    if (now_of(bridge) < bridge->look_due_us)
        return CW_OK;
    bridge->look_due_us = now_of(bridge) + LOOK_US;
    const enum cw_status status = recorder_store_number(
        bridge->store,
        "select count(*) from causeway.outbox where sent_at is null", &waiting,
        err);
    if (status == CW_OK)
        atomic_store(&bridge->vitals.outbox, waiting);
    return status;
}

static enum cw_status upkeep(struct bridge *bridge, struct cw_error *err)
{
    int64_t faults = 0;
    if (now_of(bridge) < bridge->upkeep_due_us)
        return CW_OK;
    bridge->upkeep_due_us = now_of(bridge) + bridge->settings.upkeep_every_us;
    enum cw_status status = recorder_store_run(
        bridge->store,
        "select causeway.apply_retention(); select causeway.anchor_audit()",
        err);
    beat(bridge);
    if (status == CW_OK)
        status = recorder_store_number(
            bridge->store, "select count(*) from causeway.audit_faults",
            &faults, err);
    if (status != CW_OK)
        return status;
    atomic_store(&bridge->vitals.audit_faults, faults);
    if (faults > 0)
        CW_LOG(bridge->side->log, ERROR, "audit_faults",
               cw_kv_int("count", faults),
               cw_kv_str("where", "causeway.audit_faults"));
    return CW_OK;
}

/* ---- the loop ----------------------------------------------------------- */

static enum cw_status open_store(struct bridge *bridge, struct cw_error *err)
{
    size_t applied = 0;
    enum cw_status status =
        recorder_store_ready(bridge->store, now_of(bridge), err);
    if (status != CW_OK || bridge->migrated)
        return status;
    status = recorder_migrate(bridge->store, recorder_migrations,
                              recorder_migration_count, &applied, err);
    if (status != CW_OK)
        return status;
    bridge->migrated = true;
    if (applied > 0)
        CW_LOG(bridge->side->log, INFO, "schema_migrated",
               cw_kv_int("files", (int64_t)applied));
    return CW_OK;
}

static enum cw_status open_follow(struct bridge *bridge, struct cw_error *err)
{
    if (bridge->follow != NULL)
        return CW_OK;
    union {
        char *const *owned;
        const char *const *lent;
    } topics = {bridge->topics};
    char group[128];
    (void)snprintf(group, sizeof(group), "%s.recorder",
                   bridge->side->kafka->prefix);
    const struct cw_follow_config config = {
        .kafka = bridge->side->kafka,
        .group = group,
        .topics = topics.lent,
        .topic_count = bridge->topic_count,
        .start = start_at,
        .revoked = on_revoked,
        .context = bridge,
    };
    return cw_follow_open(&bridge->follow, &config, err);
}

/* Everything read is in PostgreSQL. */
static void settle(struct bridge *bridge)
{
    atomic_store(&bridge->vitals.committed_us, now_of(bridge));
    bridge->side->settled(bridge->side->of);
}

static enum cw_status turn(struct bridge *bridge, struct cw_error *err)
{
    enum cw_status status = open_store(bridge, err);
    atomic_store(&bridge->vitals.up, status == CW_OK);
    if (status == CW_OK)
        status = open_follow(bridge, err);
    /* A batch that failed is given again, whole, before anything new. */
    if (status == CW_OK && !bridge->batch_moved)
        status = fill_batch(bridge, err);
    if (status == CW_OK)
        status = apply_batch(bridge, err);
    if (status == CW_OK)
        settle(bridge);
    if (status == CW_OK)
        status = flush_outbox(bridge, err);
    if (status == CW_OK)
        status = look_at_outbox(bridge, err);
    if (status == CW_OK)
        status = upkeep(bridge, err);
    return status;
}

static void rest_a_little(void)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    (void)nanosleep(&pause, NULL);
}

/* What a failure asks for: drop and claim again, or wait and try again. */
static bool survive(struct bridge *bridge, enum cw_status status,
                    struct cw_error *err)
{
    recorder_store_settle(bridge->store, now_of(bridge));
    if (!recorder_store_state(bridge->store).up)
        atomic_store(&bridge->vitals.up, false);
    if (status == CW_FENCED || status == CW_GAP) {
        CW_LOG(bridge->side->log, WARN, "claiming_again", cw_kv_error(err));
        cw_follow_close(&bridge->follow);
        forget_inputs(bridge);
        return true;
    }
    if (status == CW_UNAVAILABLE) {
        CW_LOG(bridge->side->log, WARN, "waiting", cw_kv_error(err));
        rest_a_little();
        return true;
    }
    return false;
}

static enum cw_status prepare(struct bridge *bridge, struct cw_error *err)
{
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++) {
        char name[256];
        if (!recorder_rows_has((enum cw_topic)i))
            continue;
        cw_kafka_topic_name(bridge->side->kafka,
                            cw_topic_spec((enum cw_topic)i)->name, name,
                            sizeof(name));
        bridge->topic_ids[bridge->topic_count] = (enum cw_topic)i;
        bridge->topics[bridge->topic_count] = strdup(name);
        if (bridge->topics[bridge->topic_count++] == NULL)
            return cw_fail(err, CW_NO_MEMORY, "topics");
    }
    enum cw_status status = recorder_store_create(
        &bridge->store, bridge->settings.postgres_url, err);
    if (status == CW_OK)
        status = recorder_rows_create(&bridge->rows, bridge->store, err);
    if (status == CW_OK)
        status = cw_teller_create(&bridge->teller, bridge->side->kafka, err);
    return status;
}

enum cw_status bridge_run(void *context, const struct cw_side *side,
                          struct cw_error *err)
{
    struct bridge *bridge = context;
    bridge->side = side;
    enum cw_status status = prepare(bridge, err);
    while (status == CW_OK && !atomic_load(side->stop)) {
        beat(bridge);
        status = turn(bridge, err);
        atomic_store(&bridge->running, status == CW_OK &&
                                           bridge->follow != NULL &&
                                           cw_follow_assigned(bridge->follow));
        if (status != CW_OK && survive(bridge, status, err))
            status = CW_OK;
    }
    return status;
}

bool bridge_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct bridge *bridge = context;
    const bool up = atomic_load(&bridge->vitals.up);
    const bool running = atomic_load(&bridge->running);
    if (parts != NULL) {
        (void)json_object_set_new(parts, "postgres", json_boolean(up));
        (void)json_object_set_new(parts, "assigned", json_boolean(running));
    }
    if (!up)
        (void)cw_fail(why, CW_UNAVAILABLE, "PostgreSQL does not answer");
    else if (!running)
        (void)cw_fail(why, CW_UNAVAILABLE, "no assignment yet");
    return up && running;
}

void bridge_collect(void *context, struct cw_metrics *metrics)
{
    const struct bridge *bridge = context;
    vitals_collect(&bridge->vitals, now_of(bridge), metrics,
                   cw_stream_metric_count);
}
