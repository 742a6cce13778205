#include "told.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"

#define TEXTS_MAX ((size_t)256 << 20)

/* A notice, or what became of it at one target. */
struct entry {
    uint64_t incident;
    uint64_t notice;
    struct cw_text target; /* empty: the notice itself */
    enum cw_transition transition;
    enum cw_delivery_state state;
    struct cw_text outcome;
};

struct told {
    struct cw_arena *texts;
    struct cw_map64 *asked; /* incidents */
    struct cw_map64 *index; /* notice and target -> entries */
    struct entry *entries;
    size_t count;
    size_t capacity;
};

enum cw_status told_create(struct told **made, struct cw_error *err)
{
    struct told *told = calloc(1, sizeof(*told));
    if (told == NULL)
        return cw_fail(err, CW_NO_MEMORY, "told");
    enum cw_status status = cw_arena_create(&told->texts, TEXTS_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&told->asked, TOLD_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&told->index, TOLD_MAX, err);
    if (status != CW_OK)
        told_destroy(&told);
    else
        *made = told;
    return status;
}

void told_destroy(struct told **told)
{
    if (*told == NULL)
        return;
    cw_arena_destroy(&(*told)->texts);
    cw_map64_destroy(&(*told)->asked);
    cw_map64_destroy(&(*told)->index);
    free((*told)->entries);
    free(*told);
    *told = NULL;
}

enum cw_status told_ask(struct told *told, struct cw_text incident,
                        struct cw_error *err)
{
    return cw_map64_put(told->asked, cw_hash_text(incident), 1, err);
}

static enum cw_status room_for_one(struct told *told, struct cw_error *err)
{
    if (told->count < told->capacity)
        return CW_OK;
    const size_t capacity = told->capacity ? told->capacity * 2 : 64;
    struct entry *grown =
        realloc(told->entries, capacity * sizeof(struct entry));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu deliveries", capacity);
    told->entries = grown;
    told->capacity = capacity;
    return CW_OK;
}

/* A later word of the same notice at the same target takes its place. */
static enum cw_status take(struct told *told, const struct entry *entry,
                           struct cw_error *err)
{
    const uint64_t key = cw_hash_mix_text(entry->notice, entry->target);
    uint64_t at;
    uint64_t asked;
    if (!cw_map64_find(told->asked, entry->incident, &asked))
        return CW_OK;
    if (!cw_map64_find(told->index, key, &at)) {
        enum cw_status status = room_for_one(told, err);
        if (status == CW_OK)
            status = cw_map64_put(told->index, key, told->count, err);
        if (status != CW_OK)
            return status;
        at = told->count++;
    }
    struct entry *kept = &told->entries[at];
    *kept = *entry;
    kept->target = cw_arena_text(told->texts, entry->target);
    kept->outcome = cw_arena_text(told->texts, entry->outcome);
    return CW_OK;
}

enum cw_status told_take_notice(struct told *told,
                                const struct cw_notice *notice,
                                struct cw_error *err)
{
    const struct entry entry = {
        .incident = cw_hash_text(notice->incident_id),
        .notice = cw_hash_text(notice->notice_id),
        .target = CW_TEXT(""),
        .transition = notice->transition,
        .outcome = CW_TEXT(""),
    };
    return take(told, &entry, err);
}

enum cw_status told_take_delivery(struct told *told,
                                  const struct cw_delivery *delivery,
                                  struct cw_error *err)
{
    const struct entry entry = {
        .incident = cw_hash_text(delivery->incident_id),
        .notice = cw_hash_text(delivery->notice_id),
        .target = delivery->target,
        .transition = delivery->transition,
        .state = delivery->state,
        .outcome = delivery->state == CW_DELIVERY_STATE_DELIVERED
                       ? CW_TEXT("")
                       : delivery->outcome,
    };
    return take(told, &entry, err);
}

/* What became of the notice at notice: its line without the first word. */
static struct cw_text deliveries_of(const struct told *told, size_t notice,
                                    struct cw_arena *arena)
{
    struct cw_text text = CW_TEXT("");
    for (size_t i = 0; i < told->count; i++) {
        const struct entry *one = &told->entries[i];
        if (one->target.size == 0 ||
            one->notice != told->entries[notice].notice)
            continue;
        text = cw_arena_print(
            arena, "%.*s%s%.*s %s%s%.*s%s", CW_TEXT_ARG(text),
            text.size > 0 ? ", " : "", CW_TEXT_ARG(one->target),
            cw_delivery_state_name(one->state),
            one->outcome.size > 0 ? " (" : "", CW_TEXT_ARG(one->outcome),
            one->outcome.size > 0 ? ")" : "");
    }
    return text.size > 0 ? text : CW_TEXT("no target took it");
}

struct cw_text told_text(const struct told *told, struct cw_text incident,
                         struct cw_arena *arena)
{
    const uint64_t id = cw_hash_text(incident);
    struct cw_text text = CW_TEXT("");
    for (size_t i = 0; i < told->count; i++) {
        const struct entry *one = &told->entries[i];
        if (one->incident != id || one->target.size > 0)
            continue;
        const struct cw_text line = deliveries_of(told, i, arena);
        text = cw_arena_print(arena, "%.*s%s%s: %.*s", CW_TEXT_ARG(text),
                              text.size > 0 ? "; " : "",
                              cw_transition_name(one->transition),
                              CW_TEXT_ARG(line));
    }
    return text.size > 0 ? text : CW_TEXT("nobody: there is no notice");
}
