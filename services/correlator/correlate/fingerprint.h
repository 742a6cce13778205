/*
 * fingerprint - when two alerts are the same alert.
 *
 * Place    event -> [fingerprint] -> memory of the domain
 * Input    fields chosen: source, key, entity, title, severity, label:NAME,
 *          parted by commas. None chosen: source, entity and the source's own
 *          key, or title and all labels when the source gives no key
 * Limits   CORR_FIELDS_MAX fields
 * Threads  pure once parsed
 * Source   demands T2: a field left out never parts, a field kept always does
 */
#ifndef CORRELATE_FINGERPRINT_H
#define CORRELATE_FINGERPRINT_H

#include "record/records.h"

#define CORR_FIELDS_MAX 16u

struct corr_fingerprint {
    struct cw_text fields[CORR_FIELDS_MAX]; /* borrow the option's text */
    size_t count;
};

/* CW_BAD_CONFIG: an unknown field, or too many. */
CW_MUST_USE enum cw_status
corr_fingerprint_parse(struct corr_fingerprint *fingerprint, const char *fields,
                       struct cw_error *err);

uint64_t corr_fingerprint_of(const struct corr_fingerprint *fingerprint,
                             const struct cw_event *event);

#endif
