/*
 * derive - series made of two: mean = sum / count, error ratio = errors/count.
 *
 * Place    intake: events of two counters of one entity -> [derive] -> series
 * Input    names X.sum, X.count, X.errors (or with _), the same labels
 * Output   a quotient at each time both were sampled, over at least
 *          DERIVE_LEAST events; fewer are collected for a minute, then let go:
 *          one failure in two calls is no ratio
 * Threads  one owner thread
 */
#ifndef DETECTOR_DERIVE_H
#define DETECTOR_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pack.h"
#include "record/records.h"

#define DERIVE_LEAST 5.0

enum derive_role { ROLE_NONE, ROLE_SUM, ROLE_COUNT, ROLE_ERRORS };

/* Role of a metric by its name; *stem is what comes before. */
enum derive_role derive_role_of(struct cw_text name, struct cw_text *stem);

/* The same for the members of one pair: tenant, entity, stem and labels. */
uint64_t derive_key(const struct cw_series_definition *definition,
                    struct cw_text stem);

/* One quotient: top / bottom. */
struct quotient {
    double top; /* events since both were last together */
    double bottom;
    int64_t top_at;
    int64_t bottom_at;
    double window_top; /* collected until there are enough */
    double window_bottom;
    int64_t window_from; /* 0 = empty */
};

void quotient_add_top(struct quotient *quotient, int64_t at, double events);
void quotient_add_bottom(struct quotient *quotient, int64_t at, double events);

/* The quotient as of at; false: not both there, or too few events. lenient:
 * a top not heard of at that time counted nothing. */
bool quotient_at(struct quotient *quotient, int64_t at, bool lenient,
                 double *value);

void quotient_save(const struct quotient *quotient, struct cw_pack *out);
void quotient_load(struct quotient *quotient, struct cw_unpack *in);

#endif
