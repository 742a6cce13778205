/*
 * warming - series that learn and cannot alarm yet, by entity.
 *
 * Place    doctor: topic series -> [warming] -> a line an entity
 * Input    every revision of every series, each partition in order
 * Output   entities with most of them first; until when is known where the
 *          source declares its interval: from the first sample on as many
 *          intervals as the detector learns samples
 * Limits   WARMING_MAX series (CW_FULL)
 * Threads  one owner thread
 */
#ifndef CWCTL_WARMING_H
#define CWCTL_WARMING_H

#include <stddef.h>

#include "base/status.h"
#include "record/records.h"

#define WARMING_MAX ((size_t)20000000)

struct warming;

struct warming_entity {
    const char *name; /* "service cart" */
    size_t count;     /* its series that are warming */
    int64_t until_at; /* of the last of them; 0 = of one at least not known */
};

/* warm_count: samples before a series may alarm. */
CW_MUST_USE enum cw_status warming_create(struct warming **made,
                                          unsigned warm_count,
                                          struct cw_error *err);
void warming_destroy(struct warming **warming);

CW_MUST_USE enum cw_status warming_take(struct warming *warming,
                                        const struct cw_series *series,
                                        struct cw_error *err);

/* All series that are warming. */
size_t warming_count(const struct warming *warming);
/* Counts and sorts; lent until the next take. */
const struct warming_entity *warming_entities(struct warming *warming,
                                              size_t *count);

#endif
