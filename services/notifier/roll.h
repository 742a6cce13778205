/*
 * roll - who heard of which incident, and which deliveries have ended.
 *
 * Place    desk -> [roll]
 * Limits   16,384 incidents: one more is not remembered, and its end goes by
 *          severity; the last 32,768 to 65,536 ended deliveries, older ones
 *          are forgotten (they are too old to be sent anyway)
 * Threads  one owner thread
 */
#ifndef NOTIFIER_ROLL_H
#define NOTIFIER_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "record/records.h"

enum notifier_ending {
    NOTIFIER_OPEN,    /* begun or not, not ended */
    NOTIFIER_ENDED,   /* and that is on record */
    NOTIFIER_IN_DOUBT /* cut by a crash: ended as unknown, not on record yet */
};

struct notifier_roll;

/* Makes a roll the caller owns. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status notifier_roll_create(struct notifier_roll **made,
                                                struct cw_error *err);
void notifier_roll_destroy(struct notifier_roll **roll);

/* Never 0. */
uint64_t notifier_roll_incident(struct cw_text tenant, struct cw_text incident);
uint64_t notifier_roll_delivery(struct cw_text tenant, struct cw_text notice,
                                const char *target);

/* Bit i = target i heard of the incident and not of its end. */
uint64_t notifier_roll_told(const struct notifier_roll *roll,
                            uint64_t incident);
void notifier_roll_tell(struct notifier_roll *roll, uint64_t incident,
                        enum cw_transition transition, size_t target);

enum notifier_ending notifier_roll_ending(const struct notifier_roll *roll,
                                          uint64_t delivery);
void notifier_roll_end(struct notifier_roll *roll, uint64_t delivery,
                       enum notifier_ending ending);

#endif
