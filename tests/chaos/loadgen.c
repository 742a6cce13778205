/*
 * loadgen - telemetry of a made-up shop at a rate, with faults on a schedule.
 *
 *   loadgen BROKERS SECONDS [points=20000] [lines=2000] [spans=500] [storm=0]
 *           [tenants=2] [fault_every=30] [fault_for=20] [seed=1] [services=20]
 *           [disorder=0]
 *
 * Writes what real producers write: OTLP protobuf metrics (one record a
 * service and second, many points) to otlp_metrics, OTLP spans to otlp_spans,
 * syslog lines to syslog, Alertmanager webhooks to alerts. Every fault_every
 * seconds one service of each tenant turns slow and failing for fault_for
 * seconds; storm alerts fire with it. No record has a key: each lands in any
 * partition, and a series in all. Each is up to disorder ms older than when it
 * is sent, by its own time and by Kafka's. Prints what it did as one JSON line.
 */
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pack.h"
#include "base/rand.h"
#include "base/time.h"

#define RECORD_MAX ((size_t)1 << 20)
#define STEPS      20 /* a second is sent in so many steps */

struct settings {
    long points, lines, spans, storm, tenants, fault_every, fault_for, seed,
        services, disorder;
};

struct load {
    struct settings set;
    rd_kafka_t *handle;
    struct cw_rand rand;
    struct cw_pack record, inner[6];
    long sent[4];
    int64_t began_us;
    int64_t record_us; /* of the record being made; 0 = when it is sent */
};

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
static void attribute(struct load *load, struct cw_pack *out, unsigned field,
                      const char *key, const char *value)
{
    struct cw_pack *any = &load->inner[4];
    struct cw_pack *pair = &load->inner[5];
    cw_pack_reset(any);
    cw_pack_reset(pair);
    field_text(any, 1, value);
    field_text(pair, 1, key);
    field_pack(pair, 2, any);
    field_pack(out, field, pair);
}

static void resource(struct load *load, struct cw_pack *out, const char *name)
{
    struct cw_pack *inner = &load->inner[3];
    cw_pack_reset(inner);
    attribute(load, inner, 1, "service.name", name);
    field_pack(out, 1, inner);
}

/* ---- sending ------------------------------------------------------------ */

/* When the next record is from. */
static int64_t age(struct load *load, int64_t now_us)
{
    if (load->set.disorder <= 0)
        return now_us;
    load->record_us =
        now_us -
        (int64_t)cw_rand_below(&load->rand, (uint64_t)load->set.disorder + 1) *
            1000;
    return load->record_us;
}

static void send_bytes(struct load *load, const char *topic, long tenant,
                       const void *bytes, size_t size)
{
    char name[40];
    (void)snprintf(name, sizeof(name), "tenant%ld", tenant);
    union {
        const void *borrowed;
        void *value;
    } value = {bytes};
    while (rd_kafka_producev(load->handle, RD_KAFKA_V_TOPIC(topic),
                             RD_KAFKA_V_VALUE(value.value, size),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_HEADER("tenant", name, -1),
                             RD_KAFKA_V_TIMESTAMP(load->record_us / 1000),
                             RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        (void)rd_kafka_poll(load->handle, 10);
    (void)rd_kafka_poll(load->handle, 0);
}

/* Which service of a tenant is ill now; -1 = none. */
static long ill_service(const struct load *load, long tenant, double at_s)
{
    if (load->set.fault_every <= 0)
        return -1;
    const long turn = (long)at_s / load->set.fault_every;
    const double into = at_s - (double)(turn * load->set.fault_every);
    if (turn == 0 || into > (double)load->set.fault_for)
        return -1;
    return (turn * 7 + tenant * 3) % load->set.services;
}

static double metric_value(struct load *load, long metric, long service,
                           bool ill)
{
    const double base = 20.0 + (double)((metric * 37 + service * 11) % 200);
    const double noise = cw_rand_normal(&load->rand) * base * 0.05;
    return base + noise + (ill && metric < 6 ? base * 4.0 : 0.0);
}

static const char *metric_name(long metric)
{
    static const char *const names[] = {"http.server.latency_p95",
                                        "http.server.error_rate",
                                        "process.cpu.utilization",
                                        "db.client.latency_p95",
                                        "queue.depth",
                                        "thread.pool.active"};
    return metric < 6 ? names[metric] : "app.gauge";
}

static void send_metrics(struct load *load, long tenant, long service,
                         long points, int64_t now_us, bool ill)
{
    struct cw_pack *point = &load->inner[0];
    struct cw_pack *gauge = &load->inner[1];
    struct cw_pack *scope = &load->inner[2];
    struct cw_pack *metric_pack = &load->inner[3];
    char name[40];
    char index[24];
    struct cw_pack whole;
    (void)snprintf(name, sizeof(name), "svc-%ld", service);
    cw_pack_init(&whole, RECORD_MAX);
    cw_pack_reset(scope);
    resource(load, &whole, name);
    for (long m = 0; m < points; m++) {
        cw_pack_reset(point);
        field_fixed(point, 3, (uint64_t)now_us * 1000);
        field_double(point, 4, metric_value(load, m, service, ill));
        (void)snprintf(index, sizeof(index), "%ld", m);
        if (m >= 6)
            attribute(load, point, 7, "n", index);
        cw_pack_reset(gauge);
        field_pack(gauge, 1, point);
        cw_pack_reset(metric_pack);
        field_text(metric_pack, 1, metric_name(m));
        field_pack(metric_pack, 5, gauge);
        field_pack(scope, 2, metric_pack);
    }
    field_pack(&whole, 2, scope);
    cw_pack_reset(&load->record);
    field_pack(&load->record, 1, &whole);
    cw_pack_fini(&whole);
    send_bytes(load, "otlp_metrics", tenant, load->record.bytes,
               load->record.size);
    load->sent[0] += points;
}

static void span(struct load *load, struct cw_pack *scope, const uint64_t *ids,
                 int64_t begin_us, int64_t took_us, bool failed)
{
    struct cw_pack *one = &load->inner[0];
    struct cw_pack *state = &load->inner[1];
    cw_pack_reset(one);
    field_bytes(one, 1, ids, 16);
    field_bytes(one, 2, &ids[2], 8);
    if (ids[3] != 0)
        field_bytes(one, 4, &ids[3], 8);
    field_text(one, 5, "GET /thing");
    varint(one, 6u << 3);
    varint(one, 2); /* SPAN_KIND_SERVER */
    field_fixed(one, 7, (uint64_t)begin_us * 1000);
    field_fixed(one, 8, (uint64_t)(begin_us + took_us) * 1000);
    if (failed) {
        cw_pack_reset(state);
        varint(state, 3u << 3);
        varint(state, 2);
        field_pack(one, 15, state);
    }
    field_pack(scope, 2, one);
}

/* A call from service s to service s+1: two records, one trace. */
static void send_trace(struct load *load, long tenant, int64_t now_us,
                       double at_s)
{
    const long caller =
        (long)cw_rand_below(&load->rand, (uint64_t)load->set.services);
    const long callee = (caller + 1) % load->set.services;
    const long ill = ill_service(load, tenant, at_s);
    const bool slow = callee == ill;
    const int64_t took_us =
        (int64_t)(5000 + 1000 * fabs(cw_rand_normal(&load->rand))) *
        (slow ? 20 : 1);
    const uint64_t trace[2] = {cw_rand_next(&load->rand),
                               cw_rand_next(&load->rand)};
    const uint64_t root = cw_rand_next(&load->rand);
    const long services[2] = {caller, callee};
    for (int i = 0; i < 2; i++) {
        struct cw_pack *scope = &load->inner[2];
        struct cw_pack whole;
        char name[40];
        const uint64_t ids[4] = {trace[0], trace[1], i == 0 ? root : root + 1,
                                 i == 0 ? 0 : root};
        (void)snprintf(name, sizeof(name), "svc-%ld", services[i]);
        cw_pack_init(&whole, RECORD_MAX);
        resource(load, &whole, name);
        cw_pack_reset(scope);
        span(load, scope, ids, now_us - took_us, took_us,
             slow && cw_rand_below(&load->rand, 2) == 0);
        field_pack(&whole, 2, scope);
        cw_pack_reset(&load->record);
        field_pack(&load->record, 1, &whole);
        cw_pack_fini(&whole);
        send_bytes(load, "otlp_spans", tenant, load->record.bytes,
                   load->record.size);
        load->sent[2]++;
    }
}

static void send_line(struct load *load, long tenant, int64_t now_us,
                      double at_s)
{
    const long service =
        (long)cw_rand_below(&load->rand, (uint64_t)load->set.services);
    const bool ill = ill_service(load, tenant, at_s) == service;
    char when[CW_TIME_TEXT_SIZE];
    char line[300];
    (void)cw_time_format(now_us, when);
    const unsigned number = (unsigned)cw_rand_below(&load->rand, 100000);
    const int size =
        ill && number % 2 == 0
            ? snprintf(line, sizeof(line),
                       "<11>1 %s host svc-%ld 7 - - upstream refused request "
                       "%u after %u ms",
                       when, service, number, number % 900)
            : snprintf(line, sizeof(line),
                       "<14>1 %s host svc-%ld 7 - - request %u served in %u "
                       "ms from 10.0.%u.%u",
                       when, service, number, number % 90, number % 250,
                       number % 99);
    send_bytes(load, "syslog", tenant, line, (size_t)size);
    load->sent[1]++;
}

static void send_alert(struct load *load, long tenant, long service, long n,
                       bool firing)
{
    char text[700];
    const int size = snprintf(
        text, sizeof(text),
        "{\"version\":\"4\",\"groupKey\":\"g\",\"status\":\"%s\","
        "\"receiver\":\"r\",\"alerts\":[{\"status\":\"%s\",\"labels\":{"
        "\"alertname\":\"Slow%ld\",\"service\":\"svc-%ld\",\"severity\":"
        "\"warning\"},\"annotations\":{\"summary\":\"svc-%ld is slow\"},"
        "\"startsAt\":\"2026-01-01T00:00:00Z\",\"endsAt\":"
        "\"0001-01-01T00:00:00Z\",\"generatorURL\":\"\",\"fingerprint\":"
        "\"t%lds%ldn%ld\"}]}",
        firing ? "firing" : "resolved", firing ? "firing" : "resolved", n,
        service, service, tenant, service, n);
    send_bytes(load, "alerts", tenant, text, (size_t)size);
    load->sent[3]++;
}

/* Alerts fire 3 s into a fault and are resolved at its end. */
static void send_storm(struct load *load, long tenant, double at_s,
                       double last_s)
{
    const long before = ill_service(load, tenant, last_s - 3.0);
    const long now = ill_service(load, tenant, at_s - 3.0);
    if (now == before)
        return;
    for (long n = 0; n < load->set.storm; n++) {
        if (before >= 0)
            send_alert(load, tenant, before, n, false);
        if (now >= 0)
            send_alert(load, tenant, now, n, true);
    }
}

/* ---- the run ------------------------------------------------------------ */

static void send_step(struct load *load, long step, double at_s, double last_s)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t now_us = cw_clock_wall_us(&clock);
    const long tenants = load->set.tenants;
    const long each = load->set.points / tenants / load->set.services;
    for (long t = 0; t < tenants; t++) {
        for (long s = 0; s < load->set.services; s++)
            if (s % STEPS == step % STEPS && each > 0)
                send_metrics(load, t, s, each, age(load, now_us),
                             ill_service(load, t, at_s) == s);
        for (long i = 0; i < load->set.lines / tenants / STEPS; i++)
            send_line(load, t, age(load, now_us), at_s);
        for (long i = 0; i < load->set.spans / tenants / STEPS / 2; i++)
            send_trace(load, t, age(load, now_us), at_s);
        (void)age(load, now_us);
        send_storm(load, t, at_s, last_s);
    }
}

static void run(struct load *load, long seconds)
{
    const struct cw_clocks clock = cw_clock_system();
    double last_s = -1.0;
    load->began_us = cw_clock_monotonic_us(&clock);
    for (long step = 0; step < seconds * STEPS; step++) {
        const int64_t due_us = load->began_us + step * 1000000 / STEPS;
        const int64_t wait_us = due_us - cw_clock_monotonic_us(&clock);
        if (wait_us > 0)
            (void)usleep((useconds_t)wait_us);
        const double at_s = (double)step / STEPS;
        send_step(load, step, at_s, last_s);
        last_s = at_s;
    }
    (void)rd_kafka_flush(load->handle, 60000);
    printf("{\"points\":%ld,\"lines\":%ld,\"spans\":%ld,\"alerts\":%ld,"
           "\"seconds\":%.1f,\"unsent\":%d}\n",
           load->sent[0], load->sent[1], load->sent[2], load->sent[3],
           (double)(cw_clock_monotonic_us(&clock) - load->began_us) / 1e6,
           rd_kafka_outq_len(load->handle));
}

static bool read_setting(struct settings *set, const char *word)
{
    const struct {
        const char *name;
        long *value;
    } names[] = {
        {"points=", &set->points},       {"lines=", &set->lines},
        {"spans=", &set->spans},         {"storm=", &set->storm},
        {"tenants=", &set->tenants},     {"fault_every=", &set->fault_every},
        {"fault_for=", &set->fault_for}, {"seed=", &set->seed},
        {"services=", &set->services},   {"disorder=", &set->disorder},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const size_t size = strlen(names[i].name);
        if (strncmp(word, names[i].name, size) != 0)
            continue;
        *names[i].value = strtol(word + size, NULL, 10);
        return true;
    }
    return false;
}

int main(int count, char **arguments)
{
    struct load load = {.set = {20000, 2000, 500, 0, 2, 30, 20, 1, 20, 0}};
    char why[200];
    if (count < 3) {
        (void)fprintf(stderr, "usage: loadgen BROKERS SECONDS [NAME=N ...]\n");
        return 64;
    }
    for (int i = 3; i < count; i++)
        if (!read_setting(&load.set, arguments[i])) {
            (void)fprintf(stderr, "loadgen: unknown setting %s\n",
                          arguments[i]);
            return 64;
        }
    cw_rand_seed(&load.rand, (uint64_t)load.set.seed);
    cw_pack_init(&load.record, RECORD_MAX);
    for (int i = 0; i < 6; i++)
        cw_pack_init(&load.inner[i], RECORD_MAX);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", arguments[1], why,
                            sizeof(why));
    (void)rd_kafka_conf_set(conf, "linger.ms", "5", why, sizeof(why));
    (void)rd_kafka_conf_set(conf, "enable.idempotence", "true", why,
                            sizeof(why));
    (void)rd_kafka_conf_set(conf, "compression.type", "lz4", why, sizeof(why));
    load.handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (load.handle == NULL) {
        (void)fprintf(stderr, "loadgen: %s\n", why);
        return 1;
    }
    run(&load, strtol(arguments[2], NULL, 10));
    rd_kafka_destroy(load.handle);
    cw_pack_fini(&load.record);
    for (int i = 0; i < 6; i++)
        cw_pack_fini(&load.inner[i]);
    return 0;
}
