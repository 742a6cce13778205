#include "stream/kafka_check.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kafka_names.h"
#include "base/nearest.h"
#include "base/utf8.h"

#define SHOWN_SIZE 60u /* bytes of a wrong value that a fault quotes */
#define WORD_SIZE  96
#define RANGE_SIZE 160

/* What librdkafka's own table of settings says about a name. */
struct known {
    char name[WORD_SIZE];
    char range[RANGE_SIZE];
};

/* One cell of "name | C/P | range | ...", cut out and trimmed. */
static const char *take_cell(const char *at, char *out, size_t size)
{
    const char *end = strchr(at, '|');
    if (end == NULL)
        return NULL;
    at += strspn(at, " ");
    size_t length = (size_t)(end - at);
    while (length > 0 && at[length - 1] == ' ')
        length--;
    (void)snprintf(out, size, "%.*s", (int)length, at);
    return end + 1;
}

static bool read_line(const char *line, struct known *known)
{
    char users[WORD_SIZE];
    const char *at = take_cell(line, known->name, sizeof(known->name));
    if (at != NULL)
        at = take_cell(at, users, sizeof(users));
    if (at != NULL)
        at = take_cell(at, known->range, sizeof(known->range));
    return at != NULL && known->name[0] >= 'a' && known->name[0] <= 'z';
}

/* The table as librdkafka prints it; the caller frees it. NULL: no memory. */
static char *print_table(void)
{
    char *table = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&table, &size);
    if (out == NULL)
        return NULL;
    rd_kafka_conf_properties_show(out);
    (void)fclose(out);
    return table;
}

/* Fills *found with name's row, or, when there is none, with the nearest. An
 * empty name in *found: nothing is near. */
static void look_up(const char *name, struct known *found)
{
    char *table = print_table();
    char *rest = table;
    *found = (struct known){.name = ""};
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        struct known known;
        const char *best = found->name[0] != '\0' ? found->name : NULL;
        if (read_line(line, &known) &&
            cw_nearer(name, best, known.name) == known.name)
            *found = known;
    }
    free(table);
}

/* The value is not shown: who knows what a misspelt name was to hold. */
static enum cw_status refuse_name(const char *name, struct cw_error *err)
{
    struct known near;
    look_up(name, &near);
    if (near.name[0] == '\0')
        return cw_fail(err, CW_BAD_CONFIG, "librdkafka %s has no such setting",
                       rd_kafka_version_str());
    return cw_fail(err, CW_BAD_CONFIG,
                   "librdkafka %s has no such setting; did you mean kafka.%s?",
                   rd_kafka_version_str(), near.name);
}

static enum cw_status refuse_value(const char *name, const char *value,
                                   struct cw_error *err)
{
    const bool secret = cw_kafka_name_is_secret(name);
    const struct cw_text shown =
        secret ? CW_TEXT("the secret")
               : cw_utf8_prefix(cw_text_of(value), SHOWN_SIZE);
    struct known known;
    look_up(name, &known);
    if (strcmp(known.name, name) != 0 || known.range[0] == '\0')
        (void)snprintf(known.range, sizeof(known.range), "another");
    return cw_fail(err, CW_BAD_CONFIG,
                   "\"%.*s\" is refused by librdkafka; it takes %s",
                   CW_TEXT_ARG(shown), known.range);
}

static enum cw_status try_setting(rd_kafka_conf_t *conf, const char *name,
                                  const char *value, struct cw_error *err)
{
    char why[256] = ""; /* may hold the value: not passed on */
    switch (rd_kafka_conf_set(conf, name, value, why, sizeof(why))) {
    case RD_KAFKA_CONF_OK:
        return CW_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return refuse_name(name, err);
    case RD_KAFKA_CONF_INVALID:
        break;
    }
    if (strstr(why, "not supported in this build") != NULL)
        return cw_fail(err, CW_BAD_CONFIG,
                       "this build of librdkafka %s cannot do it",
                       rd_kafka_version_str());
    return refuse_value(name, value, err);
}

enum cw_status cw_kafka_check(const char *key, const char *value,
                              struct cw_error *err)
{
    const bool of_role =
        strncmp(key, "consumer.", 9) == 0 || strncmp(key, "producer.", 9) == 0;
    const char *name = of_role ? key + 9 : key;
    enum cw_status status =
        cw_kafka_version_check(name, value, (unsigned)rd_kafka_version(), err);
    if (status != CW_OK)
        return status;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    status = try_setting(conf, name, value, err);
    rd_kafka_conf_destroy(conf);
    return status;
}
