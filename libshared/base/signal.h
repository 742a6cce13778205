/*
 * signal - stop and reload as ordinary events of the main loop.
 *
 * Place    main.c, before any other thread exists
 * Input    SIGTERM, SIGINT: stop; SIGHUP: reload. SIGPIPE is ignored
 * Output   a descriptor for poll, and the most urgent request
 * Limits   requests that wait are one: many SIGHUPs are a single reload
 * Threads  opened by the first thread, so that all later ones have the signals
 *          blocked; raise from any
 */
#ifndef CW_BASE_SIGNAL_H
#define CW_BASE_SIGNAL_H

#include <signal.h>

#include "base/status.h"

enum cw_request { CW_REQUEST_NONE, CW_REQUEST_RELOAD, CW_REQUEST_STOP };

struct cw_signals {
    int descriptor;  /* readable when a request waits */
    sigset_t before; /* mask to give back */
};

/* CW_UNAVAILABLE. */
CW_MUST_USE enum cw_status cw_signals_open(struct cw_signals *signals,
                                           struct cw_error *err);
/* What still waits is dropped: it must not end us once nothing is blocked. */
void cw_signals_close(struct cw_signals *signals);

/* Takes all that waits and tells the most urgent; never blocks. */
enum cw_request cw_signals_next(const struct cw_signals *signals);

/* As if the signal had come from outside. */
void cw_signals_raise(enum cw_request request);

#endif
