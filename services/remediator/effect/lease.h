/*
 * lease - may this intended action be run here and now?
 *
 * Place    actions, marker, clock of the effect loop -> [lease] -> script
 * Input    the action; the wall clock; until when this process surely owns
 *          the partition; what an earlier run left behind
 * Output   run, refuse with a reason, repeat the known result, wait, unknown
 * Limits   an action decided longer than max_age ago, or after now by more
 *          than that, is refused: a clock that jumped runs nothing
 * Threads  pure
 * Source   design.md, Effects; demands U1, F16
 */
#ifndef REMEDIATOR_EFFECT_LEASE_H
#define REMEDIATOR_EFFECT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "marker.h"
#include "record/records.h"

enum lease_answer {
    LEASE_RUN,
    LEASE_REFUSE, /* say so as a result */
    LEASE_REPEAT, /* it ran: say its recorded result again */
    LEASE_WAIT,   /* not now: look again later */
    LEASE_UNKNOWN /* it began and nobody can tell how it ended: say so */
};

struct lease_question {
    const struct cw_action *action;
    int64_t now_at;         /* wall clock, us */
    int64_t lease_until_at; /* this process owns the partition until then */
    int64_t max_age_us;     /* effect_max_age */
    bool stopped;           /* the kill switch, as received */
    uint32_t running_count; /* of this process */
    uint32_t running_max;
    struct marker marker; /* of the action's key */
};

/* *reason: one sentence, static; "" with LEASE_RUN and LEASE_REPEAT. */
enum lease_answer lease_ask(const struct lease_question *question,
                            const char **reason);

#endif
