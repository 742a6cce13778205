/*
 * family - what a metric says about its entity, told from its name and unit.
 *
 * Place    draft: on making a definition
 * Output   one of enum cw_family; OTHER when no rule speaks
 *   First match wins, on the name in lower case:
 *     a count of a duration ("..duration.count", "_seconds_count") TRAFFIC
 *     load of five minutes and more                              OCCUPANCY
 *     availab, success, healthy, probe, words up, alive           AVAILABILITY
 *     error, fail, exception, fault, reject, drop, timeout, 5xx    ERRORS
 *     latency, duration, response_time, delay, p50 .. p99, word lag LATENCY
 *     cpu, mem, disk, util, usage, queue, load, heap, thread, ...  SATURATION
 *     request, rate, bytes, packets, ops, count, total, ...        TRAFFIC
 *     a rate or counter of connections, threads, ...                TRAFFIC
 *     unit of time                                                 LATENCY
 * Limits   a guess from words, for people and for weights; nothing breaks
 *          when it is wrong
 * Threads  pure
 */
#ifndef NORMALIZER_FAMILY_H
#define NORMALIZER_FAMILY_H

#include "base/text.h"
#include "record/records.h"

enum cw_family family_of(struct cw_text name, struct cw_text unit,
                         enum cw_metric_kind kind);

#endif
