/*
 * canonical - what two runs must agree on, as text one can compare.
 *
 * Place    tests and cwctl replay: records -> [canonical] -> lines to diff
 * Output   JSON, keys sorted, no whitespace, no volatile fields; of each
 *          record its last revision only, sorted by type and identity
 * Limits   a fold holds max_count identities and refuses (CW_FULL) beyond
 * Threads  one owner thread
 * Source   docs/canonical.md
 */
#ifndef CW_RECORD_CANONICAL_H
#define CW_RECORD_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"
#include "record/record_type.h"

/* Lends the canonical text of record from the arena. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_canonical_text(const struct cw_record_type *type,
                                             const void *record,
                                             struct cw_arena *arena,
                                             struct cw_text *text,
                                             struct cw_error *err);

/* Is it something the engine promises to decide the same way again? Not what
 * keeps it going (Snapshot, Mark, Clock, Verdict), nor what it refused
 * (DeadLetter), nor a batch, whose cut is chance: its items are. */
bool cw_canonical_is_final(const struct cw_record_type *type);

/* Identity of a final record: tenant, and what stays the same from revision to
 * revision. Lent from the arena. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_canonical_key(const struct cw_record_type *type,
                                            const void *record,
                                            struct cw_arena *arena,
                                            struct cw_text *key,
                                            struct cw_error *err);

struct cw_canonical_fold;

CW_MUST_USE enum cw_status
cw_canonical_fold_create(struct cw_canonical_fold **made, size_t max_count,
                         struct cw_error *err);
void cw_canonical_fold_destroy(struct cw_canonical_fold **fold);

/* Keeps record unless one of the same type and key with a higher revision is
 * there already; of equal revisions the later put stays. Not final: ignored.
 * Copies what it needs. CW_FULL, CW_NO_MEMORY: the fold is unchanged. */
CW_MUST_USE enum cw_status
cw_canonical_fold_put(struct cw_canonical_fold *fold,
                      const struct cw_record_type *type, const void *record,
                      struct cw_error *err);

/* Sorts by type name, then key, and returns how many are kept. */
size_t cw_canonical_fold_end(struct cw_canonical_fold *fold);

/* After the end and until the next put: {"key":...,"record":{...},"type":...},
 * one line, lent by the fold. */
struct cw_text cw_canonical_fold_line(const struct cw_canonical_fold *fold,
                                      size_t index);

#endif
