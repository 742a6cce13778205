/*
 * incident_page - one incident: what, why, who, when, and what was done.
 *
 * Place    pages -> [incident_page] -> queries, html, charts
 * Threads  one owner thread
 */
#ifndef CONSOLE_INCIDENT_PAGE_H
#define CONSOLE_INCIDENT_PAGE_H

#include <stdint.h>

#include "html.h"
#include "queries.h"

/* As console_page. */
unsigned incident_page(struct console_db *db, int64_t now_us, const char *id,
                       const char *tenant, struct html *html);

#endif
