/* entity, family, series_id, labels, peer: who and what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "entity.h"
#include "family.h"
#include "peer.h"
#include "series_id.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct labels labels_of(const char *const *pairs)
{
    struct labels labels;
    labels_clear(&labels);
    for (; pairs[0] != NULL; pairs += 2)
        labels_add(&labels, cw_text_of(pairs[0]), cw_text_of(pairs[1]));
    labels_sort(&labels);
    return labels;
}

static void the_first_rule_that_names_one_wins(void **state)
{
    (void)state;
    static const struct {
        const char *labels[9];
        const char *metric;
        const char *kind;
        const char *name;
    } cases[] = {
        {{"service", "cart", "component", "db", "pod", "p"},
         "m",
         "service",
         "cart"},
        {{"service.name", "a", "service", "b"}, "m", "service", "a"},
        {{"service.name", "unknown_service:java", "host.name", "h"},
         "m",
         "host",
         "h"},
        {{"job", "cart", "instance", "10.0.0.1:80"}, "m", "service", "cart"},
        {{"job", "node", "instance", "web-01:9100"}, "m", "host", "web-01"},
        {{"job", "infra", "instance", "web-01:9100"},
         "node_load1",
         "host",
         "web-01"},
        {{"job", "node", "instance", "w:9100", "mountpoint", "/var"},
         "node_filesystem_avail_bytes",
         "volume",
         "w:/var"},
        {{"pod", "cart-5f55b6cf68-77cfw"}, "m", "service", "cart"},
        {{"pod", "cart-frontend-proxy"}, "m", "pod", "cart-frontend-proxy"},
        {{"pod", "cart-0"}, "m", "pod", "cart-0"},
        {{"container", "c", "host", "h"}, "m", "container", "c"},
        {{"instance", "[::1]:80"}, "m", "host", "::1"},
        {{"instance", "fe80::1"}, "m", "host", "fe80::1"},
        {{"component", "db"}, "m", "source", "topic"},
    };
    struct cw_error err = {0};
    struct cw_arena *arena = NULL;
    const struct cw_entity fallback = {CW_TEXT("source"), CW_TEXT("topic")};
    assert_int_equal(cw_arena_create(&arena, 1 << 20, &err), CW_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct labels labels = labels_of(cases[i].labels);
        const struct cw_entity entity =
            entity_of(&labels, cw_text_of(cases[i].metric), fallback, arena);
        if (!cw_text_is(entity.name, cases[i].name))
            print_error("case %zu: %.*s\n", i, CW_TEXT_ARG(entity.name));
        assert_true(cw_text_is(entity.kind, cases[i].kind));
        assert_true(cw_text_is(entity.name, cases[i].name));
    }
    cw_arena_destroy(&arena);
}

static void families_follow_the_words(void **state)
{
    enum { GAUGE = CW_METRIC_KIND_GAUGE, COUNTER = CW_METRIC_KIND_RATE };
    (void)state;
    static const struct {
        const char *name;
        const char *unit;
        enum cw_family family;
        int kind;
    } cases[] = {
        {"container_cpu_usage", "", CW_FAMILY_SATURATION, GAUGE},
        {"container_memory_bytes", "", CW_FAMILY_SATURATION, GAUGE},
        {"request_rate", "", CW_FAMILY_TRAFFIC, GAUGE},
        {"request_latency_p90", "", CW_FAMILY_LATENCY, GAUGE},
        {"podserverlatencyp90_s", "", CW_FAMILY_LATENCY, GAUGE},
        {"podsuccessrate", "", CW_FAMILY_AVAILABILITY, GAUGE},
        {"http_requests_errors_total", "", CW_FAMILY_ERRORS, GAUGE},
        {"http.server.request.duration", "s", CW_FAMILY_LATENCY, GAUGE},
        {"http.server.request.duration.count", "1", CW_FAMILY_TRAFFIC, GAUGE},
        {"up", "", CW_FAMILY_AVAILABILITY, GAUGE},
        {"uploads", "", CW_FAMILY_OTHER, GAUGE},
        {"processes.ps_count", "", CW_FAMILY_AVAILABILITY, GAUGE},
        {"processes.ps_count.threads", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"load.load.shortterm", "", CW_FAMILY_SATURATION, GAUGE},
        {"load.load.midterm", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"load.load.longterm", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"node_load1", "", CW_FAMILY_SATURATION, GAUGE},
        {"node_load5", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"node_load15", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"system.cpu.load_average.1m", "", CW_FAMILY_SATURATION, GAUGE},
        {"system.cpu.load_average.15m", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"namedprocess_namegroup_num_procs", "", CW_FAMILY_AVAILABILITY, GAUGE},
        {"kube_deployment_status_replicas_unavailable", "", CW_FAMILY_ERRORS,
         GAUGE},
        {"kube_pod_container_status_restarts_total", "", CW_FAMILY_ERRORS,
         GAUGE},
        {"cpu.percent.nice", "%", CW_FAMILY_OTHER, GAUGE},
        {"cpu.percent.idle", "%", CW_FAMILY_OTHER, GAUGE},
        {"cpu.percent.user", "%", CW_FAMILY_SATURATION, GAUGE},
        {"df.df_complex.free", "By", CW_FAMILY_OTHER, GAUGE},
        {"df.df_complex.used", "By", CW_FAMILY_SATURATION, GAUGE},
        {"freeze.rate", "", CW_FAMILY_TRAFFIC, GAUGE},
        {"interface.if_octets.rx", "", CW_FAMILY_TRAFFIC, GAUGE},
        {"db.wait", "ms", CW_FAMILY_LATENCY, GAUGE},
        {"temperature", "Cel", CW_FAMILY_OTHER, GAUGE},
        {"db.connections", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"jvm.threads.live", "", CW_FAMILY_OCCUPANCY, GAUGE},
        {"db.pool.usage", "", CW_FAMILY_SATURATION, GAUGE},
        {"queue.messages", "", CW_FAMILY_SATURATION, GAUGE},
        {"queue.messages", "", CW_FAMILY_TRAFFIC, COUNTER},
        {"redis.total_connections", "", CW_FAMILY_TRAFFIC, COUNTER},
        {"process_cpu_seconds_total", "", CW_FAMILY_SATURATION, COUNTER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const enum cw_family family =
            family_of(cw_text_of(cases[i].name), cw_text_of(cases[i].unit),
                      (enum cw_metric_kind)cases[i].kind);
        if (family != cases[i].family)
            print_error("%s: %d\n", cases[i].name, (int)family);
        assert_int_equal(family, cases[i].family);
    }
}

static void a_series_is_its_tenant_name_and_labels_in_any_order(void **state)
{
    (void)state;
    static const char *const one[] = {"a", "1", "b", "2", NULL};
    static const char *const turned[] = {"b", "2", "a", "1", NULL};
    static const char *const shifted[] = {"a", "1b", "", "2", NULL};
    const struct labels a = labels_of(one);
    const struct labels b = labels_of(turned);
    const struct labels c = labels_of(shifted);
    const struct cw_text t = CW_TEXT("t");
    const struct cw_text m = CW_TEXT("m");
    assert_int_equal(series_id(t, m, &a), series_id(t, m, &b));
    assert_int_not_equal(series_id(t, m, &a), series_id(t, m, &c));
    assert_int_not_equal(series_id(t, m, &a), series_id(m, t, &a));
    assert_int_not_equal(series_id(CW_TEXT("tm"), CW_TEXT(""), &a),
                         series_id(t, m, &a));
}

/* A changed hash would rename every series ever learned. */
static void a_series_id_never_changes(void **state)
{
    (void)state;
    static const char *const pairs[] = {"pod", "p", "route", "/pay", NULL};
    const struct labels labels = labels_of(pairs);
    assert_int_equal(
        series_id(CW_TEXT("default"), CW_TEXT("requests"), &labels),
        INT64_C(-6075037583232207926));
}

static void a_key_said_twice_keeps_the_last(void **state)
{
    (void)state;
    static const char *const pairs[] = {"a", "1", "b", "2", "a", "3", NULL};
    const struct labels labels = labels_of(pairs);
    assert_int_equal(labels.count, 2);
    assert_true(cw_text_is(labels_find(&labels, CW_TEXT("a")), "3"));
}

static void labels_over_the_limit_are_counted(void **state)
{
    (void)state;
    struct labels labels;
    labels_clear(&labels);
    for (size_t i = 0; i < LABELS_MAX + 3; i++)
        labels_add(&labels, CW_TEXT("k"), CW_TEXT("v"));
    assert_int_equal(labels.count, LABELS_MAX);
    assert_int_equal(labels.dropped, 3);
}

static void a_merge_keeps_what_was_said_nearer(void **state)
{
    (void)state;
    static const char *const near[] = {"b", "near", NULL};
    static const char *const base[] = {"a", "1", "b", "far", "c", "2", NULL};
    struct labels labels = labels_of(near);
    const struct labels outer = labels_of(base);
    labels_merge(&labels, &outer);
    assert_int_equal(labels.count, 3);
    assert_true(cw_text_is(labels.items[0].key, "a"));
    assert_true(cw_text_is(labels_find(&labels, CW_TEXT("b")), "near"));
}

static void only_who_calls_has_a_peer(void **state)
{
    (void)state;
    static const char *const database[] = {"db.system", "redis", NULL};
    static const char *const queue[] = {"messaging.system", "kafka",
                                        "messaging.destination.name", "orders",
                                        NULL};
    const struct labels db = labels_of(database);
    const struct labels mq = labels_of(queue);
    assert_true(cw_text_is(peer_of(CW_SPAN_KIND_CLIENT, &db).kind, "database"));
    assert_true(cw_text_is(peer_of(CW_SPAN_KIND_PRODUCER, &mq).name, "orders"));
    assert_int_equal(peer_of(CW_SPAN_KIND_SERVER, &db).name.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_names_one_wins),
        cmocka_unit_test(families_follow_the_words),
        cmocka_unit_test(a_series_is_its_tenant_name_and_labels_in_any_order),
        cmocka_unit_test(a_series_id_never_changes),
        cmocka_unit_test(a_key_said_twice_keeps_the_last),
        cmocka_unit_test(labels_over_the_limit_are_counted),
        cmocka_unit_test(a_merge_keeps_what_was_said_nearer),
        cmocka_unit_test(only_who_calls_has_a_peer),
    };
    return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
