/*
 * told - whom incidents were told to.
 *
 * Place    why: topics notices and deliveries -> [told] -> a sentence
 * Input    incidents one asks about, then every notice and delivery, each
 *          partition in order
 * Output   "FIRING: hook DELIVERED, chat UNKNOWN (timed out); RESOLVED: ..."
 * Limits   TOLD_MAX incidents, and deliveries of them (CW_FULL)
 * Threads  one owner thread
 */
#ifndef CWCTL_TOLD_H
#define CWCTL_TOLD_H

#include "base/arena.h"
#include "base/status.h"
#include "record/records.h"

#define TOLD_MAX ((size_t)100000)

struct told;

CW_MUST_USE enum cw_status told_create(struct told **made,
                                       struct cw_error *err);
void told_destroy(struct told **told);

/* Asks about an incident; twice is once. */
CW_MUST_USE enum cw_status told_ask(struct told *told, struct cw_text incident,
                                    struct cw_error *err);

/* Copy what they keep; of other incidents nothing. Notices before the
 * deliveries. */
CW_MUST_USE enum cw_status told_take_notice(struct told *told,
                                            const struct cw_notice *notice,
                                            struct cw_error *err);
CW_MUST_USE enum cw_status
told_take_delivery(struct told *told, const struct cw_delivery *delivery,
                   struct cw_error *err);

/* In arena; empty only when out of memory. */
struct cw_text told_text(const struct told *told, struct cw_text incident,
                         struct cw_arena *arena);

#endif
