/*
 * shop_load - telemetry of a made-up shop, as a finished log or live.
 *
 *   shop_load BROKERS SECONDS [NAME=N ...]
 *     live=1         in real time; 0: a log that ends now, as fast as it goes
 *     points=20000   a second, one record a service and interval (ms) with a
 *     interval=1000  gauge each; to otlp_metrics
 *     lines=0        ECS lines a second, to logs
 *     spans=0        spans a second, two a trace, to otlp_spans
 *     alerts=0       alerts a second, ten a webhook, to alerts
 *     tenants=2 services=400 (of each tenant) seed=1
 *     faults=0       first at fault_from (ms), one each fault_every, for
 *                    fault_for: six metrics of one service go to five times
 *                    their level in one record
 *
 * Services 2k and 2k+1 of a tenant call each other and nobody else; a fault
 * falls on another pair each time, so each is an incident of its own. Within
 * its interval every service has an instant of its own: records do not come in
 * step with slices of stream time. Prints what it did as one JSON line.
 */
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/time.h"
#include "telemetry.h"

#define POINTS_MAX  4096
#define ALERTS_EACH 10
#define RULES       10
#define NAME_SIZE   32

struct settings {
    long live, points, interval, lines, spans, alerts, tenants, services, seed,
        faults, fault_from, fault_every, fault_for;
};

struct load {
    struct settings set;
    rd_kafka_t *handle;
    struct telemetry telemetry;
    struct cw_rand rand;
    int64_t base_us; /* wall clock of step 0 */
    int64_t at_us;   /* of this step */
    long at_ms;      /* since step 0 */
    long sent[4];    /* points, lines, spans, alerts */
    long records;
    int64_t latest_us; /* behind the schedule, at most */
    bool *firing;      /* by tenant, service, rule */
};

static void service_name(char name[NAME_SIZE], long service)
{
    (void)snprintf(name, NAME_SIZE, "svc-%ld", service);
}

/* The queue's answer: full is tried again. about may be NULL. */
static bool is_taken(struct load *load, const char *topic, const char *tenant,
                     const char *about, struct cw_text value)
{
    union {
        const void *borrowed;
        void *value;
    } bytes = {value.bytes}, key = {about};
    const size_t key_size = about == NULL ? 0 : strlen(about);
    return rd_kafka_producev(
               load->handle, RD_KAFKA_V_TOPIC(topic),
               RD_KAFKA_V_VALUE(bytes.value, value.size),
               RD_KAFKA_V_KEY(key.value, key_size),
               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_TIMESTAMP(load->set.live ? 0 : load->at_us / 1000),
               RD_KAFKA_V_HEADER("tenant", tenant, -1),
               RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

static void send_record(struct load *load, const char *topic, long tenant,
                        const char *about, struct cw_text value)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "tenant%ld", tenant);
    while (!is_taken(load, topic, name, about, value))
        (void)rd_kafka_poll(load->handle, 10);
    load->records++;
}

/* ---- metrics ------------------------------------------------------------ */

/* Fault n is on the first service of pair n / tenants of tenant n % tenants. */
static bool is_ill(const struct load *load, long tenant, long service)
{
    const struct settings *set = &load->set;
    const long n = service / 2 * set->tenants + tenant;
    if (service % 2 != 0 || n >= set->faults)
        return false;
    const long since = load->at_ms - set->fault_from - n * set->fault_every;
    return since >= 0 && since < set->fault_for;
}

static double metric_value(struct load *load, size_t metric, long service,
                           bool ill)
{
    const double base =
        20.0 + (double)(((long)metric * 37 + service * 11) % 200);
    const double noise = cw_rand_normal(&load->rand) * base * 0.05;
    return base + noise + (ill && metric < 6 ? base * 4.0 : 0.0);
}

static void send_points(struct load *load, long index)
{
    const struct settings *set = &load->set;
    const long tenant = index % set->tenants;
    const long service = index / set->tenants;
    const long all = set->tenants * set->services;
    long count = set->points * set->interval / 1000 / all;
    double values[POINTS_MAX];
    char name[NAME_SIZE];
    if (count > POINTS_MAX)
        count = POINTS_MAX;
    const bool ill = is_ill(load, tenant, service);
    for (long i = 0; i < count; i++)
        values[i] = metric_value(load, (size_t)i, service, ill);
    service_name(name, service);
    send_record(load, "otlp_metrics", tenant, name,
                telemetry_points(&load->telemetry, name, load->at_us, values,
                                 (size_t)count));
    load->sent[0] += count;
}

/* Service i of n sends at i / n of the interval. */
static void send_due_points(struct load *load)
{
    const long interval = load->set.interval;
    const long all = load->set.tenants * load->set.services;
    const long into = load->at_ms % interval;
    const long first = (into * all + interval - 1) / interval;
    const long end = ((into + 1) * all + interval - 1) / interval;
    for (long i = first; i < end && load->set.points > 0; i++)
        send_points(load, i);
}

/* ---- the rest ----------------------------------------------------------- */

static long pick(struct load *load, long below)
{
    return (long)cw_rand_below(&load->rand, (uint64_t)below);
}

static void send_line(struct load *load)
{
    char name[NAME_SIZE];
    char message[200];
    service_name(name, pick(load, load->set.services));
    const long number = pick(load, 100000);
    (void)snprintf(message, sizeof(message),
                   "request %ld served in %ld ms from 10.0.%ld.%ld status 200 "
                   "bytes %ld session %08lx",
                   number, number % 250, number % 90, number % 99,
                   number * 37 % 65536, (unsigned long)number * 2654435761u);
    const struct telemetry_line line = {name, "INFO", message, load->at_us};
    send_record(load, "logs", pick(load, load->set.tenants), NULL,
                telemetry_line(&load->telemetry, &line));
    load->sent[1]++;
}

/* One service of a pair calls the other: two records. */
static void send_trace(struct load *load)
{
    const long caller = pick(load, load->set.services);
    const long tenant = pick(load, load->set.tenants);
    const uint64_t root = cw_rand_next(&load->rand) | 1;
    const int64_t took_us =
        (int64_t)(5000 + 1000 * fabs(cw_rand_normal(&load->rand)));
    struct telemetry_span span = {
        .trace = {cw_rand_next(&load->rand), cw_rand_next(&load->rand)},
        .id = root,
        .begin_us = load->at_us - took_us,
        .took_us = took_us,
        .failed = pick(load, 1000) == 0,
    };
    for (int i = 0; i < 2; i++) {
        char name[NAME_SIZE];
        service_name(name, i == 0 ? caller : caller ^ 1);
        span.service = name;
        send_record(load, "otlp_spans", tenant, NULL,
                    telemetry_span(&load->telemetry, &span));
        span.parent = root;
        span.id = root + 2;
        load->sent[2]++;
    }
}

static void send_alerts(struct load *load)
{
    struct telemetry_alert alerts[ALERTS_EACH];
    char names[ALERTS_EACH][NAME_SIZE];
    const long tenant = pick(load, load->set.tenants);
    for (int i = 0; i < ALERTS_EACH; i++) {
        const long service = pick(load, load->set.services);
        const long rule = pick(load, RULES);
        bool *firing =
            &load->firing[(tenant * load->set.services + service) * RULES +
                          rule];
        *firing = !*firing;
        service_name(names[i], service);
        alerts[i] = (struct telemetry_alert){names[i], (unsigned)rule, *firing,
                                             load->at_us};
    }
    send_record(load, "alerts", tenant, NULL,
                telemetry_alerts(&load->telemetry, alerts, ALERTS_EACH));
    load->sent[3] += ALERTS_EACH;
}

/* How many of rate a second fall into this millisecond. */
static long due(const struct load *load, long rate)
{
    return rate * (load->at_ms + 1) / 1000 - rate * load->at_ms / 1000;
}

static void send_step(struct load *load)
{
    send_due_points(load);
    for (long n = due(load, load->set.lines); n > 0; n--)
        send_line(load);
    for (long n = due(load, load->set.spans / 2); n > 0; n--)
        send_trace(load);
    for (long n = due(load, load->set.alerts / ALERTS_EACH); n > 0; n--)
        send_alerts(load);
    (void)rd_kafka_poll(load->handle, 0);
}

/* ---- the run ------------------------------------------------------------ */

static void run(struct load *load, long seconds)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t began_us = cw_clock_monotonic_us(&clock);
    load->base_us = cw_clock_wall_us(&clock);
    if (!load->set.live)
        load->base_us -= seconds * 1000000;
    for (long step = 0; step < seconds * 1000; step++) {
        const int64_t wait_us =
            began_us + step * 1000 - cw_clock_monotonic_us(&clock);
        if (load->set.live && wait_us > 0)
            (void)usleep((useconds_t)wait_us);
        else if (load->set.live && -wait_us > load->latest_us)
            load->latest_us = -wait_us;
        load->at_ms = step;
        load->at_us = load->set.live ? cw_clock_wall_us(&clock)
                                     : load->base_us + step * 1000;
        send_step(load);
    }
    (void)rd_kafka_flush(load->handle, 120000);
    printf("{\"points\":%ld,\"lines\":%ld,\"spans\":%ld,\"alerts\":%ld,"
           "\"records\":%ld,\"seconds\":%.2f,\"latest_ms\":%.1f,"
           "\"last_at\":%.3f,\"unsent\":%d}\n",
           load->sent[0], load->sent[1], load->sent[2], load->sent[3],
           load->records,
           (double)(cw_clock_monotonic_us(&clock) - began_us) / 1e6,
           (double)load->latest_us / 1e3, (double)load->at_us / 1e6,
           rd_kafka_outq_len(load->handle));
}

static bool read_setting(struct settings *set, const char *word)
{
    const struct {
        const char *name;
        long *value;
    } names[] = {
        {"live=", &set->live},
        {"points=", &set->points},
        {"interval=", &set->interval},
        {"lines=", &set->lines},
        {"spans=", &set->spans},
        {"alerts=", &set->alerts},
        {"tenants=", &set->tenants},
        {"services=", &set->services},
        {"seed=", &set->seed},
        {"faults=", &set->faults},
        {"fault_from=", &set->fault_from},
        {"fault_every=", &set->fault_every},
        {"fault_for=", &set->fault_for},
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

static rd_kafka_t *open_producer(const char *brokers)
{
    const char *const settings[][2] = {
        {"bootstrap.servers", brokers},
        {"linger.ms", "5"}, /* librdkafka's default */
        {"enable.idempotence", "true"},
        {"compression.type", "lz4"},
        {"queue.buffering.max.messages", "200000"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[200];
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
                              sizeof(why)) != RD_KAFKA_CONF_OK)
            (void)fprintf(stderr, "shop_load: %s\n", why);
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
}

int main(int count, char **arguments)
{
    struct load load = {.set = {.points = 20000,
                                .interval = 1000,
                                .tenants = 2,
                                .services = 400,
                                .seed = 1,
                                .fault_every = 1000,
                                .fault_for = 30000}};
    if (count < 3) {
        (void)fprintf(stderr, "usage: shop_load BROKERS SECONDS [NAME=N]\n");
        return 64;
    }
    for (int i = 3; i < count; i++)
        if (!read_setting(&load.set, arguments[i])) {
            (void)fprintf(stderr, "shop_load: unknown setting %s\n",
                          arguments[i]);
            return 64;
        }
    const size_t rules = (size_t)(load.set.tenants * load.set.services) * RULES;
    load.firing = calloc(rules + 1, sizeof(*load.firing));
    load.handle = open_producer(arguments[1]);
    if (load.firing == NULL || load.handle == NULL) {
        (void)fprintf(stderr, "shop_load: cannot start\n");
        free(load.firing);
        return 1;
    }
    cw_rand_seed(&load.rand, (uint64_t)load.set.seed);
    telemetry_init(&load.telemetry);
    run(&load, strtol(arguments[2], NULL, 10));
    telemetry_fini(&load.telemetry);
    rd_kafka_destroy(load.handle);
    free(load.firing);
    return 0;
}
