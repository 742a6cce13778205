#include "model.h"

#include <math.h> /* fabs: exact */
#include <stddef.h>

/* Save and load follow one list, so they cannot drift apart. */
#define MODEL_FIELDS(X)                                                        \
    X(i64, first_at)                                                           \
    X(i64, last_at)                                                            \
    X(i64, up_at)                                                              \
    X(i64, down_at)                                                            \
    X(i64, out_at)                                                             \
    X(f64, level)                                                              \
    X(f64, slow)                                                               \
    X(f64, fast)                                                               \
    X(f64, previous)                                                           \
    X(u32, seen)                                                               \
    X(u32, settled)                                                            \
    X(f32, interval_s)                                                         \
    X(f32, jitter_s)                                                           \
    X(f32, shift)                                                              \
    X(f32, step_fast)                                                          \
    X(f32, step_slow)                                                          \
    X(f32, up)                                                                 \
    X(f32, down)                                                               \
    X(bool, whole)                                                             \
    X(bool, moved)                                                             \
    X(bool, never_none)                                                        \
    X(f32, tick)                                                               \
    X(f32, grain)                                                              \
    X(bool, none)

static void save_view(const struct view_state *view, struct cw_pack *out)
{
    cw_pack_f32(out, view->scale);
    tail_save(&view->tail, out);
}

static void load_view(struct view_state *view, struct cw_unpack *in)
{
    view->scale = cw_unpack_f32(in);
    tail_load(&view->tail, in);
}

void model_save(const struct model *model, struct cw_pack *out)
{
#define SAVE(type, field) cw_pack_##type(out, model->field);
    MODEL_FIELDS(SAVE)
#undef SAVE
    for (unsigned i = 0; i < VIEW_WINDOWS; i++)
        cw_pack_f32(out, model->windows[i]);
    tail_save(&model->fused, out);
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        save_view(&model->views[i], out);
    cw_pack_bool(out, model->day != NULL);
    if (model->day != NULL)
        day_save(model->day, out);
}

void model_load(struct model *model, struct day *(*make_day)(void),
                struct cw_unpack *in)
{
#define LOAD(type, field) model->field = cw_unpack_##type(in);
    MODEL_FIELDS(LOAD)
#undef LOAD
    for (unsigned i = 0; i < VIEW_WINDOWS; i++)
        model->windows[i] = cw_unpack_f32(in);
    tail_load(&model->fused, in);
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        load_view(&model->views[i], in);
    model->day = NULL;
    if (!cw_unpack_bool(in))
        return;
    model->day = make_day();
    if (model->day == NULL)
        in->failed = true;
    else
        day_load(model->day, in);
}

static const char *const view_names[VIEW_COUNT] = {
#define VIEW_NAME(id, name) [VIEW_##id] = (name),
    VIEW_TABLE(VIEW_NAME)
#undef VIEW_NAME
};

const char *view_name(enum view view)
{
    return view_names[view];
}

unsigned model_ready_views(unsigned ready, const char *names[VIEW_COUNT])
{
    unsigned count = 0;
    for (unsigned i = 0; i < VIEW_COUNT; i++)
        if (ready & (1u << i))
            names[count++] = view_names[i];
    return count;
}

void model_settle(struct model *model)
{
    model->shift = 0.0F;
    for (unsigned i = 0; i < VIEW_WINDOWS; i++)
        model->windows[i] = 0.0F;
    model->step_fast = model->step_slow;
    model->up = 0.0F;
    model->down = 0.0F;
    model->out_at = 0;
}

void model_accept(struct model *model)
{
    const double move = (double)model->shift;
    model->level += move;
    model->slow += move;
    if (model->day != NULL)
        model->day->level += move;
    if (model->settled > MODEL_TRUST_COUNT)
        model->settled = MODEL_TRUST_COUNT;
    model_settle(model);
}

int64_t model_onset(const struct model *model, const struct judgement *judged)
{
    const bool up = judged->deviations[judged->top] >= 0.0;
    const float sum = up ? model->up : model->down;
    const int64_t began = up ? model->up_at : model->down_at;
    const bool point = judged->top == VIEW_LEVEL ||
                       judged->top == VIEW_RESIDUAL || judged->top == VIEW_DAY;
    if (point && fabs(judged->z) >= MODEL_OUT_SIGMAS)
        return model->out_at != 0 ? model->out_at : judged->at;
    if (sum > 0.0F && judged->top != VIEW_VARIANCE)
        return began;
    return judged->at;
}
