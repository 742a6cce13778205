/*
 * severity - how bad, from words, syslog numbers and first words of lines.
 *
 * Place    formats, draft
 * Output   OpenTelemetry severity number 1 to 24, 0 = not told;
 *          enum cw_severity for alerts
 * Threads  pure
 * Source   OpenTelemetry logs data model, severity and its appendix B (syslog)
 */
#ifndef NORMALIZER_SEVERITY_H
#define NORMALIZER_SEVERITY_H

#include <stdint.h>

#include "base/text.h"
#include "record/records.h"

/* "warn", "WARNING", "err", "crit", "I", ...; without regard to case. */
int32_t severity_of_word(struct cw_text word);

/* Syslog severity 0 to 7; 0 beyond. */
int32_t severity_of_syslog(int64_t level);

/* Of an upper case level word or level=word among the first bytes of a line;
 * a word in lower case counts only as level=error, so that prose is no level.
 */
int32_t severity_of_body(struct cw_text body);

/* Of an alert's label: critical, page, P1, error, warning, info, ... */
enum cw_severity severity_of_alert(struct cw_text word);

#endif
