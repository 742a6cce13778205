#include "core/inlet.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map64.h"
#include "core/unpack.h"

#define SOURCES_MAX 65536u

struct standing {
    struct cw_position now;
    struct cw_position restart; /* as of restart_offset */
};

struct cw_inlet {
    enum cw_topic topic;
    struct cw_cells *cells; /* borrowed */
    int64_t next_offset;
    int64_t restart_offset;
    struct cw_flight **flights; /* in order of first_offset */
    size_t flight_count;
    size_t flight_capacity;
    struct cw_map64 *index; /* source -> standings[] */
    struct standing *standings;
    size_t standing_count;
    uint64_t repeats;
};

enum cw_status cw_inlet_create(struct cw_inlet **made, enum cw_topic topic,
                               int64_t restart_offset, struct cw_cells *cells,
                               struct cw_error *err)
{
    struct cw_inlet *inlet = calloc(1, sizeof(*inlet));
    if (inlet == NULL)
        return cw_fail(err, CW_NO_MEMORY, "inlet");
    inlet->topic = topic;
    inlet->cells = cells;
    inlet->next_offset = restart_offset;
    inlet->restart_offset = restart_offset;
    const enum cw_status status =
        cw_map64_create(&inlet->index, SOURCES_MAX, err);
    if (status != CW_OK)
        cw_inlet_destroy(&inlet);
    else
        *made = inlet;
    return status;
}

static void free_flight(struct cw_flight *flight)
{
    free(flight->items);
    free(flight->cells);
    free(flight->entries);
    free(flight);
}

void cw_inlet_destroy(struct cw_inlet **inlet)
{
    if (*inlet == NULL)
        return;
    for (size_t i = 0; i < (*inlet)->flight_count; i++)
        free_flight((*inlet)->flights[i]);
    free((*inlet)->flights);
    free((*inlet)->standings);
    cw_map64_destroy(&(*inlet)->index);
    free(*inlet);
    *inlet = NULL;
}

enum cw_status cw_inlet_add_source(struct cw_inlet *inlet, uint64_t source,
                                   const struct cw_position *position,
                                   struct cw_error *err)
{
    struct standing *grown =
        realloc(inlet->standings,
                (inlet->standing_count + 1) * sizeof(*inlet->standings));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "sources");
    inlet->standings = grown;
    grown[inlet->standing_count] = (struct standing){*position, *position};
    const enum cw_status status =
        cw_map64_put(inlet->index, source, inlet->standing_count, err);
    if (status == CW_OK)
        inlet->standing_count++;
    return status;
}

static struct standing *find_standing(const struct cw_inlet *inlet,
                                      uint64_t source)
{
    uint64_t at;
    return cw_map64_find(inlet->index, source, &at) ? &inlet->standings[at]
                                                    : NULL;
}

static struct cw_flight *find_open(const struct cw_inlet *inlet,
                                   uint64_t writer)
{
    for (size_t i = inlet->flight_count; i-- > 0;)
        if (!inlet->flights[i]->complete && inlet->flights[i]->writer == writer)
            return inlet->flights[i];
    return NULL;
}

static enum cw_status open_flight(struct cw_inlet *inlet,
                                  const struct cw_flight_head *head,
                                  int64_t offset, struct cw_flight **opened,
                                  struct cw_error *err)
{
    if (inlet->flight_count == inlet->flight_capacity) {
        const size_t capacity =
            inlet->flight_capacity ? inlet->flight_capacity * 2 : 16;
        void *grown =
            realloc(inlet->flights, capacity * sizeof(struct cw_flight *));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "flights");
        inlet->flights = grown;
        inlet->flight_capacity = capacity;
    }
    struct cw_flight *flight = calloc(1, sizeof(*flight));
    if (flight == NULL)
        return cw_fail(err, CW_NO_MEMORY, "flight");
    flight->writer = head->writer;
    flight->first_offset = offset;
    flight->headless = head->part > 0;
    flight->next_part = head->part;
    inlet->flights[inlet->flight_count++] = flight;
    *opened = flight;
    return CW_OK;
}

/* The flight the message belongs to: its writer's open one, or a new one. */
static enum cw_status flight_of(struct cw_inlet *inlet,
                                const struct cw_flight_head *head,
                                int64_t offset, struct cw_flight **flight,
                                struct cw_error *err)
{
    *flight = find_open(inlet, head->writer);
    if (*flight == NULL)
        return open_flight(inlet, head, offset, flight, err);
    if ((*flight)->next_part == head->part)
        return CW_OK;
    return cw_fail(err, CW_GAP, "part %u of a flight where %u was due",
                   head->part, (*flight)->next_part);
}

struct collect {
    struct cw_flight *flight;
    struct cw_cell *cell;
};

static enum cw_status collect_item(void *to, const struct cw_item *item,
                                   struct cw_error *err)
{
    struct collect *collect = to;
    struct cw_flight *flight = collect->flight;
    if (flight->item_count == flight->item_capacity) {
        const size_t capacity =
            flight->item_capacity ? flight->item_capacity * 2 : 8;
        struct cw_item *items =
            realloc(flight->items, capacity * sizeof(*items));
        if (items == NULL)
            return cw_fail(err, CW_NO_MEMORY, "items of a flight");
        flight->items = items;
        struct cw_cell **cells =
            realloc(flight->cells, capacity * sizeof(struct cw_cell *));
        if (cells == NULL)
            return cw_fail(err, CW_NO_MEMORY, "cells of a flight");
        flight->cells = cells;
        flight->item_capacity = capacity;
    }
    flight->cells[flight->item_count] = collect->cell;
    flight->items[flight->item_count++] = *item;
    collect->cell->item_count++;
    return CW_OK;
}

/* Drops items that are not handed out: a repeat, or a headless flight. */
static void drop_items(struct cw_inlet *inlet, struct cw_flight *flight)
{
    for (size_t i = 0; i < flight->item_count; i++)
        cw_cells_leave(inlet->cells, flight->cells[i]);
    flight->item_count = 0;
}

struct findings {
    uint32_t fresh;
    uint32_t repeated;
    uint64_t items;
};

static enum cw_status check_entry(const struct cw_inlet *inlet,
                                  const struct cw_flight *flight,
                                  const struct cw_flight_entry *entry,
                                  struct findings *found, struct cw_error *err)
{
    const struct standing *standing = find_standing(inlet, entry->source);
    if (standing == NULL)
        return cw_fail(err, CW_GAP, "%s: source %016llx is not in the manifest",
                       cw_topic_spec(inlet->topic)->name,
                       (unsigned long long)entry->source);
    found->items += entry->count;
    if (flight->headless) {
        if (standing->now.covered_to != CW_UNCOVERED &&
            entry->to <= standing->now.covered_to)
            return CW_OK;
        return cw_fail(err, CW_GAP, "%s: a flight without its first parts",
                       cw_topic_spec(inlet->topic)->name);
    }
    enum cw_coverage coverage;
    const enum cw_status status = cw_position_check(
        &standing->now, entry, flight->digest, &coverage, err);
    if (status == CW_OK && coverage == CW_COVERS_NEW)
        found->fresh++;
    if (status == CW_OK && coverage == CW_COVERS_REPEAT)
        found->repeated++;
    return status;
}

static enum cw_status check_flight(const struct cw_inlet *inlet,
                                   const struct cw_flight *flight,
                                   const struct cw_flight_head *head,
                                   struct findings *found, struct cw_error *err)
{
    if (!flight->headless && flight->digest != head->digest)
        return cw_fail(err, CW_GAP, "%s: a flight's parts are not its own",
                       cw_topic_spec(inlet->topic)->name);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < head->entry_count && status == CW_OK; i++)
        status = check_entry(inlet, flight, &head->entries[i], found, err);
    if (status != CW_OK || flight->headless)
        return status;
    if (found->items != flight->item_count)
        return cw_fail(err, CW_GAP, "%s: a flight of %zu items says %llu",
                       cw_topic_spec(inlet->topic)->name, flight->item_count,
                       (unsigned long long)found->items);
    if (found->fresh > 0 && found->repeated > 0)
        return cw_fail(err, CW_GAP, "%s: a flight overlaps an earlier one",
                       cw_topic_spec(inlet->topic)->name);
    return CW_OK;
}

/* Nothing waits before here any more: the restart offset moves on. */
static void pop_released(struct cw_inlet *inlet)
{
    size_t popped = 0;
    while (popped < inlet->flight_count) {
        struct cw_flight *flight = inlet->flights[popped];
        if (!flight->complete || flight->waiting > 0)
            break;
        for (uint32_t i = 0; i < flight->entry_count; i++) {
            struct standing *standing =
                find_standing(inlet, flight->entries[i].source);
            cw_position_move(&standing->restart, &flight->entries[i],
                             flight->digest);
        }
        free_flight(flight);
        popped++;
    }
    memmove(inlet->flights, inlet->flights + popped,
            (inlet->flight_count - popped) * sizeof(struct cw_flight *));
    inlet->flight_count -= popped;
    inlet->restart_offset = inlet->flight_count > 0
                                ? inlet->flights[0]->first_offset
                                : inlet->next_offset;
}

static enum cw_status keep_entries(struct cw_flight *flight,
                                   const struct cw_flight_head *head,
                                   struct cw_error *err)
{
    const size_t size = head->entry_count * sizeof(*flight->entries);
    flight->entries =
        calloc((size_t)head->entry_count + 1, sizeof(*flight->entries));
    if (flight->entries == NULL)
        return cw_fail(err, CW_NO_MEMORY, "entries of a flight");
    if (size > 0)
        memcpy(flight->entries, head->entries, size);
    flight->entry_count = head->entry_count;
    return CW_OK;
}

static enum cw_status hand_out(struct cw_inlet *inlet, struct cw_flight *flight,
                               cw_inlet_give *give, void *to,
                               struct cw_error *err)
{
    size_t first_item = 0;
    flight->waiting = (uint32_t)flight->item_count;
    for (uint32_t i = 0; i < flight->entry_count; i++) {
        const struct cw_flight_entry *entry = &flight->entries[i];
        cw_position_move(&find_standing(inlet, entry->source)->now, entry,
                         flight->digest);
        const enum cw_status status =
            give(to, inlet->topic, flight, entry, first_item, err);
        if (status != CW_OK)
            return status;
        first_item += entry->count;
    }
    return CW_OK;
}

static enum cw_status complete_flight(struct cw_inlet *inlet,
                                      struct cw_flight *flight,
                                      const struct cw_flight_head *head,
                                      cw_inlet_give *give, void *to,
                                      struct cw_error *err)
{
    struct findings found = {0};
    enum cw_status status = check_flight(inlet, flight, head, &found, err);
    if (status != CW_OK)
        return status;
    flight->complete = true;
    if (flight->headless || found.repeated > 0) {
        inlet->repeats += flight->headless ? 0 : 1;
        drop_items(inlet, flight);
        return CW_OK; /* entry_count stays 0: positions do not move */
    }
    status = keep_entries(flight, head, err);
    return status == CW_OK ? hand_out(inlet, flight, give, to, err) : status;
}

enum cw_status cw_inlet_take(struct cw_inlet *inlet,
                             const struct cw_inlet_message *message,
                             cw_inlet_give *give, void *to,
                             struct cw_error *err)
{
    const struct cw_text value = message->value;
    struct cw_cell *cell = NULL;
    struct cw_flight_head head;
    struct cw_flight *flight = NULL;
    enum cw_status status = cw_cells_open(inlet->cells, &cell, err);
    if (status == CW_OK)
        status = cw_flight_decode(&head, message->header, cell->arena, err);
    if (status == CW_OK)
        status = flight_of(inlet, &head, message->offset, &flight, err);
    if (status != CW_OK)
        return status;
    assert(flight != NULL);
    const struct cw_text copy = cw_arena_text(cell->arena, value);
    if (copy.bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "message of %zu bytes", value.size);
    inlet->next_offset = message->offset + 1;
    flight->next_part++;
    flight->digest = cw_flight_digest(flight->digest, value);
    struct collect collect = {flight, cell};
    status = cw_unpack_message(inlet->topic, copy, cell->arena, collect_item,
                               &collect, err);
    if (status == CW_OK && head.last)
        status = complete_flight(inlet, flight, &head, give, to, err);
    if (status == CW_OK)
        pop_released(inlet);
    return status;
}

void cw_inlet_pass_over(struct cw_inlet *inlet, struct cw_flight *flight,
                        struct cw_cell *cell)
{
    assert(flight->waiting > 0);
    flight->waiting--;
    cw_cells_leave(inlet->cells, cell);
}

void cw_inlet_release(struct cw_inlet *inlet, struct cw_flight *flight,
                      struct cw_cell *cell)
{
    cw_inlet_pass_over(inlet, flight, cell);
    if (flight->waiting == 0)
        pop_released(inlet);
}

enum cw_topic cw_inlet_topic(const struct cw_inlet *inlet)
{
    return inlet->topic;
}

int64_t cw_inlet_next_offset(const struct cw_inlet *inlet)
{
    return inlet->next_offset;
}

int64_t cw_inlet_restart_offset(const struct cw_inlet *inlet)
{
    return inlet->restart_offset;
}

struct cw_position cw_inlet_restart_position(const struct cw_inlet *inlet,
                                             uint64_t source)
{
    const struct standing *standing = find_standing(inlet, source);
    return standing != NULL
               ? standing->restart
               : (struct cw_position){CW_UNCOVERED, 0, 0, INT64_MIN};
}

uint64_t cw_inlet_repeats(const struct cw_inlet *inlet)
{
    return inlet->repeats;
}
