/*
 * loop - runs what was decided, once, and says how it ended.
 *
 * Place    actions, kill switch (said) -> [loop] -> script -> raw.results
 * Input    actions in state INTENDED or ROLLING_BACK
 * Output   results as commands on raw.results: started before it begins,
 *          then succeeded, failed, refused or unknown; the deciding core reads
 *          them as input
 * Limits   EFFECT_WAITING_MAX actions wait (further ones are refused, said);
 *          running_max run at a time. Offsets are committed only while nothing
 *          waits or runs, so a crash reads them again and the markers tell
 *          what had begun
 * Threads  one owner thread; ready and collect from any
 */
#ifndef REMEDIATOR_EFFECT_LOOP_H
#define REMEDIATOR_EFFECT_LOOP_H

#include "stream/service.h"

#define EFFECT_WAITING_MAX 256
#define EFFECT_RUNNING_MAX 16

struct effect_settings {
    const char *state_folder; /* of the markers */
    const char *user;         /* commands run as; empty = see same_user */
    bool same_user;           /* insecure: as ourselves */
    const char *working_folder;
    int64_t max_age_us; /* older decisions are refused */
    int64_t lease_us;   /* a silent owner keeps its partitions so long */
    int64_t running_max;
    int64_t memory_max;
};

/* As struct cw_option_check wants it, of effect.user. */
void effect_check_user(const char *name, struct cw_faults *faults);

struct effect;

CW_MUST_USE enum cw_status effect_create(struct effect **made,
                                         const struct effect_settings *settings,
                                         struct cw_error *err);
void effect_destroy(struct effect **effect);

/* As struct cw_side_loop wants them; context is the effect. */
enum cw_status effect_run(void *context, const struct cw_side *side,
                          struct cw_error *err);
bool effect_ready(void *context, json_t *parts, struct cw_error *why);
void effect_collect(void *context, struct cw_metrics *metrics);

#endif
