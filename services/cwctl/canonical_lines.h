/*
 * canonical_lines - what two runs must agree on, and its fingerprint.
 *
 * Place    replay --canonical, canonical: records -> [canonical_lines] -> lines
 * Output   last revisions of final records in canonical form, sorted; then
 *          {"sha256":"...","count":N} over exactly those lines
 * Limits   CANONICAL_MAX identities (CW_FULL beyond)
 * Threads  one owner thread
 * Source   docs/canonical.md; FIPS 180-4
 */
#ifndef CWCTL_CANONICAL_LINES_H
#define CWCTL_CANONICAL_LINES_H

#include <stdio.h>

#include "record/canonical.h"

#define CANONICAL_MAX ((size_t)50000000)

struct canonical_lines;

CW_MUST_USE enum cw_status canonical_lines_create(struct canonical_lines **made,
                                                  struct cw_error *err);
void canonical_lines_destroy(struct canonical_lines **lines);

/* Records of a later stream time are passed over from now on: what was final
 * then. Two runs that went on for different times compare as of one. */
void canonical_lines_until(struct canonical_lines *lines, int64_t until_at);

CW_MUST_USE enum cw_status
canonical_lines_take(struct canonical_lines *lines,
                     const struct cw_record_type *type, const void *record,
                     struct cw_error *err);

CW_MUST_USE enum cw_status canonical_lines_print(struct canonical_lines *lines,
                                                 FILE *out,
                                                 struct cw_error *err);

#endif
