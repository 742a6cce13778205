#include "queries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_US INT64_C(2000000)

struct console_db {
    PGconn *conn; /* NULL when down */
    char *conninfo;
    char *tenant;
    int64_t attempt_at_us;
    char why[200];
};

/* Times as texts for people, and as seconds where a chart computes. */
#define AT(column)        "to_char(" column ", 'YYYY-MM-DD HH24:MI:SS')"
#define SECONDS(interval) "extract(epoch FROM " interval ")::bigint"
#define LISTED                                                                 \
    "SELECT tenant, incident_id, status, severity, title, " AT(                \
        "started_at") ", " SECONDS("duration") ", array_to_string("            \
                                               "entities[1:5], ', '), "        \
                                               "cardinality(entities), "       \
                                               "member_count, "                \
                                               "probable_cause, "              \
                                               "round(confidence::numeric, "   \
                                               "2), drill "

/* What was ranked before it opened is of an older one with its name. */
#define OF_THIS_INCIDENT                                                       \
    "FROM causeway.causes AS c JOIN causeway.incidents AS i USING (tenant, "   \
    "incident_id) WHERE incident_id = $1 AND tenant = $2 AND c.stream_at >= "  \
    "i.opened_at"

static const struct {
    int param_count;
    const char *sql;
} queries[] = {
    [CONSOLE_OPEN] = {0, LISTED "FROM causeway.open_incidents ORDER BY "
                                "started_at DESC, incident_id LIMIT 100"},
    [CONSOLE_RECENT] = {0,
                        LISTED "FROM causeway.incident_overview WHERE status "
                               "IN ('RESOLVED', 'CLOSED') ORDER BY started_at "
                               "DESC, incident_id LIMIT 50"},
    [CONSOLE_INCIDENT] =
        {2,
         "SELECT tenant, incident_id, status, severity, "
         "title, " AT("started_at") ", " AT("opened_at") ", " AT(
             "acknowled"
             "ged_at") ", acknowledged_by, " AT("resolved_at") ", "
                                                               "resolved_by,"
                                                               " " SECONDS(
                                                                   "dur"
                                                                   "ati"
                                                                   "on") ", "
                                                                         "membe"
                                                                         "r_"
                                                                         "count"
                                                                         ", "
                                                                         "reope"
                                                                         "ned"
                                                                         ", "
                                                                         "drill"
                                                                         ", "
                                                                         "array"
                                                                         "_"
                                                                         "to_"
                                                                         "strin"
                                                                         "g("
                                                                         "entit"
                                                                         "ies"
                                                                         "[1:"
                                                                         "50], "
                                                                         "', "
                                                                         "') "
                                                                         "FROM "
                                                                         "cause"
                                                                         "way"
                                                                         ".inci"
                                                                         "den"
                                                                         "t_"
                                                                         "overv"
                                                                         "iew"
                                                                         " WHER"
                                                                         "E "
                                                                         "incid"
                                                                         "ent"
                                                                         "_id "
                                                                         "= "
                                                                         "$1 "
                                                                         "AND "
                                                                         "($2 "
                                                                         "= "
                                                                         "'' "
                                                                         "OR "
                                                                         "tenan"
                                                                         "t "
                                                                         "= "
                                                                         "$2) "
                                                                         "ORDER"
                                                                         " "
                                                                         "BY "
                                                                         "start"
                                                                         "ed_"
                                                                         "at "
                                                                         "DESC,"
                                                                         " "
                                                                         "tenan"
                                                                         "t "
                                                                         "LIMIT"
                                                                         " "
                                                                         "1"},
    [CONSOLE_CAUSE] =
        {2, "SELECT unknown, array_to_string(missing[1:10], '; '), "
            "round(confidence::numeric, 2), c.title, summary, recommended, "
            "affected_entities, affected_members " OF_THIS_INCIDENT},
    [CONSOLE_CANDIDATES] =
        {2, "SELECT rank, label, bucket, round(probability::numeric, "
            "2), " AT(
                "onset_at") ", array_to_string(evidence[1:5], "
                            "E'\\n') FROM "
                            "causeway.candidates WHERE "
                            "incident_id = $1 AND "
                            "tenant = $2 AND EXISTS (SELECT 1 " OF_THIS_INCIDENT
                            ") ORDER BY rank LIMIT 10"},
    [CONSOLE_MEMBERS] =
        {2, "SELECT m.kind, m.entity, m.title, m.severity, m.firing, " AT(
                "m.started_at") ", m.actual, m.expected, a.lower, "
                                "a.upper, a.unit, "
                                "m.rule, m.reason, "
                                "round(m.score::numeric, 2) "
                                "FROM causeway.members AS m LEFT JOIN "
                                "LATERAL (SELECT lower, "
                                "upper, unit FROM causeway.anomalies AS a "
                                "WHERE a.tenant = "
                                "m.tenant AND a.anomaly_id = m.member_id "
                                "AND a.started_at = "
                                "m.started_at LIMIT 1) AS a ON true WHERE "
                                "m.incident_id = $1 AND "
                                "m.tenant = $2 ORDER BY m.started_at, "
                                "m.member_id LIMIT 200"},
    [CONSOLE_TIMELINE] = {2,
                          "SELECT " AT(
                              "at") ", what FROM ("
                                    "SELECT started_at AS at, 'first symptom' "
                                    "AS what, 0 AS place FROM "
                                    "causeway.incidents WHERE incident_id = $1 "
                                    "AND tenant = $2 "
                                    "UNION ALL SELECT opened_at, 'incident "
                                    "opened', 1 FROM "
                                    "causeway.incidents WHERE incident_id = $1 "
                                    "AND tenant = $2 "
                                    "UNION ALL SELECT joined_at, 'joined: ' || "
                                    "entity || ': ' || title, 2 "
                                    "FROM causeway.members WHERE incident_id = "
                                    "$1 AND tenant = $2 "
                                    "UNION ALL SELECT decided_at, 'told: ' || "
                                    "lower(transition), 3 FROM "
                                    "causeway.notices WHERE incident_id = $1 "
                                    "AND tenant = $2 "
                                    "UNION ALL SELECT delivered_at, 'reached ' "
                                    "|| target || ' (' || "
                                    "lower(transition) || ')', 4 FROM "
                                    "causeway.deliveries WHERE "
                                    "incident_id = $1 AND tenant = $2 AND "
                                    "delivered_at IS NOT NULL "
                                    "UNION ALL SELECT acknowledged_at, "
                                    "'acknowledged by ' || "
                                    "acknowledged_by, 5 FROM "
                                    "causeway.incidents WHERE incident_id = $1 "
                                    "AND tenant = $2 "
                                    "UNION ALL SELECT decided_at, 'action ' || "
                                    "action || ' on ' || target "
                                    "|| ': ' || lower(state), 6 FROM "
                                    "causeway.actions WHERE incident_id = "
                                    "$1 AND tenant = $2 "
                                    "UNION ALL SELECT applied_at, lower(kind) "
                                    "|| ' ' || value || ' by ' || "
                                    "said_by || CASE WHEN reason = '' THEN '' "
                                    "ELSE ': ' || reason END, 7 "
                                    "FROM causeway.said WHERE target = $1 AND "
                                    "tenant = $2 "
                                    "UNION ALL SELECT resolved_at, 'resolved: "
                                    "' || resolved_by, 8 FROM "
                                    "causeway.incidents WHERE incident_id = $1 "
                                    "AND tenant = $2 "
                                    "UNION ALL SELECT closed_at, 'closed', 9 "
                                    "FROM causeway.incidents "
                                    "WHERE incident_id = $1 AND tenant = $2"
                                    ") AS t WHERE at IS NOT NULL ORDER BY at, "
                                    "place, what LIMIT 200"},
    [CONSOLE_ACTIONS] =
        {2, "SELECT action_id, state, action, target, "
            "array_to_string(argv, ' '), "
            "level, dry_run, reason, approved_by, " AT(
                "proposed_at") ", "
                               "exit_code, action_hash, "
                               "array_to_string(blast_radius[1:10], ', ') "
                               "FROM causeway.action_history WHERE "
                               "incident_id = $1 AND tenant = $2 "
                               "ORDER BY proposed_at LIMIT 50"},
    [CONSOLE_EDGES] =
        {2, "SELECT DISTINCT e.caller, e.callee, e.kind, e.caller = ANY "
            "(i.entity_names), e.callee = ANY (i.entity_names) FROM "
            "causeway.incidents AS i JOIN causeway.topology_edges AS e ON "
            "e.tenant = i.tenant AND e.domain = i.domain AND (e.caller = "
            "ANY "
            "(i.entity_names) OR e.callee = ANY (i.entity_names)) AND "
            "e.valid_from <= i.opened_at AND (e.valid_to IS NULL OR "
            "e.valid_to > "
            "i.started_at) WHERE i.incident_id = $1 AND i.tenant = $2 "
            "ORDER BY 1, 2, 3 LIMIT 60"},
    [CONSOLE_DAYS] =
        {0, "WITH days AS (SELECT ((now() AT TIME ZONE 'UTC')::date - n) "
            "AS day "
            "FROM generate_series(0, 29) AS n), detect AS (SELECT day, "
            "sum(incidents) AS incidents, sum(incidents * mean_s) / "
            "sum(incidents) AS mean_s FROM causeway.mttd_daily GROUP BY "
            "day), "
            "repair AS (SELECT day, sum(incidents * mean_s) / "
            "sum(incidents) AS "
            "mean_s FROM causeway.mttr_daily GROUP BY day), noise AS "
            "(SELECT day, "
            "sum(alerts) AS alerts, sum(pages) AS pages FROM "
            "causeway.noise_reduction_daily GROUP BY day) "
            "SELECT to_char(day, 'MM-DD'), coalesce(detect.incidents, 0), "
            "round(detect.mean_s), round(repair.mean_s / 60, 1), "
            "coalesce(noise.alerts, "
            "0), coalesce(noise.pages, 0) FROM days LEFT JOIN detect "
            "USING (day) "
            "LEFT JOIN repair USING (day) LEFT JOIN noise USING (day) "
            "ORDER BY "
            "day"},
    [CONSOLE_WORST] =
        {0, "SELECT entity, alerts, pages, incidents, suppressed FROM "
            "causeway.worst_sources LIMIT 10"},
    [CONSOLE_COUNTS] = {0, "SELECT count(*) FILTER (WHERE status = "
                           "'OPEN'), count(*) FILTER "
                           "(WHERE status = 'ACKNOWLEDGED'), count(*) "
                           "FILTER (WHERE opened_at > "
                           "now() - interval '24 hours'), count(*) "
                           "FILTER (WHERE opened_at > "
                           "now() - interval '30 days') FROM "
                           "causeway.incidents WHERE NOT drill"},
};

_Static_assert(sizeof(queries) / sizeof(queries[0]) == CONSOLE_QUERY_COUNT,
               "every query has its SQL");

enum cw_status console_db_create(struct console_db **made, const char *conninfo,
                                 const char *tenant, struct cw_error *err)
{
    struct console_db *db = calloc(1, sizeof(*db));
    if (db == NULL)
        return cw_fail(err, CW_NO_MEMORY, "console");
    db->conninfo = strdup(conninfo);
    db->tenant = strdup(tenant);
    if (db->conninfo == NULL || db->tenant == NULL) {
        console_db_destroy(&db);
        return cw_fail(err, CW_NO_MEMORY, "console");
    }
    *made = db;
    return CW_OK;
}

void console_db_destroy(struct console_db **db)
{
    if (*db == NULL)
        return;
    PQfinish((*db)->conn);
    free((*db)->conninfo);
    free((*db)->tenant);
    free(*db);
    *db = NULL;
}

static void ignore_notice(void *to, const PGresult *notice)
{
    (void)to;
    (void)notice;
}

static void go_down(struct console_db *db, int64_t now_us)
{
    const char *message = PQerrorMessage(db->conn);
    (void)snprintf(db->why, sizeof(db->why), "%.*s",
                   (int)strcspn(message, "\n"), message);
    PQfinish(db->conn);
    db->conn = NULL;
    db->attempt_at_us = now_us + PAUSE_US;
}

static enum cw_status connect_now(struct console_db *db, int64_t now_us,
                                  struct cw_error *err)
{
    static const char session[] = "-c timezone=UTC -c statement_timeout=5s "
                                  "-c default_transaction_read_only=on";
    const char *const keys[] = {"application_name", "connect_timeout",
                                "options",          "dbname",
                                "client_encoding",  NULL};
    const char *const values[] = {"causeway-console", "3",    session,
                                  db->conninfo,       "UTF8", NULL};
    if (db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK)
        return CW_OK;
    if (db->conn == NULL && db->why[0] != '\0' && now_us < db->attempt_at_us)
        return cw_fail(err, CW_UNAVAILABLE, "%s", db->why);
    PQfinish(db->conn);
    db->conn = PQconnectdbParams(keys, values, 1);
    if (db->conn != NULL)
        (void)PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
    const char *const tenant[] = {db->tenant};
    PGresult *set = PQexecParams(
        db->conn, "SELECT set_config('causeway.tenant', $1, false)", 1, NULL,
        tenant, NULL, NULL, 0);
    const bool ok = PQresultStatus(set) == PGRES_TUPLES_OK;
    PQclear(set);
    if (!ok) {
        go_down(db, now_us);
        return cw_fail(err, CW_UNAVAILABLE, "%s", db->why);
    }
    db->why[0] = '\0';
    return CW_OK;
}

enum cw_status console_query(struct console_db *db, int64_t now_us,
                             enum console_query query,
                             const char *const params[2], PGresult **rows,
                             struct cw_error *err)
{
    const enum cw_status status = connect_now(db, now_us, err);
    if (status != CW_OK)
        return status;
    PGresult *result =
        PQexecParams(db->conn, queries[query].sql, queries[query].param_count,
                     NULL, params, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        (void)cw_fail(err, CW_UNAVAILABLE, "%s",
                      why ? why : "the connection broke");
        PQclear(result);
        if (PQstatus(db->conn) != CONNECTION_OK)
            go_down(db, now_us);
        return CW_UNAVAILABLE;
    }
    *rows = result;
    return CW_OK;
}
