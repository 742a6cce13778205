#include "caps.h"

static bool recent(const struct remedy_entry *entry, int64_t now_at,
                   int64_t window_us)
{
    return entry->intended_at != 0 && entry->intended_at > now_at - window_us;
}

/* It holds the target: in execution, or its end is too near. */
static const char *held_by(const struct remedy_entry *other,
                           const struct remedy_question *question)
{
    if (other->target != question->entry->target)
        return NULL;
    if (remedy_entry_is_running(other))
        return "another action on this target is under way";
    if (other->intended_at != 0 && other->finished_at != 0 &&
        question->now_at < other->finished_at + question->policy->cooldown_us)
        return "the target cools down after another action";
    return NULL;
}

const char *remedy_caps_refuse(const struct remedy_question *question)
{
    const struct remedy_policy *policy = question->policy;
    int64_t running = 0, on_target = 0, of_policy = 0, of_domain = 0;

    for (uint32_t i = 0; i < question->book->entry_count; i++) {
        const struct remedy_entry *other = &question->book->entries[i];
        if (other == question->entry || other->route != question->entry->route)
            continue;
        const char *held = held_by(other, question);
        if (held != NULL)
            return held;
        running += remedy_entry_is_running(other);
        of_domain += recent(other, question->now_at, question->caps->window_us);
        if (!recent(other, question->now_at, policy->cap_window_us))
            continue;
        on_target += other->target == question->entry->target;
        of_policy += other->policy == question->entry->policy;
    }
    if (running >= question->caps->running)
        return "as many actions as allowed are under way";
    if (on_target >= policy->cap_target)
        return "cap of actions on this target reached";
    if (of_policy >= policy->cap_policy)
        return "cap of actions of this policy reached";
    if (of_domain >= question->caps->domain)
        return "cap of actions in this domain reached";
    return NULL;
}

bool remedy_caps_exhausted(const struct remedy_question *question)
{
    int64_t failures = 0;

    for (uint32_t i = 0; i < question->book->entry_count; i++) {
        const struct remedy_entry *other = &question->book->entries[i];
        failures += other != question->entry && other->ineffective &&
                    other->target == question->entry->target &&
                    other->policy == question->entry->policy &&
                    other->intended_at > question->now_at - REMEDY_MEMORY_US;
    }
    return failures >= question->policy->max_attempts;
}
