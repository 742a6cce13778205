/*
 * layout - what all pages of the console share.
 *
 * Place    pages, incident_page -> [layout] -> html
 * Threads  one owner thread
 */
#ifndef CONSOLE_LAYOUT_H
#define CONSOLE_LAYOUT_H

#include "base/status.h"
#include "html.h"

void layout_begin(struct html *html, const char *title);
/* sql: what shows the same in psql; NULL = nothing. */
void layout_end(struct html *html, const char *sql);

/* A word of ours as a coloured tag; any other text as plain one. */
void layout_tag(struct html *html, const char *word);
void layout_incident_link(struct html *html, const char *id,
                          const char *tenant);
/* "600" -> "10 min". */
void layout_duration(struct html *html, const char *seconds);

/* Whole pages; return their HTTP status, 503 and 404. */
unsigned layout_unavailable(struct html *html, const struct cw_error *why);
unsigned layout_missing(struct html *html, const char *what);

#endif
