/*
 * bridge - the recorder's loop: topics to tables, tables to topics.
 *
 * Place    main.c: follow -> [bridge] -> rows; outbox -> [bridge] -> teller
 * Input    messages of every topic that has a table; commands people wrote
 * Limits   BRIDGE_ROWS_MAX records or BRIDGE_WAIT_MS a transaction
 * Threads  one owner thread; ready and collect from any
 */
#ifndef RECORDER_BRIDGE_H
#define RECORDER_BRIDGE_H

#include "stream/service.h"

#define BRIDGE_ROWS_MAX 1000
#define BRIDGE_WAIT_MS  100

struct bridge_settings {
    const char *postgres_url;
    int64_t outbox_every_us;
    int64_t upkeep_every_us;
};

struct bridge; /* one a process */

CW_MUST_USE enum cw_status bridge_create(struct bridge **made,
                                         const struct bridge_settings *settings,
                                         struct cw_error *err);
void bridge_destroy(struct bridge **bridge);

/* As struct cw_side_loop wants them; context is the bridge. */
enum cw_status bridge_run(void *context, const struct cw_side *side,
                          struct cw_error *err);
bool bridge_ready(void *context, json_t *parts, struct cw_error *why);
void bridge_collect(void *context, struct cw_metrics *metrics);

#endif
