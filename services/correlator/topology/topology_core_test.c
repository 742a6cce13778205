#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "core/drive.h"
#include "edges.h"
#include "topology/core.h"

#define SECOND INT64_C(1000000)
#define START  (INT64_C(1700000000) * SECOND)

static struct cw_drive *make(const struct topology_config *config)
{
    struct cw_error err;
    struct cw_drive *drive = NULL;
    assert_int_equal(cw_drive_create(&drive, &topology_core_type, config, &err),
                     CW_OK);
    return drive;
}

static struct cw_span span(const char *trace, const char *id,
                           const char *parent, const char *name)
{
    return (struct cw_span){.tenant = CW_TEXT("default"),
                            .domain = CW_TEXT("default"),
                            .entity = {CW_TEXT("service"), cw_text_of(name)},
                            .trace_id = cw_text_of(trace),
                            .span_id = cw_text_of(id),
                            .parent_id = cw_text_of(parent),
                            .name = CW_TEXT("op"),
                            .kind = CW_SPAN_KIND_SERVER,
                            .duration_us = 1000,
                            .sample_weight = 1.0};
}

static void give(struct cw_drive *drive, int64_t at, struct cw_span one)
{
    struct cw_error err;
    one.stream_at = at;
    one.event_at = at - one.duration_us;
    one.route =
        (int64_t)cw_hash_mix_text(cw_hash_text(one.tenant), one.trace_id);
    const struct cw_item item = {.topic = CW_TOPIC_SPANS,
                                 .stream_at = at,
                                 .event_at = one.event_at,
                                 .content_id = cw_span_content_id(&one),
                                 .route = (uint64_t)one.route,
                                 .record = &one};
    assert_int_equal(cw_drive_item(drive, &item, &err), CW_OK);
}

static void pass(struct cw_drive *drive, int64_t until)
{
    struct cw_error err;
    assert_int_equal(cw_drive_advance(drive, until, &err), CW_OK);
}

static const void *output(const struct cw_drive *drive, enum cw_topic topic,
                          size_t nth)
{
    for (size_t i = 0; i < cw_drive_output_count(drive); i++) {
        const struct cw_drive_output *out = cw_drive_output(drive, i);
        if (out->topic == topic && nth-- == 0)
            return out->record;
    }
    return NULL;
}

static size_t count_of(const struct cw_drive *drive, enum cw_topic topic)
{
    size_t count = 0;
    while (output(drive, topic, count) != NULL)
        count++;
    return count;
}

/* web calls cart twice in one trace, 1000 and 3000 us, the second failed and
 * standing for 4: count 5, errors 4, sum 13000; log1.1: 1000 -> bucket 73
 * (1.1^72 = 955, 1.1^73 = 1051), 3000 -> bucket 85 (1.1^84 = 2999.1). */
static void calls_of_a_trace_become_an_edge(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    struct cw_span slow = span("t1", "c", "a", "cart");
    slow.duration_us = 3000;
    slow.failed = true;
    slow.sample_weight = 4.0;
    give(drive, START + 1 * SECOND, span("t1", "b", "a", "cart"));
    give(drive, START + 1 * SECOND, slow);
    give(drive, START + 2 * SECOND, span("t1", "a", "", "web"));
    pass(drive, START + 10 * SECOND);
    assert_null(output(drive, CW_TOPIC_EDGES, 0));
    pass(drive, START + 15 * SECOND);
    const struct cw_edge *edge = output(drive, CW_TOPIC_EDGES, 0);
    assert_non_null(edge);
    assert_true(cw_text_is(edge->caller.name, "web"));
    assert_true(cw_text_is(edge->callee.name, "cart"));
    assert_true(cw_text_is(edge->kind, "calls"));
    assert_true(edge->count == 5.0 && edge->errors == 4.0);
    assert_true(edge->duration_sum_us == 13000.0);
    assert_int_equal(edge->bucket_index_count, 2);
    assert_int_equal(edge->bucket_index[0], 73);
    assert_int_equal(edge->bucket_index[1], 85);
    assert_true(edge->bucket_count[0] == 1.0 && edge->bucket_count[1] == 4.0);
    assert_true(edge->from_at == START + 10 * SECOND &&
                edge->to_at == START + 15 * SECOND);
    assert_int_equal(count_of(drive, CW_TOPIC_EDGES), 1);
    cw_drive_destroy(&drive);
}

static void a_served_span_counts_in_the_window_it_came_in(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    struct cw_span failed = span("t1", "b", "", "cart");
    failed.failed = true;
    give(drive, START + 1 * SECOND, span("t1", "a", "", "cart"));
    give(drive, START + 5 * SECOND, failed); /* the window's last instant */
    give(drive, START + 6 * SECOND, span("t1", "b", "", "cart")); /* again */
    pass(drive, START + 10 * SECOND);
    const struct cw_metric_run *first =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 0);
    const struct cw_metric_run *second =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 1);
    assert_int_equal(first->definitions_count, 3);
    assert_true(cw_text_is(first->definitions[0].name, "span.server.count"));
    assert_true(first->values[0] == 2.0 && first->values[1] == 1.0 &&
                first->values[2] == 2000.0);
    assert_true(first->sampled_at[0] == START + 5 * SECOND);
    assert_true(second->values[0] == 0.0);
    assert_int_equal(second->definitions_count, 0);
    cw_drive_destroy(&drive);
}

static const struct cw_metric_run *run_defining(const struct cw_drive *drive,
                                                const char *metric)
{
    for (size_t i = 0; i < count_of(drive, CW_TOPIC_METRICS_PATTERNS); i++) {
        const struct cw_metric_run *run =
            output(drive, CW_TOPIC_METRICS_PATTERNS, i);
        if (run->definitions_count > 0 &&
            cw_text_is(run->definitions[0].name, metric))
            return run;
    }
    return NULL;
}

static void a_database_is_known_by_its_callers(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    struct cw_span query = span("t1", "b", "a", "cart");
    query.kind = CW_SPAN_KIND_CLIENT;
    query.peer = (struct cw_entity){CW_TEXT("database"), CW_TEXT("orders")};
    query.failed = true;
    give(drive, START + SECOND, span("t1", "a", "", "cart"));
    give(drive, START + SECOND, query);
    pass(drive, START + 15 * SECOND);
    const struct cw_edge *edge = output(drive, CW_TOPIC_EDGES, 0);
    assert_true(cw_text_is(edge->callee.kind, "database"));
    const struct cw_metric_run *run = run_defining(drive, "span.client.count");
    assert_non_null(run);
    assert_true(cw_text_is(run->definitions[0].entity.name, "orders"));
    assert_true(run->values[0] == 1.0 && run->values[1] == 1.0);
    cw_drive_destroy(&drive);
}

static void a_stop_is_told_as_zeros_and_then_ends(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    give(drive, START + 5 * SECOND, span("t1", "a", "", "cart"));
    pass(drive, START + 605 * SECOND);
    assert_int_equal(count_of(drive, CW_TOPIC_METRICS_PATTERNS), 121);
    pass(drive, START + 7200 * SECOND);
    assert_int_equal(count_of(drive, CW_TOPIC_METRICS_PATTERNS), 121);
    give(drive, START + 7201 * SECOND, span("t1", "a", "", "cart"));
    pass(drive, START + 7205 * SECOND);
    const struct cw_metric_run *run =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 121);
    assert_int_equal(run->definitions_count, 3);
    cw_drive_destroy(&drive);
}

static void a_long_trace_is_closed_after_a_minute(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    char id[16];
    give(drive, START + SECOND, span("t1", "root", "", "web"));
    for (int64_t i = 0; i < 20; i++) {
        (void)snprintf(id, sizeof(id), "s%d", (int)i);
        give(drive, START + (2 + i * 4) * SECOND,
             span("t1", id, "root", "cart"));
    }
    pass(drive, START + 80 * SECOND);
    const struct cw_edge *edge = output(drive, CW_TOPIC_EDGES, 0);
    assert_true(edge->to_at == START + 65 * SECOND);
    assert_true(edge->count == 16.0); /* at 2, 6, ..., 62 s */
    cw_drive_destroy(&drive);
}

static void a_bad_span_is_refused(void **state)
{
    (void)state;
    struct cw_drive *drive = make(NULL);
    give(drive, START, span("", "a", "", "web"));
    give(drive, START, span("t", "", "", "web"));
    give(drive, START, span("t", "a", "", ""));
    struct cw_span odd = span("t", "b", "", "web");
    odd.sample_weight = (double)(0.0f / 0.0f);
    odd.duration_us = -5;
    give(drive, START, odd);
    pass(drive, START + 10 * SECOND);
    assert_int_equal(cw_drive_refused_count(drive), 3);
    const struct cw_metric_run *run =
        output(drive, CW_TOPIC_METRICS_PATTERNS, 0);
    assert_true(run->values[0] == 1.0 && run->values[2] == 0.0);
    cw_drive_destroy(&drive);
}

/* 1e5 traces open at once, bounded to 4 x 500: the oldest are closed early
 * with what they have, and no span of load is lost. */
static void many_open_traces_stay_within_the_bound(void **state)
{
    (void)state;
    struct cw_error err;
    struct topology_config config = topology_config_default();
    config.max_traces = 500;
    struct cw_core *core = NULL;
    assert_int_equal(topology_core_type.create(&core, &config, &err), CW_OK);
    struct cw_emit emit = {.now_at = START + 1};
    char id[24];
    for (uint32_t i = 0; i < 100000; i++) {
        (void)snprintf(id, sizeof(id), "t%u", i);
        const struct cw_span one = span(id, "a", "", "web");
        const struct cw_item item = {.topic = CW_TOPIC_SPANS, .record = &one};
        assert_int_equal(
            topology_core_type.step(core, i % 4, &item, &emit, &err), CW_OK);
    }
    const struct topology_counts counts = topology_counts(core);
    assert_int_equal(counts.spans, 100000);
    assert_int_equal(counts.open_traces, 2000);
    assert_int_equal(counts.shed_traces, 98000);
    topology_core_type.destroy(&core);
}

static void the_bound_on_spans_holds_too(void **state)
{
    (void)state;
    struct cw_error err;
    struct topology_config config = topology_config_default();
    config.max_spans = 10;
    struct cw_core *core = NULL;
    assert_int_equal(topology_core_type.create(&core, &config, &err), CW_OK);
    struct cw_emit emit = {.now_at = START + 1};
    char id[24];
    for (uint32_t i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "s%u", i);
        const struct cw_span one = span(i < 50 ? "t" : id, id, "", "web");
        const struct cw_item item = {.topic = CW_TOPIC_SPANS, .record = &one};
        assert_int_equal(topology_core_type.step(core, 0, &item, &emit, &err),
                         CW_OK);
    }
    const struct topology_counts counts = topology_counts(core);
    assert_true(counts.open_traces <= 10);
    assert_true(counts.shed_traces >= 44);
    topology_core_type.destroy(&core);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static uint64_t run_mixed_spans(uint32_t restart_every)
{
    static const char *const names[] = {"web", "cart", "pay", "mail"};
    struct cw_error err;
    struct cw_drive *drive = make(NULL);
    uint32_t seed = 3;
    uint32_t coin = 9;
    char trace[16];
    char id[16];
    char parent[16];
    for (int64_t i = 0; i < 3000; i++) {
        (void)snprintf(trace, sizeof(trace), "t%u",
                       (unsigned)i / 40 * 4 + next(&seed) % 4);
        (void)snprintf(id, sizeof(id), "s%u", next(&seed) % 12);
        (void)snprintf(parent, sizeof(parent), "s%u", next(&seed) % 12);
        struct cw_span one = span(trace, id, next(&seed) % 4 ? parent : "",
                                  names[next(&seed) % 4]);
        one.kind = (enum cw_span_kind)(next(&seed) % CW_SPAN_KIND_COUNT);
        one.duration_us = next(&seed) % 100000;
        one.failed = next(&seed) % 5 == 0;
        one.sample_weight = 0.1 * (next(&seed) % 30);
        if (next(&seed) % 3 == 0)
            one.peer = (struct cw_entity){CW_TEXT("database"), CW_TEXT("db")};
        give(drive, START + i * SECOND / 20, one);
        if (restart_every != 0 && next(&coin) % restart_every == 0)
            assert_int_equal(cw_drive_restart(drive, &err), CW_OK);
    }
    pass(drive, START + 300 * SECOND);
    assert_non_null(output(drive, CW_TOPIC_EDGES, 20));
    const uint64_t digest = cw_drive_digest(drive);
    cw_drive_destroy(&drive);
    return digest;
}

static void a_restart_anywhere_changes_nothing(void **state)
{
    (void)state;
    const uint64_t whole = run_mixed_spans(0);
    assert_true(run_mixed_spans(200) == whole);
    assert_true(run_mixed_spans(17) == whole);
}

/* One open trace, one entity with load, cut at every byte. */
static void a_torn_state_is_refused(void **state)
{
    (void)state;
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_emit emit = {.now_at = START + 1};
    struct cw_pack pack;
    const struct cw_span one = span("t", "a", "b", "web");
    const struct cw_item item = {.topic = CW_TOPIC_SPANS, .record = &one};
    assert_int_equal(topology_core_type.create(&core, NULL, &err), CW_OK);
    assert_int_equal(topology_core_type.step(core, 0, &item, &emit, &err),
                     CW_OK);
    cw_pack_init(&pack, 1 << 20);
    topology_core_type.save(core, 0, &pack);
    for (size_t size = 0; size <= pack.size; size++) {
        unsigned char *exact =
            malloc(size + 1); /* a sanitizer sees overreads */
        assert_non_null(exact);
        memcpy(exact, pack.bytes, size);
        struct cw_unpack in = cw_unpack_of(exact, size);
        const enum cw_status status =
            topology_core_type.load(core, 1, &in, &err);
        assert_true((status == CW_OK) == (size == pack.size));
        free(exact);
    }
    cw_pack_fini(&pack);
    topology_core_type.destroy(&core);
}

static void buckets_meet_at_powers_of_gamma(void **state)
{
    (void)state;
    struct cw_error err;
    struct edges *edges = NULL;
    assert_int_equal(edges_create(&edges, 1, &err), CW_OK);
    assert_int_equal(edges_bucket(edges, 0), 0);
    assert_int_equal(edges_bucket(edges, 1), 0);
    assert_int_equal(edges_bucket(edges, 2), 8); /* 1.1^7 = 1.95 */
    assert_int_equal(edges_bucket(edges, EDGES_DURATION_MAX), 265);
    edges_destroy(&edges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_a_trace_become_an_edge),
        cmocka_unit_test(a_served_span_counts_in_the_window_it_came_in),
        cmocka_unit_test(a_database_is_known_by_its_callers),
        cmocka_unit_test(a_stop_is_told_as_zeros_and_then_ends),
        cmocka_unit_test(a_long_trace_is_closed_after_a_minute),
        cmocka_unit_test(a_bad_span_is_refused),
        cmocka_unit_test(many_open_traces_stay_within_the_bound),
        cmocka_unit_test(the_bound_on_spans_holds_too),
        cmocka_unit_test(a_restart_anywhere_changes_nothing),
        cmocka_unit_test(a_torn_state_is_refused),
        cmocka_unit_test(buckets_meet_at_powers_of_gamma),
    };
    return cmocka_run_group_tests_name("topology_core", tests, NULL, NULL);
}
