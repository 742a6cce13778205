/*
 * audit_verify - is the chain of decisions whole?
 *
 * Place    cwctl audit verify: topic audit -> core/audit -> [audit_verify]
 * Input    keys by their ids; with a database the heads of the chains as they
 *          were at some moments (causeway.audit_anchors)
 * Output   a row a chain; exit 1 when one is broken, and where
 *            whole     every link there is follows from the one before it
 *            headless  it does not begin at link 1, and nothing vouches for
 *                      what lay before: damage only where anchors are known
 *            cut       it ends below an anchor
 *            broken    a link is wrong, or not the one that was anchored
 *            missing   there are anchors of it, and not a link
 *          Without anchors a cut end reads whole, and that is said
 * Limits   a chain is held in memory while it is checked; AUDIT_KEYS_MAX keys
 */
#ifndef CWCTL_AUDIT_VERIFY_H
#define CWCTL_AUDIT_VERIFY_H

#include "command.h"
#include "core/audit.h"
#include "table.h"

#define AUDIT_KEYS_MAX 16

struct audit_anchor {
    struct cw_text chain;
    int64_t sequence;
    struct cw_text mac;
};

struct audit_proof {
    const struct cw_audit_key *keys; /* none: plain hashes. One without an id
                                        goes for links of any */
    size_t key_count;
    bool anchored;                      /* anchors were asked for */
    const struct audit_anchor *anchors; /* by chain, then sequence */
    size_t anchor_count;
};

/* Sorts links by chain and checks each; a row a chain (chain, first, links,
 * state, why). CW_BAD_RECORD: one is not whole. */
CW_MUST_USE enum cw_status audit_verify_links(struct cw_audit *links,
                                              size_t count,
                                              const struct audit_proof *proof,
                                              struct table *table,
                                              struct cw_error *err);

enum cw_status audit_verify_run(struct call *call, struct cw_error *err);

#endif
