/*
 * life - an incident from its opening to its closing.
 *
 * Place    enter, people, timers -> [life] -> report at the end of the slice
 * Output
 *            open -> acknowledged -> resolved -> closed
 *              ^------- reopened -------'
 *
 *          resolved when the rule (all, first, last member ended) has held for
 *          the quiet time, which doubles with each reopening: something that
 *          flaps is told twice, not twenty times. A closed one is gone: what
 *          comes later opens anew
 * Limits   open_max incidents a domain (CW_FULL)
 * Threads  one owner thread
 * Source   demands T14, U14
 */
#ifndef CORRELATE_LIFE_H
#define CORRELATE_LIFE_H

#include "correlate/group.h"

/* Opens an incident for signal, its first member, not remembered so far.
 * CW_FULL: as many as may be are open or remembered; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status corr_life_open(const struct corr_turn *turn,
                                          const struct corr_signal *signal,
                                          struct corr_incident **made,
                                          struct cw_error *err);

/* Takes signal, not remembered so far, in for the reason of match; reopens a
 * resolved one. *text is the reason's sentence. With rule COMPANY its entity is
 * one the incident began with. CW_FULL: as many as may be are remembered. */
CW_MUST_USE enum cw_status corr_life_join(const struct corr_turn *turn,
                                          const struct corr_signal *signal,
                                          const struct corr_match *match,
                                          struct cw_text *text,
                                          struct cw_error *err);

/* A member that had ended fires again. */
CW_MUST_USE enum cw_status corr_life_refire(const struct corr_turn *turn,
                                            struct corr_held *held,
                                            struct cw_error *err);

/* A word about a member that changes nothing but its severity upwards. */
CW_MUST_USE enum cw_status corr_life_hear(const struct corr_turn *turn,
                                          struct corr_held *held,
                                          enum cw_severity severity,
                                          struct cw_error *err);

/* A member (or counted one) ended. */
CW_MUST_USE enum cw_status corr_life_end(const struct corr_turn *turn,
                                         struct corr_held *held,
                                         int64_t ended_at,
                                         struct cw_error *err);

CW_MUST_USE enum cw_status corr_life_acknowledge(const struct corr_turn *turn,
                                                 struct corr_incident *incident,
                                                 struct cw_text by,
                                                 struct cw_error *err);
CW_MUST_USE enum cw_status
corr_life_resolve(const struct corr_turn *turn, struct corr_incident *incident,
                  struct cw_text by, struct cw_text why, struct cw_error *err);

/* Its deadline has come. */
CW_MUST_USE enum cw_status corr_life_timer(const struct corr_turn *turn,
                                           struct corr_incident *incident,
                                           struct cw_error *err);

#endif
