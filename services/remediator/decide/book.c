#include "book.h"

#include <stdlib.h>

#include "base/hash.h"
#include "core/core.h"
#include "core/weight.h"

static uint64_t never_zero(uint64_t id)
{
    return id == 0 ? 1 : id;
}

uint64_t remedy_incident_id(struct cw_text tenant, struct cw_text incident_id)
{
    return never_zero(cw_hash_mix_text(cw_hash_text(tenant), incident_id));
}

uint64_t remedy_entity_id(struct cw_text tenant, const struct cw_entity *entity)
{
    return never_zero(cw_route_entity(tenant, entity->kind, entity->name));
}

enum cw_status remedy_book_init(struct remedy_book *book, struct cw_error *err)
{
    *book = (struct remedy_book){.deadline_at = CW_NEVER};
    book->entries = calloc(REMEDY_ACTION_MAX, sizeof(*book->entries));
    book->incidents = calloc(REMEDY_INCIDENT_MAX, sizeof(*book->incidents));
    if (book->entries != NULL && book->incidents != NULL)
        return CW_OK;
    remedy_book_fini(book);
    return cw_fail(err, CW_NO_MEMORY, "no memory for actions");
}

void remedy_book_fini(struct remedy_book *book)
{
    for (uint32_t i = 0; i < book->entry_count; i++)
        cw_pack_fini(&book->entries[i].bytes);
    free(book->entries);
    free(book->incidents);
    *book = (struct remedy_book){.deadline_at = CW_NEVER};
}

/* ---- incidents ---------------------------------------------------------- */

struct remedy_incident *remedy_book_incident(const struct remedy_book *book,
                                             uint64_t id)
{
    for (uint32_t i = 0; i < book->incident_count; i++)
        if (book->incidents[i].id == id)
            return &book->incidents[i];
    return NULL;
}

/* Closed before open, then the longest unheard, then the smallest id. */
static bool goes_before(const struct remedy_incident *a,
                        const struct remedy_incident *b)
{
    if (a->open != b->open)
        return !a->open;
    if (a->heard_at != b->heard_at)
        return a->heard_at < b->heard_at;
    return a->id < b->id;
}

static struct remedy_incident *incident_place(struct remedy_book *book)
{
    struct remedy_incident *gone = &book->incidents[0];

    if (book->incident_count < REMEDY_INCIDENT_MAX)
        return &book->incidents[book->incident_count++];
    for (uint32_t i = 1; i < book->incident_count; i++)
        if (goes_before(&book->incidents[i], gone))
            gone = &book->incidents[i];
    return gone;
}

static void add_firing(struct remedy_incident *to, uint64_t entity)
{
    for (uint32_t i = 0; i < to->entity_count; i++)
        if (to->firing[i] == entity)
            return;
    if (to->entity_count < REMEDY_FIRING_MAX)
        to->firing[to->entity_count++] = entity;
}

static bool tells(const struct cw_incident *incident)
{
    bool telling = false;

    for (size_t i = 0; i < incident->members_count && !telling; i++)
        telling = cw_weight_of(&incident->members[i]) == CW_WEIGHT_TELLING;
    return telling;
}

struct remedy_incident *remedy_book_hear(struct remedy_book *book,
                                         const struct cw_incident *incident,
                                         int64_t now_at)
{
    const uint64_t id =
        remedy_incident_id(incident->meta.tenant, incident->incident_id);
    struct remedy_incident *heard = remedy_book_incident(book, id);

    if (heard == NULL)
        heard = incident_place(book);
    *heard = (struct remedy_incident){
        .id = id,
        .heard_at = now_at,
        .open = incident->status == CW_INCIDENT_STATUS_OPEN ||
                incident->status == CW_INCIDENT_STATUS_ACKNOWLEDGED,
    };
    const bool telling = tells(incident);
    for (size_t i = 0; i < incident->members_count; i++) {
        const struct cw_member *member = &incident->members[i];
        if (!member->firing || !cw_weight_holds(cw_weight_of(member), telling))
            continue;
        heard->firing_count++;
        add_firing(heard,
                   remedy_entity_id(incident->meta.tenant, &member->entity));
    }
    return heard;
}

bool remedy_incident_fires(const struct remedy_incident *incident,
                           uint64_t entity, bool whole)
{
    if (whole)
        return incident->firing_count > 0;
    for (uint32_t i = 0; i < incident->entity_count; i++)
        if (incident->firing[i] == entity)
            return true;
    return false;
}

/* ---- actions ------------------------------------------------------------ */

bool remedy_entry_is_over(const struct remedy_entry *entry)
{
    return entry->deadline_at == CW_NEVER;
}

bool remedy_entry_is_running(const struct remedy_entry *entry)
{
    return entry->state == CW_ACTION_STATE_INTENDED ||
           entry->state == CW_ACTION_STATE_STARTED ||
           entry->state == CW_ACTION_STATE_ROLLING_BACK;
}

struct remedy_entry *remedy_book_find(const struct remedy_book *book,
                                      uint64_t id)
{
    for (uint32_t i = 0; i < book->entry_count; i++)
        if (book->entries[i].id == id)
            return &book->entries[i];
    return NULL;
}

static struct remedy_entry *oldest_over(struct remedy_book *book)
{
    struct remedy_entry *gone = NULL;

    for (uint32_t i = 0; i < book->entry_count; i++) {
        struct remedy_entry *entry = &book->entries[i];
        if (remedy_entry_is_over(entry) &&
            (gone == NULL || entry->made_at < gone->made_at ||
             (entry->made_at == gone->made_at && entry->id < gone->id)))
            gone = entry;
    }
    return gone;
}

struct remedy_entry *remedy_book_add(struct remedy_book *book, uint64_t id)
{
    struct remedy_entry *place = NULL;

    if (book->entry_count < REMEDY_ACTION_MAX)
        place = &book->entries[book->entry_count++];
    else
        place = oldest_over(book);
    if (place == NULL)
        return NULL;
    cw_pack_fini(&place->bytes);
    *place = (struct remedy_entry){.id = id, .deadline_at = CW_NEVER};
    cw_pack_init(&place->bytes, REMEDY_RECORD_MAX);
    return place;
}

void remedy_book_refresh(struct remedy_book *book)
{
    book->deadline_at = CW_NEVER;
    for (uint32_t i = 0; i < book->entry_count; i++)
        if (book->entries[i].deadline_at < book->deadline_at)
            book->deadline_at = book->entries[i].deadline_at;
}

struct remedy_entry *remedy_book_due(const struct remedy_book *book, int64_t at)
{
    struct remedy_entry *due = NULL;

    for (uint32_t i = 0; i < book->entry_count; i++) {
        struct remedy_entry *entry = &book->entries[i];
        if (entry->deadline_at <= at &&
            (due == NULL || entry->deadline_at < due->deadline_at ||
             (entry->deadline_at == due->deadline_at && entry->id < due->id)))
            due = entry;
    }
    return due;
}

/* ---- state -------------------------------------------------------------- */

static void save_incident(const struct remedy_incident *incident,
                          struct cw_pack *out)
{
    cw_pack_u64(out, incident->id);
    cw_pack_i64(out, incident->heard_at);
    cw_pack_bool(out, incident->open);
    cw_pack_u32(out, incident->firing_count);
    cw_pack_u32(out, incident->entity_count);
    for (uint32_t i = 0; i < incident->entity_count; i++)
        cw_pack_u64(out, incident->firing[i]);
}

static void save_entry(const struct remedy_entry *entry, struct cw_pack *out)
{
    cw_pack_u64(out, entry->id);
    cw_pack_u64(out, entry->incident);
    cw_pack_u64(out, entry->target);
    cw_pack_u64(out, entry->policy);
    cw_pack_u64(out, entry->route);
    cw_pack_u8(out, (uint8_t)entry->state);
    cw_pack_u32(out, (uint32_t)entry->revision);
    cw_pack_u32(out, (uint32_t)entry->attempt);
    cw_pack_u32(out, (uint32_t)entry->max_attempts);
    cw_pack_u32(out, (uint32_t)entry->approvers);
    cw_pack_u32(out, (uint32_t)entry->level);
    cw_pack_i64(out, entry->made_at);
    cw_pack_i64(out, entry->intended_at);
    cw_pack_i64(out, entry->finished_at);
    cw_pack_i64(out, entry->deadline_at);
    cw_pack_i64(out, entry->verify_us);
    cw_pack_i64(out, entry->cooldown_us);
    cw_pack_bool(out, entry->on_target);
    cw_pack_bool(out, entry->ineffective);
    cw_pack_bool(out, entry->retry);
    cw_pack_bool(out, entry->superseded);
    cw_pack_text(out, (struct cw_text){(const char *)entry->bytes.bytes,
                                       entry->bytes.size});
}

void remedy_book_save(const struct remedy_book *book, struct cw_pack *out)
{
    cw_pack_u32(out, book->incident_count);
    for (uint32_t i = 0; i < book->incident_count; i++)
        save_incident(&book->incidents[i], out);
    cw_pack_u32(out, book->entry_count);
    for (uint32_t i = 0; i < book->entry_count; i++)
        save_entry(&book->entries[i], out);
}

static void load_incident(struct remedy_incident *incident,
                          struct cw_unpack *in)
{
    incident->id = cw_unpack_u64(in);
    incident->heard_at = cw_unpack_i64(in);
    incident->open = cw_unpack_bool(in);
    incident->firing_count = cw_unpack_u32(in);
    incident->entity_count = cw_unpack_count(in, 8);
    if (incident->entity_count > REMEDY_FIRING_MAX) {
        incident->entity_count = 0;
        in->failed = true;
    }
    for (uint32_t i = 0; i < incident->entity_count; i++)
        incident->firing[i] = cw_unpack_u64(in);
}

static void load_entry(struct remedy_entry *entry, struct cw_unpack *in)
{
    entry->id = cw_unpack_u64(in);
    entry->incident = cw_unpack_u64(in);
    entry->target = cw_unpack_u64(in);
    entry->policy = cw_unpack_u64(in);
    entry->route = cw_unpack_u64(in);
    entry->state = (enum cw_action_state)cw_unpack_u8(in);
    entry->revision = (int32_t)cw_unpack_u32(in);
    entry->attempt = (int32_t)cw_unpack_u32(in);
    entry->max_attempts = (int32_t)cw_unpack_u32(in);
    entry->approvers = (int32_t)cw_unpack_u32(in);
    entry->level = (int32_t)cw_unpack_u32(in);
    entry->made_at = cw_unpack_i64(in);
    entry->intended_at = cw_unpack_i64(in);
    entry->finished_at = cw_unpack_i64(in);
    entry->deadline_at = cw_unpack_i64(in);
    entry->verify_us = cw_unpack_i64(in);
    entry->cooldown_us = cw_unpack_i64(in);
    entry->on_target = cw_unpack_bool(in);
    entry->ineffective = cw_unpack_bool(in);
    entry->retry = cw_unpack_bool(in);
    entry->superseded = cw_unpack_bool(in);
    const struct cw_text bytes = cw_unpack_text(in);
    cw_pack_init(&entry->bytes, REMEDY_RECORD_MAX);
    cw_pack_bytes(&entry->bytes, bytes.bytes, bytes.size);
    in->failed |= entry->bytes.failed || entry->id == 0 ||
                  entry->state >= CW_ACTION_STATE_COUNT;
}

enum cw_status remedy_book_load(struct remedy_book *book, struct cw_unpack *in,
                                struct cw_error *err)
{
    const uint32_t incidents = cw_unpack_count(in, 25);

    if (in->failed || incidents > REMEDY_INCIDENT_MAX)
        return cw_fail(err, CW_BAD_STATE, "no incidents in the state");
    for (uint32_t i = 0; i < incidents && !in->failed; i++)
        load_incident(&book->incidents[i], in);
    book->incident_count = incidents;
    const uint32_t entries = cw_unpack_count(in, 117);
    if (in->failed || entries > REMEDY_ACTION_MAX)
        return cw_fail(err, CW_BAD_STATE, "no actions in the state");
    for (uint32_t i = 0; i < entries && !in->failed; i++) {
        load_entry(&book->entries[i], in);
        book->entry_count = i + 1;
    }
    remedy_book_refresh(book);
    return in->failed ? cw_fail(err, CW_BAD_STATE, "an action is cut off")
                      : CW_OK;
}
