#include "core.h"

#include <stdlib.h>

#include "documents.h"
#include "draft.h"
#include "redact.h"
#include "tally.h"
#include "unzip.h"

#define TOPIC_SIZE_MAX  249 /* Kafka's own limit */
#define DAY_US          INT64_C(86400000000)
#define PLAIN_SIZE_MAX  ((size_t)16 << 20)
#define PARTS_MAX_0     200000
#define REDEFINE_OFFSET 2000
#define REDEFINE_US     (60 * INSTANT_SECOND)
#define DEFINITIONS_MAX 200000

struct cw_core {
    const struct normalizer_config *config;
    size_t value_size_max;
    struct cw_text tenant;
    struct draft *draft;
    struct tree_parser *parser;
    struct normalizer_counts counts;
    struct normalizer_counts told; /* to the tally */

    /* Of the topic last seen, as a core sees one only: a memo of a pure
     * function, so losing it changes nothing. */
    char topic[TOPIC_SIZE_MAX];
    size_t topic_size; /* 0: nothing yet */
    struct recognised recognised;
};

static const enum cw_topic inputs[] = {CW_TOPIC_RAW, CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {
    CW_TOPIC_METRICS, CW_TOPIC_LOGS,       CW_TOPIC_SPANS, CW_TOPIC_EVENTS,
    CW_TOPIC_SAID,    CW_TOPIC_DEADLETTER, CW_TOPIC_COUNT};

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    draft_destroy(&(*core)->draft);
    tree_parser_destroy(&(*core)->parser);
    free(*core);
    *core = NULL;
}

static unsigned rules_of(const struct normalizer_config *config)
{
    return (config->keep_secrets ? 0 : (unsigned)REDACT_SECRETS) |
           (config->keep_cards ? 0 : (unsigned)REDACT_CARDS) |
           (config->keep_emails ? 0 : (unsigned)REDACT_EMAILS);
}

static struct draft_settings settings_of(const struct normalizer_config *config)
{
    return (struct draft_settings){
        .max_skew_us = config->max_skew_us ? config->max_skew_us : DAY_US,
        .parts_max =
            config->parts_max ? (size_t)config->parts_max : PARTS_MAX_0,
        .redact_rules = rules_of(config),
        .redefine_offset = REDEFINE_OFFSET,
        .redefine_us = REDEFINE_US,
        .definitions_max = DEFINITIONS_MAX,
    };
}

static enum cw_status check(const struct normalizer_config *config,
                            struct cw_error *err)
{
    if (config->max_skew_us < 0 || config->value_size_max < 0 ||
        config->parts_max < 0 || config->value_size_max > UINT32_MAX)
        return cw_fail(err, CW_BAD_CONFIG, "a limit out of its range");
    return recognise_check(config->topics, config->topic_count, err);
}

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    const struct normalizer_config *wanted = config;
    enum cw_status status = check(wanted, err);
    if (status != CW_OK)
        return status;
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "normalizer");
    core->config = wanted;
    core->value_size_max = wanted->value_size_max
                               ? (size_t)wanted->value_size_max
                               : PLAIN_SIZE_MAX;
    core->tenant = wanted->tenant && wanted->tenant[0]
                       ? cw_text_of(wanted->tenant)
                       : CW_TEXT("default");
    const struct draft_settings settings = settings_of(wanted);
    status = draft_create(&core->draft, &settings, &core->counts, err);
    if (status == CW_OK)
        status = tree_parser_create(&core->parser, core->value_size_max, err);
    if (status != CW_OK) {
        destroy(&core);
        return status;
    }
    *made = core;
    return CW_OK;
}

static struct cw_text tenant_header(const struct cw_raw *raw)
{
    for (size_t i = 0; i < raw->header_count; i++)
        if (cw_text_is(raw->headers[i].key, "tenant"))
            return raw->headers[i].value;
    return (struct cw_text){"", 0};
}

static void begin(struct cw_core *core, const struct cw_item *item,
                  const struct recognised *recognised, struct cw_emit *emit)
{
    struct draft_source source = {
        .raw = item->record,
        .stream_at = item->stream_at,
        .tenant = recognised->tenant,
        .domain = recognised->domain,
        .unit = recognised->unit,
        .emit = emit,
    };
    if (source.tenant.size == 0)
        source.tenant = tenant_header(source.raw);
    if (source.tenant.size == 0)
        source.tenant = core->tenant;
    if (source.domain.size == 0)
        source.domain = source.tenant;
    draft_begin(core->draft, &source);
}

static bool looks_json(struct cw_text bytes)
{
    const struct cw_text trimmed = documents_trim(bytes);
    return trimmed.size > 0 &&
           (trimmed.bytes[0] == '{' || trimmed.bytes[0] == '[');
}

static enum cw_status read_record(struct cw_core *core, enum format format,
                                  struct cw_text value, struct cw_error *err)
{
    struct cw_text plain;
    enum cw_status status = unzip(&plain, value, core->value_size_max,
                                  draft_arena(core->draft), err);
    if (status != CW_OK)
        return status;
    if (plain.size > core->value_size_max)
        return cw_fail(err, CW_TOO_LARGE, "value of %zu bytes", plain.size);
    if (format == FORMAT_AUTO) {
        status = recognise_bytes(&format, core->parser, plain,
                                 draft_arena(core->draft), err);
        if (status != CW_OK)
            return status;
        core->counts.sniffed[format]++;
    }
    const struct format_spec *spec = format_spec(format);
    if (spec->bytes != NULL && !(spec->element != NULL && looks_json(plain)))
        return spec->bytes(core->draft, plain, err);
    return documents_read(core->parser, core->draft, plain, spec->element, err);
}

static const struct recognised *recognise(struct cw_core *core,
                                          struct cw_text topic)
{
    const struct cw_text last = {core->topic, core->topic_size};
    if (topic.size > 0 && cw_text_equal(topic, last))
        return &core->recognised;
    core->recognised =
        recognise_topic(core->config->topics, core->config->topic_count, topic);
    core->topic_size = topic.size <= sizeof(core->topic) ? topic.size : 0;
    if (core->topic_size > 0)
        memcpy(core->topic, topic.bytes, topic.size);
    return &core->recognised;
}

static enum cw_status take(struct cw_core *core, const struct cw_item *item,
                           struct cw_emit *emit, struct cw_error *err)
{
    const struct cw_raw *raw = item->record;
    core->counts.records++;
    if (!raw->has_value) {
        core->counts.tombstones++;
        return CW_OK;
    }
    const struct recognised *recognised = recognise(core, raw->topic);
    begin(core, item, recognised, emit);
    struct cw_error why = {0};
    enum cw_status status =
        read_record(core, recognised->format, raw->value, &why);
    if (status == CW_OK)
        status = draft_commit(core->draft, &why);
    if (cw_status_action(status) == CW_DEAD_LETTER)
        return draft_abandon(core->draft, &why, err);
    *err = why;
    return status;
}

static enum cw_status step(struct cw_core *core, uint32_t shard,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    (void)shard;
    const enum cw_status status = take(core, item, emit, err);
    if (core->config->tally != NULL)
        normalizer_tally_add(core->config->tally, &core->counts, &core->told);
    return status;
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    (void)core;
    (void)shard;
    return CW_NEVER;
}

static void save(const struct cw_core *core, uint32_t shard,
                 struct cw_pack *out)
{
    (void)core;
    (void)shard;
    (void)out;
}

static enum cw_status load(struct cw_core *core, uint32_t shard,
                           struct cw_unpack *in, struct cw_error *err)
{
    (void)core;
    (void)shard;
    return cw_unpack_end(in, err);
}

const struct cw_core_type normalizer_core_type = {
    .name = "normalizer",
    .shard_count = 1,
    .snapshot_format = 1,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .save = save,
    .load = load,
};

const struct normalizer_counts *normalizer_counts(const struct cw_core *core)
{
    return &core->counts;
}
