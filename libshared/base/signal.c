#include "base/signal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum cw_status cw_signals_open(struct cw_signals *signals, struct cw_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, &signals->before);
    signals->descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->descriptor < 0) {
        (void)pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
        return cw_fail(err, CW_UNAVAILABLE, "signalfd: %s", strerror(errno));
    }
    /* A peer that hung up is an error of write, not the end. */
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    return CW_OK;
}

void cw_signals_close(struct cw_signals *signals)
{
    (void)cw_signals_next(signals); /* unblocked, it would end the process */
    (void)close(signals->descriptor);
    signals->descriptor = -1;
    (void)pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
}

enum cw_request cw_signals_next(const struct cw_signals *signals)
{
    struct signalfd_siginfo got;
    enum cw_request request = CW_REQUEST_NONE;
    while (read(signals->descriptor, &got, sizeof(got)) ==
           (ssize_t)sizeof(got)) {
        if (got.ssi_signo != SIGHUP)
            request = CW_REQUEST_STOP;
        else if (request == CW_REQUEST_NONE)
            request = CW_REQUEST_RELOAD;
    }
    return request;
}

void cw_signals_raise(enum cw_request request)
{
    if (request != CW_REQUEST_NONE)
        (void)kill(getpid(), request == CW_REQUEST_STOP ? SIGTERM : SIGHUP);
}
