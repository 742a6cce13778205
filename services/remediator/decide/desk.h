/*
 * desk - one step's hold of its shard: reads an action, changes it, puts it
 * out with its audit link.
 *
 * Place    core -> [desk] -> actions, audit
 * Limits   REMEDY_CHAIN_MAX correlation domains a shard have a chain of their
 *          own; beyond, all share the chain "remediator/overflow"
 * Threads  one owner thread
 */
#ifndef REMEDIATOR_DECIDE_DESK_H
#define REMEDIATOR_DECIDE_DESK_H

#include "book.h"
#include "core.h"
#include "core/audit.h"

#define REMEDY_CHAIN_MAX 64u

struct remedy_chain {
    uint64_t route;
    struct cw_audit_chain chain;
    char tenant[64];
    char domain[64];
};

struct remedy_shard {
    struct remedy_book book;
    struct remedy_chain *chains; /* REMEDY_CHAIN_MAX + 1 places, owned */
    uint32_t chain_count;
    bool ready;
    bool stopped; /* kill switch */
    int64_t stopped_at;
    char stopped_by[64];
};

struct remedy_desk {
    const struct remediator_config *config;
    struct remedy_shard *shard;
    struct cw_emit *emit;
    struct cw_error *err;
    int64_t now_at;
};

/* The action of an entry, lent until the step returns. CW_BROKEN: it has
 * none any more; CW_NO_MEMORY. */
CW_MUST_USE enum cw_status remedy_desk_read(const struct remedy_desk *desk,
                                            const struct remedy_entry *entry,
                                            struct cw_action *action);

/* Gives the action state and reason, stores it, puts it out with an audit
 * link named what. An entry left without a deadline gives up its bytes. */
CW_MUST_USE enum cw_status remedy_desk_put(const struct remedy_desk *desk,
                                           struct remedy_entry *entry,
                                           struct cw_action *action,
                                           enum cw_action_state state,
                                           struct cw_text reason);

/* Read, then put: for a change of state alone. */
CW_MUST_USE enum cw_status remedy_desk_turn(const struct remedy_desk *desk,
                                            struct remedy_entry *entry,
                                            enum cw_action_state state,
                                            struct cw_text reason);

struct remedy_note {
    uint64_t route;
    struct cw_text tenant;
    struct cw_text domain;
    struct cw_audit_entry entry;
};

/* An audit link without an action: a refused approval, the kill switch. */
CW_MUST_USE enum cw_status remedy_desk_note(const struct remedy_desk *desk,
                                            const struct remedy_note *note);

#endif
