#include "base/options.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/options_state.h"
#include "base/secret.h"

const char *cw_options_keep(struct cw_options *options, const char *text)
{
    for (size_t i = 0; i < options->string_count; i++)
        if (strcmp(options->strings[i], text) == 0)
            return options->strings[i];
    if (options->string_count == CW_OPTIONS_STRING_MAX)
        return NULL;
    if (options->string_count == options->string_capacity) {
        const size_t capacity = options->string_capacity * 2 + 64;
        char **strings = realloc(options->strings, capacity * sizeof(*strings));
        if (strings == NULL)
            return NULL;
        options->strings = strings;
        options->string_capacity = capacity;
    }
    char *copy = strdup(text);
    if (copy != NULL)
        options->strings[options->string_count++] = copy;
    return copy;
}

void cw_options_add_fault(struct cw_options *options, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    if (options->fault_count == CW_OPTIONS_FAULT_MAX)
        return;
    va_start(args, format);
    const int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0) /* no memory: the fault still counts, without its words */
        text = NULL;
    options->faults[options->fault_count++] = text;
}

static void drop_faults(struct cw_options *options)
{
    for (size_t i = 0; i < options->fault_count; i++)
        free(options->faults[i]);
    options->fault_count = 0;
}

static void destroy_reading(struct cw_reading **reading)
{
    if (*reading == NULL)
        return;
    free((*reading)->settings);
    free(*reading);
    *reading = NULL;
}

/* Line of the file a fault is about; the largest number when it is about
 * something else. */
static unsigned long line_of(const struct cw_options *options,
                             const char *fault)
{
    if (fault == NULL || options->file == NULL)
        return ULONG_MAX;
    const size_t size = strlen(options->file);
    if (strncmp(fault, options->file, size) != 0 || fault[size] != ':')
        return ULONG_MAX;
    return strtoul(fault + size + 1, NULL, 10);
}

/* In the order of the file, as people will mend them; by insertion, since
 * faults are few and equal lines must keep their order. */
static void sort_faults(struct cw_options *options)
{
    for (size_t i = 1; i < options->fault_count; i++) {
        char *fault = options->faults[i];
        const unsigned long line = line_of(options, fault);
        size_t at = i;
        for (; at > 0 && line_of(options, options->faults[at - 1]) > line; at--)
            options->faults[at] = options->faults[at - 1];
        options->faults[at] = fault;
    }
}

/* A reading without faults, or none. */
static enum cw_status read_again(struct cw_options *options,
                                 struct cw_reading **made, struct cw_error *err)
{
    struct cw_reading *reading = calloc(1, sizeof(*reading));
    if (reading == NULL)
        return cw_fail(err, CW_NO_MEMORY, "options");
    reading->settings = calloc(options->count + 1, sizeof(*reading->settings));
    drop_faults(options);
    enum cw_status status = CW_OK;
    if (reading->settings == NULL)
        status = cw_fail(err, CW_NO_MEMORY, "options");
    else
        status = cw_options_read(options, reading, err);
    if (status == CW_OK)
        cw_options_check(options, reading);
    sort_faults(options);
    if (status == CW_OK && options->fault_count > 0)
        status =
            cw_fail(err, CW_BAD_CONFIG, "%zu fault%s; %s", options->fault_count,
                    options->fault_count > 1 ? "s, the first" : "",
                    cw_options_fault(options, 0));
    if (status == CW_OK)
        *made = reading;
    else
        destroy_reading(&reading);
    return status;
}

static void store(const struct cw_options *options, void *target)
{
    assert(options->now != NULL);
    for (size_t i = 0; i < options->count; i++)
        cw_option_store(&options->table[i], &options->now->settings[i].value,
                        target);
}

enum cw_status cw_options_load_checked(struct cw_options **made,
                                       const struct cw_options_source *source,
                                       void *target, struct cw_error *err)
{
    struct cw_options *options = calloc(1, sizeof(*options));
    if (options == NULL)
        return cw_fail(err, CW_NO_MEMORY, "options");
    *made = options;
    options->table = source->table;
    options->count = source->count;
    options->source = *source;
    if (source->file != NULL) {
        options->file = cw_options_keep(options, source->file);
        if (options->file == NULL)
            return cw_fail(err, CW_NO_MEMORY, "options");
    }
    const enum cw_status status = read_again(options, &options->now, err);
    if (status == CW_OK)
        store(options, target);
    return status;
}

enum cw_status cw_options_load(struct cw_options **made,
                               const struct cw_option *table, size_t count,
                               const char *file, void *target,
                               struct cw_error *err)
{
    const struct cw_options_source source = {
        .table = table, .count = count, .file = file};
    return cw_options_load_checked(made, &source, target, err);
}

void cw_options_destroy(struct cw_options **options)
{
    if (*options == NULL)
        return;
    drop_faults(*options);
    destroy_reading(&(*options)->now);
    free((*options)->changes);
    for (size_t i = 0; i < (*options)->string_count; i++) {
        cw_secret_wipe((*options)->strings[i], strlen((*options)->strings[i]));
        free((*options)->strings[i]);
    }
    free((*options)->strings);
    free(*options);
    *options = NULL;
}

static void add_change(struct cw_options *options, const char *name, bool kept)
{
    options->changes[options->change_count++] =
        (struct cw_option_change){name, kept};
}

/* Equal strings are one kept string, so pointers would do; but a value read
 * from an option without a kept copy (a default) would not. */
static bool is_same(const struct cw_option *option, const struct cw_setting *a,
                    const struct cw_setting *b)
{
    char a_text[CW_OPTION_TEXT_SIZE];
    char b_text[CW_OPTION_TEXT_SIZE];
    return a->content_hash == b->content_hash &&
           strcmp(cw_option_text(option, &a->value, a_text),
                  cw_option_text(option, &b->value, b_text)) == 0;
}

static const struct cw_passthrough *find_extra(const struct cw_reading *reading,
                                               const char *key)
{
    for (size_t i = 0; i < reading->extra_count; i++)
        if (strcmp(reading->extras[i].key, key) == 0)
            return &reading->extras[i];
    return NULL;
}

/* Names what of a is absent or different in b; with twins, only what is
 * absent, so that both ways around name each key once. */
static void compare_extras(struct cw_options *options,
                           const struct cw_reading *a,
                           const struct cw_reading *b, bool absent_only)
{
    for (size_t i = 0; i < a->extra_count; i++) {
        const struct cw_passthrough *twin = find_extra(b, a->extras[i].key);
        if (twin == NULL ||
            (!absent_only && strcmp(twin->value, a->extras[i].value) != 0))
            add_change(options, a->extras[i].key, true);
    }
}

/* Takes over what may change without a restart, and names all changes. */
static void take_changes(struct cw_options *options, struct cw_reading *reading,
                         void *target)
{
    struct cw_reading *now = options->now;
    for (size_t i = 0; i < options->count; i++) {
        const struct cw_option *option = &options->table[i];
        const bool restart = (option->flags & CW_OPT_RESTART) != 0;
        const bool same =
            is_same(option, &now->settings[i], &reading->settings[i]);
        if (!same)
            add_change(options, option->name, restart);
        if (same || !restart)
            now->settings[i] = reading->settings[i];
        if (!same && !restart) /* the rest others may be reading */
            cw_option_store(option, &now->settings[i].value, target);
    }
    compare_extras(options, now, reading, false);
    compare_extras(options, reading, now, true);
}

enum cw_status cw_options_reload(struct cw_options *options, void *target,
                                 struct cw_error *err)
{
    struct cw_reading *reading = NULL;
    struct cw_option_change *changes = calloc(
        options->count + (size_t)2 * CW_OPTIONS_EXTRA_MAX, sizeof(*changes));
    if (changes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "options");
    const enum cw_status status = read_again(options, &reading, err);
    if (status != CW_OK) {
        free(changes);
        return status;
    }
    assert(reading != NULL);
    free(options->changes);
    options->changes = changes;
    options->change_count = 0;
    take_changes(options, reading, target);
    destroy_reading(&reading);
    return CW_OK;
}

size_t cw_options_change_count(const struct cw_options *options)
{
    return options->change_count;
}

const struct cw_option_change *
cw_options_change(const struct cw_options *options, size_t index)
{
    return &options->changes[index];
}

size_t cw_options_fault_count(const struct cw_options *options)
{
    return options->fault_count;
}

const char *cw_options_fault(const struct cw_options *options, size_t index)
{
    return options->faults[index] ? options->faults[index] : "out of memory";
}

size_t cw_options_passthrough_count(const struct cw_options *options)
{
    return options->now != NULL ? options->now->extra_count : 0;
}

const struct cw_passthrough *
cw_options_passthrough(const struct cw_options *options, size_t index)
{
    return &options->now->extras[index];
}

uint64_t cw_options_hash_rows(const struct cw_options *options, size_t begin,
                              size_t count)
{
    uint64_t hash = 0;
    char text[CW_OPTION_TEXT_SIZE];
    for (size_t i = begin; i < begin + count && i < options->count; i++) {
        const struct cw_option *option = &options->table[i];
        const struct cw_setting *setting = &options->now->settings[i];
        if (setting->content_hash != 0) {
            hash = cw_hash_mix_text(hash, cw_text_of(option->name));
            hash = cw_hash_mix(hash, setting->content_hash);
        }
        if ((option->flags & (CW_OPT_SECRET | CW_OPT_LOCAL)) != 0 ||
            strncmp(option->name, "kafka.", 6) == 0)
            continue;
        const char *value = cw_option_text(option, &setting->value, text);
        hash = cw_hash_mix_text(hash, cw_text_of(option->name));
        hash = cw_hash_mix_text(hash, cw_text_of(value));
    }
    return hash;
}

uint64_t cw_options_hash(const struct cw_options *options)
{
    return cw_options_hash_rows(options, 0, options->count);
}
