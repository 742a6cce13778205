#include "core.h"

#include <stdlib.h>

#include "counters.h"
#include "output.h"
#include "rates.h"
#include "shard.h"

#define SHARD_COUNT  64
#define FORMAT       1
#define SECOND_US    INT64_C(1000000)
#define MINUTE_US    (60 * SECOND_US)
#define HOUR_US      (60 * MINUTE_US)
#define ERROR_NUMBER 17 /* OpenTelemetry severity numbers */
#define WARN_NUMBER  13
#define LAST_NUMBER  24

struct cw_core {
    struct logcluster_config config;
    struct shard shards[SHARD_COUNT];
};

struct logcluster_config logcluster_config_default(void)
{
    return (struct logcluster_config){.window_us = 10 * SECOND_US,
                                      .learn_us = 10 * MINUTE_US,
                                      .quiet_us = MINUTE_US,
                                      .series_idle_us = HOUR_US,
                                      .entity_idle_us = 24 * HOUR_US,
                                      .max_entities = 1024,
                                      .max_patterns = 2000,
                                      .max_shard_patterns = 8192,
                                      .series_max = 20,
                                      .open_lines = 5,
                                      .surprise_min = 1.5};
}

static bool is_usable(const struct logcluster_config *config)
{
    return config->window_us > 0 && config->learn_us >= 0 &&
           config->quiet_us > 0 && config->series_idle_us > 0 &&
           config->entity_idle_us > 0 && config->max_entities > 0 &&
           config->max_patterns > 0 && config->max_shard_patterns > 0 &&
           config->series_max >= 0 && config->series_max <= RATES_SERIES_MAX &&
           config->open_lines > 0 && config->surprise_min >= 0.0;
}

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    const struct logcluster_config *given = config;
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "logcluster core");
    core->config = given != NULL ? *given : logcluster_config_default();
    if (!is_usable(&core->config)) {
        free(core);
        return cw_fail(err, CW_BAD_CONFIG, "a limit or time is out of range");
    }
    for (size_t i = 0; i < SHARD_COUNT; i++)
        shard_init(&core->shards[i]);
    *made = core;
    return CW_OK;
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (size_t i = 0; i < SHARD_COUNT; i++)
        shard_fini(&(*core)->shards[i]);
    free(*core);
    *core = NULL;
}

struct logcluster_counts logcluster_counts(const struct cw_core *core)
{
    struct logcluster_counts sum = {0};
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        const struct shard *shard = &core->shards[i];
        sum.lines += shard->counts.lines;
        sum.overflow_lines += shard->counts.overflow_lines;
        sum.evicted_entities += shard->counts.evicted_entities;
        sum.missed_novelties += shard->counts.missed_novelties;
        sum.entities += shard->count;
        sum.patterns += shard->pattern_count;
    }
    return sum;
}

/* ---- a line ------------------------------------------------------------- */

/* What one step works with. */
struct step {
    const struct logcluster_config *config;
    struct shard *shard;
    struct entity *entity;
    const struct cw_log *log;
    int64_t now_at;
    struct cw_emit *emit;
};

static enum cw_status assign(struct step *step, const struct skeleton *skeleton,
                             struct generalise_answer *answer,
                             struct cw_error *err)
{
    struct generalise *set = step->entity->set;
    struct memo_key key = {skeleton->id, generalise_generation(set),
                           step->entity->serial};
    *answer = (struct generalise_answer){memo_find(step->shard->memo, key),
                                         GENERALISE_KNOWN};
    if (answer->pattern != NULL)
        return CW_OK;
    const size_t before = generalise_pattern_count(set);
    generalise_allow(set, step->shard->pattern_count <
                              (size_t)step->config->max_shard_patterns);
    const enum cw_status status = generalise_assign(
        set, skeleton, step->log->body, step->now_at, answer, err);
    step->shard->pattern_count += generalise_pattern_count(set) - before;
    if (status == CW_OK && answer->pattern != NULL) {
        key.generation = generalise_generation(set);
        memo_put(step->shard->memo, key, answer->pattern);
    }
    return status;
}

/* The first line of a pattern that took over from no other. */
static void begin_pattern(const struct step *step, struct pattern *pattern,
                          const struct skeleton *skeleton)
{
    pattern->made_at = step->now_at;
    pattern->first_event_at = step->log->event_at;
    if (step->log->severity <= 0)
        pattern->severity = pattern_guess_severity(skeleton, step->log->body);
}

/* A kind of line nobody saw before; while the entity is being learnt, all
 * are. */
static void note_new(struct step *step, struct pattern *pattern)
{
    struct entity *entity = step->entity;
    if (step->now_at - entity->first_at < step->config->learn_us)
        return;
    const double surprise = novelty_surprise(
        generalise_once_count(entity->set), generalise_line_count(entity->set));
    struct novelty_entry *entry =
        novelty_add(&entity->novelty, pattern, surprise);
    step->shard->counts.missed_novelties += entry == NULL;
    if (entry == NULL)
        return;
    pattern->watched = true;
    entry->first_event_at = step->log->event_at;
    entry->first_at = step->now_at;
}

static bool is_worth_opening(const struct logcluster_config *config,
                             const struct novelty_entry *entry)
{
    return entry->opened_at == 0 && entry->surprise >= config->surprise_min &&
           (entry->severity >= WARN_NUMBER ||
            entry->lines >= (uint64_t)config->open_lines);
}

static enum cw_status watch(struct step *step, struct pattern *pattern,
                            int32_t severity, struct cw_error *err)
{
    struct novelty_entry *entry =
        novelty_find(&step->entity->novelty, pattern->serial);
    if (entry == NULL) {
        pattern->watched = false;
        return CW_OK;
    }
    entry->lines++;
    entry->last_at = step->now_at;
    if (step->log->event_at > entry->last_event_at)
        entry->last_event_at = step->log->event_at;
    if (severity > entry->severity)
        entry->severity = severity;
    if (!is_worth_opening(step->config, entry))
        return CW_OK;
    entry->opened_at = step->now_at;
    return output_anomaly(step->entity, entry, CW_ANOMALY_STATUS_OPENED,
                          step->emit, err);
}

/* Early lines show the variety of a pattern, later ones are looked at ever
 * more rarely. */
static bool is_worth_keeping(uint64_t lines)
{
    return (lines & (lines - 1)) == 0;
}

static enum cw_status count_line(struct step *step, struct pattern *pattern,
                                 struct cw_error *err)
{
    const int32_t given = step->log->severity;
    const int32_t severity = given > LAST_NUMBER ? LAST_NUMBER
                             : given > 0         ? given
                                                 : pattern->severity;
    generalise_count(step->entity->set, pattern);
    pattern->window_lines++;
    pattern->last_at = step->now_at;
    if (severity > pattern->severity) {
        pattern->severity = severity;
        pattern->changed = true;
    }
    if (is_worth_keeping(pattern->lines))
        pattern_keep_example(pattern, step->log->body);
    step->entity->window_errors += severity >= ERROR_NUMBER;
    return pattern->watched ? watch(step, pattern, severity, err) : CW_OK;
}

static enum cw_status take_line(struct step *step, struct cw_error *err)
{
    struct skeleton skeleton;
    struct generalise_answer answer;
    skeleton_build(&skeleton, step->log->body);
    const enum cw_status status = assign(step, &skeleton, &answer, err);
    if (status != CW_OK)
        return status;
    struct entity *entity = step->entity;
    entity->last_at = step->now_at;
    entity->window_lines++;
    step->shard->counts.lines++;
    if (answer.pattern == NULL) {
        entity->window_others++;
        entity->other_lines++;
        entity->window_errors += step->log->severity >= ERROR_NUMBER;
        step->shard->counts.overflow_lines++;
        return CW_OK;
    }
    if (answer.pattern->lines == 0)
        begin_pattern(step, answer.pattern, &skeleton);
    if (answer.news == GENERALISE_NEW)
        note_new(step, answer.pattern);
    return count_line(step, answer.pattern, err);
}

/* First multiple of the window that is not before now. */
static int64_t window_end(int64_t now_at, int64_t window_us)
{
    const int64_t rest = now_at % window_us;
    return rest == 0 ? now_at : now_at - rest + window_us;
}

static enum cw_status step(struct cw_core *core, uint32_t shard_index,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    if (item->topic != CW_TOPIC_LOGS)
        return CW_OK;
    struct step step = {.config = &core->config,
                        .shard = &core->shards[shard_index],
                        .log = item->record,
                        .now_at = cw_emit_now(emit),
                        .emit = emit};
    if (step.log->entity.name.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "a log record names no entity");
    const enum cw_status status =
        shard_entity(step.shard, step.log, step.config, &step.entity, err);
    if (status != CW_OK)
        return status;
    if (step.entity->last_at == 0)
        step.entity->first_at = step.now_at;
    if (step.shard->next_at == CW_NEVER)
        step.shard->next_at = window_end(step.now_at, step.config->window_us);
    return take_line(&step, err);
}

/* ---- the end of a window ------------------------------------------------ */

static int64_t next_deadline(const struct cw_core *core, uint32_t shard_index)
{
    return core->shards[shard_index].next_at;
}

static enum cw_status tell_patterns(struct entity *entity, struct cw_emit *emit,
                                    struct cw_error *err)
{
    for (size_t i = 0; i < generalise_pattern_count(entity->set); i++) {
        struct pattern *pattern = generalise_pattern(entity->set, i);
        if (!pattern->changed)
            continue;
        const enum cw_status status =
            output_pattern(entity, pattern, emit, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}

/* Entries that were quiet for long end, and their anomalies close. */
static enum cw_status end_quiet(struct entity *entity, int64_t before_at,
                                struct cw_emit *emit, struct cw_error *err)
{
    struct novelty *novelty = &entity->novelty;
    for (size_t i = novelty->count; i-- > 0;) {
        const struct novelty_entry *entry = &novelty->entries[i];
        if (entry->last_at > before_at)
            continue;
        enum cw_status status = CW_OK;
        if (entry->opened_at != 0)
            status = output_anomaly(entity, entry, CW_ANOMALY_STATUS_CLOSED,
                                    emit, err);
        if (status != CW_OK)
            return status;
        novelty_remove(novelty, i);
    }
    return CW_OK;
}

static enum cw_status close_window(const struct logcluster_config *config,
                                   struct entity *entity, int64_t end_at,
                                   struct cw_emit *emit, struct cw_error *err)
{
    const struct rates_window window = {
        .end_at = end_at,
        .window_us = config->window_us,
        .series_idle_us = config->series_idle_us,
        .series_max = (size_t)config->series_max};
    enum cw_status status = rates_close(entity, &window, emit, err);
    if (status == CW_OK)
        status = tell_patterns(entity, emit, err);
    if (status == CW_OK)
        status = output_evidence(entity, end_at - MINUTE_US, emit, err);
    if (status == CW_OK)
        status = end_quiet(entity, end_at - config->quiet_us, emit, err);
    return status;
}

static enum cw_status timer(struct cw_core *core, uint32_t shard_index,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    struct shard *shard = &core->shards[shard_index];
    for (size_t i = 0; i < shard->count; i++) {
        const enum cw_status status = close_window(
            &core->config, shard->entities[i], deadline_at, emit, err);
        if (status != CW_OK)
            return status;
    }
    for (size_t i = shard->count; i-- > 0;)
        if (deadline_at - shard->entities[i]->last_at >
            core->config.entity_idle_us)
            shard_drop(shard, i);
    shard->next_at =
        shard->count > 0 ? deadline_at + core->config.window_us : CW_NEVER;
    return CW_OK;
}

/* ---- state -------------------------------------------------------------- */

static void save(const struct cw_core *core, uint32_t shard_index,
                 struct cw_pack *out)
{
    shard_save(&core->shards[shard_index], out);
}

static enum cw_status load(struct cw_core *core, uint32_t shard_index,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct shard *shard = &core->shards[shard_index];
    const enum cw_status status = shard_load(shard, &core->config, in, err);
    if (status != CW_OK)
        shard_fini(shard);
    return status;
}

static void count(const struct cw_core *core, uint64_t *numbers)
{
    const struct logcluster_counts counts = logcluster_counts(core);
    logcluster_count(&counts, numbers);
}

static const enum cw_topic inputs[] = {CW_TOPIC_LOGS, CW_TOPIC_SAID,
                                       CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {CW_TOPIC_METRICS_PATTERNS,
                                        CW_TOPIC_ANOMALIES, CW_TOPIC_EVIDENCE,
                                        CW_TOPIC_PATTERNS, CW_TOPIC_COUNT};

const struct cw_core_type logcluster_core_type = {
    .name = "logcluster",
    .shard_count = SHARD_COUNT,
    .snapshot_format = FORMAT,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .save = save,
    .load = load,
    .count = count,
    .counters = logcluster_counters,
    .counter_count = LOGCLUSTER_COUNTER_COUNT};
