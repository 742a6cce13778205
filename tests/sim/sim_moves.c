#include "sim_world_inner.h"

/* ---- the normalizer's moves --------------------------------------------- */

struct cw_rawtask *sim_raw_task(struct sim_world *world, unsigned partition)
{
    return world->raw_nodes[world->raw_owner[partition]].tasks[partition];
}

enum cw_status sim_raw_take(struct sim_world *world, unsigned partition,
                            struct cw_error *err)
{
    struct cw_rawtask *task = sim_raw_task(world, partition);
    const int64_t offset = cw_rawtask_next_offset(task);
    const struct sim_record *record = &world->raw->records[partition][offset];
    const struct cw_raw raw = {
        .topic = cw_text_of(sim_raw_topics[partition]),
        .partition = 0,
        .offset = offset,
        .timestamp_at = record->timestamp_at,
        .has_value = true,
        .value = cw_text_of(record->value),
    };
    return cw_rawtask_take(task, &raw, 0, err);
}

static bool raw_left(struct sim_world *world, unsigned partition)
{
    return cw_rawtask_next_offset(sim_raw_task(world, partition)) <
           (int64_t)world->raw->counts[partition];
}

static enum cw_status commit_raw(struct sim_world *world, unsigned node,
                                 struct cw_error *err)
{
    struct sim_raw_node *raw = &world->raw_nodes[node];
    const struct cw_message *messages;
    size_t count;
    enum cw_status status = CW_OK;
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++)
        if (raw->tasks[p] != NULL)
            status = cw_rawtask_clock(raw->tasks[p], 0, err);
    if (status == CW_OK)
        status = cw_outbox_seal(raw->outbox, &messages, &count, err);
    for (size_t i = 0; status == CW_OK && i < count; i++)
        status = cw_memlog_append(world->log, &messages[i], err);
    if (status != CW_OK)
        return status;
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS; p++) {
        if (raw->tasks[p] == NULL)
            continue;
        world->raw_next[p] = cw_rawtask_next_offset(raw->tasks[p]);
        world->raw_stream[p] = cw_rawtask_stream_at(raw->tasks[p]);
    }
    cw_outbox_clear(raw->outbox);
    return CW_OK;
}

static enum cw_status restart_raw(struct sim_world *world, unsigned node,
                                  struct cw_error *err)
{
    world->tally.kills++;
    sim_raw_kill(world, node);
    return sim_raw_start(world, node, err);
}

static enum cw_status move_raw(struct sim_world *world, unsigned partition,
                               struct cw_error *err)
{
    const unsigned old = world->raw_owner[partition];
    enum cw_status status = commit_raw(world, old, err);
    if (status != CW_OK)
        return status;
    world->tally.moves++;
    cw_rawtask_destroy(&world->raw_nodes[old].tasks[partition]);
    world->raw_owner[partition] = 1 - old;
    return sim_raw_own(world, partition, err);
}

static enum cw_status disturb_raw(struct sim_world *world, struct cw_error *err)
{
    const unsigned partition =
        (unsigned)cw_rand_below(&world->rand, SIM_RAW_PARTITIONS);
    struct cw_rawtask *task = sim_raw_task(world, partition);
    enum cw_status status = CW_OK;
    switch (cw_rand_below(&world->rand, 14)) {
    case 0:
        return restart_raw(
            world, (unsigned)cw_rand_below(&world->rand, SIM_NODES), err);
    case 1:
        return move_raw(world, partition, err);
    case 2: /* the end was reached for a while */
        world->tally.ticks++;
        if (cw_rawtask_stream_at(task) != INT64_MIN)
            cw_rawtask_tick(task, cw_rawtask_stream_at(task) +
                                      (int64_t)cw_rand_below(&world->rand, 90) *
                                          1000);
        return CW_OK;
    case 3:
    case 4:
    case 5:
        world->tally.cuts++;
        return commit_raw(world, world->raw_owner[partition], err);
    default:
        for (uint64_t n = cw_rand_below(&world->rand, 5);
             n > 0 && status == CW_OK && raw_left(world, partition); n--)
            status = sim_raw_take(world, partition, err);
        return status;
    }
}

/* ---- a and b ------------------------------------------------------------ */

static enum cw_status poll_some(struct sim_world *world, struct sim_tier *tier,
                                uint32_t partition, size_t max,
                                struct cw_error *err)
{
    struct cw_stage *node = tier->nodes[tier->owner[partition]];
    enum cw_status status = CW_OK;
    (void)world;
    for (const enum cw_topic *topic = tier->setup.type->inputs;
         *topic != CW_TOPIC_COUNT && status == CW_OK; topic++) {
        size_t taken;
        status = cw_stage_poll(node, partition, *topic, max, &taken, err);
    }
    return status;
}

static enum cw_status restart_node(struct sim_world *world,
                                   struct sim_tier *tier, unsigned node,
                                   struct cw_error *err)
{
    world->tally.kills++;
    cw_stage_destroy(&tier->nodes[node]);
    return sim_tier_start(tier, node, err);
}

static enum cw_status move_partition(struct sim_world *world,
                                     struct sim_tier *tier, uint32_t partition,
                                     struct cw_error *err)
{
    const unsigned old = tier->owner[partition];
    const enum cw_status status = cw_stage_commit(tier->nodes[old], err);
    if (status != CW_OK)
        return status;
    world->tally.moves++;
    cw_stage_revoke(tier->nodes[old], partition);
    tier->owner[partition] = 1 - old;
    return cw_stage_assign(tier->nodes[1 - old], partition, err);
}

static enum cw_status rule(struct sim_world *world, struct sim_tier *tier,
                           uint32_t partition, bool absent,
                           struct cw_error *err)
{
    struct cw_task *task =
        cw_stage_task(tier->nodes[tier->owner[partition]], partition);
    struct cw_source_ruling ruling;
    if (cw_task_silent(task))
        return CW_OK; /* decided before, and on record */
    const enum cw_status status = cw_task_rule(task, absent, &ruling, err);
    if (status == CW_NOT_FOUND)
        return CW_OK;
    if (status == CW_OK && absent)
        world->tally.absent++;
    if (status == CW_OK && !absent)
        world->tally.present++;
    return status;
}

static enum cw_status snapshot_some(struct sim_world *world,
                                    struct sim_tier *tier, uint32_t partition,
                                    struct cw_error *err)
{
    world->tally.snapshots++;
    return cw_task_snapshot(
        cw_stage_task(tier->nodes[tier->owner[partition]], partition), err);
}

static enum cw_status disturb_tier(struct sim_world *world,
                                   struct sim_tier *tier, struct cw_error *err)
{
    const uint32_t partition =
        (uint32_t)cw_rand_below(&world->rand, SIM_PARTITIONS);
    const unsigned owner = tier->owner[partition];
    size_t ran;
    switch (cw_rand_below(&world->rand, 20)) {
    case 0:
        return restart_node(
            world, tier, (unsigned)cw_rand_below(&world->rand, SIM_NODES), err);
    case 1:
        return move_partition(world, tier, partition, err);
    case 2:
        return cw_rand_below(&world->rand, 12) == 0
                   ? rule(world, tier, partition, true, err)
                   : CW_OK;
    case 3:
        return rule(world, tier, partition, false, err);
    case 4:
        if (cw_rand_below(&world->rand, 25) == 0) {
            world->tally.lost_snapshots++;
            cw_stage_store_lose_snapshots(tier->store, partition);
        }
        return CW_OK;
    case 5:
    case 6:
        return snapshot_some(world, tier, partition, err);
    case 7:
    case 8:
    case 9:
        world->tally.cuts++;
        return cw_stage_commit(tier->nodes[owner], err);
    case 10:
    case 11:
    case 12:
    case 13:
        return cw_stage_run(tier->nodes[owner], partition,
                            1 + cw_rand_below(&world->rand, 4), &ran, err);
    default:
        return poll_some(world, tier, partition,
                         1 + cw_rand_below(&world->rand, 4), err);
    }
}

/* ---- to the end --------------------------------------------------------- */

static enum cw_status finish_raw(struct sim_world *world, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++) {
        while (status == CW_OK && raw_left(world, p))
            status = sim_raw_take(world, p, err);
        cw_rawtask_tick(sim_raw_task(world, p), world->raw->end_at);
    }
    for (unsigned n = 0; n < SIM_NODES && status == CW_OK; n++)
        status = commit_raw(world, n, err);
    return status;
}

/* Rulings given beforehand may wait for a slice that more input closes, so a
 * tier goes round until nothing moves. */
static enum cw_status finish_tier(struct sim_world *world,
                                  struct sim_tier *tier, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (int round = 0; round < 40 && status == CW_OK; round++) {
        for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++) {
            size_t ran;
            status = poll_some(world, tier, p, 0, err);
            if (status == CW_OK)
                status =
                    cw_stage_run(tier->nodes[tier->owner[p]], p, 0, &ran, err);
            if (status == CW_OK && world->tally.absent > 0)
                status = rule(world, tier, p, false, err);
        }
        for (unsigned n = 0; n < SIM_NODES && status == CW_OK; n++)
            status = cw_stage_commit(tier->nodes[n], err);
    }
    for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++) {
        struct cw_task *task = cw_stage_task(tier->nodes[tier->owner[p]], p);
        if (cw_task_released_at(task) <
            world->raw->end_at - INT64_C(2) * CW_SLICE_US)
            return cw_fail(err, CW_BROKEN, "%s/%u stands at %lld",
                           tier->setup.type->name, p,
                           (long long)cw_task_released_at(task));
        world->tally.repeats += cw_merge_repeats(cw_task_merge(task));
    }
    return status;
}

enum cw_status sim_world_finish(struct sim_world *world, struct cw_error *err)
{
    enum cw_status status = finish_raw(world, err);
    if (status == CW_OK)
        status = finish_tier(world, &world->a, err);
    if (status == CW_OK)
        status = finish_tier(world, &world->b, err);
    return status;
}

enum cw_status sim_world_disturbed(struct sim_world **made,
                                   const struct sim_log *log, uint64_t seed,
                                   const struct sim_config *config,
                                   struct sim_tally *tally,
                                   struct cw_error *err)
{
    enum cw_status status = sim_world_make(made, log, 0, err);
    if (status != CW_OK)
        return status;
    struct sim_world *world = *made;
    world->config = *config;
    cw_rand_seed(&world->rand, seed ^ 0x5eed);
    status = sim_world_start(world, err);
    const uint64_t steps = 150 + cw_rand_below(&world->rand, 500);
    for (uint64_t i = 0; i < steps && status == CW_OK; i++)
        switch (cw_rand_below(&world->rand, 3)) {
        case 0:
            status = disturb_raw(world, err);
            break;
        case 1:
            status = disturb_tier(world, &world->a, err);
            break;
        default:
            status = disturb_tier(world, &world->b, err);
            break;
        }
    if (status == CW_OK)
        status = sim_world_finish(world, err);
    *tally = world->tally;
    return status;
}
