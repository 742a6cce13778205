#include "core/stage.h"

#include <assert.h>
#include <stdlib.h>

#include "record/wire.h"

#define MESSAGE_SIZE ((size_t)512 * 1024)
#define WAITING_MAX  ((size_t)1 << 30)
#define RESTORE_MAX  ((size_t)4 << 30)

struct rulings {
    struct cw_source_ruling *all;
    size_t count;
};

struct cw_stage_store {
    uint32_t partitions;
    struct cw_memlog *own; /* snapshots and verdicts */
    int64_t *committed_at;
    struct rulings *rulings;
};

struct cw_stage {
    struct cw_stage_setup setup;
    struct cw_stage_store *store; /* borrowed: outlives the stage */
    struct cw_outbox *outbox;
    struct cw_task **tasks; /* by partition; NULL = not assigned */
    int64_t *next_offsets;  /* by topic and partition */
    struct cw_arena *arena;
#if defined(CW_MUTATE_TEAR) || defined(CW_MUTATE_RESEND)
    uint64_t commits;
#endif
};

enum cw_status cw_stage_store_create(struct cw_stage_store **made,
                                     uint32_t partitions, struct cw_error *err)
{
    struct cw_stage_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return cw_fail(err, CW_NO_MEMORY, "store");
    store->partitions = partitions;
    store->committed_at = calloc(partitions, sizeof(*store->committed_at));
    store->rulings = calloc(partitions, sizeof(*store->rulings));
    enum cw_status status = cw_memlog_create(&store->own, partitions, err);
    if (store->committed_at == NULL || store->rulings == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "store");
    for (uint32_t i = 0; status == CW_OK && i < partitions; i++)
        store->committed_at[i] = CW_BEGINNING;
    if (status != CW_OK)
        cw_stage_store_destroy(&store);
    else
        *made = store;
    return status;
}

void cw_stage_store_destroy(struct cw_stage_store **store)
{
    if (*store == NULL)
        return;
    for (uint32_t i = 0; (*store)->rulings != NULL && i < (*store)->partitions;
         i++)
        free((*store)->rulings[i].all);
    free((*store)->rulings);
    free((*store)->committed_at);
    cw_memlog_destroy(&(*store)->own);
    free(*store);
    *store = NULL;
}

void cw_stage_store_lose_snapshots(struct cw_stage_store *store,
                                   uint32_t partition)
{
    cw_memlog_trim(store->own, CW_TOPIC_SNAPSHOTS, partition, INT64_MAX);
}

size_t cw_stage_store_rulings(const struct cw_stage_store *store,
                              uint32_t partition,
                              const struct cw_source_ruling **rulings)
{
    *rulings = store->rulings[partition].all;
    return store->rulings[partition].count;
}

enum cw_status cw_stage_store_give(struct cw_stage_store *store,
                                   uint32_t partition,
                                   const struct cw_source_ruling *rulings,
                                   size_t count, struct cw_error *err)
{
    struct rulings *kept = &store->rulings[partition];
    if (count == 0)
        return CW_OK;
    struct cw_source_ruling *grown =
        realloc(kept->all, (kept->count + count) * sizeof(*grown));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "rulings");
    memcpy(grown + kept->count, rulings, count * sizeof(*grown));
    kept->all = grown;
    kept->count += count;
    return CW_OK;
}

enum cw_status cw_stage_create(struct cw_stage **made,
                               const struct cw_stage_setup *setup,
                               struct cw_stage_store *store,
                               struct cw_error *err)
{
    const uint32_t partitions = setup->plan->partitions;
    struct cw_stage *stage = calloc(1, sizeof(*stage));
    if (stage == NULL)
        return cw_fail(err, CW_NO_MEMORY, "stage");
    stage->setup = *setup;
    stage->store = store;
    const struct cw_outbox_config config = {
        .writer = setup->writer,
        .partitions = partitions,
        .message_size = MESSAGE_SIZE,
        .max_size = WAITING_MAX,
    };
    enum cw_status status = cw_outbox_create(&stage->outbox, &config, err);
    if (status == CW_OK)
        status = cw_arena_create(&stage->arena, RESTORE_MAX, err);
    stage->tasks = calloc(partitions, sizeof(struct cw_task *));
    stage->next_offsets = calloc((size_t)CW_TOPIC_COUNT * partitions,
                                 sizeof(*stage->next_offsets));
    if (status == CW_OK &&
        (stage->tasks == NULL || stage->next_offsets == NULL))
        status = cw_fail(err, CW_NO_MEMORY, "stage");
    if (status != CW_OK)
        cw_stage_destroy(&stage);
    else
        *made = stage;
    return status;
}

void cw_stage_destroy(struct cw_stage **stage)
{
    if (*stage == NULL)
        return;
    for (uint32_t i = 0;
         (*stage)->tasks != NULL && i < (*stage)->setup.plan->partitions; i++)
        cw_task_destroy(&(*stage)->tasks[i]);
    free((*stage)->tasks);
    free((*stage)->next_offsets);
    cw_outbox_destroy(&(*stage)->outbox);
    cw_arena_destroy(&(*stage)->arena);
    free(*stage);
    *stage = NULL;
}

/* The newest snapshot of each key. Later messages win, as compaction does. */
static enum cw_status read_snapshots(struct cw_stage *stage, uint32_t partition,
                                     const struct cw_snapshot ***parts,
                                     size_t *count, struct cw_error *err)
{
    const struct cw_memlog *own = stage->store->own;
    const int64_t begin = cw_memlog_begin(own, CW_TOPIC_SNAPSHOTS, partition);
    const int64_t end = cw_memlog_end(own, CW_TOPIC_SNAPSHOTS, partition);
    *count = 0;
    *parts =
        cw_arena_take(stage->arena, (size_t)(end - begin) * sizeof(void *));
    if (*parts == NULL)
        return cw_fail(err, CW_NO_MEMORY, "snapshots");
    for (int64_t at = begin; at < end; at++) {
        const struct cw_message *message =
            cw_memlog_get(own, CW_TOPIC_SNAPSHOTS, partition, at);
        bool newest = true;
        for (int64_t later = at + 1; later < end && newest; later++)
            newest = !cw_text_equal(
                message->key,
                cw_memlog_get(own, CW_TOPIC_SNAPSHOTS, partition, later)->key);
        if (!newest)
            continue;
        const struct cw_record_type *type;
        const void *record;
        const enum cw_status status =
            cw_wire_open(message->value, stage->arena, &type, &record, err);
        if (status != CW_OK)
            return status;
        assert(type == &cw_snapshot_type);
        (*parts)[(*count)++] = record;
    }
    return CW_OK;
}

static void set_offsets(struct cw_stage *stage, uint32_t partition)
{
    const struct cw_task *task = stage->tasks[partition];
    for (const enum cw_topic *topic = stage->setup.type->inputs;
         *topic != CW_TOPIC_COUNT; topic++) {
        const int64_t start = cw_task_start_offset(task, *topic);
        stage->next_offsets[(size_t)*topic * stage->setup.plan->partitions +
                            partition] =
            start == CW_BEGINNING
                ? cw_memlog_begin(stage->setup.log, *topic, partition)
                : start;
    }
}

enum cw_status cw_stage_assign(struct cw_stage *stage, uint32_t partition,
                               struct cw_error *err)
{
    const struct cw_stage_setup *setup = &stage->setup;
    const struct cw_snapshot **parts = NULL;
    struct cw_task_setup task = {
        .type = setup->type,
        .config = setup->config,
        .partition = (int32_t)partition,
        .config_hash = setup->config_hash,
    };
    struct cw_task_restore restore = {
        .rulings = stage->store->rulings[partition].all,
        .ruling_count = stage->store->rulings[partition].count,
        .committed_at = stage->store->committed_at[partition],
    };
    uint32_t lost;
    cw_arena_reset(stage->arena);
    enum cw_status status =
        cw_plan_sources(setup->plan, &task, stage->arena, err);
    if (status == CW_OK)
        status =
            read_snapshots(stage, partition, &parts, &restore.part_count, err);
    restore.parts = parts;
    if (status == CW_OK)
        status = cw_task_create(&stage->tasks[partition], &task, &restore,
                                &lost, err);
    if (status != CW_OK)
        return status;
    set_offsets(stage, partition);
    const int32_t only =
        cw_service_marks_own_only(setup->service) ? (int32_t)partition : -1;
    return cw_task_join(stage->tasks[partition], stage->outbox,
                        cw_service_marks(setup->service), only, err);
}

void cw_stage_revoke(struct cw_stage *stage, uint32_t partition)
{
    cw_task_destroy(&stage->tasks[partition]);
}

enum cw_status cw_stage_poll(struct cw_stage *stage, uint32_t partition,
                             enum cw_topic topic, size_t max, size_t *taken,
                             struct cw_error *err)
{
    struct cw_memlog *log = stage->setup.log;
    int64_t *next =
        &stage->next_offsets[(size_t)topic * stage->setup.plan->partitions +
                             partition];
    const int64_t end = cw_memlog_end(log, topic, partition);
    enum cw_status status = CW_OK;
    *taken = 0;
    for (; *next < end && (max == 0 || *taken < max) && status == CW_OK;
         (*next)++, (*taken)++) {
        const struct cw_message *message =
            cw_memlog_get(log, topic, partition, *next);
        status = cw_task_take(stage->tasks[partition], topic, *next,
                              message->header, message->value, err);
    }
    return status;
}

enum cw_status cw_stage_run(struct cw_stage *stage, uint32_t partition,
                            size_t slices, size_t *ran, struct cw_error *err)
{
    return cw_task_run(stage->tasks[partition], 0, slices, ran, err);
}

static enum cw_status keep_verdict(struct cw_stage *stage,
                                   const struct cw_message *message,
                                   struct cw_error *err)
{
    const struct cw_record_type *type;
    const void *record;
    cw_arena_reset(stage->arena);
    const enum cw_status status =
        cw_wire_open(message->value, stage->arena, &type, &record, err);
    if (status != CW_OK)
        return status;
    const struct cw_verdict *verdict = record;
    const struct cw_source_ruling ruling = {
        .slice_at = verdict->slice_at,
        .topic = cw_topic_find(verdict->topic),
        .source = (uint64_t)verdict->source,
        .absent = verdict->ruling == CW_RULING_ABSENT,
    };
    return cw_stage_store_give(stage->store, message->partition, &ruling, 1,
                               err);
}

enum cw_status cw_stage_commit(struct cw_stage *stage, struct cw_error *err)
{
    const struct cw_message *messages;
    size_t count;
    enum cw_status status =
        cw_outbox_seal(stage->outbox, &messages, &count, err);
    for (size_t i = 0; i < count && status == CW_OK; i++) {
        const bool own = messages[i].topic == CW_TOPIC_SNAPSHOTS ||
                         messages[i].topic == CW_TOPIC_VERDICTS;
#ifdef CW_MUTATE_TEAR
        if (messages[i].topic == CW_TOPIC_ANOMALIES &&
            ++stage->commits % 29 == 0)
            continue;
#endif
#ifdef CW_MUTATE_RESEND
        if (messages[i].topic == CW_TOPIC_ANOMALIES &&
            ++stage->commits % 29 == 0 &&
            cw_memlog_append(stage->setup.log, &messages[i], err) != CW_OK)
            continue;
#endif
        status = cw_memlog_append(own ? stage->store->own : stage->setup.log,
                                  &messages[i], err);
        if (status == CW_OK && messages[i].topic == CW_TOPIC_VERDICTS)
            status = keep_verdict(stage, &messages[i], err);
    }
    if (status != CW_OK)
        return status;
    for (uint32_t i = 0; i < stage->setup.plan->partitions; i++) {
        if (stage->tasks[i] == NULL)
            continue;
        const int64_t released_at = cw_task_released_at(stage->tasks[i]);
        if (released_at > stage->store->committed_at[i])
            stage->store->committed_at[i] = released_at;
    }
    cw_outbox_clear(stage->outbox);
    return CW_OK;
}

struct cw_task *cw_stage_task(struct cw_stage *stage, uint32_t partition)
{
    return stage->tasks[partition];
}

bool cw_stage_has_records(const struct cw_stage *stage)
{
    return cw_outbox_has_records(stage->outbox);
}

size_t cw_stage_waiting_size(const struct cw_stage *stage)
{
    return cw_outbox_size(stage->outbox);
}
