#include "unknown.h"

#define EQUAL_SCORES 0.1 /* nearer than this nothing tells them apart */
#define EQUAL_COUNT  3u

static void add(struct ranker_doubt *doubt, struct cw_text sentence)
{
    if (doubt->count < RANKER_MISSING_MAX && sentence.size > 0)
        doubt->missing[doubt->count++] = sentence;
}

static bool blind(const struct ranker_scene *scene, uint32_t place)
{
    const struct ranker_entity *entity = ranker_window_at(scene->window, place);

    return entity->trail == NULL && !scene->signs[place].alarmed;
}

/* Dependencies of the first candidate that never sent anything. */
static void name_blind(struct ranker_doubt *doubt,
                       const struct ranker_scene *scene, uint32_t place,
                       struct cw_arena *arena)
{
    const struct ranker_links *callees = &scene->view.callees;

    for (uint32_t i = callees->first[place]; i < callees->first[place + 1]; i++)
        if (blind(scene, callees->links[i].other))
            add(doubt, cw_arena_print(arena, "telemetry of %s",
                                      ranker_window_at(scene->window,
                                                       callees->links[i].other)
                                          ->name));
}

/* It only suffers, it depends on others, and none of them can be seen: the
 * loudest must not be blamed for what lies behind it. */
static bool suffers_unseen(const struct ranker_candidate *top,
                           const struct ranker_scene *scene)
{
    const struct ranker_links *callees = &scene->view.callees;
    const uint32_t from = callees->first[top->place];
    const uint32_t to = callees->first[top->place + 1];

    if (top->kind != RANKER_KIND_ENTITY || from == to ||
        !ranker_sign_is_symptom(top->sign))
        return false;
    for (uint32_t i = from; i < to; i++)
        if (!blind(scene, callees->links[i].other))
            return false;
    return true;
}

/* Without a graph, several that differ in nothing. */
static bool undecided(const struct ranker_candidates *all,
                      const struct ranker_scene *scene)
{
    return scene->view.edge_count == 0 && all->count >= EQUAL_COUNT &&
           all->list[0].score - all->list[EQUAL_COUNT - 1].score <=
               EQUAL_SCORES;
}

void ranker_doubt_make(struct ranker_doubt *doubt,
                       const struct ranker_candidates *all,
                       const struct ranker_scene *scene, struct cw_arena *arena)
{
    *doubt = (struct ranker_doubt){0};
    if (scene->view.stale)
        add(doubt, CW_TEXT("the graph at the start of the symptoms"));
    if (all->count == 0) {
        doubt->unknown = true;
        add(doubt, CW_TEXT("metrics, logs or changes of the entities of the "
                           "incident and of what they depend on"));
        return;
    }
    const struct ranker_candidate *top = &all->list[0];
    const bool faint = !(top->probability >= scene->config->floor);
    const bool unseen = suffers_unseen(top, scene);
    if (unseen || faint)
        name_blind(doubt, scene, top->place, arena);
    if (top->explained)
        add(doubt, CW_TEXT("a state change: only symptoms were seen"));
    if (undecided(all, scene))
        add(doubt, CW_TEXT("traces or a declared topology: without them "
                           "several entities look the same"));
    if (faint)
        add(doubt, CW_TEXT("evidence that sets one candidate apart"));
    doubt->unknown = faint || unseen || top->explained || undecided(all, scene);
}
