/*
 * latest - the last revision of each record of a topic.
 *
 * Place    incidents, approve, canonical lists: scan -> [latest] -> commands
 * Output   decoded records as JSON, by the member that names them
 * Limits   LATEST_MAX records (CW_FULL beyond)
 * Threads  one owner thread
 */
#ifndef CWCTL_LATEST_H
#define CWCTL_LATEST_H

#include <jansson.h>

#include "client.h"

#define LATEST_MAX 1000000

struct latest;

/* topic: without the prefix; id: the member that names a record. Reads the
 * topic to its end. */
CW_MUST_USE enum cw_status latest_load(struct latest **made,
                                       struct client *client, const char *topic,
                                       const char *id, struct cw_error *err);
void latest_destroy(struct latest **latest);

size_t latest_count(const struct latest *latest);
/* In the order of their first appearance; lent for the latest's life. */
const json_t *latest_at(const struct latest *latest, size_t index);
/* NULL when there is none. An unambiguous beginning of the id will do. */
const json_t *latest_find(const struct latest *latest, const char *id);

/* Members of a record; "" and 0 when they are missing. */
const char *latest_text(const json_t *record, const char *name);
int64_t latest_number(const json_t *record, const char *name);

#endif
