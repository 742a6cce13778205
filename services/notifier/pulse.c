#include "pulse.h"

#include <stdlib.h>

#include "core/flight.h"

#define ARENA_MAX ((size_t)4 << 20)

struct source {
    uint64_t id;
    enum cw_service service;
    int32_t partition; /* that it marks alone; -1 = it marks all */
    int64_t heard_at;
};

struct pulse {
    const struct cw_plan *plan;
    struct cw_arena *arena; /* of one header */
    struct source *sources; /* sorted by id */
    size_t count;
    bool *owned; /* by partition */
};

/* Small ones, one a service: said is what people say, edges come every 5 s. */
const enum cw_topic pulse_topics[] = {
    CW_TOPIC_SAID,   CW_TOPIC_ANOMALIES, CW_TOPIC_EDGES, CW_TOPIC_INCIDENTS,
    CW_TOPIC_CAUSES, CW_TOPIC_ACTIONS,   CW_TOPIC_COUNT,
};

static void add(struct pulse *pulse, enum cw_service service,
                struct cw_text topic, uint32_t partition)
{
    if (pulse->count == PULSE_SOURCES_MAX)
        return;
    pulse->sources[pulse->count++] = (struct source){
        .id = cw_source_id(cw_service_name(service), topic, (int32_t)partition),
        .service = service,
        .partition =
            cw_service_marks_own_only(service) ? (int32_t)partition : -1,
    };
}

static void add_service(struct pulse *pulse, enum cw_service service)
{
    const struct cw_plan *plan = pulse->plan;
    if (service != CW_SERVICE_NORMALIZER) {
        for (uint32_t p = 0; p < plan->partitions; p++)
            add(pulse, service, (struct cw_text){"", 0}, p);
        return;
    }
    for (uint32_t i = 0; i < plan->raw_count; i++)
        for (uint32_t p = 0; p < plan->raw[i].partitions; p++)
            add(pulse, service, plan->raw[i].name, p);
}

static int compare(const void *a, const void *b)
{
    const struct source *left = a;
    const struct source *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

enum cw_status pulse_create(struct pulse **made, const struct cw_plan *plan,
                            struct cw_error *err)
{
    struct pulse *pulse = calloc(1, sizeof(*pulse));
    if (pulse == NULL)
        return cw_fail(err, CW_NO_MEMORY, "pulse");
    pulse->plan = plan;
    pulse->sources = calloc(PULSE_SOURCES_MAX, sizeof(*pulse->sources));
    pulse->owned = calloc(plan->partitions + 1, sizeof(*pulse->owned));
    enum cw_status status = cw_arena_create(&pulse->arena, ARENA_MAX, err);
    if (status == CW_OK && (pulse->sources == NULL || pulse->owned == NULL))
        status = cw_fail(err, CW_NO_MEMORY, "pulse");
    if (status != CW_OK) {
        pulse_destroy(&pulse);
        return status;
    }
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++)
        if ((plan->services >> s & 1u) != 0)
            add_service(pulse, (enum cw_service)s);
    qsort(pulse->sources, pulse->count, sizeof(*pulse->sources), compare);
    *made = pulse;
    return CW_OK;
}

void pulse_destroy(struct pulse **pulse)
{
    if (*pulse == NULL)
        return;
    cw_arena_destroy(&(*pulse)->arena);
    free((*pulse)->sources);
    free((*pulse)->owned);
    free(*pulse);
    *pulse = NULL;
}

void pulse_forget(struct pulse *pulse)
{
    for (size_t i = 0; i < pulse->count; i++)
        pulse->sources[i].heard_at = 0;
    for (uint32_t p = 0; p < pulse->plan->partitions; p++)
        pulse->owned[p] = false;
}

void pulse_own(struct pulse *pulse, int32_t partition)
{
    if (partition >= 0 && (uint32_t)partition < pulse->plan->partitions)
        pulse->owned[partition] = true;
}

void pulse_hear(struct pulse *pulse, struct cw_text header, int64_t now_us)
{
    struct cw_flight_head head;
    struct cw_error err = {0};
    cw_arena_reset(pulse->arena);
    if (header.size == 0 ||
        cw_flight_decode(&head, header, pulse->arena, &err) != CW_OK ||
        !head.last)
        return;
    for (uint32_t i = 0; i < head.entry_count; i++) {
        const struct source key = {.id = head.entries[i].source};
        struct source *found =
            bsearch(&key, pulse->sources, pulse->count, sizeof(key), compare);
        if (found != NULL)
            found->heard_at = now_us;
    }
}

static bool is_watched(const struct pulse *pulse, const struct source *source)
{
    return source->partition < 0 || pulse->owned[source->partition];
}

size_t pulse_list(const struct pulse *pulse,
                  struct notifier_pulse list[CW_SERVICE_COUNT])
{
    size_t count = 0;
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++) {
        const struct source *silent = NULL;
        for (size_t i = 0; i < pulse->count; i++) {
            const struct source *source = &pulse->sources[i];
            if (source->service == s && is_watched(pulse, source) &&
                (silent == NULL || source->heard_at < silent->heard_at))
                silent = source;
        }
        if (silent != NULL)
            list[count++] = (struct notifier_pulse){
                cw_service_name((enum cw_service)s), silent->heard_at};
    }
    return count;
}
