#include "correlate/incident.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "correlate/graph.h"

#define PLACES_MAX        16384u
#define MEMBER_SAVED_SIZE 40u

enum cw_status corr_incident_create(struct corr_incident **made,
                                    const struct corr_signal *opener,
                                    struct cw_error *err)
{
    struct corr_incident *incident = calloc(1, sizeof(*incident));
    if (incident == NULL)
        return cw_fail(err, CW_NO_MEMORY, "incident");
    incident->opener = corr_signal_keep(opener);
    enum cw_status status =
        incident->opener == NULL
            ? cw_fail(err, CW_NO_MEMORY, "opener")
            : cw_map64_create(&incident->by_entity, PLACES_MAX, err);
    if (status != CW_OK) {
        corr_incident_destroy(&incident);
        return status;
    }
    incident->status = CW_INCIDENT_STATUS_OPEN;
    incident->started_at = opener->member.started_at;
    incident->last_onset_at = opener->member.started_at;
    incident->armed_at = INT64_MAX;
    incident->drill = opener->drill;
    incident->reach_stale = true;
    *made = incident;
    return CW_OK;
}

void corr_incident_destroy(struct corr_incident **incident)
{
    struct corr_incident *gone = *incident;
    if (gone == NULL)
        return;
    for (uint32_t i = 0; i < gone->members_count; i++)
        free(gone->members[i].block);
    free(gone->members);
    free(gone->places);
    free(gone->opener);
    cw_map64_destroy(&gone->by_entity);
    corr_reach_fini(&gone->reach);
    free(gone);
    *incident = NULL;
}

bool corr_incident_has(const struct corr_incident *incident, uint64_t entity_id)
{
    uint64_t place = 0;
    return cw_map64_find(incident->by_entity, entity_id, &place);
}

bool corr_incident_live(const struct corr_incident *incident)
{
    return incident->status == CW_INCIDENT_STATUS_OPEN ||
           incident->status == CW_INCIDENT_STATUS_ACKNOWLEDGED;
}

static enum cw_status grow(struct corr_incident *incident, struct cw_error *err)
{
    if (incident->members_count == incident->members_capacity) {
        const uint32_t capacity =
            incident->members_capacity ? incident->members_capacity * 2 : 4;
        void *grown =
            realloc(incident->members, capacity * sizeof(*incident->members));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "members");
        incident->members = grown;
        incident->members_capacity = capacity;
    }
    if (incident->places_count == incident->places_capacity) {
        const uint32_t capacity =
            incident->places_capacity ? incident->places_capacity * 2 : 4;
        void *grown =
            realloc(incident->places, capacity * sizeof(*incident->places));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "places");
        incident->places = grown;
        incident->places_capacity = capacity;
    }
    return CW_OK;
}

static bool fill_member(struct corr_member *member, uint64_t id,
                        const struct cw_member *record)
{
    struct corr_keep keep = {0};
    (void)corr_keep_member(&keep, record);
    char *block = malloc(keep.used ? keep.used : 1);
    if (block == NULL)
        return false;
    keep = (struct corr_keep){.base = block};
    *member = (struct corr_member){id, block, corr_keep_member(&keep, record)};
    return true;
}

/* Room is made; only the map can still refuse. */
static enum cw_status add_place(struct corr_incident *incident,
                                const struct cw_member *record, bool core,
                                struct cw_error *err)
{
    const uint64_t id = corr_entity_id(record->entity);
    if (corr_incident_has(incident, id))
        return CW_OK;
    const enum cw_status status =
        cw_map64_put(incident->by_entity, id, incident->places_count, err);
    if (status != CW_OK)
        return status;
    incident->places[incident->places_count++] =
        (struct corr_place){id, record->entity};
    if (core)
        incident->core_count = incident->places_count;
    incident->reach_stale = true;
    return CW_OK;
}

enum cw_status corr_incident_add(struct corr_incident *incident, uint64_t id,
                                 const struct cw_member *record, bool core,
                                 struct cw_error *err)
{
    enum cw_status status = grow(incident, err);
    if (status != CW_OK)
        return status;
    struct corr_member *member = &incident->members[incident->members_count];
    if (!fill_member(member, id, record))
        return cw_fail(err, CW_NO_MEMORY, "member");
    status = add_place(incident, &member->record, core, err);
    if (status != CW_OK) {
        free(member->block);
        return status;
    }
    incident->members_count++;
    return CW_OK;
}

void corr_incident_absorb(struct corr_incident *incident,
                          const struct cw_member *record, int64_t now_at)
{
    if (record->severity > incident->severity)
        incident->severity = record->severity;
    if (record->started_at < incident->started_at) {
        incident->started_at = record->started_at;
        incident->reach_stale = true;
    }
    if (record->started_at > incident->last_onset_at)
        incident->last_onset_at = record->started_at;
    incident->families |= 1u << (unsigned)record->family;
    incident->heard_at = now_at;
    incident->dirty = true;
}

void corr_incident_shrink(struct corr_incident *incident)
{
    corr_reach_fini(&incident->reach);
    incident->reach_stale = true;
}

bool corr_incident_call(struct corr_incident *incident,
                        enum cw_transition transition, int64_t decided_at,
                        struct cw_text why)
{
    if (incident->calls_count == CORR_QUEUE_MAX)
        return false;
    struct corr_call *call = &incident->calls[incident->calls_count++];
    *call =
        (struct corr_call){.transition = transition, .decided_at = decided_at};
    const struct cw_text cut = cw_utf8_prefix(why, CORR_WHY_SIZE - 1);
    if (cut.size > 0)
        memcpy(call->why, cut.bytes, cut.size);
    return true;
}

void corr_person_set(char out[CORR_PERSON_SIZE], struct cw_text name)
{
    const struct cw_text cut = cw_utf8_prefix(name, CORR_PERSON_SIZE - 1);
    memset(out, 0, CORR_PERSON_SIZE);
    if (cut.size > 0)
        memcpy(out, cut.bytes, cut.size);
}

static void save_life(const struct corr_incident *incident, struct cw_pack *out)
{
    cw_pack_u64(out, incident->serial);
    cw_pack_u32(out, incident->number);
    cw_pack_u8(out, (uint8_t)incident->status);
    cw_pack_u8(out, (uint8_t)incident->severity);
    cw_pack_i64(out, incident->started_at);
    cw_pack_i64(out, incident->opened_at);
    cw_pack_i64(out, incident->acknowledged_at);
    cw_pack_i64(out, incident->resolved_at);
    cw_pack_i64(out, incident->last_onset_at);
    cw_pack_i64(out, incident->heard_at);
    cw_pack_i64(out, incident->calm_at);
    cw_pack_i64(out, incident->armed_at);
    cw_pack_i64(out, incident->told_at);
    cw_pack_text(out, cw_text_of(incident->acknowledged_by));
    cw_pack_text(out, cw_text_of(incident->resolved_by));
    cw_pack_u32(out, (uint32_t)incident->reopened);
    cw_pack_u32(out, (uint32_t)incident->revision);
    for (size_t i = 0; i < CW_TRANSITION_COUNT; i++)
        cw_pack_u32(out, (uint32_t)incident->notices[i]);
    cw_pack_bool(out, incident->drill);
    cw_pack_bool(out, incident->dirty);
    cw_pack_u32(out, incident->families);
    cw_pack_u32(out, (uint32_t)incident->member_count);
    for (size_t i = 0; i < CW_WEIGHT_COUNT; i++)
        cw_pack_u32(out, incident->firing[i]);
    cw_pack_bool(out, incident->telling);
    cw_pack_u32(out, incident->core_count);
}

/* Calls are empty at the end of a slice, which is when shards are saved. */
void corr_incident_save(const struct corr_incident *incident,
                        struct cw_pack *out)
{
    corr_signal_save(incident->opener, out);
    save_life(incident, out);
    cw_pack_u32(out, incident->members_count);
    for (uint32_t i = 0; i < incident->members_count; i++) {
        cw_pack_u64(out, incident->members[i].id);
        cw_member_encode(&incident->members[i].record, out);
    }
}

static bool load_life(struct corr_incident *incident, struct cw_unpack *in)
{
    incident->serial = cw_unpack_u64(in);
    incident->number = cw_unpack_u32(in);
    corr_ident_print(incident->number, incident->id);
    const uint8_t status = cw_unpack_u8(in);
    const uint8_t severity = cw_unpack_u8(in);
    incident->started_at = cw_unpack_i64(in);
    incident->opened_at = cw_unpack_i64(in);
    incident->acknowledged_at = cw_unpack_i64(in);
    incident->resolved_at = cw_unpack_i64(in);
    incident->last_onset_at = cw_unpack_i64(in);
    incident->heard_at = cw_unpack_i64(in);
    incident->calm_at = cw_unpack_i64(in);
    incident->armed_at = cw_unpack_i64(in);
    incident->told_at = cw_unpack_i64(in);
    corr_person_set(incident->acknowledged_by, cw_unpack_text(in));
    corr_person_set(incident->resolved_by, cw_unpack_text(in));
    incident->reopened = (int32_t)cw_unpack_u32(in);
    incident->revision = (int32_t)cw_unpack_u32(in);
    for (size_t i = 0; i < CW_TRANSITION_COUNT; i++)
        incident->notices[i] = (int32_t)cw_unpack_u32(in);
    incident->drill = cw_unpack_bool(in);
    incident->dirty = cw_unpack_bool(in);
    incident->families = cw_unpack_u32(in);
    incident->member_count = (int32_t)cw_unpack_u32(in);
    for (size_t i = 0; i < CW_WEIGHT_COUNT; i++)
        incident->firing[i] = cw_unpack_u32(in);
    incident->telling = cw_unpack_bool(in);
    incident->core_count = cw_unpack_u32(in);
    if (status >= CW_INCIDENT_STATUS_COUNT || severity >= CW_SEVERITY_COUNT)
        return false;
    incident->status = (enum cw_incident_status)status;
    incident->severity = (enum cw_severity)severity;
    return !in->failed;
}

static enum cw_status load_members(struct corr_incident *incident,
                                   struct cw_unpack *in, struct cw_arena *arena,
                                   struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, MEMBER_SAVED_SIZE);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        struct cw_member record;
        const uint64_t id = cw_unpack_u64(in);
        status = cw_member_decode(&record, in, arena, err);
        if (status == CW_OK)
            status = corr_incident_add(incident, id, &record, false, err);
    }
    if (status == CW_OK && incident->core_count > incident->places_count)
        return cw_fail(err, CW_BAD_STATE, "core of %u in %u places",
                       incident->core_count, incident->places_count);
    return status;
}

enum cw_status corr_incident_load(struct corr_incident **made,
                                  struct cw_unpack *in, struct cw_arena *arena,
                                  struct cw_error *err)
{
    struct corr_signal opener;
    struct corr_incident *incident = NULL;
    enum cw_status status = corr_signal_load(&opener, in, arena, err);
    if (status == CW_OK)
        status = corr_incident_create(&incident, &opener, err);
    assert(status != CW_OK || incident != NULL);
    if (status == CW_OK && !load_life(incident, in))
        status = cw_fail(err, CW_BAD_STATE, "incident");
    if (status == CW_OK)
        status = load_members(incident, in, arena, err);
    if (status != CW_OK)
        corr_incident_destroy(&incident);
    else
        *made = incident;
    return status;
}
