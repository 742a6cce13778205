#include "incident_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "layout.h"

/* Columns of CONSOLE_INCIDENT. */
enum {
    TENANT,
    ID,
    STATUS,
    SEVERITY,
    TITLE,
    STARTED,
    OPENED,
    ACKNOWLEDGED,
    ACKNOWLEDGED_BY,
    RESOLVED,
    RESOLVED_BY,
    DURATION_S,
    MEMBERS,
    REOPENED,
    DRILL,
    ENTITIES
};

static void row_of(struct html *html, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    html_raw(html, "<tr><th>");
    html_str(html, name);
    html_raw(html, "</th><td>");
    html_str(html, value);
    html_raw(html, "</td></tr>\n");
}

static void head(struct html *html, const PGresult *one)
{
    html_raw(html, "<h1>");
    html_str(html, PQgetvalue(one, 0, TITLE));
    html_raw(html, "</h1><p>");
    html_str(html, PQgetvalue(one, 0, ID));
    html_raw(html, " &nbsp; ");
    layout_tag(html, PQgetvalue(one, 0, STATUS));
    html_raw(html, " ");
    layout_tag(html, PQgetvalue(one, 0, SEVERITY));
    if (PQgetvalue(one, 0, DRILL)[0] == 't')
        html_raw(html, " <span class=\"tag\">drill</span>");
    html_raw(html, " &nbsp; <span class=\"quiet\">for ");
    layout_duration(html, PQgetvalue(one, 0, DURATION_S));
    html_raw(html, "</span></p><table class=\"facts\">\n");
    row_of(html, "Since", PQgetvalue(one, 0, STARTED));
    row_of(html, "Opened", PQgetvalue(one, 0, OPENED));
    row_of(html, "Acknowledged", PQgetvalue(one, 0, ACKNOWLEDGED));
    row_of(html, "Acknowledged by", PQgetvalue(one, 0, ACKNOWLEDGED_BY));
    row_of(html, "Resolved", PQgetvalue(one, 0, RESOLVED));
    row_of(html, "Resolved by", PQgetvalue(one, 0, RESOLVED_BY));
    row_of(html, "Affected", PQgetvalue(one, 0, ENTITIES));
    html_raw(html, "</table>\n");
}

static void lines(struct html *html, const char *text)
{
    html_raw(html, "<ul class=\"evidence\">");
    while (*text != '\0') {
        const size_t size = strcspn(text, "\n");
        html_raw(html, "<li>");
        html_text(html, (struct cw_text){text, size});
        html_raw(html, "</li>");
        text += size + (text[size] == '\n');
    }
    html_raw(html, "</ul>");
}

static void cause_card(struct html *html, const PGresult *cause)
{
    html_raw(html, "<h2>Why</h2><div class=\"card\">");
    if (PQntuples(cause) == 0) {
        html_raw(html, "<span class=\"quiet\">Not ranked yet.</span></div>\n");
        return;
    }
    const bool unknown = PQgetvalue(cause, 0, 0)[0] == 't';
    html_raw(html, "<div class=\"cause\">");
    html_str(html, unknown ? "Cause unknown" : PQgetvalue(cause, 0, 3));
    html_raw(html, "</div>");
    if (!unknown) {
        html_raw(html, "<div class=\"quiet\">confidence ");
        html_str(html, PQgetvalue(cause, 0, 2));
        html_raw(html, "</div>");
    }
    if (PQgetvalue(cause, 0, 1)[0] != '\0') {
        html_raw(html, "<p>Missing: ");
        html_str(html, PQgetvalue(cause, 0, 1));
        html_raw(html, "</p>");
    }
    html_raw(html, "<p>");
    html_str(html, PQgetvalue(cause, 0, 4));
    html_raw(html, "</p>");
    if (PQgetvalue(cause, 0, 5)[0] != '\0') {
        html_raw(html, "<p><b>Suggested:</b> ");
        html_str(html, PQgetvalue(cause, 0, 5));
        html_raw(html, "</p>");
    }
    html_raw(html, "</div>\n");
}

static void candidate_table(struct html *html, const PGresult *rows)
{
    if (PQntuples(rows) == 0)
        return;
    html_raw(html,
             "<h2>Candidates</h2><div class=\"scroll\"><table><thead><tr>"
             "<th>#</th><th>Candidate</th><th>Kind</th><th>Probability</th>"
             "<th>Onset</th></tr></thead><tbody>\n");
    for (int i = 0; i < PQntuples(rows); i++) {
        html_raw(html, "<tr><td class=\"num\">");
        html_str(html, PQgetvalue(rows, i, 0));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 1));
        lines(html, PQgetvalue(rows, i, 5));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 2));
        html_raw(html, "</td><td class=\"num\">");
        html_str(html, PQgetvalue(rows, i, 3));
        html_raw(html, "</td><td class=\"id\">");
        html_str(html, PQgetvalue(rows, i, 4));
        html_raw(html, "</td></tr>\n");
    }
    html_raw(html, "</tbody></table></div>\n");
}

static void measured(struct html *html, const PGresult *rows, int row)
{
    char actual[16];
    char expected[16];
    const struct chart_band band = {
        .actual = strtod(PQgetvalue(rows, row, 6), NULL),
        .expected = strtod(PQgetvalue(rows, row, 7), NULL),
        .lower = strtod(PQgetvalue(rows, row, 8), NULL),
        .upper = strtod(PQgetvalue(rows, row, 9), NULL),
        .has_band = PQgetisnull(rows, row, 8) == 0};
    if (strcmp(PQgetvalue(rows, row, 0), "alert") == 0)
        return; /* somebody else's alert: no value, no band */
    chart_number(band.actual, actual);
    chart_number(band.expected, expected);
    chart_band(html, &band);
    html_rawf(html, "<span class=\"quiet\">%s, expected %s ", actual, expected);
    html_str(html, PQgetvalue(rows, row, 10));
    html_raw(html, "</span>");
}

static void member_table(struct html *html, const PGresult *rows)
{
    html_rawf(html,
              "<h2>Signals (%d)</h2><div class=\"scroll\"><table><thead><tr>"
              "<th>Since</th><th>Entity</th><th>Signal</th><th>Measured</th>"
              "<th>Why it belongs here</th></tr></thead><tbody>\n",
              PQntuples(rows));
    for (int i = 0; i < PQntuples(rows); i++) {
        html_raw(html, "<tr><td class=\"id\">");
        html_str(html, PQgetvalue(rows, i, 5));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 1));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 2));
        html_raw(html, "<br>");
        layout_tag(html, PQgetvalue(rows, i, 3));
        html_str(html, PQgetvalue(rows, i, 4)[0] == 't' ? " firing" : " over");
        html_raw(html, "</td><td>");
        measured(html, rows, i);
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 12));
        html_raw(html, " <span class=\"quiet\">");
        html_str(html, PQgetvalue(rows, i, 11));
        html_raw(html, "</span></td></tr>\n");
    }
    html_raw(html, "</tbody></table></div>\n");
}

static void timeline(struct html *html, const PGresult *rows)
{
    html_raw(html, "<h2>Timeline</h2><ol class=\"time\">\n");
    for (int i = 0; i < PQntuples(rows); i++) {
        html_raw(html, "<li><time>");
        html_str(html, PQgetvalue(rows, i, 0));
        html_raw(html, "</time>");
        html_str(html, PQgetvalue(rows, i, 1));
        html_raw(html, "</li>\n");
    }
    html_raw(html, "</ol>\n");
}

static void action_table(struct html *html, const PGresult *rows)
{
    html_raw(html, "<h2>Actions</h2>\n");
    if (PQntuples(rows) == 0) {
        html_raw(html, "<p class=\"quiet\">None was proposed.</p>\n");
        return;
    }
    html_raw(html,
             "<div class=\"scroll\"><table><thead><tr><th>Proposed</th>"
             "<th>Action</th><th>State</th><th>Why</th><th>Approval</th></tr>"
             "</thead><tbody>\n");
    for (int i = 0; i < PQntuples(rows); i++) {
        html_raw(html, "<tr><td class=\"id\">");
        html_str(html, PQgetvalue(rows, i, 9));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 2));
        html_raw(html, " on ");
        html_str(html, PQgetvalue(rows, i, 3));
        html_raw(html, PQgetvalue(rows, i, 6)[0] == 't' ? " (dry run)" : "");
        html_raw(html, "<br><code>");
        html_str(html, PQgetvalue(rows, i, 4));
        html_raw(html, "</code><br><span class=\"quiet\">touches ");
        html_str(html, PQgetvalue(rows, i, 12));
        html_raw(html, "</span></td><td>");
        html_str(html, PQgetvalue(rows, i, 1));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 7));
        html_raw(html, "</td><td>");
        html_str(html, PQgetvalue(rows, i, 8));
        if (strcmp(PQgetvalue(rows, i, 1), "PROPOSED") == 0) {
            html_raw(html, "waits for<br><code>cwctl approve ");
            html_str(html, PQgetvalue(rows, i, 0));
            html_raw(html, " ");
            html_str(html, PQgetvalue(rows, i, 11));
            html_raw(html, "</code>");
        }
        html_raw(html, "</td></tr>\n");
    }
    html_raw(html, "</tbody></table></div>\n");
}

static void edge_map(struct html *html, const PGresult *rows)
{
    struct chart_edge edges[CHART_EDGES];
    const int count =
        PQntuples(rows) < CHART_EDGES ? PQntuples(rows) : CHART_EDGES;
    if (count == 0)
        return;
    for (int i = 0; i < count; i++)
        edges[i] =
            (struct chart_edge){.from = PQgetvalue(rows, i, 0),
                                .to = PQgetvalue(rows, i, 1),
                                .from_hurt = PQgetvalue(rows, i, 3)[0] == 't',
                                .to_hurt = PQgetvalue(rows, i, 4)[0] == 't'};
    html_raw(html,
             "<h2>Around it</h2><p class=\"quiet\">Who depended on whom when "
             "it began; affected in red.</p><div class=\"card\">");
    chart_map(html, edges, (size_t)count);
    html_raw(html, "</div><details><summary>As a list</summary><ul>\n");
    for (int i = 0; i < count; i++) {
        html_raw(html, "<li>");
        html_str(html, edges[i].from);
        html_raw(html, " ");
        html_str(html, PQgetvalue(rows, i, 2));
        html_raw(html, " ");
        html_str(html, edges[i].to);
        html_raw(html, "</li>\n");
    }
    html_raw(html, "</ul></details>\n");
}

/* Ready to paste: an id that would need quoting is not offered. */
static void show_sql(struct html *html, const char *id)
{
    char sql[640];
    const size_t size = strlen(id);
    const bool plain =
        size < 32 &&
        strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == size;
    const char *shown = plain ? id : "...";
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT * FROM causeway.incident_overview WHERE incident_id = "
        "'%.32s';\n"
        "SELECT * FROM causeway.members WHERE incident_id = '%.32s';\n"
        "SELECT * FROM causeway.candidates WHERE incident_id = '%.32s';\n"
        "SELECT * FROM causeway.action_history WHERE incident_id = '%.32s';",
        shown, shown, shown, shown);
    layout_end(html, sql);
}

enum {
    PART_CAUSE,
    PART_CANDIDATES,
    PART_TIMELINE,
    PART_MEMBERS,
    PART_EDGES,
    PART_ACTIONS,
    PART_COUNT
};

static void body(struct html *html, const PGresult *one,
                 PGresult *const parts[PART_COUNT])
{
    layout_begin(html, PQgetvalue(one, 0, ID));
    head(html, one);
    cause_card(html, parts[PART_CAUSE]);
    candidate_table(html, parts[PART_CANDIDATES]);
    action_table(html, parts[PART_ACTIONS]);
    timeline(html, parts[PART_TIMELINE]);
    member_table(html, parts[PART_MEMBERS]);
    edge_map(html, parts[PART_EDGES]);
    show_sql(html, PQgetvalue(one, 0, ID));
}

unsigned incident_page(struct console_db *db, int64_t now_us, const char *id,
                       const char *tenant, struct html *html)
{
    static const enum console_query wanted[PART_COUNT] = {
        [PART_CAUSE] = CONSOLE_CAUSE,
        [PART_CANDIDATES] = CONSOLE_CANDIDATES,
        [PART_TIMELINE] = CONSOLE_TIMELINE,
        [PART_MEMBERS] = CONSOLE_MEMBERS,
        [PART_EDGES] = CONSOLE_EDGES,
        [PART_ACTIONS] = CONSOLE_ACTIONS};
    PGresult *one = NULL;
    PGresult *parts[PART_COUNT] = {NULL};
    struct cw_error err = {0};
    const char *const key[] = {id, tenant};
    enum cw_status status =
        console_query(db, now_us, CONSOLE_INCIDENT, key, &one, &err);
    if (status != CW_OK)
        return layout_unavailable(html, &err);
    if (PQntuples(one) == 0) {
        PQclear(one);
        return layout_missing(html, "There is no such incident, or it is not "
                                    "recorded yet.");
    }
    const char *const found[] = {id, PQgetvalue(one, 0, TENANT)};
    for (size_t i = 0; status == CW_OK && i < PART_COUNT; i++)
        status = console_query(db, now_us, wanted[i], found, &parts[i], &err);
    const unsigned code =
        status == CW_OK ? 200 : layout_unavailable(html, &err);
    if (status == CW_OK)
        body(html, one, parts);
    for (size_t i = 0; i < PART_COUNT; i++)
        PQclear(parts[i]);
    PQclear(one);
    return code;
}
