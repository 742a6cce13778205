/* Any bytes as a file of options: what is taken is in range, and what is
 * printed reads back to the same values. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
};

#define AT(field) offsetof(struct config, field)

static const struct cw_option table[] = {
    {"kafka.brokers", CW_OPT_TEXT, AT(brokers), "a", 0, 0, "", 0, "m"},
    {"password", CW_OPT_TEXT, AT(password), "", 0, 0, "", CW_OPT_SECRET, "m"},
    {"mode", CW_OPT_CHOICE, AT(mode), "live", 0, 0, "live|off", 0, "m"},
    {"shadow", CW_OPT_BOOL, AT(shadow), "false", 0, 0, "", 0, "m"},
    {"count", CW_OPT_INT, AT(count), "30", 1, 1000, "", 0, "m"},
    {"weight", CW_OPT_DOUBLE, AT(weight), "0.25", 0, 0, "", 0, "m"},
    {"window", CW_OPT_DURATION, AT(window_us), "5m", 1e6, 3.6e9, "", 0, "m"},
    {"limit", CW_OPT_SIZE, AT(limit), "1MiB", 1024, 0, "", 0, "m"},
};

#define COUNT (sizeof(table) / sizeof(table[0]))

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Loads from memory; NULL when refused. */
static struct cw_options *load(const void *bytes, size_t size,
                               struct config *config)
{
    char path[64];
    struct cw_options *options = NULL;
    struct cw_error err;
    const int file = memfd_create("options", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    (void)lseek(file, 0, SEEK_SET);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const enum cw_status status =
        cw_options_load(&options, table, COUNT, path, config, &err);
    (void)close(file);
    if (status != CW_OK &&
        (status != CW_BAD_CONFIG || cw_options_fault_count(options) == 0))
        abort();
    if (status != CW_OK)
        cw_options_destroy(&options);
    return options;
}

static char *print(const struct cw_options *options, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        abort();
    cw_options_print(options, out);
    (void)fclose(out);
    return text;
}

static void check(const struct config *a, const struct config *b)
{
    if (a->count < 1 || a->count > 1000 || a->limit < 1024 ||
        a->window_us < 1000000 || !(a->weight * 0.0 == 0.0))
        abort();
    if (strcmp(a->brokers, b->brokers) != 0 || strcmp(a->mode, b->mode) != 0 ||
        a->shadow != b->shadow || a->count != b->count ||
        a->weight != b->weight || a->window_us != b->window_us ||
        a->limit != b->limit)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct config config;
    struct config again;
    size_t printed_size = 0;
    struct cw_options *options = load(bytes, size, &config);
    if (options == NULL)
        return 0;
    char *printed = print(options, &printed_size);
    struct cw_options *second = load(printed, printed_size, &again);
    if (second == NULL || cw_options_hash(options) != cw_options_hash(second) ||
        cw_options_passthrough_count(options) !=
            cw_options_passthrough_count(second))
        abort();
    check(&config, &again);
    cw_options_destroy(&second);
    cw_options_destroy(&options);
    free(printed);
    return 0;
}
