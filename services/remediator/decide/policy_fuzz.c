/* Any bytes: faults or policies, never both, and nothing unsafe in a command.
 */
#include <assert.h>
#include <stdint.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_command(const struct remedy_policy *policy)
{
    assert(policy->argv.count >= 1 && policy->argv.count <= REMEDY_ARGV_MAX);
    assert(policy->argv.words[0][0] == '/');
}

static void check_limits(const struct remedy_policy *policy)
{
    assert(policy->level >= 0 && policy->level <= 3);
    assert(policy->max_attempts >= 1 && policy->cap_target >= 1);
    assert(policy->min_confidence >= 0.0 && policy->min_confidence <= 1.0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct remedy_policies *policies = NULL;
    struct cw_error err;
    const struct cw_text text = {(const char *)bytes, size};
    const enum cw_status status =
        remedy_policies_parse(&policies, "fuzz", text, &err);

    if (policies == NULL)
        return 0;
    assert((status == CW_OK) == (remedy_policies_fault_count(policies) == 0));
    assert(status == CW_OK || remedy_policies_count(policies) == 0);
    for (size_t i = 0; i < remedy_policies_count(policies); i++) {
        check_command(remedy_policies_at(policies, i));
        check_limits(remedy_policies_at(policies, i));
    }
    remedy_policies_destroy(&policies);
    return 0;
}
