/*
 * fuzz_desk - any bytes through the whole normalizer, for the fuzz targets of
 * this folder only.
 *
 * Properties
 *   every part is emitted, dropped or refused, and every record taken,
 *     a tombstone or refused (counts.h)
 *   whatever leaves decodes again to the same bytes
 *   every text that leaves is clean UTF-8, every value finite, every event
 *     time within the skew, columns are of one length
 *   the same bytes give the same outputs twice
 */
#ifndef NORMALIZER_FUZZ_DESK_H
#define NORMALIZER_FUZZ_DESK_H

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "core.h"
#include "core/emit.h"

#define FUZZ_T0    INT64_C(1700000000000000)
#define FUZZ_SKEW  INT64_C(86400000000)
#define FUZZ_ARENA ((size_t)64 << 20)

struct fuzz_sum {
    uint64_t digest;
    uint64_t emitted[COUNT_EMIT_COUNT];
    uint64_t letters;
    struct cw_arena *arena;
};

static inline void fuzz_require(bool held)
{
    if (!held)
        abort();
}

static inline void fuzz_time(int64_t at)
{
    fuzz_require(at >= FUZZ_T0 - FUZZ_SKEW && at <= FUZZ_T0 + FUZZ_SKEW);
}

static inline void fuzz_text(struct cw_text text)
{
    fuzz_require(cw_utf8_valid(text));
    fuzz_require(text.size == 0 || !memchr(text.bytes, '\0', text.size));
}

static inline void fuzz_pairs(const struct cw_key_value *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fuzz_text(pairs[i].key);
        fuzz_text(pairs[i].value);
    }
}

static inline void fuzz_run(const struct cw_metric_run *run)
{
    fuzz_require(run->series_count > 0 &&
                 run->series_count == run->values_count &&
                 run->series_count == run->sampled_at_count);
    fuzz_require(run->start_at_count == 0 ||
                 run->start_at_count == run->series_count);
    for (size_t i = 0; i < run->series_count; i++) {
        fuzz_require(isfinite(run->values[i]));
        fuzz_time(run->sampled_at[i]);
    }
    for (size_t i = 0; i < run->definitions_count; i++) {
        fuzz_text(run->definitions[i].name);
        fuzz_require(run->definitions[i].name.size > 0);
        fuzz_text(run->definitions[i].entity.name);
        fuzz_require(run->definitions[i].entity.name.size > 0);
        fuzz_pairs(run->definitions[i].labels,
                   run->definitions[i].labels_count);
    }
}

static inline void fuzz_log(const struct cw_log *log)
{
    fuzz_time(log->event_at);
    fuzz_text(log->body);
    fuzz_text(log->entity.name);
    fuzz_require(log->severity >= 0 && log->severity <= 24);
    fuzz_require(log->trace_id.size == 0 || log->trace_id.size == 32);
    fuzz_pairs(log->attributes, log->attributes_count);
}

static inline void fuzz_span(const struct cw_span *span)
{
    fuzz_time(span->event_at);
    fuzz_require(span->trace_id.size == 32 && span->span_id.size == 16);
    fuzz_require(span->duration_us >= 0);
    fuzz_text(span->name);
    fuzz_text(span->peer.name);
    fuzz_pairs(span->attributes, span->attributes_count);
}

static inline void fuzz_event(const struct cw_event *event)
{
    fuzz_time(event->event_at);
    fuzz_text(event->title);
    fuzz_text(event->detail);
    fuzz_text(event->dedup_key);
    fuzz_text(event->entity.name);
    for (size_t i = 0; i < event->edges_count; i++)
        fuzz_require(event->edges[i].source.name.size > 0 &&
                     event->edges[i].target.name.size > 0);
    fuzz_pairs(event->labels, event->labels_count);
}

static inline void fuzz_record(struct fuzz_sum *sum, enum cw_topic topic,
                               const void *record)
{
    if (topic == CW_TOPIC_METRICS) {
        const struct cw_metric_run *run = record;
        fuzz_run(run);
        sum->emitted[COUNT_POINTS] += run->series_count;
    } else if (topic == CW_TOPIC_LOGS) {
        fuzz_log(record);
        sum->emitted[COUNT_LOGS]++;
    } else if (topic == CW_TOPIC_SPANS) {
        fuzz_span(record);
        sum->emitted[COUNT_SPANS]++;
    } else if (topic == CW_TOPIC_EVENTS) {
        fuzz_event(record);
        sum->emitted[COUNT_EVENTS]++;
    } else if (topic == CW_TOPIC_SAID) {
        sum->emitted[COUNT_SAID]++;
    } else {
        fuzz_require(topic == CW_TOPIC_DEADLETTER);
        sum->letters++;
    }
}

static inline enum cw_status fuzz_sink(void *to, const struct cw_output *out,
                                       struct cw_error *err)
{
    struct fuzz_sum *sum = to;
    struct cw_pack first;
    struct cw_pack second;
    (void)err;
    cw_pack_init(&first, FUZZ_ARENA);
    cw_pack_init(&second, FUZZ_ARENA);
    out->type->encode(out->record, &first);
    void *again = calloc(1, out->type->size);
    struct cw_unpack in = cw_unpack_of(first.bytes, first.size);
    struct cw_error why;
    fuzz_require(again != NULL && !first.failed);
    fuzz_require(out->type->decode(again, &in, sum->arena, &why) == CW_OK);
    out->type->encode(again, &second);
    fuzz_require(first.size == second.size &&
                 memcmp(first.bytes, second.bytes, first.size) == 0);
    fuzz_record(sum, out->topic, again);
    sum->digest = cw_hash_mix(sum->digest, cw_hash(first.bytes, first.size));
    sum->digest = cw_hash_mix(sum->digest, out->route);
    free(again);
    cw_pack_fini(&first);
    cw_pack_fini(&second);
    return CW_OK;
}

static inline uint64_t fuzz_total(const uint64_t by[CW_STATUS_COUNT])
{
    uint64_t total = 0;
    for (size_t i = 0; i < CW_STATUS_COUNT; i++)
        total += by[i];
    return total;
}

static inline void fuzz_counts(const struct normalizer_counts *counts,
                               const struct fuzz_sum *sum)
{
    uint64_t parts = counts->refused_parts;
    for (size_t i = 0; i < COUNT_EMIT_COUNT; i++) {
        fuzz_require(counts->emitted[i] == sum->emitted[i]);
        parts += counts->emitted[i];
    }
    for (size_t i = 0; i < COUNT_DROP_COUNT; i++)
        parts += counts->dropped[i];
    fuzz_require(counts->parts == parts);
    fuzz_require(counts->records ==
                 counts->taken + counts->tombstones + counts->refused_records);
    fuzz_require(counts->dead_letters == sum->letters);
    fuzz_require(fuzz_total(counts->dead_letters_by) == counts->dead_letters);
    fuzz_require(fuzz_total(counts->refused_parts_by) == counts->refused_parts);
    fuzz_require(fuzz_total(counts->refused_records_by) ==
                 counts->refused_records);
}

static inline uint64_t fuzz_once(const char *topic, const uint8_t *bytes,
                                 size_t size)
{
    static const struct normalizer_config config = {.value_size_max = 1 << 20,
                                                    .parts_max = 5000};
    struct cw_error err;
    struct cw_core *core = NULL;
    struct cw_arena *arena = NULL;
    struct fuzz_sum sum = {.digest = 1};
    fuzz_require(normalizer_core_type.create(&core, &config, &err) == CW_OK);
    fuzz_require(cw_arena_create(&arena, FUZZ_ARENA, &err) == CW_OK);
    fuzz_require(cw_arena_create(&sum.arena, FUZZ_ARENA, &err) == CW_OK);
    const struct cw_raw raw = {.topic = cw_text_of(topic),
                               .timestamp_at = FUZZ_T0,
                               .has_value = true,
                               .value = {(const char *)bytes, size}};
    const struct cw_item item = {.topic = CW_TOPIC_RAW,
                                 .stream_at = FUZZ_T0,
                                 .event_at = FUZZ_T0,
                                 .record = &raw};
    struct cw_emit emit = {
        .sink = fuzz_sink, .to = &sum, .arena = arena, .now_at = FUZZ_T0};
    fuzz_require(normalizer_core_type.step(core, 0, &item, &emit, &err) ==
                 CW_OK);
    fuzz_counts(normalizer_counts(core), &sum);
    normalizer_core_type.destroy(&core);
    cw_arena_destroy(&arena);
    cw_arena_destroy(&sum.arena);
    return sum.digest;
}

static inline int fuzz_topic(const char *topic, const uint8_t *bytes,
                             size_t size)
{
    const uint64_t digest = fuzz_once(topic, bytes, size);
    fuzz_require(fuzz_once(topic, bytes, size) == digest);
    return 0;
}

#endif
