#include "refused.h"

#include <stdio.h>

#include "base/hash.h"
#include "record/dead_letter.h"

#define LETTER_SIZE_MAX ((size_t)900 * 1024) /* below Kafka's usual 1 MB */

void refused_begin(struct refused *refused, struct cw_arena *arena)
{
    *refused = (struct refused){.arena = arena};
}

static void add_whole(struct refused *refused, const struct refused_part *part)
{
    if (refused->whole_count++ == 0)
        refused->whole = *part;
}

void refused_add(struct refused *refused, int32_t index, struct cw_text bytes,
                 enum cw_status status, struct cw_text message)
{
    const struct refused_part part = {index, status, message, bytes};
    if (refused->parts == NULL && bytes.size > 0)
        refused->parts = cw_arena_take(refused->arena,
                                       REFUSED_MAX * sizeof(*refused->parts));
    if (bytes.size == 0 || refused->parts == NULL ||
        refused->count == REFUSED_MAX)
        add_whole(refused, &part);
    else
        refused->parts[refused->count++] = part;
}

/* Retries count themselves in this header when they are put in again. */
static int32_t retry_of(const struct cw_raw *raw)
{
    for (size_t i = 0; i < raw->header_count; i++) {
        const struct cw_text value = raw->headers[i].value;
        if (!cw_text_is(raw->headers[i].key, "causeway-retry"))
            continue;
        int32_t retry = 0;
        for (size_t at = 0; at < value.size && at < 6; at++)
            if (value.bytes[at] >= '0' && value.bytes[at] <= '9')
                retry = retry * 10 + (value.bytes[at] - '0');
        return retry;
    }
    return 0;
}

static const struct cw_header_bytes *
headers_of(const struct cw_raw *raw, struct cw_arena *arena, size_t *count)
{
    struct cw_header_bytes *made =
        cw_arena_take(arena, raw->header_count * sizeof(*made));
    *count = made == NULL ? 0 : raw->header_count;
    for (size_t i = 0; i < *count; i++)
        made[i] = (struct cw_header_bytes){raw->headers[i].key,
                                           raw->headers[i].value};
    return made;
}

static enum cw_status put(const struct cw_raw *raw, const struct cw_meta *meta,
                          const struct refused_part *part, struct cw_emit *emit,
                          struct cw_error *err)
{
    struct cw_refusal refusal = {
        .meta = *meta,
        .service = CW_TEXT("normalizer"),
        .topic = raw->topic,
        .partition = raw->partition,
        .offset = raw->offset,
        .index = part->index,
        .retry = retry_of(raw),
        .timestamp_at = raw->timestamp_at,
        .has_key = raw->has_key,
        .key = raw->key,
        .value = part->bytes,
    };
    struct cw_error reason = {.status = part->status};
    (void)snprintf(reason.text, sizeof(reason.text), "%.*s",
                   CW_TEXT_ARG(part->message));
    refusal.headers =
        headers_of(raw, cw_emit_arena(emit), &refusal.header_count);
    const struct cw_dead_letter letter = cw_dead_letter_of(
        &refusal, &reason, LETTER_SIZE_MAX, cw_emit_arena(emit));
    return cw_emit_put(emit, CW_TOPIC_DEADLETTER,
                       cw_route_domain(meta->tenant, meta->domain),
                       (struct cw_text){"", 0}, &letter, err);
}

enum cw_status refused_put(const struct refused *refused,
                           const struct cw_raw *raw, const struct cw_meta *meta,
                           struct cw_emit *emit, size_t *sent,
                           struct cw_error *err)
{
    *sent = 0;
    for (size_t i = 0; i < refused->count; i++) {
        const enum cw_status status =
            put(raw, meta, &refused->parts[i], emit, err);
        if (status != CW_OK)
            return status;
        (*sent)++;
    }
    if (refused->whole_count == 0)
        return CW_OK;
    struct refused_part whole = refused->whole;
    whole.bytes = raw->value;
    if (refused->whole_count > 1)
        whole.message = cw_arena_print(
            refused->arena, "%zu parts refused; first: %.*s",
            refused->whole_count, CW_TEXT_ARG(refused->whole.message));
    (*sent)++;
    return put(raw, meta, &whole, emit, err);
}

enum cw_status refused_put_record(const struct cw_raw *raw,
                                  const struct cw_meta *meta,
                                  const struct cw_error *why,
                                  struct cw_emit *emit, struct cw_error *err)
{
    const struct refused_part record = {-1, why->status, cw_text_of(why->text),
                                        raw->value};
    return put(raw, meta, &record, emit, err);
}
