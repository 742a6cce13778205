/*
 * silences - who wants to hear nothing of what, until when.
 *
 * Place    topic said -> [silences] -> silence list, unsilence, why
 * Input    every said record of the topic, each partition in order
 * Output   silences as the correlator keeps them: what lacks owner, reason,
 *          matcher or a future expiry is none; one is ended by an unsilence of
 *          its own tenant and domain
 * Limits   SILENCES_MAX (CW_FULL)
 * Threads  one owner thread
 */
#ifndef CWCTL_SILENCES_H
#define CWCTL_SILENCES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "record/records.h"

#define SILENCES_MAX ((size_t)1000000)

struct silence {
    const char *id;
    const char *tenant;
    const char *domain;
    const char *by;
    const char *reason;
    const char *matchers; /* "entity=cart severity=WARNING" */
    int64_t from_at;
    int64_t until_at; /* as it was said */
    int64_t ended_at; /* by an unsilence; 0 = not */
};

struct silences;

CW_MUST_USE enum cw_status silences_create(struct silences **made,
                                           struct cw_error *err);
void silences_destroy(struct silences **silences);

/* Copies what it keeps; a repeat is dropped. */
CW_MUST_USE enum cw_status silences_take(struct silences *silences,
                                         const struct cw_said *said,
                                         struct cw_error *err);

size_t silences_count(const struct silences *silences);
/* In the order they were said, partition by partition; lent for the life. */
const struct silence *silences_at(const struct silences *silences,
                                  size_t index);
/* By its id or an unambiguous beginning of four characters or more; NULL. */
const struct silence *silences_find(const struct silences *silences,
                                    const char *id);
bool silence_is_open(const struct silence *silence, int64_t now_at);

#endif
