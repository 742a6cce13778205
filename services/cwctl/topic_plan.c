#include "topic_plan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS          INT64_C(3600000)
#define DEFAULT_COUNT    16u
#define PARTITIONS_MAX   4096u
#define MESSAGE_MAX      (2u << 20)
#define TOPICS_MAX       (CW_PLAN_RAW_MAX + CW_TOPIC_COUNT + 2 * CW_SERVICE_COUNT)
#define NAMES_MAX        ((size_t)1 << 20)
#define COMPACT_SEGMENT  "67108864" /* so that compaction soon has work */
#define REPLICATION_WISH 3

struct topic_plan {
    struct topic_plan_setup setup;
    struct cw_arena *names;
    struct planned_topic topics[TOPICS_MAX];
    size_t count;
    struct cw_raw_topic raw[CW_PLAN_RAW_MAX];
    size_t raw_count;
    uint32_t partitions;
    int replication;
};

static const char *const always[] = {"raw.commands", "raw.config", "raw.models",
                                     "raw.results"};

/* ---- settings ----------------------------------------------------------- */

static void set(struct planned_topic *topic, const char *name,
                const char *value)
{
    struct topic_setting *setting = &topic->settings[topic->setting_count++];
    setting->name = name;
    (void)snprintf(setting->value, sizeof(setting->value), "%s", value);
}

static void set_number(struct planned_topic *topic, const char *name,
                       int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    set(topic, name, text);
}

static void fill_settings(const struct topic_plan *plan,
                          struct planned_topic *topic, enum cw_topic kind)
{
    static const char *const policies[] = {
        [CW_CLEAN_DELETE] = "delete",
        [CW_CLEAN_COMPACT] = "compact",
        [CW_CLEAN_BOTH] = "compact,delete",
    };
    const struct cw_topic_spec *spec = cw_topic_spec(kind);
    set(topic, "cleanup.policy", policies[spec->cleanup]);
    if (spec->cleanup != CW_CLEAN_COMPACT)
        set_number(topic, "retention.ms",
                   spec->retention_h > 0 ? spec->retention_h * HOUR_MS : -1);
    if (spec->cleanup == CW_CLEAN_BOTH)
        set_number(topic, "min.compaction.lag.ms", 6 * HOUR_MS);
    if (spec->cleanup == CW_CLEAN_COMPACT) {
        set(topic, "segment.bytes", COMPACT_SEGMENT);
        set(topic, "min.cleanable.dirty.ratio", "0.2");
    }
    if (kind != CW_TOPIC_RAW)
        set_number(topic, "max.message.bytes", MESSAGE_MAX);
    if (plan->replication >= REPLICATION_WISH)
        set(topic, "min.insync.replicas", "2");
}

/* ---- what differs ------------------------------------------------------- */

static void differ(struct planned_topic *topic, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(struct planned_topic *topic, const char *format, ...)
{
    const size_t used = strlen(topic->differs);
    char text[TOPIC_DIFFERS_SIZE];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    topic->state = TOPIC_DIFFERS;
    (void)snprintf(topic->differs + used, sizeof(topic->differs) - used, "%s%s",
                   used > 0 ? "; " : "", text);
}

/* Whether each word of a "a,b" is in b. */
static bool has_words(const char *words, const char *all)
{
    while (*words != '\0') {
        const size_t size = strcspn(words, ",");
        const char *at = all;
        while (strcspn(at, ",") != size || strncmp(at, words, size) != 0) {
            at += strcspn(at, ",");
            if (*at++ == '\0')
                return false;
        }
        words += size + (words[size] == ',' ? 1 : 0);
    }
    return true;
}

/* -1 is for ever. */
static bool is_below(const char *value, const char *wanted)
{
    const long long has = strtoll(value, NULL, 10);
    const long long needs = strtoll(wanted, NULL, 10);
    return has >= 0 && (needs < 0 || has < needs);
}

static void compare(struct planned_topic *topic,
                    const struct topic_setting *wanted, const char *value)
{
    const bool policy = strcmp(wanted->name, "cleanup.policy") == 0;
    const bool bound = strcmp(wanted->name, "retention.ms") == 0 ||
                       strcmp(wanted->name, "max.message.bytes") == 0;
    const bool same = policy ? has_words(value, wanted->value) &&
                                   has_words(wanted->value, value)
                             : !bound || !is_below(value, wanted->value);
    if (same)
        return;
    topic->unusable = topic->unusable || policy;
    differ(topic, "%s is %s, %s is needed", wanted->name, value,
           strcmp(wanted->value, "-1") == 0 ? "-1 (for ever)" : wanted->value);
}

void topic_plan_compare(struct topic_plan *plan, const char *topic,
                        const char *name, const char *value)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct planned_topic *planned = &plan->topics[i];
        if (planned->raw || planned->state == TOPIC_MISSING ||
            strcmp(planned->name, topic) != 0)
            continue;
        for (size_t k = 0; k < planned->setting_count; k++)
            if (strcmp(planned->settings[k].name, name) == 0)
                compare(planned, &planned->settings[k], value);
    }
}

static struct planned_topic *add(struct topic_plan *plan, enum cw_topic kind,
                                 const char *name, uint32_t partitions)
{
    struct planned_topic *topic = &plan->topics[plan->count++];
    *topic = (struct planned_topic){.partitions = partitions};
    (void)snprintf(topic->name, sizeof(topic->name), "%s", name);
    topic->there = client_partitions(plan->setup.metadata, name);
    topic->state = topic->there == 0 ? TOPIC_MISSING : TOPIC_THERE;
    topic->unusable = topic->there > 0 && topic->there != (int)partitions;
    if (topic->unusable)
        differ(topic, "%d partitions, %u are needed", topic->there, partitions);
    fill_settings(plan, topic, kind);
    return topic;
}

/* ---- our topics --------------------------------------------------------- */

static void add_per_service(struct topic_plan *plan, enum cw_topic kind)
{
    char name[CLIENT_NAME_MAX];
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++) {
        if (s == CW_SERVICE_NORMALIZER)
            continue; /* its only state is the clock */
        (void)snprintf(name, sizeof(name), "%s.%s.%s", plan->setup.prefix,
                       cw_topic_spec(kind)->name,
                       cw_service_name((enum cw_service)s));
        (void)add(plan, kind, name, plan->partitions);
    }
}

static void add_ours(struct topic_plan *plan)
{
    char name[CLIENT_NAME_MAX];
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++) {
        const enum cw_topic kind = (enum cw_topic)i;
        if (kind == CW_TOPIC_RAW)
            continue;
        if (kind == CW_TOPIC_SNAPSHOTS || kind == CW_TOPIC_VERDICTS) {
            add_per_service(plan, kind);
            continue;
        }
        (void)snprintf(name, sizeof(name), "%s.%s", plan->setup.prefix,
                       cw_topic_spec(kind)->name);
        (void)add(plan, kind, name,
                  kind == CW_TOPIC_MANIFEST ? 1 : plan->partitions);
    }
}

/* ---- raw topics --------------------------------------------------------- */

static enum cw_status find_raw(struct topic_plan *plan, struct cw_text name,
                               struct cw_raw_topic **raw, struct cw_error *err)
{
    for (size_t i = 0; i < plan->raw_count; i++)
        if (cw_text_equal(plan->raw[i].name, name)) {
            *raw = &plan->raw[i];
            return CW_OK;
        }
    if (plan->raw_count == CW_PLAN_RAW_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "more than %d raw topics",
                       CW_PLAN_RAW_MAX);
    *raw = &plan->raw[plan->raw_count++];
    **raw = (struct cw_raw_topic){
        .name = cw_arena_print(plan->names, "%.*s", CW_TEXT_ARG(name)),
        .format = CW_TEXT(""), /* normalizer.topics says it */
    };
    return CW_OK;
}

static bool is_name(struct cw_text name)
{
    for (size_t i = 0; i < name.size; i++) {
        const char c = name.bytes[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return name.size > 0 && name.size < 250;
}

/* Cuts NAME[:PARTITIONS]. */
static enum cw_status cut_word(const char *word, struct cw_text *name,
                               uint32_t *partitions, struct cw_error *err)
{
    const char *colon = strchr(word, ':');
    *name = (struct cw_text){word, colon != NULL ? (size_t)(colon - word)
                                                 : strlen(word)};
    *partitions = 0;
    if (!is_name(*name))
        return cw_fail(err, CW_BAD_CONFIG, "--raw %s: NAME[:PARTITIONS]", word);
    if (colon == NULL)
        return CW_OK;
    char *end = NULL;
    const unsigned long count = strtoul(colon + 1, &end, 10);
    if (*end == ':')
        return cw_fail(err, CW_BAD_CONFIG,
                       "--raw %s: NAME[:PARTITIONS]; the format of a topic is "
                       "said by the normalizer's option normalizer.topics",
                       word);
    if (end == colon + 1 || *end != '\0' || count < 1 || count > PARTITIONS_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "--raw %s: 1 to %u partitions", word,
                       PARTITIONS_MAX);
    *partitions = (uint32_t)count;
    return CW_OK;
}

static enum cw_status take_word(struct topic_plan *plan, const char *word,
                                struct cw_error *err)
{
    struct cw_text name;
    uint32_t partitions;
    struct cw_raw_topic *raw = NULL;
    enum cw_status status = cut_word(word, &name, &partitions, err);
    if (status == CW_OK)
        status = find_raw(plan, name, &raw, err);
    if (status != CW_OK)
        return status;
    const int there = client_partitions(plan->setup.metadata, raw->name.bytes);
    if (partitions > 0 && there > 0 && there != (int)partitions)
        return cw_fail(err, CW_BAD_CONFIG,
                       "topic %s has %d partitions, not %u: change it with "
                       "Kafka's tools, then call this again",
                       raw->name.bytes, there, partitions);
    if (partitions > 0)
        raw->partitions = (int32_t)partitions;
    return CW_OK;
}

static enum cw_status take_before(struct topic_plan *plan, struct cw_error *err)
{
    const struct cw_manifest *before = plan->setup.before;
    enum cw_status status = CW_OK;
    for (size_t i = 0;
         before != NULL && i < before->raw_topics_count && status == CW_OK;
         i++) {
        struct cw_raw_topic *raw = NULL;
        status = find_raw(plan, before->raw_topics[i].name, &raw, err);
        if (status != CW_OK)
            break;
        assert(raw != NULL);
        raw->partitions = before->raw_topics[i].partitions;
    }
    return status;
}

/* What is there counts; else what was asked for; else one. */
static void add_raw(struct topic_plan *plan)
{
    for (size_t i = 0; i < plan->raw_count; i++) {
        struct cw_raw_topic *raw = &plan->raw[i];
        const int there =
            client_partitions(plan->setup.metadata, raw->name.bytes);
        if (there > 0)
            raw->partitions = there;
        else if (raw->partitions < 1)
            raw->partitions = 1;
        struct planned_topic *topic =
            add(plan, CW_TOPIC_RAW, raw->name.bytes, (uint32_t)raw->partitions);
        topic->raw = true;
    }
}

static enum cw_status take_raw(struct topic_plan *plan, struct cw_error *err)
{
    enum cw_status status = take_before(plan, err);
    for (size_t i = 0;
         i < sizeof(always) / sizeof(always[0]) && status == CW_OK; i++) {
        struct cw_raw_topic *raw = NULL;
        status = find_raw(plan, cw_text_of(always[i]), &raw, err);
    }
    for (size_t i = 0; i < plan->setup.raw_count && status == CW_OK; i++)
        status = take_word(plan, plan->setup.raw[i], err);
    return status;
}

/* ---- all ---------------------------------------------------------------- */

static enum cw_status choose_counts(struct topic_plan *plan,
                                    struct cw_error *err)
{
    const struct topic_plan_setup *setup = &plan->setup;
    const int brokers = setup->metadata->broker_cnt;
    plan->partitions = setup->partitions;
    if (setup->before != NULL) {
        const uint32_t before = (uint32_t)setup->before->partitions;
        if (plan->partitions != 0 && plan->partitions != before)
            return cw_fail(err, CW_BAD_CONFIG,
                           "the manifest says %u partitions, not %u: they are "
                           "fixed at installation",
                           before, plan->partitions);
        plan->partitions = before;
    }
    if (plan->partitions == 0)
        plan->partitions = DEFAULT_COUNT;
    plan->replication = setup->replication;
    if (plan->replication == 0)
        plan->replication =
            brokers < REPLICATION_WISH ? brokers : REPLICATION_WISH;
    return CW_OK;
}

enum cw_status topic_plan_create(struct topic_plan **made,
                                 const struct topic_plan_setup *setup,
                                 struct cw_error *err)
{
    struct topic_plan *plan = calloc(1, sizeof(*plan));
    if (plan == NULL)
        return cw_fail(err, CW_NO_MEMORY, "plan of topics");
    plan->setup = *setup;
    enum cw_status status = cw_arena_create(&plan->names, NAMES_MAX, err);
    if (status == CW_OK)
        status = choose_counts(plan, err);
    if (status == CW_OK)
        status = take_raw(plan, err);
    if (status == CW_OK) {
        add_ours(plan);
        add_raw(plan);
    }
    if (status != CW_OK)
        topic_plan_destroy(&plan);
    else
        *made = plan;
    return status;
}

void topic_plan_destroy(struct topic_plan **plan)
{
    if (*plan == NULL)
        return;
    cw_arena_destroy(&(*plan)->names);
    free(*plan);
    *plan = NULL;
}

size_t topic_plan_count(const struct topic_plan *plan)
{
    return plan->count;
}

const struct planned_topic *topic_plan_at(const struct topic_plan *plan,
                                          size_t index)
{
    return &plan->topics[index];
}

uint32_t topic_plan_partitions(const struct topic_plan *plan)
{
    return plan->partitions;
}

int topic_plan_replication(const struct topic_plan *plan)
{
    return plan->replication;
}

const struct cw_raw_topic *topic_plan_raw(const struct topic_plan *plan,
                                          size_t *count)
{
    *count = plan->raw_count;
    return plan->raw;
}
