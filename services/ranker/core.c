#include "core.h"

#include <math.h>
#include <stdlib.h>

#include "base/fixmath.h"
#include "docket.h"
#include "words.h"

#define SHARD_COUNT   16u
#define SAID_SEEN_MAX 256u /* labels remembered against repeats */

struct shard {
    struct ranker_window *window; /* NULL: nothing came yet */
    struct ranker_graph *graph;
    struct ranker_docket docket;
    uint64_t said_seen[SAID_SEEN_MAX]; /* a ring */
    uint32_t said_at;
};

struct cw_core {
    struct ranker_config config;
    struct shard shards[SHARD_COUNT];
};

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    struct cw_core *core = calloc(1, sizeof(*core));

    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "no memory for the ranker");
    core->config = config != NULL ? *(const struct ranker_config *)config
                                  : RANKER_CONFIG_DEFAULT;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        ranker_docket_init(&core->shards[i].docket);
    *made = core;
    return CW_OK;
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (uint32_t i = 0; i < SHARD_COUNT; i++) {
        ranker_window_destroy(&(*core)->shards[i].window);
        ranker_graph_destroy(&(*core)->shards[i].graph);
        ranker_docket_fini(&(*core)->shards[i].docket);
    }
    free(*core);
    *core = NULL;
}

/* Tables of a shard are made when something first comes to it. */
static enum cw_status furnish(struct shard *shard, struct cw_error *err)
{
    enum cw_status status = CW_OK;

    if (shard->window == NULL)
        status = ranker_window_create(&shard->window, err);
    if (status == CW_OK && shard->graph == NULL)
        status = ranker_graph_create(&shard->graph, err);
    return status;
}

/* ---- a decision --------------------------------------------------------- */

static struct cw_unpack reading(const struct cw_pack *bytes)
{
    return cw_unpack_of(bytes->bytes, bytes->size);
}

static bool same_order(const struct cw_cause *a, const struct cw_cause *b)
{
    if (a->candidates_count != b->candidates_count)
        return false;
    for (size_t i = 0; i < a->candidates_count; i++) {
        const struct cw_candidate *x = &a->candidates[i];
        const struct cw_candidate *y = &b->candidates[i];
        if (!cw_text_equal(x->entity.name, y->entity.name) ||
            !cw_text_equal(x->entity.kind, y->entity.kind) ||
            !cw_text_equal(x->kind, y->kind) ||
            !cw_text_equal(x->bucket, y->bucket))
            return false;
    }
    return true;
}

/* Worth telling: another order, another sureness, other words. */
static bool moved(const struct cw_cause *now, const struct cw_cause *before,
                  const struct ranker_config *config)
{
    return now->unknown != before->unknown ||
           fabs(now->confidence - before->confidence) >
               config->confidence_step ||
           !cw_text_equal(now->title, before->title) ||
           !cw_text_equal(now->summary, before->summary) ||
           !cw_text_equal(now->recommendation.action,
                          before->recommendation.action) ||
           !same_order(now, before);
}

/* Revision to go on from. An incident that comes back after its answer was
 * forgotten must not fall behind: seconds since it opened never do. */
static int32_t next_revision(const struct ranker_docket *docket,
                             const struct ranker_case *open,
                             const struct cw_incident *incident, int64_t now_at)
{
    const struct ranker_answer *answer =
        ranker_docket_answered(docket, open->id);

    if (answer != NULL)
        return answer->revision + 1;
    if (incident->reopened == 0)
        return 1;
    const int64_t seconds = (now_at - incident->opened_at) / 1000000;
    return seconds > 1 && seconds < INT32_MAX ? (int32_t)seconds : 1;
}

static enum cw_status publish(struct shard *shard, struct ranker_case *open,
                              struct cw_cause *cause,
                              const struct cw_incident *incident,
                              struct cw_emit *emit, struct cw_error *err)
{
    struct cw_pack bytes;
    const int32_t revision =
        next_revision(&shard->docket, open, incident, cw_emit_now(emit));
    struct ranker_answer answer = {.id = open->id, .revision = revision};

    cause->meta = cw_emit_meta(emit, incident->meta.tenant,
                               incident->meta.domain, incident->started_at);
    cause->meta.revision = revision;
    cause->meta.idempotency_key =
        cw_arena_print(cw_emit_arena(emit), "%.*s/cause/%d",
                       CW_TEXT_ARG(incident->incident_id), revision);
    if (!cause->unknown && cause->candidates_count > 0)
        answer.entity =
            ranker_entity_id(open->route, &cause->candidates[0].entity);
    cw_pack_init(&bytes, (size_t)1 << 20);
    cw_cause_encode(cause, &bytes);
    if (bytes.failed) {
        cw_pack_fini(&bytes);
        return cw_fail(err, CW_NO_MEMORY, "no memory for a cause");
    }
    cw_pack_fini(&open->cause);
    open->cause = bytes;
    ranker_docket_answer(&shard->docket, &answer);
    return cw_emit_put(emit, CW_TOPIC_CAUSES, open->route, cause->incident_id,
                       cause, err);
}

static enum cw_status rank(struct cw_core *core, struct shard *shard,
                           const struct ranker_case *open,
                           const struct cw_incident *incident,
                           struct cw_cause *cause, struct cw_emit *emit)
{
    struct cw_arena *arena = cw_emit_arena(emit);
    struct ranker_candidates all = {0};
    struct ranker_doubt doubt;
    struct cw_error err;
    struct ranker_scene scene = {
        .config = &core->config,
        .window = shard->window,
        .graph = shard->graph,
        .incident = incident,
        .route = open->route,
        .now_at = cw_emit_now(emit),
    };
    enum cw_status status = ranker_candidates_make(&all, &scene, arena, &err);

    if (status == CW_OK)
        status = ranker_score(&all, &scene, arena, &err);
    if (status != CW_OK)
        return status;
    ranker_doubt_make(&doubt, &all, &scene, arena);
    return ranker_words_cause(cause, &all, &doubt, &scene, arena, &err);
}

/* Nothing of the incident fires any more: what was said of its cause stands.
 * A look now would compare what the repair ended with what it stirred up. */
static bool is_settled(const struct ranker_case *open,
                       const struct cw_cause *before)
{
    return !open->fires && open->cause.size > 0 && !before->unknown;
}

static enum cw_status look(struct cw_core *core, struct shard *shard,
                           struct ranker_case *open, struct cw_emit *emit,
                           struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(emit);
    struct cw_incident incident = {0};
    struct cw_cause cause = {0}, before = {0};
    struct cw_unpack in = reading(&open->incident);
    enum cw_status status = cw_incident_decode(&incident, &in, arena, err);

    if (status == CW_OK && open->cause.size > 0) {
        in = reading(&open->cause);
        status = cw_cause_decode(&before, &in, arena, err);
    }
    if (status != CW_OK)
        return cw_fail(err, CW_BROKEN, "an incident kept here is unreadable");
    if (is_settled(open, &before))
        return CW_OK;
    status = rank(core, shard, open, &incident, &cause, emit);
    if (status != CW_OK)
        return cw_fail(err, status, "no memory to rank causes");
    if (open->cause.size == 0 || moved(&cause, &before, &core->config))
        status = publish(shard, open, &cause, &incident, emit, err);
    return status;
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    return core->shards[shard].docket.deadline_at;
}

static enum cw_status timer(struct cw_core *core, uint32_t index,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    struct ranker_docket *docket = &core->shards[index].docket;
    struct ranker_case *open = NULL;
    enum cw_status status = CW_OK;

    /* All that are due: the next deadline has to be later. */
    while (status == CW_OK &&
           (open = ranker_docket_due(docket, deadline_at)) != NULL) {
        status = look(core, &core->shards[index], open, emit, err);
        if (status == CW_OK)
            ranker_docket_looked(docket, open, cw_emit_now(emit),
                                 &core->config);
    }
    return status;
}

/* ---- what comes in ------------------------------------------------------ */

static enum cw_status enter_two(struct shard *shard, uint64_t route,
                                const struct cw_entity *a,
                                const struct cw_entity *b, int64_t now_at,
                                struct cw_error *err)
{
    uint32_t place = 0;
    enum cw_status status =
        ranker_window_enter(shard->window, route, a, now_at, &place, err);

    if (status == CW_OK)
        status =
            ranker_window_enter(shard->window, route, b, now_at, &place, err);
    return status;
}

static enum cw_status take_topology(struct shard *shard,
                                    const struct cw_item *item,
                                    struct cw_error *err)
{
    const struct cw_topology_edge *edge = item->record;
    const enum cw_status status = enter_two(
        shard, item->route, &edge->caller, &edge->callee, item->stream_at, err);

    return status == CW_OK ? ranker_graph_declare(shard->graph, item->route,
                                                  edge, item->stream_at, err)
                           : status;
}

static enum cw_status take_edge(struct shard *shard, const struct cw_item *item,
                                struct cw_error *err)
{
    const struct cw_edge *edge = item->record;
    enum cw_status status = ranker_graph_count(shard->graph, item->route, edge,
                                               item->stream_at, err);

    if (status == CW_OK)
        status = enter_two(shard, item->route, &edge->caller, &edge->callee,
                           item->stream_at, err);
    return status;
}

static enum cw_status take_incident(struct cw_core *core, struct shard *shard,
                                    const struct cw_item *item,
                                    struct cw_error *err)
{
    const struct cw_incident *incident = item->record;
    enum cw_status status = CW_OK;
    uint32_t place = 0;

    for (size_t i = 0; i < incident->entities_count && status == CW_OK; i++)
        status = ranker_window_enter(shard->window, item->route,
                                     &incident->entities[i], item->stream_at,
                                     &place, err);
    for (size_t i = 0; i < incident->members_count && status == CW_OK; i++)
        status = ranker_window_enter(shard->window, item->route,
                                     &incident->members[i].entity,
                                     item->stream_at, &place, err);
    if (status == CW_OK)
        status = ranker_docket_take(&shard->docket, item->route, incident,
                                    item->stream_at, &core->config, err);
    return status;
}

/* True once for each said_id among the last SAID_SEEN_MAX. */
static bool first_heard(struct shard *shard, struct cw_text said_id)
{
    const uint64_t id = cw_hash_text(said_id);

    for (uint32_t i = 0; i < SAID_SEEN_MAX; i++)
        if (shard->said_seen[i] == id)
            return false;
    shard->said_seen[shard->said_at] = id;
    shard->said_at = (shard->said_at + 1) % SAID_SEEN_MAX;
    return true;
}

/* A label counts for the entity the last answer named; the score reads the
 * counts within a bound, so no number of labels can decide alone. */
static void take_label(struct shard *shard, const struct cw_said *said)
{
    const struct ranker_answer *answer = ranker_docket_answered(
        &shard->docket, ranker_case_id(said->meta.tenant, said->target));
    const bool right = cw_text_is(said->value, "true");

    if (answer == NULL || answer->entity == 0 ||
        !(right || cw_text_is(said->value, "wrong-cause")) ||
        !first_heard(shard, said->said_id))
        return;
    const uint32_t place = ranker_window_find(shard->window, answer->entity);
    if (place == RANKER_NONE)
        return;
    struct ranker_entity *entity = ranker_window_at(shard->window, place);
    int32_t *count = right ? &entity->label_right : &entity->label_wrong;
    if (*count < INT32_MAX)
        (*count)++;
}

static struct cw_text parameter(const struct cw_said *said, const char *key)
{
    for (size_t i = 0; i < said->parameters_count; i++)
        if (cw_text_is(said->parameters[i].key, key))
            return said->parameters[i].value;
    return CW_TEXT("");
}

/* A repair that ran may have taken a change back: what comes next is not to be
 * laid to it. */
static void take_result(struct shard *shard, uint64_t route,
                        const struct cw_said *said, int64_t now_at)
{
    if (!cw_text_is(said->value, "succeeded") ||
        !first_heard(shard, said->said_id))
        return;
    ranker_window_undo(shard->window, route, parameter(said, "entity"),
                       parameter(said, "action"),
                       cw_text_is(parameter(said, "phase"), "rollback"),
                       now_at);
}

static enum cw_status step(struct cw_core *core, uint32_t index,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    struct shard *shard = &core->shards[index];
    const enum cw_status status = furnish(shard, err);

    (void)emit;
    if (status != CW_OK)
        return status;
    if (item->topic == CW_TOPIC_INCIDENTS)
        return take_incident(core, shard, item, err);
    if (item->topic == CW_TOPIC_EVIDENCE)
        return ranker_window_evidence(shard->window, item->route, item->record,
                                      item->stream_at, err);
    if (item->topic == CW_TOPIC_TOPOLOGY)
        return take_topology(shard, item, err);
    if (item->topic == CW_TOPIC_EDGES)
        return take_edge(shard, item, err);
    if (item->topic == CW_TOPIC_EVENTS) {
        const struct cw_event *event = item->record;
        if (event->kind == CW_EVENT_KIND_CHANGE)
            ranker_window_change(shard->window, item->route, event,
                                 item->stream_at, core->config.change_us);
    }
    if (item->topic == CW_TOPIC_SAID) {
        const struct cw_said *said = item->record;
        if (said->kind == CW_SAID_KIND_LABEL)
            take_label(shard, said);
        if (said->kind == CW_SAID_KIND_RESULT)
            take_result(shard, item->route, said, item->stream_at);
    }
    return CW_OK;
}

/* ---- state -------------------------------------------------------------- */

static void save(const struct cw_core *core, uint32_t index,
                 struct cw_pack *out)
{
    const struct shard *shard = &core->shards[index];

    if (shard->window == NULL)
        return;
    ranker_window_save(shard->window, out);
    ranker_graph_save(shard->graph, out);
    ranker_docket_save(&shard->docket, out);
    for (uint32_t i = 0; i < SAID_SEEN_MAX; i++)
        cw_pack_u64(out, shard->said_seen[i]);
    cw_pack_u32(out, shard->said_at);
}

static enum cw_status load(struct cw_core *core, uint32_t index,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct shard *shard = &core->shards[index];

    if (in->size == in->at)
        return CW_OK;
    enum cw_status status = furnish(shard, err);
    if (status == CW_OK)
        status = ranker_window_load(shard->window, in, err);
    if (status == CW_OK)
        status = ranker_graph_load(shard->graph, in, err);
    if (status == CW_OK)
        status = ranker_docket_load(&shard->docket, in, err);
    if (status != CW_OK)
        return status;
    for (uint32_t i = 0; i < SAID_SEEN_MAX; i++)
        shard->said_seen[i] = cw_unpack_u64(in);
    shard->said_at = cw_unpack_u32(in) % SAID_SEEN_MAX;
    return in->failed ? cw_fail(err, CW_BAD_STATE, "the state is cut off")
                      : CW_OK;
}

static const enum cw_topic inputs[] = {
    CW_TOPIC_INCIDENTS, CW_TOPIC_EVIDENCE, CW_TOPIC_EVENTS, CW_TOPIC_TOPOLOGY,
    CW_TOPIC_EDGES,     CW_TOPIC_SAID,     CW_TOPIC_COUNT,
};

static const enum cw_topic outputs[] = {CW_TOPIC_CAUSES, CW_TOPIC_COUNT};

const struct cw_core_type ranker_core_type = {
    .name = "ranker",
    .shard_count = SHARD_COUNT,
    .snapshot_format = 5,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .slice_end = NULL,
    .save = save,
    .load = load,
};
