#include "sim_world.h"

#include <stdlib.h>

#include "base/rand.h"
#include "core/rawtask.h"
#include "record/wire.h"
#include "sim_digest.h"

#define NODES      2 /* instances of each service */
#define OUTBOX_MAX ((size_t)64 << 20)

/* An instance of the normalizer: what dies with it. */
struct raw_node {
    struct cw_outbox *outbox;
    struct cw_rawtask *tasks[SIM_RAW_PARTITIONS];
};

struct tier {
    struct cw_stage_store *store;
    struct cw_stage *nodes[NODES];
    unsigned owner[SIM_PARTITIONS];
    struct cw_stage_setup setup;
};

struct sim_world {
    struct cw_plan plan;
    struct cw_memlog *log;
    const struct sim_log *raw;
    struct raw_node raw_nodes[NODES];
    unsigned raw_owner[SIM_RAW_PARTITIONS];
    int64_t raw_next[SIM_RAW_PARTITIONS];   /* committed */
    int64_t raw_stream[SIM_RAW_PARTITIONS]; /* committed */
    struct tier a;
    struct tier b;
    struct cw_rand rand;
    struct sim_config config;
    struct sim_tally tally;
};

/* ---- making and ending -------------------------------------------------- */

static enum cw_status make_raw_node(struct sim_world *world, unsigned node,
                                    struct cw_error *err)
{
    const struct cw_outbox_config config = {
        .writer = 100 + node,
        .partitions = SIM_PARTITIONS,
        .message_size = 1500, /* small: flights of several parts */
        .max_size = OUTBOX_MAX,
    };
    return cw_outbox_create(&world->raw_nodes[node].outbox, &config, err);
}

static enum cw_status own_raw(struct sim_world *world, unsigned partition,
                              struct cw_error *err)
{
    struct raw_node *node = &world->raw_nodes[world->raw_owner[partition]];
    const struct cw_rawtask_setup setup = {
        .type = &sim_skeleton_type,
        .topic = cw_text_of(sim_raw_topics[partition]),
        .partition = 0,
        .next_offset = world->raw_next[partition],
        .stream_at = world->raw_stream[partition],
        .marks = cw_service_marks(CW_SERVICE_NORMALIZER),
    };
    return cw_rawtask_create(&node->tasks[partition], &setup, node->outbox,
                             err);
}

static void kill_raw_node(struct sim_world *world, unsigned node)
{
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS; p++)
        cw_rawtask_destroy(&world->raw_nodes[node].tasks[p]);
    cw_outbox_destroy(&world->raw_nodes[node].outbox);
}

static enum cw_status start_raw_node(struct sim_world *world, unsigned node,
                                     struct cw_error *err)
{
    enum cw_status status = make_raw_node(world, node, err);
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++)
        if (world->raw_owner[p] == node)
            status = own_raw(world, p, err);
    return status;
}

static enum cw_status start_node(struct tier *tier, unsigned node,
                                 struct cw_error *err)
{
    struct cw_stage_setup setup = tier->setup;
    setup.writer = 1000 * ((uint64_t)setup.service + 1) + node;
    enum cw_status status =
        cw_stage_create(&tier->nodes[node], &setup, tier->store, err);
    for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++)
        if (tier->owner[p] == node)
            status = cw_stage_assign(tier->nodes[node], p, err);
    return status;
}

static enum cw_status make_tier(struct sim_world *world, struct tier *tier,
                                enum cw_service service,
                                const struct cw_core_type *type,
                                struct cw_error *err)
{
    tier->setup = (struct cw_stage_setup){
        .service = service,
        .type = type,
        .config = &world->config,
        .plan = &world->plan,
        .log = world->log,
    };
    return cw_stage_store_create(&tier->store, SIM_PARTITIONS, err);
}

static enum cw_status make_world(struct sim_world **made,
                                 const struct sim_log *raw, unsigned first_raw,
                                 struct cw_error *err)
{
    struct sim_world *world = calloc(1, sizeof(*world));
    if (world == NULL)
        return cw_fail(err, CW_NO_MEMORY, "world");
    *made = world;
    world->raw = raw;
    world->plan = (struct cw_plan){
        .partitions = SIM_PARTITIONS,
        .services = 1u << CW_SERVICE_NORMALIZER | 1u << CW_SERVICE_DETECTOR |
                    1u << CW_SERVICE_CORRELATE,
        .raw = {{cw_text_of(sim_raw_topics[first_raw]), 1},
                {cw_text_of(sim_raw_topics[1 - first_raw]), 1}},
        .raw_count = SIM_RAW_PARTITIONS,
    };
    for (int p = 0; p < SIM_RAW_PARTITIONS; p++)
        world->raw_stream[p] = INT64_MIN;
    enum cw_status status = cw_memlog_create(&world->log, SIM_PARTITIONS, err);
    if (status == CW_OK)
        status =
            make_tier(world, &world->a, CW_SERVICE_DETECTOR, &sim_a_type, err);
    if (status == CW_OK)
        status =
            make_tier(world, &world->b, CW_SERVICE_CORRELATE, &sim_b_type, err);
    return status;
}

static enum cw_status start_world(struct sim_world *world, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (unsigned n = 0; n < NODES && status == CW_OK; n++) {
        status = start_raw_node(world, n, err);
        if (status == CW_OK)
            status = start_node(&world->a, n, err);
        if (status == CW_OK)
            status = start_node(&world->b, n, err);
    }
    return status;
}

static void destroy_tier(struct tier *tier)
{
    for (unsigned n = 0; n < NODES; n++)
        cw_stage_destroy(&tier->nodes[n]);
    cw_stage_store_destroy(&tier->store);
}

void sim_world_destroy(struct sim_world **world)
{
    if (*world == NULL)
        return;
    for (unsigned n = 0; n < NODES; n++)
        if ((*world)->raw_nodes[n].outbox != NULL)
            kill_raw_node(*world, n);
    destroy_tier(&(*world)->a);
    destroy_tier(&(*world)->b);
    cw_memlog_destroy(&(*world)->log);
    free(*world);
    *world = NULL;
}

/* ---- the normalizer's moves --------------------------------------------- */

static struct cw_rawtask *raw_task(struct sim_world *world, unsigned partition)
{
    return world->raw_nodes[world->raw_owner[partition]].tasks[partition];
}

static enum cw_status take_raw(struct sim_world *world, unsigned partition,
                               struct cw_error *err)
{
    struct cw_rawtask *task = raw_task(world, partition);
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
    return cw_rawtask_next_offset(raw_task(world, partition)) <
           (int64_t)world->raw->counts[partition];
}

static enum cw_status commit_raw(struct sim_world *world, unsigned node,
                                 struct cw_error *err)
{
    struct raw_node *raw = &world->raw_nodes[node];
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
    kill_raw_node(world, node);
    return start_raw_node(world, node, err);
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
    return own_raw(world, partition, err);
}

static enum cw_status disturb_raw(struct sim_world *world, struct cw_error *err)
{
    const unsigned partition =
        (unsigned)cw_rand_below(&world->rand, SIM_RAW_PARTITIONS);
    struct cw_rawtask *task = raw_task(world, partition);
    enum cw_status status = CW_OK;
    switch (cw_rand_below(&world->rand, 14)) {
    case 0:
        return restart_raw(world, (unsigned)cw_rand_below(&world->rand, NODES),
                           err);
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
            status = take_raw(world, partition, err);
        return status;
    }
}

/* ---- a and b ------------------------------------------------------------ */

static enum cw_status poll_some(struct sim_world *world, struct tier *tier,
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

static enum cw_status restart_node(struct sim_world *world, struct tier *tier,
                                   unsigned node, struct cw_error *err)
{
    world->tally.kills++;
    cw_stage_destroy(&tier->nodes[node]);
    return start_node(tier, node, err);
}

static enum cw_status move_partition(struct sim_world *world, struct tier *tier,
                                     uint32_t partition, struct cw_error *err)
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

static enum cw_status rule(struct sim_world *world, struct tier *tier,
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

static enum cw_status snapshot_some(struct sim_world *world, struct tier *tier,
                                    uint32_t partition, struct cw_error *err)
{
    world->tally.snapshots++;
    return cw_task_snapshot(
        cw_stage_task(tier->nodes[tier->owner[partition]], partition), err);
}

static enum cw_status disturb_tier(struct sim_world *world, struct tier *tier,
                                   struct cw_error *err)
{
    const uint32_t partition =
        (uint32_t)cw_rand_below(&world->rand, SIM_PARTITIONS);
    const unsigned owner = tier->owner[partition];
    size_t ran;
    switch (cw_rand_below(&world->rand, 20)) {
    case 0:
        return restart_node(world, tier,
                            (unsigned)cw_rand_below(&world->rand, NODES), err);
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
            status = take_raw(world, p, err);
        cw_rawtask_tick(raw_task(world, p), world->raw->end_at);
    }
    for (unsigned n = 0; n < NODES && status == CW_OK; n++)
        status = commit_raw(world, n, err);
    return status;
}

/* Rulings given beforehand may wait for a slice that more input closes, so a
 * tier goes round until nothing moves. */
static enum cw_status finish_tier(struct sim_world *world, struct tier *tier,
                                  struct cw_error *err)
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
        for (unsigned n = 0; n < NODES && status == CW_OK; n++)
            status = cw_stage_commit(tier->nodes[n], err);
    }
    for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++) {
        struct cw_task *task = cw_stage_task(tier->nodes[tier->owner[p]], p);
        if (cw_task_released_at(task) < world->raw->end_at - CW_SLICE_US * 2)
            return cw_fail(err, CW_BROKEN, "%s/%u stands at %lld",
                           tier->setup.type->name, p,
                           (long long)cw_task_released_at(task));
        world->tally.repeats += cw_merge_repeats(cw_task_merge(task));
    }
    return status;
}

static enum cw_status finish(struct sim_world *world, struct cw_error *err)
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
    enum cw_status status = make_world(made, log, 0, err);
    if (status != CW_OK)
        return status;
    struct sim_world *world = *made;
    world->config = *config;
    cw_rand_seed(&world->rand, seed ^ 0x5eed);
    status = start_world(world, err);
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
        status = finish(world, err);
    *tally = world->tally;
    return status;
}

/* ---- replay ------------------------------------------------------------- */

/* Gives raw partition p its records with the recorded ticks between them. */
static enum cw_status replay_raw(struct sim_world *world, unsigned partition,
                                 const struct sim_world *recorded,
                                 struct cw_arena *arena, struct cw_error *err)
{
    const struct cw_text topic = cw_text_of(sim_raw_topics[partition]);
    const uint32_t at = cw_clock_partition(topic, 0, SIM_PARTITIONS);
    const int64_t end = cw_memlog_end(recorded->log, CW_TOPIC_CLOCK, at);
    enum cw_status status = CW_OK;
    for (int64_t i = 0; i < end && status == CW_OK; i++) {
        const struct cw_record_type *type;
        const void *record;
        status = cw_wire_open(
            cw_memlog_get(recorded->log, CW_TOPIC_CLOCK, at, i)->value, arena,
            &type, &record, err);
        if (status != CW_OK)
            break;
        const struct cw_clock *clock = record;
        if (!cw_text_equal(clock->topic, topic))
            continue;
        struct cw_rawtask *task = raw_task(world, partition);
        while (status == CW_OK && cw_rawtask_next_offset(task) < clock->offset)
            status = take_raw(world, partition, err);
        if (clock->tick)
            cw_rawtask_tick(task, clock->stream_at);
    }
    return status;
}

static enum cw_status give_rulings(struct tier *to, const struct tier *from,
                                   struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t p = 0; p < SIM_PARTITIONS && status == CW_OK; p++) {
        const struct cw_source_ruling *rulings;
        const size_t count = cw_stage_store_rulings(from->store, p, &rulings);
        status = cw_stage_store_give(to->store, p, rulings, count, err);
    }
    return status;
}

enum cw_status sim_world_replayed(struct sim_world **made,
                                  const struct sim_log *log,
                                  const struct sim_world *recorded,
                                  struct cw_error *err)
{
    struct cw_arena *arena = NULL;
    enum cw_status status = make_world(made, log, 1, err);
    if (status == CW_OK)
        status = cw_arena_create(&arena, (size_t)1 << 30, err);
    if (status != CW_OK)
        return status;
    struct sim_world *world = *made;
    status = give_rulings(&world->a, &recorded->a, err);
    if (status == CW_OK)
        status = give_rulings(&world->b, &recorded->b, err);
    if (status == CW_OK)
        status = start_world(world, err);
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++)
        status = replay_raw(world, p, recorded, arena, err);
    if (status == CW_OK)
        status = finish(world, err);
    cw_arena_destroy(&arena);
    return status;
}

enum cw_status sim_world_recorded(struct sim_world **made,
                                  const struct sim_log *log,
                                  struct cw_error *err)
{
    return make_world(made, log, 0, err);
}

enum cw_status sim_world_put(struct sim_world *world,
                             const struct cw_message *message,
                             struct cw_error *err)
{
    return cw_memlog_append(world->log, message, err);
}

enum cw_status sim_world_give_ruling(struct sim_world *world, bool of_b,
                                     uint32_t partition,
                                     const struct cw_source_ruling *ruling,
                                     struct cw_error *err)
{
    return cw_stage_store_give(of_b ? world->b.store : world->a.store,
                               partition, ruling, 1, err);
}

/* ---- comparing ---------------------------------------------------------- */

uint64_t sim_world_a_digest(const struct sim_world *world, size_t *count)
{
    return sim_digest(world->log, CW_TOPIC_ANOMALIES, false, count);
}

uint64_t sim_world_b_digest(const struct sim_world *world, size_t *count)
{
    return sim_digest(world->log, CW_TOPIC_INCIDENTS, true, count);
}

uint64_t sim_world_letter_digest(const struct sim_world *world, size_t *count)
{
    return sim_digest(world->log, CW_TOPIC_DEADLETTER, false, count);
}
