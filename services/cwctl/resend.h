/*
 * resend - puts dead letters onto their raw topics again, and knows of each
 * whether it arrived.
 *
 * Place    deadletter retry: letter -> [resend] -> raw topic
 * Output   the record as it was: partition, key, value, headers, Kafka
 *          timestamp; with headers causeway-retry one higher and
 *          causeway-retry-of. A topic with LogAppendTime stamps it anew
 * Limits   what is under way fits the library's queue: at its end it waits
 * Threads  one owner thread
 */
#ifndef CWCTL_RESEND_H
#define CWCTL_RESEND_H

#include "client.h"
#include "record/records.h"

struct resend;

struct resend_counts {
    size_t arrived;
    size_t failed;
    char why[200]; /* of the first that failed */
};

CW_MUST_USE enum cw_status resend_open(struct resend **made,
                                       const struct client *client,
                                       struct cw_error *err);
void resend_close(struct resend **resend);

/* name: for causeway-retry-of. Copies. A refusal counts as failed. */
void resend_put(struct resend *resend, const struct cw_dead_letter *letter,
                const char *name);

/* Waits until each has arrived or failed; the library gives none more than
 * message.timeout.ms. */
struct resend_counts resend_wait(struct resend *resend);

#endif
