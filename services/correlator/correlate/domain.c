#include "correlate/domain.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"

static enum cw_status create_parts(struct corr_domain *domain,
                                   struct cw_text tenant, struct cw_text name,
                                   const struct correlate_config *config,
                                   struct cw_error *err)
{
    domain->names = malloc(tenant.size + name.size + 1);
    if (domain->names == NULL)
        return cw_fail(err, CW_NO_MEMORY, "domain");
    if (tenant.size > 0)
        memcpy(domain->names, tenant.bytes, tenant.size);
    if (name.size > 0)
        memcpy(domain->names + tenant.size, name.bytes, name.size);
    domain->tenant = (struct cw_text){domain->names, tenant.size};
    domain->name = (struct cw_text){domain->names + tenant.size, name.size};
    domain->route = cw_route_domain(tenant, name);
    domain->silences.max_count = (size_t)config->silence_max;
    enum cw_status status =
        corr_graph_create(&domain->graph, (size_t)config->edge_max, err);
    if (status != CW_OK)
        return status;
    status = cw_map64_create(&domain->owners, (size_t)config->held_max, err);
    if (status != CW_OK)
        return status;
    return cw_map64_create(&domain->held_by_id, (size_t)config->held_max, err);
}

enum cw_status corr_domain_create(struct corr_domain **made,
                                  struct cw_text tenant, struct cw_text name,
                                  const struct correlate_config *config,
                                  struct cw_error *err)
{
    struct corr_domain *domain = calloc(1, sizeof(*domain));
    if (domain == NULL)
        return cw_fail(err, CW_NO_MEMORY, "domain");
    const enum cw_status status =
        create_parts(domain, tenant, name, config, err);
    if (status != CW_OK)
        corr_domain_destroy(&domain);
    else
        *made = domain;
    return status;
}

static void free_held(struct corr_held *held)
{
    free(held->signal);
    free(held);
}

static void free_list(struct corr_held_list *list)
{
    struct corr_held *held = list->first;
    while (held != NULL) {
        struct corr_held *next = held->next;
        free_held(held);
        held = next;
    }
}

void corr_domain_destroy(struct corr_domain **domain)
{
    struct corr_domain *gone = *domain;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < CORR_HOLD_COUNT; i++)
        free_list(&gone->lists[i]);
    for (size_t i = 0; i < gone->incident_count; i++)
        corr_incident_destroy(&gone->incidents[i]);
    free(gone->incidents);
    corr_silences_fini(&gone->silences);
    corr_graph_destroy(&gone->graph);
    corr_reach_fini(&gone->near);
    cw_map64_destroy(&gone->held_by_id);
    cw_map64_destroy(&gone->owners);
    free(gone->names);
    free(gone);
    *domain = NULL;
}

struct corr_held *corr_domain_held(const struct corr_domain *domain,
                                   uint64_t id)
{
    uint64_t at = 0;
    if (!cw_map64_find(domain->held_by_id, id, &at))
        return NULL;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the map holds 64-bit values */
    return (struct corr_held *)(uintptr_t)at;
}

static void put_last(struct corr_domain *domain, struct corr_held *held,
                     enum corr_hold state)
{
    struct corr_held_list *list = &domain->lists[state];
    held->state = state;
    held->previous = list->last;
    held->next = NULL;
    if (list->last != NULL)
        list->last->next = held;
    else
        list->first = held;
    list->last = held;
    list->count++;
}

static void take_out(struct corr_domain *domain, struct corr_held *held)
{
    struct corr_held_list *list = &domain->lists[held->state];
    if (held->previous != NULL)
        held->previous->next = held->next;
    else
        list->first = held->next;
    if (held->next != NULL)
        held->next->previous = held->previous;
    else
        list->last = held->previous;
    list->count--;
}

static bool keeps_signal(enum corr_hold state)
{
    return state != CORR_MEMBER && state != CORR_COUNTED;
}

enum cw_status corr_domain_hold(struct corr_domain *domain,
                                enum corr_hold state,
                                const struct corr_signal *signal,
                                struct corr_held **made, struct cw_error *err)
{
    struct corr_held *held = calloc(1, sizeof(*held));
    if (held == NULL)
        return cw_fail(err, CW_NO_MEMORY, "signal");
    held->id = signal->id;
    if (keeps_signal(state)) {
        held->signal = corr_signal_keep(signal);
        if (held->signal == NULL) {
            free(held);
            return cw_fail(err, CW_NO_MEMORY, "signal");
        }
    }
    const enum cw_status status = cw_map64_put(domain->held_by_id, held->id,
                                               (uint64_t)(uintptr_t)held, err);
    if (status != CW_OK) {
        free_held(held);
        return status;
    }
    put_last(domain, held, state);
    *made = held;
    return CW_OK;
}

void corr_domain_move(struct corr_domain *domain, struct corr_held *held,
                      enum corr_hold state)
{
    take_out(domain, held);
    put_last(domain, held, state);
}

void corr_domain_forget(struct corr_domain *domain, struct corr_held *held)
{
    take_out(domain, held);
    (void)cw_map64_remove(domain->held_by_id, held->id);
    free_held(held);
}

enum cw_status corr_domain_add(struct corr_domain *domain,
                               struct corr_incident *incident,
                               struct cw_error *err)
{
    if (domain->incident_count == domain->incident_capacity) {
        const size_t capacity =
            domain->incident_capacity ? domain->incident_capacity * 2 : 8;
        void *grown = realloc(domain->incidents,
                              capacity * sizeof(struct corr_incident *));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "incidents");
        domain->incidents = grown;
        domain->incident_capacity = capacity;
    }
    incident->serial = domain->next_serial++;
    domain->incidents[domain->incident_count++] = incident;
    return CW_OK;
}

static void forget_members(struct corr_domain *domain,
                           const struct corr_incident *incident)
{
    for (uint32_t i = 0; i < incident->members_count; i++) {
        struct corr_held *held =
            corr_domain_held(domain, incident->members[i].id);
        if (held != NULL && held->incident == incident)
            corr_domain_forget(domain, held);
    }
    struct corr_held *held = domain->lists[CORR_COUNTED].first;
    while (held != NULL) {
        struct corr_held *next = held->next;
        if (held->incident == incident)
            corr_domain_forget(domain, held);
        held = next;
    }
}

/* Index of the first serial not below the one asked for. */
static size_t place_of(const struct corr_domain *domain, uint64_t serial)
{
    size_t low = 0;
    size_t high = domain->incident_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (domain->incidents[middle]->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct corr_incident *corr_domain_find(const struct corr_domain *domain,
                                       uint64_t serial)
{
    const size_t at = place_of(domain, serial);
    const bool found =
        at < domain->incident_count && domain->incidents[at]->serial == serial;
    return found ? domain->incidents[at] : NULL;
}

void corr_domain_remove(struct corr_domain *domain,
                        struct corr_incident *incident)
{
    const size_t at = place_of(domain, incident->serial);
    forget_members(domain, incident);
    domain->incident_count--;
    memmove(&domain->incidents[at], &domain->incidents[at + 1],
            (domain->incident_count - at) * sizeof(struct corr_incident *));
    corr_incident_destroy(&incident);
}

struct corr_incident *corr_domain_named(const struct corr_domain *domain,
                                        struct cw_text id)
{
    for (size_t i = 0; i < domain->incident_count; i++)
        if (cw_text_is(id, domain->incidents[i]->id))
            return domain->incidents[i];
    return NULL;
}

struct corr_incident *corr_domain_owner(const struct corr_domain *domain,
                                        uint64_t entity_id)
{
    uint64_t serial = 0;
    if (!cw_map64_find(domain->owners, entity_id, &serial))
        return NULL;
    return corr_domain_find(domain, serial);
}

enum cw_status corr_domain_claim(struct corr_domain *domain,
                                 const struct corr_incident *incident,
                                 uint32_t from_place, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t i = from_place; i < incident->places_count && status == CW_OK;
         i++) {
        const uint64_t id = incident->places[i].entity_id;
        uint64_t serial = 0;
        if (!cw_map64_find(domain->owners, id, &serial) ||
            serial > incident->serial)
            status = cw_map64_put(domain->owners, id, incident->serial, err);
    }
    return status;
}

static enum cw_status pass_on(struct corr_domain *domain, uint64_t entity_id,
                              struct cw_error *err)
{
    (void)cw_map64_remove(domain->owners, entity_id);
    for (size_t i = 0; i < domain->incident_count; i++) {
        const struct corr_incident *next = domain->incidents[i];
        if (corr_incident_live(next) && corr_incident_has(next, entity_id))
            return cw_map64_put(domain->owners, entity_id, next->serial, err);
    }
    return CW_OK;
}

enum cw_status corr_domain_yield(struct corr_domain *domain,
                                 const struct corr_incident *incident,
                                 struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < incident->places_count && status == CW_OK; i++) {
        const uint64_t id = incident->places[i].entity_id;
        uint64_t serial = 0;
        if (cw_map64_find(domain->owners, id, &serial) &&
            serial == incident->serial)
            status = pass_on(domain, id, err);
    }
    return status;
}

bool corr_domain_was_said(const struct corr_domain *domain, uint64_t said_id)
{
    for (uint32_t i = 0; i < domain->said_count; i++)
        if (domain->said[i] == said_id)
            return true;
    return false;
}

void corr_domain_said(struct corr_domain *domain, uint64_t said_id)
{
    domain->said[domain->said_next] = said_id;
    domain->said_next = (domain->said_next + 1) % CORR_SAID_MAX;
    if (domain->said_count < CORR_SAID_MAX)
        domain->said_count++;
}
