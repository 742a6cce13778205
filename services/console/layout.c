#include "layout.h"

#include <stdlib.h>
#include <string.h>

void layout_begin(struct html *html, const char *title)
{
    html_raw(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
                   "charset=\"utf-8\"><meta name=\"viewport\" "
                   "content=\"width=device-width, initial-scale=1\"><title>");
    html_str(html, title);
    html_raw(html, " - Causeway</title><link rel=\"stylesheet\" "
                   "href=\"/style.css\"></head>\n<body><header><b>Causeway</b>"
                   "<nav><a href=\"/\">Incidents</a> &nbsp; <a "
                   "href=\"/stats\">Measures</a></nav></header>\n<main>\n");
}

void layout_end(struct html *html, const char *sql)
{
    if (html->cut)
        html_raw(html, "<p><b>This page was too long and is cut.</b></p>\n");
    html_raw(html, "<footer>");
    if (sql != NULL) {
        html_raw(html, "The same in SQL:<pre>");
        html_str(html, sql);
        html_raw(html, "</pre>");
    }
    html_raw(html, "All times are UTC.</footer>\n</main></body></html>\n");
}

void layout_tag(struct html *html, const char *word)
{
    static const char *const known[] = {"CRITICAL", "ERROR",        "WARNING",
                                        "INFO",     "UNKNOWN",      "OPEN",
                                        "CLOSED",   "ACKNOWLEDGED", "RESOLVED"};
    const char *class = "INFO";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(word, known[i]) == 0)
            class = known[i];
    html_rawf(html, "<span class=\"tag %s\">", class);
    html_str(html, word);
    html_raw(html, "</span>");
}

void layout_incident_link(struct html *html, const char *id, const char *tenant)
{
    html_raw(html, "<a href=\"/incident/");
    html_url(html, id);
    if (strcmp(tenant, "default") != 0) {
        html_raw(html, "?tenant=");
        html_url(html, tenant);
    }
    html_raw(html, "\">");
    html_str(html, id);
    html_raw(html, "</a>");
    if (strcmp(tenant, "default") != 0) {
        html_raw(html, "<br><span class=\"quiet\">");
        html_str(html, tenant);
        html_raw(html, "</span>");
    }
}

void layout_duration(struct html *html, const char *seconds)
{
    const long s = strtol(seconds, NULL, 10);
    if (s < 120)
        html_rawf(html, "%ld s", s < 0 ? 0 : s);
    else if (s < 7200)
        html_rawf(html, "%ld min", s / 60);
    else if (s < 172800)
        html_rawf(html, "%ld h %ld min", s / 3600, s / 60 % 60);
    else
        html_rawf(html, "%ld d %ld h", s / 86400, s / 3600 % 24);
}

unsigned layout_unavailable(struct html *html, const struct cw_error *why)
{
    layout_begin(html, "History not reachable");
    html_raw(html,
             "<h1>The history is not reachable</h1><p>PostgreSQL does not "
             "answer. Detection, paging and repair go on without it; this "
             "page comes back with it.</p><p class=\"quiet\">");
    html_str(html, why->text);
    html_raw(html, "</p>\n");
    layout_end(html, NULL);
    return 503;
}

unsigned layout_missing(struct html *html, const char *what)
{
    layout_begin(html, "Not found");
    html_raw(html, "<h1>Not found</h1><p>");
    html_str(html, what);
    html_raw(html, "</p>\n");
    layout_end(html, NULL);
    return 404;
}
