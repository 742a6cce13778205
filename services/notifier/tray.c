#include "tray.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "record/wire.h"

#define RECORD_MAX ((size_t)1 << 20)
#define ARENA_MAX  ((size_t)64 << 20)

struct place {
    struct cw_tell tell;
    enum cw_delivery_state state;
    bool has_post;
    struct notifier_post post;
};

struct notifier_tray {
    const char *deliveries;
    uint32_t partitions;
    struct cw_arena *arena; /* of what lies on it */
    struct cw_pack pack;
    struct place places[TRAY_MAX];
    size_t count;
};

enum cw_status notifier_tray_create(struct notifier_tray **made,
                                    const char *deliveries, uint32_t partitions,
                                    struct cw_error *err)
{
    struct notifier_tray *tray = calloc(1, sizeof(*tray));
    if (tray == NULL)
        return cw_fail(err, CW_NO_MEMORY, "tray");
    tray->deliveries = deliveries;
    tray->partitions = partitions;
    cw_pack_init(&tray->pack, RECORD_MAX);
    const enum cw_status status = cw_arena_create(&tray->arena, ARENA_MAX, err);
    if (status != CW_OK)
        notifier_tray_destroy(&tray);
    else
        *made = tray;
    return status;
}

void notifier_tray_destroy(struct notifier_tray **tray)
{
    if (*tray == NULL)
        return;
    cw_pack_fini(&(*tray)->pack);
    cw_arena_destroy(&(*tray)->arena);
    free(*tray);
    *tray = NULL;
}

void notifier_tray_clear(struct notifier_tray *tray)
{
    tray->count = 0;
    cw_arena_reset(tray->arena);
}

size_t notifier_tray_count(const struct notifier_tray *tray)
{
    return tray->count;
}

enum cw_delivery_state notifier_tray_state(const struct notifier_tray *tray,
                                           size_t index)
{
    return tray->places[index].state;
}

/* The task's texts are lent until the next one: all is copied. */
static enum cw_status lay(struct notifier_tray *tray,
                          const struct notifier_task *task,
                          struct cw_error *err)
{
    const struct cw_delivery *record = &task->record;
    struct place *place = &tray->places[tray->count];
    const uint64_t route =
        cw_route_domain(record->meta.tenant, record->meta.domain);
    cw_pack_reset(&tray->pack);
    cw_wire_seal(&cw_delivery_type, record, &tray->pack);
    *place = (struct place){
        .tell = {tray->deliveries,
                 (int32_t)cw_partition_of(route, tray->partitions),
                 cw_arena_print(tray->arena, "%.*s/%.*s/%.*s",
                                CW_TEXT_ARG(record->meta.tenant),
                                CW_TEXT_ARG(record->notice_id),
                                CW_TEXT_ARG(record->target)),
                 cw_arena_text(tray->arena,
                               (struct cw_text){(char *)tray->pack.bytes,
                                                tray->pack.size})},
        .state = record->state,
        .has_post = task->has_post,
        .post = task->post,
    };
    place->post.body = cw_arena_text(tray->arena, task->post.body);
    place->post.key = cw_arena_text(tray->arena, task->post.key);
    if (tray->pack.failed || place->tell.value.bytes == NULL ||
        (task->has_post && place->post.body.bytes == NULL))
        return cw_fail(err, CW_NO_MEMORY, "tray");
    tray->count++;
    return CW_OK;
}

enum cw_status notifier_tray_fill(struct notifier_tray *tray,
                                  struct notifier_desk *desk, size_t posts_max,
                                  int64_t now_us, struct cw_error *err)
{
    struct notifier_task task;
    size_t posts = 0;
    enum cw_status status = CW_OK;
    while (status == CW_OK && tray->count < TRAY_MAX && posts < posts_max &&
           notifier_desk_next(desk, now_us, &task)) {
        if (!task.has_record)
            continue;
        posts += task.has_post ? 1 : 0;
        status = lay(tray, &task, err);
    }
    return status;
}

enum cw_status notifier_tray_say(struct notifier_tray *tray,
                                 struct cw_teller *teller, int64_t timeout_us,
                                 struct cw_error *err)
{
    struct cw_tell tells[TRAY_MAX];
    for (size_t i = 0; i < tray->count; i++)
        tells[i] = tray->places[i].tell;
    return cw_teller_say(teller, tells, tray->count, timeout_us, err);
}

void notifier_tray_post(struct notifier_tray *tray,
                        struct notifier_deliver *deliver,
                        struct notifier_desk *desk, int64_t now_us)
{
    for (size_t i = 0; i < tray->count; i++) {
        const struct place *place = &tray->places[i];
        struct cw_error err = {0};
        if (!place->has_post)
            continue;
        const enum cw_status status =
            notifier_deliver_start(deliver, &place->post, &err);
        if (status == CW_OK)
            continue;
        const bool later = status == CW_FULL || status == CW_NO_MEMORY;
        struct notifier_outcome refused = {
            .id = place->post.id,
            .result = later ? NOTIFIER_UNSENT : NOTIFIER_REFUSED,
        };
        (void)snprintf(refused.text, sizeof(refused.text), "%.150s", err.text);
        notifier_desk_end(desk, &refused, now_us);
    }
    notifier_tray_clear(tray);
}
