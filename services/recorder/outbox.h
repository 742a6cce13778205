/*
 * outbox - what people said in SQL, on its way to Kafka.
 *
 * Place    causeway.outbox -> [outbox] -> a sender (the stream's producer)
 * Output   each waiting command, oldest first, to the sender; marked sent in
 *          the transaction that had locked it, after the sender's all-clear.
 *          A crash in between sends it again: its reader drops the repeat by
 *          the request id in it
 * Limits   at most OUTBOX_MAX commands a call; locked rows are left to the
 *          other recorder that holds them
 * Threads  one owner thread
 */
#ifndef RECORDER_OUTBOX_H
#define RECORDER_OUTBOX_H

#include <stddef.h>

#include "base/status.h"
#include "base/text.h"
#include "store.h"

#define OUTBOX_MAX 500

struct recorder_command {
    struct cw_text id;
    struct cw_text topic; /* "raw.commands", without the prefix */
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_text payload; /* JSON */
};

/* Sends commands and returns when all are acknowledged. Borrows them until it
 * returns. Anything but CW_OK leaves them all in the outbox. */
typedef enum cw_status
recorder_outbox_sender(void *to, const struct recorder_command *commands,
                       size_t count, struct cw_error *err);

/* Hands over what waits; *sent counts it. CW_OK and 0 = nothing waits. */
CW_MUST_USE enum cw_status recorder_outbox_flush(struct recorder_store *store,
                                                 recorder_outbox_sender *send,
                                                 void *to, size_t *sent,
                                                 struct cw_error *err);

#endif
