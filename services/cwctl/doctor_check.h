/*
 * doctor_check - what the checks of doctor share.
 *
 * Place    doctor, doctor_database
 */
#ifndef CWCTL_DOCTOR_CHECK_H
#define CWCTL_DOCTOR_CHECK_H

#include "client.h"
#include "manifest_record.h"
#include "table.h"

struct doctor {
    struct call *call;
    struct client *client;
    const rd_kafka_metadata_t *metadata;
    struct manifest_record *manifest;
    struct table *table;
    bool failed;
};

enum finding { FINE, WARN, FAIL };

/* Adds a row. */
CW_MUST_USE enum cw_status
doctor_say(struct doctor *doctor, const char *check, enum finding finding,
           struct cw_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* PostgreSQL, its schema and its clock. */
CW_MUST_USE enum cw_status doctor_database(struct doctor *doctor,
                                           struct cw_error *err);

#endif
