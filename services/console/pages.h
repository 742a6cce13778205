/*
 * pages - what the console shows.
 *
 * Place    server -> [pages] -> queries, html, charts
 * Output   whole HTML pages that need no script; every value from outside is
 *          escaped
 * Limits   rows as queries bounds them, bytes as html bounds them
 * Threads  one owner thread
 */
#ifndef CONSOLE_PAGES_H
#define CONSOLE_PAGES_H

#include <stdint.h>

#include "html.h"
#include "queries.h"

/* Writes the page of path ("/", "/incident/INC-7Q4K2", "/stats") to html and
 * returns its HTTP status: 200, 404, or 503 when PostgreSQL does not answer.
 * tenant is the query's ?tenant=, "" = any. */
unsigned console_page(struct console_db *db, int64_t now_us, const char *path,
                      const char *tenant, struct html *html);

#endif
