/*
 * audit_verify - is the chain of decisions whole?
 *
 * Place    cwctl audit verify: topic audit -> core/audit -> [audit_verify]
 * Output   a row a chain; exit 1 when one is broken, and where
 * Limits   a chain is held in memory while it is checked; beginnings that
 *          retention took are said, not counted as damage
 */
#ifndef CWCTL_AUDIT_VERIFY_H
#define CWCTL_AUDIT_VERIFY_H

#include "command.h"

enum cw_status audit_verify_run(struct call *call, struct cw_error *err);

#endif
