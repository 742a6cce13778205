/* The pages over real rows: what they show, what they never let through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server.h"
#include "world.h"

/* Breaks out of text and attributes, and turns the reading direction over. */
#define EVIL "<img src=x onerror=alert(1)>\"'\xe2\x80\xae!\xe2\x80\xac"

static const char right_to_left[] = {'\xe2', '\x80', '\xae', '\0'};

struct answer {
    long code;
    char *bytes;
    size_t size;
    char policy[256];
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    char *grown = realloc(answer->bytes, answer->size + size * count + 1);
    if (grown == NULL)
        return 0;
    answer->bytes = grown;
    memcpy(grown + answer->size, bytes, size * count);
    answer->size += size * count;
    grown[answer->size] = '\0';
    return size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    static const char name[] = "Content-Security-Policy: ";
    if (size * count > sizeof(name) &&
        strncasecmp(bytes, name, sizeof(name) - 1) == 0)
        (void)snprintf(answer->policy, sizeof(answer->policy), "%.*s",
                       (int)(size * count - sizeof(name) - 1),
                       bytes + sizeof(name) - 1);
    return size * count;
}

static struct answer ask(const struct console_server *server, const char *path,
                         const char *method, const char *user)
{
    char url[512];
    struct answer answer = {0};
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s",
                   console_server_port(server), path);
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
    if (user != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_USERPWD, user);
    assert_int_equal(curl_easy_perform(easy), CURLE_OK);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.code);
    curl_easy_cleanup(easy);
    return answer;
}

static struct console_server *serve(struct console_db **db,
                                    const char *conninfo, const char *tenant,
                                    const char *password)
{
    struct cw_error err = {0};
    struct console_server *server = NULL;
    assert_int_equal(console_db_create(db, conninfo, tenant, &err), CW_OK);
    const struct console_server_config config = {
        .address = "127.0.0.1", .user = "ops", .password = password, .db = *db};
    if (console_server_open(&server, &config, &err) != CW_OK)
        fail_msg("%s", err.text);
    return server;
}

static void store(struct world *world, enum cw_topic topic, const void *record)
{
    struct cw_error err = {0};
    const struct recorder_row row = {.topic = topic, .record = record};
    const struct recorder_batch batch = {.rows = &row, .row_count = 1};
    if (recorder_rows_apply(world->rows, &batch, &err) != CW_OK)
        fail_msg("%s", err.text);
}

/* One incident in which every text is an attack. */
static void store_evil(struct world *world)
{
    static const struct cw_entity entity = {CW_TEXT("service"), CW_TEXT(EVIL)};
    static const struct cw_entity other = {CW_TEXT("service"), CW_TEXT("db")};
    static const struct cw_text texts[] = {CW_TEXT(EVIL)};
    const struct cw_member member = {
        .member_id = CW_TEXT("a1"),
        .kind = CW_TEXT("metric"),
        .entity = entity,
        .title = CW_TEXT(EVIL),
        .started_at = WORLD_NOON,
        .joined_at = WORLD_NOON,
        .actual = 9,
        .expected = 1,
        .reason = {.rule = CW_TEXT(EVIL), .text = CW_TEXT(EVIL)}};
    const struct cw_incident incident = {.meta = world_meta(1, WORLD_NOON),
                                         .incident_id = CW_TEXT("INC-7Q4K2"),
                                         .severity = CW_SEVERITY_CRITICAL,
                                         .title = CW_TEXT(EVIL),
                                         .started_at = WORLD_NOON,
                                         .opened_at =
                                             WORLD_NOON + 20 * SECOND_US,
                                         .entities = &entity,
                                         .entities_count = 1,
                                         .member_count = 1,
                                         .members = &member,
                                         .members_count = 1};
    const struct cw_anomaly anomaly = {.meta = world_meta(1, WORLD_NOON),
                                       .anomaly_id = CW_TEXT("a1"),
                                       .entity = entity,
                                       .started_at = WORLD_NOON,
                                       .lower = 0,
                                       .upper = 2,
                                       .unit = CW_TEXT(EVIL)};
    const struct cw_candidate candidate = {.label = CW_TEXT(EVIL),
                                           .bucket = CW_TEXT("root_cause"),
                                           .evidence = texts,
                                           .evidence_count = 1};
    const struct cw_cause cause = {
        .meta = world_meta(1, WORLD_NOON + 30 * SECOND_US),
        .incident_id = CW_TEXT("INC-7Q4K2"),
        .candidates = &candidate,
        .candidates_count = 1,
        .title = CW_TEXT(EVIL),
        .summary = CW_TEXT(EVIL),
        .confidence = 0.82,
        .recommendation = {.text = CW_TEXT(EVIL)}};
    const struct cw_action action = {.meta = world_meta(1, WORLD_NOON),
                                     .action_id = CW_TEXT("f00"),
                                     .incident_id = CW_TEXT("INC-7Q4K2"),
                                     .action = CW_TEXT(EVIL),
                                     .argv = texts,
                                     .argv_count = 1,
                                     .target = entity,
                                     .reason = CW_TEXT(EVIL),
                                     .action_hash = CW_TEXT("h"),
                                     .proposed_at = WORLD_NOON};
    const struct cw_topology_edge edge = {.meta = world_meta(1, WORLD_NOON),
                                          .caller = entity,
                                          .callee = other,
                                          .kind = CW_TEXT("calls"),
                                          .valid_from = WORLD_NOON};
    store(world, CW_TOPIC_INCIDENTS, &incident);
    store(world, CW_TOPIC_ANOMALIES, &anomaly);
    store(world, CW_TOPIC_CAUSES, &cause);
    store(world, CW_TOPIC_ACTIONS, &action);
    store(world, CW_TOPIC_TOPOLOGY, &edge);
}

/* As in production: a login that may read and nothing else. */
static void make_reader(struct world *world, char *conninfo, size_t size)
{
    world_run(world,
              "DROP ROLE IF EXISTS console; CREATE ROLE console LOGIN IN ROLE "
              "causeway_reader");
    (void)snprintf(conninfo, size, "host=%s dbname=postgres user=console",
                   PQhost(recorder_store_connection(world->store)));
}

static void assert_page(const struct console_server *server, const char *path,
                        const char *const *wanted)
{
    const struct answer page = ask(server, path, "GET", NULL);
    if (page.code != 200)
        fail_msg("%s: %ld %s", path, page.code, page.bytes);
    assert_null(strstr(page.bytes, "<img"));
    assert_null(strstr(page.bytes, "<script"));
    assert_null(strstr(page.bytes, "style="));
    assert_null(strstr(page.bytes, right_to_left));
    assert_non_null(strstr(page.policy, "default-src 'none'"));
    for (; *wanted != NULL; wanted++)
        if (strstr(page.bytes, *wanted) == NULL)
            fail_msg("%s lacks %s:\n%s", path, *wanted, page.bytes);
    const char *kept = getenv("CAUSEWAY_KEEP_PAGES"); /* to look at them */
    if (kept != NULL) {
        char name[512];
        (void)snprintf(name, sizeof(name), "%s/%s.html", kept,
                       strrchr(path, '/')[1] ? strrchr(path, '/') + 1
                                             : "index");
        FILE *file = fopen(name, "wb");
        if (file != NULL) {
            (void)fwrite(page.bytes, 1, page.size, file);
            (void)fclose(file);
        }
    }
    free(page.bytes);
}

static void pages_show_what_is_there_and_escape_all_of_it(void **state)
{
    (void)state;
    char conninfo[512];
    struct console_db *db = NULL;
    struct world world = world_make();
    store_evil(&world);
    make_reader(&world, conninfo, sizeof(conninfo));
    struct console_server *server = serve(&db, conninfo, "", "");
    static const char *const list[] = {
        "1 open incident<",
        "INC-7Q4K2",
        "href=\"/incident/INC-7Q4K2\"",
        "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;",
        "2026-03-01 12:00:00",
        "(0.82)",
        NULL};
    static const char *const incident[] = {"first symptom",
                                           "incident opened",
                                           "class=\"range\"",
                                           "class=\"actual\"",
                                           "9, expected 1",
                                           "cwctl approve f00 h",
                                           "class=\"hurt\"",
                                           ">db</text>",
                                           "incident_id = &#39;INC-7Q4K2&#39;",
                                           NULL};
    static const char *const stats[] = {"Mean time to detect", "class=\"bar\"",
                                        "opened in 30 days", NULL};
    assert_page(server, "/", list);
    assert_page(server, "/incident/INC-7Q4K2", incident);
    assert_page(server, "/stats", stats);
    console_server_close(&server);
    console_db_destroy(&db);
    world_drop(&world);
}

static void assert_code(const struct console_server *server, const char *path,
                        const char *method, const char *user, long code)
{
    const struct answer answer = ask(server, path, method, user);
    if (answer.code != code)
        fail_msg("%s %s: %ld, not %ld", method, path, answer.code, code);
    free(answer.bytes);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    char conninfo[512];
    struct console_db *db = NULL;
    struct world world = world_make();
    store_evil(&world);
    make_reader(&world, conninfo, sizeof(conninfo));
    struct console_server *server = serve(&db, conninfo, "", "");
    assert_code(server, "/nothing", "GET", NULL, 404);
    assert_code(server, "/incident/INC-99999", "GET", NULL, 404);
    assert_code(server, "/incident/", "GET", NULL, 404);
    assert_code(server, "/incident/'%20OR%201=1--", "GET", NULL, 404);
    assert_code(server, "/incident/INC-7Q4K2?tenant=acme", "GET", NULL, 404);
    assert_code(server, "/incident/%00%ff", "GET", NULL, 404);
    assert_code(server, "/../../etc/passwd", "GET", NULL, 404);
    assert_code(server, "/", "POST", NULL, 405);
    assert_code(server, "/", "DELETE", NULL, 405);
    assert_code(server, "/style.css", "GET", NULL, 200);
    console_server_close(&server);
    console_db_destroy(&db);
    server = serve(&db, conninfo, "acme", ""); /* another tenant's console */
    assert_code(server, "/incident/INC-7Q4K2", "GET", NULL, 404);
    console_server_close(&server);
    console_db_destroy(&db);
    server = serve(&db, conninfo, "", "s3cret");
    assert_code(server, "/", "GET", NULL, 401);
    assert_code(server, "/style.css", "GET", NULL, 401);
    assert_code(server, "/", "GET", "ops:wrong", 401);
    assert_code(server, "/", "GET", "eve:s3cret", 401);
    assert_code(server, "/", "GET", "ops:s3cretX", 401);
    assert_code(server, "/", "GET", "ops:s3cret", 200);
    console_server_close(&server);
    console_db_destroy(&db);
    world_drop(&world);
}

static void an_outage_is_said_and_survived(void **state)
{
    (void)state;
    char conninfo[512];
    struct console_db *db = NULL;
    struct world world = world_make();
    make_reader(&world, conninfo, sizeof(conninfo));
    struct console_server *server = serve(&db, "host=/nowhere", "", "");
    assert_code(server, "/", "GET", NULL, 503);
    assert_code(server, "/stats", "GET", NULL, 503);
    assert_false(console_server_reachable(server));
    console_server_close(&server);
    console_db_destroy(&db);
    server = serve(&db, conninfo, "", "");
    assert_code(server, "/", "GET", NULL, 200);
    world_run(&world,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
              "usename = 'console'");
    assert_code(server, "/", "GET", NULL,
                503); /* the broken connection is seen */
    for (int i = 0; i < 40 && !console_server_reachable(server); i++) {
        const struct answer answer = ask(server, "/", "GET", NULL);
        free(answer.bytes);
        const struct timespec pause = {0, 100000000};
        (void)nanosleep(&pause, NULL);
    }
    assert_code(server, "/", "GET", NULL, 200);
    console_server_close(&server);
    console_db_destroy(&db);
    world_drop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_show_what_is_there_and_escape_all_of_it),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(an_outage_is_said_and_survived),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
