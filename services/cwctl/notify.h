/*
 * notify - does a page reach anybody, and does its end?
 *
 * Place    cwctl notify test: two Notices of a drill on topic notices, FIRING
 *          and then RESOLVED -> notifier -> topic deliveries -> [notify]
 * Output   a row a target and notice, with what became of it; exit 1 when
 *          nobody was told, or somebody not that it is over
 * Limits   only targets that want drills are told, unless --real: then the
 *          notice does not say that it is one
 */
#ifndef CWCTL_NOTIFY_H
#define CWCTL_NOTIFY_H

#include "command.h"

enum cw_status notify_run(struct call *call, struct cw_error *err);

#endif
