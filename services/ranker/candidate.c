#include "candidate.h"

#include <stdlib.h>

#include "base/fixmath.h"

#define STANDS_OUT  1.5 /* severity: |z| of about 4 */
#define STRANGER    2.0 /* the same of an entity the graph does not know */
#define EDGE_EXCESS 0.1 /* share of calls that began to fail */
#define CALLEE_WELL 2.0 /* severity up to which the callee looks well */

double ranker_change_weight(const struct ranker_change *change,
                            const struct ranker_scene *scene)
{
    const struct ranker_config *config = scene->config;
    const int64_t away_us = llabs(scene->start_at - change->at);

    if (change->at > scene->evident_at || away_us > config->change_us)
        return 0.0;
    if (change->undone_at != 0 && change->undone_at <= scene->start_at)
        return 0.0;
    const double kind =
        cw_text_is(cw_text_of(change->kind), "scale") ? 0.6 : 1.0;
    return cw_round6(kind *
                     cw_exp(-(double)away_us / (double)config->change_tau_us));
}

/* Best suspect change that touches the entity by name; of equals the first
 * that came. */
static const struct ranker_change *
suspect_of(const struct ranker_scene *scene, const struct ranker_entity *entity)
{
    const struct ranker_change *best = NULL;
    double most = 0.0;

    for (uint32_t i = 0; i < ranker_window_change_count(scene->window); i++) {
        const struct ranker_change *change =
            ranker_window_change_at(scene->window, i);
        if (change->route != entity->route ||
            !cw_text_is(cw_text_of(change->name), entity->name))
            continue;
        const double weight = ranker_change_weight(change, scene);
        if (weight > most) {
            most = weight;
            best = change;
        }
    }
    return best;
}

static bool in_graph(const struct ranker_view *view, uint32_t place)
{
    return view->callees.first[place + 1] > view->callees.first[place] ||
           view->callers.first[place + 1] > view->callers.first[place];
}

/* Anything at all that speaks for it; an entity nothing speaks for is not
 * named, whatever the graph says. */
static bool has_evidence(const struct ranker_candidate *candidate)
{
    const struct ranker_sign *sign = candidate->sign;

    return sign->alarmed || sign->severity >= STANDS_OUT ||
           sign->novelty > 0.5 || sign->missing > 0.0 ||
           candidate->change != NULL;
}

static bool belongs(const struct ranker_scene *scene, uint32_t place,
                    uint32_t hops)
{
    if (hops != RANKER_NONE)
        return true;
    if (scene->view.edge_count == 0)
        return scene->signs[place].severity >= STANDS_OUT;
    return !in_graph(&scene->view, place) &&
           scene->signs[place].severity >= STRANGER;
}

static struct ranker_candidate
entity_candidate(const struct ranker_scene *scene, uint32_t place,
                 uint32_t hops)
{
    struct ranker_candidate made = {
        .kind = RANKER_KIND_ENTITY,
        .place = place,
        .caller = RANKER_NONE,
        .worst_place = RANKER_NONE,
        .burden = RANKER_NONE,
        .witness = RANKER_NONE,
        .hops = hops == RANKER_NONE ? RANKER_HOPS_MAX + 1 : hops,
        .entity = ranker_window_at(scene->window, place),
        .sign = &scene->signs[place],
    };

    made.id = made.entity->id;
    made.change = suspect_of(scene, made.entity);
    return made;
}

static int by_nearness(const void *left, const void *right)
{
    const struct ranker_candidate *a = left, *b = right;

    if (a->hops != b->hops)
        return a->hops < b->hops ? -1 : 1;
    if (a->sign->severity > b->sign->severity)
        return -1;
    if (a->sign->severity < b->sign->severity)
        return 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Calls to other callers still succeed, or nobody else calls it. */
static bool callee_well(const struct ranker_scene *scene, uint32_t place)
{
    return scene->signs[place].severity < CALLEE_WELL &&
           scene->signs[place].missing < 0.5;
}

/* Edges below a candidate whose calls began to fail while the far end shows
 * nothing itself: the way between, or a far end that cannot speak. */
static uint32_t add_edges(const struct ranker_scene *scene,
                          const struct ranker_candidate *from,
                          struct ranker_candidate *to, uint32_t room)
{
    const struct ranker_links *callees = &scene->view.callees;
    uint32_t count = 0;

    for (uint32_t i = callees->first[from->place];
         i < callees->first[from->place + 1] && count < room; i++) {
        const struct ranker_link *link = &callees->links[i];
        double share = 0.0;
        const double excess = ranker_edge_excess(
            link->edge, scene->start_at - RANKER_SLACK_US, &share);
        if (excess < EDGE_EXCESS || !callee_well(scene, link->other))
            continue;
        struct ranker_candidate *made = &to[count++];
        *made = entity_candidate(scene, link->other, from->hops + 1);
        made->kind = RANKER_KIND_EDGE;
        made->caller = from->place;
        made->edge = link->edge;
        made->excess = excess;
        made->id = link->edge->id;
        made->change = NULL;
    }
    return count;
}

struct suspect {
    struct ranker_candidate *candidate;
};

static int by_age(const void *left, const void *right)
{
    const struct ranker_change *a =
        ((const struct suspect *)left)->candidate->change;
    const struct ranker_change *b =
        ((const struct suspect *)right)->candidate->change;

    if (a->at != b->at)
        return a->at > b->at ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Keeps the latest suspects and takes the others back. */
static void cap_suspects(struct ranker_candidates *all)
{
    struct suspect suspects[RANKER_CANDIDATE_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < all->count; i++)
        if (all->list[i].change != NULL)
            suspects[count++].candidate = &all->list[i];
    if (count > 0)
        qsort(suspects, count, sizeof(suspects[0]), by_age);
    for (uint32_t i = RANKER_SUSPECT_MAX; i < count; i++)
        suspects[i].candidate->change = NULL;
}

static void name_kinds(struct ranker_candidates *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        struct ranker_candidate *candidate = &all->list[i];
        if (candidate->kind == RANKER_KIND_EDGE)
            continue;
        if (candidate->change != NULL)
            candidate->kind = RANKER_KIND_CHANGE;
        else if (candidate->sign->pattern != NULL &&
                 candidate->sign->novelty > candidate->sign->severity)
            candidate->kind = RANKER_KIND_PATTERN;
    }
}

static enum cw_status look(struct ranker_scene *scene, struct cw_arena *arena,
                           struct cw_error *err)
{
    scene->start_at = ranker_start_of(scene->incident);
    scene->evident_at = ranker_evident_of(scene->incident, scene->start_at);
    const struct ranker_view_of view_of = {scene->window, scene->graph,
                                           scene->route, scene->start_at,
                                           scene->now_at};
    const struct ranker_signs_of signs_of = {
        scene->window,   scene->incident, scene->route,
        scene->start_at, scene->now_at,   scene->config->lookback_us};
    struct ranker_sign *signs = NULL;
    enum cw_status status =
        ranker_view_make(&scene->view, &view_of, arena, err);
    if (status == CW_OK)
        status = ranker_signs_make(&signs, &signs_of, arena, err);
    if (status != CW_OK)
        return status;
    scene->signs = signs;
    scene->alarmed_count = 0;
    for (uint32_t p = 0; p < scene->view.size; p++)
        scene->alarmed_count += signs[p].alarmed;
    return CW_OK;
}

static uint32_t gather(const struct ranker_scene *scene, const uint32_t *hops,
                       struct ranker_candidate *list)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < scene->view.size; p++) {
        const struct ranker_entity *entity = ranker_window_at(scene->window, p);
        if (entity == NULL || entity->route != scene->route ||
            !belongs(scene, p, hops[p]))
            continue;
        list[count] = entity_candidate(scene, p, hops[p]);
        if (has_evidence(&list[count]) || hops[p] < RANKER_HOPS_MAX)
            count++;
    }
    return count;
}

/* Drops those nothing speaks for: they were kept to find edges below them. */
static void drop_silent(struct ranker_candidates *all)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < all->count; i++)
        if (all->list[i].kind == RANKER_KIND_EDGE ||
            has_evidence(&all->list[i]))
            all->list[kept++] = all->list[i];
    all->count = kept;
}

enum cw_status ranker_candidates_make(struct ranker_candidates *made,
                                      struct ranker_scene *scene,
                                      struct cw_arena *arena,
                                      struct cw_error *err)
{
    const enum cw_status status = look(scene, arena, err);
    if (status != CW_OK)
        return status;
    const uint32_t size = scene->view.size;
    uint32_t *hops = cw_arena_take(arena, (size + 1) * sizeof(*hops));
    uint32_t *queue = cw_arena_take(arena, (size + 1) * sizeof(*queue));
    struct ranker_candidate *list =
        cw_arena_take(arena, (size + RANKER_CANDIDATE_MAX + 1) * sizeof(*list));
    if (hops == NULL || queue == NULL || list == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for candidates");
    for (uint32_t p = 0; p < size; p++)
        hops[p] = scene->signs[p].alarmed ? 0 : RANKER_NONE;
    ranker_view_walk(&scene->view, &scene->view.callees, RANKER_HOPS_MAX, hops,
                     queue);
    uint32_t entities = gather(scene, hops, list);
    if (entities > 0)
        qsort(list, entities, sizeof(*list), by_nearness);
    if (entities > RANKER_CANDIDATE_MAX / 2)
        entities = RANKER_CANDIDATE_MAX / 2;
    *made = (struct ranker_candidates){list, entities};
    for (uint32_t i = 0; i < entities; i++)
        made->count += add_edges(scene, &list[i], &list[made->count],
                                 RANKER_CANDIDATE_MAX - made->count);
    drop_silent(made);
    cap_suspects(made);
    name_kinds(made);
    return CW_OK;
}
