#include "loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alarm.h"
#include "base/time.h"
#include "core/flight.h"
#include "pulse.h"
#include "record/wire.h"
#include "stream/follow.h"
#include "stream/reader.h"
#include "stream/stream_metrics.h"
#include "targets.h"
#include "tray.h"

#define RECORD_MAX     ((size_t)16 << 20)
#define TELL_US        INT64_C(5000000)
#define TURN_MAX       1000  /* messages before posts are looked at */
#define CAUSES_BACK    20000 /* messages of causes read again at a start */
#define BEAT_LOOK_US   INT64_C(1000000)
#define TOPICS_MAX     16
#define TOPIC_NAME_MAX 256

struct topic {
    enum cw_topic id;
    char name[TOPIC_NAME_MAX];
};

struct notifier {
    const struct notifier_settings *settings;
    struct notifier_targets targets;
    struct notifier_zone *zone;
    struct notifier_desk_config desk_config;
    struct notifier_deliver_config deliver_config;
    struct notifier_desk *desk;
    struct notifier_deliver *deliver;
    struct notifier_alarm *alarm;
    struct notifier_tray *tray;
    struct pulse *pulse;
    struct notifier_beat beat;
    int64_t beat_due_us;
    const struct cw_side *side;
    struct cw_follow *follow;
    struct cw_teller *teller;
    struct cw_clocks clock;
    struct topic topics[TOPICS_MAX];
    const char *names[TOPICS_MAX]; /* of topics, for follow */
    size_t topic_count;
    char deliveries[TOPIC_NAME_MAX];
    struct cw_arena *arena; /* of the message at hand */
    bool held;              /* arena holds a notice the desk had no room for */
    struct cw_notice notice;
    atomic_bool assigned;
    atomic_ullong states[CW_DELIVERY_STATE_COUNT];
    atomic_ullong waiting;
    atomic_bool silent;
    uint64_t exposed[CW_DELIVERY_STATE_COUNT]; /* of collect */
};

static int64_t wall(const struct notifier *notifier)
{
    return cw_clock_wall_us(&notifier->clock);
}

/* ---- life ---------------------------------------------------------------- */

static enum cw_status configure(struct notifier *notifier, struct cw_error *err)
{
    const struct notifier_settings *settings = notifier->settings;
    enum cw_status status = notifier_targets_init(
        &notifier->targets, settings->targets, settings->insecure_http, err);
    if (status == CW_OK)
        status = notifier_zone_open(&notifier->zone, NULL, settings->zone, err);
    notifier->desk_config = (struct notifier_desk_config){
        .targets = notifier->targets.list,
        .target_count = notifier->targets.count,
        .zone = notifier->zone,
        .console_url =
            settings->console_url[0] != '\0' ? settings->console_url : NULL,
        .max_age_us = settings->max_age_us,
        .cause_wait_us = settings->cause_wait_us,
    };
    notifier->deliver_config = (struct notifier_deliver_config){
        .allowed = notifier->targets.hosts,
        .allowed_count = notifier->targets.count,
        .private_addresses = settings->private_addresses,
        .loopback = settings->loopback,
        .insecure_http = settings->insecure_http,
        .ca_file = settings->ca_file[0] != '\0' ? settings->ca_file : NULL,
        .timeout_ms = settings->timeout_us / 1000,
    };
    return status;
}

/* What belongs to an assignment: posts under way are cut, and the deliveries
 * tell the next owner that they had begun. */
static enum cw_status begin_anew(struct notifier *notifier,
                                 struct cw_error *err)
{
    notifier_desk_destroy(&notifier->desk);
    notifier_deliver_destroy(&notifier->deliver);
    notifier->held = false;
    if (notifier->tray != NULL)
        notifier_tray_clear(notifier->tray);
    if (notifier->alarm != NULL)
        notifier_alarm_lost(notifier->alarm);
    if (notifier->pulse != NULL)
        pulse_forget(notifier->pulse);
    enum cw_status status =
        notifier_desk_create(&notifier->desk, &notifier->desk_config, err);
    if (status == CW_OK)
        status = notifier_deliver_create(&notifier->deliver,
                                         &notifier->deliver_config, err);
    return status;
}

enum cw_status notifier_create(struct notifier **made,
                               const struct notifier_settings *settings,
                               struct cw_error *err)
{
    struct notifier *notifier = calloc(1, sizeof(*notifier));
    if (notifier == NULL)
        return cw_fail(err, CW_NO_MEMORY, "notifier");
    notifier->settings = settings;
    notifier->clock = cw_clock_system();
    notifier->beat.limit_us = settings->beat_limit_us;
    enum cw_status status = cw_arena_create(&notifier->arena, RECORD_MAX, err);
    if (status == CW_OK)
        status = configure(notifier, err);
    if (status == CW_OK)
        status =
            notifier_alarm_create(&notifier->alarm, notifier->targets.list,
                                  notifier->targets.count, notifier->zone, err);
    if (status == CW_OK)
        status = begin_anew(notifier, err);
    if (status != CW_OK)
        notifier_destroy(&notifier);
    else
        *made = notifier;
    return status;
}

void notifier_destroy(struct notifier **made)
{
    struct notifier *notifier = *made;
    if (notifier == NULL)
        return;
    cw_follow_close(&notifier->follow);
    cw_teller_destroy(&notifier->teller);
    notifier_tray_destroy(&notifier->tray);
    notifier_desk_destroy(&notifier->desk);
    notifier_deliver_destroy(&notifier->deliver);
    notifier_alarm_destroy(&notifier->alarm);
    pulse_destroy(&notifier->pulse);
    notifier_zone_close(&notifier->zone);
    notifier_targets_fini(&notifier->targets);
    cw_arena_destroy(&notifier->arena);
    free(notifier);
    *made = NULL;
}

/* ---- taking messages ----------------------------------------------------- */

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
    CW_LOG(notifier->side->log, ERROR, "record_unreadable",
           cw_kv_str("topic", rd_kafka_topic_name(message->rkt)),
           cw_kv_int("partition", message->partition),
           cw_kv_int("offset", message->offset), cw_kv_error(&err));
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
                                               wall(notifier), err);
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

/* The desk takes the notice, or it is held until it has room. */
static enum cw_status give_notice(struct notifier *notifier,
                                  struct cw_error *err)
{
    const enum cw_status status = notifier_desk_notice(
        notifier->desk, &notifier->notice, wall(notifier), err);
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
    pulse_hear(notifier->pulse, header_of(message), wall(notifier));
    if (topic == CW_TOPIC_CAUSES)
        return take_cause(notifier, message, err);
    if (topic != CW_TOPIC_NOTICES)
        return CW_OK;
    const struct cw_notice *notice =
        open_record(notifier, message, &cw_notice_type);
    if (notice == NULL)
        return CW_OK;
    notifier->notice = *notice;
    return give_notice(notifier, err);
}

/* ---- assignments --------------------------------------------------------- */

static enum cw_status recall(struct notifier *notifier,
                             const struct cw_follow_start *at,
                             struct cw_error *err)
{
    return cw_reader_read(notifier->side->kafka, notifier->deliveries,
                          at->partition.partition, RD_KAFKA_OFFSET_BEGINNING,
                          notifier->side->options->restore_timeout_us,
                          recall_delivery, notifier, err);
}

/* Words for incidents that are open already: as far back as is quick. */
static enum cw_status recall_causes(struct notifier *notifier,
                                    const struct cw_follow_start *at,
                                    struct cw_error *err)
{
    const int64_t back = at->next - CAUSES_BACK;
    char name[TOPIC_NAME_MAX];
    cw_kafka_topic_name(notifier->side->kafka, "causes", name, sizeof(name));
    return cw_reader_read(notifier->side->kafka, name, at->partition.partition,
                          back > at->first ? back : at->first,
                          notifier->side->options->restore_timeout_us,
                          recall_cause, notifier, err);
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
    if (begin_anew(notifier, &err) != CW_OK)
        CW_LOG(notifier->side->log, ERROR, "revoked", cw_kv_error(&err));
}

static void add_topic(struct notifier *notifier, enum cw_topic id)
{
    struct topic *topic = &notifier->topics[notifier->topic_count];
    notifier->names[notifier->topic_count++] = topic->name;
    topic->id = id;
    cw_kafka_topic_name(notifier->side->kafka, cw_topic_spec(id)->name,
                        topic->name, sizeof(topic->name));
}

static enum cw_status open_follow(struct notifier *notifier,
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

/* ---- work ---------------------------------------------------------------- */

static enum cw_status read_messages(struct notifier *notifier,
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

static void take_outcomes(struct notifier *notifier)
{
    struct notifier_outcome outcomes[NOTIFIER_IN_FLIGHT];
    const bool busy = notifier_deliver_in_flight(notifier->deliver) > 0;
    const size_t count = notifier_deliver_poll(notifier->deliver, busy ? 20 : 0,
                                               outcomes, NOTIFIER_IN_FLIGHT);
    for (size_t i = 0; i < count; i++) {
        CW_LOG(notifier->side->log, INFO, "post_ended",
               cw_kv_int("result", outcomes[i].result),
               cw_kv_int("http_status", outcomes[i].http_status),
               cw_kv_str("outcome", outcomes[i].text));
        if (!notifier_alarm_end(notifier->alarm, &outcomes[i], wall(notifier)))
            notifier_desk_end(notifier->desk, &outcomes[i], wall(notifier));
    }
}

static void count_said(struct notifier *notifier)
{
    for (size_t i = 0; i < notifier_tray_count(notifier->tray); i++) {
        const enum cw_delivery_state state =
            notifier_tray_state(notifier->tray, i);
        atomic_fetch_add(&notifier->states[state], 1);
    }
}

/* Record, then post: a crash leaves at most an attempt that is on record. */
static enum cw_status work(struct notifier *notifier, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    while (status == CW_OK && cw_follow_assigned(notifier->follow)) {
        const size_t in_flight = notifier_deliver_in_flight(notifier->deliver);
        if (notifier_tray_count(notifier->tray) == 0)
            status = notifier_tray_fill(notifier->tray, notifier->desk,
                                        NOTIFIER_IN_FLIGHT - in_flight,
                                        wall(notifier), err);
        if (status != CW_OK || notifier_tray_count(notifier->tray) == 0)
            return status;
        status =
            notifier_tray_say(notifier->tray, notifier->teller, TELL_US, err);
        if (status != CW_OK)
            return status;
        count_said(notifier);
        notifier_tray_post(notifier->tray, notifier->deliver, notifier->desk,
                           wall(notifier));
        notifier->side->beat(notifier->side->of);
    }
    return status;
}

static void look_at_beat(struct notifier *notifier)
{
    struct notifier_pulse pulses[CW_SERVICE_COUNT];
    char text[NOTIFIER_BEAT_TEXT];
    const int64_t now_us = wall(notifier);
    if (notifier->settings->beat_limit_us == 0)
        return;
    if (now_us >= notifier->beat_due_us) {
        notifier->beat_due_us = now_us + BEAT_LOOK_US;
        const size_t count = pulse_list(notifier->pulse, pulses);
        const enum notifier_beat_turn turn =
            notifier_beat_look(&notifier->beat, pulses, count, now_us, text);
        if (turn != NOTIFIER_BEAT_SAME) {
            CW_LOG(notifier->side->log, WARN, "watchdog",
                   cw_kv_bool("lost", turn == NOTIFIER_BEAT_LOST),
                   cw_kv_str("stages", text));
            notifier_alarm_ring(notifier->alarm, turn, text, now_us);
        }
        atomic_store(&notifier->silent, notifier->beat.lost);
    }
    notifier_alarm_tend(notifier->alarm, notifier->deliver, now_us);
}

static bool is_idle(const struct notifier *notifier)
{
    return !notifier->held && notifier_desk_count(notifier->desk) == 0 &&
           notifier_tray_count(notifier->tray) == 0;
}

static void note_assignment(struct notifier *notifier)
{
    const bool assigned =
        notifier->follow != NULL && cw_follow_assigned(notifier->follow);
    /* Who is lost stays lost until heard; others get time to be heard. */
    if (assigned && !atomic_load(&notifier->assigned) && !notifier->beat.lost)
        notifier->beat.began_at = wall(notifier);
    atomic_store(&notifier->assigned, assigned);
}

static enum cw_status turn(struct notifier *notifier, struct cw_error *err)
{
    enum cw_status status = open_follow(notifier, err);
    if (status == CW_OK && notifier->held)
        status = give_notice(notifier, err);
    if (status == CW_OK)
        status = read_messages(notifier, err);
    if (notifier->desk == NULL || notifier->deliver == NULL)
        return cw_fail(err, CW_NO_MEMORY, "desk");
    note_assignment(notifier);
    take_outcomes(notifier);
    look_at_beat(notifier);
    if (status == CW_OK)
        status = work(notifier, err);
    atomic_store(&notifier->waiting, notifier_desk_count(notifier->desk));
    if (status == CW_OK && is_idle(notifier))
        status = cw_follow_commit(notifier->follow, err);
    return status;
}

/* ---- the loop ------------------------------------------------------------ */

static void rest_a_little(void)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    (void)nanosleep(&pause, NULL);
}

/* Kafka does not answer: an assignment that could not be restored is begun
 * anew, everything else waits. */
static enum cw_status wait_for_kafka(struct notifier *notifier,
                                     struct cw_error *err)
{
    CW_LOG(notifier->side->log, WARN, "waiting", cw_kv_error(err));
    if (notifier->follow != NULL && !cw_follow_assigned(notifier->follow)) {
        cw_follow_close(&notifier->follow);
        const enum cw_status status = begin_anew(notifier, err);
        if (status != CW_OK)
            return status;
    }
    rest_a_little();
    return CW_OK;
}

static enum cw_status prepare(struct notifier *notifier, struct cw_error *err)
{
    cw_kafka_topic_name(notifier->side->kafka, "deliveries",
                        notifier->deliveries, sizeof(notifier->deliveries));
    add_topic(notifier, CW_TOPIC_NOTICES);
    for (const enum cw_topic *topic = pulse_topics; *topic != CW_TOPIC_COUNT;
         topic++)
        add_topic(notifier, *topic);
    notifier->beat.began_at = wall(notifier);
    enum cw_status status =
        pulse_create(&notifier->pulse, notifier->side->plan, err);
    if (status == CW_OK)
        status = notifier_tray_create(&notifier->tray, notifier->deliveries,
                                      notifier->side->plan->partitions, err);
    if (status == CW_OK)
        status =
            cw_teller_create(&notifier->teller, notifier->side->kafka, err);
    return status;
}

enum cw_status notifier_run(void *context, const struct cw_side *side,
                            struct cw_error *err)
{
    struct notifier *notifier = context;
    notifier->side = side;
    enum cw_status status = prepare(notifier, err);
    if (notifier->targets.count == 0)
        CW_LOG(side->log, WARN, "no_targets",
               cw_kv_str("meaning", "notify.targets is empty: nobody is told"));
    while (status == CW_OK && !atomic_load(side->stop)) {
        side->beat(side->of);
        status = turn(notifier, err);
        if (status == CW_UNAVAILABLE)
            status = wait_for_kafka(notifier, err);
    }
    return status;
}

bool notifier_ready(void *context, json_t *parts, struct cw_error *why)
{
    const struct notifier *notifier = context;
    const bool assigned = notifier != NULL && atomic_load(&notifier->assigned);
    if (parts != NULL)
        (void)json_object_set_new(parts, "assigned", json_boolean(assigned));
    if (!assigned)
        (void)cw_fail(why, CW_UNAVAILABLE, "no assignment yet");
    return assigned;
}

void notifier_collect(void *context, struct cw_metrics *metrics)
{
    struct notifier *notifier = context;
    const size_t first = cw_stream_metric_count;
    for (unsigned i = 0; i < CW_DELIVERY_STATE_COUNT; i++) {
        const struct cw_text state =
            cw_text_of(cw_delivery_state_name((enum cw_delivery_state)i));
        const uint64_t count = atomic_load(&notifier->states[i]);
        cw_cell_add(cw_metrics_cell(metrics, first + NOTIFIER_METRIC_DELIVERIES,
                                    &state),
                    count - notifier->exposed[i]);
        notifier->exposed[i] = count;
    }
    cw_metrics_set(metrics, first + NOTIFIER_METRIC_WAITING,
                   (double)atomic_load(&notifier->waiting));
    cw_metrics_set(metrics, first + NOTIFIER_METRIC_SILENT,
                   atomic_load(&notifier->silent) ? 1.0 : 0.0);
}
