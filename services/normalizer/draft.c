#include "draft_state.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "entity.h"
#include "family.h"
#include "redact.h"
#include "series_id.h"

enum cw_status draft_create(struct draft **made,
                            const struct draft_settings *settings,
                            struct normalizer_counts *counts,
                            struct cw_error *err)
{
    struct draft *draft = calloc(1, sizeof(*draft));
    if (draft == NULL)
        return cw_fail(err, CW_NO_MEMORY, "draft");
    draft->settings = *settings;
    draft->counts = counts;
    const enum cw_status status = definitions_create(
        &draft->definitions, settings->definitions_max,
        settings->redefine_offset, settings->redefine_us, err);
    if (status != CW_OK) {
        free(draft);
        return status;
    }
    *made = draft;
    return CW_OK;
}

void draft_destroy(struct draft **draft)
{
    if (*draft == NULL)
        return;
    definitions_destroy(&(*draft)->definitions);
    free(*draft);
    *draft = NULL;
}

void draft_reset(struct draft *draft)
{
    runs_begin(&draft->runs, draft->arena);
    refused_begin(&draft->refused, draft->arena);
    draft->logs = draft->spans = draft->events = draft->said = (struct list){0};
    draft->index = 0;
    draft->part_bytes = (struct cw_text){"", 0};
    draft->passing = false;
    draft->full = false;
    draft->parts = 0;
    memset(draft->pending, 0, sizeof(draft->pending));
    memset(draft->dropped, 0, sizeof(draft->dropped));
    draft->refused_parts = 0;
    memset(draft->refused_by, 0, sizeof(draft->refused_by));
    draft->labels_cut = 0;
    draft->defined = 0;
    draft->family_name = (struct cw_text){"", 0};
    draft->family_unit = (struct cw_text){"", 0};
    draft->family = CW_FAMILY_OTHER;
}

void draft_begin(struct draft *draft, const struct draft_source *source)
{
    draft->source = *source;
    draft->arena = cw_emit_arena(source->emit);
    draft->kafka_at = source->raw->timestamp_at >= 0 ? source->raw->timestamp_at
                                                     : source->stream_at;
    draft->fallback = (struct cw_entity){CW_TEXT("source"), source->raw->topic};
    draft_reset(draft);
}

const struct draft_source *draft_source(const struct draft *draft)
{
    return &draft->source;
}

struct cw_arena *draft_arena(const struct draft *draft)
{
    return draft->arena;
}

int64_t draft_kafka_at(const struct draft *draft)
{
    return draft->kafka_at;
}

void draft_part(struct draft *draft, size_t index, struct cw_text bytes)
{
    draft->index = index;
    draft->part_bytes = bytes;
}

void draft_passing(struct draft *draft, bool passing)
{
    draft->passing = passing;
}

struct cw_text draft_clean(struct draft *draft, struct cw_text text,
                           size_t max_size)
{
    struct cw_text made;
    if (!cw_utf8_clean(draft->arena, text, &made)) {
        draft->full = true;
        return (struct cw_text){"", 0};
    }
    made = cw_utf8_prefix(made, max_size);
    if (!draft->passing || made.size == 0)
        return made;
    made = cw_arena_text(draft->arena, made);
    draft->full = draft->full || made.bytes == NULL;
    return made.bytes == NULL ? (struct cw_text){"", 0} : made;
}

struct cw_text draft_text(struct draft *draft, struct cw_text text,
                          size_t max_size)
{
    struct cw_text made = draft_clean(draft, text, max_size);
    if (!redact_text(made, draft->settings.redact_rules, draft->arena, &made))
        draft->full = true;
    return made;
}

static struct cw_text label_value(struct draft *draft,
                                  const struct cw_key_value *label)
{
    if ((draft->settings.redact_rules & REDACT_SECRETS) != 0 &&
        redact_is_secret_key(label->key))
        return CW_TEXT("[secret]");
    return draft_text(draft, label->value, VALUE_SIZE_MAX);
}

/* Copies labels into the arena: clean, redacted. */
const struct cw_key_value *draft_keep_labels(struct draft *draft,
                                             const struct labels *labels)
{
    draft->labels_cut += labels->dropped;
    struct cw_key_value *made =
        cw_arena_take(draft->arena, labels->count * sizeof(*made));
    if (made == NULL) {
        draft->full = true;
        return NULL;
    }
    for (size_t i = 0; i < labels->count; i++) {
        made[i].key = draft_clean(draft, labels->items[i].key, NAME_SIZE_MAX);
        made[i].value = label_value(draft, &labels->items[i]);
    }
    return made;
}

bool draft_take_part(struct draft *draft)
{
    draft->parts++;
    if (draft->parts > draft->settings.parts_max)
        draft->full = true;
    return !draft->full;
}

void draft_drop(struct draft *draft, enum count_drop why)
{
    if (draft_take_part(draft))
        draft->dropped[why]++;
}

void draft_refuse_taken(struct draft *draft, enum cw_status status,
                        struct cw_text message)
{
    draft->refused_parts++;
    draft->refused_by[status]++;
    refused_add(&draft->refused, (int32_t)draft->index, draft->part_bytes,
                status, message);
}

void draft_refuse(struct draft *draft, enum cw_status status,
                  const char *format, ...)
{
    char text[sizeof(((struct cw_error *)0)->text)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (draft_take_part(draft))
        draft_refuse_taken(draft, status,
                           cw_arena_print(draft->arena, "%s", text));
}

/* Event time within max_skew of Kafka's; 0 becomes Kafka's own. */
bool draft_settle_time(struct draft *draft, int64_t *at)
{
    if (*at == 0)
        *at = draft->kafka_at;
    /* Neither is negative below, so their distance cannot overflow. */
    if (*at < 0) {
        draft_refuse_taken(draft, CW_BAD_RECORD,
                           CW_TEXT("event time before 1970"));
        return false;
    }
    const int64_t skew = *at - draft->kafka_at;
    if (skew <= draft->settings.max_skew_us &&
        -skew <= draft->settings.max_skew_us)
        return true;
    draft_refuse_taken(
        draft, CW_BAD_RECORD,
        cw_arena_print(draft->arena, "event time is %lld s %s the record's",
                       (long long)(skew < 0 ? -skew : skew) / INSTANT_SECOND,
                       skew < 0 ? "before" : "after"));
    return false;
}

struct cw_entity draft_settle_entity(struct draft *draft,
                                     const struct cw_entity *given,
                                     const struct labels *labels,
                                     struct cw_text metric)
{
    struct cw_entity entity =
        given ? *given
              : entity_of(labels, metric, draft->fallback, draft->arena);
    entity.name = draft_text(draft, entity.name, NAME_SIZE_MAX);
    if (entity.name.size > 0)
        return entity;
    /* What a format names by itself may be nothing but NULs, too. */
    entity = draft->fallback;
    entity.name = draft_text(draft, entity.name, NAME_SIZE_MAX);
    return entity;
}

/* Points of one metric stand together, and the words of its name cost more to
 * look up than anything else in a definition. */
static enum cw_family family_of_point(struct draft *draft,
                                      const struct draft_point *point)
{
    if (draft->passing || !cw_text_equal(point->name, draft->family_name) ||
        !cw_text_equal(point->unit, draft->family_unit) ||
        point->kind != draft->family_kind) {
        draft->family = family_of(point->name, point->unit, point->kind);
        draft->family_kind = point->kind;
        /* A passing text does not live until the next point. */
        draft->family_name =
            draft->passing ? (struct cw_text){"", 0} : point->name;
        draft->family_unit = point->unit;
    }
    return draft->family;
}

static void define(struct draft *draft, const struct draft_point *point,
                   const struct labels *labels, int64_t id,
                   struct cw_entity entity)
{
    struct cw_series_definition *made =
        cw_arena_take(draft->arena, sizeof(*made));
    if (made == NULL) {
        draft->full = true;
        return;
    }
    *made = (struct cw_series_definition){
        .id = id,
        .tenant = draft->source.tenant,
        .domain = draft->source.domain,
        .entity = entity,
        .name = draft_clean(draft, point->name, NAME_SIZE_MAX),
        .unit = draft_clean(draft, point->unit, NAME_SIZE_MAX),
        .kind = point->kind,
        .family = family_of_point(draft, point),
        .interval_us = point->interval_us,
        .labels = draft_keep_labels(draft, labels),
        .labels_count = labels->count,
    };
    if (!runs_define(&draft->runs, made))
        draft->full = true;
    draft->defined++;
}

void draft_add_point(struct draft *draft, const struct draft_point *point,
                     struct labels *labels)
{
    if (!isfinite(point->value)) {
        draft_drop(draft, COUNT_DROP_NON_FINITE);
        return;
    }
    if (!draft_take_part(draft))
        return;
    struct run_sample sample = {0, point->sampled_at, point->start_at,
                                point->value};
    if (!draft_settle_time(draft, &sample.sampled_at))
        return;
    const struct cw_entity entity =
        draft_settle_entity(draft, point->entity, labels, point->name);
    sample.series = series_id(draft->source.tenant, point->name, labels);
    if (!runs_add(
            &draft->runs,
            cw_route_entity(draft->source.tenant, entity.kind, entity.name),
            &sample)) {
        draft->full = true;
        return;
    }
    draft->pending[COUNT_POINTS]++;
    if (definitions_due(draft->definitions, sample.series,
                        draft->source.raw->offset, draft->source.stream_at))
        define(draft, point, labels, sample.series, entity);
}
