/*
 * reload - hands a request to reload from any thread to the main loop, and its
 * outcome back.
 *
 * Place    admin port (asks) -> main loop (answers)
 * Limits   who asks while an answer is due waits for the next one, which
 *          serves all of them
 * Threads  ask: any; begin and answer: the main loop's
 */
#ifndef CW_BASE_RELOAD_H
#define CW_BASE_RELOAD_H

#include <stdint.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/status.h"

struct cw_reload;

/* The caller owns it. wake tells the main loop to begin: it is
 * cw_signals_raise(CW_REQUEST_RELOAD) in a service. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_reload_create(struct cw_reload **made,
                                            void (*wake)(void *context),
                                            void *context,
                                            struct cw_error *err);
/* Nobody may be asking any more: close the admin port first. */
void cw_reload_destroy(struct cw_reload **reload);

/* Waits for the answer to a reload that begins after this call.
 * CW_UNAVAILABLE: none came in patience_us; else what was answered. */
CW_MUST_USE enum cw_status cw_reload_ask(struct cw_reload *reload,
                                         int64_t patience_us,
                                         struct cw_error *err);

/* The main loop reads its configuration between these two. outcome is copied;
 * its status CW_OK is success. */
uint64_t cw_reload_begin(struct cw_reload *reload);
void cw_reload_answer(struct cw_reload *reload, uint64_t begun,
                      const struct cw_error *outcome);

/* What is loaded again, and who hears of it; all borrowed. */
struct cw_reload_of {
    struct cw_options *options;
    void *target;                 /* the struct the options fill */
    const char *const *log_level; /* in target */
    struct cw_metrics *metrics;
    struct cw_log *log;
};

/* The whole of it, on the main loop's thread: reads, answers who asked, sets
 * the metrics of the configuration and the log's level, logs what changed. */
void cw_reload_options(struct cw_reload *reload, const struct cw_reload_of *of);

#endif
