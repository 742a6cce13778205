/*
 * change - something was deployed, configured or scaled.
 *
 * Input    {"change":"deploy","service":"cart","id":"812","version":"1.4.2",
 *           "title":"..","detail":"..","at":"2026-11-20T21:50:00Z",
 *           "by":"..","source":"argocd"}
 *          Instead of service: "entity":{"kind","name"} or any label entity
 *          knows (host, pod, ...). What else stands there becomes labels
 * Output   one change event; without an id, the hash of change, entity,
 *          version and time identifies it
 * Limits   change: any word of at most 64 bytes; deploy, config and scale are
 *          those the ranker knows. `at` far from the record's time is refused
 */
#include "format.h"

#include "base/hash.h"
#include "../flatten.h"

#define CHANGE_SIZE_MAX 64

static struct cw_text text_of(struct tree_value object, const char *key,
                              struct cw_arena *arena)
{
    return flatten_text(tree_get(object, cw_text_of(key)), arena);
}

struct reading {
    struct labels *labels;
    struct cw_arena *arena;
};

static void add_leaf(void *to, struct cw_text path, struct tree_value value)
{
    static const char *const own[] = {"change", "at",          "timestamp",
                                      "title",  "detail",      "id",
                                      "source", "entity.kind", "entity.name"};
    const struct reading *reading = to;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (cw_text_is(path, own[i]))
            return;
    const struct cw_text key = cw_arena_text(reading->arena, path);
    if (key.bytes != NULL)
        labels_add(reading->labels, key, flatten_text(value, reading->arena));
}

static bool time_of(struct draft *draft, struct tree_value element, int64_t *at)
{
    struct cw_text text = text_of(element, "at", draft_arena(draft));
    if (text.size == 0)
        text = text_of(element, "timestamp", draft_arena(draft));
    *at = 0;
    return text.size == 0 ||
           instant_of_text(text, draft_source(draft)->unit, at);
}

static struct cw_text identity_of(const struct cw_event *event,
                                  const struct labels *labels,
                                  struct cw_arena *arena)
{
    uint64_t hash = cw_hash_text(event->change_kind);
    hash = cw_hash_mix_text(hash, event->entity.name);
    for (size_t i = 0; i < labels->count; i++) {
        hash = cw_hash_mix_text(hash, labels->items[i].key);
        hash = cw_hash_mix_text(hash, labels->items[i].value);
    }
    hash = cw_hash_mix(hash, (uint64_t)event->starts_at);
    return cw_arena_print(arena, "%016llx", (unsigned long long)hash);
}

static struct cw_text title_of(const struct cw_event *event,
                               const struct labels *labels,
                               struct cw_arena *arena)
{
    const struct cw_text version = labels_find(labels, CW_TEXT("version"));
    const struct cw_text service = labels_find(labels, CW_TEXT("service"));
    const struct cw_text who =
        event->entity.name.size > 0 ? event->entity.name : service;
    if (version.size == 0)
        return cw_arena_print(arena, "%.*s of %.*s",
                              CW_TEXT_ARG(event->change_kind),
                              CW_TEXT_ARG(who));
    return cw_arena_print(arena, "%.*s of %.*s %.*s",
                          CW_TEXT_ARG(event->change_kind), CW_TEXT_ARG(who),
                          CW_TEXT_ARG(version));
}

void read_change(struct draft *draft, struct tree_value element)
{
    struct cw_arena *arena = draft_arena(draft);
    struct labels labels;
    struct cw_event event = {.kind = CW_EVENT_KIND_CHANGE};
    event.change_kind = text_of(element, "change", arena);
    if (event.change_kind.size == 0 ||
        event.change_kind.size > CHANGE_SIZE_MAX) {
        draft_refuse(draft, CW_BAD_RECORD, "no kind of change");
        return;
    }
    if (!time_of(draft, element, &event.event_at)) {
        draft_refuse(draft, CW_BAD_RECORD, "at is no time");
        return;
    }
    labels_clear(&labels);
    struct flatten flatten = {add_leaf, &(struct reading){&labels, arena}, 0};
    flatten_object(&flatten, element);
    labels_sort(&labels);
    const struct tree_value entity = tree_get(element, CW_TEXT("entity"));
    event.entity.kind = text_of(entity, "kind", arena);
    event.entity.name = text_of(entity, "name", arena);
    if (tree_type_of(entity) == TREE_STRING)
        event.entity =
            (struct cw_entity){CW_TEXT("service"), tree_string(entity)};
    else if (event.entity.kind.size == 0)
        event.entity.kind = CW_TEXT("service");
    event.starts_at = event.event_at ? event.event_at : draft_kafka_at(draft);
    event.ends_at = event.starts_at; /* a change is over when it is said */
    event.source = text_of(element, "source", arena);
    event.detail = text_of(element, "detail", arena);
    event.title = text_of(element, "title", arena);
    if (event.title.size == 0)
        event.title = title_of(&event, &labels, arena);
    event.dedup_key = text_of(element, "id", arena);
    if (event.dedup_key.size == 0)
        event.dedup_key = identity_of(&event, &labels, arena);
    draft_add_event(draft, &event, &labels);
}
