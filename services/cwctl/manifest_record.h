/*
 * manifest_record - the newest Manifest on its topic, and the next one.
 *
 * Place    topics, doctor, export; the services read it through
 *          stream/manifest
 * Threads  one owner thread
 */
#ifndef CWCTL_MANIFEST_RECORD_H
#define CWCTL_MANIFEST_RECORD_H

#include "client.h"
#include "topic_plan.h"

struct manifest_record;

/* *made holds no record when there is none yet. */
CW_MUST_USE enum cw_status
manifest_record_read(struct manifest_record **made, const struct client *client,
                     const rd_kafka_metadata_t *metadata, struct cw_error *err);
void manifest_record_destroy(struct manifest_record **manifest);

/* NULL: there is none. Lent for the manifest's life. */
const struct cw_manifest *
manifest_record_get(const struct manifest_record *manifest);

/* Writes what the plan says unless before says the same. */
CW_MUST_USE enum cw_status manifest_record_write(
    const struct client *client, const struct topic_plan *plan,
    const struct cw_manifest *before, bool *written, struct cw_error *err);

#endif
