/*
 * saying - one command on raw.commands, and hearing it back.
 *
 * Place    say, say_silence -> [saying] -> raw.commands; topic said -> [saying]
 * Output   saying_end sends, waits with --wait, and frees everything
 * Threads  one owner thread
 */
#ifndef CWCTL_SAYING_H
#define CWCTL_SAYING_H

#include <jansson.h>

#include "client.h"

struct saying {
    struct call *call;
    struct client *client;
    json_t *command; /* owned */
    char request[33];
    int64_t sent_at;
    struct cw_arena *arena;
    bool heard;
    char said_id[64]; /* as it was heard, like the next two */
    char tenant[256];
    char domain[256];
    /* Of what is spoken of; NULL when nothing of it has to change. */
    const char *topic;
    const char *id;
    const char *field; /* status or state */
    char before[32];   /* what it said when it was looked up */
};

/* Opens the client and begins the command; saying_end closes in any case. */
CW_MUST_USE enum cw_status saying_begin(struct saying *saying, const char *kind,
                                        struct cw_error *err);

void saying_put(struct saying *saying, const char *name, const char *value);
void saying_put_parameter(struct saying *saying, const char *name,
                          const char *value);

/* The steps of saying_end, for those who act between them. */
CW_MUST_USE enum cw_status saying_send(struct saying *saying,
                                       struct cw_error *err);
/* CW_UNAVAILABLE: the engine has not taken it in, or nothing changed yet. */
CW_MUST_USE enum cw_status saying_wait(struct saying *saying,
                                       struct cw_error *err);
void saying_close(struct saying *saying);

/* status: of all before; returns it, or what went wrong here. */
CW_MUST_USE enum cw_status
saying_end(struct saying *saying, enum cw_status status, struct cw_error *err);

#endif
