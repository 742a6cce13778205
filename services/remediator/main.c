/*
 * causeway-remediator: causes, incidents, said -> actions, audit; and the
 * effect loop that runs what was decided.
 *
 * The data's path: a cause with a recommendation meets a policy (decide/):
 * proposed, approved, intended - or refused with the reason. The effect loop
 * (effect/) runs intended actions and says each result on raw.results, from
 * where it comes back as input; the decision then verifies by the anomaly that
 * caused it.
 */
#include <stdio.h>

#include "counters.h"
#include "decide/core.h"
#include "effect/loop.h"

struct process {
    struct cw_service_options common;
    struct effect_settings effect;
    const char *policy_file;
    const char *audit_key;
    const char *audit_key_id;
    int64_t result_grace_us;
    bool dry_run;
    struct remediator_config config;
    struct remedy_policies *policies;
    struct cw_side_loop side;
};

#define ROW(name, type, field, fallback, min, max, flags, meaning)             \
    {                                                                          \
        name, type, offsetof(struct process, field), fallback, min, max, "",   \
            (flags) | CW_OPT_RESTART, meaning                                  \
    }
#define LOCAL CW_OPT_LOCAL

static const struct cw_option rows[] = {
    ROW("policy.file", CW_OPT_TEXT, policy_file, "", 0, 0,
        LOCAL | CW_OPT_CONTENT,
        "what may be repaired and how far; empty = nothing ever is"),
    ROW("policy.dry-run", CW_OPT_BOOL, dry_run, "false", 0, 0, 0,
        "show every action, run none"),
    ROW("result.grace", CW_OPT_DURATION, result_grace_us, "30s", 1e6, 36e8, 0,
        "past an action's timeout, then its result is unknown"),
    ROW("audit.key", CW_OPT_TEXT, audit_key, "", 0, 0, CW_OPT_SECRET,
        "of the audit chain; empty = a plain hash chain"),
    ROW("audit.key-id", CW_OPT_TEXT, audit_key_id, "", 0, 0, 0,
        "name of that key in the chain"),
    ROW("effect.state-folder", CW_OPT_TEXT, effect.state_folder,
        "/var/lib/causeway/effect", 0, 0, LOCAL,
        "markers of what was run: must survive a restart"),
    ROW("effect.user", CW_OPT_TEXT, effect.user, "", 0, 0, LOCAL,
        "user the commands run as"),
    ROW("effect.insecure-same-user", CW_OPT_BOOL, effect.same_user, "false", 0,
        0, LOCAL, "run commands as this process's own user"),
    ROW("effect.working-folder", CW_OPT_TEXT, effect.working_folder, "/", 0, 0,
        LOCAL, "where commands start"),
    ROW("effect.max-age", CW_OPT_DURATION, effect.max_age_us, "10m", 1e6, 864e8,
        LOCAL, "decisions older than this are not run any more"),
    ROW("effect.lease", CW_OPT_DURATION, effect.lease_us, "5m", 1e7, 18e8,
        LOCAL,
        "a silent instance keeps its actions so long; timeouts must be "
        "shorter"),
    ROW("effect.running-max", CW_OPT_INT, effect.running_max, "4", 1,
        EFFECT_RUNNING_MAX, LOCAL, "commands at the same time"),
    ROW("effect.memory-max", CW_OPT_SIZE, effect.memory_max, "1GiB", 16777216,
        1099511627776.0, LOCAL, "address space of a command"),
};

static const struct cw_option_check checks[] = {
    {"effect.user", effect_check_user},
};

static enum cw_status load_policies(struct process *process,
                                    struct cw_error *err)
{
    if (process->policy_file[0] == '\0')
        return CW_OK;
    const enum cw_status status =
        remedy_policies_load(&process->policies, process->policy_file, err);
    const size_t faults = process->policies == NULL
                              ? 0
                              : remedy_policies_fault_count(process->policies);
    for (size_t i = 0; i < faults; i++)
        (void)fprintf(stderr, "%s\n",
                      remedy_policies_fault(process->policies, i));
    return status;
}

static enum cw_status configure(void *context, struct cw_error *err)
{
    struct process *process = context;
    enum cw_status status = load_policies(process, err);
    if (status != CW_OK)
        return status;
    process->config = (struct remediator_config){
        .policies = process->policies,
        .audit_key = {cw_text_of(process->audit_key_id),
                      cw_text_of(process->audit_key)},
        .result_grace_us = process->result_grace_us,
        .dry_run = process->dry_run,
    };
    struct effect *effect = NULL;
    status = effect_create(&effect, &process->effect, err);
    process->side.context = effect;
    return status;
}

int main(int count, char **arguments)
{
    struct process process = {
        .side = {"effect", effect_run, effect_ready, effect_collect, NULL}};
    const struct cw_option_group group = {rows, sizeof(rows) / sizeof(rows[0]),
                                          &process};
    const struct cw_service_part part = {CW_SERVICE_REMEDIATOR, &cw_flow_merged,
                                         &remediator_core_type,
                                         &process.config};
    const struct cw_program program = {
        .name = "remediator",
        .summary = "repairs what a policy allows, and checks that it helped",
        .options = &process.common,
        .stall = "40s",
        .groups = &group,
        .group_count = 1,
        .parts = &part,
        .part_count = 1,
        .side = &process.side,
        .checks = checks,
        .check_count = sizeof(checks) / sizeof(checks[0]),
        .metrics = remediator_metrics,
        .metric_count = REMEDIATOR_METRIC_COUNT,
        .configure = configure,
        .context = &process,
    };
    const int code = cw_service_main(&program, count, arguments);
    struct effect *effect = process.side.context;
    effect_destroy(&effect);
    remedy_policies_destroy(&process.policies);
    return code;
}
