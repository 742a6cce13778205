/*
 * crew - the threads of a process: a loop for each part, and the side loop,
 * each with its watchdog.
 *
 * Place    service: options, plan -> [crew] -> loops; admin port asks it
 * Limits   CW_CREW_PARTS_MAX parts
 * Threads  open, start, stop and close are the main thread's; the questions
 *          may come from any thread between open and close
 */
#ifndef CW_STREAM_CREW_H
#define CW_STREAM_CREW_H

#include "base/log.h"
#include "stream/service.h"

#define CW_CREW_PARTS_MAX 4

struct cw_crew;

/* What the crew works with; borrowed for its life. */
struct cw_crew_setup {
    const struct cw_program *program;
    const struct cw_options *options;
    const struct cw_plan *plan;
    struct cw_log *log;
};

/* Makes loops and watchdogs, starts no thread. Copies *setup.
 * CW_BAD_CONFIG, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_crew_open(struct cw_crew **made,
                                        const struct cw_crew_setup *setup,
                                        struct cw_error *err);
/* Nobody may be asking any more, and all threads have been stopped. */
void cw_crew_close(struct cw_crew **crew);

void cw_crew_start(struct cw_crew *crew);

/* A thread has come to its end, or could not be started. It also raises
 * CW_REQUEST_STOP then. */
bool cw_crew_any_ended(struct cw_crew *crew);

/* Ends the side loop, then the loops, and waits for all. The status of the
 * last that failed, each of which has been logged. */
CW_MUST_USE enum cw_status cw_crew_stop(struct cw_crew *crew,
                                        struct cw_error *err);

bool cw_crew_is_healthy(struct cw_crew *crew, struct cw_error *why);
bool cw_crew_is_ready(struct cw_crew *crew, json_t *parts,
                      struct cw_error *why);
void cw_crew_collect(struct cw_crew *crew, struct cw_metrics *metrics);

#endif
