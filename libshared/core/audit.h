/*
 * audit - one link of a tamper-evident chain of decisions.
 *
 * Place    deciding core -> [audit] -> topic audit; cwctl audit verify
 * Input    what was decided, about which incident or action, and why
 * Output   struct cw_audit with sequence, previous MAC and MAC filled in
 * Limits   sequence from 1 without gap; the first link's previous MAC is 64
 *          zeros. The MAC covers, in this order: chain, sequence, what,
 *          subject, detail, algorithm, key_id, previous_mac, tenant; a text as
 *          4 bytes of length and its bytes, the sequence as 8 bytes, both
 *          little endian: nothing can move between two fields
 * Threads  pure but for the chain it is given
 * Source   RFC 2104 (HMAC), FIPS 180-4 (SHA-256); demand F17
 */
#ifndef CW_CORE_AUDIT_H
#define CW_CORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pack.h"
#include "base/status.h"
#include "record/records.h"

#define CW_AUDIT_HEX      64 /* characters of a MAC */
#define CW_AUDIT_NAME_MAX 192

/* Without bytes the chain is plain sha256: it shows damage, not an attacker
 * who can rewrite everything after the change. */
struct cw_audit_key {
    struct cw_text id;
    struct cw_text bytes; /* empty = no key; borrowed for the core's life */
};

/* Where a chain stands; a plain value that lives in the state of a shard. */
struct cw_audit_chain {
    char name[CW_AUDIT_NAME_MAX + 1];
    int64_t sequence;                /* of the last link, 0 = none yet */
    char previous[CW_AUDIT_HEX + 1]; /* MAC of the last link */
};

struct cw_audit_entry {
    struct cw_text what;
    struct cw_text subject;
    struct cw_text detail; /* canonical JSON */
};

/* Begins a chain; a name longer than CW_AUDIT_NAME_MAX is cut. */
void cw_audit_chain_init(struct cw_audit_chain *chain, struct cw_text name);

/* Fills every field of *link but meta, of which it reads the tenant, and moves
 * the chain on. The texts of *link live in arena.
 * CW_NO_MEMORY, CW_BROKEN (the library refuses): chain unchanged. */
CW_MUST_USE enum cw_status
cw_audit_link(struct cw_audit_chain *chain, const struct cw_audit_key *key,
              const struct cw_audit_entry *entry, struct cw_audit *link,
              struct cw_arena *arena, struct cw_error *err);

/* Checks links[0..count) of one chain in order; *bad is the index of the first
 * that is wrong, count when none is. from is where the chain stood before
 * links[0], NULL = at its beginning.
 * CW_BAD_RECORD: *bad tells where, err what; CW_BROKEN. */
CW_MUST_USE enum cw_status cw_audit_verify(const struct cw_audit *links,
                                           size_t count,
                                           const struct cw_audit_chain *from,
                                           const struct cw_audit_key *key,
                                           size_t *bad, struct cw_error *err);

void cw_audit_chain_save(const struct cw_audit_chain *chain,
                         struct cw_pack *out);
/* CW_BAD_STATE: not a chain that was saved. */
CW_MUST_USE enum cw_status cw_audit_chain_load(struct cw_audit_chain *chain,
                                               struct cw_unpack *in,
                                               struct cw_error *err);

#endif
