/*
 * ending - a stop that was asked for ends, whatever hangs.
 *
 * Place    main.c: beside everything, on a thread of its own, since a call into
 *          a library may not come back while its server is away
 * Input    SIGTERM or SIGINT that waits, read by nobody yet (the main thread
 *          may still be starting); or that it is begun
 * Output   when limit_us passed since and it is not over: one log line, then
 *          give_up(0). Nothing is lost by it: what is not committed is done
 *          again, as after a kill
 * Threads  begin: any; one thread inside
 */
#ifndef CW_BASE_ENDING_H
#define CW_BASE_ENDING_H

#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

struct cw_ending;

struct cw_ending_config {
    int64_t limit_us;
    struct cw_log *log;                       /* borrowed until over */
    void (*give_up)(void *context, int code); /* NULL: _exit */
    void *context;
};

/* After cw_signals_open. Copies *config. CW_NO_MEMORY, CW_UNAVAILABLE. */
CW_MUST_USE enum cw_status
cw_ending_watch(struct cw_ending **made, const struct cw_ending_config *config,
                struct cw_error *err);

/* The stop has begun: the time runs, if it did not before. */
void cw_ending_begin(struct cw_ending *ending);

/* It is over in time; frees. */
void cw_ending_over(struct cw_ending **ending);

#endif
