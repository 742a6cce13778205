#include "stream/follow.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX ((size_t)1 << 20)

struct cw_follow {
    struct cw_follow_config config;
    struct cw_arena *names; /* group and topics of the configuration */
    struct cw_consumer *consumer;
    int64_t *next_offsets; /* by owned partition */
    bool *ended;
    size_t count;
    size_t turn;
    bool assigned;
    bool moved; /* since the last commit */
};

static void forget(struct cw_follow *follow)
{
    free(follow->next_offsets);
    free(follow->ended);
    follow->next_offsets = NULL;
    follow->ended = NULL;
    follow->count = 0;
    follow->moved = false;
}

static enum cw_status start_one(struct cw_follow *follow,
                                const struct cw_partition *partition,
                                const struct cw_committed *committed,
                                int64_t *offset, struct cw_error *err)
{
    struct cw_follow_start at = {.partition = *partition,
                                 .committed = committed->offset};
    enum cw_status status = cw_consumer_bounds(follow->consumer, partition,
                                               &at.first, &at.next, err);
    *offset = at.committed >= at.first ? at.committed : at.first;
    if (status == CW_OK && follow->config.start != NULL)
        status = follow->config.start(follow->config.context, &at, offset, err);
    if (status == CW_OK)
        status = cw_consumer_start(follow->consumer, partition, *offset, err);
    return status;
}

static enum cw_status on_assigned(void *context,
                                  const struct cw_partition *partitions,
                                  size_t count, struct cw_error *err)
{
    struct cw_follow *follow = context;
    struct cw_arena *arena = NULL;
    forget(follow);
    enum cw_status status = cw_arena_create(&arena, (size_t)16 << 20, err);
    if (status != CW_OK)
        return status;
    struct cw_committed *committed =
        cw_arena_take(arena, count * sizeof(*committed));
    follow->next_offsets = calloc(count + 1, sizeof(*follow->next_offsets));
    follow->ended = calloc(count + 1, sizeof(*follow->ended));
    if (committed == NULL || follow->next_offsets == NULL ||
        follow->ended == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "%zu partitions", count);
    if (status == CW_OK && count > 0)
        status = cw_consumer_committed(follow->consumer, partitions, count,
                                       arena, committed, err);
    for (size_t i = 0; i < count && status == CW_OK; i++)
        status = start_one(follow, &partitions[i], &committed[i],
                           &follow->next_offsets[i], err);
    follow->count = status == CW_OK ? count : 0;
    follow->assigned = status == CW_OK;
    cw_arena_destroy(&arena);
    return status;
}

static void on_revoked(void *context, bool lost)
{
    struct cw_follow *follow = context;
    (void)lost;
    if (follow->config.revoked != NULL)
        follow->config.revoked(follow->config.context);
    forget(follow);
    follow->assigned = false;
}

static enum cw_status open_consumer(struct cw_follow *follow,
                                    struct cw_error *err)
{
    const struct cw_consumer_config config = {
        .kafka = follow->config.kafka,
        .group = follow->config.group,
        .topics = follow->config.topics,
        .topic_count = follow->config.topic_count,
        .callbacks = {on_assigned, on_revoked, follow},
        .session_us = follow->config.session_us,
    };
    return cw_consumer_create(&follow->consumer, &config, err);
}

static const char *keep(struct cw_follow *follow, const char *name)
{
    return cw_arena_text(follow->names,
                         (struct cw_text){name, strlen(name) + 1})
        .bytes;
}

/* Consumers are opened again long after the caller's names are gone. */
static enum cw_status keep_names(struct cw_follow *follow, struct cw_error *err)
{
    struct cw_follow_config *config = &follow->config;
    const enum cw_status status =
        cw_arena_create(&follow->names, NAMES_MAX, err);
    if (status != CW_OK)
        return status;
    const char **topics =
        cw_arena_take(follow->names, config->topic_count * sizeof(*topics));
    config->group = keep(follow, config->group);
    bool complete = topics != NULL && config->group != NULL;
    for (size_t i = 0; i < config->topic_count && complete; i++) {
        topics[i] = keep(follow, config->topics[i]);
        complete = topics[i] != NULL;
    }
    config->topics = topics;
    return complete ? CW_OK : cw_fail(err, CW_NO_MEMORY, "names of topics");
}

enum cw_status cw_follow_open(struct cw_follow **made,
                              const struct cw_follow_config *config,
                              struct cw_error *err)
{
    struct cw_follow *follow = calloc(1, sizeof(*follow));
    if (follow == NULL)
        return cw_fail(err, CW_NO_MEMORY, "follow");
    follow->config = *config;
    enum cw_status status = keep_names(follow, err);
    if (status == CW_OK)
        status = open_consumer(follow, err);
    if (status != CW_OK)
        cw_follow_close(&follow);
    else
        *made = follow;
    return status;
}

void cw_follow_close(struct cw_follow **follow)
{
    if (*follow == NULL)
        return;
    cw_consumer_destroy(&(*follow)->consumer);
    forget(*follow);
    cw_arena_destroy(&(*follow)->names);
    free(*follow);
    *follow = NULL;
}

static enum cw_status take_turn(struct cw_follow *follow,
                                const rd_kafka_message_t **message,
                                struct cw_error *err)
{
    for (size_t tried = 0; tried < follow->count; tried++) {
        const size_t at = follow->turn++ % follow->count;
        struct cw_incoming incoming;
        bool found;
        const enum cw_status status =
            cw_consumer_take(follow->consumer, at, &incoming, &found, err);
        if (status != CW_OK)
            return status;
        if (found && incoming.at_end)
            follow->ended[at] = true;
        if (!found || incoming.at_end)
            continue;
        follow->ended[at] = false;
        follow->next_offsets[at] = incoming.message->offset + 1;
        follow->moved = true;
        *message = incoming.message;
        return CW_OK;
    }
    return CW_OK;
}

/* A static member that is fenced, or whose assignment could not be begun: it
 * would not be assigned again, since nobody else came or went. */
static enum cw_status begin_anew(struct cw_follow *follow,
                                 enum cw_status status,
                                 const struct cw_error *err)
{
    CW_LOG(follow->config.kafka->log, WARN, "follow_again", cw_kv_error(err));
    on_revoked(follow, true);
    cw_consumer_destroy(&follow->consumer);
    return status == CW_FENCED ? CW_OK : status;
}

enum cw_status cw_follow_next(struct cw_follow *follow, int wait_ms,
                              const rd_kafka_message_t **message,
                              struct cw_error *err)
{
    *message = NULL;
    enum cw_status status = CW_OK;
    if (follow->consumer == NULL)
        status = open_consumer(follow, err);
    if (status == CW_OK)
        status = cw_consumer_poll(follow->consumer, 0, err);
    if (status == CW_OK)
        status = take_turn(follow, message, err);
    if (status == CW_OK && *message == NULL && wait_ms > 0) {
        status = cw_consumer_poll(follow->consumer, wait_ms, err);
        if (status == CW_OK)
            status = take_turn(follow, message, err);
    }
    const bool is_unbegun = status == CW_UNAVAILABLE &&
                            follow->consumer != NULL &&
                            cw_consumer_count(follow->consumer) == 0;
    return status == CW_FENCED || is_unbegun ? begin_anew(follow, status, err)
                                             : status;
}

enum cw_status cw_follow_commit(struct cw_follow *follow, struct cw_error *err)
{
    if (!follow->moved || follow->consumer == NULL)
        return CW_OK;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)follow->count);
    for (size_t i = 0; i < follow->count; i++) {
        const struct cw_partition *partition =
            cw_consumer_partition(follow->consumer, i);
        rd_kafka_topic_partition_list_add(list, partition->topic.bytes,
                                          partition->partition)
            ->offset = follow->next_offsets[i];
    }
    const rd_kafka_resp_err_t code = rd_kafka_commit(
        cw_consumer_handle(follow->consumer), list, 0 /* wait */);
    rd_kafka_topic_partition_list_destroy(list);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(code), "commit: %s",
                       rd_kafka_err2str(code));
    follow->moved = false;
    return CW_OK;
}

bool cw_follow_assigned(const struct cw_follow *follow)
{
    return follow->assigned;
}

bool cw_follow_at_end(const struct cw_follow *follow)
{
    for (size_t i = 0; i < follow->count; i++)
        if (!follow->ended[i])
            return false;
    return follow->assigned;
}
