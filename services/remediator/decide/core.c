#include "core.h"

#include <stdlib.h>

#include "counters.h"
#include "desk.h"
#include "life.h"
#include "propose.h"
#include "said.h"

#define SHARD_COUNT 16u
#define GRACE_US    ((int64_t)60 * 1000000)

struct cw_core {
    struct remediator_config config;
    struct remedy_shard shards[SHARD_COUNT];
};

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    struct cw_core *core = calloc(1, sizeof(*core));

    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for the remediator");
    if (config != NULL)
        core->config = *(const struct remediator_config *)config;
    if (core->config.result_grace_us <= 0)
        core->config.result_grace_us = GRACE_US;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        core->shards[i].book.deadline_at = CW_NEVER;
    *made = core;
    return CW_OK;
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (uint32_t i = 0; i < SHARD_COUNT; i++) {
        remedy_book_fini(&(*core)->shards[i].book);
        free((*core)->shards[i].chains);
    }
    free(*core);
    *core = NULL;
}

/* Tables of a shard are made when something first comes to it. */
static enum cw_status furnish(struct remedy_shard *shard, struct cw_error *err)
{
    if (shard->ready)
        return CW_OK;
    const enum cw_status status = remedy_book_init(&shard->book, err);
    if (status != CW_OK)
        return status;
    shard->chains = calloc(REMEDY_CHAIN_MAX + 1, sizeof(*shard->chains));
    if (shard->chains == NULL) {
        remedy_book_fini(&shard->book);
        return cw_fail(err, CW_NO_MEMORY, "no memory for audit chains");
    }
    shard->ready = true;
    return CW_OK;
}

static enum cw_status step(struct cw_core *core, uint32_t index,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    struct remedy_shard *shard = &core->shards[index];
    const struct remedy_desk desk = {&core->config, shard, emit, err,
                                     item->stream_at};
    const enum cw_status status = furnish(shard, err);

    if (status != CW_OK)
        return status;
    if (item->topic == CW_TOPIC_CAUSES)
        return remedy_propose(&desk, item->route, item->record);
    if (item->topic == CW_TOPIC_INCIDENTS)
        return remedy_life_incident(
            &desk,
            remedy_book_hear(&shard->book, item->record, item->stream_at));
    if (item->topic == CW_TOPIC_SAID)
        return remedy_said(&desk, item->route, item->record);
    return CW_OK;
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    return core->shards[shard].book.deadline_at;
}

static enum cw_status timer(struct cw_core *core, uint32_t index,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    struct remedy_shard *shard = &core->shards[index];
    /* A deadline that lies in the past acts now: time does not go back. */
    const struct remedy_desk desk = {&core->config, shard, emit, err,
                                     cw_emit_now(emit)};
    struct remedy_entry *due = NULL;
    enum cw_status status = CW_OK;

    /* All that are due: the next deadline has to be later. */
    while (status == CW_OK &&
           (due = remedy_book_due(&shard->book, deadline_at)) != NULL)
        status = remedy_life_due(&desk, due);
    return status;
}

static void save_chain(const struct remedy_chain *chain, struct cw_pack *out)
{
    cw_pack_u64(out, chain->route);
    cw_pack_text(out, cw_text_of(chain->tenant));
    cw_pack_text(out, cw_text_of(chain->domain));
    cw_audit_chain_save(&chain->chain, out);
}

static void save(const struct cw_core *core, uint32_t index,
                 struct cw_pack *out)
{
    const struct remedy_shard *shard = &core->shards[index];

    if (!shard->ready)
        return;
    cw_pack_bool(out, shard->stopped);
    cw_pack_i64(out, shard->stopped_at);
    cw_pack_text(out, cw_text_of(shard->stopped_by));
    cw_pack_u32(out, shard->chain_count);
    for (uint32_t i = 0; i < shard->chain_count; i++)
        save_chain(&shard->chains[i], out);
    remedy_book_save(&shard->book, out);
}

static void take_text(char *to, size_t room, struct cw_unpack *in)
{
    const struct cw_text text = cw_unpack_text(in);

    if (text.size >= room)
        in->failed = true;
    else if (text.size > 0)
        memcpy(to, text.bytes, text.size);
}

static enum cw_status load_chain(struct remedy_chain *chain,
                                 struct cw_unpack *in, struct cw_error *err)
{
    chain->route = cw_unpack_u64(in);
    take_text(chain->tenant, sizeof(chain->tenant), in);
    take_text(chain->domain, sizeof(chain->domain), in);
    return cw_audit_chain_load(&chain->chain, in, err);
}

static enum cw_status load(struct cw_core *core, uint32_t index,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct remedy_shard *shard = &core->shards[index];

    if (in->at == in->size)
        return CW_OK;
    enum cw_status status = furnish(shard, err);
    if (status != CW_OK)
        return status;
    shard->stopped = cw_unpack_bool(in);
    shard->stopped_at = cw_unpack_i64(in);
    take_text(shard->stopped_by, sizeof(shard->stopped_by), in);
    const uint32_t chains = cw_unpack_count(in, 80);
    if (in->failed || chains > REMEDY_CHAIN_MAX + 1)
        return cw_fail(err, CW_BAD_STATE, "no audit chains in the state");
    for (uint32_t i = 0; i < chains && status == CW_OK; i++)
        status = load_chain(&shard->chains[i], in, err);
    shard->chain_count = chains;
    return status == CW_OK ? remedy_book_load(&shard->book, in, err) : status;
}

static const enum cw_topic inputs[] = {CW_TOPIC_CAUSES, CW_TOPIC_INCIDENTS,
                                       CW_TOPIC_SAID, CW_TOPIC_COUNT};

static const enum cw_topic outputs[] = {CW_TOPIC_ACTIONS, CW_TOPIC_AUDIT,
                                        CW_TOPIC_COUNT};

static void count(const struct cw_core *core, uint64_t *numbers)
{
    numbers[0] = 0;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        numbers[0] += core->shards[i].stopped;
}

static const struct cw_core_counter counters[] = {
    {REMEDIATOR_METRIC_STOPPED, NULL}};

const struct cw_core_type remediator_core_type = {
    .name = "remediator",
    .shard_count = SHARD_COUNT,
    .snapshot_format = 1,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .slice_end = NULL,
    .save = save,
    .load = load,
    .count = count,
    .counters = counters,
    .counter_count = 1,
};
