/*
 * draft - what one raw record comes to, before it is sent.
 *
 * Place    formats -> [draft] -> emit
 * Input    points, lines, spans, events and commands of one record, in its
 *          order; texts borrowed until draft_commit or draft_abandon
 * Output   on commit: one metric run per entity (cut at RUN_POINTS_MAX points
 *          or DEFINITIONS_SIZE_MAX bytes of definitions), logs, spans, events
 *          and said in the order given. Texts are clean UTF-8, cut to their
 *          limits and redacted
 * Limits   parts_max parts a record, memory as the arena of the step: beyond
 *          either the record is refused whole (CW_TOO_LARGE), never half
 * State    which series were defined lately; losing it repeats definitions
 * Threads  one owner thread
 */
#ifndef NORMALIZER_DRAFT_H
#define NORMALIZER_DRAFT_H

#include "core/core.h"
#include "counts.h"
#include "instant.h"
#include "labels.h"

#define BODY_SIZE_MAX      ((size_t)32 * 1024)
#define VALUE_SIZE_MAX     1024u
#define NAME_SIZE_MAX      256u
#define PARAMETER_SIZE_MAX ((size_t)256 * 1024)

struct draft;

/* Same for every record of a core. */
struct draft_settings {
    int64_t max_skew_us;     /* event time from Kafka time, either way */
    size_t parts_max;        /* of one record */
    unsigned redact_rules;   /* enum redact_rule */
    int64_t redefine_offset; /* a definition is repeated after so many */
    int64_t redefine_us;     /* offsets, or so much stream time */
    size_t definitions_max;  /* remembered; full: all are forgotten */
};

/* Where a record comes from and whose it is. */
struct draft_source {
    const struct cw_raw *raw;
    int64_t stream_at;
    struct cw_text tenant;
    struct cw_text domain;
    enum instant_unit unit; /* of bare numbers, AUTO = as the format says */
    struct cw_emit *emit;
};

struct draft_point {
    struct cw_text name;
    struct cw_text unit;
    enum cw_metric_kind kind;
    int64_t interval_us; /* 0 = unknown */
    int64_t sampled_at;  /* 0 = absent: Kafka's */
    int64_t start_at;    /* 0 = unknown */
    double value;
    const struct cw_entity *entity; /* NULL: from labels */
};

struct draft_log {
    int64_t event_at; /* 0 = absent */
    struct cw_text body;
    struct cw_text source;
    int32_t severity; /* OpenTelemetry's number, 0 = told from the body */
    struct cw_text trace_id;
    struct cw_text span_id;
    const struct cw_entity *entity; /* NULL: from labels */
};

struct draft_span {
    int64_t start_at;
    int64_t duration_us;
    struct cw_text trace_id; /* hex, any case or length up to 32 */
    struct cw_text span_id;
    struct cw_text parent_id;
    struct cw_text name;
    enum cw_span_kind kind;
    bool failed;
    const struct cw_entity *entity; /* NULL: from labels */
    struct cw_entity peer;          /* empty: from labels */
};

CW_MUST_USE enum cw_status draft_create(struct draft **made,
                                        const struct draft_settings *settings,
                                        struct normalizer_counts *counts,
                                        struct cw_error *err);
void draft_destroy(struct draft **draft);

/* Starts on a record; everything until commit or abandon belongs to it. */
void draft_begin(struct draft *draft, const struct draft_source *source);

const struct draft_source *draft_source(const struct draft *draft);
struct cw_arena *draft_arena(const struct draft *draft);
/* Kafka timestamp, or stream time where Kafka has none. */
int64_t draft_kafka_at(const struct draft *draft);

/* Names the part that the next calls speak of: its index and, where it can
 * stand alone as a record, its bytes. */
void draft_part(struct draft *draft, size_t index, struct cw_text bytes);

/* More parts than a record may have, or no memory for them: the commit refuses
 * the record whole, so nothing more of it need be read. */
bool draft_is_full(const struct draft *draft);

/* True while parts are read whose texts do not live until the commit: they
 * are copied then. False after draft_begin. */
void draft_passing(struct draft *draft, bool passing);

/* labels sorted; they may be changed. A part out of time or without a finite
 * value is refused or dropped here, and counted. */
void draft_add_point(struct draft *draft, const struct draft_point *point,
                     struct labels *labels);
void draft_add_log(struct draft *draft, const struct draft_log *log,
                   struct labels *labels);
void draft_add_span(struct draft *draft, const struct draft_span *span,
                    struct labels *labels);
/* Fills stream_at, event_at when 0, offset, route, tenant, domain, labels and,
 * when its name is empty, entity. Cleans and redacts texts. */
void draft_add_event(struct draft *draft, const struct cw_event *event,
                     struct labels *labels);
/* Fills meta from its tenant, domain and event_at. */
void draft_add_said(struct draft *draft, const struct cw_said *said);

/* A point there is nothing to send of: stale, null, not finite. */
void draft_drop(struct draft *draft, enum count_drop why);

/* Refuses the current part. */
void draft_refuse(struct draft *draft, enum cw_status status,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sends everything; refused parts as dead letters. CW_NO_MEMORY and what emit
 * refuses; CW_TOO_LARGE: nothing was sent, the caller abandons. */
CW_MUST_USE enum cw_status draft_commit(struct draft *draft,
                                        struct cw_error *err);

/* Forgets everything and sends the whole record as one dead letter. */
CW_MUST_USE enum cw_status draft_abandon(struct draft *draft,
                                         const struct cw_error *why,
                                         struct cw_error *err);

/* Clean, cut, redacted. */
struct cw_text draft_text(struct draft *draft, struct cw_text text,
                          size_t max_size);

#endif
