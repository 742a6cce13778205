#include "core/letters.h"

#include "record/dead_letter.h"
#include "record/wire.h"

#define ITEM_SIZE_MAX ((size_t)64 << 20)
#define NAME_SIZE_MAX 256 /* a longer name is in the value only */

static struct cw_text short_of(struct cw_text name)
{
    return name.size <= NAME_SIZE_MAX ? name : (struct cw_text){"", 0};
}

static void name(struct cw_meta *meta, struct cw_text tenant,
                 struct cw_text domain, int64_t offset)
{
    meta->tenant = short_of(tenant);
    meta->domain = short_of(domain);
    meta->origin_offset = offset;
}

static void name_item(struct cw_meta *meta, const struct cw_item *item)
{
    const struct cw_text none = {"", 0};
    if (item->topic == CW_TOPIC_LOGS) {
        const struct cw_log *log = item->record;
        name(meta, log->tenant, log->domain, log->offset);
    } else if (item->topic == CW_TOPIC_SPANS) {
        const struct cw_span *span = item->record;
        name(meta, span->tenant, span->domain, span->offset);
    } else if (item->topic == CW_TOPIC_EVENTS) {
        const struct cw_event *event = item->record;
        name(meta, event->tenant, event->domain, event->offset);
    } else {
        const struct cw_metric_run *run = item->record; /* does not say whose */
        name(meta, none, none, run->offset);
    }
}

/* When and in which slice it was refused; whose it is, as far as it says. */
static struct cw_meta meta_of(const struct cw_item *item,
                              const struct cw_emit *emit)
{
    const struct cw_text none = {"", 0};
    struct cw_meta meta = cw_emit_meta(emit, none, none, item->event_at);
    if (cw_topic_spec(item->topic)->form != CW_FORM_RECORD) {
        name_item(&meta, item);
        return meta;
    }
    const struct cw_meta *own = item->record; /* begins every message */
    name(&meta, own->tenant, own->domain, own->origin_offset);
    meta.origin_topic = short_of(own->origin_topic);
    meta.origin_partition = own->origin_partition;
    return meta;
}

/* The item as one message: a record, or a batch that holds only it. */
static void seal_item(const struct cw_item *item, struct cw_pack *out)
{
    const struct cw_record_type *type = cw_topic_item_type(item->topic);
    const struct cw_meta meta = {.origin_partition = -1, .origin_offset = -1};
    if (cw_topic_spec(item->topic)->form == CW_FORM_RECORD) {
        cw_wire_seal(type, item->record, out);
        return;
    }
    cw_wire_frame(cw_topic_message_type(item->topic), out);
    cw_meta_encode(&meta, out);
    cw_pack_u8(out, 2); /* a block of one; Avro's zigzag */
    type->encode(item->record, out);
    cw_pack_u8(out, 0); /* no more blocks */
}

enum cw_status cw_letters_put(const char *service, int32_t partition,
                              const struct cw_item *item,
                              const struct cw_error *why, struct cw_emit *emit,
                              struct cw_error *err)
{
    struct cw_pack value;
    cw_pack_init(&value, ITEM_SIZE_MAX);
    seal_item(item, &value);
    if (value.failed) {
        cw_pack_fini(&value);
        return cw_fail(err, CW_NO_MEMORY, "a refused %s",
                       cw_topic_spec(item->topic)->name);
    }
    const struct cw_refusal refusal = {
        .meta = meta_of(item, emit),
        .service = cw_text_of(service),
        .topic = cw_text_of(cw_topic_spec(item->topic)->name),
        .partition = partition,
        .offset = -1,
        .index = -1,
        .timestamp_at = -1,
        .value = {(const char *)value.bytes, value.size},
    };
    const struct cw_dead_letter letter = cw_dead_letter_of(
        &refusal, why, LETTERS_VALUE_MAX, cw_emit_arena(emit));
    const enum cw_status status =
        cw_emit_put(emit, CW_TOPIC_DEADLETTER,
                    cw_route_domain(refusal.meta.tenant, refusal.meta.domain),
                    (struct cw_text){"", 0}, &letter, err);
    cw_pack_fini(&value);
    return status;
}

void cw_letters_count(struct cw_letter_counts *counts,
                      const struct cw_output *out)
{
    if (out->topic != CW_TOPIC_DEADLETTER)
        return;
    const struct cw_dead_letter *letter = out->record;
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++)
        if (cw_text_is(letter->code, cw_status_code((enum cw_status)i)))
            counts->by[i]++;
}

void cw_letters_add(struct cw_letter_counts *sum,
                    const struct cw_letter_counts *more)
{
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++)
        sum->by[i] += more->by[i];
}
