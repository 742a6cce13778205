/*
 * html - writes a page; whatever comes from outside is text, never markup.
 *
 * Place    pages, charts -> [html] -> server
 * Output   UTF-8; text is escaped for element content and quoted attributes
 *          alike: & < > " ' as entities, bad bytes and control characters as
 *          U+FFFD, marks that turn the writing direction left out
 * Limits   HTML_MAX bytes a page: when text no longer fits it is left out and
 *          `cut` says so; HTML_RESERVE of it is kept for markup, so a page
 *          that is cut still closes its tags
 * Threads  one owner thread
 */
#ifndef CONSOLE_HTML_H
#define CONSOLE_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

#define HTML_MAX     ((size_t)1 << 20)
#define HTML_RESERVE ((size_t)128 << 10)

struct html {
    char *bytes; /* owned */
    size_t size;
    size_t capacity;
    bool cut;    /* something did not fit */
    bool failed; /* out of memory: the page is of no use */
};

void html_init(struct html *html);
void html_fini(struct html *html);

/* Markup of our own, as it is. */
void html_raw(struct html *html, const char *markup);
/* Text from outside, escaped. */
void html_text(struct html *html, struct cw_text text);
void html_str(struct html *html, const char *terminated); /* NULL = nothing */
/* As html_raw, formatted; for numbers and our own words only. */
void html_rawf(struct html *html, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Text as part of a URL's path or query: everything but letters, digits and
 * - _ . ~ as %XX. */
void html_url(struct html *html, const char *terminated);

#endif
