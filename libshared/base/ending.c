#include "base/ending.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LAST_WORDS_S 1u

struct cw_ending {
    struct cw_ending_config config;
    int asked; /* signalfd that is only looked at: the main thread reads its */
    int begun; /* eventfd */
    int over;  /* eventfd */
    pthread_t thread;
};

static void give_up(const struct cw_ending *ending)
{
    const struct cw_ending_config *config = &ending->config;
    if (config->give_up == NULL)
        (void)alarm(LAST_WORDS_S); /* the log may be what hangs */
    CW_LOG(config->log, WARN, "stop_cut",
           cw_kv_int("after_ms", config->limit_us / 1000),
           cw_kv_str("meaning", "what is not committed is done again"));
    if (config->give_up == NULL)
        _exit(0);
    config->give_up(config->context, 0);
}

/* -1: as long as it takes. */
static void wait_for(struct pollfd *which, nfds_t count, int wait_ms)
{
    while (poll(which, count, wait_ms) < 0 && errno == EINTR)
        ;
}

static void *watch(void *context)
{
    struct cw_ending *ending = context;
    struct pollfd which[] = {{.fd = ending->over, .events = POLLIN},
                             {.fd = ending->begun, .events = POLLIN},
                             {.fd = ending->asked, .events = POLLIN}};
    wait_for(which, 3, -1);
    wait_for(which, 1, (int)(ending->config.limit_us / 1000));
    if ((which[0].revents & POLLIN) == 0)
        give_up(ending);
    return NULL;
}

static void raise_flag(int event)
{
    static const uint64_t one = 1;
    const ssize_t written = write(event, &one, sizeof(one));
    (void)written; /* of an eventfd below its maximum */
}

static void destroy(struct cw_ending **made)
{
    struct cw_ending *ending = *made;
    const int all[] = {ending->asked, ending->begun, ending->over};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i] >= 0)
            (void)close(all[i]);
    free(ending);
    *made = NULL;
}

enum cw_status cw_ending_watch(struct cw_ending **made,
                               const struct cw_ending_config *config,
                               struct cw_error *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    struct cw_ending *ending = calloc(1, sizeof(*ending));
    if (ending == NULL)
        return cw_fail(err, CW_NO_MEMORY, "ending");
    ending->config = *config;
    ending->asked = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ending->begun = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ending->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ending->asked < 0 || ending->begun < 0 || ending->over < 0 ||
        pthread_create(&ending->thread, NULL, watch, ending) != 0) {
        destroy(&ending);
        return cw_fail(err, CW_UNAVAILABLE, "ending: %s", strerror(errno));
    }
    *made = ending;
    return CW_OK;
}

void cw_ending_begin(struct cw_ending *ending)
{
    raise_flag(ending->begun);
}

void cw_ending_over(struct cw_ending **ending)
{
    if (*ending == NULL)
        return;
    raise_flag((*ending)->over);
    (void)pthread_join((*ending)->thread, NULL);
    destroy(ending);
}
