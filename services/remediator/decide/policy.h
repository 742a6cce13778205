/*
 * policy - what may be done about which cause, and how far without a person.
 *
 * Place    policy file -> [policy] -> decide
 * Input    YAML as in policy.example.yaml; strict: an unknown or repeated key,
 *          a value out of range, a command without absolute path is a fault
 * Output   policies in the order of the file: the first that matches is taken;
 *          every fault at once (up to REMEDY_FAULT_MAX), each with file:line
 * Limits   REMEDY_POLICY_MAX policies, REMEDY_ARGV_MAX words a command,
 *          1 MiB of text; anchors and aliases are refused
 * Threads  pure; a set of policies never changes once made
 */
#ifndef REMEDIATOR_DECIDE_POLICY_H
#define REMEDIATOR_DECIDE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#define REMEDY_POLICY_MAX 256u
#define REMEDY_ARGV_MAX   32u
#define REMEDY_FAULT_MAX  50u
#define REMEDY_FILE_MAX   ((size_t)1 << 20)

/* Words with {entity} {kind} {incident} {tenant} {domain} {attempt} in them. */
struct remedy_template {
    const char *const *words;
    size_t count; /* 0 = none */
};

struct remedy_policy {
    const char *name;
    /* match: empty = any; entity is a glob of * and ? */
    const char *action;
    const char *kind;
    const char *entity;
    const char *change;
    double min_confidence;
    /* do */
    int64_t level; /* 0 recommend, 1 ask, 2 do unless vetoed, 3 do */
    struct remedy_template argv;
    struct remedy_template precheck;
    struct remedy_template rollback;
    bool dry_run;
    int64_t timeout_us;
    /* leash */
    double auto_confidence; /* level 3 below it asks */
    int64_t approvers;      /* different people, 1 or 2 */
    int64_t approval_us;    /* an unapproved proposal expires */
    int64_t veto_us;        /* level 2 waits this long for a rejection */
    int64_t cooldown_us;    /* after one action on a target, until the next */
    int64_t verify_us;      /* the symptom must be gone by then, and stay so */
    int64_t max_attempts;   /* then stop and escalate */
    int64_t cap_target;     /* actions on one target in cap_window_us */
    int64_t cap_policy;     /* actions of this policy in it */
    int64_t cap_window_us;
};

/* Over all policies, for one correlation domain. */
struct remedy_caps {
    int64_t domain; /* actions in window_us */
    int64_t window_us;
    int64_t running; /* at the same time; one a target in any case */
};

struct remedy_policies;

/* Reads text, as of the file named for messages. *made is the caller's either
 * way; with faults it holds no policy.
 * CW_BAD_CONFIG: see the faults; CW_NO_MEMORY: *made is NULL. */
CW_MUST_USE enum cw_status remedy_policies_parse(struct remedy_policies **made,
                                                 const char *file,
                                                 struct cw_text text,
                                                 struct cw_error *err);
/* The same from a file. */
CW_MUST_USE enum cw_status remedy_policies_load(struct remedy_policies **made,
                                                const char *file,
                                                struct cw_error *err);
void remedy_policies_destroy(struct remedy_policies **policies);

size_t remedy_policies_fault_count(const struct remedy_policies *policies);
const char *remedy_policies_fault(const struct remedy_policies *policies,
                                  size_t index);

size_t remedy_policies_count(const struct remedy_policies *policies);
const struct remedy_policy *
remedy_policies_at(const struct remedy_policies *policies, size_t index);
const struct remedy_caps *
remedy_policies_caps(const struct remedy_policies *policies);

struct remedy_occasion {
    struct cw_text action;
    struct cw_text kind;
    struct cw_text entity;
    struct cw_text change; /* kind of the change that caused it; empty = none */
    double confidence;
};

/* First policy that matches; NULL = none. */
const struct remedy_policy *
remedy_policies_match(const struct remedy_policies *policies,
                      const struct remedy_occasion *occasion);
/* NULL when it is gone. */
const struct remedy_policy *
remedy_policies_find(const struct remedy_policies *policies,
                     struct cw_text name);

/* glob: * any run, ? any byte. */
bool remedy_glob(const char *glob, struct cw_text text);

#endif
