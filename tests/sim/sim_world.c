#include "sim_world.h"

#include <stdlib.h>

#include "sim_digest.h"
#include "sim_world_inner.h"

#define OUTBOX_MAX ((size_t)64 << 20)

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

enum cw_status sim_raw_own(struct sim_world *world, unsigned partition,
                           struct cw_error *err)
{
    struct sim_raw_node *node = &world->raw_nodes[world->raw_owner[partition]];
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

void sim_raw_kill(struct sim_world *world, unsigned node)
{
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS; p++)
        cw_rawtask_destroy(&world->raw_nodes[node].tasks[p]);
    cw_outbox_destroy(&world->raw_nodes[node].outbox);
}

enum cw_status sim_raw_start(struct sim_world *world, unsigned node,
                             struct cw_error *err)
{
    enum cw_status status = make_raw_node(world, node, err);
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++)
        if (world->raw_owner[p] == node)
            status = sim_raw_own(world, p, err);
    return status;
}

enum cw_status sim_tier_start(struct sim_tier *tier, unsigned node,
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

static enum cw_status make_tier(struct sim_world *world, struct sim_tier *tier,
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

enum cw_status sim_world_make(struct sim_world **made,
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

enum cw_status sim_world_start(struct sim_world *world, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (unsigned n = 0; n < SIM_NODES && status == CW_OK; n++) {
        status = sim_raw_start(world, n, err);
        if (status == CW_OK)
            status = sim_tier_start(&world->a, n, err);
        if (status == CW_OK)
            status = sim_tier_start(&world->b, n, err);
    }
    return status;
}

static void destroy_tier(struct sim_tier *tier)
{
    for (unsigned n = 0; n < SIM_NODES; n++)
        cw_stage_destroy(&tier->nodes[n]);
    cw_stage_store_destroy(&tier->store);
}

void sim_world_destroy(struct sim_world **world)
{
    if (*world == NULL)
        return;
    for (unsigned n = 0; n < SIM_NODES; n++)
        if ((*world)->raw_nodes[n].outbox != NULL)
            sim_raw_kill(*world, n);
    destroy_tier(&(*world)->a);
    destroy_tier(&(*world)->b);
    cw_memlog_destroy(&(*world)->log);
    free(*world);
    *world = NULL;
}

/* ---- as it was recorded ------------------------------------------------- */

enum cw_status sim_world_recorded(struct sim_world **made,
                                  const struct sim_log *log,
                                  struct cw_error *err)
{
    return sim_world_make(made, log, 0, err);
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
