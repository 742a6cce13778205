/*
 * metricbeat - a Metricbeat document: one nested object, dozens of samples.
 *
 * Place    formats/ecs, for documents with metricset.name
 * Output   a point for every number below the module's own name
 *          (event.module or service.type), named by its dotted path; texts are
 *          labels. prometheus.metrics.X is X, prometheus.labels.L is L
 * Limits   kinds do not travel: .ticks, and bytes, packets, errors and dropped
 *          of in and out, are cumulative, the rest gauges
 * Source   elastic/beats metricbeat, module _meta/data.json
 */
#ifndef NORMALIZER_FORMATS_METRICBEAT_H
#define NORMALIZER_FORMATS_METRICBEAT_H

#include "format.h"

void metricbeat_read(struct draft *draft, struct tree_value element);

#endif
