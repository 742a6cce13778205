/*
 * people - what people say about incidents and silences, at its stream time.
 *
 * Place    topic said -> [people] -> life, silence
 * Input    ACKNOWLEDGE, RESOLVE (target: incident), SILENCE, UNSILENCE
 *          (target: said_id of the silence); labels are the store's
 * Output   nothing for an incident not known here; a repeat of a said_id is
 *          dropped
 * Threads  one owner thread
 */
#ifndef CORRELATE_PEOPLE_H
#define CORRELATE_PEOPLE_H

#include "correlate/enter.h"

/* Is it for this service at all? */
bool corr_people_concerns(const struct cw_said *said);

/* CW_BAD_RECORD: no id, nobody, or a silence that lacks something; CW_FULL:
 * too many silences. Both leave everything as it was. */
CW_MUST_USE enum cw_status corr_people_say(const struct corr_turn *turn,
                                           const struct cw_said *said,
                                           struct cw_error *err);

/* A silence's time is over. */
CW_MUST_USE enum cw_status corr_people_expire(const struct corr_turn *turn,
                                              uint64_t silence_id,
                                              struct cw_error *err);

#endif
