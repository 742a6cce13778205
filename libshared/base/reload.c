#include "base/reload.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct cw_reload {
    void (*wake)(void *context);
    void *context;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t answered;
    uint64_t asked_number;    /* of the latest request */
    uint64_t answered_number; /* every request up to here has its answer */
    struct cw_error outcome;  /* of that answer */
};

enum cw_status cw_reload_create(struct cw_reload **made,
                                void (*wake)(void *context), void *context,
                                struct cw_error *err)
{
    pthread_condattr_t attributes;
    struct cw_reload *reload = calloc(1, sizeof(*reload));
    if (reload == NULL)
        return cw_fail(err, CW_NO_MEMORY, "reload");
    reload->wake = wake;
    reload->context = context;
    (void)pthread_mutex_init(&reload->lock, NULL); /* none of these fails */
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&reload->answered, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    *made = reload;
    return CW_OK;
}

void cw_reload_destroy(struct cw_reload **reload)
{
    if (*reload == NULL)
        return;
    (void)pthread_cond_destroy(&(*reload)->answered);
    (void)pthread_mutex_destroy(&(*reload)->lock);
    free(*reload);
    *reload = NULL;
}

static struct timespec deadline(int64_t patience_us)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    const int64_t ns = at.tv_nsec + patience_us % 1000000 * 1000;
    at.tv_sec += patience_us / 1000000 + ns / 1000000000;
    at.tv_nsec = ns % 1000000000;
    return at;
}

enum cw_status cw_reload_ask(struct cw_reload *reload, int64_t patience_us,
                             struct cw_error *err)
{
    const struct timespec until = deadline(patience_us);
    (void)pthread_mutex_lock(&reload->lock);
    const uint64_t number = ++reload->asked_number;
    (void)pthread_mutex_unlock(&reload->lock);
    reload->wake(reload->context);

    (void)pthread_mutex_lock(&reload->lock);
    int waited = 0;
    while (reload->answered_number < number && waited == 0)
        waited =
            pthread_cond_timedwait(&reload->answered, &reload->lock, &until);
    const bool answered = reload->answered_number >= number;
    const struct cw_error outcome = reload->outcome;
    (void)pthread_mutex_unlock(&reload->lock);
    if (!answered)
        return cw_fail(err, CW_UNAVAILABLE, "the main loop did not answer");
    if (outcome.status != CW_OK)
        *err = outcome;
    return outcome.status;
}

uint64_t cw_reload_begin(struct cw_reload *reload)
{
    (void)pthread_mutex_lock(&reload->lock);
    const uint64_t number = reload->asked_number;
    (void)pthread_mutex_unlock(&reload->lock);
    return number;
}

void cw_reload_answer(struct cw_reload *reload, uint64_t begun,
                      const struct cw_error *outcome)
{
    (void)pthread_mutex_lock(&reload->lock);
    reload->answered_number = begun;
    reload->outcome = *outcome;
    (void)pthread_cond_broadcast(&reload->answered);
    (void)pthread_mutex_unlock(&reload->lock);
}

void cw_reload_options(struct cw_reload *reload, const struct cw_reload_of *of)
{
    struct cw_error err = {0};
    const uint64_t begun = cw_reload_begin(reload);
    const enum cw_status status =
        cw_options_reload(of->options, of->target, &err);
    const struct cw_clocks clock = cw_clock_system();
    cw_metrics_config(of->metrics, status == CW_OK,
                      cw_options_hash(of->options), cw_clock_wall_us(&clock));
    cw_reload_answer(reload, begun, &err);
    if (status != CW_OK) {
        CW_LOG(of->log, ERROR, "reload_failed", cw_kv_error(&err));
        return;
    }
    cw_log_set_level(of->log, cw_log_level_of(*of->log_level));
    for (size_t i = 0; i < cw_options_change_count(of->options); i++) {
        const struct cw_option_change *change =
            cw_options_change(of->options, i);
        CW_LOG(of->log, INFO, "option_changed",
               cw_kv_str("option", change->name),
               cw_kv_bool("needs_restart", change->kept));
    }
}
