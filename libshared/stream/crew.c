#include "stream/crew.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/signal.h"
#include "base/watchdog.h"
#include "stream/lags.h"
#include "stream/loop.h"
#include "stream/stream_metrics.h"

struct part {
    struct cw_crew *crew;
    struct cw_kafka kafka;
    char instance[128];
    char group[128];
    struct cw_loop *loop;
    struct cw_watchdog *watchdog;
    struct cw_lags *lags;
    pthread_t thread;
    bool started;
    atomic_bool ended;
    enum cw_status status;
    struct cw_error err;
};

/* The side loop with what it is lent. */
struct side {
    struct cw_crew *crew;
    struct cw_kafka kafka;
    char instance[128];
    struct cw_side lent;
    struct cw_watchdog *watchdog;
    struct cw_lags *lags;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    atomic_bool ended;
    _Atomic int64_t settled_us; /* monotonic */
    atomic_ullong unreadable[CW_STATUS_COUNT];
    enum cw_status status;
    struct cw_error err;
};

struct cw_crew {
    struct cw_crew_setup setup;
    struct part parts[CW_CREW_PARTS_MAX];
    struct side side;
};

/* ---- loops -------------------------------------------------------------- */

static void part_beat(void *context)
{
    struct part *part = context;
    cw_watchdog_beat(part->watchdog);
}

static enum cw_status make_loop(struct part *part,
                                const struct cw_service_part *setup,
                                struct cw_error *err)
{
    const struct cw_crew *crew = part->crew;
    const struct cw_service_options *options = crew->setup.program->options;
    const struct cw_loop_config config = {
        .flow = {.kafka = &part->kafka,
                 .service = setup->service,
                 .type = setup->type,
                 .config = setup->config,
                 .config_hash = cw_options_hash(crew->setup.options),
                 .plan = crew->setup.plan,
                 .snapshot_within_us = options->snapshot_within_us,
                 .stall_limit_us = options->stall_limit_us,
                 .grace_us = options->grace_us,
                 .tick_every_us = options->tick_every_us,
                 .restore_timeout_us = options->restore_timeout_us,
                 .held_max = (size_t)options->held_max,
                 .clock = cw_clock_system()},
        .flow_type = setup->flow,
        .group = part->group,
        .commit_every_us = options->commit_every_us,
        .outbox_max = (size_t)options->outbox_max,
        .message_size = (size_t)options->message_size,
        .ready_grace_us = options->ready_grace_us,
        .beat = part_beat,
        .context = part,
    };
    return cw_loop_create(&part->loop, &config, err);
}

static enum cw_status open_part(struct cw_crew *crew, size_t index,
                                struct cw_error *err)
{
    struct part *part = &crew->parts[index];
    const struct cw_service_part *setup = &crew->setup.program->parts[index];
    const struct cw_service_options *options = crew->setup.program->options;
    const char *service = cw_service_name(setup->service);
    part->crew = crew;
    (void)snprintf(part->instance, sizeof(part->instance), "%s-%s-%s",
                   options->prefix, service, options->instance);
    (void)snprintf(part->group, sizeof(part->group), "%s.%s", options->prefix,
                   service);
    enum cw_status status = cw_lags_create(&part->lags, err);
    if (status != CW_OK)
        return status;
    part->kafka = (struct cw_kafka){
        .brokers = options->brokers,
        .prefix = options->prefix,
        .service = service,
        .instance = part->instance,
        .options = crew->setup.options,
        .log = crew->setup.log,
        .lags = part->lags,
    };
    const struct cw_watchdog_config watchdog = {
        .name = service,
        .limit_us = options->progress_limit_us,
        .clock = cw_clock_system(),
        .log = crew->setup.log,
    };
    status = cw_watchdog_start(&part->watchdog, &watchdog, err);
    return status == CW_OK ? make_loop(part, setup, err) : status;
}

static void *run_part(void *context)
{
    struct part *part = context;
    part->status = cw_loop_run(part->loop, &part->err);
    cw_watchdog_rest(part->watchdog);
    atomic_store(&part->ended, true);
    cw_signals_raise(CW_REQUEST_STOP);
    return NULL;
}

static void close_part(struct part *part)
{
    cw_loop_destroy(&part->loop);
    cw_lags_destroy(&part->lags);
    cw_watchdog_stop(&part->watchdog);
}

/* ---- side loop ---------------------------------------------------------- */

static void side_beat(void *of)
{
    cw_watchdog_beat(((struct side *)of)->watchdog);
}

static int64_t monotonic(void)
{
    const struct cw_clocks clock = cw_clock_system();
    return cw_clock_monotonic_us(&clock);
}

static void side_settled(void *of)
{
    atomic_store(&((struct side *)of)->settled_us, monotonic());
}

static void side_unreadable(void *of, const rd_kafka_message_t *message,
                            const struct cw_error *why)
{
    struct side *side = of;
    atomic_fetch_add(&side->unreadable[why->status], 1);
    CW_LOG(side->lent.log, ERROR, "record_unreadable",
           cw_kv_str("topic", rd_kafka_topic_name(message->rkt)),
           cw_kv_int("partition", message->partition),
           cw_kv_int("offset", message->offset), cw_kv_error(why));
}

static enum cw_status open_side(struct cw_crew *crew, struct cw_error *err)
{
    struct side *side = &crew->side;
    const struct cw_side_loop *loop = crew->setup.program->side;
    const struct cw_service_options *options = crew->setup.program->options;
    if (loop == NULL)
        return CW_OK;
    side->crew = crew;
    side_settled(side);
    (void)snprintf(side->instance, sizeof(side->instance), "%s-%s-%s",
                   options->prefix, loop->name, options->instance);
    const enum cw_status status = cw_lags_create(&side->lags, err);
    if (status != CW_OK)
        return status;
    side->kafka = (struct cw_kafka){
        .brokers = options->brokers,
        .prefix = options->prefix,
        .service = loop->name,
        .instance = side->instance,
        .options = crew->setup.options,
        .log = crew->setup.log,
        .lags = side->lags,
    };
    side->lent = (struct cw_side){
        .kafka = &side->kafka,
        .plan = crew->setup.plan,
        .options = options,
        .log = crew->setup.log,
        .stop = &side->stop,
        .beat = side_beat,
        .settled = side_settled,
        .unreadable = side_unreadable,
        .of = side,
    };
    const struct cw_watchdog_config watchdog = {
        .name = loop->name,
        .limit_us = options->progress_limit_us,
        .clock = cw_clock_system(),
        .log = crew->setup.log,
    };
    return cw_watchdog_start(&side->watchdog, &watchdog, err);
}

static void *run_side(void *context)
{
    struct side *side = context;
    const struct cw_side_loop *loop = side->crew->setup.program->side;
    side->status = loop->run(loop->context, &side->lent, &side->err);
    cw_watchdog_rest(side->watchdog);
    atomic_store(&side->ended, true);
    cw_signals_raise(CW_REQUEST_STOP);
    return NULL;
}

static enum cw_status stop_side(struct cw_crew *crew, struct cw_error *err)
{
    struct side *side = &crew->side;
    if (!side->started)
        return CW_OK;
    atomic_store(&side->stop, true);
    (void)pthread_join(side->thread, NULL);
    if (side->status == CW_OK)
        return CW_OK;
    *err = side->err;
    CW_LOG(crew->setup.log, ERROR, "side_loop_ended", cw_kv_error(err));
    return side->status;
}

/* ---- all of them -------------------------------------------------------- */

enum cw_status cw_crew_open(struct cw_crew **made,
                            const struct cw_crew_setup *setup,
                            struct cw_error *err)
{
    assert(setup->program->part_count <= CW_CREW_PARTS_MAX);
    struct cw_crew *crew = calloc(1, sizeof(*crew));
    if (crew == NULL)
        return cw_fail(err, CW_NO_MEMORY, "crew");
    crew->setup = *setup;
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < setup->program->part_count && status == CW_OK; i++)
        status = open_part(crew, i, err);
    if (status == CW_OK)
        status = open_side(crew, err);
    if (status != CW_OK)
        cw_crew_close(&crew);
    else
        *made = crew;
    return status;
}

void cw_crew_close(struct cw_crew **crew)
{
    if (*crew == NULL)
        return;
    for (size_t i = 0; i < (*crew)->setup.program->part_count; i++)
        close_part(&(*crew)->parts[i]);
    cw_watchdog_stop(&(*crew)->side.watchdog);
    cw_lags_destroy(&(*crew)->side.lags);
    free(*crew);
    *crew = NULL;
}

void cw_crew_start(struct cw_crew *crew)
{
    for (size_t i = 0; i < crew->setup.program->part_count; i++) {
        struct part *part = &crew->parts[i];
        part->started =
            pthread_create(&part->thread, NULL, run_part, part) == 0;
    }
    if (crew->setup.program->side != NULL)
        crew->side.started = pthread_create(&crew->side.thread, NULL, run_side,
                                            &crew->side) == 0;
}

bool cw_crew_any_ended(struct cw_crew *crew)
{
    if (crew->setup.program->side != NULL &&
        (!crew->side.started || atomic_load(&crew->side.ended)))
        return true;
    for (size_t i = 0; i < crew->setup.program->part_count; i++)
        if (!crew->parts[i].started || atomic_load(&crew->parts[i].ended))
            return true;
    return false;
}

enum cw_status cw_crew_stop(struct cw_crew *crew, struct cw_error *err)
{
    enum cw_status status = stop_side(crew, err);
    for (size_t i = 0; i < crew->setup.program->part_count; i++)
        cw_loop_stop(crew->parts[i].loop);
    for (size_t i = 0; i < crew->setup.program->part_count; i++) {
        struct part *part = &crew->parts[i];
        if (!part->started)
            continue;
        (void)pthread_join(part->thread, NULL);
        if (part->status == CW_OK)
            continue;
        status = part->status;
        *err = part->err;
        CW_LOG(crew->setup.log, ERROR, "loop_ended", cw_kv_error(err));
    }
    return status;
}

/* ---- asked from outside ------------------------------------------------- */

static bool moves(const struct cw_crew *crew,
                  const struct cw_watchdog *watchdog, const char *name,
                  struct cw_error *why)
{
    const int64_t still_us =
        watchdog == NULL ? 0 : cw_watchdog_still_us(watchdog);
    if (still_us <= crew->setup.program->options->progress_limit_us / 2)
        return true;
    (void)cw_fail(why, CW_UNAVAILABLE, "%s stands still for %lld ms", name,
                  (long long)still_us / 1000);
    return false;
}

bool cw_crew_is_healthy(struct cw_crew *crew, struct cw_error *why)
{
    for (size_t i = 0; i < crew->setup.program->part_count; i++) {
        const struct part *part = &crew->parts[i];
        if (!moves(crew, part->watchdog, part->kafka.service, why))
            return false;
    }
    const struct cw_side_loop *side = crew->setup.program->side;
    return side == NULL || moves(crew, crew->side.watchdog, side->name, why);
}

/* What the loop says of itself, and how long ago it had settled. */
static bool is_side_ready(struct cw_crew *crew, json_t *one,
                          struct cw_error *why)
{
    const struct cw_side_loop *loop = crew->setup.program->side;
    const struct side *side = &crew->side;
    const int64_t age_us = monotonic() - atomic_load(&side->settled_us);
    uint64_t unreadable = 0;
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++)
        unreadable += atomic_load(&side->unreadable[i]);
    if (one != NULL) {
        (void)json_object_set_new(one, "commit_age_ms",
                                  json_integer(age_us / 1000));
        (void)json_object_set_new(one, "unreadable",
                                  json_integer((json_int_t)unreadable));
    }
    if (loop->ready != NULL && !loop->ready(loop->context, one, why))
        return false;
    if (age_us <= crew->setup.program->options->ready_grace_us)
        return true;
    (void)cw_fail(why, CW_UNAVAILABLE, "%s: no commit for %lld ms", loop->name,
                  (long long)age_us / 1000);
    return false;
}

bool cw_crew_is_ready(struct cw_crew *crew, json_t *parts, struct cw_error *why)
{
    bool ready = true;
    for (size_t i = 0; i < crew->setup.program->part_count; i++) {
        struct part *part = &crew->parts[i];
        json_t *one = parts == NULL ? NULL : json_object();
        struct cw_error reason = {0};
        if (part->loop == NULL || !cw_loop_ready(part->loop, one, &reason)) {
            *why = reason;
            ready = false;
        }
        if (parts != NULL)
            (void)json_object_set_new(parts, part->kafka.service, one);
    }
    const struct cw_side_loop *side = crew->setup.program->side;
    if (side != NULL) {
        json_t *one = parts == NULL ? NULL : json_object();
        ready = is_side_ready(crew, one, why) && ready;
        if (parts != NULL)
            (void)json_object_set_new(parts, side->name, one);
    }
    return ready;
}

static void collect_unreadable(const struct side *side, const char *role,
                               struct cw_metrics *metrics)
{
    struct cw_letter_counts counts;
    for (unsigned i = 0; i < CW_STATUS_COUNT; i++)
        counts.by[i] = atomic_load(&side->unreadable[i]);
    cw_stream_metrics_unreadable(metrics, role, &counts);
}

void cw_crew_collect(struct cw_crew *crew, struct cw_metrics *metrics)
{
    const struct cw_side_loop *side = crew->setup.program->side;
    if (side != NULL && side->collect != NULL)
        side->collect(side->context, metrics);
    if (side != NULL) {
        cw_stream_metrics_lags(metrics, side->name, crew->side.lags);
        collect_unreadable(&crew->side, side->name, metrics);
    }
    for (size_t i = 0; i < crew->setup.program->part_count; i++) {
        struct part *part = &crew->parts[i];
        const struct cw_loop_state state = cw_loop_state(part->loop);
        cw_stream_metrics_set(metrics, part->kafka.service, &state);
        cw_stream_metrics_core(metrics, crew->setup.program->metrics,
                               crew->setup.program->parts[i].type, &state.flow);
        cw_stream_metrics_lags(metrics, part->kafka.service, part->lags);
    }
}
