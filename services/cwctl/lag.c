#include "lag.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "database.h"
#include "inputs.h"
#include "scan.h"
#include "table.h"

#define ASK_MS  10000
#define READ_US INT64_C(10000000) /* for the oldest record of partitions */
#define NOTHING INT64_MAX         /* only control records are left */

struct lag {
    struct call *call;
    struct client *client;
    struct inputs inputs;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *manifest;
    struct engine *engine;
    struct table *table;
    size_t unknown;
};

/* Partitions of one group; the three lists have the same order. */
struct group {
    const char *name;
    rd_kafka_topic_partition_list_t *committed;
    rd_kafka_topic_partition_list_t *first;
    rd_kafka_topic_partition_list_t *end;
    int64_t *written_at; /* of the oldest unread record, us; 0 = not known */
    size_t left;         /* of which it is not known yet */
};

int64_t lag_left(const struct lag_place *place, const char **why)
{
    if (place->first < 0 || place->end < 0) {
        *why = "where it ends is not known";
        return LAG_UNKNOWN;
    }
    if (place->committed > place->end) {
        *why = "committed lies behind the end: was the topic made anew?";
        return LAG_UNKNOWN;
    }
    return place->end -
           (place->committed > place->first ? place->committed : place->first);
}

static struct lag_place place_at(const struct group *group, int i)
{
    return (struct lag_place){group->committed->elems[i].offset,
                              group->first->elems[i].offset,
                              group->end->elems[i].offset};
}

/* ---- where it stands ---------------------------------------------------- */

static enum cw_status ask_offsets(rd_kafka_t *handle,
                                  rd_kafka_topic_partition_list_t *list,
                                  int64_t offset, struct cw_error *err)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = offset;
    const rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(handle, list, ASK_MS);
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            list->elems[i].offset = LAG_UNKNOWN;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? CW_OK
               : cw_fail(err, cw_kafka_status(code), "ends of topics: %s",
                         rd_kafka_err2str(code));
}

/* kafka: its commits stand there; else they are filled in already. */
static enum cw_status ask_group(const struct lag *lag, struct group *group,
                                bool kafka, struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    enum cw_status status =
        inputs_open_group(&lag->inputs, group->name, &handle, err);
    if (status != CW_OK)
        return status;
    const rd_kafka_resp_err_t code =
        kafka ? rd_kafka_committed(handle, group->committed, ASK_MS)
              : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = cw_fail(err, cw_kafka_status(code), "%s: %s", group->name,
                         rd_kafka_err2str(code));
    group->first = rd_kafka_topic_partition_list_copy(group->committed);
    group->end = rd_kafka_topic_partition_list_copy(group->committed);
    if (status == CW_OK)
        status =
            ask_offsets(handle, group->first, RD_KAFKA_OFFSET_BEGINNING, err);
    if (status == CW_OK)
        status = ask_offsets(handle, group->end, RD_KAFKA_OFFSET_END, err);
    rd_kafka_destroy(handle);
    return status;
}

/* ---- since when --------------------------------------------------------- */

static enum cw_status take_oldest(void *to, const rd_kafka_message_t *message,
                                  bool *stop, struct cw_error *err)
{
    struct group *group = to;
    rd_kafka_timestamp_type_t kind;
    (void)err;
    for (int i = 0; i < group->committed->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &group->committed->elems[i];
        if (at->partition != message->partition || group->written_at[i] != 0 ||
            strcmp(at->topic, rd_kafka_topic_name(message->rkt)) != 0)
            continue;
        group->written_at[i] =
            rd_kafka_message_timestamp(message, &kind) * 1000;
        group->left--;
    }
    *stop = group->left == 0;
    return CW_OK;
}

/* Reads the oldest record that is left in each partition. A slow broker leaves
 * some unknown. */
static enum cw_status find_oldest(const struct lag *lag, struct group *group,
                                  struct cw_error *err)
{
    const char *why = NULL;
    rd_kafka_topic_partition_list_t *from =
        rd_kafka_topic_partition_list_new(16);
    for (int i = 0; i < group->committed->cnt; i++) {
        const struct lag_place place = place_at(group, i);
        if (lag_left(&place, &why) > 0)
            rd_kafka_topic_partition_list_add(
                from, group->committed->elems[i].topic,
                group->committed->elems[i].partition)
                ->offset =
                place.committed > place.first ? place.committed : place.first;
    }
    const struct scan_setup setup = {
        .places = from, .limit_us = READ_US, .take = take_oldest, .to = group};
    group->left = (size_t)from->cnt;
    enum cw_status status =
        from->cnt > 0 ? scan_run(lag->client, &setup, err) : CW_OK;
    for (int i = 0; status == CW_OK && i < group->committed->cnt; i++)
        if (group->written_at[i] == 0 &&
            rd_kafka_topic_partition_list_find(
                from, group->committed->elems[i].topic,
                group->committed->elems[i].partition) != NULL)
            group->written_at[i] = NOTHING;
    rd_kafka_topic_partition_list_destroy(from);
    return status == CW_UNAVAILABLE ? CW_OK : status;
}

/* ---- rows --------------------------------------------------------------- */

static const char *error_of(const struct group *group, int i)
{
    const rd_kafka_resp_err_t codes[] = {group->committed->elems[i].err,
                                         group->first->elems[i].err,
                                         group->end->elems[i].err};
    for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
        if (codes[k] != RD_KAFKA_RESP_ERR_NO_ERROR)
            return rd_kafka_err2str(codes[k]);
    return NULL;
}

static enum cw_status add_row(struct lag *lag, const struct group *group, int i,
                              struct cw_error *err)
{
    char cells[5][24] = {""};
    const rd_kafka_topic_partition_t *at = &group->committed->elems[i];
    const struct cw_clocks clock = cw_clock_system();
    const struct lag_place place = place_at(group, i);
    const char *broker = error_of(group, i);
    const char *why = "";
    const int64_t written_at = group->written_at[i];
    const int64_t left = written_at == NOTHING ? 0 : lag_left(&place, &why);
    const bool known = broker == NULL && left >= 0;
    if (known && left == 0 && call_has(lag->call, "behind"))
        return CW_OK;
    lag->unknown += known ? 0 : 1;
    (void)snprintf(cells[0], sizeof(cells[0]), "%d", at->partition);
    if (place.committed >= 0)
        (void)snprintf(cells[1], sizeof(cells[1]), "%" PRId64, place.committed);
    if (place.end >= 0)
        (void)snprintf(cells[2], sizeof(cells[2]), "%" PRId64, place.end);
    if (known)
        (void)snprintf(cells[3], sizeof(cells[3]), "%" PRId64, left);
    if (known && (left == 0 || written_at > 0))
        (void)snprintf(
            cells[4], sizeof(cells[4]), "%.1f",
            left == 0 ? 0.0
                      : (double)(cw_clock_wall_us(&clock) - written_at) / 1e6);
    const struct cw_text row[] = {
        cw_text_of(group->name), cw_text_of(at->topic),
        cw_text_of(cells[0]),    cw_text_of(cells[1]),
        cw_text_of(cells[2]),    cw_text_of(cells[3]),
        cw_text_of(cells[4]),    cw_text_of(broker != NULL ? broker : why)};
    return table_add(lag->table, row, err);
}

static enum cw_status tell_group(struct lag *lag, struct group *group,
                                 bool kafka, struct cw_error *err)
{
    enum cw_status status = ask_group(lag, group, kafka, err);
    group->written_at =
        calloc((size_t)group->committed->cnt + 1, sizeof(int64_t));
    if (status == CW_OK && group->written_at == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "lag");
    if (status == CW_OK)
        status = find_oldest(lag, group, err);
    for (int i = 0; i < group->committed->cnt && status == CW_OK; i++)
        status = add_row(lag, group, i, err);
    free(group->written_at);
    if (group->first != NULL)
        rd_kafka_topic_partition_list_destroy(group->first);
    if (group->end != NULL)
        rd_kafka_topic_partition_list_destroy(group->end);
    return status;
}

/* ---- every group -------------------------------------------------------- */

static enum cw_status tell_stages(struct lag *lag, struct cw_error *err)
{
    size_t count = 0;
    enum cw_status status = CW_OK;
    const struct cw_pipeline_stage *stages = engine_stages(lag->engine, &count);
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        char name[CLIENT_NAME_MAX];
        struct group group = {
            .name = name, .committed = rd_kafka_topic_partition_list_new(64)};
        client_topic(lag->client, cw_service_name(stages[i].service), name);
        inputs_add_stage(&lag->inputs, &stages[i], group.committed);
        status = tell_group(lag, &group, true, err);
        rd_kafka_topic_partition_list_destroy(group.committed);
    }
    return status;
}

/* What the notifier reads beside notices it only listens to. */
static enum cw_status tell_asides(struct lag *lag, struct cw_error *err)
{
    static const struct {
        const char *group;
        enum cw_topic reads[2];
    } asides[] = {{"notifier", {CW_TOPIC_NOTICES, CW_TOPIC_COUNT}},
                  {"effect", {CW_TOPIC_ACTIONS, CW_TOPIC_SAID}}};
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < 2 && status == CW_OK; i++) {
        char name[CLIENT_NAME_MAX];
        struct group group = {
            .name = name, .committed = rd_kafka_topic_partition_list_new(64)};
        client_topic(lag->client, asides[i].group, name);
        for (size_t k = 0; k < 2 && asides[i].reads[k] != CW_TOPIC_COUNT; k++)
            inputs_add(&lag->inputs, asides[i].reads[k], group.committed);
        status = tell_group(lag, &group, true, err);
        rd_kafka_topic_partition_list_destroy(group.committed);
    }
    return status;
}

static enum cw_status take_recorder(const struct lag *lag, struct group *group,
                                    PGresult **rows, struct cw_error *err)
{
    PGconn *connection = NULL;
    enum cw_status status =
        database_open(&connection, client_postgres(lag->client), err);
    if (status == CW_OK)
        status = database_ask(rows, connection,
                              "SELECT topic, partition, next_offset FROM "
                              "causeway.offsets ORDER BY topic, partition",
                              err);
    PQfinish(connection);
    for (int i = 0; status == CW_OK && i < PQntuples(*rows); i++) {
        const int partition = (int)strtol(PQgetvalue(*rows, i, 1), NULL, 10);
        const char *topic = PQgetvalue(*rows, i, 0);
        if (client_partitions(lag->metadata, topic) > partition)
            rd_kafka_topic_partition_list_add(group->committed, topic,
                                              partition)
                ->offset = strtoll(PQgetvalue(*rows, i, 2), NULL, 10);
    }
    return status;
}

static enum cw_status tell_recorder(struct lag *lag, struct cw_error *err)
{
    char name[CLIENT_NAME_MAX];
    PGresult *rows = NULL;
    struct group group = {.name = name};
    if (client_postgres(lag->client)[0] == '\0') {
        (void)fprintf(stderr, "cwctl: where the recorder stands is in "
                              "PostgreSQL: --postgres\n");
        return CW_OK;
    }
    group.committed = rd_kafka_topic_partition_list_new(64);
    client_topic(lag->client, "recorder", name);
    enum cw_status status = take_recorder(lag, &group, &rows, err);
    if (status == CW_OK)
        status = tell_group(lag, &group, false, err);
    PQclear(rows);
    rd_kafka_topic_partition_list_destroy(group.committed);
    return status;
}

static enum cw_status open_lag(struct lag *lag, struct cw_error *err)
{
    static const char *const columns[] = {"group",      "topic", "#partition",
                                          "#committed", "#end",  "#lag",
                                          "#seconds",   "error", NULL};
    enum cw_status status = client_open(&lag->client, lag->call, err);
    if (status == CW_OK)
        status = client_metadata(lag->client, &lag->metadata, err);
    if (status == CW_OK)
        status = manifest_record_read(&lag->manifest, lag->client,
                                      lag->metadata, err);
    if (status == CW_OK)
        lag->inputs = (struct inputs){lag->client, lag->metadata,
                                      manifest_record_get(lag->manifest)};
    if (status == CW_OK)
        status = engine_create(&lag->engine, NULL, err);
    if (status == CW_OK)
        status = table_create(&lag->table, columns, err);
    return status;
}

enum cw_status lag_run(struct call *call, struct cw_error *err)
{
    struct lag lag = {.call = call};
    enum cw_status status = open_lag(&lag, err);
    if (status == CW_OK)
        status = tell_stages(&lag, err);
    if (status == CW_OK)
        status = tell_asides(&lag, err);
    if (status == CW_OK)
        status = tell_recorder(&lag, err);
    if (lag.table != NULL)
        table_print(lag.table, call->output, call->out);
    if (status == CW_OK && lag.unknown > 0)
        status = cw_fail(err, CW_BROKEN,
                         "the lag of %zu partitions is not known", lag.unknown);
    table_destroy(&lag.table);
    engine_destroy(&lag.engine);
    manifest_record_destroy(&lag.manifest);
    if (lag.metadata != NULL)
        rd_kafka_metadata_destroy(lag.metadata);
    client_close(&lag.client);
    return status;
}
