/*
 * pulse - when each source of marks was last heard of.
 *
 * Place    headers of the topics' messages -> [pulse] -> beat
 * Input    the plan: which sources there are; header "cw" of each message
 * Output   one notifier_pulse a service: of its most silent source, so one
 *          stuck partition of sixteen shows
 * Limits   PULSE_SOURCES_MAX sources; further ones are not watched
 * Threads  one owner thread
 */
#ifndef NOTIFIER_PULSE_H
#define NOTIFIER_PULSE_H

#include "base/arena.h"
#include "beat.h"
#include "core/plan.h"

#define PULSE_SOURCES_MAX 4096

struct pulse;

/* Topics whose marks tell that a service works; ended by CW_TOPIC_COUNT. */
extern const enum cw_topic pulse_topics[];

/* Borrows plan for its life. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status pulse_create(struct pulse **made,
                                        const struct cw_plan *plan,
                                        struct cw_error *err);
void pulse_destroy(struct pulse **pulse);

/* Nothing was heard and no partition is ours: a new assignment. */
void pulse_forget(struct pulse *pulse);
/* A partition of one of pulse_topics is ours. */
void pulse_own(struct pulse *pulse, int32_t partition);
/* The header of a message; what is no such header is passed over. */
void pulse_hear(struct pulse *pulse, struct cw_text header, int64_t now_us);

/* Writes at most CW_SERVICE_COUNT pulses; returns their number. */
size_t pulse_list(const struct pulse *pulse,
                  struct notifier_pulse list[CW_SERVICE_COUNT]);

#endif
