#include "incidents.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "latest.h"
#include "table.h"

struct view {
    struct call *call;
    struct client *client;
    struct latest *incidents;
    struct latest *causes;
    struct latest *actions;
};

static enum cw_status open_view(struct view *view, struct call *call,
                                bool actions, struct cw_error *err)
{
    view->call = call;
    enum cw_status status = client_open(&view->client, call, err);
    if (status == CW_OK)
        status = latest_load(&view->incidents, view->client, "incidents",
                             "incident_id", err);
    if (status == CW_OK)
        status = latest_load(&view->causes, view->client, "causes",
                             "incident_id", err);
    if (status == CW_OK && actions)
        status = latest_load(&view->actions, view->client, "actions",
                             "action_id", err);
    return status;
}

static void close_view(struct view *view)
{
    latest_destroy(&view->incidents);
    latest_destroy(&view->causes);
    latest_destroy(&view->actions);
    client_close(&view->client);
}

static const char *time_text(const json_t *record, const char *name,
                             char text[CW_TIME_TEXT_SIZE])
{
    const int64_t at = latest_number(record, name);
    text[0] = '\0';
    if (at > 0)
        (void)cw_time_format_ms(at, text);
    return text;
}

/* "cart (0.98)", "unknown", or "" while nothing has been said. */
static void cause_text(const struct view *view, const char *incident,
                       char *text, size_t size)
{
    const json_t *cause = latest_find(view->causes, incident);
    const json_t *first =
        json_array_get(json_object_get(cause, "candidates"), 0);
    text[0] = '\0';
    if (cause == NULL)
        return;
    if (json_is_true(json_object_get(cause, "unknown")) || first == NULL)
        (void)snprintf(text, size, "unknown");
    else
        (void)snprintf(text, size, "%s (%.2f)", latest_text(first, "label"),
                       json_number_value(json_object_get(cause, "confidence")));
}

/* ---- list --------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    const json_t *x = *(const json_t *const *)a;
    const json_t *y = *(const json_t *const *)b;
    const int64_t at = latest_number(x, "opened_at");
    const int64_t other = latest_number(y, "opened_at");
    if (at != other)
        return at > other ? -1 : 1;
    return strcmp(latest_text(x, "incident_id"), latest_text(y, "incident_id"));
}

static enum cw_status add_incident(const struct view *view,
                                   const json_t *incident, struct table *table,
                                   struct cw_error *err)
{
    char opened[CW_TIME_TEXT_SIZE];
    char members[24];
    char cause[256];
    cause_text(view, latest_text(incident, "incident_id"), cause,
               sizeof(cause));
    (void)snprintf(members, sizeof(members), "%lld",
                   (long long)latest_number(incident, "member_count"));
    const struct cw_text cells[] = {
        cw_text_of(latest_text(incident, "incident_id")),
        cw_text_of(latest_text(incident, "status")),
        cw_text_of(latest_text(incident, "severity")),
        cw_text_of(time_text(incident, "opened_at", opened)),
        cw_text_of(members),
        cw_text_of(cause),
        cw_text_of(latest_text(incident, "title")),
    };
    return table_add(table, cells, err);
}

static bool is_over(const json_t *incident)
{
    const char *status = latest_text(incident, "status");
    return strcmp(status, "CLOSED") == 0 || strcmp(status, "RESOLVED") == 0;
}

static enum cw_status list_incidents(const struct view *view,
                                     struct table *table, struct cw_error *err)
{
    const size_t count = latest_count(view->incidents);
    const bool all = call_has(view->call, "all");
    const json_t **sorted = calloc(count + 1, sizeof(const json_t *));
    enum cw_status status = CW_OK;
    if (sorted == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu incidents", count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = latest_at(view->incidents, i);
    qsort(sorted, count, sizeof(const json_t *), newest_first);
    for (size_t i = 0; i < count && status == CW_OK; i++)
        if (all || !is_over(sorted[i]))
            status = add_incident(view, sorted[i], table, err);
    free(sorted);
    return status;
}

enum cw_status incidents_list_run(struct call *call, struct cw_error *err)
{
    static const char *const columns[] = {"incident", "status",   "severity",
                                          "opened",   "#members", "cause",
                                          "title",    NULL};
    struct view view = {0};
    struct table *table = NULL;
    enum cw_status status = open_view(&view, call, false, err);
    if (status == CW_OK)
        status = table_create(&table, columns, err);
    if (status == CW_OK)
        status = list_incidents(&view, table, err);
    if (status == CW_OK)
        table_print(table, call->output, call->out);
    table_destroy(&table);
    close_view(&view);
    return status;
}

/* ---- show and explain --------------------------------------------------- */

static void print_members(const json_t *incident, bool reasons, FILE *out)
{
    size_t i;
    json_t *member;
    (void)fputs("\nMembers\n", out);
    json_array_foreach(json_object_get(incident, "members"), i, member)
    {
        char text[CW_TIME_TEXT_SIZE];
        (void)fprintf(
            out, "  %s  %-10s %-8s %s: %s%s\n",
            time_text(member, "started_at", text), latest_text(member, "kind"),
            latest_text(member, "severity"),
            latest_text(json_object_get(member, "entity"), "name"),
            latest_text(member, "title"),
            json_is_true(json_object_get(member, "firing")) ? "" : " (ended)");
        if (reasons)
            (void)fprintf(
                out, "      %s\n",
                latest_text(json_object_get(member, "reason"), "text"));
    }
}

static void print_sentences(const json_t *list, FILE *out)
{
    size_t i;
    json_t *sentence;
    json_array_foreach(list, i, sentence)(void)
        fprintf(out, "      %s\n", json_string_value(sentence));
}

static void print_factors(const json_t *candidate, FILE *out)
{
    size_t i;
    json_t *factor;
    (void)fputs("      ", out);
    json_array_foreach(json_object_get(candidate, "factors"), i, factor)(void)
        fprintf(out, "%s %+.2f  ", latest_text(factor, "name"),
                json_number_value(json_object_get(factor, "value")));
    (void)fputc('\n', out);
}

static void print_cause(const json_t *cause, bool whole, FILE *out)
{
    size_t i;
    json_t *candidate;
    (void)fprintf(out, "\nCause  %s\n  %s\n", latest_text(cause, "title"),
                  latest_text(cause, "summary"));
    json_array_foreach(json_object_get(cause, "candidates"), i, candidate)
    {
        (void)fprintf(
            out, "  %zu. %s  %s  p %.2f\n", i + 1,
            latest_text(candidate, "label"), latest_text(candidate, "bucket"),
            json_number_value(json_object_get(candidate, "probability")));
        if (whole)
            print_factors(candidate, out);
        if (whole || i == 0)
            print_sentences(json_object_get(candidate, "evidence"), out);
    }
    if (json_is_true(json_object_get(cause, "unknown"))) {
        (void)fputs("  unknown; to tell, one would have to see\n", out);
        print_sentences(json_object_get(cause, "missing"), out);
    }
    const json_t *advice = json_object_get(cause, "recommendation");
    if (latest_text(advice, "text")[0] != '\0')
        (void)fprintf(out, "  Do: %s\n", latest_text(advice, "text"));
}

static void print_actions(const struct view *view, const char *incident,
                          FILE *out)
{
    for (size_t i = 0; i < latest_count(view->actions); i++) {
        const json_t *action = latest_at(view->actions, i);
        if (strcmp(latest_text(action, "incident_id"), incident) != 0)
            continue;
        (void)fprintf(
            out, "\nAction %s  %s  %s on %s%s\n  %s\n",
            latest_text(action, "action_id"), latest_text(action, "state"),
            latest_text(action, "action"),
            latest_text(json_object_get(action, "target"), "name"),
            json_is_true(json_object_get(action, "dry_run")) ? " (dry run)"
                                                             : "",
            latest_text(action, "reason"));
    }
}

static void print_incident(const struct view *view, const json_t *incident,
                           bool whole)
{
    FILE *out = view->call->out;
    char text[CW_TIME_TEXT_SIZE];
    const char *id = latest_text(incident, "incident_id");
    const json_t *cause = latest_find(view->causes, id);
    (void)fprintf(out, "%s  %s  %s\n%s\n", id, latest_text(incident, "status"),
                  latest_text(incident, "severity"),
                  latest_text(incident, "title"));
    (void)fprintf(out, "  began        %s\n",
                  time_text(incident, "started_at", text));
    (void)fprintf(out, "  opened       %s\n",
                  time_text(incident, "opened_at", text));
    if (time_text(incident, "acknowledged_at", text)[0] != '\0')
        (void)fprintf(out, "  acknowledged %s by %s\n", text,
                      latest_text(incident, "acknowledged_by"));
    if (time_text(incident, "resolved_at", text)[0] != '\0')
        (void)fprintf(out, "  resolved     %s by %s\n", text,
                      latest_text(incident, "resolved_by"));
    if (cause != NULL)
        print_cause(cause, whole, out);
    print_members(incident, whole, out);
    print_actions(view, id, out);
}

static void print_records(const struct view *view, const json_t *incident)
{
    const char *id = latest_text(incident, "incident_id");
    const json_t *cause = latest_find(view->causes, id);
    json_t *actions = json_array();
    for (size_t i = 0; i < latest_count(view->actions); i++) {
        const json_t *action = latest_at(view->actions, i);
        if (strcmp(latest_text(action, "incident_id"), id) == 0)
            (void)json_array_append_new(actions, json_deep_copy(action));
    }
    json_t *all = json_object();
    (void)json_object_set_new(all, "incident", json_deep_copy(incident));
    (void)json_object_set_new(
        all, "cause", cause != NULL ? json_deep_copy(cause) : json_null());
    (void)json_object_set_new(all, "actions", actions);
    (void)json_dumpf(all, view->call->out,
                     JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)fputc('\n', view->call->out);
    json_decref(all);
}

static enum cw_status tell(struct call *call, bool whole, struct cw_error *err)
{
    struct view view = {0};
    enum cw_status status = open_view(&view, call, true, err);
    const json_t *incident =
        status == CW_OK ? latest_find(view.incidents, call->words[0]) : NULL;
    if (status == CW_OK && incident == NULL)
        status = cw_fail(err, CW_NOT_FOUND, "no incident %s", call->words[0]);
    if (status == CW_OK && call->output == OUTPUT_JSON)
        print_records(&view, incident);
    else if (status == CW_OK)
        print_incident(&view, incident, whole);
    close_view(&view);
    return status;
}

enum cw_status incidents_show_run(struct call *call, struct cw_error *err)
{
    return tell(call, false, err);
}

enum cw_status incidents_explain_run(struct call *call, struct cw_error *err)
{
    return tell(call, true, err);
}
