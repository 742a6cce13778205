#include "base/watchdog.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LOOKS_PER_LIMIT 8
#define LIMIT_MIN_US    INT64_C(8000)
#define LAST_WORDS_S    2u

struct cw_watchdog {
    struct cw_watchdog_config config;
    _Atomic uint64_t beat_count;
    _Atomic bool at_work;
    _Atomic int64_t still_us;
    uint64_t seen_count; /* of the watching thread, as the next */
    int64_t seen_at;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t stop;
    bool stopping;
};

static void give_up(struct cw_watchdog *watchdog, int64_t still_us)
{
    const struct cw_watchdog_config *config = &watchdog->config;
    if (config->give_up == NULL)
        (void)alarm(LAST_WORDS_S); /* the log may be what hangs */
    CW_LOG(config->log, ERROR, "watchdog_gave_up",
           cw_kv_str("watched", config->name),
           cw_kv_int("still_ms", still_us / 1000),
           cw_kv_int("limit_ms", config->limit_us / 1000),
           cw_kv_int("exit_code", CW_WATCHDOG_EXIT_CODE));
    if (config->give_up == NULL)
        _exit(CW_WATCHDOG_EXIT_CODE);
    config->give_up(config->context, CW_WATCHDOG_EXIT_CODE);
}

/* One look. Stillness is the sum of what lies between looks, each no longer
 * than two intervals, so that a process that was stopped as a whole does not
 * wake up to its end. */
static void look(struct cw_watchdog *watchdog)
{
    const int64_t interval_us = watchdog->config.limit_us / LOOKS_PER_LIMIT;
    const int64_t now_us = cw_clock_monotonic_us(&watchdog->config.clock);
    const uint64_t count = atomic_load(&watchdog->beat_count);
    int64_t passed_us = now_us - watchdog->seen_at;
    if (passed_us > 2 * interval_us)
        passed_us = 2 * interval_us;
    watchdog->seen_at = now_us;
    if (count != watchdog->seen_count || !atomic_load(&watchdog->at_work)) {
        watchdog->seen_count = count;
        atomic_store(&watchdog->still_us, 0);
        return;
    }
    const int64_t still_us =
        atomic_fetch_add(&watchdog->still_us, passed_us) + passed_us;
    if (still_us > watchdog->config.limit_us)
        give_up(watchdog, still_us);
}

/* False when it is time to stop. */
static bool wait_for_next(struct cw_watchdog *watchdog)
{
    const int64_t wait_ns =
        watchdog->config.limit_us / LOOKS_PER_LIMIT * INT64_C(1000);
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ns / INT64_C(1000000000);
    until.tv_nsec += wait_ns % INT64_C(1000000000);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&watchdog->lock);
    int waited = 0;
    while (!watchdog->stopping && waited == 0)
        waited =
            pthread_cond_timedwait(&watchdog->stop, &watchdog->lock, &until);
    const bool stopping = watchdog->stopping;
    (void)pthread_mutex_unlock(&watchdog->lock);
    return !stopping;
}

static void *watch(void *context)
{
    struct cw_watchdog *watchdog = context;
    while (wait_for_next(watchdog))
        look(watchdog);
    return NULL;
}

static void init_stop(struct cw_watchdog *watchdog)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes); /* none of these fails here */
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watchdog->stop, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&watchdog->lock, NULL);
}

static void destroy(struct cw_watchdog **watchdog)
{
    (void)pthread_cond_destroy(&(*watchdog)->stop);
    (void)pthread_mutex_destroy(&(*watchdog)->lock);
    free(*watchdog);
    *watchdog = NULL;
}

enum cw_status cw_watchdog_start(struct cw_watchdog **made,
                                 const struct cw_watchdog_config *config,
                                 struct cw_error *err)
{
    if (config->limit_us < LIMIT_MIN_US)
        return cw_fail(err, CW_BAD_CONFIG, "watchdog limit below 8 ms");
    struct cw_watchdog *watchdog = calloc(1, sizeof(*watchdog));
    if (watchdog == NULL)
        return cw_fail(err, CW_NO_MEMORY, "watchdog");
    watchdog->config = *config;
    watchdog->seen_at = cw_clock_monotonic_us(&config->clock);
    init_stop(watchdog);
    if (pthread_create(&watchdog->thread, NULL, watch, watchdog) != 0) {
        destroy(&watchdog);
        return cw_fail(err, CW_UNAVAILABLE, "no thread for the watchdog");
    }
    *made = watchdog;
    return CW_OK;
}

void cw_watchdog_stop(struct cw_watchdog **watchdog)
{
    if (*watchdog == NULL)
        return;
    (void)pthread_mutex_lock(&(*watchdog)->lock);
    (*watchdog)->stopping = true;
    (void)pthread_cond_signal(&(*watchdog)->stop);
    (void)pthread_mutex_unlock(&(*watchdog)->lock);
    (void)pthread_join((*watchdog)->thread, NULL);
    destroy(watchdog);
}

void cw_watchdog_beat(struct cw_watchdog *watchdog)
{
    atomic_fetch_add_explicit(&watchdog->beat_count, 1, memory_order_relaxed);
    atomic_store_explicit(&watchdog->at_work, true, memory_order_relaxed);
}

void cw_watchdog_rest(struct cw_watchdog *watchdog)
{
    atomic_store_explicit(&watchdog->at_work, false, memory_order_relaxed);
}

int64_t cw_watchdog_still_us(const struct cw_watchdog *watchdog)
{
    return atomic_load(&watchdog->still_us);
}
