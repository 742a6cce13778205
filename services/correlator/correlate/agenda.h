/*
 * agenda - the timers of a shard, earliest first.
 *
 * Place    correlate core: incident, waiting signal, silence -> [agenda]
 * Input    one deadline per subject; setting it again moves it
 * Output   what is due, ordered by (at, domain, kind, subject): the order does
 *          not depend on the order of setting
 * Limits   max_count subjects; put refuses (CW_FULL) beyond
 * Threads  one owner thread
 */
#ifndef CORRELATE_AGENDA_H
#define CORRELATE_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "base/status.h"

enum corr_due_kind {
    CORR_DUE_INCIDENT, /* subject: its serial */
    CORR_DUE_WAIT,     /* subject: id of the signal */
    CORR_DUE_SILENCE,  /* subject: id of the silence */
    CORR_DUE_SWEEP,    /* subject: 0; the graph of the domain */
    CORR_DUE_COUNT
};

struct corr_due {
    int64_t at; /* us, stream time */
    uint32_t domain;
    enum corr_due_kind kind;
    uint64_t subject;
};

struct corr_agenda;

CW_MUST_USE enum cw_status corr_agenda_create(struct corr_agenda **made,
                                              size_t max_count,
                                              struct cw_error *err);
void corr_agenda_destroy(struct corr_agenda **agenda);

/* Sets or moves the deadline of (domain, kind, subject). CW_FULL,
 * CW_NO_MEMORY: agenda unchanged. */
CW_MUST_USE enum cw_status corr_agenda_set(struct corr_agenda *agenda,
                                           const struct corr_due *due,
                                           struct cw_error *err);

/* Nothing happens when it was not set. */
void corr_agenda_clear(struct corr_agenda *agenda, uint32_t domain,
                       enum corr_due_kind kind, uint64_t subject);

/* Deadline of the earliest, INT64_MAX when empty. */
int64_t corr_agenda_first(const struct corr_agenda *agenda);

/* Takes the earliest if it is due at until_at or before. */
bool corr_agenda_pop(struct corr_agenda *agenda, int64_t until_at,
                     struct corr_due *due);

void corr_agenda_save(const struct corr_agenda *agenda, struct cw_pack *out);
/* Into an empty agenda. */
CW_MUST_USE enum cw_status corr_agenda_load(struct corr_agenda *agenda,
                                            struct cw_unpack *in,
                                            struct cw_error *err);

#endif
