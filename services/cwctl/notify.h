/*
 * notify - does a page reach anybody?
 *
 * Place    cwctl notify test: a Notice of a drill on topic notices -> notifier
 *          -> topic deliveries -> [notify]
 * Output   a row a target, with what became of it; exit 1 when none delivered
 * Limits   only targets that want drills are told, unless --real: then the
 *          notice does not say that it is one
 */
#ifndef CWCTL_NOTIFY_H
#define CWCTL_NOTIFY_H

#include "command.h"

enum cw_status notify_run(struct call *call, struct cw_error *err);

#endif
