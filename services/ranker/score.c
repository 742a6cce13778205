#include "score.h"

#include <math.h>
#include <stdlib.h>

#include "base/fixmath.h"
#include "carrier.h"
#include "witness.h"

#define ONSET_CLIP      5.0
#define NO_ONSET        (-1.0)
#define SYMPTOM_PENALTY (-3.0)
#define WORSE_BY        0.8 /* a dependency this near in severity explains */
#define OWN_LINES       1.5 /* novelty: its log has more to say than that */
#define EDGE_BASE       2.0
#define EDGE_SLOPE      3.0
#define MINUTE          60e6

const char *ranker_factor_name(enum ranker_factor factor)
{
    static const char *const names[RANKER_FACTOR_COUNT] = {
        "severity", "exogeneity", "onset",   "coverage", "errors",
        "novelty",  "change",     "missing", "label",    "symptom_only",
    };

    return names[factor];
}

/* ---- reverse reachability: whose symptoms could come from here ---------- */

/* Marks of places seen by walk number `walk`; never cleared between walks. */
struct reach {
    uint32_t *seen;
    uint32_t *queue;
    uint32_t walk;
};

/* Share of the symptomatic entities that can reach place over calls. */
static double coverage_of(const struct ranker_scene *scene, uint32_t place,
                          struct reach *reach)
{
    const struct ranker_links *callers = &scene->view.callers;
    uint32_t head = 0, tail = 0, reached = 0;

    if (scene->alarmed_count == 0)
        return 0.0;
    reach->walk++;
    reach->seen[place] = reach->walk;
    reach->queue[tail++] = place;
    while (head < tail) {
        const uint32_t at = reach->queue[head++];
        reached += scene->signs[at].alarmed;
        for (uint32_t i = callers->first[at]; i < callers->first[at + 1]; i++) {
            const uint32_t other = callers->links[i].other;
            if (reach->seen[other] == reach->walk)
                continue;
            reach->seen[other] = reach->walk;
            reach->queue[tail++] = other;
        }
    }
    return (double)reached / (double)scene->alarmed_count;
}

static void find_worst_callee(const struct ranker_scene *scene,
                              struct ranker_candidate *candidate)
{
    const struct ranker_links *callees = &scene->view.callees;
    const uint32_t place = candidate->place;

    for (uint32_t i = callees->first[place]; i < callees->first[place + 1];
         i++) {
        const uint32_t other = callees->links[i].other;
        const double severity = scene->signs[other].severity;
        if (ranker_carrier_loads(scene, place, &callees->links[i]) ||
            ranker_witness_busy(scene, other) == place)
            continue;
        if (candidate->worst_place == RANKER_NONE ||
            severity > candidate->worst_callee) {
            candidate->worst_callee = severity;
            candidate->worst_place = other;
        }
    }
}

/* Worst share of calls that began to fail along these links. */
static double failing(const struct ranker_links *links, uint32_t place,
                      int64_t since_at)
{
    double worst = 0.0, share = 0.0;

    for (uint32_t i = links->first[place]; i < links->first[place + 1]; i++)
        worst = fmax(
            worst, ranker_edge_excess(links->links[i].edge, since_at, &share));
    return worst;
}

/* Failures that begin here: calls in fail, calls out do not. */
static double errors_begin(const struct ranker_scene *scene, uint32_t place)
{
    const int64_t since_at = scene->start_at - RANKER_SLACK_US;
    const double in = failing(&scene->view.callers, place, since_at);
    const double out = failing(&scene->view.callees, place, since_at);

    return fmax(in - out, 0.0);
}

static double onset_of(const struct ranker_candidate *candidate,
                       const struct ranker_scene *scene)
{
    const int64_t onset_at = candidate->sign->onset_at;

    if (onset_at == 0)
        return NO_ONSET;
    const double minutes = (double)(scene->start_at - onset_at) / MINUTE;
    return fmin(fmax(minutes, -ONSET_CLIP), ONSET_CLIP);
}

/* What people said of it before, within one unit either way. */
static double label_of(const struct ranker_entity *entity)
{
    const double odds = (1.0 + (double)entity->label_right) /
                        (1.0 + (double)entity->label_wrong);

    return fmin(fmax(0.5 * cw_log(odds), -1.0), 1.0);
}

/* Something it calls is in the incident for serving badly. Severities of
 * different metrics compare badly, so any clear one will do; what merely
 * carries it has to be about as ill. */
static bool calls_the_ill(const struct ranker_scene *scene,
                          const struct ranker_candidate *candidate)
{
    const struct ranker_links *callees = &scene->view.callees;
    const uint32_t place = candidate->place;

    for (uint32_t i = callees->first[place]; i < callees->first[place + 1];
         i++) {
        const struct ranker_link *link = &callees->links[i];
        const struct ranker_sign *sign = &scene->signs[link->other];
        if (sign->alarmed && sign->ill >= RANKER_CLEARLY_ILL &&
            !ranker_carrier_carries(link))
            return true;
    }
    return false;
}

/* It shows symptoms only, and what it depends on is ill as well. */
static bool only_suffers(const struct ranker_scene *scene,
                         const struct ranker_candidate *candidate)
{
    const struct ranker_sign *sign = candidate->sign;

    if (candidate->worst_place == RANKER_NONE || !(sign->severity > 0) ||
        !ranker_sign_is_symptom(sign) || candidate->change != NULL)
        return false;
    /* New error lines tell of what it called, where that is ill. */
    return calls_the_ill(scene, candidate) ||
           (sign->novelty < OWN_LINES &&
            candidate->worst_callee >= WORSE_BY * sign->severity);
}

/* What is not there any more explains those who need it, however their own
 * load quivers meanwhile; not one that is gone itself, or was just changed. */
static bool needs_gone(const struct ranker_scene *scene,
                       const struct ranker_candidate *candidate)
{
    const struct ranker_links *callees = &scene->view.callees;
    const uint32_t place = candidate->place;

    if (candidate->sign->gone || candidate->change != NULL)
        return false;
    for (uint32_t i = callees->first[place]; i < callees->first[place + 1]; i++)
        if (scene->signs[callees->links[i].other].gone)
            return true;
    return false;
}

static void fill_entity(struct ranker_candidate *candidate,
                        const struct ranker_scene *scene)
{
    const struct ranker_config *config = scene->config;
    const struct ranker_sign *sign = candidate->sign;
    double *factor = candidate->factor;

    find_worst_callee(scene, candidate);
    candidate->burden = ranker_carrier_burden(scene, candidate->place);
    candidate->witness = ranker_witness_busy(scene, candidate->place);
    candidate->explained =
        candidate->burden != RANKER_NONE || candidate->witness != RANKER_NONE ||
        only_suffers(scene, candidate) || needs_gone(scene, candidate);
    factor[RANKER_SEVERITY] = config->weight_severity * sign->severity;
    /* Without a graph nothing is known to explain it, nor to fail to. */
    if (scene->view.edge_count > 0)
        factor[RANKER_EXOGENEITY] = config->weight_exogeneity *
                                    (sign->severity - candidate->worst_callee);
    factor[RANKER_ONSET] = config->weight_onset * onset_of(candidate, scene);
    factor[RANKER_ERRORS] =
        config->weight_errors * errors_begin(scene, candidate->place);
    factor[RANKER_NOVELTY] = config->weight_novelty * sign->novelty;
    factor[RANKER_MISSING] =
        config->weight_missing * (sign->gone ? 1.0 : sign->missing);
    factor[RANKER_LABEL] = config->weight_label * label_of(candidate->entity);
    if (candidate->change != NULL)
        factor[RANKER_CHANGE] = config->weight_change *
                                ranker_change_weight(candidate->change, scene);
    if (candidate->explained) {
        factor[RANKER_SYMPTOM] = SYMPTOM_PENALTY;
        factor[RANKER_EXOGENEITY] = fmin(factor[RANKER_EXOGENEITY], 0.0);
    }
}

static void fill_edge(struct ranker_candidate *candidate,
                      const struct ranker_scene *scene)
{
    const struct ranker_config *config = scene->config;
    const double severity = EDGE_BASE + EDGE_SLOPE * candidate->excess;
    double *factor = candidate->factor;

    factor[RANKER_SEVERITY] = config->weight_severity * severity;
    factor[RANKER_EXOGENEITY] =
        config->weight_exogeneity * (severity - candidate->sign->severity);
    factor[RANKER_ERRORS] = config->weight_errors * candidate->excess;
    factor[RANKER_LABEL] = config->weight_label * label_of(candidate->entity);
}

static void add_up(struct ranker_candidate *candidate)
{
    double score = 0.0;

    for (int f = 0; f < RANKER_FACTOR_COUNT; f++) {
        candidate->factor[f] = cw_round6(candidate->factor[f]);
        score += candidate->factor[f];
    }
    candidate->score = cw_round6(score);
}

/* ---- order and probability ---------------------------------------------- */

static int64_t onset_or_last(const struct ranker_candidate *candidate)
{
    return candidate->sign->onset_at == 0 ? INT64_MAX
                                          : candidate->sign->onset_at;
}

static int by_score(const void *left, const void *right)
{
    const struct ranker_candidate *a = left, *b = right;
    const int64_t a_onset = onset_or_last(a), b_onset = onset_or_last(b);

    if (a->score > b->score)
        return -1;
    if (a->score < b->score)
        return 1;
    if (a_onset != b_onset)
        return a_onset < b_onset ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

void ranker_softmax(struct ranker_candidate *list, uint32_t count, double bias,
                    double temperature)
{
    double top = bias;

    for (uint32_t i = 0; i < count; i++)
        top = fmax(top, list[i].score);
    double sum = cw_exp((bias - top) / temperature);
    for (uint32_t i = 0; i < count; i++)
        sum += cw_exp((list[i].score - top) / temperature);
    for (uint32_t i = 0; i < count; i++)
        list[i].probability =
            cw_round6(cw_exp((list[i].score - top) / temperature) / sum);
}

double ranker_without(const struct ranker_candidates *all, uint32_t index,
                      enum ranker_factor factor,
                      const struct ranker_config *config)
{
    const double mine =
        all->list[index].score - all->list[index].factor[factor];
    double top = fmax(config->unknown_bias, mine);

    for (uint32_t i = 0; i < all->count; i++)
        if (i != index)
            top = fmax(top, all->list[i].score);
    double sum = cw_exp((config->unknown_bias - top) / config->temperature) +
                 cw_exp((mine - top) / config->temperature);
    for (uint32_t i = 0; i < all->count; i++)
        if (i != index)
            sum += cw_exp((all->list[i].score - top) / config->temperature);
    return cw_round6(cw_exp((mine - top) / config->temperature) / sum);
}

/* ---- buckets ------------------------------------------------------------ */

/* The first symptom: earliest onset among entities of the incident that are
 * not a cause themselves. */
static struct ranker_candidate *first_symptom(struct ranker_candidates *all)
{
    struct ranker_candidate *first = NULL;

    for (uint32_t i = 0; i < all->count; i++) {
        struct ranker_candidate *candidate = &all->list[i];
        if (candidate->bucket != RANKER_IMPACT || !candidate->sign->alarmed ||
            candidate->kind == RANKER_KIND_EDGE)
            continue;
        if (first == NULL || onset_or_last(candidate) < onset_or_last(first) ||
            (onset_or_last(candidate) == onset_or_last(first) &&
             candidate->id < first->id))
            first = candidate;
    }
    return first;
}

/* A state change that nothing else explains and that is not far behind the
 * best may be the root cause; the rest is what it did. */
static void sort_buckets(struct ranker_candidates *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        struct ranker_candidate *candidate = &all->list[i];
        const bool near = candidate->score >= all->list[0].score - 1.0;
        candidate->bucket =
            !candidate->explained && near ? RANKER_ROOT_CAUSE : RANKER_IMPACT;
    }
    struct ranker_candidate *first = first_symptom(all);
    if (first != NULL)
        first->bucket = RANKER_CRITICAL;
}

enum cw_status ranker_score(struct ranker_candidates *all,
                            const struct ranker_scene *scene,
                            struct cw_arena *arena, struct cw_error *err)
{
    const uint32_t size = scene->view.size;
    struct reach reach = {
        .seen = cw_arena_take(arena, (size + 1) * sizeof(*reach.seen)),
        .queue = cw_arena_take(arena, (size + 1) * sizeof(*reach.queue)),
    };

    if (reach.seen == NULL || reach.queue == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for scores");
    for (uint32_t i = 0; i < all->count; i++) {
        struct ranker_candidate *candidate = &all->list[i];
        if (candidate->kind == RANKER_KIND_EDGE)
            fill_edge(candidate, scene);
        else
            fill_entity(candidate, scene);
        candidate->factor[RANKER_COVERAGE] =
            scene->config->weight_coverage *
            coverage_of(scene, candidate->place, &reach);
        add_up(candidate);
    }
    if (all->count > 0)
        qsort(all->list, all->count, sizeof(*all->list), by_score);
    ranker_softmax(all->list, all->count, scene->config->unknown_bias,
                   scene->config->temperature);
    sort_buckets(all);
    return CW_OK;
}
