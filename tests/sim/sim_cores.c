#include "sim_cores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS       2
#define KEYS         8
#define REFUSE_EVERY 11

bool sim_is_refused(int64_t number)
{
    return number % REFUSE_EVERY == 0;
}

bool sim_value_read(struct sim_value *value, const char *text)
{
    if (text[0] == '\0' || strchr("mekc", text[0]) == NULL || text[1] != ' ')
        return false;
    const char *at = text + 2;
    *value = (struct sim_value){.kind = text[0]};
    if (value->kind != 'c') {
        const size_t size = strcspn(at, " ");
        if (size == 0 || size >= sizeof(value->name) || at[size] != ' ')
            return false;
        memcpy(value->name, at, size);
        at += size + 1;
    }
    char *end;
    value->number = strtoll(at, &end, 10);
    return end != at;
}

/* ---- skeleton: raw value to one item ------------------------------------ */

struct cw_core {
    const struct sim_config *config;
    struct shard {
        uint64_t digest; /* of everything seen, in order */
        uint64_t count;
        uint64_t rule;
        int64_t deadline_at;
        uint64_t keys[KEYS]; /* b: digest by key */
        uint64_t key_counts[KEYS];
    } shards[SHARDS];
};

static enum cw_status create(struct cw_core **made, const void *config,
                             struct cw_error *err)
{
    struct cw_core *core = calloc(1, sizeof(*core));
    if (core == NULL)
        return cw_fail(err, CW_NO_MEMORY, "sim core");
    core->config = config;
    for (int i = 0; i < SHARDS; i++)
        core->shards[i].deadline_at = CW_NEVER;
    *made = core;
    return CW_OK;
}

static void destroy(struct cw_core **core)
{
    free(*core);
    *core = NULL;
}

static enum cw_status put_metric(struct cw_emit *emit, const struct cw_raw *raw,
                                 const char *name, int64_t number,
                                 struct cw_error *err)
{
    const struct cw_text tenant = CW_TEXT("t");
    const uint64_t route =
        cw_route_entity(tenant, CW_TEXT("service"), cw_text_of(name));
    const double value = (double)number;
    const int64_t series = (int64_t)cw_hash_text(cw_text_of(name));
    const struct cw_metric_run run = {
        .stream_at = cw_emit_now(emit),
        .event_at = raw->timestamp_at,
        .offset = raw->offset,
        .route = (int64_t)route,
        .series = &series,
        .series_count = 1,
        .sampled_at = &raw->timestamp_at,
        .sampled_at_count = 1,
        .values = &value,
        .values_count = 1,
    };
    return cw_emit_put(emit, CW_TOPIC_METRICS, route, CW_TEXT(""), &run, err);
}

static enum cw_status put_event(struct cw_emit *emit, const struct cw_raw *raw,
                                const char *name, int64_t number,
                                struct cw_error *err)
{
    const uint64_t route = cw_route_domain(CW_TEXT("t"), cw_text_of(name));
    const struct cw_event event = {
        .stream_at = cw_emit_now(emit),
        .event_at = raw->timestamp_at,
        .offset = raw->offset,
        .route = (int64_t)route,
        .tenant = CW_TEXT("t"),
        .domain = cw_text_of(name),
        .kind = CW_EVENT_KIND_ALERT,
        .starts_at = number,
    };
    return cw_emit_put(emit, CW_TOPIC_EVENTS, route, CW_TEXT(""), &event, err);
}

static enum cw_status put_said(struct cw_emit *emit, const struct cw_raw *raw,
                               const char *name, int64_t number,
                               struct cw_error *err)
{
    struct cw_said said = {
        .meta = cw_emit_meta(emit, CW_TEXT("t"), cw_text_of(name),
                             raw->timestamp_at),
        .kind = name[0] != '\0' ? CW_SAID_KIND_ACKNOWLEDGE : CW_SAID_KIND_RULE,
        .said_id = cw_arena_print(cw_emit_arena(emit), "%" PRId64, number),
        .expires_at = number,
    };
    const uint64_t route =
        said.kind == CW_SAID_KIND_RULE
            ? CW_ROUTE_ALL
            : cw_route_domain(said.meta.tenant, said.meta.domain);
    return cw_emit_put(emit, CW_TOPIC_SAID, route, said.said_id, &said, err);
}

static enum cw_status skeleton_step(struct cw_core *core, uint32_t shard,
                                    const struct cw_item *item,
                                    struct cw_emit *emit, struct cw_error *err)
{
    (void)core;
    (void)shard;
    const struct cw_raw *raw = item->record;
    char text[64] = "";
    struct sim_value value;
    memcpy(text, raw->value.bytes,
           raw->value.size < sizeof(text) ? raw->value.size : sizeof(text) - 1);
    if (!sim_value_read(&value, text))
        return cw_fail(err, CW_BAD_RECORD, "not a value of the simulator");
    if (value.kind == 'm')
        return put_metric(emit, raw, value.name, value.number, err);
    if (value.kind == 'e')
        return put_event(emit, raw, value.name, value.number, err);
    return put_said(emit, raw, value.name, value.number, err);
}

static int64_t no_deadline(const struct cw_core *core, uint32_t shard)
{
    (void)core;
    (void)shard;
    return CW_NEVER;
}

static void save(const struct cw_core *core, uint32_t shard,
                 struct cw_pack *out)
{
    const struct shard *state = &core->shards[shard];
    cw_pack_u64(out, state->digest);
    cw_pack_u64(out, state->count);
    cw_pack_u64(out, state->rule);
    cw_pack_i64(out, state->deadline_at);
    for (int i = 0; i < KEYS; i++) {
        cw_pack_u64(out, state->keys[i]);
        cw_pack_u64(out, state->key_counts[i]);
    }
}

static enum cw_status load(struct cw_core *core, uint32_t shard,
                           struct cw_unpack *in, struct cw_error *err)
{
    (void)err;
    struct shard *state = &core->shards[shard];
    state->digest = cw_unpack_u64(in);
    state->count = cw_unpack_u64(in);
    state->rule = cw_unpack_u64(in);
    state->deadline_at = cw_unpack_i64(in);
    for (int i = 0; i < KEYS; i++) {
        state->keys[i] = cw_unpack_u64(in);
        state->key_counts[i] = cw_unpack_u64(in);
    }
    return CW_OK;
}

static int64_t next_deadline(const struct cw_core *core, uint32_t shard)
{
    return core->shards[shard].deadline_at;
}

/* ---- a ------------------------------------------------------------------ */

static enum cw_status put_anomaly(struct cw_core *core, struct shard *state,
                                  uint64_t what, struct cw_emit *emit,
                                  struct cw_error *err)
{
    char name[8];
    (void)snprintf(name, sizeof(name), "d%d", (int)(what % 5));
    if (core->config != NULL && core->config->suppress > 0 &&
        what % core->config->suppress == 0)
        return CW_OK;
    const struct cw_anomaly anomaly = {
        .meta = cw_emit_meta(emit, CW_TEXT("t"), cw_text_of(name),
                             cw_emit_now(emit) - (int64_t)(what % 1000)),
        .anomaly_id = cw_arena_print(cw_emit_arena(emit), "%016" PRIx64, what),
        .series_id = (int64_t)state->digest,
        .started_at = (int64_t)state->count,
        .opened_at = cw_emit_now(emit),
    };
    return cw_emit_put(
        emit, CW_TOPIC_ANOMALIES,
        cw_route_domain(anomaly.meta.tenant, anomaly.meta.domain), CW_TEXT(""),
        &anomaly, err);
}

/* What a refuses, untouched: its letter must be there once. */
static enum cw_status refuse(int64_t number, struct cw_error *err)
{
    return cw_fail(err, CW_BAD_RECORD, "%" PRId64 " is not to a's liking",
                   number);
}

static void see(struct shard *state, uint64_t what)
{
    state->digest = cw_hash_mix(state->digest, what);
    state->count++;
}

static enum cw_status a_step(struct cw_core *core, uint32_t shard,
                             const struct cw_item *item, struct cw_emit *emit,
                             struct cw_error *err)
{
    struct shard *state = &core->shards[shard];
    if (item->topic == CW_TOPIC_SAID) {
        const struct cw_said *said = item->record;
        if (sim_is_refused(said->expires_at))
            return refuse(said->expires_at, err);
        see(state, (uint64_t)said->expires_at);
        state->rule = (uint64_t)said->expires_at;
        return CW_OK;
    }
    const struct cw_metric_run *run = item->record;
    if (sim_is_refused((int64_t)run->values[0]))
        return refuse((int64_t)run->values[0], err);
    see(state, (uint64_t)run->series[0]);
    see(state, (uint64_t)(int64_t)run->values[0]);
    see(state, (uint64_t)item->stream_at);
    const uint64_t hash = cw_hash_mix(state->digest, state->rule);
    if (state->deadline_at == CW_NEVER)
        state->deadline_at = item->stream_at + (int64_t)(hash % 7) * 30000 + 1;
    enum cw_status status = CW_OK;
    for (uint64_t i = 0; i < hash % 4 && status == CW_OK; i++)
        status = put_anomaly(core, state, cw_hash_mix(hash, i), emit, err);
    return status;
}

static enum cw_status a_timer(struct cw_core *core, uint32_t shard,
                              int64_t deadline_at, struct cw_emit *emit,
                              struct cw_error *err)
{
    struct shard *state = &core->shards[shard];
    see(state, (uint64_t)deadline_at);
    state->deadline_at =
        state->digest % 3 == 0 ? deadline_at + 70000 : CW_NEVER;
    return put_anomaly(core, state, state->digest, emit, err);
}

/* ---- b ------------------------------------------------------------------ */

static enum cw_status put_incident(struct shard *state, unsigned key,
                                   uint32_t shard, struct cw_text domain,
                                   struct cw_emit *emit, struct cw_error *err)
{
    struct cw_arena *arena = cw_emit_arena(emit);
    struct cw_incident incident = {
        .meta = cw_emit_meta(emit, CW_TEXT("t"), domain, cw_emit_now(emit)),
        .incident_id = cw_arena_print(arena, "%.*s/%u/%u", CW_TEXT_ARG(domain),
                                      shard, key),
        .title = cw_arena_print(arena, "%016" PRIx64 " %016" PRIx64,
                                state->keys[key], state->digest),
        .member_count = (int32_t)state->key_counts[key],
        .opened_at = cw_emit_now(emit),
    };
    incident.meta.revision = (int32_t)state->key_counts[key];
    return cw_emit_put(emit, CW_TOPIC_INCIDENTS,
                       cw_route_domain(incident.meta.tenant, domain),
                       incident.incident_id, &incident, err);
}

static enum cw_status b_step(struct cw_core *core, uint32_t shard,
                             const struct cw_item *item, struct cw_emit *emit,
                             struct cw_error *err)
{
    struct shard *state = &core->shards[shard];
    uint64_t what = 0;
    struct cw_text domain = {"", 0};
    if (item->topic == CW_TOPIC_ANOMALIES) {
        const struct cw_anomaly *anomaly = item->record;
        what = cw_anomaly_content_id(anomaly);
        domain = anomaly->meta.domain;
    } else if (item->topic == CW_TOPIC_EVENTS) {
        const struct cw_event *event = item->record;
        what = (uint64_t)event->starts_at;
        domain = event->domain;
    } else {
        const struct cw_said *said = item->record;
        what = (uint64_t)said->expires_at;
        domain = said->meta.domain;
    }
    see(state, what);
    see(state, (uint64_t)item->stream_at);
    if (state->deadline_at == CW_NEVER)
        state->deadline_at = item->stream_at + 120000;
    if (domain.size == 0) /* a rule: seen, not answered */
        return CW_OK;
    const unsigned key = (unsigned)(what % KEYS);
    state->keys[key] = cw_hash_mix(state->keys[key], state->digest);
    state->key_counts[key]++;
    return put_incident(state, key, shard, domain, emit, err);
}

static enum cw_status b_timer(struct cw_core *core, uint32_t shard,
                              int64_t deadline_at, struct cw_emit *emit,
                              struct cw_error *err)
{
    (void)emit;
    (void)err;
    struct shard *state = &core->shards[shard];
    see(state, (uint64_t)deadline_at);
    state->deadline_at = CW_NEVER;
    return CW_OK;
}

static const enum cw_topic no_topics[] = {CW_TOPIC_COUNT};
static const enum cw_topic a_inputs[] = {CW_TOPIC_METRICS, CW_TOPIC_SAID,
                                         CW_TOPIC_COUNT};
static const enum cw_topic b_inputs[] = {CW_TOPIC_ANOMALIES, CW_TOPIC_EVENTS,
                                         CW_TOPIC_SAID, CW_TOPIC_COUNT};

const struct cw_core_type sim_skeleton_type = {
    .name = "normalizer",
    .shard_count = 1,
    .snapshot_format = 1,
    .inputs = no_topics,
    .outputs = no_topics,
    .create = create,
    .destroy = destroy,
    .step = skeleton_step,
    .next_deadline = no_deadline,
    .save = save,
    .load = load,
};

const struct cw_core_type sim_a_type = {
    .name = "detector",
    .shard_count = SHARDS,
    .snapshot_format = 1,
    .inputs = a_inputs,
    .outputs = no_topics,
    .create = create,
    .destroy = destroy,
    .step = a_step,
    .next_deadline = next_deadline,
    .timer = a_timer,
    .save = save,
    .load = load,
};

const struct cw_core_type sim_b_type = {
    .name = "correlate",
    .shard_count = SHARDS,
    .snapshot_format = 1,
    .inputs = b_inputs,
    .outputs = no_topics,
    .create = create,
    .destroy = destroy,
    .step = b_step,
    .next_deadline = next_deadline,
    .timer = b_timer,
    .save = save,
    .load = load,
};
