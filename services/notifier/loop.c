#include "loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "loop_inner.h"
#include "stream/stream_metrics.h"

#define RECORD_MAX   ((size_t)16 << 20)
#define TELL_US      INT64_C(5000000)
#define BEAT_LOOK_US INT64_C(1000000)

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
enum cw_status notifier_begin_anew(struct notifier *notifier,
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
        status = notifier_begin_anew(notifier, err);
    if (status != CW_OK)
        notifier_destroy(&notifier);
    else
        *made = notifier;
    return status;
}

void notifier_destroy(struct notifier **notifier)
{
    struct notifier *gone = *notifier;
    if (gone == NULL)
        return;
    cw_follow_close(&gone->follow);
    cw_teller_destroy(&gone->teller);
    notifier_tray_destroy(&gone->tray);
    notifier_desk_destroy(&gone->desk);
    notifier_deliver_destroy(&gone->deliver);
    notifier_alarm_destroy(&gone->alarm);
    pulse_destroy(&gone->pulse);
    notifier_zone_close(&gone->zone);
    notifier_targets_fini(&gone->targets);
    cw_arena_destroy(&gone->arena);
    free(gone);
    *notifier = NULL;
}

/* ---- work ---------------------------------------------------------------- */

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
        if (!notifier_alarm_end(notifier->alarm, &outcomes[i],
                                notifier_wall(notifier)))
            notifier_desk_end(notifier->desk, &outcomes[i],
                              notifier_wall(notifier));
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
                                        notifier_wall(notifier), err);
        if (status != CW_OK || notifier_tray_count(notifier->tray) == 0)
            return status;
        status =
            notifier_tray_say(notifier->tray, notifier->teller, TELL_US, err);
        if (status != CW_OK)
            return status;
        count_said(notifier);
        notifier_tray_post(notifier->tray, notifier->deliver, notifier->desk,
                           notifier_wall(notifier));
        notifier->side->beat(notifier->side->of);
    }
    return status;
}

/* A change of who is silent is logged and rung. */
static void listen_for_beat(struct notifier *notifier, int64_t now_us)
{
    struct notifier_pulse pulses[CW_SERVICE_COUNT];
    char text[NOTIFIER_BEAT_TEXT];
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

static void look_at_beat(struct notifier *notifier)
{
    const int64_t now_us = notifier_wall(notifier);
    if (notifier->settings->beat_limit_us == 0)
        return;
    if (now_us >= notifier->beat_due_us) {
        notifier->beat_due_us = now_us + BEAT_LOOK_US;
        listen_for_beat(notifier, now_us);
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
        notifier->beat.began_at = notifier_wall(notifier);
    atomic_store(&notifier->assigned, assigned);
}

static enum cw_status turn(struct notifier *notifier, struct cw_error *err)
{
    enum cw_status status = notifier_open_follow(notifier, err);
    if (status == CW_OK && notifier->held)
        status = notifier_give_notice(notifier, err);
    if (status == CW_OK)
        status = notifier_read_messages(notifier, err);
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
        const enum cw_status status = notifier_begin_anew(notifier, err);
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
    notifier_add_topic(notifier, CW_TOPIC_NOTICES);
    for (const enum cw_topic *topic = pulse_topics; *topic != CW_TOPIC_COUNT;
         topic++)
        notifier_add_topic(notifier, *topic);
    notifier->beat.began_at = notifier_wall(notifier);
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
        if (status == CW_OK)
            side->settled(side->of);
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
