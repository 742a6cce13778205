/*
 * watchdog - ends the process when its loop stands still.
 *
 * Place    main.c: beside the loop, on a thread of its own, since calls of
 *          librdkafka can hang beyond their own time-outs
 * Input    beats of the loop, and whether it is at work
 * Output   one log line, then give_up(75); liveness asks for the stillness
 * Limits   looks 8 times in a limit; time in which the watchdog itself did not
 *          run (SIGSTOP, a moved virtual machine) counts as one look
 * Threads  beat and rest: any; one thread inside
 */
#ifndef CW_BASE_WATCHDOG_H
#define CW_BASE_WATCHDOG_H

#include <stdint.h>

#include "base/log.h"
#include "base/status.h"
#include "base/time.h"

#define CW_WATCHDOG_EXIT_CODE 75 /* EX_TEMPFAIL: start me again */

struct cw_watchdog;

struct cw_watchdog_config {
    const char *name; /* what is watched, for the log */
    int64_t limit_us; /* stillness that ends the process; >= 8 ms */
    struct cw_clocks clock;
    struct cw_log *log; /* borrowed until stop */
    /* NULL: _exit; and SIGALRM two seconds later when even the log hangs. */
    void (*give_up)(void *context, int code);
    void *context;
};

/* Starts watching, with the loop at rest; the caller owns it. Copies *config.
 * CW_BAD_CONFIG, CW_NO_MEMORY, CW_UNAVAILABLE: no thread. */
CW_MUST_USE enum cw_status
cw_watchdog_start(struct cw_watchdog **made,
                  const struct cw_watchdog_config *config,
                  struct cw_error *err);
void cw_watchdog_stop(struct cw_watchdog **watchdog);

/* The loop has moved, and is at work until it rests. */
void cw_watchdog_beat(struct cw_watchdog *watchdog);

/* The loop waits for the world, however long. */
void cw_watchdog_rest(struct cw_watchdog *watchdog);

/* How long a loop at work has stood still, us; 0 at rest. */
int64_t cw_watchdog_still_us(const struct cw_watchdog *watchdog);

#endif
