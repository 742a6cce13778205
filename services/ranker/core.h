/*
 * core - ranked causes of each open incident.
 *
 * Place    incidents, evidence, events, topology, edges, said -> [ranker] ->
 *          causes (key: incident id)
 * Input    all by domain; only changes are taken from events, only labels
 *          from what people say
 * Output   a cause 5, 15, 30 and 60 s (by default) of stream time after an
 *          incident opened, later once a minute while it still changes; only
 *          when order, confidence or words moved
 * State    entities, changes, graph, open incidents with their last answer
 * Limits   RANKER_INCIDENT_MAX open incidents a shard: beyond, the oldest is
 *          let go with its last answer standing
 * Threads  one owner thread a core
 */
#ifndef RANKER_CORE_H
#define RANKER_CORE_H

#include "config.h"
#include "core/core.h"

/* Its config is a struct ranker_config; NULL = defaults. */
extern const struct cw_core_type ranker_core_type;

#endif
