#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW(name, type, field, fallback, min, max, meaning)                    \
    {                                                                          \
        "normalizer." name, type, offsetof(struct normalizer_settings, field), \
            fallback, min, max, "", CW_OPT_RESTART, meaning                    \
    }

const struct cw_option normalizer_options[] = {
    ROW("topics", CW_OPT_TEXT, topics, "", 0, 0,
        "topic=format[:tenant[:domain[:unit]]], separated by commas; other "
        "topics go by the built-in names, then by their bytes"),
    ROW("tenant", CW_OPT_TEXT, config.tenant, "default", 0, 0,
        "of topics and records that name none"),
    ROW("max-skew", CW_OPT_DURATION, config.max_skew_us, "24h", 1e6, 31536e9,
        "event time farther than this from the Kafka timestamp is refused"),
    ROW("value-size-max", CW_OPT_SIZE, config.value_size_max, "16MiB", 1024,
        268435456, "of a record after unpacking; larger ones are dead letters"),
    ROW("parts-max", CW_OPT_INT, config.parts_max, "200000", 1, 1e8,
        "samples, lines or spans of one record"),
    ROW("keep-emails", CW_OPT_BOOL, config.keep_emails, "false", 0, 0,
        "do not take e-mail addresses out of texts"),
    ROW("keep-cards", CW_OPT_BOOL, config.keep_cards, "false", 0, 0,
        "do not take card numbers out of texts"),
    ROW("keep-secrets", CW_OPT_BOOL, config.keep_secrets, "false", 0, 0,
        "do not take passwords, tokens and keys out of texts"),
};

const size_t normalizer_option_count =
    sizeof(normalizer_options) / sizeof(normalizer_options[0]);

/* Cuts "a=b:c:d:e" in place. */
static bool cut_row(char *text, struct normalizer_topic *row)
{
    char *at = strchr(text, '=');
    if (at == NULL || at == text || at[1] == '\0')
        return false;
    *at++ = '\0';
    *row = (struct normalizer_topic){.topic = text, .format = at};
    const char **fields[] = {&row->tenant, &row->domain, &row->unit};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        at = strchr(at, ':');
        if (at == NULL)
            return true;
        *at++ = '\0';
        *fields[i] = at;
    }
    return strchr(at, ':') == NULL;
}

/* Cuts the first row off *rest, in place. CW_BAD_CONFIG: it is none, or says
 * what nobody knows. */
static enum cw_status take_row(char **rest, struct normalizer_topic *row,
                               struct cw_error *err)
{
    char *text = *rest;
    char *end = text + strcspn(text, ",");
    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    if (!cut_row(text, row))
        return cw_fail(err, CW_BAD_CONFIG,
                       "\"%s\" is not topic=format[:tenant[:domain[:unit]]]",
                       text);
    return recognise_check(row, 1, err);
}

/* Every row that is wrong, not the first one only. */
static void check_topics(const char *text, struct cw_faults *faults)
{
    char *copy = strdup(text);
    size_t count = 0;
    if (copy == NULL)
        return; /* to be told by what needs memory next */
    for (char *rest = copy; *rest != '\0'; count++) {
        struct normalizer_topic row;
        struct cw_error err;
        if (take_row(&rest, &row, &err) != CW_OK)
            cw_faults_add(faults, "%s", err.text);
    }
    free(copy);
    if (strlen(text) >= NORMALIZER_TEXT_MAX || count > NORMALIZER_TOPICS_MAX)
        cw_faults_add(faults, "at most %d topics in %d characters",
                      NORMALIZER_TOPICS_MAX, NORMALIZER_TEXT_MAX - 1);
}

const struct cw_option_check normalizer_checks[] = {
    {"normalizer.topics", check_topics},
};

const size_t normalizer_check_count =
    sizeof(normalizer_checks) / sizeof(normalizer_checks[0]);

enum cw_status normalizer_configure(void *context, struct cw_error *err)
{
    struct normalizer_settings *settings = context;
    struct normalizer_config *config = &settings->config;
    if (strlen(settings->topics) >= sizeof(settings->text))
        return cw_fail(err, CW_BAD_CONFIG, "normalizer.topics: too long");
    (void)snprintf(settings->text, sizeof(settings->text), "%s",
                   settings->topics);
    config->topic_count = 0;
    for (char *rest = settings->text; *rest != '\0'; config->topic_count++) {
        if (config->topic_count == NORMALIZER_TOPICS_MAX)
            return cw_fail(err, CW_BAD_CONFIG, "normalizer.topics: too many");
        const enum cw_status status =
            take_row(&rest, &settings->rows[config->topic_count], err);
        if (status != CW_OK)
            return status;
    }
    config->topics = settings->rows;
    return CW_OK;
}
