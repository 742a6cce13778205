/* State of a domain to bytes and back; the rest of domain.h is domain.c. */
#include "correlate/domain.h"

#include <assert.h>

#define INCIDENT_SAVED_SIZE 120u
#define HELD_SAVED_SIZE     40u

static void save_held(const struct corr_held_list *list, struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)list->count);
    for (const struct corr_held *held = list->first; held != NULL;
         held = held->next) {
        corr_signal_save(held->signal, out);
        cw_pack_i64(out, held->since_at);
    }
}

static void save_counted(const struct corr_held_list *list, struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)list->count);
    for (const struct corr_held *held = list->first; held != NULL;
         held = held->next) {
        cw_pack_u64(out, held->id);
        cw_pack_u64(out, held->incident->serial);
        cw_pack_u8(out, (uint8_t)held->weight);
    }
}

static void save_said(const struct corr_domain *domain, struct cw_pack *out)
{
    cw_pack_u32(out, domain->said_next);
    cw_pack_u32(out, domain->said_count);
    for (uint32_t i = 0; i < domain->said_count; i++)
        cw_pack_u64(out, domain->said[i]);
}

void corr_domain_save(const struct corr_domain *domain, struct cw_pack *out)
{
    corr_graph_save(domain->graph, out);
    cw_pack_bool(out, domain->graph_full_told);
    cw_pack_bool(out, domain->sweeping);
    cw_pack_i64(out, domain->ledger_at);
    cw_pack_u32(out, domain->ledger_number);
    cw_pack_u64(out, domain->next_serial);
    cw_pack_u32(out, (uint32_t)domain->incident_count);
    for (size_t i = 0; i < domain->incident_count; i++)
        corr_incident_save(domain->incidents[i], out);
    assert(domain->lists[CORR_ARRIVED].count == 0); /* a slice is over */
    save_held(&domain->lists[CORR_WAITING], out);
    save_held(&domain->lists[CORR_SILENCED], out);
    save_held(&domain->lists[CORR_INFORMED], out);
    save_counted(&domain->lists[CORR_COUNTED], out);
    corr_silences_save(&domain->silences, out);
    save_said(domain, out);
}

/* Who is a member is told by the incident itself. */
static enum cw_status remember_members(struct corr_domain *domain,
                                       struct corr_incident *incident,
                                       struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < incident->members_count && status == CW_OK; i++) {
        struct corr_held *held = NULL;
        const struct corr_signal signal = {.id = incident->members[i].id};
        status = corr_domain_hold(domain, CORR_MEMBER, &signal, &held, err);
        if (status != CW_OK)
            break;
        held->incident = incident;
        held->member = i;
        held->weight = cw_weight_of(&incident->members[i].record);
    }
    return status;
}

static enum cw_status load_incidents(struct corr_domain *domain,
                                     struct cw_unpack *in,
                                     struct cw_arena *arena,
                                     struct cw_error *err)
{
    const uint64_t next_serial = cw_unpack_u64(in);
    const uint32_t count = cw_unpack_count(in, INCIDENT_SAVED_SIZE);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        struct corr_incident *incident = NULL;
        cw_arena_reset(arena);
        status = corr_incident_load(&incident, in, arena, err);
        if (status != CW_OK)
            break;
        assert(incident != NULL);
        const uint64_t serial = incident->serial;
        status = corr_domain_add(domain, incident, err);
        if (status != CW_OK) {
            corr_incident_destroy(&incident);
            break;
        }
        incident->serial = serial;
        status = remember_members(domain, incident, err);
        if (status == CW_OK && corr_incident_live(incident))
            status = corr_domain_claim(domain, incident, 0, err);
    }
    domain->next_serial = next_serial;
    return status;
}

static enum cw_status load_held(struct corr_domain *domain,
                                enum corr_hold state, struct cw_unpack *in,
                                struct cw_arena *arena, struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, HELD_SAVED_SIZE);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        struct corr_signal signal;
        struct corr_held *held = NULL;
        cw_arena_reset(arena);
        status = corr_signal_load(&signal, in, arena, err);
        if (status == CW_OK)
            status = corr_domain_hold(domain, state, &signal, &held, err);
        if (status != CW_OK)
            break;
        held->since_at = cw_unpack_i64(in);
    }
    return status;
}

static enum cw_status load_counted(struct corr_domain *domain,
                                   struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, 17);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        struct corr_held *held = NULL;
        const struct corr_signal signal = {.id = cw_unpack_u64(in)};
        const uint64_t serial = cw_unpack_u64(in);
        const uint8_t weight = cw_unpack_u8(in);
        if (weight >= CW_WEIGHT_COUNT)
            return cw_fail(err, CW_BAD_STATE, "weight %u of a member", weight);
        struct corr_incident *incident = corr_domain_find(domain, serial);
        if (incident == NULL)
            return cw_fail(err, CW_BAD_STATE, "no incident %llu",
                           (unsigned long long)serial);
        status = corr_domain_hold(domain, CORR_COUNTED, &signal, &held, err);
        if (status != CW_OK)
            break;
        held->incident = incident;
        held->weight = (enum cw_weight)weight;
    }
    return status;
}

static enum cw_status load_said(struct corr_domain *domain,
                                struct cw_unpack *in, struct cw_error *err)
{
    domain->said_next = cw_unpack_u32(in);
    const uint32_t count = cw_unpack_count(in, 8);
    if (count > CORR_SAID_MAX || domain->said_next >= CORR_SAID_MAX)
        return cw_fail(err, CW_BAD_STATE, "%u said ids", count);
    for (uint32_t i = 0; i < count; i++)
        domain->said[i] = cw_unpack_u64(in);
    domain->said_count = count;
    return in->failed ? cw_fail(err, CW_BAD_STATE, "said ids") : CW_OK;
}

enum cw_status corr_domain_load(struct corr_domain *domain,
                                struct cw_unpack *in, struct cw_arena *arena,
                                struct cw_error *err)
{
    enum cw_status status = corr_graph_load(domain->graph, in, err);
    domain->graph_full_told = cw_unpack_bool(in);
    domain->sweeping = cw_unpack_bool(in);
    domain->ledger_at = cw_unpack_i64(in);
    domain->ledger_number = cw_unpack_u32(in);
    if (status == CW_OK)
        status = load_incidents(domain, in, arena, err);
    if (status == CW_OK)
        status = load_held(domain, CORR_WAITING, in, arena, err);
    if (status == CW_OK)
        status = load_held(domain, CORR_SILENCED, in, arena, err);
    if (status == CW_OK)
        status = load_held(domain, CORR_INFORMED, in, arena, err);
    if (status == CW_OK)
        status = load_counted(domain, in, err);
    if (status == CW_OK)
        status = corr_silences_load(&domain->silences, in, err);
    return status == CW_OK ? load_said(domain, in, err) : status;
}
