#include "doctor.h"

#include <stdarg.h>
#include <string.h>

#include "base/time.h"
#include "broker_version.h"
#include "doctor_check.h"
#include "heard.h"
#include "message_line.h"
#include "scan.h"
#include "standing.h"
#include "topic_settings.h"
#include "warming.h"

#define ARENA_MAX    ((size_t)64 << 20)
#define ENTITIES_MAX 10
#define LIBRARY_LOW  0x020002ff
#define LIBRARY_SASL 0x020601ff
#define AGE_WARN_US  INT64_C(30000000)
#define AHEAD_US     INT64_C(5000000)
#define PAUSE_US     1500000

enum cw_status doctor_say(struct doctor *doctor, const char *check,
                          enum finding finding, struct cw_error *err,
                          const char *format, ...)
{
    static const char *const words[] = {"ok", "warn", "fail"};
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    doctor->failed = doctor->failed || finding == FAIL;
    const struct cw_text cells[] = {
        cw_text_of(check), cw_text_of(words[finding]), cw_text_of(text)};
    return table_add(doctor->table, cells, err);
}

/* ---- the checks --------------------------------------------------------- */

static enum cw_status check_library(struct doctor *doctor, struct cw_error *err)
{
    const int version = rd_kafka_version();
    if (version < LIBRARY_LOW)
        return doctor_say(doctor, "librdkafka", FAIL, err,
                          "%s: 2.0.2 is the least", rd_kafka_version_str());
    return doctor_say(
        doctor, "librdkafka", FINE, err, "%s%s", rd_kafka_version_str(),
        version < LIBRARY_SASL ? "; SCRAM against Kafka 4 needs 2.6.1 or later"
                               : "");
}

static enum cw_status check_brokers(struct doctor *doctor, struct cw_error *err)
{
    const int count = doctor->metadata->broker_cnt;
    char version[BROKER_VERSION_SIZE] = "";
    struct cw_error why = {CW_OK, ""};
    const bool asked =
        count > 0 &&
        broker_version_ask(version, doctor->client,
                           doctor->metadata->brokers[0].id, &why) == CW_OK;
    return doctor_say(doctor, "brokers", count >= 3 ? FINE : WARN, err,
                      "%d, %s%s%s", count,
                      version[0] != '\0' ? "protocol " : "",
                      version[0] != '\0' ? version
                      : !asked           ? why.text
                                         : "Kafka 4 or later: those tell no "
                                           "version",
                      count >= 3 ? ""
                                 : "; with fewer than 3 the loss of one disk "
                                   "can lose records");
}

static enum cw_status check_topics(struct doctor *doctor, struct cw_error *err)
{
    const struct cw_manifest *manifest = manifest_record_get(doctor->manifest);
    if (manifest == NULL)
        return doctor_say(doctor, "manifest", FAIL, err,
                          "there is none: cwctl topics create");
    struct topic_plan *plan = NULL;
    const struct topic_plan_setup setup = {
        .prefix = client_kafka(doctor->client)->prefix,
        .before = manifest,
        .metadata = doctor->metadata,
    };
    struct cw_error why;
    size_t wrong = 0;
    enum cw_status status = topic_plan_create(&plan, &setup, err);
    if (status == CW_OK &&
        topic_settings_compare(doctor->client, plan, &why) != CW_OK)
        status = doctor_say(doctor, "topics", WARN, err,
                            "their settings cannot be read: %s", why.text);
    for (size_t i = 0; status == CW_OK && i < topic_plan_count(plan); i++) {
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (topic->state == TOPIC_THERE)
            continue;
        wrong++;
        status =
            topic->state == TOPIC_MISSING
                ? doctor_say(doctor, "topics", FAIL, err, "%s is missing",
                             topic->name)
                : doctor_say(doctor, "topics", topic->unusable ? FAIL : WARN,
                             err, "%s: %s", topic->name, topic->differs);
    }
    if (status == CW_OK && wrong == 0)
        status = doctor_say(doctor, "topics", FINE, err,
                            "%zu as the manifest says, %d partitions",
                            topic_plan_count(plan), manifest->partitions);
    topic_plan_destroy(&plan);
    return status;
}

/* Behind: the normalizer stands. Ahead: some producer's clock is wrong. */
static enum cw_status check_clock(struct doctor *doctor,
                                  const struct standing *standing,
                                  struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t now_at = cw_clock_wall_us(&clock);
    size_t count = 0;
    size_t wrong = 0;
    const struct standing_clock *clocks = standing_clocks(standing, &count);
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        const int64_t age_us = now_at - clocks[i].stream_at;
        if (age_us <= AGE_WARN_US && age_us >= -AHEAD_US)
            continue;
        wrong++;
        status = doctor_say(
            doctor, "clock", WARN, err,
            age_us > 0 ? "%s stands %.0f s behind: does the "
                         "normalizer run?"
                       : "%s runs %.0f s ahead: a producer's clock "
                         "is wrong",
            clocks[i].name, (double)(age_us > 0 ? age_us : -age_us) / 1e6);
    }
    if (status == CW_OK && count == 0)
        return doctor_say(doctor, "clock", WARN, err,
                          "no raw partition has been read yet");
    if (status == CW_OK && wrong == 0)
        status = doctor_say(doctor, "clock", FINE, err,
                            "%zu raw partitions keep time", count);
    return status;
}

static enum cw_status check_absent(struct doctor *doctor,
                                   const struct standing *standing,
                                   struct cw_error *err)
{
    size_t count = 0;
    const struct standing_absence *absent = standing_absences(standing, &count);
    enum cw_status status = CW_OK;
    size_t still = 0;
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        char since[CW_TIME_TEXT_SIZE];
        if (!absent[i].absent)
            continue;
        still++;
        (void)cw_time_format_ms(absent[i].since_at, since);
        status = doctor_say(doctor, "sources", WARN, err,
                            "%s/%d goes on without a source of %s since %s",
                            absent[i].service, absent[i].partition,
                            absent[i].topic, since);
    }
    return status == CW_OK && still == 0
               ? doctor_say(doctor, "sources", FINE, err, "nobody is left out")
               : status;
}

static enum cw_status check_open(struct doctor *doctor, struct cw_error *err)
{
    size_t count = 0;
    char name[CLIENT_NAME_MAX];
    const enum cw_status status = standing_open_transactions(
        doctor->client, doctor->metadata, PAUSE_US, &count, name, err);
    if (status != CW_OK)
        return status;
    if (count == 0)
        return doctor_say(doctor, "transactions", FINE, err, "none hangs");
    return doctor_say(
        doctor, "transactions", WARN, err,
        "%zu partitions wait for one to end, such as %s: a killed "
        "writer's ends within 10 s",
        count, name);
}

/* ---- what learns -------------------------------------------------------- */

struct learning {
    struct cw_arena *arena;
    struct warming *warming;
};

static enum cw_status take_series(void *to, const rd_kafka_message_t *message,
                                  bool *stop, struct cw_error *err)
{
    const struct learning *learning = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    cw_arena_reset(learning->arena);
    if (!message_record(message, learning->arena, &type, &record) ||
        type != &cw_series_type)
        return CW_OK;
    return warming_take(learning->warming, record, err);
}

static enum cw_status say_entity(struct doctor *doctor,
                                 const struct warming_entity *entity,
                                 struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    char until[CW_TIME_TEXT_SIZE];
    if (entity->until_at == 0)
        return doctor_say(doctor, "series", FINE, err,
                          "%s: %zu warming up, until each has %u samples",
                          entity->name, entity->count, engine_warm_samples());
    (void)cw_time_format_ms(entity->until_at, until);
    return doctor_say(doctor, "series", FINE, err,
                      entity->until_at < cw_clock_wall_us(&clock)
                          ? "%s: %zu warming up, since samples are missing: "
                            "it could have ended at %s"
                          : "%s: %zu warming up, until %s",
                      entity->name, entity->count, until);
}

static enum cw_status say_learning(struct doctor *doctor,
                                   struct warming *warming,
                                   struct cw_error *err)
{
    size_t count = 0;
    const struct warming_entity *entities = warming_entities(warming, &count);
    enum cw_status status =
        doctor_say(doctor, "series", FINE, err,
                   count > 0 ? "%zu of %zu entities are warming up and cannot "
                               "alarm yet"
                             : "%zu are warming up",
                   warming_count(warming), count);
    for (size_t i = 0; i < count && i < ENTITIES_MAX && status == CW_OK; i++)
        status = say_entity(doctor, &entities[i], err);
    if (status == CW_OK && count > ENTITIES_MAX)
        status = doctor_say(doctor, "series", FINE, err,
                            "and %zu more entities", count - ENTITIES_MAX);
    return status;
}

static enum cw_status check_series(struct doctor *doctor, struct cw_error *err)
{
    struct learning learning = {0};
    char name[CLIENT_NAME_MAX];
    const char *const topics[] = {name};
    const struct scan_setup setup = {.topics = topics,
                                     .topic_count = 1,
                                     .take = take_series,
                                     .to = &learning};
    client_topic(doctor->client, "series", name);
    if (client_partitions(doctor->metadata, name) == 0)
        return CW_OK;
    enum cw_status status = cw_arena_create(&learning.arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = warming_create(&learning.warming, engine_warm_samples(), err);
    if (status == CW_OK)
        status = scan_run(doctor->client, &setup, err);
    if (status == CW_OK)
        status = say_learning(doctor, learning.warming, err);
    warming_destroy(&learning.warming);
    cw_arena_destroy(&learning.arena);
    return status;
}

/* ---- who runs ----------------------------------------------------------- */

static enum cw_status say_heard(struct doctor *doctor, const char *name,
                                const struct heard *heard, bool decides,
                                struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const double age_s =
        (double)(cw_clock_wall_us(&clock) - heard->decided_at) / 1e6;
    if (heard->members == 0)
        return doctor_say(
            doctor, "services", WARN, err, "%s: nobody runs it%s", name,
            decides && heard->decided_at == HEARD_NEVER ? ", and nobody has yet"
                                                        : "");
    if (!decides)
        return doctor_say(doctor, "services", FINE, err, "%s: %d running", name,
                          heard->members);
    if (heard->decided_at == HEARD_NEVER)
        return doctor_say(doctor, "services", WARN, err,
                          "%s: %d running, nothing decided yet", name,
                          heard->members);
    return doctor_say(doctor, "services",
                      age_s * 1e6 > (double)AGE_WARN_US ? WARN : FINE, err,
                      "%s: %d running, decided up to %.1f s ago", name,
                      heard->members, age_s);
}

static enum cw_status check_group(struct doctor *doctor, const char *name,
                                  const struct cw_pipeline_stage *stage,
                                  struct cw_error *err)
{
    const struct inputs inputs = {doctor->client, doctor->metadata,
                                  manifest_record_get(doctor->manifest)};
    /* The times of raw partitions are those of the clock, above. */
    const bool decides =
        stage != NULL && stage->service != CW_SERVICE_NORMALIZER;
    struct heard heard;
    struct cw_error why;
    char group[CLIENT_NAME_MAX];
    client_topic(doctor->client, name, group);
    if (heard_ask(&heard, &inputs, group, decides ? stage : NULL, &why) !=
        CW_OK)
        return doctor_say(doctor, "services", WARN, err, "%s: %s", name,
                          why.text);
    return say_heard(doctor, name, &heard, decides, err);
}

static enum cw_status check_services(struct doctor *doctor,
                                     struct cw_error *err)
{
    static const char *const asides[] = {"effect", "recorder", "notifier"};
    struct engine *engine = NULL;
    size_t count = 0;
    enum cw_status status = engine_create(&engine, NULL, err);
    const struct cw_pipeline_stage *stages =
        status == CW_OK ? engine_stages(engine, &count) : NULL;
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = check_group(doctor, cw_service_name(stages[i].service),
                             &stages[i], err);
    for (size_t i = 0;
         i < sizeof(asides) / sizeof(asides[0]) && status == CW_OK; i++)
        status = check_group(doctor, asides[i], NULL, err);
    engine_destroy(&engine);
    return status;
}

/* ---- all ---------------------------------------------------------------- */

static enum cw_status check_inside(struct doctor *doctor, struct cw_error *err)
{
    struct standing *standing = NULL;
    enum cw_status status =
        standing_load(&standing, doctor->client, doctor->metadata, err);
    if (status == CW_OK)
        status = check_clock(doctor, standing, err);
    if (status == CW_OK)
        status = check_services(doctor, err);
    if (status == CW_OK)
        status = check_absent(doctor, standing, err);
    if (status == CW_OK)
        status = check_open(doctor, err);
    if (status == CW_OK)
        status = check_series(doctor, err);
    standing_destroy(&standing);
    return status;
}

static enum cw_status check_all(struct doctor *doctor, struct cw_error *err)
{
    enum cw_status status = check_library(doctor, err);
    if (status == CW_OK)
        status = check_brokers(doctor, err);
    if (status == CW_OK)
        status = doctor_database(doctor, err);
    if (status == CW_OK)
        status = manifest_record_read(&doctor->manifest, doctor->client,
                                      doctor->metadata, err);
    if (status == CW_OK)
        status = check_topics(doctor, err);
    if (status == CW_OK && manifest_record_get(doctor->manifest) != NULL)
        status = check_inside(doctor, err);
    return status;
}

enum cw_status doctor_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"check", "state", "what", NULL};
    struct doctor doctor = {.call = call};
    enum cw_status status = client_open(&doctor.client, call, err);
    if (status == CW_OK)
        status = client_metadata(doctor.client, &doctor.metadata, err);
    if (status == CW_OK)
        status = table_create(&doctor.table, columns, err);
    if (status == CW_OK)
        status = check_all(&doctor, err);
    if (doctor.table != NULL)
        table_print(doctor.table, call->output, call->out);
    if (status == CW_OK && doctor.failed)
        status = cw_fail(err, CW_BROKEN, "a check failed");
    table_destroy(&doctor.table);
    manifest_record_destroy(&doctor.manifest);
    if (doctor.metadata != NULL)
        rd_kafka_metadata_destroy(doctor.metadata);
    client_close(&doctor.client);
    return status;
}
