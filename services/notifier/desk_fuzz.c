/* Notices, causes and own deliveries with any fields, in any order, and posts
 * that end in any way: whatever the desk asks for is well formed, and an
 * attempt is on record before it begins. */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "record/record_type.h"

#define ARENA_MAX ((size_t)32 << 20)
#define T0        INT64_C(1700000000000000)
#define STEPS_MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const struct notifier_target targets[] = {
    {.name = "hook",
     .url = "https://a.example.org/",
     .form = NOTIFIER_FORM_WEBHOOK},
    {.name = "chat",
     .url = "https://b.example.org/",
     .form = NOTIFIER_FORM_SLACK,
     .doubt = NOTIFIER_RESEND,
     .min_severity = CW_SEVERITY_WARNING,
     .drills = true},
    {.name = "am",
     .url = "https://c.example.org/",
     .form = NOTIFIER_FORM_ALERTMANAGER,
     .acknowledged = true},
};

/* The next record of the bytes, or NULL. */
static void *take_record(struct cw_unpack *in,
                         const struct cw_record_type *type,
                         struct cw_arena *arena)
{
    struct cw_error err;
    const size_t low = cw_unpack_u8(in);
    const size_t wanted = low + (size_t)256 * (cw_unpack_u8(in) % 8u);
    const size_t left = in->size - in->at;
    const size_t size = wanted < left ? wanted : left;
    struct cw_unpack body = cw_unpack_of(cw_unpack_bytes(in, size), size);
    void *record = cw_arena_take(arena, type->size);
    check(record != NULL);
    return type->decode(record, &body, arena, &err) == CW_OK ? record : NULL;
}

static void check_post(const struct notifier_task *task)
{
    const struct notifier_post *post = &task->post;
    bool known = false;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        known = known || strcmp(post->url, targets[i].url) == 0;
    json_t *body = json_loadb(post->body.bytes, post->body.size, 0, NULL);
    check(known && body != NULL);
    check(task->has_record && task->record.attempts > 0);
    json_decref(body);
}

static void do_tasks(struct notifier_desk *desk, uint8_t how, int64_t now_us)
{
    struct notifier_task task;
    for (unsigned i = 0; i < how % 8u; i++) {
        if (!notifier_desk_next(desk, now_us, &task))
            return;
        check(task.has_record || task.has_post);
        if (!task.has_post)
            continue;
        check_post(&task);
        const struct notifier_outcome outcome = {
            .id = task.post.id,
            .result =
                (enum notifier_result)((how / 8u + i) % (NOTIFIER_CUT + 1u)),
            .retry_after_us = how % 3 == 0 ? 1000000 : 0,
        };
        if (how % 5 != 0) /* else it stays under way */
            notifier_desk_end(desk, &outcome, now_us);
    }
}

static void one_step(struct notifier_desk *desk, struct cw_unpack *in,
                     struct cw_arena *arena, int64_t *now_us)
{
    struct cw_error err;
    enum cw_status status = CW_OK;
    const uint8_t what = cw_unpack_u8(in);
    *now_us += (int64_t)cw_unpack_u8(in) * 100000;
    const struct cw_record_type *type = what % 4 == 0   ? &cw_notice_type
                                        : what % 4 == 1 ? &cw_cause_type
                                                        : &cw_delivery_type;
    const void *record = what % 4 == 3 ? NULL : take_record(in, type, arena);
    if (record != NULL && what % 4 == 0)
        status = notifier_desk_notice(desk, record, *now_us, &err);
    else if (record != NULL && what % 4 == 1)
        status = notifier_desk_cause(desk, record, *now_us, &err);
    else if (record != NULL)
        status = notifier_desk_recall(desk, record, &err);
    check(status == CW_OK || status == CW_FULL || status == CW_TOO_LARGE ||
          status == CW_NO_MEMORY || status == CW_BAD_RECORD);
    do_tasks(desk, what / 4, *now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct notifier_desk_config config = {
        .targets = targets,
        .target_count = sizeof(targets) / sizeof(targets[0]),
        .max_age_us = INT64_C(3600) * 1000000,
        .cause_wait_us = 5000000};
    struct notifier_desk *desk = NULL;
    struct cw_arena *arena = NULL;
    struct cw_error err;
    int64_t now_us = T0;
    struct cw_unpack in = cw_unpack_of(bytes, size);
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    check(notifier_desk_create(&desk, &config, &err) == CW_OK);
    for (int i = 0; i < STEPS_MAX && in.at < in.size; i++) {
        one_step(desk, &in, arena, &now_us);
        cw_arena_reset(arena);
    }
    notifier_desk_destroy(&desk);
    cw_arena_destroy(&arena);
    return 0;
}
