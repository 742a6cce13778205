/*
 * carrier - who keeps busy what carries it.
 *
 * Place    view, signs -> [carrier] -> score, words
 * Input    edges of kind runs_on: resident -> host
 * Output   the resident whose own load explains the host's. A host is as busy
 *          as what runs on it: one resident that works harder than ever is not
 *          the victim of its host but its burden. Many of them at once point
 *          back at the host, or at what drives them all: then nobody is named
 * Threads  pure
 */
#ifndef RANKER_CARRIER_H
#define RANKER_CARRIER_H

#include "candidate.h"

/* The link leads from a resident to what carries it. */
bool ranker_carrier_carries(const struct ranker_link *link);

/* Place a is busier than b; b RANKER_NONE: it is. Ties go by id. */
bool ranker_carrier_busier(const struct ranker_scene *scene, uint32_t a,
                           uint32_t b);

/* Place of the resident that explains the load of place; RANKER_NONE = no
 * carrier, not busy, or nobody stands out. */
uint32_t ranker_carrier_burden(const struct ranker_scene *scene,
                               uint32_t place);

/* The link leads to a carrier that place itself keeps busy. */
bool ranker_carrier_loads(const struct ranker_scene *scene, uint32_t place,
                          const struct ranker_link *link);

#endif
