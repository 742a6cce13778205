/*
 * series_id - who a series is: hash of tenant, metric name and sorted labels.
 *
 * Place    draft: labels -> [series_id] -> metric run
 * Input    labels sorted by key, keys unique
 * Limits   64 bits: among a million series the chance of any two meeting is
 *          3e-8. Lengths are hashed with the bytes, so "a"+"bc" and "ab"+"c"
 *          differ. A changed function would rename every series ever learned
 * Threads  pure
 */
#ifndef NORMALIZER_SERIES_ID_H
#define NORMALIZER_SERIES_ID_H

#include <stdint.h>

#include "labels.h"

int64_t series_id(struct cw_text tenant, struct cw_text name,
                  const struct labels *labels);

#endif
