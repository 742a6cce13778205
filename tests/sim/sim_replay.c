#include "record/wire.h"
#include "sim_world_inner.h"

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
        struct cw_rawtask *task = sim_raw_task(world, partition);
        while (status == CW_OK && cw_rawtask_next_offset(task) < clock->offset)
            status = sim_raw_take(world, partition, err);
        if (clock->tick)
            cw_rawtask_tick(task, clock->stream_at);
    }
    return status;
}

static enum cw_status give_rulings(struct sim_tier *to,
                                   const struct sim_tier *from,
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
    enum cw_status status = sim_world_make(made, log, 1, err);
    if (status == CW_OK)
        status = cw_arena_create(&arena, (size_t)1 << 30, err);
    if (status != CW_OK)
        return status;
    struct sim_world *world = *made;
    status = give_rulings(&world->a, &recorded->a, err);
    if (status == CW_OK)
        status = give_rulings(&world->b, &recorded->b, err);
    if (status == CW_OK)
        status = sim_world_start(world, err);
    for (unsigned p = 0; p < SIM_RAW_PARTITIONS && status == CW_OK; p++)
        status = replay_raw(world, p, recorded, arena, err);
    if (status == CW_OK)
        status = sim_world_finish(world, err);
    cw_arena_destroy(&arena);
    return status;
}
