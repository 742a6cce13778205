#include "correlate/group.h"

#include "base/fixmath.h"
#include "correlate/title.h"

#define SHARED_MAX 8u
#define UNLIKE     0.7

/* A signal, and what need not be asked again for each incident. */
struct question {
    const struct corr_signal *signal;
    uint32_t node; /* of its entity, CORR_NONE when no edge holds it */
    bool blind;    /* the domain knows no topology at all */
};

static const double hop_decay[CORR_HOPS_MAX + 1] = {1.0, 0.7, 0.45, 0.25};

static const char *const rule_names[] = {
    [CORR_RULE_FIRST] = "first",
    [CORR_RULE_COMPANY] = "company",
    [CORR_RULE_SAME_ENTITY] = "same_entity",
    [CORR_RULE_TOPOLOGY] = "topology",
    [CORR_RULE_SAME_TIME] = "same_time",
    [CORR_RULE_SAME_SILENCE] = "same_silence",
};

static enum cw_status refresh_reach(const struct corr_turn *turn,
                                    struct corr_incident *incident,
                                    struct cw_error *err)
{
    const uint64_t epoch = corr_graph_epoch(turn->domain->graph);
    if (!incident->reach_stale && incident->reach_epoch == epoch)
        return CW_OK;
    uint64_t *core =
        cw_arena_take(turn->arena, incident->core_count * sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "core of %s", incident->id);
    for (uint32_t i = 0; i < incident->core_count; i++)
        core[i] = incident->places[i].entity_id;
    const struct corr_reach_from from = {
        .core = core,
        .core_count = incident->core_count,
        .members = incident->by_entity,
        .from_at = incident->started_at,
        .to_at = turn->now_at,
        .max_hops = (uint32_t)turn->config->max_hops,
    };
    const enum cw_status status =
        corr_reach_build(&incident->reach, turn->domain->graph, &from, err);
    incident->reach_stale = status != CW_OK;
    incident->reach_epoch = epoch;
    return status;
}

/* Distance in time from the span of onsets, 0 inside it. */
static int64_t gap_of(const struct corr_incident *incident, int64_t onset_at)
{
    if (onset_at < incident->started_at)
        return incident->started_at - onset_at;
    if (onset_at > incident->last_onset_at)
        return onset_at - incident->last_onset_at;
    return 0;
}

static double kind_factor(const struct corr_signal *signal,
                          const struct corr_incident *incident,
                          double similarity)
{
    if ((incident->families >> (unsigned)signal->member.family) & 1u)
        return 1.0;
    return UNLIKE + (1.0 - UNLIKE) * similarity;
}

/* Time alone must not chain: all onsets lie within `blind` of each other. */
static bool fits_blind(const struct corr_turn *turn,
                       const struct corr_signal *signal,
                       const struct corr_incident *incident)
{
    const int64_t onset_at = signal->member.started_at;
    const int64_t first_at =
        onset_at < incident->started_at ? onset_at : incident->started_at;
    const int64_t last_at =
        onset_at > incident->last_onset_at ? onset_at : incident->last_onset_at;
    return last_at - first_at <= turn->config->blind_us;
}

/* Many fall silent at once when what carries their telemetry breaks, and no
 * call graph holds it. */
static bool silent_together(const struct corr_turn *turn,
                            const struct corr_signal *signal,
                            const struct corr_incident *incident)
{
    return signal->kind == CORR_MISSING &&
           incident->opener->kind == CORR_MISSING &&
           fits_blind(turn, signal, incident);
}

/* Hop factor of a signal on another entity; 0 = it does not belong. */
static enum cw_status hop_factor(const struct corr_turn *turn,
                                 const struct question *question,
                                 struct corr_match *match, double *factor,
                                 struct cw_error *err)
{
    *factor = 0.0;
    if (question->blind) {
        match->rule = CORR_RULE_SAME_TIME;
        *factor = fits_blind(turn, question->signal, match->incident)
                      ? hop_decay[2]
                      : 0.0;
        return CW_OK;
    }
    if (silent_together(turn, question->signal, match->incident)) {
        match->rule = CORR_RULE_SAME_SILENCE;
        *factor = hop_decay[1];
        return CW_OK;
    }
    if (question->node == CORR_NONE)
        return CW_OK;
    const enum cw_status status = refresh_reach(turn, match->incident, err);
    if (status != CW_OK)
        return status;
    const struct corr_reach *reach = &match->incident->reach;
    match->rule = CORR_RULE_TOPOLOGY;
    match->place = corr_reach_find(reach, question->node);
    if (match->place != CORR_NONE)
        *factor = hop_decay[reach->places[match->place].hops];
    return CW_OK;
}

/* A resolved incident is reopened by its own entities only; an old one takes
 * nothing else either, and needs its reach no more. */
static bool takes_others(const struct corr_turn *turn,
                         struct corr_incident *incident, int64_t gap)
{
    const int64_t age = turn->now_at - incident->opened_at;
    if (!corr_incident_live(incident) || age > turn->config->max_age_us) {
        corr_incident_shrink(incident);
        return false;
    }
    return gap <= turn->config->window_us;
}

static bool may_reopen(const struct corr_signal *signal,
                       const struct corr_incident *incident)
{
    return incident->status == CW_INCIDENT_STATUS_RESOLVED &&
           signal->kind != CORR_NEW_PATTERN;
}

/* How near a signal is to the incident in time and place; 0 = not at all. */
static enum cw_status nearness(const struct corr_turn *turn,
                               const struct question *question,
                               struct corr_match *match, double *factor,
                               struct cw_error *err)
{
    struct corr_incident *incident = match->incident;
    const struct corr_signal *signal = question->signal;
    const int64_t gap = gap_of(incident, signal->member.started_at);
    *factor = 0.0;
    if (corr_incident_has(incident, signal->entity_id)) {
        match->rule = CORR_RULE_SAME_ENTITY;
        if (corr_incident_live(incident) || may_reopen(signal, incident))
            *factor = hop_decay[0];
        return CW_OK;
    }
    if (!takes_others(turn, incident, gap))
        return CW_OK;
    const enum cw_status status =
        hop_factor(turn, question, match, factor, err);
    if (status == CW_OK && *factor > 0.0)
        *factor *= cw_exp(-(double)gap / (double)turn->config->window_us);
    return status;
}

static enum cw_status ask(const struct corr_turn *turn,
                          const struct question *question,
                          struct corr_incident *incident,
                          struct corr_match *match, struct cw_error *err)
{
    struct corr_match tried = {.incident = incident, .place = CORR_NONE};
    const struct corr_signal *signal = question->signal;
    double factor = 0.0;
    *match = (struct corr_match){.incident = NULL};
    const enum cw_status status =
        nearness(turn, question, &tried, &factor, err);
    if (status != CW_OK || !(factor >= turn->config->theta))
        return status; /* likeness only lowers it */
    tried.similarity = corr_title_likeness(signal->member.title,
                                           incident->opener->member.title);
    tried.score =
        cw_round6(factor * kind_factor(signal, incident, tried.similarity));
    if (tried.score >= turn->config->theta)
        *match = tried;
    return CW_OK;
}

static struct question question_of(const struct corr_turn *turn,
                                   const struct corr_signal *signal)
{
    const struct corr_graph *graph = turn->domain->graph;
    return (struct question){
        .signal = signal,
        .node = corr_graph_node(graph, signal->entity_id),
        .blind = corr_graph_edges(graph) == 0,
    };
}

enum cw_status corr_group_try(const struct corr_turn *turn,
                              const struct corr_signal *signal,
                              struct corr_incident *incident,
                              struct corr_match *match, struct cw_error *err)
{
    const struct question question = question_of(turn, signal);
    return ask(turn, &question, incident, match, err);
}

/* An open incident goes before a resolved one: joining it wakes nobody. */
static bool better(const struct corr_match *a, const struct corr_match *b)
{
    if (b->incident == NULL)
        return true;
    const bool live_a = corr_incident_live(a->incident);
    const bool live_b = corr_incident_live(b->incident);
    if (live_a != live_b)
        return live_a;
    return a->score > b->score;
}

/* No live incident has the entity, so one can only match by its reach. */
static bool may_match(const struct question *question,
                      const struct corr_incident *incident)
{
    return question->blind || question->node != CORR_NONE ||
           question->signal->kind == CORR_MISSING ||
           !corr_incident_live(incident);
}

enum cw_status corr_group_find(const struct corr_turn *turn,
                               const struct corr_signal *signal,
                               struct corr_match *match, struct cw_error *err)
{
    const struct corr_domain *domain = turn->domain;
    const struct question question = question_of(turn, signal);
    struct corr_incident *owner = corr_domain_owner(domain, signal->entity_id);
    enum cw_status status = CW_OK;
    *match = (struct corr_match){.incident = NULL};
    if (owner != NULL)
        status = ask(turn, &question, owner, match, err);
    if (status != CW_OK || match->incident != NULL)
        return status;
    for (size_t i = 0; i < domain->incident_count && status == CW_OK; i++) {
        struct corr_match tried;
        if (!may_match(&question, domain->incidents[i]))
            continue;
        status = ask(turn, &question, domain->incidents[i], &tried, err);
        if (status == CW_OK && tried.incident != NULL && better(&tried, match))
            *match = tried;
    }
    return status;
}

static void add_path(const struct corr_turn *turn,
                     const struct corr_match *match, struct cw_reason *reason)
{
    const struct corr_reach *reach = &match->incident->reach;
    const size_t count = (size_t)reach->places[match->place].hops + 1;
    struct cw_text *path = cw_arena_take(turn->arena, count * sizeof(*path));
    if (path == NULL)
        return;
    uint32_t place = match->place;
    for (size_t i = count; i > 0; i--) {
        path[i - 1] =
            corr_graph_entity(turn->domain->graph, reach->places[place].node)
                .name;
        place = reach->places[place].parent;
    }
    reason->path = path;
    reason->path_count = count;
}

/* Labels equal in the signal and in the first one of the incident. */
static void add_shared_labels(const struct corr_turn *turn,
                              const struct corr_signal *signal,
                              const struct corr_signal *opener,
                              struct cw_reason *reason)
{
    struct cw_key_value *shared =
        cw_arena_take(turn->arena, SHARED_MAX * sizeof(*shared));
    size_t count = 0;
    size_t k = 0;
    if (shared == NULL)
        return;
    for (size_t i = 0; i < signal->labels_count && count < SHARED_MAX; i++) {
        const struct cw_key_value *label = &signal->labels[i];
        while (k < opener->labels_count &&
               cw_text_compare(opener->labels[k].key, label->key) < 0)
            k++;
        if (k < opener->labels_count &&
            cw_text_equal(opener->labels[k].key, label->key) &&
            cw_text_equal(opener->labels[k].value, label->value))
            shared[count++] = *label;
    }
    reason->shared_labels = shared;
    reason->shared_labels_count = count;
}

static struct cw_text path_words(const struct cw_reason *reason,
                                 struct cw_arena *arena)
{
    struct cw_text words = {"", 0};
    for (size_t i = 0; i < reason->path_count; i++)
        words =
            cw_arena_print(arena, "%.*s%s%.*s", CW_TEXT_ARG(words),
                           i > 0 ? " - " : "", CW_TEXT_ARG(reason->path[i]));
    return words;
}

static struct cw_text hops_sentence(const struct cw_reason *reason,
                                    struct cw_text span, const char *side,
                                    struct cw_arena *arena)
{
    const int hops = (int)reason->path_count - 1;
    return cw_arena_print(arena,
                          "%d %s from where it began (%.*s), %.*s %s "
                          "the start",
                          hops, hops == 1 ? "hop" : "hops",
                          CW_TEXT_ARG(path_words(reason, arena)),
                          CW_TEXT_ARG(span), side);
}

static struct cw_text sentence(const struct corr_turn *turn,
                               const struct corr_signal *signal,
                               const struct corr_match *match,
                               const struct cw_reason *reason)
{
    struct cw_arena *arena = turn->arena;
    const struct cw_text name = signal->member.entity.name;
    const struct cw_text span = corr_title_span(reason->gap_us, arena);
    const char *side = reason->gap_us < 0 ? "before" : "after";
    switch (match->rule) {
    case CORR_RULE_FIRST:
        return cw_arena_print(arena, "first sign of it, on %.*s, score %.2f",
                              CW_TEXT_ARG(name), signal->strength);
    case CORR_RULE_COMPANY:
        return cw_arena_print(arena,
                              "second sign, on %.*s, %.*s %s the first: "
                              "together they opened it",
                              CW_TEXT_ARG(name), CW_TEXT_ARG(span), side);
    case CORR_RULE_SAME_ENTITY:
        return cw_arena_print(arena,
                              "on %.*s, which is ill already, %.*s %s "
                              "the start",
                              CW_TEXT_ARG(name), CW_TEXT_ARG(span), side);
    case CORR_RULE_SAME_TIME:
        return cw_arena_print(arena,
                              "%.*s %s the start; no topology is known here, "
                              "so time alone joins",
                              CW_TEXT_ARG(span), side);
    case CORR_RULE_SAME_SILENCE:
        return cw_arena_print(arena,
                              "fell silent %.*s %s the first, as it did: what "
                              "carries their telemetry may be at fault",
                              CW_TEXT_ARG(span), side);
    case CORR_RULE_TOPOLOGY:
        break;
    }
    return hops_sentence(reason, span, side, arena);
}

struct cw_reason corr_group_reason(const struct corr_turn *turn,
                                   const struct corr_signal *signal,
                                   const struct corr_match *match)
{
    struct cw_reason reason = {
        .rule = cw_text_of(rule_names[match->rule]),
        .gap_us = signal->member.started_at - match->incident->started_at,
        .similarity = match->similarity,
    };
    if (match->rule == CORR_RULE_TOPOLOGY)
        add_path(turn, match, &reason);
    if (match->rule != CORR_RULE_FIRST)
        add_shared_labels(turn, signal, match->incident->opener, &reason);
    reason.text = sentence(turn, signal, match, &reason);
    return reason;
}
