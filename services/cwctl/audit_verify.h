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
#include "core/audit.h"
#include "table.h"

/* Sorts links by chain and checks each; a row a chain (chain, first, links,
 * state, why). CW_BAD_RECORD: one is broken. */
CW_MUST_USE enum cw_status audit_verify_links(struct cw_audit *links,
                                              size_t count,
                                              const struct cw_audit_key *key,
                                              struct table *table,
                                              struct cw_error *err);

enum cw_status audit_verify_run(struct call *call, struct cw_error *err);

#endif
