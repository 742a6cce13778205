#include "core.h"

#include <stdlib.h>

#include "counters.h"
#include "intake.h"
#include "minute.h"
#include "watch.h"

#define TICK_US    (10 * DETECTOR_SECOND)
#define SHARD_STEP (TICK_US / DETECTOR_SHARDS) /* shards tick one by one */

struct cw_core {
    struct detector_config config;
    struct detector_counts counts;
    struct roster *rosters[DETECTOR_SHARDS]; /* NULL until a run comes */
};

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "detector");
    core->config = config != NULL ? *(const struct detector_config *)config
                                  : detector_config_default();
    *made = core;
    return CW_OK;
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (unsigned i = 0; i < DETECTOR_SHARDS; i++)
        roster_destroy(&(*core)->rosters[i]);
    free(*core);
    *core = NULL;
}

static struct scope scope_of(struct cw_core *core, uint32_t shard,
                             struct cw_emit *emit)
{
    return (struct scope){&core->config, core->rosters[shard], &core->counts,
                          emit};
}

/* First tick of this shard after at. */
static int64_t tick_after(uint32_t shard, int64_t at)
{
    const int64_t offset = (int64_t)shard * SHARD_STEP;
    return (at - offset) / TICK_US * TICK_US + offset + TICK_US;
}

static enum cw_status step(struct cw_core *core, uint32_t shard,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    if (item->topic != CW_TOPIC_METRICS &&
        item->topic != CW_TOPIC_METRICS_PATTERNS)
        return CW_OK; /* what people say does not change detection yet */
    if (core->rosters[shard] == NULL) {
        const enum cw_status status =
            roster_create(&core->rosters[shard], &core->config, err);
        if (status != CW_OK)
            return status;
    }
    const struct scope scope = scope_of(core, shard, emit);
    const enum cw_status status = intake_run(&scope, item->record, err);
    if (scope.roster->timer_at == 0 && scope.roster->member_count > 0)
        scope.roster->timer_at = tick_after(shard, item->stream_at);
    return status;
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    const struct roster *roster = core->rosters[shard];
    return roster == NULL || roster->timer_at == 0 ? CW_NEVER
                                                   : roster->timer_at;
}

static enum cw_status finish_slice(const struct scope *scope,
                                   struct cw_error *err)
{
    const enum cw_status status = intake_finish(scope, err);
    return status == CW_OK ? minute_alarmed(scope, err) : status;
}

static enum cw_status timer(struct cw_core *core, uint32_t shard,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    const struct scope scope = scope_of(core, shard, emit);
    enum cw_status status = finish_slice(&scope, err);
    if (status == CW_OK)
        status = minute_tick(&scope, deadline_at, err);
    if (status == CW_OK)
        status = watch_tick(&scope, deadline_at, err);
    scope.roster->timer_at =
        scope.roster->member_count > 0 ? tick_after(shard, deadline_at) : 0;
    return status;
}

static enum cw_status slice_end(struct cw_core *core, uint32_t shard,
                                struct cw_emit *emit, struct cw_error *err)
{
    if (core->rosters[shard] == NULL)
        return CW_OK;
    const struct scope scope = scope_of(core, shard, emit);
    return finish_slice(&scope, err);
}

static void save(const struct cw_core *core, uint32_t shard,
                 struct cw_pack *out)
{
    if (core->rosters[shard] != NULL)
        roster_save(core->rosters[shard], out);
}

static enum cw_status load(struct cw_core *core, uint32_t shard,
                           struct cw_unpack *in, struct cw_error *err)
{
    if (in->size == in->at)
        return CW_OK;
    const enum cw_status status =
        roster_create(&core->rosters[shard], &core->config, err);
    return status != CW_OK ? status
                           : roster_load(core->rosters[shard], in, err);
}

static const enum cw_topic inputs[] = {
    CW_TOPIC_METRICS,
    CW_TOPIC_METRICS_PATTERNS,
    CW_TOPIC_SAID,
    CW_TOPIC_COUNT,
};

static const enum cw_topic outputs[] = {
    CW_TOPIC_ANOMALIES,
    CW_TOPIC_EVIDENCE,
    CW_TOPIC_SERIES,
    CW_TOPIC_COUNT,
};

static void count(const struct cw_core *core, uint64_t *numbers)
{
    detector_count(detector_core_counts(core), detector_core_series(core),
                   numbers);
}

const struct cw_core_type detector_core_type = {
    .name = "detector",
    .shard_count = DETECTOR_SHARDS,
    .snapshot_format = 6,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .slice_end = slice_end,
    .save = save,
    .load = load,
    .count = count,
    .counters = detector_counters,
    .counter_count = DETECTOR_COUNTER_COUNT,
};

const struct detector_counts *detector_core_counts(const struct cw_core *core)
{
    return &core->counts;
}

uint64_t detector_core_series(const struct cw_core *core)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < DETECTOR_SHARDS; i++)
        if (core->rosters[i] != NULL)
            count += core->rosters[i]->member_count;
    return count;
}
