#include <stdio.h>

#include "core/flight.h"
#include "loop_inner.h"
#include "record/wire.h"
#include "stream/reader.h"

#define TURN_MAX    1000  /* messages before posts are looked at */
#define CAUSES_BACK 20000 /* messages of causes read again at a start */

/* NULL when it is not of that type: marks lie between the records. */
static const void *open_record(struct notifier *notifier,
                               const rd_kafka_message_t *message,
                               const struct cw_record_type *wanted)
{
    const struct cw_record_type *type = NULL;
    const void *record = NULL;
    struct cw_error err = {0};
    cw_arena_reset(notifier->arena);
    if (message->payload == NULL)
        return NULL; /* a tombstone */
    const struct cw_text value = cw_arena_text(
        notifier->arena, (struct cw_text){message->payload, message->len});
    if (value.bytes != NULL &&
        cw_wire_open(value, notifier->arena, &type, &record, &err) == CW_OK)
        return type == wanted ? record : NULL;
    if (value.bytes == NULL)
        (void)cw_fail(&err, CW_TOO_LARGE, "%zu bytes", message->len);
    notifier->side->unreadable(notifier->side->of, message, &err);
    return NULL;
}

static enum cw_status take_cause(struct notifier *notifier,
                                 const rd_kafka_message_t *message,
                                 struct cw_error *err)
{
    const struct cw_cause *cause =
        open_record(notifier, message, &cw_cause_type);
    return cause == NULL ? CW_OK
                         : notifier_desk_cause(notifier->desk, cause,
                                               notifier_wall(notifier), err);
}

static enum cw_status recall_cause(void *to, const rd_kafka_message_t *message,
                                   struct cw_error *err)
{
    struct notifier *notifier = to;
    notifier->side->beat(notifier->side->of);
    return take_cause(notifier, message, err);
}

static enum cw_status recall_delivery(void *to,
                                      const rd_kafka_message_t *message,
                                      struct cw_error *err)
{
    struct notifier *notifier = to;
    notifier->side->beat(notifier->side->of);
    const struct cw_delivery *record =
        open_record(notifier, message, &cw_delivery_type);
    return record == NULL ? CW_OK
                          : notifier_desk_recall(notifier->desk, record, err);
}

enum cw_status notifier_give_notice(struct notifier *notifier,
                                    struct cw_error *err)
{
    const enum cw_status status = notifier_desk_notice(
        notifier->desk, &notifier->notice, notifier_wall(notifier), err);
    notifier->held = status == CW_FULL;
    if (status == CW_TOO_LARGE) {
        CW_LOG(notifier->side->log, ERROR, "notice_too_large",
               cw_kv_text("notice", notifier->notice.notice_id));
        return CW_OK;
    }
    return status == CW_FULL ? CW_OK : status;
}

static struct cw_text header_of(const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL;
    const void *header = NULL;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, CW_FLIGHT_HEADER, &header, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return (struct cw_text){"", 0};
    return (struct cw_text){header, size};
}

static enum cw_topic topic_of(const struct notifier *notifier,
                              struct cw_text name)
{
    for (size_t i = 0; i < notifier->topic_count; i++)
        if (cw_text_is(name, notifier->topics[i].name))
            return notifier->topics[i].id;
    return CW_TOPIC_COUNT;
}

static enum cw_status take(struct notifier *notifier,
                           const rd_kafka_message_t *message,
                           struct cw_error *err)
{
    const enum cw_topic topic =
        topic_of(notifier, cw_text_of(rd_kafka_topic_name(message->rkt)));
    pulse_hear(notifier->pulse, header_of(message), notifier_wall(notifier));
    if (topic == CW_TOPIC_CAUSES)
        return take_cause(notifier, message, err);
    if (topic != CW_TOPIC_NOTICES)
        return CW_OK;
    const struct cw_notice *notice =
        open_record(notifier, message, &cw_notice_type);
    if (notice == NULL)
        return CW_OK;
    notifier->notice = *notice;
    return notifier_give_notice(notifier, err);
}

/* ---- assignments --------------------------------------------------------- */

static enum cw_status recall(struct notifier *notifier,
                             const struct cw_follow_start *at,
                             struct cw_error *err)
{
    const struct cw_reader_range whole = {
        .topic = notifier->deliveries,
        .partition = at->partition.partition,
        .offset = RD_KAFKA_OFFSET_BEGINNING,
        .timeout_us = notifier->side->options->restore_timeout_us,
    };
    return cw_reader_read(notifier->side->kafka, &whole, recall_delivery,
                          notifier, err);
}

/* Words for incidents that are open already: as far back as is quick. */
static enum cw_status recall_causes(struct notifier *notifier,
                                    const struct cw_follow_start *at,
                                    struct cw_error *err)
{
    const int64_t back = at->next - CAUSES_BACK;
    char name[TOPIC_NAME_MAX];
    cw_kafka_topic_name(notifier->side->kafka, "causes", name, sizeof(name));
    const struct cw_reader_range latest = {
        .topic = name,
        .partition = at->partition.partition,
        .offset = back > at->first ? back : at->first,
        .timeout_us = notifier->side->options->restore_timeout_us,
    };
    return cw_reader_read(notifier->side->kafka, &latest, recall_cause,
                          notifier, err);
}

static enum cw_status start_at(void *context, const struct cw_follow_start *at,
                               int64_t *offset, struct cw_error *err)
{
    struct notifier *notifier = context;
    switch ((int)topic_of(notifier, at->partition.topic)) {
    case CW_TOPIC_NOTICES:
        return recall(notifier, at, err);
    case CW_TOPIC_CAUSES:
        pulse_own(notifier->pulse, at->partition.partition);
        *offset = at->next;
        return recall_causes(notifier, at, err);
    default:
        pulse_own(notifier->pulse, at->partition.partition);
        *offset = at->next; /* only to hear that they live */
        return CW_OK;
    }
}

static void on_revoked(void *context)
{
    struct notifier *notifier = context;
    struct cw_error err = {0};
    if (notifier_begin_anew(notifier, &err) != CW_OK)
        CW_LOG(notifier->side->log, ERROR, "revoked", cw_kv_error(&err));
}

void notifier_add_topic(struct notifier *notifier, enum cw_topic id)
{
    struct topic *topic = &notifier->topics[notifier->topic_count];
    notifier->names[notifier->topic_count++] = topic->name;
    topic->id = id;
    cw_kafka_topic_name(notifier->side->kafka, cw_topic_spec(id)->name,
                        topic->name, sizeof(topic->name));
}

enum cw_status notifier_open_follow(struct notifier *notifier,
                                    struct cw_error *err)
{
    char group[128];
    if (notifier->follow != NULL)
        return CW_OK;
    (void)snprintf(group, sizeof(group), "%s.notifier",
                   notifier->side->kafka->prefix);
    const struct cw_follow_config config = {
        .kafka = notifier->side->kafka,
        .group = group,
        .topics = notifier->names,
        .topic_count = notifier->topic_count,
        .start = start_at,
        .revoked = on_revoked,
        .context = notifier,
    };
    return cw_follow_open(&notifier->follow, &config, err);
}

enum cw_status notifier_read_messages(struct notifier *notifier,
                                      struct cw_error *err)
{
    const bool busy = notifier_deliver_in_flight(notifier->deliver) > 0 ||
                      notifier_tray_count(notifier->tray) > 0;
    const rd_kafka_message_t *message = NULL;
    enum cw_status status = CW_OK;
    int wait_ms = busy ? 0 : 50;
    for (int i = 0; status == CW_OK && !notifier->held && i < TURN_MAX; i++) {
        status = cw_follow_next(notifier->follow, wait_ms, &message, err);
        if (status != CW_OK || message == NULL)
            return status;
        status = take(notifier, message, err);
        wait_ms = 0;
    }
    return status;
}
