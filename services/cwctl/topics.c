#include "topics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "acls.h"
#include "base/time.h"
#include "manifest_record.h"
#include "table.h"
#include "topic_plan.h"
#include "topic_settings.h"

#define WORDS_MAX ((size_t)2 * CW_PLAN_RAW_MAX)
#define CREATE_MS 30000
#define SETTLE_US INT64_C(15000000)
#define TEXT_MAX  65536

struct work {
    struct call *call;
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *before;
    struct topic_plan *plan;
    const char *words[WORDS_MAX];
    size_t word_count;
    char text[TEXT_MAX]; /* the words of --raw, cut */
};

/* ---- the plan ----------------------------------------------------------- */

/* --raw a:1,b and the words of the call. */
static enum cw_status read_words(struct work *work, struct cw_error *err)
{
    const char *raw = call_option(work->call, "raw");
    if (raw != NULL && strlen(raw) >= sizeof(work->text))
        return call_usage(work->call, err, "--raw is too long");
    (void)snprintf(work->text, sizeof(work->text), "%s", raw ? raw : "");
    for (char *at = work->text; *at != '\0' && work->word_count < WORDS_MAX;) {
        char *end = at + strcspn(at, ",");
        const bool last = *end == '\0';
        *end = '\0';
        if (*at != '\0')
            work->words[work->word_count++] = at;
        at = last ? end : end + 1;
    }
    for (size_t i = 0;
         i < work->call->word_count && work->word_count < WORDS_MAX; i++)
        work->words[work->word_count++] = work->call->words[i];
    return CW_OK;
}

static enum cw_status make_plan(struct work *work, struct cw_error *err)
{
    int64_t partitions = 0;
    int64_t replication = 0;
    enum cw_status status =
        call_number(work->call, "partitions", 1, 4096, &partitions, err);
    if (status == CW_OK)
        status =
            call_number(work->call, "replication", 1, 32, &replication, err);
    if (status == CW_OK)
        status = read_words(work, err);
    if (status == CW_OK)
        status = client_open(&work->client, work->call, err);
    if (status == CW_OK)
        status = client_metadata(work->client, &work->metadata, err);
    if (status == CW_OK)
        status = manifest_record_read(&work->before, work->client,
                                      work->metadata, err);
    if (status != CW_OK)
        return status;
    const struct topic_plan_setup setup = {
        .prefix = client_kafka(work->client)->prefix,
        .partitions = (uint32_t)partitions,
        .raw = work->words,
        .raw_count = work->word_count,
        .replication = (int)replication,
        .before = manifest_record_get(work->before),
        .metadata = work->metadata,
    };
    return topic_plan_create(&work->plan, &setup, err);
}

static void close_work(struct work *work)
{
    topic_plan_destroy(&work->plan);
    manifest_record_destroy(&work->before);
    if (work->metadata != NULL)
        rd_kafka_metadata_destroy(work->metadata);
    client_close(&work->client);
}

static const char *setting(const struct planned_topic *topic, const char *name)
{
    for (size_t i = 0; i < topic->setting_count; i++)
        if (strcmp(topic->settings[i].name, name) == 0)
            return topic->settings[i].value;
    return "";
}

static enum cw_status add_row(struct table *table,
                              const struct planned_topic *topic,
                              struct cw_error *err)
{
    static const char *const states[] = {"missing", "there", "differs"};
    char partitions[16];
    char there[16];
    (void)snprintf(partitions, sizeof(partitions), "%u", topic->partitions);
    (void)snprintf(there, sizeof(there), "%d", topic->there);
    const struct cw_text cells[] = {
        cw_text_of(topic->name),
        cw_text_of(partitions),
        cw_text_of(there),
        cw_text_of(setting(topic, "cleanup.policy")),
        cw_text_of(setting(topic, "retention.ms")),
        cw_text_of(states[topic->state]),
        cw_text_of(topic->differs),
    };
    return table_add(table, cells, err);
}

static enum cw_status print_plan(const struct work *work, struct cw_error *err)
{
    static const char *const columns[] = {
        "topic",         "#partitions", "#there",  "cleanup",
        "#retention_ms", "state",       "differs", NULL};
    struct table *table = NULL;
    enum cw_status status = table_create(&table, columns, err);
    for (size_t i = 0; i < topic_plan_count(work->plan) && status == CW_OK; i++)
        status = add_row(table, topic_plan_at(work->plan, i), err);
    if (status == CW_OK)
        table_print(table, work->call->output, work->call->out);
    table_destroy(&table);
    return status;
}

/* For those who go on only when nothing has to be done. */
static enum cw_status judge(const struct topic_plan *plan, struct cw_error *err)
{
    size_t count[3] = {0};
    for (size_t i = 0; i < topic_plan_count(plan); i++)
        count[topic_plan_at(plan, i)->state]++;
    return count[TOPIC_MISSING] + count[TOPIC_DIFFERS] == 0
               ? CW_OK
               : cw_fail(err, CW_NOT_FOUND,
                         "%zu topics are missing, %zu differ",
                         count[TOPIC_MISSING], count[TOPIC_DIFFERS]);
}

enum cw_status topics_plan_run(struct call *call, struct cw_error *err)
{
    struct work *work = calloc(1, sizeof(*work));
    if (work == NULL)
        return cw_fail(err, CW_NO_MEMORY, "plan");
    work->call = call;
    enum cw_status status = make_plan(work, err);
    if (status == CW_OK)
        status = topic_settings_compare(work->client, work->plan, err);
    if (status == CW_OK)
        status = print_plan(work, err);
    if (status == CW_OK && call->output == OUTPUT_TABLE)
        acls_print(client_kafka(work->client)->prefix, work->plan, call->out);
    if (status == CW_OK)
        status = judge(work->plan, err);
    close_work(work);
    free(work);
    return status;
}

/* ---- creating ----------------------------------------------------------- */

static enum cw_status check_differences(const struct topic_plan *plan,
                                        struct cw_error *err)
{
    for (size_t i = 0; i < topic_plan_count(plan); i++) {
        const struct planned_topic *topic = topic_plan_at(plan, i);
        if (topic->there > 0 && topic->there != (int)topic->partitions)
            return cw_fail(err, CW_BAD_CONFIG,
                           "topic %s has %d partitions, %u are needed: "
                           "nothing was created",
                           topic->name, topic->there, topic->partitions);
    }
    return CW_OK;
}

static enum cw_status new_topic(const struct planned_topic *topic,
                                int replication, rd_kafka_NewTopic_t **made,
                                struct cw_error *err)
{
    char why[200];
    *made = rd_kafka_NewTopic_new(topic->name, (int)topic->partitions,
                                  replication, why, sizeof(why));
    if (*made == NULL)
        return cw_fail(err, CW_BAD_CONFIG, "%s: %s", topic->name, why);
    for (size_t i = 0; i < topic->setting_count; i++)
        (void)rd_kafka_NewTopic_set_config(*made, topic->settings[i].name,
                                           topic->settings[i].value);
    return CW_OK;
}

static enum cw_status read_results(rd_kafka_event_t *event,
                                   struct cw_error *err)
{
    size_t count = 0;
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(rd_kafka_event_error(event)),
                       "create topics: %s", rd_kafka_event_error_string(event));
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        const rd_kafka_resp_err_t code =
            rd_kafka_topic_result_error(results[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR &&
            code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return cw_fail(err, cw_kafka_status(code), "create %s: %s",
                           rd_kafka_topic_result_name(results[i]),
                           rd_kafka_topic_result_error_string(results[i]));
    }
    return CW_OK;
}

static enum cw_status send_create(rd_kafka_t *handle,
                                  rd_kafka_NewTopic_t **topics, size_t count,
                                  struct cw_error *err)
{
    char why[200];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, CREATE_MS, why,
                                                    sizeof(why));
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_MS, why,
                                                      sizeof(why));
    rd_kafka_CreateTopics(handle, topics, count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS + 5000);
    const enum cw_status status =
        event == NULL ? cw_fail(err, CW_UNAVAILABLE, "create topics: no answer")
                      : read_results(event, err);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return status;
}

static enum cw_status create_missing(struct work *work, size_t *created,
                                     struct cw_error *err)
{
    const size_t count = topic_plan_count(work->plan);
    rd_kafka_t *handle = NULL;
    rd_kafka_NewTopic_t **topics = calloc(count, sizeof(rd_kafka_NewTopic_t *));
    enum cw_status status = client_handle(work->client, &handle, err);
    *created = 0;
    if (topics == NULL)
        return cw_fail(err, CW_NO_MEMORY, "topics");
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        const struct planned_topic *topic = topic_plan_at(work->plan, i);
        if (topic->state != TOPIC_MISSING)
            continue;
        status = new_topic(topic, topic_plan_replication(work->plan),
                           &topics[*created], err);
        *created += status == CW_OK ? 1 : 0;
    }
    if (status == CW_OK && *created > 0)
        status = send_create(handle, topics, *created, err);
    rd_kafka_NewTopic_destroy_array(topics, *created);
    free(topics);
    return status;
}

/* Every topic is seen by the brokers with the partitions it should have. */
static enum cw_status wait_for_topics(struct work *work, struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    const int64_t until_us = cw_clock_monotonic_us(&clock) + SETTLE_US;
    for (;;) {
        const rd_kafka_metadata_t *metadata = NULL;
        const enum cw_status status =
            client_metadata(work->client, &metadata, err);
        if (status != CW_OK)
            return status;
        const struct planned_topic *waiting = NULL;
        for (size_t i = 0; i < topic_plan_count(work->plan); i++) {
            const struct planned_topic *topic = topic_plan_at(work->plan, i);
            if (client_partitions(metadata, topic->name) !=
                (int)topic->partitions)
                waiting = topic;
        }
        rd_kafka_metadata_destroy(metadata);
        if (waiting == NULL)
            return CW_OK;
        if (cw_clock_monotonic_us(&clock) > until_us)
            return cw_fail(err, CW_UNAVAILABLE,
                           "topic %s was created and is not seen",
                           waiting->name);
    }
}

/* What is there is its owner's to change. That settings cannot be read is no
 * reason not to create. */
static void say_unchanged(struct work *work)
{
    struct cw_error err;
    if (topic_settings_compare(work->client, work->plan, &err) != CW_OK)
        (void)fprintf(stderr, "cwctl: settings of topics that are there: %s\n",
                      err.text);
    for (size_t i = 0; i < topic_plan_count(work->plan); i++) {
        const struct planned_topic *topic = topic_plan_at(work->plan, i);
        if (topic->state == TOPIC_DIFFERS)
            (void)fprintf(stderr,
                          "cwctl: topic %s was there and is not changed: %s\n",
                          topic->name, topic->differs);
    }
}

enum cw_status topics_create_run(struct call *call, struct cw_error *err)
{
    struct work *work = calloc(1, sizeof(*work));
    size_t created = 0;
    bool written = false;
    if (work == NULL)
        return cw_fail(err, CW_NO_MEMORY, "plan");
    work->call = call;
    enum cw_status status = make_plan(work, err);
    if (status == CW_OK)
        status = check_differences(work->plan, err);
    if (status == CW_OK)
        say_unchanged(work);
    if (status == CW_OK)
        status = create_missing(work, &created, err);
    if (status == CW_OK && created > 0)
        status = wait_for_topics(work, err);
    if (status == CW_OK)
        status = manifest_record_write(work->client, work->plan,
                                       manifest_record_get(work->before),
                                       &written, err);
    if (status == CW_OK)
        (void)fprintf(
            stderr, "cwctl: %zu topics created, %zu were there; manifest %s\n",
            created, topic_plan_count(work->plan) - created,
            written ? "written" : "unchanged");
    close_work(work);
    free(work);
    return status;
}
