#include "words.h"

#include <inttypes.h>
#include <math.h>

#include "base/fixmath.h"

#define SECOND_US 1000000

static const char *const kind_names[] = {
    [RANKER_KIND_ENTITY] = "entity",
    [RANKER_KIND_EDGE] = "edge",
    [RANKER_KIND_CHANGE] = "change",
    [RANKER_KIND_PATTERN] = "pattern",
};

static const char *const bucket_names[] = {
    [RANKER_ROOT_CAUSE] = "root_cause",
    [RANKER_CRITICAL] = "critical_failure",
    [RANKER_IMPACT] = "impact",
};

/* "12:04:31Z": the day is in the record. */
static struct cw_text clock_text(int64_t at, struct cw_arena *arena)
{
    const int64_t second = (at / SECOND_US) % 86400;

    if (at <= 0)
        return CW_TEXT("an unknown time");
    return cw_arena_print(arena, "%02d:%02d:%02dZ", (int)(second / 3600),
                          (int)(second / 60 % 60), (int)(second % 60));
}

/* "40 s", "12 min", "3.5 h". */
static struct cw_text span_text(int64_t span_us, struct cw_arena *arena)
{
    const int64_t seconds = span_us / SECOND_US;

    if (seconds < 120)
        return cw_arena_print(arena, "%" PRId64 " s", seconds);
    if (seconds < 7200)
        return cw_arena_print(arena, "%" PRId64 " min", seconds / 60);
    return cw_arena_print(arena, "%.1f h", (double)seconds / 3600.0);
}

static const char *change_name(const struct ranker_change *change)
{
    return change->kind[0] != '\0' ? change->kind : "change";
}

static struct cw_text label_text(const struct ranker_candidate *candidate,
                                 const struct ranker_scene *scene,
                                 struct cw_arena *arena)
{
    const char *name = candidate->entity->name;

    switch (candidate->kind) {
    case RANKER_KIND_EDGE:
        return cw_arena_print(
            arena, "%s -> %s",
            ranker_window_at(scene->window, candidate->caller)->name, name);
    case RANKER_KIND_CHANGE:
        return cw_arena_print(arena, "%s %s of %s",
                              change_name(candidate->change),
                              candidate->change->key, name);
    case RANKER_KIND_PATTERN:
        return cw_arena_print(arena, "new log pattern of %s", name);
    case RANKER_KIND_ENTITY:
        break;
    }
    return cw_arena_print(arena, "%s", name);
}

/* ---- evidence ----------------------------------------------------------- */

struct sentences {
    struct cw_text *list;
    size_t count;
};

static void say(struct sentences *to, struct cw_text sentence)
{
    if (to->count < RANKER_SENTENCE_MAX && sentence.size > 0)
        to->list[to->count++] = sentence;
}

static struct cw_text track_sentence(const struct ranker_track *track,
                                     struct cw_arena *arena)
{
    const struct cw_text since =
        track->onset_at > 0
            ? cw_arena_print(arena, " since %s",
                             clock_text(track->onset_at, arena).bytes)
            : CW_TEXT("");

    return cw_arena_print(
        arena,
        "%s is %.1f standard deviations %s expected: %.6g, expected "
        "%.6g%s",
        track->metric, fabs(track->z), track->z < 0 ? "below" : "above",
        track->actual, track->expected, since.size ? since.bytes : "");
}

static struct cw_text change_sentence(const struct ranker_candidate *candidate,
                                      const struct ranker_scene *scene,
                                      struct cw_arena *arena)
{
    const struct ranker_change *change = candidate->change;
    const int64_t age_us = scene->start_at - change->at;

    if (age_us < 0) /* not yet evident: see ranker_change_weight */
        return cw_arena_print(
            arena,
            "suspect: %s %s (%s) took effect before the first symptom was "
            "evident, %u hops from it",
            change_name(change), change->key, change->title, candidate->hops);
    return cw_arena_print(
        arena,
        "suspect: %s %s (%s) took effect %s before the first symptom, "
        "%u hops from it",
        change_name(change), change->key, change->title,
        span_text(age_us, arena).bytes, candidate->hops);
}

static struct cw_text callee_sentence(const struct ranker_candidate *candidate,
                                      const struct ranker_scene *scene,
                                      struct cw_arena *arena)
{
    const char *worst =
        candidate->worst_place == RANKER_NONE
            ? ""
            : ranker_window_at(scene->window, candidate->worst_place)->name;

    if (scene->view.edge_count == 0)
        return CW_TEXT("the call graph is not known");
    if (candidate->burden != RANKER_NONE)
        return cw_arena_print(
            arena, "%s, which runs on it, keeps it busy: a symptom",
            ranker_window_at(scene->window, candidate->burden)->name);
    if (candidate->witness != RANKER_NONE)
        return cw_arena_print(
            arena, "%s, which measured it, is itself busy: a symptom",
            ranker_window_at(scene->window, candidate->witness)->name);
    if (candidate->worst_place == RANKER_NONE)
        return CW_TEXT("it calls nothing that could explain it");
    if (candidate->explained)
        return cw_arena_print(arena,
                              "%s, which it depends on, is as ill: a "
                              "symptom",
                              worst);
    if (candidate->worst_callee < candidate->sign->severity)
        return cw_arena_print(arena,
                              "nothing it depends on is as ill; the "
                              "worst is %s",
                              worst);
    return cw_arena_print(arena, "%s, which it depends on, is worse", worst);
}

static struct cw_text pattern_sentence(const struct ranker_pattern *pattern,
                                       struct cw_arena *arena)
{
    return cw_arena_print(arena, "new log pattern, %" PRId64 " lines: %s",
                          pattern->count, pattern->template);
}

static void say_edge(struct sentences *to,
                     const struct ranker_candidate *candidate,
                     const struct ranker_scene *scene, struct cw_arena *arena)
{
    say(to,
        cw_arena_print(arena,
                       "%.0f %% more of the calls from %s fail than before; "
                       "%s itself shows nothing",
                       100.0 * candidate->excess,
                       ranker_window_at(scene->window, candidate->caller)->name,
                       candidate->entity->name));
}

/* "without this, .71 -> .22": the strongest single reason. */
static struct cw_text counter_sentence(const struct ranker_candidates *all,
                                       uint32_t index,
                                       const struct ranker_scene *scene,
                                       struct cw_arena *arena)
{
    const struct ranker_candidate *candidate = &all->list[index];
    double least = candidate->probability;
    int reason = -1;

    for (int f = 0; f < RANKER_FACTOR_COUNT; f++) {
        const double without =
            ranker_without(all, index, (enum ranker_factor)f, scene->config);
        if (without < least) {
            least = without;
            reason = f;
        }
    }
    if (reason < 0)
        return CW_TEXT("");
    return cw_arena_print(arena,
                          "without its %s the probability would be "
                          "%.2f instead of %.2f",
                          ranker_factor_name((enum ranker_factor)reason), least,
                          candidate->probability);
}

static struct sentences evidence_of(const struct ranker_candidates *all,
                                    uint32_t index,
                                    const struct ranker_scene *scene,
                                    struct cw_arena *arena)
{
    const struct ranker_candidate *candidate = &all->list[index];
    const struct ranker_sign *sign = candidate->sign;
    struct sentences made = {
        cw_arena_take(arena, RANKER_SENTENCE_MAX * sizeof(*made.list)), 0};

    if (made.list == NULL)
        return made;
    if (candidate->kind == RANKER_KIND_EDGE) {
        say_edge(&made, candidate, scene, arena);
        return made;
    }
    if (candidate->change != NULL)
        say(&made, change_sentence(candidate, scene, arena));
    if (sign->missing >= 0.5)
        say(&made, CW_TEXT("its own telemetry stopped"));
    if (sign->track != NULL)
        say(&made, track_sentence(sign->track, arena));
    else if (sign->member != NULL)
        say(&made, cw_arena_text(arena, sign->member->title));
    if (sign->pattern != NULL && sign->novelty > 0.5)
        say(&made, pattern_sentence(sign->pattern, arena));
    say(&made, callee_sentence(candidate, scene, arena));
    if (index == 0)
        say(&made, counter_sentence(all, index, scene, arena));
    return made;
}

/* ---- the record --------------------------------------------------------- */

static bool fill_factors(struct cw_candidate *to,
                         const struct ranker_candidate *from,
                         struct cw_arena *arena)
{
    const size_t count = RANKER_FACTOR_COUNT + 2;
    struct cw_factor_value *factors =
        cw_arena_take(arena, count * sizeof(*factors));

    if (factors == NULL)
        return false;
    for (int f = 0; f < RANKER_FACTOR_COUNT; f++)
        factors[f] = (struct cw_factor_value){
            cw_text_of(ranker_factor_name((enum ranker_factor)f)),
            from->factor[f]};
    size_t used = RANKER_FACTOR_COUNT;
    factors[used++] = (struct cw_factor_value){CW_TEXT("hops"), from->hops};
    to->factors = factors;
    to->factors_count = used;
    return true;
}

static bool fill_candidate(struct cw_candidate *to,
                           const struct ranker_candidates *all, uint32_t index,
                           const struct ranker_scene *scene,
                           struct cw_arena *arena)
{
    const struct ranker_candidate *from = &all->list[index];
    const struct sentences evidence = evidence_of(all, index, scene, arena);

    to->entity.kind = cw_text_of(from->entity->kind);
    to->entity.name = cw_text_of(from->entity->name);
    to->kind = cw_text_of(kind_names[from->kind]);
    to->label = label_text(from, scene, arena);
    to->bucket = cw_text_of(bucket_names[from->bucket]);
    to->score = from->score;
    to->probability = from->probability;
    to->onset_at = from->sign->onset_at;
    to->evidence = evidence.list;
    to->evidence_count = evidence.count;
    return evidence.list != NULL && fill_factors(to, from, arena);
}

/* What is wrong with it, in two or three words. */
static const char *fault_of(const struct ranker_candidate *candidate)
{
    static const char *const by_family[CW_FAMILY_COUNT] = {
        [CW_FAMILY_OTHER] = "behaves unusually",
        [CW_FAMILY_LATENCY] = "is slow",
        [CW_FAMILY_ERRORS] = "fails",
        [CW_FAMILY_TRAFFIC] = "has unusual traffic",
        [CW_FAMILY_SATURATION] = "is saturated",
        [CW_FAMILY_AVAILABILITY] = "is not available",
        [CW_FAMILY_LOGS] = "logs unusual errors",
        [CW_FAMILY_OCCUPANCY] = "holds more than usual",
    };
    const struct ranker_sign *sign = candidate->sign;

    if (candidate->kind == RANKER_KIND_EDGE)
        return "fails between them";
    if (sign->missing >= 0.5)
        return "stopped reporting";
    if (candidate->kind == RANKER_KIND_PATTERN)
        return by_family[CW_FAMILY_LOGS];
    if (sign->track != NULL)
        return by_family[sign->track->family];
    if (sign->member != NULL &&
        (unsigned)sign->member->family < CW_FAMILY_COUNT)
        return by_family[sign->member->family];
    return by_family[CW_FAMILY_OTHER];
}

static void word_unknown(struct cw_cause *cause,
                         const struct ranker_scene *scene,
                         struct cw_arena *arena)
{
    cause->title = CW_TEXT("Cause unknown");
    cause->summary = cw_arena_print(
        arena,
        "%u entities show symptoms since %s; the data do not tell why. "
        "Missing: %.*s.",
        scene->alarmed_count,
        clock_text(scene->incident->started_at, arena).bytes,
        CW_TEXT_ARG(cause->missing_count > 0 ? cause->missing[0]
                                             : CW_TEXT("more evidence")));
}

static void word_known(struct cw_cause *cause,
                       const struct ranker_candidate *top,
                       const struct ranker_scene *scene, struct cw_arena *arena)
{
    const struct cw_text label = label_text(top, scene, arena);
    const uint32_t others =
        scene->alarmed_count - (top->sign->alarmed ? 1u : 0u);

    cause->title = cw_arena_print(
        arena, "%.*s: %s%s%s", CW_TEXT_ARG(label),
        top->kind == RANKER_KIND_CHANGE ? top->entity->name : "",
        top->kind == RANKER_KIND_CHANGE ? " " : "", fault_of(top));
    cause->summary = cw_arena_print(
        arena,
        "%s %s; %u other entities of the incident, which began at %s, "
        "are affected.",
        top->entity->name, fault_of(top), others,
        clock_text(scene->incident->started_at, arena).bytes);
}

static void recommend(struct cw_cause *cause,
                      const struct ranker_candidate *top,
                      const struct ranker_scene *scene, struct cw_arena *arena)
{
    const char *action =
        ranker_words_action(top, scene->start_at - RANKER_SLACK_US);

    cause->recommendation.action = cw_text_of(action);
    cause->recommendation.target.kind = cw_text_of(top->entity->kind);
    cause->recommendation.target.name = cw_text_of(top->entity->name);
    if (action[0] != '\0')
        cause->recommendation.text = cw_arena_print(
            arena, "%s on %s; this touches what the incident already lists",
            action, top->entity->name);
}

static bool fill_list(struct cw_cause *cause,
                      const struct ranker_candidates *all,
                      const struct ranker_scene *scene, struct cw_arena *arena)
{
    const uint32_t count =
        all->count < RANKER_NAMED_MAX ? all->count : RANKER_NAMED_MAX;
    struct cw_candidate *list =
        cw_arena_take(arena, (count + 1) * sizeof(*list));

    if (list == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!fill_candidate(&list[i], all, i, scene, arena))
            return false;
    cause->candidates = list;
    cause->candidates_count = count;
    return true;
}

enum cw_status ranker_words_cause(struct cw_cause *cause,
                                  const struct ranker_candidates *all,
                                  const struct ranker_doubt *doubt,
                                  const struct ranker_scene *scene,
                                  struct cw_arena *arena, struct cw_error *err)
{
    struct cw_text *missing =
        cw_arena_copy(arena, doubt->missing, sizeof(doubt->missing));

    cause->incident_id = scene->incident->incident_id;
    cause->decided_at = scene->now_at;
    cause->started_at = scene->incident->started_at;
    cause->unknown = doubt->unknown;
    cause->missing = missing;
    cause->missing_count = doubt->count;
    cause->affected_entities = (int32_t)scene->alarmed_count;
    cause->affected_members = scene->incident->member_count;
    if (missing == NULL || !fill_list(cause, all, scene, arena))
        return cw_fail(err, CW_NO_MEMORY, "no memory for a cause");
    if (all->count > 0)
        cause->confidence = all->list[0].probability;
    if (doubt->unknown) {
        word_unknown(cause, scene, arena);
        return CW_OK;
    }
    word_known(cause, &all->list[0], scene, arena);
    recommend(cause, &all->list[0], scene, arena);
    return CW_OK;
}
