/*
 * script - runs one command, contained, and records how it ended.
 *
 * Place    effect loop -> [script] -> markers, result record
 * Input    argv (no shell), a check to run before it, an idempotency key
 * Output   markers of the key; the process ends when all is over
 * Limits   output 64 KiB, the rest is read and dropped; time-out: SIGTERM to
 *          the group, SIGKILL after the grace; then every descendant is
 *          killed, also one that left the group or became a daemon
 * Threads  script_start forks a supervisor that touches nothing of ours but
 *          what it was given; it outlives us, so a run is never half recorded
 *          because we died
 * Source   reliability.md, execution of repairs; prctl(2), close_range(2)
 *
 * The child: own user, or refused (insecure_same_user allows ours); own
 * session; environment of PATH, LANG and CAUSEWAY_KEY; /dev/null as input; no
 * other descriptor; no_new_privs; no core; limits on memory, processes, files;
 * default signals; umask 077; a working folder.
 */
#ifndef REMEDIATOR_EFFECT_SCRIPT_H
#define REMEDIATOR_EFFECT_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "marker.h"

struct script_box {
    const char *working_folder; /* "/" when NULL */
    uid_t uid;                  /* with has_user */
    gid_t gid;
    bool has_user;
    bool insecure_same_user; /* run as ourselves: for a laptop */
    int64_t memory_max;      /* bytes of address space; 0 = 1 GiB */
    int64_t grace_us;        /* from SIGTERM to SIGKILL; 0 = 2 s */
};

struct script_request {
    const char *key;
    const char *const *argv;     /* ended by NULL; argv[0] an absolute path */
    const char *const *precheck; /* NULL = none; must end 0 or all is refused */
    int64_t timeout_us;          /* of each of the two */
};

struct script {
    pid_t supervisor; /* 0 = none */
    int done;         /* readable (end of file) when it is over */
};

/* Starts it; the caller waits with script_wait. CW_NOT_AUTHORISED: no user to
 * run as; CW_BAD_CONFIG: no absolute path; CW_UNAVAILABLE: no process. A key
 * that began before is not run again: look at its marker. */
CW_MUST_USE enum cw_status script_start(struct script *script,
                                        const struct script_request *request,
                                        const struct script_box *box,
                                        int folder, struct cw_error *err);

/* True when it is over; its markers tell how. Waits up to timeout_ms. */
bool script_wait(struct script *script, int timeout_ms);

/* Asks the supervisor to kill it and record that it was stopped. */
void script_stop(const struct script *script);

#endif
