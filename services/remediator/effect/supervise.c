#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contain.h"

#define SWEEPS   200 /* rounds against a child that forks while it is killed */
#define STEP_MS  50
#define GRACE_US ((int64_t)2 * 1000000)
#define NO_EXIT  (-1)

/* One command under way; the output lies where the supervisor put it. */
struct run {
    pid_t child;
    int output; /* read end, non-blocking; -1 = closed */
    int signals;
    int64_t ends_at;  /* monotonic, us: SIGTERM */
    int64_t kills_at; /* SIGKILL */
    int64_t grace_us; /* between the two */
    char *bytes;
    size_t size;
    bool over;
    bool timed_out;
    bool stopped;
    int status; /* of waitpid, once over */
};

static int64_t clock_us(clockid_t which)
{
    struct timespec now;

    (void)clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Reads what is there; what does not fit is dropped. */
static void drain(struct run *run)
{
    char dropped[4096];

    while (run->output >= 0) {
        const bool room = run->size < MARKER_OUTPUT_MAX;
        const ssize_t got = room ? read(run->output, run->bytes + run->size,
                                        MARKER_OUTPUT_MAX - run->size)
                                 : read(run->output, dropped, sizeof(dropped));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return; /* nothing more for now */
        if (got == 0) {
            (void)close(run->output);
            run->output = -1;
        } else if (room) {
            run->size += (size_t)got;
        } else {
            return; /* a flood must not keep us from the clock */
        }
    }
}

/* Reaps every child that ended; notes how ours did. */
static void reap(struct run *run)
{
    int status = 0;

    for (;;) {
        const pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended <= 0)
            return;
        if (ended == run->child) {
            run->over = true;
            run->status = status;
        }
    }
}

static void kill_group(const struct run *run, int number)
{
    if (!run->over)
        (void)kill(-run->child, number);
}

static void read_signals(struct run *run)
{
    struct signalfd_siginfo about;

    while (read(run->signals, &about, sizeof(about)) == sizeof(about))
        if (about.ssi_signo == SIGTERM && !run->stopped) {
            run->stopped = true;
            run->ends_at = clock_us(CLOCK_MONOTONIC);
        }
    reap(run);
}

static void enforce(struct run *run)
{
    const int64_t now = clock_us(CLOCK_MONOTONIC);

    if (now >= run->kills_at) {
        kill_group(run, SIGKILL);
    } else if (now >= run->ends_at) {
        run->timed_out |= !run->stopped;
        kill_group(run, SIGTERM);
        run->ends_at = INT64_MAX;
        run->kills_at = now + run->grace_us;
    }
}

/* Kills every child of ours, adopted ones too: as their reaper we are the
 * parent of all that lost theirs. True: none is left. */
static bool sweep(void)
{
    char list[8192], path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
                   (int)getpid());
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return true; /* a kernel without it: the group was killed */
    const ssize_t size = read(file, list, sizeof(list) - 1);
    (void)close(file);
    if (size <= 0)
        return true;
    list[size] = '\0';
    for (char *at = list; *at != '\0';) {
        char *end = NULL;
        const long child = strtol(at, &end, 10);
        if (end == at)
            break;
        if (child > 1)
            (void)kill((pid_t)child, SIGKILL);
        at = end + strspn(end, " \n");
    }
    return false;
}

static void sweep_all(struct run *run)
{
    for (int i = 0; i < SWEEPS; i++) {
        reap(run);
        if (sweep())
            return;
        (void)poll(NULL, 0, 2);
    }
}

static void watch(struct run *run)
{
    while (!run->over) {
        struct pollfd waiting[] = {
            {.fd = run->signals, .events = POLLIN},
            {.fd = run->output, .events = POLLIN},
        };
        (void)poll(waiting, run->output >= 0 ? 2 : 1, STEP_MS);
        read_signals(run);
        drain(run);
        enforce(run);
    }
    sweep_all(run);
    drain(run);
    if (run->output >= 0)
        (void)close(run->output);
    run->output = -1;
}

static bool launch(struct run *run, const char *const *argv, const char *key,
                   const struct script_box *box)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    run->child = fork();
    if (run->child == 0) {
        /* The command's own end blocks, as it is used to. */
        (void)fcntl(ends[1], F_SETFL, 0);
        contain_exec(argv, key, box, ends[1]);
    }
    (void)close(ends[1]);
    if (run->child < 0) {
        (void)close(ends[0]);
        return false;
    }
    run->output = ends[0];
    return true;
}

/* Runs argv to its end; the outcome and exit code into *marker. */
static void run_one(const char *const *argv,
                    const struct script_request *request,
                    const struct script_box *box, struct run *run,
                    struct marker *marker)
{
    run->size = 0;
    run->over = run->timed_out = false;
    run->ends_at = clock_us(CLOCK_MONOTONIC) + request->timeout_us;
    run->kills_at = INT64_MAX;
    run->grace_us = box->grace_us > 0 ? box->grace_us : GRACE_US;
    marker->exit_code = NO_EXIT;
    marker->outcome = MARKER_FAILED;
    if (!launch(run, argv, request->key, box))
        return;
    watch(run);
    marker->output_size = run->size;
    if (WIFEXITED(run->status))
        marker->exit_code = WEXITSTATUS(run->status);
    if (run->stopped)
        marker->outcome = MARKER_STOPPED;
    else if (run->timed_out)
        marker->outcome = MARKER_TIMED_OUT;
    else if (marker->exit_code == 0)
        marker->outcome = MARKER_SUCCEEDED;
}

static int open_signals(void)
{
    sigset_t wanted;

    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &wanted, NULL) != 0)
        return -1;
    return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void finish(const struct script_request *request, struct marker *marker,
                   const struct run *run, int folder)
{
    struct cw_error err;

    marker->at = clock_us(CLOCK_REALTIME);
    /* Failing leaves a start without an end: unknown, which is true. */
    if (marker_finish(folder, request->key, marker, run->bytes, &err) != CW_OK)
        _exit(1);
    _exit(0);
}

_Noreturn void supervise(const struct script_request *request,
                         const struct script_box *box, int folder)
{
    char bytes[MARKER_OUTPUT_MAX];
    struct run run = {.bytes = bytes, .signals = open_signals()};
    struct marker marker = {.state = MARKER_FINISHED};
    struct marker before;
    struct cw_error err;

    (void)setsid(); /* what ends our parent's terminal does not end us */
    (void)signal(SIGPIPE, SIG_IGN);
    if (run.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || /* our memory has secrets */
        marker_look(folder, request->key, &before, NULL, &err) != CW_OK ||
        before.state != MARKER_NONE)
        _exit(1);
    if (request->precheck != NULL) {
        run_one(request->precheck, request, box, &run, &marker);
        if (marker.outcome != MARKER_SUCCEEDED) {
            marker.outcome = MARKER_REFUSED;
            finish(request, &marker, &run, folder);
        }
    }
    if (marker_start(folder, request->key, clock_us(CLOCK_REALTIME), &err) !=
        CW_OK)
        _exit(1); /* began before, or cannot be recorded: it does not run */
    run_one(request->argv, request, box, &run, &marker);
    finish(request, &marker, &run, folder);
    _exit(1);
}
