#include "stream/owned.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum cw_status cw_owned_init(struct cw_owned *owned, const char *topic,
                             int32_t partition, struct cw_error *err)
{
    *owned = (struct cw_owned){.end_offset = -1, .taken_ms = -1};
    owned->name = strdup(topic);
    if (owned->name == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%s/%d", topic, partition);
    owned->partition =
        (struct cw_partition){cw_text_of(owned->name), partition};
    return CW_OK;
}

void cw_owned_fini(struct cw_owned *owned)
{
    if (owned->queue != NULL)
        rd_kafka_queue_destroy(owned->queue);
    while (owned->early != NULL)
        rd_kafka_message_destroy(cw_owned_pop_early(owned));
    free(owned->name);
    *owned = (struct cw_owned){0};
}

bool cw_owned_is(const struct cw_owned *owned, const char *topic,
                 int32_t partition)
{
    return owned->partition.partition == partition &&
           strcmp(owned->name, topic) == 0;
}

bool cw_owned_keep_early(struct cw_owned *owned, rd_kafka_message_t *message)
{
    struct cw_early **last = &owned->early;
    while (*last != NULL)
        last = &(*last)->next;
    *last = malloc(sizeof(**last));
    if (*last == NULL)
        return false; /* the hole shows as a gap of offsets */
    **last = (struct cw_early){message, NULL};
    return true;
}

rd_kafka_message_t *cw_owned_pop_early(struct cw_owned *owned)
{
    struct cw_early *first = owned->early;
    if (first == NULL)
        return NULL;
    rd_kafka_message_t *message = first->message;
    owned->early = first->next;
    free(first);
    return message;
}

enum cw_status cw_owned_take(struct cw_owned *owned,
                             const rd_kafka_message_t *message,
                             struct cw_error *err)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        owned->end_offset = message->offset;
        return CW_OK;
    }
    if (message->offset < owned->next_offset)
        return cw_fail(err, CW_GAP, "%s/%d: offset %" PRId64 " after %" PRId64,
                       owned->name, owned->partition.partition, message->offset,
                       owned->next_offset - 1);
    rd_kafka_timestamp_type_t type;
    owned->next_offset = message->offset + 1;
    owned->taken_ms = rd_kafka_message_timestamp(message, &type);
    return CW_OK;
}

bool cw_owned_lag(const struct cw_owned *owned, rd_kafka_t *handle,
                  int64_t now_us, struct cw_lag *lag)
{
    int64_t first;
    int64_t end;
    if (owned->queue == NULL ||
        rd_kafka_get_watermark_offsets(handle, owned->name,
                                       owned->partition.partition, &first,
                                       &end) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        end < 0)
        return false;
    /* What ends transactions is no message: at the end nothing is left. */
    const int64_t stands_at = owned->end_offset > owned->next_offset
                                  ? owned->end_offset
                                  : owned->next_offset;
    const int64_t messages = end > stands_at ? end - stands_at : 0;
    const int64_t age_us =
        owned->taken_ms < 0 ? 0 : now_us - owned->taken_ms * 1000;
    *lag = (struct cw_lag){
        .topic = owned->name,
        .partition = owned->partition.partition,
        .messages = messages,
        .seconds = messages > 0 && age_us > 0 ? (double)age_us / 1e6 : 0.0,
    };
    return true;
}
