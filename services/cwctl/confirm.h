/*
 * confirm - nothing that cannot be taken back is done without a yes.
 *
 * Place    approve, repair start, deadletter retry --all -> [confirm]
 * Input    --confirm (-y), or an answer typed at a terminal
 * Output   the question on standard error, so that standard output stays clean
 */
#ifndef CWCTL_CONFIRM_H
#define CWCTL_CONFIRM_H

#include "command.h"

#define CONFIRM_OPTION                                                         \
    {                                                                          \
        "confirm", NULL, "do it without asking; also -y"                       \
    }

/* CW_BAD_CONFIG, exit 64: --confirm was not given and there is no terminal to
 * ask at. */
CW_MUST_USE enum cw_status confirm_can_ask(struct call *call,
                                           struct cw_error *err);

/* Asks, unless --confirm was given. CW_BROKEN: the answer is not yes. */
CW_MUST_USE enum cw_status confirm_ask(const struct call *call,
                                       const char *question,
                                       struct cw_error *err);

/* "y" or "yes" in any case, alone on its line. */
bool confirm_is_yes(const char *line);

#endif
