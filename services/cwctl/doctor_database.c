#include "doctor_check.h"

#include <stdlib.h>

#include "base/time.h"
#include "database.h"

#define SKEW_US 1000000.0

static enum cw_status say_version(struct doctor *doctor, PGconn *connection,
                                  struct cw_error *err)
{
    const struct cw_clocks clock = cw_clock_system();
    PGresult *rows = NULL;
    const int64_t before_at = cw_clock_wall_us(&clock);
    enum cw_status status = database_ask(
        &rows, connection,
        "SELECT current_setting('server_version'), "
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
        err);
    if (status != CW_OK)
        return status;
    const int64_t after_at = cw_clock_wall_us(&clock);
    const double skew_us =
        (double)(strtoll(PQgetvalue(rows, 0, 1), NULL, 10) - before_at) -
        (double)(after_at - before_at) / 2;
    const bool far = skew_us > SKEW_US || skew_us < -SKEW_US;
    status = doctor_say(doctor, "postgres", far ? WARN : FINE, err,
                        "%s answers; its clock is %.3f s %s this one's",
                        PQgetvalue(rows, 0, 0),
                        (skew_us < 0 ? -skew_us : skew_us) / 1e6,
                        skew_us < 0 ? "behind" : "ahead of");
    PQclear(rows);
    return status;
}

static enum cw_status say_schema(struct doctor *doctor, PGconn *connection,
                                 struct cw_error *err)
{
    PGresult *rows = NULL;
    struct cw_error why;
    if (database_ask(&rows, connection,
                     "SELECT coalesce(max(version), 0) FROM "
                     "causeway.schema_migrations",
                     &why) != CW_OK)
        return doctor_say(doctor, "schema", WARN, err,
                          "not there, or not for this login: the recorder "
                          "makes it when it starts (%s)",
                          why.text);
    const long version = strtol(PQgetvalue(rows, 0, 0), NULL, 10);
    PQclear(rows);
    if (version == CW_MIGRATIONS)
        return doctor_say(doctor, "schema", FINE, err,
                          "migration %ld, the newest", version);
    return doctor_say(doctor, "schema", WARN, err,
                      version < CW_MIGRATIONS
                          ? "migration %ld of %d: a recorder of this version "
                            "brings it there when it starts"
                          : "migration %ld, and this cwctl knows %d: it is "
                            "older than the recorder",
                      version, CW_MIGRATIONS);
}

enum cw_status doctor_database(struct doctor *doctor, struct cw_error *err)
{
    const char *url = client_postgres(doctor->client);
    PGconn *connection = NULL;
    struct cw_error why;
    if (url[0] == '\0')
        return doctor_say(doctor, "postgres", FINE, err,
                          "not asked: no --postgres or "
                          "CAUSEWAY_POSTGRES_URL");
    if (database_open(&connection, url, &why) != CW_OK)
        return doctor_say(doctor, "postgres", FAIL, err, "%s", why.text);
    enum cw_status status = say_version(doctor, connection, err);
    if (status == CW_OK)
        status = say_schema(doctor, connection, err);
    PQfinish(connection);
    return status;
}
