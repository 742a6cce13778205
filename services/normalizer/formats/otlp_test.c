/* otlp_metrics, otlp_logs, otlp_spans: messages written here by hand. */
#include "../desk.h"

#include <math.h>

#include "quantile.h"

/* A message under construction; nested ones are built inside out. */
struct message {
    unsigned char bytes[4096];
    size_t size;
};

static void add_varint(struct message *message, uint64_t value)
{
    do {
        const unsigned char low = value & 0x7f;
        value >>= 7;
        message->bytes[message->size++] =
            (unsigned char)(low | (value ? 0x80 : 0));
    } while (value);
}

static void add_number(struct message *message, unsigned field, uint64_t value)
{
    add_varint(message, (uint64_t)field << 3);
    add_varint(message, value);
}

static void add_fixed(struct message *message, unsigned field, uint64_t value)
{
    add_varint(message, (uint64_t)field << 3 | 1);
    memcpy(message->bytes + message->size, &value, sizeof(value));
    message->size += sizeof(value);
}

static void add_double(struct message *message, unsigned field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    add_fixed(message, field, bits);
}

static void add_bytes(struct message *message, unsigned field,
                      const void *bytes, size_t size)
{
    add_varint(message, (uint64_t)field << 3 | 2);
    add_varint(message, size);
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static void add_message(struct message *message, unsigned field,
                        const struct message *inner)
{
    add_bytes(message, field, inner->bytes, inner->size);
}

static void add_string(struct message *message, unsigned field,
                       const char *text)
{
    add_bytes(message, field, text, strlen(text));
}

static void add_attribute(struct message *message, unsigned field,
                          const char *key, const char *value)
{
    struct message any = {.size = 0};
    struct message pair = {.size = 0};
    add_string(&any, 1, value);
    add_string(&pair, 1, key);
    add_message(&pair, 2, &any);
    add_message(message, field, &pair);
}

/* Resource cart on pod p-1, one scope, one item; scopes before the resource,
 * as protobuf allows. */
static struct message request(const struct message *item)
{
    struct message resource = {.size = 0};
    struct message scope = {.size = 0};
    struct message one = {.size = 0};
    struct message made = {.size = 0};
    add_attribute(&resource, 1, "service.name", "cart");
    add_attribute(&resource, 1, "service.version", "1.4.2");
    add_attribute(&resource, 1, "k8s.pod.name", "p-1");
    add_message(&scope, 2, item);
    add_message(&one, 2, &scope);
    add_message(&one, 1, &resource);
    add_message(&made, 1, &one);
    return made;
}

static void give_message(struct desk *desk, const char *topic,
                         const struct message *message)
{
    const struct cw_raw raw = {
        .topic = cw_text_of(topic),
        .offset = desk->offset,
        .timestamp_at = T0,
        .has_value = true,
        .value = {(const char *)message->bytes, message->size}};
    desk->offset++;
    give(desk, &raw);
}

static struct message number_point(double value, unsigned flags)
{
    struct message point = {.size = 0};
    add_fixed(&point, 2, (uint64_t)(T0 - 1000000) * 1000);
    add_fixed(&point, 3, (uint64_t)T0 * 1000);
    add_double(&point, 4, value);
    add_attribute(&point, 7, "route", "/pay");
    if (flags)
        add_number(&point, 8, flags);
    return point;
}

static struct message metric(const char *name, unsigned shape,
                             const struct message *shaped)
{
    struct message made = {.size = 0};
    add_string(&made, 1, name);
    add_string(&made, 3, "s");
    add_message(&made, shape, shaped);
    return made;
}

static void temporality_is_each_metrics_own(void **state)
{
    (void)state;
    static const struct {
        unsigned shape;
        unsigned temporality;
        unsigned monotonic;
        enum cw_metric_kind kind;
    } cases[] = {
        {5, 0, 0, CW_METRIC_KIND_GAUGE}, {7, 2, 1, CW_METRIC_KIND_CUMULATIVE},
        {7, 2, 0, CW_METRIC_KIND_GAUGE}, {7, 1, 1, CW_METRIC_KIND_DELTA},
        {7, 1, 0, CW_METRIC_KIND_DELTA}, {7, 0, 1, CW_METRIC_KIND_GAUGE},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message point = number_point(2.5, 0);
        struct message shaped = {.size = 0};
        add_message(&shaped, 1, &point);
        if (cases[i].temporality)
            add_number(&shaped, 2, cases[i].temporality);
        if (cases[i].monotonic)
            add_number(&shaped, 3, cases[i].monotonic);
        const struct message item = metric("requests", cases[i].shape, &shaped);
        const struct message all = request(&item);
        struct desk desk = open_with(&plain_config);
        give_message(&desk, "otlp_metrics", &all);
        const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
        assert_int_equal(run->series_count, 1);
        assert_true(run->values[0] == 2.5);
        assert_int_equal(run->sampled_at[0], T0);
        assert_int_equal(run->definitions[0].kind, cases[i].kind);
        const bool cumulative = cases[i].kind == CW_METRIC_KIND_CUMULATIVE;
        assert_int_equal(run->start_at_count, cumulative);
        if (cumulative)
            assert_int_equal(run->start_at[0], T0 - 1000000);
        assert_text(run->definitions[0].entity.name, "cart");
        /* route, pod, service: a version ends no series. */
        assert_int_equal(run->definitions[0].labels_count, 3);
        cw_drive_destroy(&desk.drive);
    }
}

static void a_point_without_recorded_value_is_stale(void **state)
{
    (void)state;
    const struct message point = number_point(0.0, 1);
    struct message shaped = {.size = 0};
    add_message(&shaped, 1, &point);
    const struct message item = metric("up", 5, &shaped);
    const struct message all = request(&item);
    struct desk desk = open_with(&plain_config);
    give_message(&desk, "otlp_metrics", &all);
    assert_int_equal(cw_drive_output_count(desk.drive), 0);
    cw_drive_destroy(&desk.drive);
}

/* Counts 10, 80, 10 at bounds 1, 2: rank 95 lies 5 of 10 into the last bucket,
 * which has no end, so the maximum, 3. With 10, 90, 0 it lies 85/90 into the
 * second: 1 + 85/90 = 1.944444. */
static void a_delta_histogram_yields_count_sum_and_p95(void **state)
{
    (void)state;
    static const struct {
        uint64_t counts[3];
        double p95;
    } cases[] = {{{10, 80, 10}, 3.0}, {{10, 90, 0}, 1.944444}};
    const double bounds[] = {1.0, 2.0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message point = {.size = 0};
        struct message shaped = {.size = 0};
        add_fixed(&point, 3, (uint64_t)T0 * 1000);
        add_fixed(&point, 4, 100);
        add_double(&point, 5, 150.0);
        add_bytes(&point, 6, cases[i].counts, sizeof(cases[i].counts));
        add_bytes(&point, 7, bounds, sizeof(bounds));
        add_double(&point, 12, 3.0);
        add_message(&shaped, 1, &point);
        add_number(&shaped, 2, 1);
        const struct message item = metric("d", 9, &shaped);
        const struct message all = request(&item);
        struct desk desk = open_with(&plain_config);
        give_message(&desk, "otlp_metrics", &all);
        const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
        assert_int_equal(run->series_count, 4);
        assert_text(run->definitions[0].name, "d.count");
        assert_text(run->definitions[1].name, "d.sum");
        assert_text(run->definitions[2].name, "d.max");
        assert_text(run->definitions[3].name, "d.p95");
        assert_true(run->values[0] == 100.0);
        assert_true(run->values[1] == 150.0);
        assert_true(run->values[3] == cases[i].p95);
        assert_int_equal(run->definitions[0].kind, CW_METRIC_KIND_DELTA);
        assert_int_equal(run->definitions[3].kind, CW_METRIC_KIND_GAUGE);
        cw_drive_destroy(&desk.drive);
    }
}

static void a_cumulative_histogram_yields_no_quantile(void **state)
{
    (void)state;
    const uint64_t counts[] = {1, 1};
    const double bounds[] = {1.0};
    struct message point = {.size = 0};
    struct message shaped = {.size = 0};
    add_fixed(&point, 3, (uint64_t)T0 * 1000);
    add_fixed(&point, 4, 2);
    add_bytes(&point, 6, counts, sizeof(counts));
    add_bytes(&point, 7, bounds, sizeof(bounds));
    add_message(&shaped, 1, &point);
    add_number(&shaped, 2, 2);
    const struct message item = metric("d", 9, &shaped);
    const struct message all = request(&item);
    struct desk desk = open_with(&plain_config);
    give_message(&desk, "otlp_metrics", &all);
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, 1);
    assert_int_equal(run->definitions[0].kind, CW_METRIC_KIND_CUMULATIVE);
    cw_drive_destroy(&desk.drive);
}

static void a_summary_yields_its_quantiles(void **state)
{
    (void)state;
    static const double quantiles[] = {0.0, 0.5, 0.999, 1.0};
    static const char *const names[] = {"d.count", "d.sum",   "d.min",
                                        "d.p50",   "d.p99_9", "d.max"};
    struct message point = {.size = 0};
    struct message shaped = {.size = 0};
    add_fixed(&point, 3, (uint64_t)T0 * 1000);
    add_fixed(&point, 4, 2);
    add_double(&point, 5, 9.0);
    for (size_t i = 0; i < COUNT(quantiles); i++) {
        struct message quantile = {.size = 0};
        add_double(&quantile, 1, quantiles[i]);
        add_double(&quantile, 2, (double)i);
        add_message(&point, 6, &quantile);
    }
    add_message(&shaped, 1, &point);
    const struct message item = metric("d", 11, &shaped);
    const struct message all = request(&item);
    struct desk desk = open_with(&plain_config);
    give_message(&desk, "otlp_metrics", &all);
    const struct cw_metric_run *run = only(&desk, CW_TOPIC_METRICS);
    assert_int_equal(run->series_count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_text(run->definitions[i].name, names[i]);
    cw_drive_destroy(&desk.drive);
}

/* Scale 0: base 2; bucket i = (2^i, 2^(i+1)]. Offset 1, counts 9 and 1: rank
 * 9.5 of 10 is in the second, whose end is 2^3 = 8. */
static void an_exponential_histogram_has_a_p95(void **state)
{
    (void)state;
    struct message side = {.size = 0};
    const unsigned char packed[] = {9, 1};
    double p95 = 0.0;
    add_number(&side, 1, 2); /* zigzag of 1 */
    add_bytes(&side, 2, packed, sizeof(packed));
    struct quantile_buckets buckets = {
        .positive = {(const char *)side.bytes, side.size}};
    assert_true(quantile_of(&buckets, 0.95, NULL, &p95));
    assert_true(p95 == 8.0);
    const double max = 7.0;
    assert_true(quantile_of(&buckets, 0.95, &max, &p95));
    assert_true(p95 == 7.0);
    buckets.zero_count = 1000;
    assert_true(quantile_of(&buckets, 0.95, NULL, &p95));
    assert_true(p95 == 0.0);
    buckets.scale = 30;
    assert_false(quantile_of(&buckets, 0.95, NULL, &p95));
}

static void a_log_record_keeps_trace_and_structure(void **state)
{
    (void)state;
    const unsigned char trace[16] = {0xab, [15] = 1};
    const unsigned char span[8] = {0xcd, [7] = 2};
    struct message any = {.size = 0};
    struct message item = {.size = 0};
    add_string(&any, 1, "no stock");
    add_fixed(&item, 11, (uint64_t)T0 * 1000); /* observed; no time */
    add_string(&item, 3, "Error");
    add_message(&item, 5, &any);
    add_attribute(&item, 6, "api_key", "k123");
    add_bytes(&item, 9, trace, sizeof(trace));
    add_bytes(&item, 10, span, sizeof(span));
    const struct message all = request(&item);
    struct desk desk = open_with(&plain_config);
    give_message(&desk, "otlp_logs", &all);
    const struct cw_log *log = only(&desk, CW_TOPIC_LOGS);
    assert_text(log->body, "no stock");
    assert_int_equal(log->severity, 17);
    assert_int_equal(log->event_at, T0);
    assert_text(log->trace_id, "ab000000000000000000000000000001");
    assert_text(log->span_id, "cd00000000000002");
    assert_text(log->entity.name, "cart");
    assert_text(log->attributes[0].key, "api_key");
    assert_text(log->attributes[0].value, "[secret]");
    cw_drive_destroy(&desk.drive);
}

static void a_client_span_names_its_database(void **state)
{
    (void)state;
    const unsigned char trace[16] = {[15] = 1};
    const unsigned char span[8] = {[7] = 2};
    struct message status = {.size = 0};
    struct message item = {.size = 0};
    add_number(&status, 3, 2);
    add_bytes(&item, 1, trace, sizeof(trace));
    add_bytes(&item, 2, span, sizeof(span));
    add_string(&item, 5, "SELECT");
    add_number(&item, 6, 3);
    add_fixed(&item, 7, (uint64_t)T0 * 1000);
    add_fixed(&item, 8, (uint64_t)(T0 + 250) * 1000);
    add_attribute(&item, 9, "db.system", "postgresql");
    add_attribute(&item, 9, "db.name", "orders");
    add_message(&item, 15, &status);
    const struct message all = request(&item);
    struct desk desk = open_with(&plain_config);
    give_message(&desk, "otlp_spans", &all);
    const struct cw_span *made = only(&desk, CW_TOPIC_SPANS);
    assert_int_equal(made->kind, CW_SPAN_KIND_CLIENT);
    assert_int_equal(made->duration_us, 250);
    assert_true(made->failed);
    assert_text(made->peer.kind, "database");
    assert_text(made->peer.name, "orders");
    assert_int_equal(made->parent_id.size, 0);
    cw_drive_destroy(&desk.drive);
}

/* Every cut of a good message is refused whole or is itself good: never half
 * of an item, never both. */
static void a_message_cut_anywhere_leaves_nothing_half(void **state)
{
    (void)state;
    const struct message point = number_point(1.0, 0);
    struct message shaped = {.size = 0};
    add_message(&shaped, 1, &point);
    const struct message item = metric("m", 5, &shaped);
    const struct message all = request(&item);
    for (size_t size = 1; size < all.size; size++) {
        struct message cut = all;
        struct desk desk = open_with(&plain_config);
        cut.size = size;
        give_message(&desk, "otlp_metrics", &cut);
        (void)only(&desk, CW_TOPIC_DEADLETTER);
        assert_int_equal(cw_drive_output_count(desk.drive), 1);
        cw_drive_destroy(&desk.drive);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temporality_is_each_metrics_own),
        cmocka_unit_test(a_point_without_recorded_value_is_stale),
        cmocka_unit_test(a_delta_histogram_yields_count_sum_and_p95),
        cmocka_unit_test(a_cumulative_histogram_yields_no_quantile),
        cmocka_unit_test(a_summary_yields_its_quantiles),
        cmocka_unit_test(an_exponential_histogram_has_a_p95),
        cmocka_unit_test(a_log_record_keeps_trace_and_structure),
        cmocka_unit_test(a_client_span_names_its_database),
        cmocka_unit_test(a_message_cut_anywhere_leaves_nothing_half),
    };
    return cmocka_run_group_tests_name("otlp", tests, NULL, NULL);
}
