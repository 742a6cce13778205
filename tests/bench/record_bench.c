/*
 * record_bench - how fast records are encoded and decoded, beside libavro's
 * generic values in the same run.
 *
 * Output   one line a message: M values/s of processor time of ours, of
 * libavro, and the ratio. A value is a number, a string or a symbol
 */
#include <avro.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "record/records.h"

#define RUN_SECONDS 0.5
#define BODY_SIZE   ((size_t)8 * 1024 * 1024)
#define ARENA_SIZE  ((size_t)64 * 1024 * 1024)
#define POINT_COUNT 1000u

static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* A message to measure, and everything both sides need. */
struct subject {
    const char *name;
    const struct cw_record_type *type;
    const void *record;
    double value_count;
    struct cw_pack pack; /* its body */
    struct cw_arena *arena;
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t value;
    char *room; /* BODY_SIZE */
};

static bool encode_ours(struct subject *subject)
{
    cw_pack_reset(&subject->pack);
    subject->type->encode(subject->record, &subject->pack);
    return !subject->pack.failed;
}

static bool decode_ours(struct subject *subject)
{
    struct cw_error err;
    cw_arena_reset(subject->arena);
    void *room = cw_arena_take(subject->arena, subject->type->size);
    struct cw_unpack in = cw_unpack_of(subject->pack.bytes, subject->pack.size);
    return room != NULL &&
           subject->type->decode(room, &in, subject->arena, &err) == CW_OK;
}

static bool encode_theirs(struct subject *subject)
{
    avro_writer_t writer =
        avro_writer_memory(subject->room, (int64_t)BODY_SIZE);
    const int failed = avro_value_write(writer, &subject->value);
    avro_writer_free(writer);
    return failed == 0;
}

static bool decode_theirs(struct subject *subject)
{
    avro_reader_t reader = avro_reader_memory((const char *)subject->pack.bytes,
                                              (int64_t)subject->pack.size);
    avro_value_reset(&subject->value);
    const int failed = avro_value_read(reader, &subject->value);
    avro_reader_free(reader);
    return failed == 0;
}

/* M values/s of processor time; best of three, so a neighbour shows less. */
static double rate(struct subject *subject, bool (*step)(struct subject *))
{
    double best = 0.0;
    for (int turn = 0; turn < 3; turn++) {
        const double begin = now_s();
        double passed = 0.0;
        unsigned long count = 0;
        while (passed < RUN_SECONDS / 3) {
            if (!step(subject))
                return 0.0;
            count++;
            passed = now_s() - begin;
        }
        const double reached = (double)count * subject->value_count / passed;
        best = reached > best ? reached : best;
    }
    return best / 1e6;
}

static bool open_subject(struct subject *subject)
{
    struct cw_error err;
    const char *schema = subject->type->schema_json;
    cw_pack_init(&subject->pack, BODY_SIZE);
    subject->room = malloc(BODY_SIZE);
    if (subject->room == NULL ||
        cw_arena_create(&subject->arena, ARENA_SIZE, &err) != CW_OK ||
        avro_schema_from_json_length(schema, strlen(schema),
                                     &subject->schema) != 0)
        return false;
    subject->iface = avro_generic_class_from_schema(subject->schema);
    return subject->iface != NULL &&
           avro_generic_value_new(subject->iface, &subject->value) == 0;
}

static void close_subject(struct subject *subject)
{
    avro_value_decref(&subject->value);
    avro_value_iface_decref(subject->iface);
    avro_schema_decref(subject->schema);
    cw_arena_destroy(&subject->arena);
    cw_pack_fini(&subject->pack);
    free(subject->room);
}

static bool measure(struct subject subject)
{
    if (!open_subject(&subject))
        return false;
    const double encode = rate(&subject, encode_ours);
    const double decode = rate(&subject, decode_ours);
    const double their_decode = rate(&subject, decode_theirs);
    const double their_encode = rate(&subject, encode_theirs);
    printf("%-28s %7zu B  encode %7.1f M/s (libavro %5.1f, x%.1f)  "
           "decode %7.1f M/s (libavro %5.1f, x%.1f)\n",
           subject.name, subject.pack.size, encode, their_encode,
           encode / their_encode, decode, their_decode, decode / their_decode);
    close_subject(&subject);
    return encode > 0 && decode > 0 && their_encode > 0 && their_decode > 0;
}

static int64_t series[POINT_COUNT];
static int64_t times[POINT_COUNT];
static double values[POINT_COUNT];
static struct cw_metric_run runs[POINT_COUNT];
static struct cw_log logs[POINT_COUNT];
static struct cw_span spans[POINT_COUNT];

static const struct cw_key_value labels[] = {
    {CW_TEXT("k8s.namespace.name"), CW_TEXT("shop")},
    {CW_TEXT("k8s.pod.name"), CW_TEXT("cart-7d9f8b6c5-x2x9q")}};

static const struct cw_entity cart = {CW_TEXT("service"), CW_TEXT("cart")};

static void fill_items(void)
{
    for (size_t i = 0; i < POINT_COUNT; i++) {
        series[i] = (int64_t)(i * 0x9e3779b97f4a7c15u);
        times[i] = 1700000000000000 + (int64_t)i * 1000000;
        values[i] = (double)i * 0.25;
        runs[i] = (struct cw_metric_run){.stream_at = times[i],
                                         .event_at = times[i],
                                         .route = series[i],
                                         .series = &series[i],
                                         .series_count = 1,
                                         .sampled_at = &times[i],
                                         .sampled_at_count = 1,
                                         .values = &values[i],
                                         .values_count = 1};
        logs[i] = (struct cw_log){
            .stream_at = times[i],
            .event_at = times[i],
            .route = series[i],
            .tenant = CW_TEXT("default"),
            .domain = CW_TEXT("default"),
            .entity = cart,
            .source = CW_TEXT("cart"),
            .severity = 9,
            .body = CW_TEXT("GET /cart/1234 took 12 ms, 3 items, user 99812"),
            .attributes = labels,
            .attributes_count = 2};
        spans[i] = (struct cw_span){
            .stream_at = times[i],
            .event_at = times[i],
            .route = series[i],
            .tenant = CW_TEXT("default"),
            .domain = CW_TEXT("default"),
            .entity = cart,
            .trace_id = CW_TEXT("4bf92f3577b34da6a3ce929d0e0e4736"),
            .span_id = CW_TEXT("00f067aa0ba902b7"),
            .parent_id = CW_TEXT("00f067aa0ba902b6"),
            .name = CW_TEXT("GET /cart/{id}"),
            .kind = CW_SPAN_KIND_SERVER,
            .duration_us = 12000,
            .sample_weight = 1.0,
            .attributes = labels,
            .attributes_count = 2};
    }
}

int main(void)
{
    fill_items();
    const struct cw_metric_run whole = {.series = series,
                                        .series_count = POINT_COUNT,
                                        .sampled_at = times,
                                        .sampled_at_count = POINT_COUNT,
                                        .values = values,
                                        .values_count = POINT_COUNT};
    const struct cw_metric_run_batch one_run = {.items = &whole,
                                                .items_count = 1};
    const struct cw_metric_run_batch many_runs = {.items = runs,
                                                  .items_count = POINT_COUNT};
    const struct cw_log_batch log_batch = {.items = logs,
                                           .items_count = POINT_COUNT};
    const struct cw_span_batch span_batch = {.items = spans,
                                             .items_count = POINT_COUNT};
    const double n = POINT_COUNT;
    /* Values an item: a point 3; a run of one 4 + 3; a log 13 + 4; a span
     * 18 + 4 with its two entities. */
    const struct subject subjects[] = {
        {.name = "MetricRunBatch 1 x 1000",
         .type = &cw_metric_run_batch_type,
         .record = &one_run,
         .value_count = 3 * n},
        {.name = "MetricRunBatch 1000 x 1",
         .type = &cw_metric_run_batch_type,
         .record = &many_runs,
         .value_count = 7 * n},
        {.name = "LogBatch 1000",
         .type = &cw_log_batch_type,
         .record = &log_batch,
         .value_count = 17 * n},
        {.name = "SpanBatch 1000",
         .type = &cw_span_batch_type,
         .record = &span_batch,
         .value_count = 22 * n},
    };
    bool measured = true;
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
        measured = measure(subjects[i]) && measured;
    return measured ? EXIT_SUCCESS : EXIT_FAILURE;
}
