#include "standing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/plan.h"
#include "message_line.h"
#include "record/records.h"
#include "scan.h"

#define ARENA_MAX ((size_t)64 << 20)
#define ASK_MS    5000

struct standing {
    struct cw_arena *arena;
    struct standing_clock clocks[STANDING_MAX];
    size_t clock_count;
    struct standing_absence absences[STANDING_MAX];
    size_t absence_count;
};

static void take_clock(struct standing *standing, const struct cw_clock *clock)
{
    struct standing_clock found = {.stream_at = clock->stream_at};
    size_t at = 0;
    (void)snprintf(found.name, sizeof(found.name), "%.*s/%d",
                   CW_TEXT_ARG(clock->topic), clock->partition);
    while (at < standing->clock_count &&
           strcmp(standing->clocks[at].name, found.name) != 0)
        at++;
    if (at == STANDING_MAX)
        return;
    if (at == standing->clock_count)
        standing->clocks[standing->clock_count++] = found;
    else if (found.stream_at > standing->clocks[at].stream_at)
        standing->clocks[at] = found;
}

static bool is_same(const struct standing_absence *a,
                    const struct standing_absence *b)
{
    return a->partition == b->partition && a->source == b->source &&
           strcmp(a->service, b->service) == 0 &&
           strcmp(a->topic, b->topic) == 0;
}

static void take_verdict(struct standing *standing,
                         const struct cw_verdict *verdict)
{
    struct standing_absence found = {
        .partition = verdict->partition,
        .source = verdict->source,
        .since_at = verdict->slice_at,
        .absent = verdict->ruling == CW_RULING_ABSENT,
    };
    size_t at = 0;
    (void)snprintf(found.service, sizeof(found.service), "%.*s",
                   CW_TEXT_ARG(verdict->service));
    (void)snprintf(found.topic, sizeof(found.topic), "%.*s",
                   CW_TEXT_ARG(verdict->topic));
    while (at < standing->absence_count &&
           !is_same(&standing->absences[at], &found))
        at++;
    if (at == STANDING_MAX)
        return;
    if (at == standing->absence_count)
        standing->absences[standing->absence_count++] = found;
    else if (found.since_at >= standing->absences[at].since_at)
        standing->absences[at] = found;
}

static enum cw_status take(void *to, const rd_kafka_message_t *message,
                           bool *stop, struct cw_error *err)
{
    struct standing *standing = to;
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    (void)stop;
    (void)err;
    cw_arena_reset(standing->arena);
    if (!message_record(message, standing->arena, &type, &record))
        return CW_OK;
    if (type == &cw_clock_type)
        take_clock(standing, record);
    else if (type == &cw_verdict_type)
        take_verdict(standing, record);
    return CW_OK;
}

static enum cw_status read_topics(struct standing *standing,
                                  struct client *client,
                                  const rd_kafka_metadata_t *metadata,
                                  struct cw_error *err)
{
    char names[CW_SERVICE_COUNT + 1][CLIENT_NAME_MAX];
    const char *topics[CW_SERVICE_COUNT + 1];
    size_t count = 0;
    client_topic(client, "clock", names[count]);
    topics[count] = names[count];
    count++;
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "verdicts.%s",
                       cw_service_name((enum cw_service)s));
        client_topic(client, name, names[count]);
        topics[count] = names[count];
        if (client_partitions(metadata, names[count]) > 0)
            count++;
    }
    const struct scan_setup setup = {
        .topics = topics, .topic_count = count, .take = take, .to = standing};
    return scan_run(client, &setup, err);
}

enum cw_status standing_load(struct standing **made, struct client *client,
                             const rd_kafka_metadata_t *metadata,
                             struct cw_error *err)
{
    struct standing *standing = calloc(1, sizeof(*standing));
    if (standing == NULL)
        return cw_fail(err, CW_NO_MEMORY, "standing");
    enum cw_status status = cw_arena_create(&standing->arena, ARENA_MAX, err);
    if (status == CW_OK)
        status = read_topics(standing, client, metadata, err);
    if (status != CW_OK)
        standing_destroy(&standing);
    else
        *made = standing;
    return status;
}

void standing_destroy(struct standing **standing)
{
    if (*standing == NULL)
        return;
    cw_arena_destroy(&(*standing)->arena);
    free(*standing);
    *standing = NULL;
}

const struct standing_clock *standing_clocks(const struct standing *standing,
                                             size_t *count)
{
    *count = standing->clock_count;
    return standing->clocks;
}

const struct standing_absence *
standing_absences(const struct standing *standing, size_t *count)
{
    *count = standing->absence_count;
    return standing->absences;
}

/* ---- transactions ------------------------------------------------------- */

/* A handle that is told the last stable offset as the end. */
static enum cw_status open_stable(const struct client *client,
                                  const char *isolation, rd_kafka_t **handle,
                                  struct cw_error *err)
{
    rd_kafka_conf_t *conf = NULL;
    char why[200];
    enum cw_status status =
        cw_kafka_conf(&conf, client_kafka(client), CW_KAFKA_CONSUMER, err);
    if (status == CW_OK)
        status = cw_kafka_set(conf, "isolation.level", isolation, err);
    if (status != CW_OK)
        return status;
    *handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (*handle != NULL)
        return CW_OK;
    rd_kafka_conf_destroy(conf);
    return cw_fail(err, CW_BAD_CONFIG, "%s", why);
}

static rd_kafka_topic_partition_list_t *
list_ours(const struct client *client, const rd_kafka_metadata_t *metadata)
{
    char prefix[CLIENT_NAME_MAX];
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(256);
    client_topic(client, "", prefix);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        for (int p = 0; strncmp(topic->topic, prefix, strlen(prefix)) == 0 &&
                        p < topic->partition_cnt;
             p++)
            (void)rd_kafka_topic_partition_list_add(list, topic->topic, p);
    }
    return list;
}

/* Where every partition ends, as a reader of that isolation sees it. */
static enum cw_status ask_ends(rd_kafka_t *handle,
                               rd_kafka_topic_partition_list_t *list,
                               struct cw_error *err)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    const rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(handle, list, ASK_MS);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? CW_OK
               : cw_fail(err, cw_kafka_status(code), "ends of topics: %s",
                         rd_kafka_err2str(code));
}

/* The three asked in this order: stable, plain, and after the pause stable
 * again. */
struct ends {
    rd_kafka_topic_partition_list_t *stable;
    rd_kafka_topic_partition_list_t *plain;
    rd_kafka_topic_partition_list_t *later;
};

static size_t count_open(const struct ends *ends, char *name)
{
    size_t count = 0;
    for (int i = 0; i < ends->stable->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &ends->stable->elems[i];
        if (at->offset < 0 || at->offset >= ends->plain->elems[i].offset ||
            at->offset != ends->later->elems[i].offset)
            continue;
        count++;
        (void)snprintf(name, CLIENT_NAME_MAX, "%.200s/%d", at->topic,
                       at->partition);
    }
    return count;
}

static enum cw_status ask_all(rd_kafka_t *stable, rd_kafka_t *plain,
                              const struct ends *ends, unsigned pause_us,
                              struct cw_error *err)
{
    enum cw_status status = ask_ends(stable, ends->stable, err);
    if (status == CW_OK)
        status = ask_ends(plain, ends->plain, err);
    if (status == CW_OK)
        (void)usleep(pause_us);
    return status == CW_OK ? ask_ends(stable, ends->later, err) : status;
}

enum cw_status standing_open_transactions(struct client *client,
                                          const rd_kafka_metadata_t *metadata,
                                          unsigned pause_us, size_t *count,
                                          char name[CLIENT_NAME_MAX],
                                          struct cw_error *err)
{
    rd_kafka_t *stable = NULL;
    rd_kafka_t *plain = NULL;
    const struct ends ends = {list_ours(client, metadata),
                              list_ours(client, metadata),
                              list_ours(client, metadata)};
    enum cw_status status = open_stable(client, "read_committed", &stable, err);
    if (status == CW_OK)
        status = open_stable(client, "read_uncommitted", &plain, err);
    if (status == CW_OK)
        status = ask_all(stable, plain, &ends, pause_us, err);
    if (status == CW_OK)
        *count = count_open(&ends, name);
    rd_kafka_topic_partition_list_destroy(ends.stable);
    rd_kafka_topic_partition_list_destroy(ends.plain);
    rd_kafka_topic_partition_list_destroy(ends.later);
    if (stable != NULL)
        rd_kafka_destroy(stable);
    if (plain != NULL)
        rd_kafka_destroy(plain);
    return status;
}
