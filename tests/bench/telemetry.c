#include "telemetry.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

#define NAMED ((size_t)6)

static const char *const names[NAMED] = {"http.server.latency_p95",
                                         "http.server.error_rate",
                                         "process.cpu.utilization",
                                         "db.client.latency_p95",
                                         "queue.depth",
                                         "thread.pool.active"};

void telemetry_init(struct telemetry *telemetry)
{
    for (int i = 0; i < TELEMETRY_LEVELS; i++)
        cw_pack_init(&telemetry->packs[i], TELEMETRY_MAX);
}

void telemetry_fini(struct telemetry *telemetry)
{
    for (int i = 0; i < TELEMETRY_LEVELS; i++)
        cw_pack_fini(&telemetry->packs[i]);
}

static struct cw_pack *begin(struct telemetry *telemetry,
                             enum telemetry_level level)
{
    cw_pack_reset(&telemetry->packs[level]);
    return &telemetry->packs[level];
}

static struct cw_text text_of(const struct cw_pack *pack)
{
    return (struct cw_text){(const char *)pack->bytes, pack->size};
}

/* ---- protobuf ----------------------------------------------------------- */

static void varint(struct cw_pack *out, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        cw_pack_u8(out, (uint8_t)(value | 0x80));
    cw_pack_u8(out, (uint8_t)value);
}

static void field_bytes(struct cw_pack *out, unsigned field, const void *bytes,
                        size_t size)
{
    varint(out, field << 3 | 2u);
    varint(out, size);
    cw_pack_bytes(out, bytes, size);
}

static void field_text(struct cw_pack *out, unsigned field, const char *text)
{
    field_bytes(out, field, text, strlen(text));
}

static void field_pack(struct cw_pack *out, unsigned field,
                       const struct cw_pack *inner)
{
    field_bytes(out, field, inner->bytes, inner->size);
}

static void field_number(struct cw_pack *out, unsigned field, uint64_t value)
{
    varint(out, field << 3);
    varint(out, value);
}

static void field_fixed(struct cw_pack *out, unsigned field, uint64_t value)
{
    varint(out, field << 3 | 1u);
    cw_pack_u64(out, value);
}

static void field_double(struct cw_pack *out, unsigned field, double value)
{
    varint(out, field << 3 | 1u);
    cw_pack_f64(out, value);
}

/* KeyValue { key, AnyValue { string_value } } as field of out. */
static void attribute(struct telemetry *telemetry, struct cw_pack *out,
                      unsigned field, const char *key, const char *value)
{
    struct cw_pack *any = begin(telemetry, TELEMETRY_ANY);
    struct cw_pack *pair = begin(telemetry, TELEMETRY_PAIR);
    field_text(any, 1, value);
    field_text(pair, 1, key);
    field_pack(pair, 2, any);
    field_pack(out, field, pair);
}

/* Request { Resource..{ resource, scope } }: the same field numbers for
 * metrics and traces. The scope is in its pack already. */
static struct cw_text wrap(struct telemetry *telemetry, const char *service)
{
    struct cw_pack *resource = begin(telemetry, TELEMETRY_METRIC);
    struct cw_pack *whole = begin(telemetry, TELEMETRY_RESOURCE);
    struct cw_pack *request = begin(telemetry, TELEMETRY_REQUEST);
    attribute(telemetry, resource, 1, "service.name", service);
    attribute(telemetry, resource, 1, "service.version", "1.4.2");
    attribute(telemetry, resource, 1, "telemetry.sdk.name", "opentelemetry");
    field_pack(whole, 1, resource);
    field_pack(whole, 2, &telemetry->packs[TELEMETRY_SCOPE]);
    field_pack(request, 1, whole);
    return text_of(request);
}

static void add_metric(struct telemetry *telemetry, size_t index, int64_t at_us,
                       double value)
{
    struct cw_pack *point = begin(telemetry, TELEMETRY_POINT);
    struct cw_pack *gauge = begin(telemetry, TELEMETRY_GAUGE);
    struct cw_pack *metric = begin(telemetry, TELEMETRY_METRIC);
    char number[24];
    field_fixed(point, 3, (uint64_t)at_us * 1000);
    field_double(point, 4, value);
    if (index >= NAMED) {
        (void)snprintf(number, sizeof(number), "%zu", index);
        attribute(telemetry, point, 7, "n", number);
    }
    field_pack(gauge, 1, point);
    field_text(metric, 1, index < NAMED ? names[index] : "app.gauge");
    field_pack(metric, 5, gauge);
    field_pack(&telemetry->packs[TELEMETRY_SCOPE], 2, metric);
}

struct cw_text telemetry_points(struct telemetry *telemetry,
                                const char *service, int64_t at_us,
                                const double *values, size_t count)
{
    (void)begin(telemetry, TELEMETRY_SCOPE);
    for (size_t i = 0; i < count; i++)
        add_metric(telemetry, i, at_us, values[i]);
    return wrap(telemetry, service);
}

struct cw_text telemetry_span(struct telemetry *telemetry,
                              const struct telemetry_span *span)
{
    struct cw_pack *one = begin(telemetry, TELEMETRY_POINT);
    struct cw_pack *state = begin(telemetry, TELEMETRY_GAUGE);
    struct cw_pack *scope = begin(telemetry, TELEMETRY_SCOPE);
    field_bytes(one, 1, span->trace, 16);
    field_bytes(one, 2, &span->id, 8);
    if (span->parent != 0)
        field_bytes(one, 4, &span->parent, 8);
    field_text(one, 5, "GET /thing");
    field_number(one, 6, 2); /* SPAN_KIND_SERVER */
    field_fixed(one, 7, (uint64_t)span->begin_us * 1000);
    field_fixed(one, 8, (uint64_t)(span->begin_us + span->took_us) * 1000);
    attribute(telemetry, one, 9, "http.request.method", "GET");
    if (span->failed) {
        field_number(state, 3, 2); /* STATUS_CODE_ERROR */
        field_pack(one, 15, state);
    }
    field_pack(scope, 2, one);
    return wrap(telemetry, span->service);
}

/* ---- JSON --------------------------------------------------------------- */

struct cw_text telemetry_line(struct telemetry *telemetry,
                              const struct telemetry_line *line)
{
    struct cw_pack *out = begin(telemetry, TELEMETRY_REQUEST);
    char when[CW_TIME_TEXT_SIZE];
    char text[900];
    (void)cw_time_format(line->at_us, when);
    const int size = snprintf(
        text, sizeof(text),
        "{\"@timestamp\":\"%s\",\"log.level\":\"%s\",\"message\":\"%s\","
        "\"ecs.version\":\"8.11.0\",\"service.name\":\"%s\","
        "\"event.dataset\":\"%s.log\",\"process.thread.name\":\"worker-7\","
        "\"log.logger\":\"shop.http.Server\",\"host.name\":\"node-3\"}",
        when, line->level, line->message, line->service, line->service);
    cw_pack_bytes(out, text, (size_t)size);
    return text_of(out);
}

static void add_alert(struct cw_pack *out, const struct telemetry_alert *alert)
{
    char starts[CW_TIME_TEXT_SIZE];
    char text[700];
    (void)cw_time_format(alert->at_us, starts);
    const int size = snprintf(
        text, sizeof(text),
        "{\"status\":\"%s\",\"labels\":{\"alertname\":\"Rule%u\","
        "\"service\":\"%s\",\"severity\":\"warning\"},\"annotations\":{"
        "\"summary\":\"rule %u of %s\"},\"startsAt\":\"%s\",\"endsAt\":"
        "\"%s\",\"generatorURL\":\"\",\"fingerprint\":\"%s/%u\"}",
        alert->firing ? "firing" : "resolved", alert->number, alert->service,
        alert->number, alert->service, starts,
        alert->firing ? "0001-01-01T00:00:00Z" : starts, alert->service,
        alert->number);
    cw_pack_bytes(out, text, (size_t)size);
}

struct cw_text telemetry_alerts(struct telemetry *telemetry,
                                const struct telemetry_alert *alerts,
                                size_t count)
{
    static const char head[] = "{\"version\":\"4\",\"groupKey\":\"g\","
                               "\"status\":\"firing\",\"receiver\":\"r\","
                               "\"alerts\":[";
    struct cw_pack *out = begin(telemetry, TELEMETRY_REQUEST);
    cw_pack_bytes(out, head, sizeof(head) - 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            cw_pack_u8(out, ',');
        add_alert(out, &alerts[i]);
    }
    cw_pack_bytes(out, "]}", 2);
    return text_of(out);
}
