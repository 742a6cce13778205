/* Random streams: sums that must hold whatever happens, and restarts that
 * nobody may notice. */
#include "correlate/correlate_kit.h"

#include <stdlib.h>

#define STEPS 800

struct stream {
    struct kit kit;
    uint64_t seed;
    double second;
    unsigned said;
    size_t received; /* alerts said, anomalies opened */
    bool restarts;
    uint64_t restart_seed;
};

static const char *const services[] = {"web",  "cart", "pay",  "db",
                                       "mail", "blog", "auth", "search"};
static const char *const keys[] = {"slow", "errors", "down", "disk", "queue"};
static const char *const anomalies[] = {"a0", "a1", "a2", "a3", "a4", "a5",
                                        "a6", "a7", "a8", "a9", "b0", "b1",
                                        "b2", "b3", "b4", "b5", "b6", "b7"};
#define PICK(list, stream)                                                     \
    ((list)[draw(&(stream)->seed) % (sizeof(list) / sizeof((list)[0]))])

/* splitmix64 */
static uint64_t draw(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void say_alert(struct stream *stream)
{
    static const enum cw_event_status statuses[] = {
        CW_EVENT_STATUS_FIRING,   CW_EVENT_STATUS_FIRING,
        CW_EVENT_STATUS_FIRING,   CW_EVENT_STATUS_RESOLVED,
        CW_EVENT_STATUS_RESOLVED, CW_EVENT_STATUS_NONE};
    struct cw_event event =
        kit_event(&stream->kit, stream->second, CW_EVENT_KIND_ALERT);
    event.dedup_key = cw_text_of(PICK(keys, stream));
    event.title = event.dedup_key;
    event.entity = kit_service(PICK(services, stream));
    event.status = PICK(statuses, stream);
    event.severity =
        (enum cw_severity)(draw(&stream->seed) % CW_SEVERITY_COUNT);
    event.starts_at -= (int64_t)(draw(&stream->seed) % 60) * KIT_SECOND;
    stream->received++;
    kit_put(&stream->kit, CW_TOPIC_EVENTS, stream->second, &event);
}

static void say_anomaly(struct stream *stream)
{
    const char *id = PICK(anomalies, stream);
    const char *service = services[(unsigned char)id[1] % 8];
    const double score = (double)(draw(&stream->seed) % 100) / 100.0;
    struct cw_anomaly anomaly =
        kit_anomaly(&stream->kit, stream->second, service, id, score);
    const uint64_t what = draw(&stream->seed) % 6;
    if (what == 0)
        anomaly.status = CW_ANOMALY_STATUS_UPDATED;
    else if (what <= 2)
        anomaly.status = CW_ANOMALY_STATUS_CLOSED;
    else
        stream->received++;
    if (id[0] == 'b')
        anomaly.kind = (enum cw_anomaly_kind)((unsigned char)id[1] %
                                              CW_ANOMALY_KIND_COUNT);
    kit_put(&stream->kit, CW_TOPIC_ANOMALIES, stream->second, &anomaly);
}

/* An incident written up to a second ago, for a person to speak of: the same
 * whether a restart has closed the open slice early or not. */
static void some_incident(struct stream *stream, char id[16])
{
    const struct kit *kit = &stream->kit;
    kit_wait(&stream->kit, stream->second - 1);
    memcpy(id, "INC-22222", 10);
    for (size_t i = cw_drive_output_count(kit->drive); i > 0; i--) {
        const struct cw_drive_output *out = cw_drive_output(kit->drive, i - 1);
        if (out->topic != CW_TOPIC_INCIDENTS ||
            out->now_at > kit_at(stream->second - 1))
            continue;
        memcpy(id, out->key.bytes, out->key.size);
        return;
    }
}

static void say_something(struct stream *stream)
{
    char id[16];
    char last[16];
    char incident[16];
    struct kit *kit = &stream->kit;
    (void)snprintf(id, sizeof(id), "s%u", stream->said);
    (void)snprintf(last, sizeof(last), "s%u",
                   stream->said > 3 ? stream->said - 3 : 0);
    const uint64_t what = draw(&stream->seed) % 8;
    some_incident(stream, incident);
    stream->said++;
    if (what < 3)
        kit_silence(kit, stream->second, id, PICK(services, stream),
                    stream->second + (double)(draw(&stream->seed) % 300 + 1));
    else if (what < 5)
        kit_say(kit, stream->second, CW_SAID_KIND_UNSILENCE, id, last);
    else if (what == 5)
        kit_say(kit, stream->second, CW_SAID_KIND_RESOLVE, id, incident);
    else
        kit_say(kit, stream->second, CW_SAID_KIND_ACKNOWLEDGE, id, incident);
}

static void see_edge(struct stream *stream)
{
    struct kit *kit = &stream->kit;
    const struct cw_edge edge = {
        .meta = {.tenant = kit->tenant, .domain = kit->domain},
        .from_at = kit_at(stream->second - 5),
        .to_at = kit_at(stream->second),
        .caller = kit_service(PICK(services, stream)),
        .callee = kit_service(PICK(services, stream)),
        .kind = CW_TEXT("calls"),
        .count = (double)(draw(&stream->seed) % 1000),
    };
    if (draw(&stream->seed) % 4 == 0)
        kit_edge(kit, stream->second, PICK(services, stream),
                 PICK(services, stream));
    else
        kit_put(kit, CW_TOPIC_EDGES, stream->second, &edge);
}

/* Mostly seconds, sometimes minutes, now and then nothing at all. */
static double pause_of(struct stream *stream)
{
    const uint64_t kind = draw(&stream->seed) % 40;
    if (kind == 0)
        return (double)(draw(&stream->seed) % 3000);
    if (kind < 10)
        return 0.0;
    return (double)(draw(&stream->seed) % 200 + 1) / 10.0;
}

static void one_step(struct stream *stream)
{
    const double pause = pause_of(stream);
    if (pause > 0.0 && stream->restarts &&
        draw(&stream->restart_seed) % 20 == 0)
        kit_restart(&stream->kit);
    stream->second += pause;
    stream->kit.domain =
        draw(&stream->seed) % 5 == 0 ? CW_TEXT("bank") : CW_TEXT("shop");
    const uint64_t what = draw(&stream->seed) % 20;
    if (what < 9)
        say_alert(stream);
    else if (what < 16)
        say_anomaly(stream);
    else if (what < 18)
        see_edge(stream);
    else
        say_something(stream);
}

static void run(struct stream *stream, uint64_t seed)
{
    kit_open(&stream->kit);
    stream->seed = seed;
    for (int i = 0; i < STEPS; i++)
        one_step(stream);
    /* Everything falls silent: waits, silences and incidents run out. */
    kit_wait(&stream->kit, stream->second + 3 * 86400);
}

static struct correlate_config narrow(void)
{
    struct correlate_config config = correlate_config_default();
    config.min_count = 2;
    config.member_max = 4;
    config.open_max = 5;
    config.wait_max = 3;
    config.held_max = 25;
    config.edge_max = 10;
    return config;
}

/* Entries that were not owed for something received: a second way in. */
static size_t second_entries(const struct kit *kit)
{
    size_t count = 0;
    const struct cw_ledger_entry *entry;
    for (size_t i = 0; (entry = kit_record(kit, CW_TOPIC_LEDGER, i)) != NULL;
         i++) {
        char reason[512] = {0};
        memcpy(reason, entry->reason.bytes, entry->reason.size);
        count += strstr(reason, "ended while it was firing; ") != NULL ||
                 strstr(reason, "it has grown strong since; ") != NULL;
    }
    return count;
}

static size_t alert_entries(const struct kit *kit)
{
    size_t count = 0;
    const size_t all = cw_drive_output_count(kit->drive);
    for (size_t i = 0; i < all; i++) {
        const struct cw_drive_output *out = cw_drive_output(kit->drive, i);
        if (out->topic != CW_TOPIC_LEDGER)
            continue;
        const struct cw_ledger_entry *entry = out->record;
        count += !cw_text_is(entry->kind, "edge");
    }
    return count;
}

/* Whoever stores entries by content must not lose one. */
static void check_entries_differ(const struct kit *kit)
{
    uint64_t last = 0;
    const size_t all = cw_drive_output_count(kit->drive);
    for (size_t i = 0; i < all; i++) {
        const struct cw_drive_output *out = cw_drive_output(kit->drive, i);
        if (out->topic != CW_TOPIC_LEDGER)
            continue;
        const struct cw_ledger_entry *entry = out->record;
        const uint64_t content = cw_ledger_entry_content_id(entry);
        assert_true(content != last);
        last = content;
    }
}

static void check_sums(uint64_t seed, struct correlate_config config)
{
    struct stream stream = {.kit = {.config = config}};
    run(&stream, seed);
    const struct kit *kit = &stream.kit;
    assert_int_equal(alert_entries(kit), stream.received + second_entries(kit));
    check_entries_differ(kit);
    const size_t firing = kit_notices(kit, CW_TRANSITION_FIRING);
    const size_t reopened = kit_notices(kit, CW_TRANSITION_REOPENED);
    assert_true(firing > 0);
    assert_int_equal(kit_incidents(kit), firing);
    assert_int_equal(kit_notices(kit, CW_TRANSITION_RESOLVED),
                     firing + reopened);
    assert_int_equal(kit_fates(kit, CW_FATE_PAGED), firing + reopened);
    for (size_t i = 0; i < firing; i++)
        assert_int_equal(kit_incident(kit, i)->status,
                         CW_INCIDENT_STATUS_CLOSED);
    kit_close(&stream.kit);
}

static void
U4_every_alert_ends_once_and_U14_every_firing_is_resolved(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        check_sums(seed, correlate_config_default());
        check_sums(seed, narrow());
    }
}

static uint64_t digest_of(uint64_t seed, struct correlate_config config,
                          uint64_t restart_seed)
{
    struct stream stream = {.kit = {.config = config},
                            .restarts = restart_seed != 0,
                            .restart_seed = restart_seed};
    run(&stream, seed);
    const uint64_t digest = cw_drive_digest(stream.kit.drive);
    kit_close(&stream.kit);
    return digest;
}

static void U17_restarts_at_random_points_change_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const struct correlate_config configs[] = {correlate_config_default(),
                                                   narrow()};
        for (size_t i = 0; i < 2; i++) {
            const uint64_t calm = digest_of(seed, configs[i], 0);
            assert_true(calm == digest_of(seed, configs[i], seed + 77));
            assert_true(calm == digest_of(seed, configs[i], seed + 99));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            U4_every_alert_ends_once_and_U14_every_firing_is_resolved),
        cmocka_unit_test(U17_restarts_at_random_points_change_nothing),
    };
    return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
