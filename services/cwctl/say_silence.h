/*
 * say_silence - silence, silence list, unsilence.
 *
 * Place    arguments -> [say_silence] -> raw.commands; topic said -> list
 * Output   silence waits until the engine has taken it in, for only then it
 *          has an id, and prints that; both say in whose domain they act
 */
#ifndef CWCTL_SAY_SILENCE_H
#define CWCTL_SAY_SILENCE_H

#include "client.h"
#include "silences.h"

enum cw_status say_silence_run(struct call *call, struct cw_error *err);
enum cw_status say_silence_list_run(struct call *call, struct cw_error *err);
enum cw_status say_unsilence_run(struct call *call, struct cw_error *err);

/* Every silence that stands on topic said; the caller destroys it. */
CW_MUST_USE enum cw_status say_silence_load(struct silences **made,
                                            struct client *client,
                                            struct cw_error *err);

#endif
