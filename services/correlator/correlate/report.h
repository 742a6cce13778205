/*
 * report - an incident as the world sees it: revisions and notices.
 *
 * Place    end of a slice -> [report] -> topics incidents, notices
 * Output   the whole incident, once a slice at most; its notices behind it,
 *          in the order decided, each numbered for its transition
 * Threads  one owner thread
 */
#ifndef CORRELATE_REPORT_H
#define CORRELATE_REPORT_H

#include "correlate/turn.h"

/* Writes the next revision and the notices that wait. */
CW_MUST_USE enum cw_status corr_report(const struct corr_turn *turn,
                                       struct corr_incident *incident,
                                       struct cw_error *err);

/* Decides a notice; when too many wait for the end of the slice they are
 * written first, so none is lost. */
CW_MUST_USE enum cw_status corr_report_call(const struct corr_turn *turn,
                                            struct corr_incident *incident,
                                            enum cw_transition transition,
                                            struct cw_text why,
                                            struct cw_error *err);

#endif
