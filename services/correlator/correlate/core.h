/*
 * core - the correlator's deciding part: alerts and anomalies in, incidents,
 * notices and a ledger out.
 *
 * Place    events, anomalies, edges, said -> [correlate] -> incidents, notices,
 *          ledger, topology
 * Input    config is a struct correlate_config, or NULL for the defaults
 * Output   a revision of an incident at most once a slice, its notices behind
 *          it; ledger and topology at once
 * Limits   see config; a shard with all its domains refuses further ones
 *          (CW_FULL)
 * Threads  one owner thread a core
 * Source   demands T2, T4, T5, T14, T16, F3, F4, U4, U5, U14, U16, U17
 */
#ifndef CORRELATE_CORE_H
#define CORRELATE_CORE_H

#include "core/core.h"
#include "correlate/config.h"

extern const struct cw_core_type correlate_core_type;

#endif
