/*
 * sim_cores - three small cores that notice everything.
 *
 * Place    the simulator: raw -> [skeleton] -> [a] -> [b]
 * Input    raw values: "m NAME N" a sample, "e NAME N" an event, "c N" a rule
 *          for everybody, "k NAME N" a command for one domain
 * Output   a: 0-3 anomalies an input, chosen by hash, and one a timer
 *          a refuses some, and each becomes a dead letter
 *          b: a compacted incident per key whose title is a digest of all it
 *          has seen, in order: any loss, repeat or other order shows in it
 * Threads  one owner thread
 */
#ifndef SIM_CORES_H
#define SIM_CORES_H

#include "core/core.h"

/* Whether a refuses a sample, rule or command of this number. */
bool sim_is_refused(int64_t number);

/* A raw value as it is read. */
struct sim_value {
    char kind;     /* m, e, k or c */
    char name[16]; /* empty: c has none */
    int64_t number;
};

/* False: not a value of the simulator. */
bool sim_value_read(struct sim_value *value, const char *text);

/* config of all three; NULL = nothing suppressed */
struct sim_config {
    uint64_t
        suppress; /* a keeps one of this many outputs to itself; 0 = none */
};

extern const struct cw_core_type sim_skeleton_type;
extern const struct cw_core_type sim_a_type;
extern const struct cw_core_type sim_b_type;

#endif
