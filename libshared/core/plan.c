#include "core/plan.h"

#include <assert.h>

static const bool own_only[] = {
#define OWN_ONLY_ALL                    false
#define OWN_ONLY_OWN                    true
#define OWN_ONLY(id, name, spread, ...) [CW_SERVICE_##id] = OWN_ONLY_##spread,
    CW_SERVICE_TABLE(OWN_ONLY)};

#define MARKS_MAX 8
static const enum cw_topic marks[][MARKS_MAX] = {
#define MARKS(id, name, spread, ...)                                           \
    [CW_SERVICE_##id] = {__VA_ARGS__, CW_TOPIC_COUNT},
    CW_SERVICE_TABLE(MARKS)};

static const char *const names[] = {
#define NAME(id, name, spread, ...) [CW_SERVICE_##id] = name,
    CW_SERVICE_TABLE(NAME)};

const char *cw_service_name(enum cw_service service)
{
    return names[service];
}

const enum cw_topic *cw_service_marks(enum cw_service service)
{
    return marks[service];
}

bool cw_service_marks_own_only(enum cw_service service)
{
    return own_only[service];
}

static bool writes(enum cw_service service, enum cw_topic topic)
{
    for (const enum cw_topic *at = marks[service]; *at != CW_TOPIC_COUNT; at++)
        if (*at == topic)
            return true;
    return false;
}

struct listing {
    const struct cw_plan *plan;
    struct cw_task_source *sources; /* NULL: count only */
    size_t count;
};

static void list(struct listing *listing, enum cw_topic topic, uint64_t id)
{
    if (listing->sources != NULL)
        listing->sources[listing->count] = (struct cw_task_source){topic, id};
    listing->count++;
}

static void list_raw(struct listing *listing, enum cw_topic topic)
{
    const struct cw_plan *plan = listing->plan;
    for (uint32_t i = 0; i < plan->raw_count; i++)
        for (uint32_t p = 0; p < plan->raw[i].partitions; p++)
            list(listing, topic,
                 cw_source_id(names[CW_SERVICE_NORMALIZER], plan->raw[i].name,
                              (int32_t)p));
}

static void list_service(struct listing *listing, enum cw_topic topic,
                         enum cw_service service, int32_t partition)
{
    const struct cw_text no_topic = {"", 0};
    if (service == CW_SERVICE_NORMALIZER) {
        list_raw(listing, topic);
        return;
    }
    for (uint32_t p = 0; p < listing->plan->partitions; p++)
        if (!own_only[service] || (int32_t)p == partition)
            list(listing, topic,
                 cw_source_id(names[service], no_topic, (int32_t)p));
}

static void list_all(struct listing *listing, const struct cw_core_type *type,
                     int32_t partition)
{
    for (const enum cw_topic *topic = type->inputs; *topic != CW_TOPIC_COUNT;
         topic++)
        for (unsigned s = 0; s < CW_SERVICE_COUNT; s++)
            if ((listing->plan->services >> s & 1u) != 0 &&
                writes((enum cw_service)s, *topic))
                list_service(listing, *topic, (enum cw_service)s, partition);
}

enum cw_status cw_plan_sources(const struct cw_plan *plan,
                               struct cw_task_setup *setup,
                               struct cw_arena *arena, struct cw_error *err)
{
    struct listing listing = {.plan = plan};
    list_all(&listing, setup->type, setup->partition);
    listing.sources =
        cw_arena_take(arena, listing.count * sizeof(*listing.sources));
    if (listing.sources == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu sources", listing.count);
    listing.count = 0;
    list_all(&listing, setup->type, setup->partition);
    setup->sources = listing.sources;
    setup->source_count = listing.count;
    return CW_OK;
}

uint64_t cw_plan_hash(const struct cw_plan *plan)
{
    uint64_t hash = cw_hash_mix(plan->partitions, plan->services);
    for (uint32_t i = 0; i < plan->raw_count; i++) {
        hash = cw_hash_mix_text(hash, plan->raw[i].name);
        hash = cw_hash_mix(hash, plan->raw[i].partitions);
    }
    return hash;
}
