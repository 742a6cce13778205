/*
 * turn - what a decision of the correlator may touch, for one step.
 *
 * Place    core makes one per item, timer and slice end; everything below it
 *          decides with it
 * Threads  lives on the stack of a step
 */
#ifndef CORRELATE_TURN_H
#define CORRELATE_TURN_H

#include "core/core.h"
#include "correlate/agenda.h"
#include "correlate/domain.h"
#include "correlate/fingerprint.h"

struct corr_turn {
    const struct correlate_config *config;
    const struct corr_fingerprint *fingerprint;
    struct corr_domain *domain;
    struct corr_agenda *agenda; /* of the shard */
    struct cw_map64 *numbers;   /* incident names in use in the shard */
    struct cw_emit *emit;
    struct cw_arena *arena; /* scratch of the step */
    int64_t now_at;
};

#endif
