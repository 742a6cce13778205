/* Settings for librdkafka: all under "kafka." that no row of a table names. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kafka_names.h"
#include "base/options_state.h"
#include "base/utf8.h"

#define VARIABLE_PREFIX "CAUSEWAY_KAFKA_"

/* Without consumer. and producer.: the name librdkafka knows. */
static const char *bare_name(const char *key)
{
    if (strncmp(key, "consumer.", 9) == 0 || strncmp(key, "producer.", 9) == 0)
        return key + 9;
    return key;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text);
    return size > strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* The key without _file, when it names the file of a secret; else NULL. */
static const char *stem_of_secret(struct cw_options_reader *in, const char *key)
{
    if (!ends_with(key, "_file"))
        return NULL;
    const size_t size = strlen(key) - strlen("_file");
    char *stem = cw_arena_copy(in->arena, key, size + 1);
    if (stem == NULL) {
        in->out_of_memory = true;
        return NULL;
    }
    stem[size] = '\0';
    return cw_kafka_name_is_secret(bare_name(stem)) ? stem : NULL;
}

static bool is_of_environment(const char *origin)
{
    return strncmp(origin, "env ", 4) == 0;
}

/* Where the setting goes. Given twice by the same source is a fault, and the
 * environment goes over the file. */
static struct cw_passthrough *find_place(struct cw_options_reader *in,
                                         const char *key, const char *origin)
{
    struct cw_reading *reading = in->reading;
    for (size_t i = 0; i < reading->extra_count; i++) {
        struct cw_passthrough *extra = &reading->extras[i];
        if (strcmp(extra->key, key) != 0)
            continue;
        if (is_of_environment(origin) && !is_of_environment(extra->origin))
            return extra;
        cw_options_add_fault(in->options,
                             "%s: kafka.%s: set twice, first at %s", origin,
                             key, extra->origin);
        return NULL;
    }
    if (reading->extra_count < CW_OPTIONS_EXTRA_MAX)
        return &reading->extras[reading->extra_count];
    cw_options_add_fault(in->options,
                         "%s: kafka.%s: more than %u settings for librdkafka",
                         origin, key, CW_OPTIONS_EXTRA_MAX);
    return NULL;
}

/* Every name librdkafka has; and none that would end a line when printed. */
static bool is_name(const char *key)
{
    return key[0] != '\0' &&
           key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

void cw_reader_add_extra(struct cw_options_reader *in, const char *key,
                         const struct cw_found *given)
{
    struct cw_error err;
    if (!is_name(key)) {
        cw_options_add_fault(in->options,
                             "%s: a key below kafka is no name of a setting "
                             "(small letters, digits, dots)",
                             given->origin);
        return;
    }
    const char *stem = stem_of_secret(in, key);
    const char *name = stem != NULL ? stem : key;
    if (cw_kafka_name_check(bare_name(name), &err) != CW_OK) {
        cw_options_add_fault(in->options, "%s: kafka.%s: %s", given->origin,
                             key, err.text);
        return;
    }
    struct cw_passthrough *extra = find_place(in, name, given->origin);
    if (extra == NULL)
        return;
    const char *value = stem != NULL ? cw_reader_secret(in, name, given)
                                     : cw_reader_keep(in, given->text);
    if (value == NULL)
        return;
    if (extra == &in->reading->extras[in->reading->extra_count])
        in->reading->extra_count++;
    *extra = (struct cw_passthrough){
        .key = cw_reader_keep(in, name),
        .value = value,
        .origin = cw_reader_keep(in, given->origin),
        .secret_file = stem != NULL ? cw_reader_keep(in, given->text) : NULL,
        .secret = cw_kafka_name_is_secret(bare_name(name))};
}

/* SASL_USERNAME -> sasl.username; _FILE at the end stays _file. */
static const char *key_of(struct cw_options_reader *in, struct cw_text name)
{
    char *key = cw_arena_take(in->arena, name.size + 1);
    if (key == NULL) {
        in->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < name.size; i++) {
        const char c = name.bytes[i];
        if (c == '_')
            key[i] = '.';
        else
            key[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (ends_with(key, ".file"))
        key[name.size - strlen(".file")] = '_';
    return key;
}

/* A variable of a row, or of the file of a secret row. */
static bool is_of_table(const struct cw_options *options, struct cw_text name)
{
    char taken[CW_OPTIONS_NAME_SIZE];
    const struct cw_text suffix = CW_TEXT("_FILE");
    for (size_t i = 0; i < options->count; i++) {
        cw_options_variable(options->table[i].name, taken, sizeof(taken));
        const struct cw_text row = cw_text_of(taken);
        if (!cw_text_starts(name, row))
            continue;
        const struct cw_text rest = {name.bytes + row.size,
                                     name.size - row.size};
        if (rest.size == 0 || cw_text_equal(rest, suffix))
            return true;
    }
    return false;
}

/* What Kubernetes sets for a service named causeway-kafka. */
static bool is_service_link(struct cw_text rest)
{
    return cw_text_starts(rest, CW_TEXT("PORT")) ||
           cw_text_starts(rest, CW_TEXT("SERVICE_"));
}

static void add_variable(struct cw_options_reader *in, const char *variable)
{
    const char *equals = strchr(variable, '=');
    if (equals == NULL)
        return;
    const struct cw_text name = {variable, (size_t)(equals - variable)};
    const struct cw_text prefix = CW_TEXT(VARIABLE_PREFIX);
    if (!cw_text_starts(name, prefix) || is_of_table(in->options, name))
        return;
    const struct cw_text rest = {name.bytes + prefix.size,
                                 name.size - prefix.size};
    if (rest.size == 0 || is_service_link(rest))
        return;
    const struct cw_text origin =
        cw_arena_print(in->arena, "env %.*s", CW_TEXT_ARG(name));
    const char *key = key_of(in, rest);
    if (key == NULL)
        return;
    if (!cw_utf8_valid(cw_text_of(equals + 1)))
        cw_options_add_fault(in->options, "%s: is not UTF-8", origin.bytes);
    else
        cw_reader_add_extra(in, key,
                            &(struct cw_found){equals + 1, origin.bytes});
}

static int by_key(const void *a, const void *b)
{
    const struct cw_passthrough *left = a;
    const struct cw_passthrough *right = b;
    return strcmp(left->key, right->key);
}

void cw_reader_add_variables(struct cw_options_reader *in)
{
    for (char **variable = environ; *variable != NULL; variable++)
        add_variable(in, *variable);
    qsort(in->reading->extras, in->reading->extra_count,
          sizeof(in->reading->extras[0]), by_key);
}
