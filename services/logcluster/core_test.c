#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "core.h"
#include "core/drive.h"

#define SECOND INT64_C(1000000)
#define START  (INT64_C(1700000000) * SECOND)

static struct cw_drive *make(const struct logcluster_config *config)
{
    struct cw_error err;
    struct cw_drive *drive = NULL;
    assert_int_equal(
        cw_drive_create(&drive, &logcluster_core_type, config, &err), CW_OK);
    return drive;
}

static void say(struct cw_drive *drive, int64_t at, const char *name,
                int32_t severity, const char *body)
{
    struct cw_error err;
    struct cw_log log = {.stream_at = at,
                         .event_at = at - 1000,
                         .tenant = CW_TEXT("default"),
                         .domain = CW_TEXT("default"),
                         .entity = {CW_TEXT("service"), cw_text_of(name)},
                         .severity = severity,
                         .body = cw_text_of(body)};
    log.route =
        (int64_t)cw_route_entity(log.tenant, log.entity.kind, log.entity.name);
    const struct cw_item item = {.topic = CW_TOPIC_LOGS,
                                 .stream_at = at,
                                 .event_at = log.event_at,
                                 .content_id = cw_log_content_id(&log),
                                 .route = (uint64_t)log.route,
                                 .record = &log};
    assert_int_equal(cw_drive_item(drive, &item, &err), CW_OK);
}

static void pass(struct cw_drive *drive, int64_t until)
{
    struct cw_error err;
    assert_int_equal(cw_drive_advance(drive, until, &err), CW_OK);
}

/* The nth output of a topic, or NULL. */
static const struct cw_drive_output *output(const struct cw_drive *drive,
                                            enum cw_topic topic, size_t nth)
{
    for (size_t i = 0; i < cw_drive_output_count(drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(drive, i);
        if (out->topic == topic && nth-- == 0)
            return out;
    }
    return NULL;
}

/* Twenty minutes of a calm log, five lines a minute of two kinds. */
static void learn(struct cw_drive *drive, const char *name)
{
    for (int64_t i = 0; i < 100; i++) {
        say(drive, START + i * 12 * SECOND, name, 9,
            "request 5 served in 3 ms");
        say(drive, START + i * 12 * SECOND + 1, name, 9, "cache hit 7");
    }
}

#define LEARNT (START + 1200 * SECOND)

static void an_entity_counts_its_lines_by_window(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    say(drive, START + 1 * SECOND, "cart", 9, "started 1");
    say(drive, START + 2 * SECOND, "cart", 17, "failed 2");
    say(drive, START + 10 * SECOND, "cart", 9, "started 1"); /* still in it */
    say(drive, START + 11 * SECOND, "cart", 9, "started 1");
    pass(drive, START + 30 * SECOND);
    const double lines[] = {3, 1, 0};
    const double errors[] = {1, 0, 0};
    for (size_t i = 0; i < 3; i++) {
        const struct cw_drive_output *out =
            output(drive, CW_TOPIC_METRICS_PATTERNS, i);
        assert_non_null(out);
        const struct cw_metric_run *run = out->record;
        assert_int_equal(run->series_count, 2);
        assert_int_equal(run->definitions_count, i == 0 ? 2 : 0);
        assert_true(run->sampled_at[0] ==
                    START + 10 * SECOND * ((int64_t)i + 1));
        assert_true(run->values[0] == lines[i]);
        assert_true(run->values[1] == errors[i]);
        assert_true(out->route == (uint64_t)run->route);
    }
    cw_drive_destroy(&drive);
}

static void a_pattern_is_a_series_once_it_has_settled(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    learn(drive, "cart");
    pass(drive, LEARNT);
    const struct cw_metric_run *run =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 60)->record;
    assert_int_equal(run->series_count, 4);
    assert_int_equal(output(drive, CW_TOPIC_PATTERNS, 1) != NULL, 1);
    const struct cw_pattern *pattern =
        output(drive, CW_TOPIC_PATTERNS, 0)->record;
    assert_true(pattern->first_seen_at == START - 1000);
    assert_null(output(drive, CW_TOPIC_PATTERNS, 2));
    cw_drive_destroy(&drive);
}

static void a_new_error_opens_at_once_and_closes_when_quiet(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    learn(drive, "cart");
    pass(drive, LEARNT);
    assert_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    cw_drive_clear(drive);
    say(drive, LEARNT + 3 * SECOND, "cart", 17, "cannot reach database db-7");
    pass(drive, LEARNT + 20 * SECOND);
    const struct cw_drive_output *out = output(drive, CW_TOPIC_ANOMALIES, 0);
    assert_non_null(out);
    const struct cw_anomaly *opened = out->record;
    assert_int_equal(opened->status, CW_ANOMALY_STATUS_OPENED);
    assert_int_equal(opened->kind, CW_ANOMALY_KIND_NEW_PATTERN);
    assert_int_equal(opened->severity, CW_SEVERITY_ERROR);
    assert_true(cw_text_is(opened->metric, "cannot reach database <*>"));
    assert_true(opened->opened_at == LEARNT + 3 * SECOND);
    assert_true(opened->started_at == LEARNT + 3 * SECOND - 1000);
    /* N1 = 0 of N = 200: p = .5 / 201, -log10 p = 2.604226 */
    const struct cw_evidence *evidence =
        output(drive, CW_TOPIC_EVIDENCE, 0)->record;
    assert_int_equal(evidence->new_patterns_count, 1);
    assert_true(evidence->new_patterns[0].surprise > 2.604225 &&
                evidence->new_patterns[0].surprise < 2.604227);
    assert_true(opened->score > 0.722 && opened->score < 0.723);
    cw_drive_clear(drive);
    pass(drive, LEARNT + 62 * SECOND);
    assert_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    pass(drive, LEARNT + 71 * SECOND);
    const struct cw_anomaly *closed =
        output(drive, CW_TOPIC_ANOMALIES, 0)->record;
    assert_int_equal(closed->status, CW_ANOMALY_STATUS_CLOSED);
    assert_true(closed->closed_at == LEARNT + 3 * SECOND - 1000);
    cw_drive_destroy(&drive);
}

static void a_new_calm_line_is_evidence_until_it_repeats(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    learn(drive, "cart");
    pass(drive, LEARNT);
    cw_drive_clear(drive);
    for (int64_t i = 1; i <= 4; i++)
        say(drive, LEARNT + i * SECOND, "cart", 9, "switched to plan B 7");
    pass(drive, LEARNT + 10 * SECOND);
    assert_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    assert_non_null(output(drive, CW_TOPIC_EVIDENCE, 0));
    say(drive, LEARNT + 12 * SECOND, "cart", 9, "switched to plan B 7");
    pass(drive, LEARNT + 13 * SECOND);
    assert_non_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    cw_drive_destroy(&drive);
}

static void nothing_is_new_while_an_entity_is_learnt(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    for (int64_t i = 0; i < 50; i++)
        say(drive, START + i * 10 * SECOND, "cart", 9, "cache hit 7");
    say(drive, START + 510 * SECOND, "cart", 21, "cannot reach database");
    pass(drive, START + 590 * SECOND);
    assert_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    assert_null(output(drive, CW_TOPIC_EVIDENCE, 0));
    cw_drive_destroy(&drive);
}

/* The fourth user makes the pattern general: its lineage is told, and nobody
 * calls it new. */
static void a_merge_is_told_and_is_no_news(void **state)
{
    (void)state;
    static const char *const users[] = {"amy", "bob", "carol"};
    struct cw_drive *drive = make(NULL);
    char body[64];
    for (int64_t i = 0; i < 100; i++) {
        (void)snprintf(body, sizeof(body), "user %s logged in twice today",
                       users[i % 3]);
        say(drive, START + i * 12 * SECOND, "auth", 9, body);
    }
    pass(drive, LEARNT);
    cw_drive_clear(drive);
    say(drive, LEARNT + SECOND, "auth", 17, "user dave logged in twice today");
    pass(drive, LEARNT + 10 * SECOND);
    assert_null(output(drive, CW_TOPIC_ANOMALIES, 0));
    assert_null(output(drive, CW_TOPIC_EVIDENCE, 0));
    const struct cw_pattern *pattern =
        output(drive, CW_TOPIC_PATTERNS, 0)->record;
    assert_true(
        cw_text_is(pattern->template, "user <*> logged in twice today"));
    assert_int_equal(pattern->replaces_count, 3);
    assert_true(pattern->first_seen_at == START - 1000);
    assert_null(output(drive, CW_TOPIC_PATTERNS, 1));
    cw_drive_destroy(&drive);
}

static void lines_without_a_place_are_counted_as_other(void **state)
{
    (void)state;
    struct logcluster_config config = logcluster_config_default();
    config.max_patterns = 2;
    struct cw_drive *drive = make(&config);
    say(drive, START + 1, "cart", 9, "one kind of line");
    say(drive, START + 2, "cart", 9, "another sort");
    say(drive, START + 3, "cart", 9, "which finds no room at all");
    say(drive, START + 4, "cart", 9, "one kind of line");
    pass(drive, START + 10 * SECOND);
    const struct cw_metric_run *run =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 0)->record;
    assert_int_equal(run->series_count, 3);
    assert_true(run->values[0] == 4.0);
    assert_true(run->values[2] == 1.0);
    char other[17];
    (void)snprintf(other, sizeof(other), "%016" PRIx64,
                   cw_hash_text(CW_TEXT("<other>")));
    assert_true(cw_text_is(run->definitions[2].labels[0].value, other));
    cw_drive_destroy(&drive);
}

static void a_silent_entity_ends_its_series_and_then_itself(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    say(drive, START + SECOND, "cart", 9, "cache hit 7");
    pass(drive, START + 3600 * SECOND);
    size_t runs = 0;
    while (output(drive, CW_TOPIC_METRICS_PATTERNS, runs) != NULL)
        runs++;
    assert_int_equal(runs, 360);
    cw_drive_clear(drive);
    pass(drive, START + 90000 * SECOND);
    assert_int_equal(cw_drive_output_count(drive), 0);
    cw_drive_destroy(&drive);
}

static void a_line_without_entity_is_refused(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    say(drive, START, "", 9, "cache hit 7");
    pass(drive, START + 60 * SECOND);
    assert_int_equal(cw_drive_refused_count(drive), 1);
    assert_int_equal(cw_drive_output_count(drive), 0);
    cw_drive_destroy(&drive);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Half an hour of six services with errors and names in it. */
/* Of what does not hang on the order among entities: everything but rates,
 * whose definitions are repeated at times of the shard's choice. */
static uint64_t sum_of_decisions(const struct cw_drive *drive)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < cw_drive_output_count(drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(drive, i);
        if (out->topic != CW_TOPIC_METRICS_PATTERNS)
            sum += cw_hash_mix_text(out->topic, out->bytes);
    }
    return sum;
}

struct digests {
    uint64_t all;       /* every output in its order */
    uint64_t decisions; /* sum_of_decisions */
};

static struct digests run_mixed_log(uint32_t restart_every,
                                    uint32_t shard_count)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    static const char *const words[] = {"amy", "bob", "cal", "dan",
                                        "eve", "fay", "gus"};
    struct cw_error err;
    struct cw_drive *drive = NULL;
    struct cw_core_type type = logcluster_core_type;
    type.shard_count = shard_count;
    assert_int_equal(cw_drive_create(&drive, &type, NULL, &err), CW_OK);
    uint32_t seed = 11;
    uint32_t coin = 5;
    char body[96];
    for (int64_t i = 0; i < 3000; i++) {
        const char *name = names[next(&seed) % 6];
        const char *word = words[next(&seed) % (i < 2000 ? 3 : 7)];
        const uint32_t kind = next(&seed) % (i < 2200 ? 4 : 6);
        (void)snprintf(body, sizeof(body), "step %c of job %s took %u ms",
                       (char)('g' + kind), word, next(&seed) % 100);
        say(drive, START + i * SECOND / 2, name, kind == 5 ? 17 : 9, body);
        if (restart_every != 0 && next(&coin) % restart_every == 0)
            assert_int_equal(cw_drive_restart(drive, &err), CW_OK);
    }
    pass(drive, START + 2400 * SECOND);
    assert_non_null(output(drive, CW_TOPIC_ANOMALIES, 1));
    const struct digests digests = {cw_drive_digest(drive),
                                    sum_of_decisions(drive)};
    cw_drive_destroy(&drive);
    return digests;
}

static void a_restart_anywhere_changes_nothing(void **state)
{
    (void)state;
    const uint64_t whole = run_mixed_log(0, 64).all;
    assert_true(run_mixed_log(300, 64).all == whole);
    assert_true(run_mixed_log(37, 64).all == whole);
}

static void the_number_of_shards_changes_no_id(void **state)
{
    (void)state;
    const uint64_t many = run_mixed_log(0, 64).decisions;
    assert_true(run_mixed_log(0, 1).decisions == many);
    assert_true(run_mixed_log(0, 5).decisions == many);
}

static void a_torn_state_is_refused(void **state)
{
    (void)state;
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_emit emit = {.now_at = START};
    struct cw_pack pack;
    const struct cw_log log = {.tenant = CW_TEXT("default"),
                               .entity = {CW_TEXT("host"), CW_TEXT("a")},
                               .body = CW_TEXT("user amy came in")};
    const struct cw_item item = {.topic = CW_TOPIC_LOGS, .record = &log};
    assert_int_equal(logcluster_core_type.create(&core, NULL, &err), CW_OK);
    assert_int_equal(logcluster_core_type.step(core, 0, &item, &emit, &err),
                     CW_OK);
    cw_pack_init(&pack, 1 << 20);
    logcluster_core_type.save(core, 0, &pack);
    for (size_t size = 0; size <= pack.size; size++) {
        unsigned char *exact =
            malloc(size + 1); /* a sanitizer sees overreads */
        assert_non_null(exact);
        memcpy(exact, pack.bytes, size);
        struct cw_unpack in = cw_unpack_of(exact, size);
        const enum cw_status status =
            logcluster_core_type.load(core, 1, &in, &err);
        assert_true((status == CW_OK) == (size == pack.size));
        free(exact);
    }
    cw_pack_fini(&pack);
    logcluster_core_type.destroy(&core);
}

static void a_bad_limit_is_refused(void **state)
{
    (void)state;
    struct cw_error err;
    struct cw_drive *drive = NULL;
    struct logcluster_config config = logcluster_config_default();
    config.series_max = 65;
    assert_int_equal(
        cw_drive_create(&drive, &logcluster_core_type, &config, &err),
        CW_BAD_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entity_counts_its_lines_by_window),
        cmocka_unit_test(a_pattern_is_a_series_once_it_has_settled),
        cmocka_unit_test(a_new_error_opens_at_once_and_closes_when_quiet),
        cmocka_unit_test(a_new_calm_line_is_evidence_until_it_repeats),
        cmocka_unit_test(nothing_is_new_while_an_entity_is_learnt),
        cmocka_unit_test(a_merge_is_told_and_is_no_news),
        cmocka_unit_test(lines_without_a_place_are_counted_as_other),
        cmocka_unit_test(a_silent_entity_ends_its_series_and_then_itself),
        cmocka_unit_test(a_line_without_entity_is_refused),
        cmocka_unit_test(a_restart_anywhere_changes_nothing),
        cmocka_unit_test(the_number_of_shards_changes_no_id),
        cmocka_unit_test(a_torn_state_is_refused),
        cmocka_unit_test(a_bad_limit_is_refused),
    };
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
