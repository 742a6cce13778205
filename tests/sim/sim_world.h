/*
 * sim_world - the whole pipeline in one process, disturbed by a seed, and the
 * same raw log replayed without disturbance.
 *
 * Place    sim.c: seed -> [world] -> final records, digests -> compared
 * Input    a raw log (sim_log)
 * Output   last revision of every record of b, all records of a, the clock and
 *          the rulings, so that a replay can be given them
 * Threads  one owner thread
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "core/stage.h"
#include "sim_cores.h"
#include "sim_log.h"

/* How often each disturbance was done: a dimension that never happened was not
 * tested. */
struct sim_tally {
    uint64_t kills, moves, cuts, snapshots, lost_snapshots, absent, present,
        ticks, repeats;
};

struct sim_world;

/* Runs the log to its end under the disturbances of the seed. */
CW_MUST_USE enum cw_status
sim_world_disturbed(struct sim_world **made, const struct sim_log *log,
                    uint64_t seed, const struct sim_config *config,
                    struct sim_tally *tally, struct cw_error *err);
/* Runs it straight, with the ticks and rulings of another run. */
CW_MUST_USE enum cw_status sim_world_replayed(struct sim_world **made,
                                              const struct sim_log *log,
                                              const struct sim_world *recorded,
                                              struct cw_error *err);
/* An empty world to be filled with what a real broker holds, so that it can be
 * replayed and compared. log is borrowed. */
CW_MUST_USE enum cw_status sim_world_recorded(struct sim_world **made,
                                              const struct sim_log *log,
                                              struct cw_error *err);
CW_MUST_USE enum cw_status sim_world_put(struct sim_world *world,
                                         const struct cw_message *message,
                                         struct cw_error *err);
/* of_b: a ruling of b, else of a. */
CW_MUST_USE enum cw_status
sim_world_give_ruling(struct sim_world *world, bool of_b, uint32_t partition,
                      const struct cw_source_ruling *ruling,
                      struct cw_error *err);
void sim_world_destroy(struct sim_world **world);

/* Digest per slice over the records of a, and over the compacted final records
 * of b in canonical form; counts tell that there was something to compare. */
uint64_t sim_world_a_digest(const struct sim_world *world, size_t *count);
uint64_t sim_world_b_digest(const struct sim_world *world, size_t *count);
/* Over the dead letters. */
uint64_t sim_world_letter_digest(const struct sim_world *world, size_t *count);

#endif
