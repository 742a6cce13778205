/*
 * targets - who can be told, as the operator wrote it.
 *
 * Place    options -> [targets] -> decide, deliver
 * Input    one target a line (or after ;), # begins a comment:
 *            NAME=FORM+URL [min=SEVERITY] [doubt=hold|resend] [tenant=T]
 *                          [domain=D] [drills] [acknowledged]
 *                          [secret-file=PATH]
 *          FORM is webhook, alertmanager or slack
 * Output   targets, and the destinations deliver may talk to: theirs only
 * Limits   64 targets; the text up to 64 KiB. A URL may hold a token: no error
 *          text repeats it
 * Threads  one thread, at start
 */
#ifndef NOTIFIER_TARGETS_H
#define NOTIFIER_TARGETS_H

#include "base/arena.h"
#include "base/options.h"
#include "decide.h"

struct notifier_targets {
    struct cw_arena *arena; /* owns every text below */
    struct notifier_target list[NOTIFIER_TARGETS_MAX];
    const char *hosts[NOTIFIER_TARGETS_MAX]; /* host:port of each */
    size_t count;
};

/* Reads text into *targets, which the caller owns (fini). CW_BAD_CONFIG names
 * the target and what is wrong with it; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status
notifier_targets_init(struct notifier_targets *targets, const char *text,
                      bool insecure_http, struct cw_error *err);
void notifier_targets_fini(struct notifier_targets *targets);

/* As struct cw_option_check wants it: all that is wrong with text. */
void notifier_targets_check(const char *text, struct cw_faults *faults);

#endif
