/*
 * policy_file - the YAML side of policy.
 *
 * Place    policy only
 */
#ifndef REMEDIATOR_DECIDE_POLICY_FILE_H
#define REMEDIATOR_DECIDE_POLICY_FILE_H

#include "base/arena.h"
#include "policy.h"

struct remedy_policies {
    struct cw_arena *arena; /* owned: everything below lives in it */
    const char *file;
    struct remedy_policy *list;
    size_t count;
    struct remedy_caps caps;
    const char *faults[REMEDY_FAULT_MAX];
    size_t fault_count;
};

/* Adds a fault "file:line: text"; those past REMEDY_FAULT_MAX are dropped. */
void remedy_fault(struct remedy_policies *to, size_t line, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Fills *to from text, faults included. */
void remedy_policy_file_read(struct remedy_policies *to, struct cw_text text);

#endif
