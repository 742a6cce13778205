#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise.h"

#define DONE_AT   3
#define FOLDER_AT 4
#define ASIDE     10 /* above both, while they are moved */

/* Lets go of every descriptor but standard ones, done and folder: a socket
 * held here would outlive us at its other end. */
static bool keep_two(int done, int folder)
{
    const int a = fcntl(done, F_DUPFD_CLOEXEC, ASIDE);
    const int b = fcntl(folder, F_DUPFD_CLOEXEC, ASIDE);

    return a >= 0 && b >= 0 && dup3(a, DONE_AT, O_CLOEXEC) >= 0 &&
           dup3(b, FOLDER_AT, O_CLOEXEC) >= 0 &&
           close_range(FOLDER_AT + 1, ~0U, 0) == 0;
}

enum cw_status script_start(struct script *script,
                            const struct script_request *request,
                            const struct script_box *box, int folder,
                            struct cw_error *err)
{
    int ends[2];

    *script = (struct script){.done = -1};
    if (request->argv[0] == NULL || request->argv[0][0] != '/' ||
        (request->precheck != NULL &&
         (request->precheck[0] == NULL || request->precheck[0][0] != '/')))
        return cw_fail(err, CW_BAD_CONFIG, "no absolute path to run");
    if (!box->insecure_same_user && (!box->has_user || geteuid() != 0))
        return cw_fail(err, CW_NOT_AUTHORISED,
                       "no user of its own to run as, and insecure_same_user "
                       "is off");
    if (pipe2(ends, O_CLOEXEC) != 0)
        return cw_fail(err, CW_UNAVAILABLE, "no pipe");
    const pid_t supervisor = fork();
    if (supervisor == 0) {
        if (!keep_two(ends[1], folder))
            _exit(1);
        supervise(request, box, FOLDER_AT);
    }
    (void)close(ends[1]);
    if (supervisor < 0) {
        (void)close(ends[0]);
        return cw_fail(err, CW_UNAVAILABLE, "no process");
    }
    *script = (struct script){.supervisor = supervisor, .done = ends[0]};
    return CW_OK;
}

bool script_wait(struct script *script, int timeout_ms)
{
    struct pollfd waiting = {.fd = script->done, .events = POLLIN};
    int status = 0;

    if (script->supervisor == 0)
        return true;
    if (poll(&waiting, 1, timeout_ms) <= 0)
        return false;
    while (waitpid(script->supervisor, &status, 0) < 0 && errno == EINTR)
        continue;
    (void)close(script->done);
    *script = (struct script){.done = -1};
    return true;
}

void script_stop(const struct script *script)
{
    if (script->supervisor != 0)
        (void)kill(script->supervisor, SIGTERM);
}
