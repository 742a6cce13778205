/*
 * loop_inner - what the effect loop is made of, for the files that make it up:
 * loop (actions in, scripts run), results (what became of them, said).
 */
#ifndef REMEDIATOR_LOOP_INNER_H
#define REMEDIATOR_LOOP_INNER_H

#include <stdatomic.h>

#include "base/time.h"
#include "loop.h"
#include "script.h"
#include "stream/follow.h"
#include "stream/teller.h"

/* One action waiting or running: its record as it came, decoded in place. */
struct job {
    struct cw_arena *arena; /* owns record; NULL = free slot */
    const struct cw_action *action;
    char key[MARKER_KEY_MAX + 1];
    bool rollback;
    bool running;
    struct script script;
};

#define EFFECT_OUTCOME_COUNT 5

struct effect {
    struct effect_settings settings;
    struct script_box box;
    const struct cw_side *side;
    struct cw_follow *follow;
    struct cw_teller *teller;
    struct cw_arena *arena; /* of a message that is no action */
    int folder;
    struct job jobs[EFFECT_WAITING_MAX];
    bool stopped; /* the kill switch, as received */
    struct cw_clocks clock;
    atomic_bool assigned;
    atomic_ullong waiting;
    atomic_ullong running;
    atomic_ullong outcomes[EFFECT_OUTCOME_COUNT];
    char output[MARKER_OUTPUT_MAX];
};

struct effect_result {
    const char *value; /* started | succeeded | failed | refused | unknown */
    const char *reason;
    int32_t exit_code;
    struct cw_text output;
};

/* Says a result of the job. Acknowledged before it returns: nothing is begun
 * that was not said. */
CW_MUST_USE enum cw_status effect_tell(struct effect *effect,
                                       const struct job *job,
                                       const struct effect_result *result,
                                       struct cw_error *err);

/* "started", ... by index below EFFECT_OUTCOME_COUNT. */
const char *effect_outcome_name(unsigned outcome);

/* Says what the markers of the job tell. */
CW_MUST_USE enum cw_status effect_tell_marker(struct effect *effect,
                                              const struct job *job,
                                              struct cw_error *err);

#endif
