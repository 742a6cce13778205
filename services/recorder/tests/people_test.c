/* What people write comes out of the outbox once; what they read adds up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "outbox.h"
#include "world.h"

struct sink {
    enum cw_status answer;
    size_t calls;
    size_t count;
    char topic[64];
    json_t *payload; /* of the last command */
};

static enum cw_status take(void *to, const struct recorder_command *commands,
                           size_t count, struct cw_error *err)
{
    struct sink *sink = to;
    sink->calls++;
    if (sink->answer != CW_OK)
        return cw_fail(err, sink->answer, "broker away");
    sink->count += count;
    const struct recorder_command *last = &commands[count - 1];
    (void)snprintf(sink->topic, sizeof(sink->topic), "%.*s",
                   CW_TEXT_ARG(last->topic));
    json_decref(sink->payload);
    sink->payload =
        json_loadb(last->payload.bytes, last->payload.size, 0, NULL);
    return CW_OK;
}

static const char *member_of(const struct sink *sink, const char *key)
{
    const char *text = json_string_value(json_object_get(sink->payload, key));
    return text ? text : "(none)";
}

static void flush(struct world *world, struct sink *sink, size_t want)
{
    struct cw_error err = {0};
    size_t sent = 99;
    if (recorder_outbox_flush(world->store, take, sink, &sent, &err) != CW_OK)
        fail_msg("%s", err.text);
    assert_int_equal(sent, want);
}

static void assert_refused(struct world *world, const char *sql,
                           const char *why)
{
    char *text = world_refusal(world, sql);
    if (strstr(text, why) == NULL)
        fail_msg("%s\nrefused, but by: %s", sql, text);
    free(text);
}

static void a_saying_reaches_the_sender_once(void **state)
{
    (void)state;
    struct world world = world_make();
    struct sink sink = {0};
    struct cw_error err = {0};
    size_t sent = 0;
    world_store_incident(&world, "INC-22222", WORLD_NOON,
                         CW_INCIDENT_STATUS_OPEN);
    flush(&world, &sink, 0);
    assert_int_equal(sink.calls, 0); /* nothing waits: nobody is called */
    char *id =
        world_value(&world, "SELECT causeway.acknowledge('INC-22222', 'ana', "
                            "'on it')");
    sink.answer = CW_UNAVAILABLE;
    assert_int_equal(
        recorder_outbox_flush(world.store, take, &sink, &sent, &err),
        CW_UNAVAILABLE);
    sink.answer = CW_OK;
    flush(&world, &sink, 1); /* it had stayed */
    flush(&world, &sink, 0); /* and is gone */
    assert_string_equal(sink.topic, "raw.commands");
    assert_string_equal(member_of(&sink, "kind"), "acknowledge");
    assert_string_equal(member_of(&sink, "tenant"), "default");
    assert_string_equal(member_of(&sink, "target"), "INC-22222");
    assert_string_equal(member_of(&sink, "by"), "ana");
    assert_string_equal(member_of(&sink, "reason"), "on it");
    assert_string_equal(
        json_string_value(json_object_get(
            json_object_get(sink.payload, "parameters"), "request_id")),
        id);
    free(id);
    json_decref(sink.payload);
    world_drop(&world);
}

static void the_same_words_in_one_transaction_are_one_command(void **state)
{
    (void)state;
    struct world world = world_make();
    struct sink sink = {0};
    world_run(&world,
              "BEGIN; SELECT causeway.kill_switch('stop', 'ana', 'x');"
              "SELECT causeway.kill_switch('stop', 'ana', 'x'); COMMIT");
    flush(&world, &sink, 1);
    world_run(&world, "SELECT causeway.kill_switch('stop', 'ana', 'x')");
    flush(&world, &sink, 1); /* later it is another command */
    json_decref(sink.payload);
    world_drop(&world);
}

/* A command goes to the owner of one domain: stopping must reach each. */
static void the_kill_switch_reaches_every_domain(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_incident incident = {.meta = world_meta(1, WORLD_NOON),
                                   .incident_id = CW_TEXT("INC-22222"),
                                   .started_at = WORLD_NOON,
                                   .opened_at = WORLD_NOON};
    incident.meta.domain = CW_TEXT("shop");
    world_store(&world, CW_TOPIC_INCIDENTS, &incident);
    world_run(&world, "SELECT causeway.kill_switch('stop', 'ana')");
    world_assert(
        &world,
        "SELECT string_agg(domain, ' ' ORDER BY domain) FROM causeway.outbox",
        "default shop");
    world_run(
        &world,
        "SELECT causeway.kill_switch('start', 'ana', '', 'default', 'shop')");
    world_assert(&world, "SELECT count(*) FROM causeway.outbox", "3");
    world_run(&world,
              "SELECT causeway.silence('{\"entity\": \"x\"}', 'ana', 'y', "
              "now() + '1h', 'default', 'shop')");
    world_assert(&world,
                 "SELECT count(*) FROM causeway.outbox WHERE domain = 'shop'",
                 "3");
    world_drop(&world);
}

static void what_makes_no_sense_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct world world = world_make();
    world_store_incident(&world, "INC-22222", WORLD_NOON,
                         CW_INCIDENT_STATUS_RESOLVED);
    const char *const refused[][2] = {
        {"SELECT causeway.acknowledge('INC-99999', 'ana')",
         "no incident INC-99999"},
        {"SELECT causeway.acknowledge('INC-22222', 'ana')", "resolved already"},
        {"SELECT causeway.resolve('INC-22222', 'ana')", "resolved already"},
        {"SELECT causeway.label('INC-22222', 'false', ' ')", "who you are"},
        {"SELECT causeway.label('INC-22222', 'maybe', 'ana')", "not 'maybe'"},
        {"SELECT causeway.label('nothing', 'true', 'ana')", "nothing is known"},
        {"SELECT causeway.silence('{}', 'ana', 'x', now() + '1h')",
         "needs matchers"},
        {"SELECT causeway.silence('[]', 'ana', 'x', now() + '1h')",
         "needs matchers"},
        {"SELECT causeway.silence('{\"entity\": \"*\"}', 'ana', 'x', now() + "
         "'1h')",
         "narrows"},
        {"SELECT causeway.silence('{\"entity\": \"c\"}', 'ana', ' ', now() + "
         "'1h')",
         "needs a reason"},
        {"SELECT causeway.silence('{\"entity\": \"c\"}', 'ana', 'x', now())",
         "in the future"},
        {"SELECT causeway.silence('{\"entity\": \"c\"}', 'ana', 'x', "
         "'infinity')",
         "within a year"},
        {"SELECT causeway.unsilence('nothing', 'ana')", "no silence"},
        {"SELECT causeway.kill_switch('off', 'ana')", "stop and start"},
        {"SELECT causeway.approve('nothing', 'h', 'ana')", "no action"},
        {"SELECT causeway.kill_switch('stop', 'ana', '', '')", "which tenant"},
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_refused(&world, refused[i][0], refused[i][1]);
    world_assert(&world, "SELECT count(*) FROM causeway.outbox", "0");
    world_drop(&world);
}

static void an_approval_is_bound_to_what_was_read(void **state)
{
    (void)state;
    struct world world = world_make();
    struct sink sink = {0};
    struct cw_action action = {.meta = world_meta(1, WORLD_NOON),
                               .action_id = CW_TEXT("a1"),
                               .action_hash = CW_TEXT("h1"),
                               .state = CW_ACTION_STATE_PROPOSED,
                               .proposed_at = WORLD_NOON};
    world_store(&world, CW_TOPIC_ACTIONS, &action);
    assert_refused(&world, "SELECT causeway.approve('a1', 'h0', 'ana')",
                   "its hash is h1");
    world_run(&world, "SELECT causeway.approve('a1', 'h1', 'ana')");
    flush(&world, &sink, 1);
    assert_string_equal(
        json_string_value(json_object_get(
            json_object_get(sink.payload, "parameters"), "action_hash")),
        "h1");
    action.expires_at = WORLD_NOON + SECOND_US;
    action.meta.revision = 2;
    world_store(&world, CW_TOPIC_ACTIONS, &action);
    assert_refused(&world, "SELECT causeway.approve('a1', 'h1', 'ana')",
                   "expired");
    action.meta.revision = 3;
    action.state = CW_ACTION_STATE_REFUSED;
    world_store(&world, CW_TOPIC_ACTIONS, &action);
    assert_refused(&world, "SELECT causeway.reject('a1', 'ana')", "is refused");
    json_decref(sink.payload);
    world_drop(&world);
}

static void a_silence_carries_matchers_and_expiry(void **state)
{
    (void)state;
    struct world world = world_make();
    struct sink sink = {0};
    world_run(&world,
              "SELECT causeway.silence('{\"severity\": \"WARNING\", "
              "\"entity\": \"cart*\"}', 'ana', 'deploy', now() + '1h')");
    flush(&world, &sink, 1);
    char *matchers = json_dumps(json_object_get(sink.payload, "matchers"),
                                JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(matchers,
                        "[{\"label\":\"entity\",\"value\":\"cart*\"},"
                        "{\"label\":\"severity\",\"value\":\"WARNING\"}]");
    assert_true(json_integer_value(json_object_get(
                    sink.payload, "expires_at")) > INT64_C(1600000000000000));
    free(matchers);
    json_decref(sink.payload);
    world_drop(&world);
}

/* Two incidents on one day, a third is a drill. Detected after 20 s each,
 * acknowledged 60 s later, resolved after 600 s. Five alerts: one paged. */
/* Another tenant's anchor is no link of mine that was cut. */
static void a_confined_reader_sees_no_faults_of_others(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_audit link = {.meta = world_meta(0, WORLD_NOON),
                            .chain = CW_TEXT("remediator/default/default"),
                            .sequence = 1,
                            .mac = CW_TEXT("m1")};
    world_store(&world, CW_TOPIC_AUDIT, &link);
    link.meta.tenant = CW_TEXT("acme");
    link.chain = CW_TEXT("remediator/acme/default");
    world_store(&world, CW_TOPIC_AUDIT, &link);
    world_assert(&world, "SELECT causeway.anchor_audit()", "2");
    world_run(&world, "DROP ROLE IF EXISTS grafana; CREATE ROLE grafana LOGIN "
                      "IN ROLE causeway_reader; INSERT INTO "
                      "causeway.reader_tenants VALUES ('grafana', 'acme');"
                      "SET SESSION AUTHORIZATION grafana");
    world_assert(&world, "SELECT count(*) FROM causeway.audit_anchors", "1");
    world_assert(&world, "SELECT count(*) FROM causeway.audit_faults", "0");
    world_run(&world, "RESET SESSION AUTHORIZATION;"
                      "ALTER TABLE causeway.audit DISABLE TRIGGER append_only;"
                      "DELETE FROM causeway.audit WHERE tenant = 'acme';"
                      "SET SESSION AUTHORIZATION grafana");
    world_assert(&world, "SELECT fault FROM causeway.audit_faults",
                 "cut below its anchor");
    world_run(&world, "RESET SESSION AUTHORIZATION");
    world_drop(&world);
}

static void a_reader_sees_its_tenant_and_writes_nothing(void **state)
{
    (void)state;
    struct world world = world_make();
    world_store_incident(&world, "INC-22222", WORLD_NOON,
                         CW_INCIDENT_STATUS_OPEN);
    struct cw_incident other = {.meta = world_meta(1, WORLD_NOON),
                                .incident_id = CW_TEXT("INC-33333"),
                                .started_at = WORLD_NOON,
                                .opened_at = WORLD_NOON};
    other.meta.tenant = CW_TEXT("acme");
    world_store(&world, CW_TOPIC_INCIDENTS, &other);
    world_run(&world,
              "DROP ROLE IF EXISTS grafana; CREATE ROLE grafana LOGIN IN ROLE "
              "causeway_reader; SET SESSION AUTHORIZATION grafana");
    world_assert(&world, "SELECT count(*) FROM causeway.open_incidents", "2");
    world_run(&world, "SET causeway.tenant = 'acme'");
    world_assert(
        &world,
        "SELECT string_agg(incident_id, ' ') FROM causeway.open_incidents",
        "INC-33333");
    world_run(&world,
              "RESET SESSION AUTHORIZATION; RESET causeway.tenant;"
              "INSERT INTO causeway.reader_tenants VALUES ('grafana', 'acme');"
              "SET SESSION AUTHORIZATION grafana");
    world_assert(
        &world,
        "SELECT string_agg(incident_id, ' ') FROM causeway.open_incidents",
        "INC-33333");
    world_run(&world, "SET causeway.tenant = 'default'");
    world_assert(&world, "SELECT count(*) FROM causeway.open_incidents", "0");
    world_run(&world, "RESET causeway.tenant");
    assert_refused(&world, "SELECT causeway.acknowledge('INC-22222', 'eve')",
                   "not yours");
    world_run(&world,
              "SELECT causeway.acknowledge('INC-33333', 'eve', '', 'acme')");
    assert_refused(&world, "UPDATE causeway.incidents SET title = ''",
                   "permission denied");
    assert_refused(&world, "SELECT causeway.store_incident('{}', 0)",
                   "permission denied");
    assert_refused(&world, "SELECT causeway.say('kill_switch', 'a', '', 'eve')",
                   "permission denied");
    assert_refused(&world, "DELETE FROM causeway.audit", "permission denied");
    world_run(&world, "RESET SESSION AUTHORIZATION");
    assert_refused(&world, "DELETE FROM causeway.audit", "append only");
    world_assert(&world, "SELECT created_by FROM causeway.outbox", "grafana");
    world_drop(&world);
}

/* The login of the service: a member of causeway_recorder and nothing else. */
static void the_recorder_needs_no_more_than_its_role(void **state)
{
    (void)state;
    struct world world = world_make();
    struct world_history history;
    struct sink sink = {0};
    struct cw_error err = {0};
    int64_t next = 0;
    world_run(&world,
              "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN IN ROLE "
              "causeway_recorder; SET SESSION AUTHORIZATION writer");
    world_history_make(&history, 5);
    assert_int_equal(recorder_rows_claim(world.rows, "t", 0, 0, &next, &err),
                     CW_OK);
    const struct recorder_move move = {"t", 0, 0, 240};
    const struct recorder_batch batch = {history.rows, WORLD_ROWS, &move, 1};
    if (recorder_rows_apply(world.rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
    world_assert(&world, "SELECT count(*) FROM causeway.refused_rows", "0");
    world_run(&world, "SELECT causeway.kill_switch('stop', 'ana', 'x')");
    flush(&world, &sink, 1);
    world_run(
        &world,
        "SELECT causeway.apply_retention(); SELECT causeway.anchor_audit()");
    world_assert(&world, "SELECT count(*) FROM causeway.audit_anchors", "1");
    json_decref(sink.payload);
    world_history_free(&history);
    world_drop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saying_reaches_the_sender_once),
        cmocka_unit_test(the_same_words_in_one_transaction_are_one_command),
        cmocka_unit_test(the_kill_switch_reaches_every_domain),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_the_reason),
        cmocka_unit_test(an_approval_is_bound_to_what_was_read),
        cmocka_unit_test(a_silence_carries_matchers_and_expiry),
        cmocka_unit_test(a_confined_reader_sees_no_faults_of_others),
        cmocka_unit_test(a_reader_sees_its_tenant_and_writes_nothing),
        cmocka_unit_test(the_recorder_needs_no_more_than_its_role),
    };
    return cmocka_run_group_tests_name("recorder.people", tests, NULL, NULL);
}
