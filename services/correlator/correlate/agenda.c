#include "correlate/agenda.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/map64.h"

#define PACKED_SIZE 21u

struct corr_agenda {
    struct corr_due *heap; /* heap[0] is the earliest */
    size_t count;
    size_t capacity;
    size_t max_count;
    struct cw_map64 *places; /* subject key -> index in heap */
};

enum cw_status corr_agenda_create(struct corr_agenda **made, size_t max_count,
                                  struct cw_error *err)
{
    struct corr_agenda *agenda = calloc(1, sizeof(*agenda));
    if (agenda == NULL)
        return cw_fail(err, CW_NO_MEMORY, "agenda");
    agenda->max_count = max_count;
    const enum cw_status status =
        cw_map64_create(&agenda->places, max_count, err);
    if (status != CW_OK) {
        free(agenda);
        return status;
    }
    *made = agenda;
    return CW_OK;
}

void corr_agenda_destroy(struct corr_agenda **agenda)
{
    if (*agenda == NULL)
        return;
    cw_map64_destroy(&(*agenda)->places);
    free((*agenda)->heap);
    free(*agenda);
    *agenda = NULL;
}

static uint64_t key_of(uint32_t domain, enum corr_due_kind kind,
                       uint64_t subject)
{
    return cw_hash_mix(((uint64_t)domain << 8) | (uint64_t)kind, subject);
}

/* A total order, so equal deadlines fire alike after a restart. */
static bool before(const struct corr_due *a, const struct corr_due *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->domain != b->domain)
        return a->domain < b->domain;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->subject < b->subject;
}

/* The key is in the map already: overwriting cannot fail. */
static void put_at(struct corr_agenda *agenda, size_t index,
                   struct corr_due due)
{
    struct cw_error ignored;
    agenda->heap[index] = due;
    (void)!cw_map64_put(agenda->places,
                        key_of(due.domain, due.kind, due.subject), index,
                        &ignored);
}

static void rise(struct corr_agenda *agenda, size_t index)
{
    const struct corr_due due = agenda->heap[index];
    while (index > 0) {
        const size_t parent = (index - 1) / 2;
        if (!before(&due, &agenda->heap[parent]))
            break;
        put_at(agenda, index, agenda->heap[parent]);
        index = parent;
    }
    put_at(agenda, index, due);
}

static void sink(struct corr_agenda *agenda, size_t index)
{
    const struct corr_due due = agenda->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count &&
            before(&agenda->heap[child + 1], &agenda->heap[child]))
            child++;
        if (!before(&agenda->heap[child], &due))
            break;
        put_at(agenda, index, agenda->heap[child]);
        index = child;
    }
    put_at(agenda, index, due);
}

static enum cw_status grow(struct corr_agenda *agenda, struct cw_error *err)
{
    const size_t capacity = agenda->capacity ? agenda->capacity * 2 : 16;
    struct corr_due *heap =
        realloc(agenda->heap, capacity * sizeof(*agenda->heap));
    if (heap == NULL)
        return cw_fail(err, CW_NO_MEMORY, "agenda of %zu", capacity);
    agenda->heap = heap;
    agenda->capacity = capacity;
    return CW_OK;
}

enum cw_status corr_agenda_set(struct corr_agenda *agenda,
                               const struct corr_due *due, struct cw_error *err)
{
    const uint64_t key = key_of(due->domain, due->kind, due->subject);
    uint64_t index = 0;
    if (cw_map64_find(agenda->places, key, &index)) {
        agenda->heap[index].at = due->at;
        rise(agenda, (size_t)index);
        if (cw_map64_find(agenda->places, key, &index))
            sink(agenda, (size_t)index);
        return CW_OK;
    }
    if (agenda->count == agenda->capacity) {
        const enum cw_status status = grow(agenda, err);
        if (status != CW_OK)
            return status;
    }
    const enum cw_status status =
        cw_map64_put(agenda->places, key, agenda->count, err);
    if (status != CW_OK)
        return status;
    agenda->heap[agenda->count++] = *due;
    rise(agenda, agenda->count - 1);
    return CW_OK;
}

static void take_out(struct corr_agenda *agenda, size_t index)
{
    const struct corr_due out = agenda->heap[index];
    (void)cw_map64_remove(agenda->places,
                          key_of(out.domain, out.kind, out.subject));
    agenda->count--;
    if (index == agenda->count)
        return;
    const struct corr_due moved = agenda->heap[agenda->count];
    put_at(agenda, index, moved);
    rise(agenda, index);
    uint64_t at = 0;
    if (cw_map64_find(agenda->places,
                      key_of(moved.domain, moved.kind, moved.subject), &at))
        sink(agenda, (size_t)at);
}

void corr_agenda_clear(struct corr_agenda *agenda, uint32_t domain,
                       enum corr_due_kind kind, uint64_t subject)
{
    uint64_t index = 0;
    if (cw_map64_find(agenda->places, key_of(domain, kind, subject), &index))
        take_out(agenda, (size_t)index);
}

int64_t corr_agenda_first(const struct corr_agenda *agenda)
{
    return agenda->count > 0 ? agenda->heap[0].at : INT64_MAX;
}

bool corr_agenda_pop(struct corr_agenda *agenda, int64_t until_at,
                     struct corr_due *due)
{
    if (corr_agenda_first(agenda) > until_at || agenda->count == 0)
        return false;
    *due = agenda->heap[0];
    take_out(agenda, 0);
    return true;
}

void corr_agenda_save(const struct corr_agenda *agenda, struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)agenda->count);
    for (size_t i = 0; i < agenda->count; i++) {
        const struct corr_due *due = &agenda->heap[i];
        cw_pack_i64(out, due->at);
        cw_pack_u32(out, due->domain);
        cw_pack_u8(out, (uint8_t)due->kind);
        cw_pack_u64(out, due->subject);
    }
}

enum cw_status corr_agenda_load(struct corr_agenda *agenda,
                                struct cw_unpack *in, struct cw_error *err)
{
    const uint32_t count = cw_unpack_count(in, PACKED_SIZE);
    for (uint32_t i = 0; i < count; i++) {
        struct corr_due due = {.at = cw_unpack_i64(in)};
        due.domain = cw_unpack_u32(in);
        const uint8_t kind = cw_unpack_u8(in);
        due.subject = cw_unpack_u64(in);
        if (kind >= CORR_DUE_COUNT)
            return cw_fail(err, CW_BAD_STATE, "timer of kind %u", kind);
        due.kind = (enum corr_due_kind)kind;
        const enum cw_status status = corr_agenda_set(agenda, &due, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}
