/*
 * caps - what keeps a repair from becoming the outage.
 *
 * Place    decide -> [caps] -> run, or refuse with a reason
 * Input    the book of the domain's shard, the policy, the time
 * Output   NULL = may run; else why not, one sentence
 * Limits   counts what was intended; domain caps are over one correlation
 *          domain, decided in stream order by its owner. A cap over several
 *          domains is the effect loop's: lease, running_max
 * Threads  pure
 * Source   demands F14, U9
 */
#ifndef REMEDIATOR_DECIDE_CAPS_H
#define REMEDIATOR_DECIDE_CAPS_H

#include "book.h"
#include "policy.h"

struct remedy_question {
    const struct remedy_book *book;
    const struct remedy_entry *entry; /* the one that wants to run */
    const struct remedy_policy *policy;
    const struct remedy_caps *caps;
    int64_t now_at;
};

const char *remedy_caps_refuse(const struct remedy_question *question);

/* Has this policy failed to help this target so often in the last day that
 * only a person should go on? Counts other incidents too. */
bool remedy_caps_exhausted(const struct remedy_question *question);

#endif
