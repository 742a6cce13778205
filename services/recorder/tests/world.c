#include "world.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>

#include "core/core.h"

static const char *conninfo(void)
{
    const char *given = getenv("CAUSEWAY_TEST_POSTGRES");
    if (given == NULL)
        fail_msg("run through tests/integration/with_postgres.sh");
    return given;
}

struct world world_make(void)
{
    struct world world = {0};
    struct cw_error err = {0};
    size_t applied = 0;
    if (recorder_store_create(&world.store, conninfo(), &err) != CW_OK ||
        recorder_store_ready(world.store, 0, &err) != CW_OK ||
        recorder_store_run(world.store,
                           "DROP SCHEMA IF EXISTS causeway CASCADE",
                           &err) != CW_OK ||
        recorder_migrate(world.store, recorder_migrations,
                         recorder_migration_count, &applied, &err) != CW_OK ||
        recorder_rows_create(&world.rows, world.store, &err) != CW_OK)
        fail_msg("%s", err.text);
    assert_int_equal(applied, recorder_migration_count);
    return world;
}

void world_drop(struct world *world)
{
    recorder_rows_destroy(&world->rows);
    recorder_store_destroy(&world->store);
}

char *world_value(struct world *world, const char *sql)
{
    PGresult *result = PQexec(recorder_store_connection(world->store), sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1)
        fail_msg("%s\n%s", sql,
                 PQerrorMessage(recorder_store_connection(world->store)));
    char *value = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    assert_non_null(value);
    return value;
}

char *world_refusal(struct world *world, const char *sql)
{
    PGresult *result = PQexec(recorder_store_connection(world->store), sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        fail_msg("not refused: %s", sql);
    char *text = strdup(PQresultErrorMessage(result));
    PQclear(result);
    assert_non_null(text);
    return text;
}

void world_run(struct world *world, const char *sql)
{
    struct cw_error err = {0};
    if (recorder_store_run(world->store, sql, &err) != CW_OK)
        fail_msg("%s\n%s", sql, err.text);
}

struct cw_meta world_meta(int32_t revision, int64_t stream_at)
{
    return (struct cw_meta){.tenant = CW_TEXT("default"),
                            .domain = CW_TEXT("default"),
                            .event_at = stream_at,
                            .stream_at = stream_at,
                            .revision = revision,
                            .config_hash = 7};
}

void world_store(struct world *world, enum cw_topic topic, const void *record)
{
    struct cw_error err = {0};
    const struct recorder_row row = {.topic = topic, .record = record};
    const struct recorder_batch batch = {.rows = &row, .row_count = 1};
    if (recorder_rows_apply(world->rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
}

void world_store_incident(struct world *world, const char *id,
                          int64_t started_at, enum cw_incident_status status)
{
    const bool over = status == CW_INCIDENT_STATUS_RESOLVED;
    const struct cw_incident incident = {
        .meta = world_meta(1, started_at),
        .incident_id = cw_text_of(id),
        .status = status,
        .title = CW_TEXT("cart is slow"),
        .started_at = started_at,
        .opened_at = started_at + 20 * SECOND_US,
        .acknowledged_at = over ? started_at + 80 * SECOND_US : 0,
        .resolved_at = over ? started_at + 600 * SECOND_US : 0,
    };
    world_store(world, CW_TOPIC_INCIDENTS, &incident);
}

void world_assert(struct world *world, const char *sql, const char *want)
{
    char *value = world_value(world, sql);
    assert_string_equal(value, want);
    free(value);
}

/* ---- made-up history --------------------------------------------------------
 */

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = cw_hash_mix(*state, 1);
    return *state % below;
}

static const char *const ids[] = {"INC-22222", "INC-33333", "INC-44444",
                                  "INC-55555"};
static const struct cw_entity entities[] = {
    {{"service", 7}, {"cart", 4}},
    {{"service", 7}, {"d\0b\xff", 4}}, /* neither UTF-8 nor free of NUL */
};
static const struct cw_key_value labels[] = {{{"env", 3}, {"prod", 4}}};
static const struct cw_text sentences[] = {{"first", 5}, {"second \"x\"", 10}};
static const struct cw_member members[] = {
    {.member_id = {"a1", 2},
     .entity = {{"service", 7}, {"cart", 4}},
     .kind = {"metric", 6},
     .started_at = WORLD_NOON,
     .reason = {.rule = {"first", 5},
                .shared_labels = labels,
                .shared_labels_count = 1}},
    {.member_id = {"a2", 2},
     .entity = {{"service", 7}, {"db", 2}},
     .kind = {"alert", 5},
     .started_at = WORLD_NOON,
     .ended_at = WORLD_NOON + 5},
    {.member_id = {"a2", 2}, .kind = {"alert", 5}}, /* named twice */
};
static const struct cw_candidate candidates[] = {
    {.label = {"cart", 4},
     .probability = 0.7,
     .evidence = sentences,
     .evidence_count = 2},
    {.label = {"db", 2}, .probability = 0.1},
};

static void *fresh(size_t size)
{
    void *record = calloc(1, size);
    assert_non_null(record);
    return record;
}

static void *make_incident(uint64_t *state, struct cw_meta meta)
{
    struct cw_incident *made = fresh(sizeof(*made));
    *made = (struct cw_incident){
        .meta = meta,
        .incident_id = cw_text_of(ids[draw(state, 4)]),
        .status = (enum cw_incident_status)draw(state, 4),
        .title = cw_text_of(draw(state, 2) ? "cart is slow" : "cart is down"),
        .started_at = WORLD_NOON,
        .opened_at = WORLD_NOON + 30 * SECOND_US,
        .entities = entities,
        .entities_count = draw(state, 3),
        .member_count = 2,
        .members = members,
        .members_count = draw(state, 4),
    };
    return made;
}

static void *make_cause(uint64_t *state, struct cw_meta meta)
{
    struct cw_cause *made = fresh(sizeof(*made));
    *made = (struct cw_cause){
        .meta = meta,
        .incident_id = cw_text_of(ids[draw(state, 4)]),
        .decided_at = meta.stream_at,
        .unknown = draw(state, 2) == 1,
        .missing = sentences,
        .missing_count = draw(state, 3),
        .confidence = (double)draw(state, 100) / 100.0,
        .candidates = candidates,
        .candidates_count = draw(state, 3),
        .title = CW_TEXT("cart"),
    };
    return made;
}

static void *make_notice(uint64_t *state, struct cw_meta meta)
{
    struct cw_notice *made = fresh(sizeof(*made));
    *made = (struct cw_notice){
        .meta = meta,
        .notice_id = cw_text_of(ids[draw(state, 4)]),
        .incident_id = cw_text_of(ids[draw(state, 4)]),
        .transition = (enum cw_transition)draw(state, 5),
        .decided_at = meta.stream_at,
    };
    return made;
}

static void *make_delivery(uint64_t *state, struct cw_meta meta)
{
    struct cw_delivery *made = fresh(sizeof(*made));
    *made = (struct cw_delivery){
        .meta = meta,
        .notice_id = cw_text_of(ids[draw(state, 2)]),
        .target = cw_text_of(draw(state, 2) ? "slack" : "webhook"),
        .state = (enum cw_delivery_state)draw(state, 6),
        .attempts = (int32_t)draw(state, 3),
        .outcome = CW_TEXT("200"),
    };
    return made;
}

static void *make_action(uint64_t *state, struct cw_meta meta)
{
    struct cw_action *made = fresh(sizeof(*made));
    *made = (struct cw_action){
        .meta = meta,
        .action_id = cw_text_of(ids[draw(state, 4)]),
        .incident_id = cw_text_of(ids[0]),
        .state = (enum cw_action_state)draw(state, 12),
        .argv = sentences,
        .argv_count = draw(state, 3),
        .proposed_at = WORLD_NOON,
        .action_hash = CW_TEXT("h"),
    };
    return made;
}

static void *make_said(uint64_t *state, struct cw_meta meta)
{
    static const enum cw_said_kind kinds[] = {
        CW_SAID_KIND_LABEL, CW_SAID_KIND_MODEL, CW_SAID_KIND_SILENCE};
    const uint64_t which = draw(state, 4);
    struct cw_said *made = fresh(sizeof(*made));
    *made = (struct cw_said){
        .meta = meta,
        .said_id = cw_text_of(ids[which]),
        .kind = kinds[which % 3],
        .by = CW_TEXT("ana"),
        .target = cw_text_of(ids[which]),
        .value = CW_TEXT("true"),
        .parameters = labels,
        .parameters_count = 1,
    };
    return made;
}

static void *make_anomaly(uint64_t *state, struct cw_meta meta)
{
    struct cw_anomaly *made = fresh(sizeof(*made));
    const uint64_t which = draw(state, 4);
    *made = (struct cw_anomaly){
        .meta = meta,
        .anomaly_id = cw_text_of(ids[which]),
        .status = (enum cw_anomaly_status)draw(state, 3),
        .entity = entities[which % 2],
        .series_id = INT64_MIN + (int64_t)which,
        .metric = CW_TEXT("latency"),
        .labels = labels,
        .labels_count = 1,
        .started_at = WORLD_NOON + (int64_t)which * 86400 * SECOND_US,
        .actual = (double)draw(state, 1000) / 7.0,
        .lower = which == 1 ? (double)-__builtin_inf() : 0.0,
    };
    return made;
}

static void *make_ledger(uint64_t *state, struct cw_meta meta)
{
    struct cw_ledger_entry *made = fresh(sizeof(*made));
    *made = (struct cw_ledger_entry){
        .meta = meta,
        .alert_id = cw_text_of(ids[draw(state, 4)]),
        .entity = entities[0],
        .fate = (enum cw_fate)draw(state, 7),
    };
    return made;
}

static void *make_edge(uint64_t *state, struct cw_meta meta)
{
    struct cw_topology_edge *made = fresh(sizeof(*made));
    *made = (struct cw_topology_edge){
        .meta = meta,
        .caller = entities[draw(state, 2)],
        .callee = entities[draw(state, 2)],
        .kind = CW_TEXT("calls"),
        .source = CW_TEXT("seen"),
        .weight = (double)draw(state, 50),
        .valid_from = WORLD_NOON,
        .valid_to = draw(state, 2) ? 0 : WORLD_NOON + SECOND_US,
    };
    return made;
}

static void *make_audit(uint64_t *state, struct cw_meta meta)
{
    struct cw_audit *made = fresh(sizeof(*made));
    *made = (struct cw_audit){
        .meta = meta,
        .chain = CW_TEXT("remediator/0"),
        .sequence = 1 + (int64_t)draw(state, 30),
        .what = CW_TEXT("intended"),
        .mac = CW_TEXT("00ff"),
    };
    /* One link has one content, so what else differs must not. */
    made->meta = world_meta(0, WORLD_NOON + made->sequence);
    return made;
}

static const struct {
    enum cw_topic topic;
    void *(*make)(uint64_t *state, struct cw_meta meta);
} makers[] = {
    {CW_TOPIC_INCIDENTS, make_incident}, {CW_TOPIC_CAUSES, make_cause},
    {CW_TOPIC_NOTICES, make_notice},     {CW_TOPIC_DELIVERIES, make_delivery},
    {CW_TOPIC_ACTIONS, make_action},     {CW_TOPIC_SAID, make_said},
    {CW_TOPIC_ANOMALIES, make_anomaly},  {CW_TOPIC_LEDGER, make_ledger},
    {CW_TOPIC_TOPOLOGY, make_edge},      {CW_TOPIC_AUDIT, make_audit},
};

void world_history_make(struct world_history *history, uint64_t seed)
{
    uint64_t state = seed;
    for (size_t i = 0; i < WORLD_ROWS; i++) {
        const size_t kind = i % (sizeof(makers) / sizeof(makers[0]));
        const int32_t revision = (int32_t)draw(&state, 12);
        const struct cw_meta meta =
            world_meta(revision, WORLD_NOON + revision * SECOND_US);
        history->records[i] = makers[kind].make(&state, meta);
        history->rows[i] = (struct recorder_row){.topic = makers[kind].topic,
                                                 .partition = 0,
                                                 .offset = (int64_t)i,
                                                 .record = history->records[i]};
    }
}

void world_history_free(struct world_history *history)
{
    for (size_t i = 0; i < WORLD_ROWS; i++)
        free(history->records[i]);
}

void world_shuffle(struct recorder_row *rows, size_t count, uint64_t seed)
{
    uint64_t state = seed;
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)draw(&state, i);
        const struct recorder_row kept = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = kept;
    }
}

char *world_digest(struct world *world)
{
    /* recorded_at is when this database heard of it: no part of the promise. */
    return world_value(
        world,
        "SELECT md5(string_agg(line, E'\\n' ORDER BY line)) || ' ' || count(*) "
        "FROM ("
#define LINES(name)                                                            \
    "SELECT '" name " ' || (to_jsonb(t) - 'recorded_at')::text AS line "       \
    "FROM causeway." name " AS t"
        LINES("incidents") " UNION ALL " LINES("members") " UNION ALL " LINES("causes") " UNION ALL " LINES("candidates") " UNION ALL " LINES("notices") " UNION ALL " LINES("deliveries") " UNION ALL " LINES("actions") " UNION ALL " LINES(
            "said") " UNION ALL " LINES("labels") " UNION ALL " LINES("model_"
                                                                      "version"
                                                                      "s") " UN"
                                                                           "ION"
                                                                           " AL"
                                                                           "L"
                                                                           " " LINES("anomalies") " UNION ALL " LINES("ledger") " UNION ALL " LINES(
                                                                               "topology_edges") " UNION ALL " LINES("audit")
#undef LINES
                                                                               ") AS lines");
}
