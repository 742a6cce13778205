#include "correlate/core.h"

#include <assert.h>
#include <stdlib.h>

#include "correlate/admit.h"
#include "correlate/declare.h"
#include "correlate/people.h"
#include "correlate/report.h"

#define SHARD_COUNT       16u
#define FORMAT            4u /* by when a member had begun */
#define NUMBERS_MAX       ((size_t)1 << 24)
#define AGENDA_MAX        ((size_t)1 << 24)
#define LOAD_ARENA_MAX    ((size_t)1 << 30)
#define DOMAIN_SAVED_SIZE 60u
/* A large incident that keeps growing is written once a second, not each
 * slice: a storm must not multiply itself. Notices never wait. */
#define LARGE_MEMBERS  64u
#define LARGE_PAUSE_US INT64_C(1000000)

struct shard {
    struct corr_agenda *agenda;
    struct cw_map64 *numbers;     /* incident names in use */
    struct cw_map64 *by_route;    /* route of a domain -> index */
    struct corr_domain **domains; /* in order of first sight */
    uint32_t domain_count;
    uint32_t domain_capacity;
};

struct cw_core {
    struct correlate_config config;
    struct corr_fingerprint fingerprint;
    struct shard shards[SHARD_COUNT];
};

static void destroy_shard(struct shard *shard)
{
    for (uint32_t i = 0; i < shard->domain_count; i++)
        corr_domain_destroy(&shard->domains[i]);
    free(shard->domains);
    corr_agenda_destroy(&shard->agenda);
    cw_map64_destroy(&shard->numbers);
    cw_map64_destroy(&shard->by_route);
    *shard = (struct shard){0};
}

static void destroy(struct cw_core **core)
{
    if (*core == NULL)
        return;
    for (uint32_t i = 0; i < SHARD_COUNT; i++)
        destroy_shard(&(*core)->shards[i]);
    free(*core);
    *core = NULL;
}

static enum cw_status create_shard(struct shard *shard,
                                   const struct correlate_config *config,
                                   struct cw_error *err)
{
    enum cw_status status = corr_agenda_create(&shard->agenda, AGENDA_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&shard->numbers, NUMBERS_MAX, err);
    if (status == CW_OK)
        status =
            cw_map64_create(&shard->by_route, (size_t)config->domain_max, err);
    return status;
}

/* The table of options checks what comes from a file; this, what comes from a
 * program. */
static enum cw_status check_config(const struct correlate_config *config,
                                   struct cw_error *err)
{
    static const char *const rules[] = {"all", "first", "last", "never"};
    bool known = false;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        known = known || strcmp(config->resolve, rules[i]) == 0;
    if (!known)
        return cw_fail(err, CW_BAD_CONFIG, "resolve \"%s\"", config->resolve);
    if (!(config->max_hops >= 0 && config->max_hops <= (int64_t)CORR_HOPS_MAX))
        return cw_fail(err, CW_BAD_CONFIG, "max_hops %lld not in 0 to %u",
                       (long long)config->max_hops, CORR_HOPS_MAX);
    if (!(config->window_us > 0))
        return cw_fail(err, CW_BAD_CONFIG, "window is not positive");
    return CW_OK;
}

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "correlate core");
    core->config = config != NULL ? *(const struct correlate_config *)config
                                  : correlate_config_default();
    enum cw_status status = check_config(&core->config, err);
    if (status == CW_OK)
        status = corr_fingerprint_parse(&core->fingerprint,
                                        core->config.fingerprint, err);
    for (uint32_t i = 0; i < SHARD_COUNT && status == CW_OK; i++)
        status = create_shard(&core->shards[i], &core->config, err);
    if (status != CW_OK)
        destroy(&core);
    else
        *made = core;
    return status;
}

static enum cw_status add_domain(struct cw_core *core, struct shard *shard,
                                 struct cw_text tenant, struct cw_text name,
                                 struct cw_error *err)
{
    struct corr_domain *domain = NULL;
    if (shard->domain_count >= (uint32_t)core->config.domain_max)
        return cw_fail(err, CW_FULL, "a shard holds its %u domains",
                       shard->domain_count);
    if (shard->domain_count == shard->domain_capacity) {
        const uint32_t capacity =
            shard->domain_capacity ? shard->domain_capacity * 2 : 4;
        void *grown =
            realloc(shard->domains, capacity * sizeof(struct corr_domain *));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "domains");
        shard->domains = grown;
        shard->domain_capacity = capacity;
    }
    enum cw_status status =
        corr_domain_create(&domain, tenant, name, &core->config, err);
    if (status != CW_OK)
        return status;
    domain->index = shard->domain_count;
    status = cw_map64_put(shard->by_route, domain->route, domain->index, err);
    if (status != CW_OK) {
        corr_domain_destroy(&domain);
        return status;
    }
    shard->domains[shard->domain_count++] = domain;
    return CW_OK;
}

static struct corr_turn turn_of(struct cw_core *core, struct shard *shard,
                                struct corr_domain *domain,
                                struct cw_emit *emit)
{
    assert(domain != NULL);
    domain->touched = true;
    return (struct corr_turn){
        .config = &core->config,
        .fingerprint = &core->fingerprint,
        .domain = domain,
        .agenda = shard->agenda,
        .numbers = shard->numbers,
        .emit = emit,
        .arena = cw_emit_arena(emit),
        .now_at = cw_emit_now(emit),
    };
}

static enum cw_status find_domain(struct cw_core *core, struct shard *shard,
                                  struct cw_text tenant, struct cw_text name,
                                  struct corr_domain **found,
                                  struct cw_error *err)
{
    uint64_t index = 0;
    const uint64_t route = cw_route_domain(tenant, name);
    if (tenant.size > CORR_NAME_SIZE || name.size > CORR_NAME_SIZE)
        return cw_fail(err, CW_BAD_RECORD, "tenant or domain over %u bytes",
                       CORR_NAME_SIZE);
    if (!cw_map64_find(shard->by_route, route, &index)) {
        index = shard->domain_count;
        const enum cw_status status =
            add_domain(core, shard, tenant, name, err);
        if (status != CW_OK)
            return status;
    }
    *found = shard->domains[index];
    return CW_OK;
}

static enum cw_status step_event(struct cw_core *core, struct shard *shard,
                                 const struct cw_event *event,
                                 struct cw_emit *emit, struct cw_error *err)
{
    struct corr_domain *domain = NULL;
    const bool alert = event->kind == CW_EVENT_KIND_ALERT;
    if (!alert && event->kind != CW_EVENT_KIND_TOPOLOGY)
        return CW_OK; /* changes are the ranker's, heartbeats the notifier's */
    const enum cw_status status =
        find_domain(core, shard, event->tenant, event->domain, &domain, err);
    if (status != CW_OK)
        return status;
    const struct corr_turn turn = turn_of(core, shard, domain, emit);
    return alert ? corr_enter_alert(&turn, event, err)
                 : corr_declare(&turn, event, err);
}

static enum cw_status step_anomaly(struct cw_core *core, struct shard *shard,
                                   const struct cw_anomaly *anomaly,
                                   struct cw_emit *emit, struct cw_error *err)
{
    struct corr_domain *domain = NULL;
    const enum cw_status status = find_domain(
        core, shard, anomaly->meta.tenant, anomaly->meta.domain, &domain, err);
    if (status != CW_OK)
        return status;
    const struct corr_turn turn = turn_of(core, shard, domain, emit);
    return corr_enter_anomaly(&turn, anomaly, err);
}

static enum cw_status step_edge(struct cw_core *core, struct shard *shard,
                                const struct cw_edge *edge,
                                struct cw_emit *emit, struct cw_error *err)
{
    struct corr_domain *domain = NULL;
    const enum cw_status status = find_domain(core, shard, edge->meta.tenant,
                                              edge->meta.domain, &domain, err);
    if (status != CW_OK)
        return status;
    const struct corr_turn turn = turn_of(core, shard, domain, emit);
    return corr_see_edge(&turn, edge, err);
}

static enum cw_status step_said(struct cw_core *core, struct shard *shard,
                                const struct cw_said *said,
                                struct cw_emit *emit, struct cw_error *err)
{
    struct corr_domain *domain = NULL;
    if (!corr_people_concerns(said))
        return CW_OK;
    const enum cw_status status = find_domain(core, shard, said->meta.tenant,
                                              said->meta.domain, &domain, err);
    if (status != CW_OK)
        return status;
    const struct corr_turn turn = turn_of(core, shard, domain, emit);
    return corr_people_say(&turn, said, err);
}

static enum cw_status step(struct cw_core *core, uint32_t index,
                           const struct cw_item *item, struct cw_emit *emit,
                           struct cw_error *err)
{
    struct shard *shard = &core->shards[index];
    if (item->topic == CW_TOPIC_EVENTS)
        return step_event(core, shard, item->record, emit, err);
    if (item->topic == CW_TOPIC_ANOMALIES)
        return step_anomaly(core, shard, item->record, emit, err);
    if (item->topic == CW_TOPIC_EDGES)
        return step_edge(core, shard, item->record, emit, err);
    if (item->topic == CW_TOPIC_SAID)
        return step_said(core, shard, item->record, emit, err);
    return cw_fail(err, CW_BROKEN, "correlate does not read topic %d",
                   (int)item->topic);
}

static int64_t next_deadline(const struct cw_core *core, uint32_t index)
{
    return corr_agenda_first(core->shards[index].agenda);
}

static enum cw_status act(const struct corr_turn *turn,
                          const struct corr_due *due, struct cw_error *err)
{
    if (due->kind == CORR_DUE_WAIT)
        return corr_enter_timeout(turn, due->subject, err);
    if (due->kind == CORR_DUE_SILENCE)
        return corr_people_expire(turn, due->subject, err);
    if (due->kind == CORR_DUE_SWEEP)
        return corr_sweep(turn, err);
    struct corr_incident *incident =
        corr_domain_find(turn->domain, due->subject);
    return incident == NULL ? CW_OK : corr_life_timer(turn, incident, err);
}

/* Whatever is due at once is done in one go: nothing of it sets a deadline
 * that is not later than now. */
static enum cw_status timer(struct cw_core *core, uint32_t index,
                            int64_t deadline_at, struct cw_emit *emit,
                            struct cw_error *err)
{
    struct shard *shard = &core->shards[index];
    struct corr_due due;
    enum cw_status status = CW_OK;
    while (status == CW_OK &&
           corr_agenda_pop(shard->agenda, deadline_at, &due)) {
        if (due.domain >= shard->domain_count)
            return cw_fail(err, CW_BAD_STATE, "timer of domain %u", due.domain);
        const struct corr_turn turn =
            turn_of(core, shard, shard->domains[due.domain], emit);
        status = act(&turn, &due, err);
    }
    return status;
}

static bool may_pause(const struct corr_turn *turn,
                      const struct corr_incident *incident)
{
    return incident->members_count > LARGE_MEMBERS &&
           incident->calls_count == 0 && corr_incident_live(incident) &&
           turn->now_at - incident->told_at < LARGE_PAUSE_US;
}

static enum cw_status end_incident(const struct corr_turn *turn,
                                   struct corr_incident *incident,
                                   struct cw_error *err)
{
    if (!incident->dirty)
        return CW_OK;
    const int64_t again_at = incident->told_at + LARGE_PAUSE_US;
    if (!may_pause(turn, incident))
        return corr_report(turn, incident, err);
    if (incident->armed_at <= again_at)
        return CW_OK;
    incident->armed_at = again_at;
    return corr_agenda_set(turn->agenda,
                           &(struct corr_due){again_at, turn->domain->index,
                                              CORR_DUE_INCIDENT,
                                              incident->serial},
                           err);
}

static enum cw_status end_domain(const struct corr_turn *turn,
                                 struct cw_error *err)
{
    struct corr_domain *domain = turn->domain;
    enum cw_status status = corr_admit_settle(turn, err);
    for (size_t i = 0; i < domain->incident_count && status == CW_OK; i++)
        status = end_incident(turn, domain->incidents[i], err);
    for (size_t i = domain->incident_count; i > 0 && status == CW_OK; i--) {
        struct corr_incident *incident = domain->incidents[i - 1];
        if (incident->status != CW_INCIDENT_STATUS_CLOSED)
            continue;
        corr_agenda_clear(turn->agenda, domain->index, CORR_DUE_INCIDENT,
                          incident->serial);
        (void)cw_map64_remove(turn->numbers, incident->number);
        corr_domain_remove(domain, incident);
    }
    domain->touched = false;
    return status;
}

static enum cw_status slice_end(struct cw_core *core, uint32_t index,
                                struct cw_emit *emit, struct cw_error *err)
{
    struct shard *shard = &core->shards[index];
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < shard->domain_count && status == CW_OK; i++) {
        if (!shard->domains[i]->touched)
            continue;
        const struct corr_turn turn =
            turn_of(core, shard, shard->domains[i], emit);
        status = end_domain(&turn, err);
    }
    return status;
}

static void save(const struct cw_core *core, uint32_t index,
                 struct cw_pack *out)
{
    const struct shard *shard = &core->shards[index];
    if (shard->domain_count == 0)
        return;
    cw_pack_u32(out, shard->domain_count);
    for (uint32_t i = 0; i < shard->domain_count; i++) {
        cw_pack_text(out, shard->domains[i]->tenant);
        cw_pack_text(out, shard->domains[i]->name);
        corr_domain_save(shard->domains[i], out);
    }
    corr_agenda_save(shard->agenda, out);
}

static enum cw_status load_domain(struct cw_core *core, struct shard *shard,
                                  struct cw_unpack *in, struct cw_arena *arena,
                                  struct cw_error *err)
{
    const struct cw_text tenant = cw_unpack_text(in);
    const struct cw_text name = cw_unpack_text(in);
    enum cw_status status = add_domain(core, shard, tenant, name, err);
    if (status != CW_OK)
        return status;
    struct corr_domain *domain = shard->domains[shard->domain_count - 1];
    status = corr_domain_load(domain, in, arena, err);
    for (size_t i = 0; i < domain->incident_count && status == CW_OK; i++)
        status =
            cw_map64_put(shard->numbers, domain->incidents[i]->number, 1, err);
    return status;
}

static enum cw_status load(struct cw_core *core, uint32_t index,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct shard *shard = &core->shards[index];
    struct cw_arena *arena = NULL;
    enum cw_status status = cw_arena_create(&arena, LOAD_ARENA_MAX, err);
    if (status != CW_OK)
        return status;
    const uint32_t count = cw_unpack_count(in, DOMAIN_SAVED_SIZE);
    for (uint32_t i = 0; i < count && status == CW_OK; i++)
        status = load_domain(core, shard, in, arena, err);
    if (status == CW_OK)
        status = corr_agenda_load(shard->agenda, in, err);
    cw_arena_destroy(&arena);
    return status;
}

static const enum cw_topic inputs[] = {CW_TOPIC_EVENTS, CW_TOPIC_ANOMALIES,
                                       CW_TOPIC_EDGES, CW_TOPIC_SAID,
                                       CW_TOPIC_COUNT};
static const enum cw_topic outputs[] = {CW_TOPIC_INCIDENTS, CW_TOPIC_LEDGER,
                                        CW_TOPIC_NOTICES, CW_TOPIC_TOPOLOGY,
                                        CW_TOPIC_COUNT};

const struct cw_core_type correlate_core_type = {
    .name = "correlate",
    .shard_count = SHARD_COUNT,
    .snapshot_format = FORMAT,
    .inputs = inputs,
    .outputs = outputs,
    .create = create,
    .destroy = destroy,
    .step = step,
    .next_deadline = next_deadline,
    .timer = timer,
    .slice_end = slice_end,
    .save = save,
    .load = load,
};
