#include "draft_state.h"

#include "base/hash.h"
#include "redact.h"

static struct cw_meta meta_of(const struct draft *draft)
{
    struct cw_meta meta = cw_emit_meta(draft->source.emit, draft->source.tenant,
                                       draft->source.domain, draft->kafka_at);
    meta.redaction_version = REDACTION_VERSION;
    return meta;
}

static enum cw_status put_logs(struct draft *draft, struct cw_error *err)
{
    const struct cw_log *logs = draft->logs.items;
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < draft->logs.count; i++)
        status = cw_emit_put(draft->source.emit, CW_TOPIC_LOGS,
                             (uint64_t)logs[i].route, (struct cw_text){"", 0},
                             &logs[i], err);
    return status;
}

static enum cw_status put_spans(struct draft *draft, struct cw_error *err)
{
    const struct cw_span *spans = draft->spans.items;
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < draft->spans.count; i++)
        status = cw_emit_put(draft->source.emit, CW_TOPIC_SPANS,
                             (uint64_t)spans[i].route, (struct cw_text){"", 0},
                             &spans[i], err);
    return status;
}

static enum cw_status put_events(struct draft *draft, struct cw_error *err)
{
    const struct cw_event *events = draft->events.items;
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < draft->events.count; i++)
        status = cw_emit_put(draft->source.emit, CW_TOPIC_EVENTS,
                             (uint64_t)events[i].route, (struct cw_text){"", 0},
                             &events[i], err);
    return status;
}

/* What every service must hear goes everywhere; the rest to its domain. */
static uint64_t route_of(const struct cw_said *said)
{
    if (said->kind == CW_SAID_KIND_RULE || said->kind == CW_SAID_KIND_MODEL ||
        said->kind == CW_SAID_KIND_KILL_SWITCH)
        return CW_ROUTE_ALL;
    return cw_route_domain(said->meta.tenant, said->meta.domain);
}

static enum cw_status put_said(struct draft *draft, struct cw_error *err)
{
    struct cw_said *said = draft->said.items;
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < draft->said.count; i++) {
        said[i].meta.redaction_version = REDACTION_VERSION;
        status =
            cw_emit_put(draft->source.emit, CW_TOPIC_SAID, route_of(&said[i]),
                        said[i].said_id, &said[i], err);
    }
    return status;
}

/* Parts that stand alone come first, then the record for all others. */
static void count_letters(struct draft *draft, size_t sent)
{
    struct normalizer_counts *counts = draft->counts;
    const struct refused *refused = &draft->refused;
    counts->dead_letters += sent;
    for (size_t i = 0; i < sent; i++)
        counts->dead_letters_by[i < refused->count ? refused->parts[i].status
                                                   : refused->whole.status]++;
}

static enum cw_status put_refused(struct draft *draft, struct cw_error *err)
{
    const struct cw_meta meta = meta_of(draft);
    size_t sent;
    const enum cw_status status =
        refused_put(&draft->refused, draft->source.raw, &meta,
                    draft->source.emit, &sent, err);
    count_letters(draft, sent);
    return status;
}

static void count(struct draft *draft)
{
    struct normalizer_counts *counts = draft->counts;
    counts->taken++;
    counts->parts += draft->parts;
    for (size_t i = 0; i < COUNT_EMIT_COUNT; i++)
        counts->emitted[i] += draft->pending[i];
    for (size_t i = 0; i < COUNT_DROP_COUNT; i++)
        counts->dropped[i] += draft->dropped[i];
    counts->refused_parts += draft->refused_parts;
    for (size_t i = 0; i < CW_STATUS_COUNT; i++)
        counts->refused_parts_by[i] += draft->refused_by[i];
    counts->labels_cut += draft->labels_cut;
    counts->definitions += draft->defined;
}

enum cw_status draft_commit(struct draft *draft, struct cw_error *err)
{
    if (draft->full)
        return cw_fail(err, CW_TOO_LARGE,
                       "record of %zu bytes and %zu parts is too much at once",
                       draft->source.raw->value.size, draft->parts);
    enum cw_status status =
        runs_put(&draft->runs, draft->source.emit, draft->source.stream_at,
                 draft->source.raw->offset, err);
    if (status == CW_OK)
        status = put_logs(draft, err);
    if (status == CW_OK)
        status = put_spans(draft, err);
    if (status == CW_OK)
        status = put_events(draft, err);
    if (status == CW_OK)
        status = put_said(draft, err);
    if (status == CW_OK)
        status = put_refused(draft, err);
    if (status == CW_OK)
        count(draft);
    draft_reset(draft);
    return status;
}

enum cw_status draft_abandon(struct draft *draft, const struct cw_error *why,
                             struct cw_error *err)
{
    const struct cw_meta meta = meta_of(draft);
    draft_reset(draft);
    definitions_forget(draft->definitions);
    draft->counts->refused_records++;
    draft->counts->refused_records_by[why->status]++;
    draft->counts->dead_letters++;
    draft->counts->dead_letters_by[why->status]++;
    return refused_put_record(draft->source.raw, &meta, why, draft->source.emit,
                              err);
}
