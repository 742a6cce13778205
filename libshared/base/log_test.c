#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <signal.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

static struct {
    int64_t now_us;
} world;

static int64_t read_world(void *context)
{
    (void)context;
    return world.now_us;
}

static const struct cw_clocks clock_of_test = {read_world, read_world, NULL};

/* A log into a pipe of 64 KiB, which no test fills. */
struct fixture {
    struct cw_log *log;
    int ends[2];
    FILE *lines;
    char line[8192];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct cw_error err;
    world.now_us = INT64_C(1786012205123456);
    assert_int_equal(pipe(fixture.ends), 0);
    assert_int_equal(cw_log_create(&fixture.log, "detector", fixture.ends[1],
                                   &clock_of_test, &err),
                     CW_OK);
    fixture.lines = fdopen(fixture.ends[0], "r");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cw_log_destroy(&fixture->log);
    assert_null(fixture->log);
    (void)close(fixture->ends[1]);
    (void)fclose(fixture->lines);
    return 0;
}

static const char *next_line(struct fixture *fixture)
{
    assert_non_null(
        fgets(fixture->line, sizeof(fixture->line), fixture->lines));
    return fixture->line;
}

/* Lines until the one of a given event, counted. */
static int count_until(struct fixture *fixture, const char *event)
{
    int count = 0;
    while (strstr(next_line(fixture), event) == NULL)
        count++;
    return count;
}

static void a_line_is_the_json_that_was_meant(void **state)
{
    struct fixture *f = *state;
    struct cw_error err;
    (void)cw_fail(&err, CW_BAD_RECORD, "no \"name\"");
    CW_LOG(f->log, WARN, "record_refused",
           cw_kv_text("topic", CW_TEXT("logs\n")), cw_kv_int("offset", -7),
           cw_kv_real("share", 0.25), cw_kv_bool("last", true),
           cw_kv_id("id", 0xabc), cw_kv_uint("size", UINT64_MAX),
           cw_kv_error(&err));
    assert_string_equal(
        next_line(f),
        "{\"ts\":\"2026-08-06T10:30:05.123Z\",\"level\":\"warn\","
        "\"service\":\"detector\",\"event\":\"record_refused\","
        "\"topic\":\"logs\\n\",\"offset\":-7,\"share\":0.25,\"last\":true,"
        "\"id\":\"0000000000000abc\",\"size\":18446744073709551615,"
        "\"status\":\"bad_record\",\"error\":\"no \\\"name\\\"\"}\n");
}

static void an_event_needs_no_pairs(void **state)
{
    struct fixture *f = *state;
    CW_LOG(f->log, INFO, "started");
    assert_non_null(strstr(next_line(f), "\"event\":\"started\"}\n"));
}

static void no_bytes_break_the_json_or_the_terminal(void **state)
{
    struct fixture *f = *state;
    const char bidi[] = {(char)0xE2, (char)0x80, (char)0xAE, 0};
    char every[512];
    for (size_t i = 0; i < sizeof(every); i++)
        every[i] = (char)(i % 256);
    CW_LOG(f->log, ERROR, "hostile",
           cw_kv_text("bytes", (struct cw_text){every, sizeof(every)}),
           cw_kv_str("bidi", bidi), cw_kv_str("c1", "\xC2\x9B"),
           cw_kv_str("lines", "\xE2\x80\xA8"), cw_kv_str("none", NULL),
           cw_kv_real("nan", (double)NAN));
    const char *line = next_line(f);
    json_error_t fault;
    json_t *read = json_loads(line, 0, &fault);
    assert_non_null(read);
    assert_true(json_is_null(json_object_get(read, "none")));
    assert_true(json_is_null(json_object_get(read, "nan")));
    json_decref(read);
    assert_null(strchr(line, 0x1B));
    assert_non_null(strstr(
        line, "\"bidi\":\"\\u202e\",\"c1\":\"\\u009b\",\"lines\":\"\\u2028\""));
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct fixture *f = *state;
    static const char euro[] = {(char)0xE2, (char)0x82, (char)0xAC};
    char text[600];
    for (size_t i = 0; i < sizeof(text); i += 3)
        memcpy(text + i, euro, sizeof(euro)); /* 512 is not a multiple of 3 */
    CW_LOG(f->log, INFO, "long",
           cw_kv_text("euros", (struct cw_text){text, sizeof(text)}));
    const char *line = next_line(f);
    assert_non_null(strstr(line, "\xE2\x82\xAC...\"}"));
    json_t *read = json_loads(line, 0, NULL);
    assert_non_null(read);
    assert_int_equal(json_string_length(json_object_get(read, "euros")),
                     510 + 3);
    json_decref(read);
}

static void a_long_line_loses_whole_pairs_and_says_so(void **state)
{
    struct fixture *f = *state;
    char text[500];
    memset(text, '"', sizeof(text)); /* doubles when escaped */
    const struct cw_text t = {text, sizeof(text)};
    CW_LOG(f->log, INFO, "wide", cw_kv_text("a", t), cw_kv_text("b", t),
           cw_kv_text("c", t), cw_kv_text("d", t), cw_kv_text("e", t));
    const char *line = next_line(f);
    assert_true(strlen(line) <= 4096);
    json_t *read = json_loads(line, 0, NULL);
    assert_non_null(read);
    assert_true(json_is_true(json_object_get(read, "cut")));
    assert_non_null(json_object_get(read, "c"));
    assert_null(json_object_get(read, "e"));
    json_decref(read);
}

static void what_is_below_the_level_is_not_even_evaluated(void **state)
{
    struct fixture *f = *state;
    int evaluated = 0;
    CW_LOG(f->log, DEBUG, "quiet", cw_kv_int("n", ++evaluated));
    assert_int_equal(evaluated, 0);
    cw_log_set_level(f->log, cw_log_level_of("debug"));
    CW_LOG(f->log, DEBUG, "loud", cw_kv_int("n", ++evaluated));
    assert_int_equal(evaluated, 1);
    assert_non_null(strstr(next_line(f), "loud"));
    assert_int_equal(cw_log_level_of("shout"), CW_LOG_INFO);
}

static void the_eleventh_line_of_a_second_is_counted(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 25; i++)
        CW_LOG(f->log, INFO, "busy", cw_kv_int("i", i));
    CW_LOG(f->log, INFO, "other");
    assert_int_equal(count_until(f, "other"), 10);
    world.now_us += 1000000;
    CW_LOG(f->log, INFO, "busy");
    assert_non_null(strstr(next_line(f), "\"suppressed\":15}"));
    CW_LOG(f->log, INFO, "busy");
    assert_null(strstr(next_line(f), "suppressed"));
}

static void a_tick_reports_what_fell_silent(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 12; i++)
        CW_LOG(f->log, INFO, "burst");
    cw_log_tick(f->log); /* its second is not over: nothing yet */
    CW_LOG(f->log, INFO, "mark");
    assert_int_equal(count_until(f, "mark"), 10);
    world.now_us += 1000000;
    cw_log_tick(f->log);
    cw_log_tick(f->log);
    CW_LOG(f->log, INFO, "mark");
    assert_non_null(strstr(next_line(f), "\"of_event\":\"burst\","
                                         "\"suppressed\":2}"));
    assert_non_null(strstr(next_line(f), "mark"));
}

static void names_beyond_the_table_share_one_allowance(void **state)
{
    struct fixture *f = *state;
    static char names[300][24];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "event_%d", i);
        CW_LOG(f->log, INFO, names[i]);
    }
    world.now_us += 1000000;
    CW_LOG(f->log, INFO, names[0]);
    int count = 0;
    while (strstr(next_line(f), "event_0\"") == NULL || count == 0)
        count++;
    assert_int_equal(count, 256 + 10);
    cw_log_tick(f->log);
    assert_non_null(strstr(next_line(f), "\"of_event\":\"other events\","
                                         "\"suppressed\":34}"));
}

static void *write_many(void *context)
{
    struct cw_log *log = context;
    for (int i = 0; i < 200; i++)
        CW_LOG(log, INFO, "shared", cw_kv_int("i", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, f->log),
                         0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    world.now_us += 1000000;
    CW_LOG(f->log, INFO, "shared");
    for (int i = 0; i < 11; i++) {
        json_t *read = json_loads(next_line(f), 0, NULL);
        assert_non_null(read);
        json_decref(read);
    }
    assert_non_null(strstr(f->line, "\"suppressed\":790}"));
}

/* As on a full disk: half a line fits, then none, then all again. */
static void a_line_the_disk_refuses_is_counted(void **state)
{
    char path[] = "/tmp/log_test.XXXXXX";
    char text[512] = "";
    struct rlimit limit;
    struct cw_log *log = NULL;
    struct cw_error err;
    const struct cw_clocks clock = cw_clock_system();
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    const int file = mkstemp(path);
    assert_true(file >= 0);
    (void)unlink(path);
    assert_int_equal(cw_log_create(&log, "test", file, &clock, &err), CW_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CW_LOG(log, INFO, "first");
    CW_LOG(log, INFO, "second");
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(cw_log_lost(log), 2);
    CW_LOG(log, INFO, "third");
    assert_int_equal(cw_log_lost(log), 2);
    assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
    /* The half line stands alone: what follows can be read. */
    assert_int_equal(text[20], '\n');
    assert_int_equal(text[21], '{');
    assert_non_null(strstr(text, "\"third\"}\n"));
    cw_log_destroy(&log);
    (void)close(file);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(a_line_is_the_json_that_was_meant),
        CLAIM(an_event_needs_no_pairs),
        CLAIM(no_bytes_break_the_json_or_the_terminal),
        CLAIM(a_long_text_is_cut_between_characters),
        CLAIM(a_long_line_loses_whole_pairs_and_says_so),
        CLAIM(what_is_below_the_level_is_not_even_evaluated),
        CLAIM(the_eleventh_line_of_a_second_is_counted),
        CLAIM(a_tick_reports_what_fell_silent),
        CLAIM(names_beyond_the_table_share_one_allowance),
        CLAIM(lines_of_threads_do_not_mix),
        cmocka_unit_test(a_line_the_disk_refuses_is_counted),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
