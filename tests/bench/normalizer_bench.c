/*
 * normalizer_bench - points, lines and spans a second through the normalizing
 * core, on one core.
 *
 * Output   one line a format: items/s of processor time, MB/s of input, bytes
 *          encoded; for JSON what simdjson alone does with the same bytes, and
 *          the ratio. Outputs are encoded as the live loop does, into one
 *          buffer; nothing is sent. Inputs are made before the clock starts
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../services/normalizer/core.h"
#include "core/emit.h"

#define T0          INT64_C(1700000000000000)
#define ARENA_SIZE  ((size_t)64 << 20)
#define RECORD_SIZE (1u << 20)
#define RECORDS     64u
#define SECONDS     1.5

bool normalizer_limit_parse(const char *bytes, size_t size);

struct bench {
    struct cw_core *core;
    struct cw_arena *arena;
    struct cw_pack pack;
    uint64_t bytes;
    uint64_t letters;
};

struct input {
    const char *topic;
    const char *items; /* what is counted */
    bool json;
    size_t per_record;
    unsigned char *records[RECORDS];
    size_t sizes[RECORDS];
};

static double now_s(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "normalizer_bench: %s\n", what);
    exit(1);
}

static enum cw_status encode_output(void *to, const struct cw_output *out,
                                    struct cw_error *err)
{
    struct bench *bench = to;
    (void)err;
    cw_pack_reset(&bench->pack);
    out->type->encode(out->record, &bench->pack);
    bench->bytes += bench->pack.size;
    bench->letters += out->topic == CW_TOPIC_DEADLETTER;
    return CW_OK;
}

/* ---- inputs, in protobuf ------------------------------------------------ */

struct message {
    unsigned char *bytes;
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

static void add_bytes(struct message *message, unsigned field,
                      const void *bytes, size_t size)
{
    add_varint(message, (uint64_t)field << 3 | 2);
    add_varint(message, size);
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static void add_fixed(struct message *message, unsigned field, uint64_t value)
{
    add_varint(message, (uint64_t)field << 3 | 1);
    memcpy(message->bytes + message->size, &value, sizeof(value));
    message->size += sizeof(value);
}

static void add_attribute(struct message *message, unsigned field,
                          const char *key, const char *value)
{
    unsigned char inner[256];
    unsigned char any[256];
    struct message pair = {inner, 0};
    struct message text = {any, 0};
    add_bytes(&text, 1, value, strlen(value));
    add_bytes(&pair, 1, key, strlen(key));
    add_bytes(&pair, 2, text.bytes, text.size);
    add_bytes(message, field, pair.bytes, pair.size);
}

static struct message take(size_t size)
{
    struct message made = {malloc(size), 0};
    if (made.bytes == NULL)
        fail("memory");
    return made;
}

/* Wraps one scope's items in its resource and request. */
static void wrap(struct input *input, unsigned index,
                 const struct message *scope)
{
    struct message resource = take(4096);
    struct message one = take(RECORD_SIZE);
    struct message all = take(RECORD_SIZE);
    char name[32];
    (void)snprintf(name, sizeof(name), "service-%u", index);
    add_attribute(&resource, 1, "service.name", name);
    add_attribute(&resource, 1, "service.version", "1.4.2");
    add_attribute(&resource, 1, "k8s.pod.name", "service-6f6cfc45b-h5m2n");
    add_attribute(&resource, 1, "k8s.namespace.name", "shop");
    add_attribute(&resource, 1, "deployment.environment.name", "prod");
    add_attribute(&resource, 1, "telemetry.sdk.name", "opentelemetry");
    add_bytes(&one, 1, resource.bytes, resource.size);
    add_bytes(&one, 2, scope->bytes, scope->size);
    add_bytes(&all, 1, one.bytes, one.size);
    free(resource.bytes);
    free(one.bytes);
    input->records[index] = all.bytes;
    input->sizes[index] = all.size;
}

/* 100 metrics of 20 points, two attributes each. */
static void make_points(struct input *input, unsigned index)
{
    struct message scope = take(RECORD_SIZE);
    for (unsigned m = 0; m < 100; m++) {
        struct message gauge = take(8192);
        struct message metric = take(8192);
        char name[40];
        for (unsigned p = 0; p < 20; p++) {
            unsigned char bytes[512];
            struct message point = {bytes, 0};
            char route[32];
            const double value = 0.5 + p;
            uint64_t bits;
            memcpy(&bits, &value, sizeof(bits));
            (void)snprintf(route, sizeof(route), "/route/%u", p);
            add_fixed(&point, 3, (uint64_t)T0 * 1000);
            add_fixed(&point, 4, bits);
            add_attribute(&point, 7, "http.route", route);
            add_attribute(&point, 7, "http.request.method", "GET");
            add_bytes(&gauge, 1, point.bytes, point.size);
        }
        (void)snprintf(name, sizeof(name), "http.server.metric_%u", m);
        add_bytes(&metric, 1, name, strlen(name));
        add_bytes(&metric, 3, "s", 1);
        add_bytes(&metric, 5, gauge.bytes, gauge.size);
        add_bytes(&scope, 2, metric.bytes, metric.size);
        free(gauge.bytes);
        free(metric.bytes);
    }
    wrap(input, index, &scope);
    free(scope.bytes);
}

static void make_spans(struct input *input, unsigned index)
{
    struct message scope = take(RECORD_SIZE);
    for (unsigned s = 0; s < 500; s++) {
        unsigned char bytes[1024];
        unsigned char id[16] = {
            1, 2,
            3, [14] = (unsigned char)(s >> 8), [15] = (unsigned char)(s | 1)};
        struct message span = {bytes, 0};
        add_bytes(&span, 1, id, 16);
        add_bytes(&span, 2, id + 8, 8);
        add_bytes(&span, 4, id + 8, 8);
        add_bytes(&span, 5, "POST /cart/checkout", 19);
        add_varint(&span, 6 << 3);
        add_varint(&span, 3);
        add_fixed(&span, 7, (uint64_t)T0 * 1000);
        add_fixed(&span, 8, (uint64_t)(T0 + 1500) * 1000);
        add_attribute(&span, 9, "http.request.method", "POST");
        add_attribute(&span, 9, "server.address", "cart");
        add_attribute(&span, 9, "url.full", "http://cart:8080/cart/checkout");
        add_attribute(&span, 9, "http.response.status_code", "200");
        add_bytes(&scope, 2, span.bytes, span.size);
    }
    wrap(input, index, &scope);
    free(scope.bytes);
}

/* ---- inputs, in JSON ---------------------------------------------------- */

/* Copies text into record index, at the end of what is there. */
static void append(struct input *input, unsigned index, const char *text)
{
    const size_t size = strlen(text);
    if (input->records[index] == NULL)
        input->records[index] = take(RECORD_SIZE).bytes;
    memcpy(input->records[index] + input->sizes[index], text, size);
    input->sizes[index] += size;
}

static void make_ecs(struct input *input, unsigned index)
{
    char line[1024];
    (void)snprintf(
        line, sizeof(line),
        "{\"@timestamp\":\"2023-11-14T22:13:20.%03uZ\",\"message\":\"order "
        "%u-%u accepted for customer 8812, total 120.50 EUR, 3 items in 41 "
        "ms\",\"log\":{\"level\":\"info\",\"logger\":\"shop.orders.Checkout\","
        "\"offset\":123456},\"ecs\":{\"version\":\"8.11.0\"},\"service\":{"
        "\"name\":\"cart\",\"environment\":\"prod\"},\"host\":{\"name\":"
        "\"web-01\"},\"kubernetes\":{\"namespace\":\"shop\",\"pod\":{\"name\":"
        "\"cart-6f6cfc45b-h5m2n\"}},\"trace\":{\"id\":"
        "\"4bf92f3577b34da6a3ce929d0e0e4736\"},\"span\":{\"id\":"
        "\"00f067aa0ba902b7\"},\"agent\":{\"type\":\"filebeat\",\"version\":"
        "\"8.11.0\"},\"input\":{\"type\":\"container\"}}",
        index, index, index * 7);
    append(input, index, line);
}

static void make_prometheus(struct input *input, unsigned index)
{
    char line[512];
    (void)snprintf(line, sizeof(line),
                   "{\"value\":\"0.%u\",\"timestamp\":\"2023-11-14T22:13:20Z\","
                   "\"name\":\"request_latency_p90\",\"labels\":{\"__name__\":"
                   "\"request_latency_p90\",\"service\":\"service-%u\","
                   "\"instance\":\"10.0.0.%u:8080\",\"job\":\"shop\","
                   "\"namespace\":\"prod\"}}",
                   index, index, index);
    append(input, index, line);
}

static void make_zipkin(struct input *input, unsigned index)
{
    char span[640];
    append(input, index, "[");
    for (unsigned s = 0; s < 20; s++) {
        (void)snprintf(
            span, sizeof(span),
            "%s{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e47%02x\",\"id\":"
            "\"00f067aa0ba902%02x\",\"parentId\":\"00f067aa0ba90200\",\"kind\":"
            "\"CLIENT\",\"name\":\"post /cart\",\"timestamp\":1700000000000%03u"
            ",\"duration\":1500,\"localEndpoint\":{\"serviceName\":\"shop\"},"
            "\"remoteEndpoint\":{\"serviceName\":\"cart\"},\"tags\":{"
            "\"http.method\":\"POST\",\"http.path\":\"/cart\","
            "\"http.status_code\":\"200\"}}",
            s ? "," : "", index, s + 1, s);
        append(input, index, span);
    }
    append(input, index, "]");
}

static void make_syslog(struct input *input, unsigned index)
{
    char line[256];
    (void)snprintf(line, sizeof(line),
                   "2023-11-14T22:13:20.%03u+00:00 db-1 postgres[4711]: LOG:  "
                   "duration: %u.%03u ms  statement: SELECT * FROM orders "
                   "WHERE id = %u\n",
                   index, index, index, index * 31);
    append(input, index, line);
}

/* ---- runs --------------------------------------------------------------- */

static void step(struct bench *bench, const struct input *input, size_t i,
                 int64_t offset)
{
    struct cw_error err = {0};
    const int64_t at = T0 + offset * 100;
    const struct cw_raw raw = {
        .topic = cw_text_of(input->topic),
        .offset = offset,
        .timestamp_at = at,
        .has_value = true,
        .value = {(const char *)input->records[i], input->sizes[i]}};
    const struct cw_item item = {
        .topic = CW_TOPIC_RAW, .stream_at = at, .event_at = at, .record = &raw};
    struct cw_emit emit = {.sink = encode_output,
                           .to = bench,
                           .arena = bench->arena,
                           .now_at = at};
    if (normalizer_core_type.step(bench->core, 0, &item, &emit, &err) != CW_OK)
        fail(err.text);
    cw_arena_reset(bench->arena);
}

static void run(const struct input *input)
{
    static const struct normalizer_config config = {0};
    struct cw_error err = {0};
    struct bench bench = {0};
    cw_pack_init(&bench.pack, (size_t)64 << 20);
    if (normalizer_core_type.create(&bench.core, &config, &err) != CW_OK ||
        cw_arena_create(&bench.arena, ARENA_SIZE, &err) != CW_OK)
        fail(err.text);
    int64_t offset = 0;
    size_t read = 0;
    const double begin = now_s();
    double spent = 0.0;
    while (spent < SECONDS) {
        for (size_t i = 0; i < RECORDS; i++) {
            step(&bench, input, i, offset++);
            read += input->sizes[i];
        }
        spent = now_s() - begin;
    }
    const double items = (double)offset * (double)input->per_record;
    printf("%-13s %9.0f %s/s  %6.1f MB/s in  %6.1f MB/s out  letters %llu",
           input->topic, items / spent, input->items,
           (double)read / spent / 1e6, (double)bench.bytes / spent / 1e6,
           (unsigned long long)bench.letters);
    normalizer_core_type.destroy(&bench.core);
    cw_arena_destroy(&bench.arena);
    cw_pack_fini(&bench.pack);

    if (input->json) {
        size_t parsed = 0;
        const double first = now_s();
        double limit = 0.0;
        while (limit < SECONDS / 2) {
            for (size_t i = 0; i < RECORDS; i++)
                parsed += normalizer_limit_parse(
                    (const char *)input->records[i], input->sizes[i]);
            limit = now_s() - first;
        }
        const double best = (double)parsed * (double)input->per_record / limit;
        printf("  simdjson alone %9.0f, ratio %.2f", best,
               items / spent / best);
    }
    printf("\n");
}

/* An argument names the one topic to run. */
int main(int count, char **arguments)
{
    static struct {
        struct input input;
        void (*make)(struct input *input, unsigned index);
    } cases[] = {
        {{"otlp_metrics", "points", false, 2000, {0}, {0}}, make_points},
        {{"otlp_spans", "spans", false, 500, {0}, {0}}, make_spans},
        {{"logs", "lines", true, 1, {0}, {0}}, make_ecs},
        {{"zipkin", "spans", true, 20, {0}, {0}}, make_zipkin},
        {{"prometheus", "points", true, 1, {0}, {0}}, make_prometheus},
        {{"syslog", "lines", false, 1, {0}, {0}}, make_syslog},
    };
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        if (count > 1 && strcmp(arguments[1], cases[c].input.topic) != 0)
            continue;
        for (unsigned i = 0; i < RECORDS; i++)
            cases[c].make(&cases[c].input, i);
        run(&cases[c].input);
    }
    return 0;
}
