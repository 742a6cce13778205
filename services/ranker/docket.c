#include "docket.h"

#include <stdlib.h>

#include "base/hash.h"
#include "core/core.h"

#define RECORD_MAX ((size_t)1 << 20) /* bytes: what Kafka lets through */

static const int64_t schedule[RANKER_STAGES] = {1, 3, 6, 12};

uint64_t ranker_case_id(struct cw_text tenant, struct cw_text incident_id)
{
    return cw_hash_mix_text(cw_hash_text(tenant), incident_id);
}

void ranker_docket_init(struct ranker_docket *docket)
{
    memset(docket, 0, sizeof(*docket));
    docket->deadline_at = CW_NEVER;
}

static void free_case(struct ranker_case *gone)
{
    cw_pack_fini(&gone->incident);
    cw_pack_fini(&gone->cause);
    free(gone);
}

void ranker_docket_fini(struct ranker_docket *docket)
{
    for (uint32_t i = 0; i < docket->case_count; i++)
        free_case(docket->cases[i]);
    ranker_docket_init(docket);
}

static void refresh_deadline(struct ranker_docket *docket)
{
    docket->deadline_at = CW_NEVER;
    for (uint32_t i = 0; i < docket->case_count; i++)
        if (docket->cases[i]->deadline_at < docket->deadline_at)
            docket->deadline_at = docket->cases[i]->deadline_at;
}

static void remove_case(struct ranker_docket *docket, uint32_t index)
{
    free_case(docket->cases[index]);
    docket->case_count--;
    for (uint32_t i = index; i < docket->case_count; i++)
        docket->cases[i] = docket->cases[i + 1];
}

static uint32_t find_case(const struct ranker_docket *docket, uint64_t id)
{
    uint32_t i = 0;

    while (i < docket->case_count && docket->cases[i]->id != id)
        i++;
    return i;
}

static struct ranker_case *make_case(uint64_t id, struct cw_error *err)
{
    struct ranker_case *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        (void)cw_fail(err, CW_NO_MEMORY, "no memory for an incident");
        return NULL;
    }
    made->id = id;
    cw_pack_init(&made->incident, RECORD_MAX);
    cw_pack_init(&made->cause, RECORD_MAX);
    return made;
}

static bool fires(const struct cw_incident *incident)
{
    for (size_t i = 0; i < incident->members_count; i++)
        if (incident->members[i].firing)
            return true;
    return false;
}

/* Keeps what is read again: the whole record but members past the bound. */
static enum cw_status keep(struct ranker_case *open,
                           const struct cw_incident *incident,
                           struct cw_error *err)
{
    struct cw_incident kept = *incident;
    struct cw_pack bytes;

    if (kept.members_count > RANKER_MEMBER_MAX)
        kept.members_count = RANKER_MEMBER_MAX;
    if (kept.entities_count > RANKER_MEMBER_MAX)
        kept.entities_count = RANKER_MEMBER_MAX;
    cw_pack_init(&bytes, RECORD_MAX);
    cw_incident_encode(&kept, &bytes);
    if (bytes.failed) {
        cw_pack_fini(&bytes);
        return cw_fail(err, CW_TOO_LARGE, "incident over 1 MiB");
    }
    cw_pack_fini(&open->incident);
    open->incident = bytes;
    open->fires = fires(incident);
    return CW_OK;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void plan(struct ranker_case *open, int64_t now_at,
                 const struct ranker_config *config)
{
    if (open->stage < RANKER_STAGES)
        open->deadline_at =
            later(now_at, open->opened_at +
                              schedule[open->stage] * config->decide_after_us);
    else
        open->deadline_at =
            later(now_at, open->looked_at + config->redecide_us);
}

/* An incident that got worse is looked at as often as when it was new. */
static void note_severity(struct ranker_case *open,
                          const struct cw_incident *incident, int64_t now_at)
{
    const uint32_t severity = (uint32_t)incident->severity;

    if (severity <= open->severity)
        return;
    open->severity = severity;
    open->opened_at = now_at;
    open->stage = 0;
}

static enum cw_status update(struct ranker_docket *docket, uint64_t id,
                             uint64_t route, const struct cw_incident *incident,
                             int64_t now_at, struct cw_error *err)
{
    uint32_t index = find_case(docket, id);
    struct ranker_case *open = NULL;

    if (index < docket->case_count) {
        note_severity(docket->cases[index], incident, now_at);
        return keep(docket->cases[index], incident, err);
    }
    open = make_case(id, err);
    if (open == NULL)
        return CW_NO_MEMORY;
    open->route = route;
    open->severity = (uint32_t)incident->severity;
    /* Opened again, it is looked at as often as when it was new. */
    open->opened_at = incident->reopened > 0 ? now_at : incident->opened_at;
    const enum cw_status status = keep(open, incident, err);
    if (status != CW_OK) {
        free_case(open);
        return status;
    }
    if (docket->case_count == RANKER_INCIDENT_MAX)
        remove_case(docket, 0);
    docket->cases[docket->case_count++] = open;
    return CW_OK;
}

enum cw_status ranker_docket_take(struct ranker_docket *docket, uint64_t route,
                                  const struct cw_incident *incident,
                                  int64_t now_at,
                                  const struct ranker_config *config,
                                  struct cw_error *err)
{
    const uint64_t id =
        ranker_case_id(incident->meta.tenant, incident->incident_id);
    const bool over = incident->status == CW_INCIDENT_STATUS_RESOLVED ||
                      incident->status == CW_INCIDENT_STATUS_CLOSED;
    uint32_t index = find_case(docket, id);

    if (over && index < docket->case_count)
        remove_case(docket, index);
    if (!over) {
        const enum cw_status status =
            update(docket, id, route, incident, now_at, err);
        if (status != CW_OK)
            return status;
        index = find_case(docket, id);
        plan(docket->cases[index], now_at, config);
    }
    refresh_deadline(docket);
    return CW_OK;
}

struct ranker_case *ranker_docket_due(struct ranker_docket *docket, int64_t at)
{
    for (uint32_t i = 0; i < docket->case_count; i++)
        if (docket->cases[i]->deadline_at <= at)
            return docket->cases[i];
    return NULL;
}

void ranker_docket_looked(struct ranker_docket *docket,
                          struct ranker_case *found, int64_t now_at,
                          const struct ranker_config *config)
{
    found->looked_at = now_at;
    found->deadline_at = CW_NEVER;
    while (found->stage < RANKER_STAGES &&
           found->opened_at +
                   schedule[found->stage] * config->decide_after_us <=
               now_at)
        found->stage++;
    if (found->stage < RANKER_STAGES)
        plan(found, now_at + 1, config);
    refresh_deadline(docket);
}

void ranker_docket_answer(struct ranker_docket *docket,
                          const struct ranker_answer *answer)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < docket->answer_count; i++)
        if (docket->answers[i].id != answer->id)
            docket->answers[kept++] = docket->answers[i];
    if (kept == RANKER_ANSWER_MAX) {
        kept--;
        memmove(docket->answers, docket->answers + 1,
                kept * sizeof(docket->answers[0]));
    }
    docket->answers[kept++] = *answer;
    docket->answer_count = kept;
}

const struct ranker_answer *
ranker_docket_answered(const struct ranker_docket *docket, uint64_t id)
{
    for (uint32_t i = 0; i < docket->answer_count; i++)
        if (docket->answers[i].id == id)
            return &docket->answers[i];
    return NULL;
}

static void save_bytes(const struct cw_pack *bytes, struct cw_pack *out)
{
    cw_pack_text(out,
                 (struct cw_text){(const char *)bytes->bytes, bytes->size});
}

void ranker_docket_save(const struct ranker_docket *docket, struct cw_pack *out)
{
    cw_pack_u32(out, docket->case_count);
    for (uint32_t i = 0; i < docket->case_count; i++) {
        const struct ranker_case *open = docket->cases[i];
        cw_pack_u64(out, open->id);
        cw_pack_u64(out, open->route);
        cw_pack_i64(out, open->opened_at);
        cw_pack_i64(out, open->deadline_at);
        cw_pack_i64(out, open->looked_at);
        cw_pack_u32(out, open->stage);
        cw_pack_u32(out, open->severity);
        cw_pack_bool(out, open->fires);
        save_bytes(&open->incident, out);
        save_bytes(&open->cause, out);
    }
    cw_pack_u32(out, docket->answer_count);
    for (uint32_t i = 0; i < docket->answer_count; i++) {
        cw_pack_u64(out, docket->answers[i].id);
        cw_pack_u64(out, docket->answers[i].entity);
        cw_pack_u32(out, (uint32_t)docket->answers[i].revision);
    }
}

static void load_bytes(struct cw_pack *bytes, struct cw_unpack *in)
{
    const struct cw_text text = cw_unpack_text(in);

    cw_pack_bytes(bytes, text.bytes, text.size);
    in->failed |= bytes->failed;
}

static enum cw_status load_case(struct ranker_docket *docket,
                                struct cw_unpack *in, struct cw_error *err)
{
    struct ranker_case *open = make_case(cw_unpack_u64(in), err);

    if (open == NULL)
        return CW_NO_MEMORY;
    docket->cases[docket->case_count++] = open;
    open->route = cw_unpack_u64(in);
    open->opened_at = cw_unpack_i64(in);
    open->deadline_at = cw_unpack_i64(in);
    open->looked_at = cw_unpack_i64(in);
    open->stage = cw_unpack_u32(in);
    open->severity = cw_unpack_u32(in);
    open->fires = cw_unpack_bool(in);
    load_bytes(&open->incident, in);
    load_bytes(&open->cause, in);
    if (in->failed || open->stage > RANKER_STAGES)
        return cw_fail(err, CW_BAD_STATE, "no incident in the state");
    return CW_OK;
}

enum cw_status ranker_docket_load(struct ranker_docket *docket,
                                  struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t cases = cw_unpack_count(in, 57);

    if (cases > RANKER_INCIDENT_MAX)
        return cw_fail(err, CW_BAD_STATE, "%u incidents in the state", cases);
    for (uint32_t i = 0; i < cases; i++) {
        const enum cw_status status = load_case(docket, in, err);
        if (status != CW_OK)
            return status;
    }
    const uint32_t answers = cw_unpack_count(in, 20);
    if (in->failed || answers > RANKER_ANSWER_MAX)
        return cw_fail(err, CW_BAD_STATE, "no answers in the state");
    for (uint32_t i = 0; i < answers; i++) {
        docket->answers[i].id = cw_unpack_u64(in);
        docket->answers[i].entity = cw_unpack_u64(in);
        docket->answers[i].revision = (int32_t)cw_unpack_u32(in);
    }
    docket->answer_count = answers;
    refresh_deadline(docket);
    return in->failed ? cw_fail(err, CW_BAD_STATE, "no answers in the state")
                      : CW_OK;
}
