/*
 * declare - edges as declared and as seen, kept as of time and told.
 *
 * Place    topology events, edges of the topology role -> [declare] -> graph,
 *          topic topology
 * Output   a topology record when an edge begins, ends, or its weight moved by
 *          a quarter; key: tenant, domain, both ends, kind and source
 * Limits   as graph; a full graph says so in the ledger, once
 * Threads  one owner thread
 * Source   demands U16
 */
#ifndef CORRELATE_DECLARE_H
#define CORRELATE_DECLARE_H

#include "correlate/turn.h"

/* A topology event adds its edges; with status RESOLVED it ends them. */
CW_MUST_USE enum cw_status corr_declare(const struct corr_turn *turn,
                                        const struct cw_event *event,
                                        struct cw_error *err);

CW_MUST_USE enum cw_status corr_see_edge(const struct corr_turn *turn,
                                         const struct cw_edge *edge,
                                         struct cw_error *err);

/* Once a minute: weights, edges unseen too long, ended ones to forget. */
CW_MUST_USE enum cw_status corr_sweep(const struct corr_turn *turn,
                                      struct cw_error *err);

#endif
