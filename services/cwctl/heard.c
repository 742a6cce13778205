#include "heard.h"

#include <stdio.h>

#include "stream/bookmark.h"

#define ASK_MS 10000

static int64_t task_decided(const rd_kafka_topic_partition_list_t *committed,
                            int32_t partition)
{
    int64_t latest = HEARD_NEVER;
    for (int i = 0; i < committed->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &committed->elems[i];
        if (at->partition != partition || at->metadata == NULL)
            continue;
        const int64_t slice_at = cw_bookmark_parse(
            "slice", (struct cw_text){at->metadata, at->metadata_size});
        if (slice_at != CW_BOOKMARK_NONE && slice_at > latest)
            latest = slice_at;
    }
    return latest;
}

int64_t heard_decided(const rd_kafka_topic_partition_list_t *committed)
{
    int64_t slowest = HEARD_NEVER;
    for (int i = 0; i < committed->cnt; i++) {
        const int64_t decided_at =
            task_decided(committed, committed->elems[i].partition);
        if (decided_at == HEARD_NEVER)
            return HEARD_NEVER;
        if (slowest == HEARD_NEVER || decided_at < slowest)
            slowest = decided_at;
    }
    return slowest;
}

static enum cw_status ask_members(struct heard *heard, rd_kafka_t *handle,
                                  const char *group, struct cw_error *err)
{
    const struct rd_kafka_group_list *groups = NULL;
    const rd_kafka_resp_err_t code =
        rd_kafka_list_groups(handle, group, &groups, ASK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return cw_fail(err, cw_kafka_status(code), "group %s: %s", group,
                       rd_kafka_err2str(code));
    for (int i = 0; i < groups->group_cnt; i++) {
        heard->members += groups->groups[i].member_cnt;
        (void)snprintf(heard->state, sizeof(heard->state), "%s",
                       groups->groups[i].state);
    }
    rd_kafka_group_list_destroy(groups);
    return CW_OK;
}

static enum cw_status
ask_decided(struct heard *heard, const struct inputs *inputs, const char *group,
            const struct cw_pipeline_stage *stage, struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    const enum cw_status status =
        inputs_open_group(inputs, group, &handle, err);
    if (status != CW_OK)
        return status;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(64);
    inputs_add_stage(inputs, stage, list);
    const rd_kafka_resp_err_t code = rd_kafka_committed(handle, list, ASK_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        heard->decided_at = heard_decided(list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(handle);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? CW_OK
               : cw_fail(err, cw_kafka_status(code), "commits: %s",
                         rd_kafka_err2str(code));
}

enum cw_status heard_ask(struct heard *heard, const struct inputs *inputs,
                         const char *group,
                         const struct cw_pipeline_stage *stage,
                         struct cw_error *err)
{
    rd_kafka_t *handle = NULL;
    struct heard found = {.decided_at = HEARD_NEVER};
    enum cw_status status = client_handle(inputs->client, &handle, err);
    if (status == CW_OK)
        status = ask_members(&found, handle, group, err);
    if (status == CW_OK && stage != NULL)
        status = ask_decided(&found, inputs, group, stage, err);
    if (status == CW_OK)
        *heard = found;
    return status;
}
