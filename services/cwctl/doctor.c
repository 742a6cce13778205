#include "doctor.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <string.h>

#include "base/time.h"
#include "manifest_record.h"
#include "standing.h"
#include "table.h"
#include "topic_settings.h"

#define ASK_MS       5000
#define LIBRARY_LOW  0x020002ff
#define LIBRARY_SASL 0x020601ff
#define AGE_WARN_US  INT64_C(30000000)
#define AHEAD_US     INT64_C(5000000)
#define PAUSE_US     1500000

struct doctor {
    struct call *call;
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *manifest;
    struct table *table;
    bool failed;
};

enum finding { FINE, WARN, FAIL };

static enum cw_status say(struct doctor *doctor, const char *check,
                          enum finding finding, struct cw_error *err,
                          const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static enum cw_status say(struct doctor *doctor, const char *check,
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
        return say(doctor, "librdkafka", FAIL, err, "%s: 2.0.2 is the least",
                   rd_kafka_version_str());
    return say(doctor, "librdkafka", FINE, err, "%s%s", rd_kafka_version_str(),
               version < LIBRARY_SASL
                   ? "; SCRAM against Kafka 4 needs 2.6.1 or later"
                   : "");
}

static enum cw_status check_brokers(struct doctor *doctor, struct cw_error *err)
{
    const int count = doctor->metadata->broker_cnt;
    return say(doctor, "brokers", count >= 3 ? FINE : WARN, err, "%d%s", count,
               count >= 3 ? ""
                          : ": with fewer than 3 the loss of one disk can "
                            "lose records");
}

static enum cw_status check_topics(struct doctor *doctor, struct cw_error *err)
{
    const struct cw_manifest *manifest = manifest_record_get(doctor->manifest);
    if (manifest == NULL)
        return say(doctor, "manifest", FAIL, err,
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
        status = say(doctor, "topics", WARN, err,
                     "their settings cannot be read: %s", why.text);
    for (size_t i = 0; status == CW_OK && i < topic_plan_count(plan); i++) {
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (topic->state == TOPIC_THERE)
            continue;
        wrong++;
        status =
            topic->state == TOPIC_MISSING
                ? say(doctor, "topics", FAIL, err, "%s is missing", topic->name)
                : say(doctor, "topics", topic->unusable ? FAIL : WARN, err,
                      "%s: %s", topic->name, topic->differs);
    }
    if (status == CW_OK && wrong == 0)
        status = say(doctor, "topics", FINE, err,
                     "%zu as the manifest says, %d partitions",
                     topic_plan_count(plan), manifest->partitions);
    topic_plan_destroy(&plan);
    return status;
}

static enum cw_status check_database(struct doctor *doctor,
                                     struct cw_error *err)
{
    const char *url = client_postgres(doctor->client);
    if (url[0] == '\0')
        return say(doctor, "postgres", FINE, err,
                   "not asked: no --postgres or CAUSEWAY_POSTGRES_URL");
    switch (PQping(url)) {
    case PQPING_OK:
        return say(doctor, "postgres", FINE, err, "answers");
    case PQPING_REJECT:
        return say(doctor, "postgres", FAIL, err, "refuses connections");
    case PQPING_NO_RESPONSE:
        return say(doctor, "postgres", FAIL, err, "does not answer");
    case PQPING_NO_ATTEMPT:
        break;
    }
    return say(doctor, "postgres", FAIL, err, "the URL cannot be read");
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
        status =
            say(doctor, "clock", WARN, err,
                age_us > 0 ? "%s stands %.0f s behind: does the "
                             "normalizer run?"
                           : "%s runs %.0f s ahead: a producer's clock "
                             "is wrong",
                clocks[i].name, (double)(age_us > 0 ? age_us : -age_us) / 1e6);
    }
    if (status == CW_OK && count == 0)
        return say(doctor, "clock", WARN, err,
                   "no raw partition has been read yet");
    if (status == CW_OK && wrong == 0)
        status = say(doctor, "clock", FINE, err, "%zu raw partitions keep time",
                     count);
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
        status =
            say(doctor, "sources", WARN, err,
                "%s/%d goes on without a source of %s since %s",
                absent[i].service, absent[i].partition, absent[i].topic, since);
    }
    return status == CW_OK && still == 0
               ? say(doctor, "sources", FINE, err, "nobody is left out")
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
        return say(doctor, "transactions", FINE, err, "none hangs");
    return say(doctor, "transactions", WARN, err,
               "%zu partitions wait for one to end, such as %s: a killed "
               "writer's ends within 10 s",
               count, name);
}

static enum cw_status check_series(struct doctor *doctor, struct cw_error *err)
{
    size_t warming = 0;
    char topic[CLIENT_NAME_MAX];
    client_topic(doctor->client, "series", topic);
    if (client_partitions(doctor->metadata, topic) == 0)
        return CW_OK;
    enum cw_status status = standing_warming(doctor->client, &warming, err);
    if (status == CW_OK)
        status = say(doctor, "series", FINE, err,
                     warming > 0 ? "%zu are warming up and cannot alarm yet"
                                 : "%zu are warming up",
                     warming);
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
        status = check_database(doctor, err);
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
