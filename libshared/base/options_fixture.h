/*
 * options_fixture - a table of every type and a file to load it from.
 *
 * Place    options_test.c, options_change_test.c
 */
#ifndef CW_BASE_OPTIONS_FIXTURE_H
#define CW_BASE_OPTIONS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/options.h"

struct config {
    const char *brokers;
    const char *password;
    const char *mode;
    bool shadow;
    int64_t count;
    double weight;
    int64_t window_us;
    int64_t limit;
    int64_t port;
};

#define AT(field) offsetof(struct config, field)

static const struct cw_option table[] = {
    {"kafka.brokers", CW_OPT_TEXT, AT(brokers), NULL, 0, 0, "",
     CW_OPT_REQUIRED | CW_OPT_RESTART, "Where Kafka is"},
    {"store.password", CW_OPT_TEXT, AT(password), "", 0, 0, "", CW_OPT_SECRET,
     "Password of the role."},
    {"detector.mode", CW_OPT_CHOICE, AT(mode), "live", 0, 0, "live|shadow|off",
     0, "What happens to a decision."},
    {"detector.shadow", CW_OPT_BOOL, AT(shadow), "false", 0, 0, "", 0,
     "Score beside the model in force."},
    {"detector.warmup-count", CW_OPT_INT, AT(count), "30", 1, 1000, "samples",
     0, "Samples learned first."},
    {"detector.weight", CW_OPT_DOUBLE, AT(weight), "0.25", 0.001, 1, "", 0,
     "Share of the newest sample."},
    {"detector.window", CW_OPT_DURATION, AT(window_us), "5m", 1e6, 3.6e9, "", 0,
     "How far back it looks."},
    {"detector.limit", CW_OPT_SIZE, AT(limit), "1MiB", 1024, 0, "",
     CW_OPT_RESTART, "State it may hold."},
    {"admin.port", CW_OPT_INT, AT(port), "9090", 0, 65535, "", CW_OPT_LOCAL,
     "Port for probes and metrics. 0 = any free one."},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
    char folder[64];
    char file[80];
    char secret[80];
    struct cw_options *options;
    struct config config;
    struct cw_error err;
};

static inline int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    (void)snprintf(f.folder, sizeof(f.folder), "/tmp/cw_options_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.file, sizeof(f.file), "%s/c.yml", f.folder);
    (void)snprintf(f.secret, sizeof(f.secret), "%s/secret", f.folder);
    *state = &f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_options_destroy(&f->options);
    assert_null(f->options);
    (void)unlink(f->file);
    (void)unlink(f->secret);
    (void)rmdir(f->folder);
    return 0;
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
    (void)unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static inline enum cw_status load(struct fixture *f, const char *text)
{
    cw_options_destroy(&f->options);
    write_file(f->file, text, 0600);
    return cw_options_load(&f->options, table, COUNT(table), f->file,
                           &f->config, &f->err);
}

static inline void assert_loads(struct fixture *f, const char *text)
{
    if (load(f, text) != CW_OK)
        fail_msg("%s", f->err.text);
}

/* Some fault holds all of part. */
static inline void assert_fault(const struct fixture *f, const char *part)
{
    const size_t count = cw_options_fault_count(f->options);
    for (size_t i = 0; i < count; i++)
        if (strstr(cw_options_fault(f->options, i), part) != NULL)
            return;
    for (size_t i = 0; i < count; i++)
        print_message("fault: %s\n", cw_options_fault(f->options, i));
    fail_msg("no fault says: %s", part);
}

static inline void assert_refuses(struct fixture *f, const char *text,
                                  const char *part)
{
    assert_int_equal(load(f, text), CW_BAD_CONFIG);
    assert_fault(f, part);
}

#endif
