#include "pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "incident_page.h"
#include "layout.h"

/* Columns of CONSOLE_OPEN and CONSOLE_RECENT. */
enum {
    TENANT,
    ID,
    STATUS,
    SEVERITY,
    TITLE,
    STARTED,
    DURATION_S,
    ENTITIES,
    ENTITY_COUNT,
    MEMBERS,
    CAUSE,
    CONFIDENCE,
    DRILL
};

static void incident_row(struct html *html, const PGresult *rows, int row)
{
    const char *confidence = PQgetvalue(rows, row, CONFIDENCE);
    const long shown = 5;
    const long entities = strtol(PQgetvalue(rows, row, ENTITY_COUNT), NULL, 10);
    html_raw(html, "<tr><td class=\"id\">");
    layout_incident_link(html, PQgetvalue(rows, row, ID),
                         PQgetvalue(rows, row, TENANT));
    html_raw(html, "</td><td>");
    layout_tag(html, PQgetvalue(rows, row, SEVERITY));
    html_raw(html, "</td><td>");
    html_str(html, PQgetvalue(rows, row, TITLE));
    if (PQgetvalue(rows, row, DRILL)[0] == 't')
        html_raw(html, " <span class=\"tag\">drill</span>");
    html_raw(html, "<br><span class=\"quiet\">");
    html_str(html, PQgetvalue(rows, row, ENTITIES));
    if (entities > shown)
        html_rawf(html, " and %ld more", entities - shown);
    html_raw(html, "</span></td><td>");
    html_str(html, PQgetvalue(rows, row, CAUSE));
    if (confidence[0] != '\0') {
        html_raw(html, " <span class=\"quiet\">(");
        html_str(html, confidence);
        html_raw(html, ")</span>");
    }
    html_raw(html, "</td><td class=\"num\">");
    html_str(html, PQgetvalue(rows, row, MEMBERS));
    html_raw(html, "</td><td class=\"id\">");
    html_str(html, PQgetvalue(rows, row, STARTED));
    html_raw(html, "</td><td class=\"id\">");
    layout_duration(html, PQgetvalue(rows, row, DURATION_S));
    html_raw(html, "</td><td>");
    layout_tag(html, PQgetvalue(rows, row, STATUS));
    html_raw(html, "</td></tr>\n");
}

static void incident_table(struct html *html, const PGresult *rows)
{
    html_raw(html, "<div class=\"scroll\"><table><thead><tr><th>Incident</th>"
                   "<th>Severity</th><th>What</th><th>Probable cause</th>"
                   "<th>Signals</th><th>Since (UTC)</th><th>For</th>"
                   "<th>Status</th></tr></thead><tbody>\n");
    for (int i = 0; i < PQntuples(rows); i++)
        incident_row(html, rows, i);
    html_raw(html, "</tbody></table></div>\n");
}

static unsigned list_page(struct console_db *db, int64_t now_us,
                          struct html *html)
{
    struct cw_error err = {0};
    PGresult *open = NULL;
    PGresult *recent = NULL;
    if (console_query(db, now_us, CONSOLE_OPEN, NULL, &open, &err) != CW_OK)
        return layout_unavailable(html, &err);
    if (console_query(db, now_us, CONSOLE_RECENT, NULL, &recent, &err) !=
        CW_OK) {
        PQclear(open);
        return layout_unavailable(html, &err);
    }
    layout_begin(html, "Incidents");
    html_rawf(html, "<h1>%d open incident%s</h1>\n", PQntuples(open),
              PQntuples(open) == 1 ? "" : "s");
    if (PQntuples(open) == 0)
        html_raw(html,
                 "<p class=\"quiet\">Nothing is broken that Causeway knows "
                 "of.</p>");
    else
        incident_table(html, open);
    html_raw(html, "<h2>Recent</h2>\n");
    if (PQntuples(recent) == 0)
        html_raw(html, "<p class=\"quiet\">No incident has ended yet.</p>");
    else
        incident_table(html, recent);
    layout_end(html, "SELECT * FROM causeway.incident_overview;");
    PQclear(open);
    PQclear(recent);
    return 200;
}

/* ---- measures ---- */

static void day_chart(struct html *html, const PGresult *days, int column,
                      const char *title, const char *unit)
{
    struct chart_value values[CHART_VALUES];
    const int count =
        PQntuples(days) < CHART_VALUES ? PQntuples(days) : CHART_VALUES;
    for (int i = 0; i < count; i++)
        values[i] = (struct chart_value){
            .label = PQgetvalue(days, i, 0),
            .value = strtod(PQgetvalue(days, i, column), NULL),
            .known = PQgetisnull(days, i, column) == 0};
    chart_columns(html, title, unit, values, (size_t)count);
}

static void tile(struct html *html, const char *value, const char *name)
{
    html_raw(html, "<div class=\"card\"><b>");
    html_str(html, value);
    html_raw(html, "</b>");
    html_str(html, name);
    html_raw(html, "</div>\n");
}

/* Of the 30 days: how many alerts paged nobody. */
static void reduction_tile(struct html *html, const PGresult *days)
{
    double alerts = 0.0;
    double pages = 0.0;
    char text[32] = "-";
    for (int i = 0; i < PQntuples(days); i++) {
        alerts += strtod(PQgetvalue(days, i, 4), NULL);
        pages += strtod(PQgetvalue(days, i, 5), NULL);
    }
    if (alerts > 0.0)
        (void)snprintf(text, sizeof(text), "%.1f %%",
                       100.0 * (1.0 - pages / alerts));
    tile(html, text, "of the alerts of 30 days paged nobody");
}

static void worst_table(struct html *html, const PGresult *worst)
{
    html_raw(html,
             "<h2>Noisiest sources, 30 days</h2><div class=\"scroll\">"
             "<table><thead><tr><th>Entity</th><th>Alerts</th><th>Pages</th>"
             "<th>Incidents</th><th>Suppressed</th></tr></thead><tbody>\n");
    for (int i = 0; i < PQntuples(worst); i++) {
        html_raw(html, "<tr>");
        for (int j = 0; j < 5; j++) {
            html_raw(html, j ? "<td class=\"num\">" : "<td>");
            html_str(html, PQgetvalue(worst, i, j));
            html_raw(html, "</td>");
        }
        html_raw(html, "</tr>\n");
    }
    html_raw(html, "</tbody></table></div>\n");
}

static void stats_body(struct html *html, const PGresult *days,
                       const PGresult *worst, const PGresult *counts)
{
    layout_begin(html, "Measures");
    html_raw(html,
             "<h1>Measures</h1><p class=\"quiet\">Of the last 30 days, by "
             "day (UTC). Drills are left out.</p><div class=\"tiles\">\n");
    tile(html, PQgetvalue(counts, 0, 0), "open");
    tile(html, PQgetvalue(counts, 0, 1), "acknowledged");
    tile(html, PQgetvalue(counts, 0, 2), "opened in 24 hours");
    tile(html, PQgetvalue(counts, 0, 3), "opened in 30 days");
    reduction_tile(html, days);
    html_raw(html, "</div>\n");
    day_chart(html, days, 1, "Incidents opened", "");
    day_chart(html, days, 2, "Mean time to detect", "s");
    day_chart(html, days, 3, "Mean time to resolve", "min");
    day_chart(html, days, 4, "Alerts received", "");
    day_chart(html, days, 5, "Pages sent", "");
    if (PQntuples(worst) > 0)
        worst_table(html, worst);
    layout_end(html, "SELECT * FROM causeway.mttd_daily;\n"
                     "SELECT * FROM causeway.mttr_daily;\n"
                     "SELECT * FROM causeway.noise_reduction_daily;\n"
                     "SELECT * FROM causeway.worst_sources;");
}

static unsigned stats_page(struct console_db *db, int64_t now_us,
                           struct html *html)
{
    static const enum console_query wanted[] = {CONSOLE_DAYS, CONSOLE_WORST,
                                                CONSOLE_COUNTS};
    PGresult *rows[3] = {NULL, NULL, NULL};
    struct cw_error err = {0};
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < 3; i++)
        status = console_query(db, now_us, wanted[i], NULL, &rows[i], &err);
    const unsigned code =
        status == CW_OK ? 200 : layout_unavailable(html, &err);
    if (status == CW_OK)
        stats_body(html, rows[0], rows[1], rows[2]);
    for (size_t i = 0; i < 3; i++)
        PQclear(rows[i]);
    return code;
}

unsigned console_page(struct console_db *db, int64_t now_us, const char *path,
                      const char *tenant, struct html *html)
{
    static const char incident[] = "/incident/";
    if (strcmp(path, "/") == 0)
        return list_page(db, now_us, html);
    if (strcmp(path, "/stats") == 0)
        return stats_page(db, now_us, html);
    if (strncmp(path, incident, sizeof(incident) - 1) == 0)
        return incident_page(db, now_us, path + sizeof(incident) - 1, tenant,
                             html);
    return layout_missing(html, "There is no such page.");
}
