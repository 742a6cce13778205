#include "core/merge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map64.h"
#include "base/time.h"
#include "core/source.h"
#include "core/unpack.h"

#define SOURCES_MAX 65536u

struct cw_merge {
    int64_t released_at;
    struct cw_inlet *inlets[CW_TOPIC_COUNT]; /* NULL: not an input */
    struct cw_source *sources;
    size_t source_count;
    struct cw_source_ruling
        *rulings; /* not yet in force, in order of slice_at */
    size_t ruling_count;
    size_t ruling_capacity;
    struct cw_map64 *index; /* topic and source -> sources[] */
    struct cw_cells *cells; /* decoded messages */
    struct cw_item *items;  /* of the slice being run */
    struct cw_waiting *taken;
    size_t taken_count;
    size_t taken_capacity;
};

enum cw_status cw_merge_create(struct cw_merge **made, int64_t released_at,
                               struct cw_error *err)
{
    struct cw_merge *merge = calloc(1, sizeof(*merge));
    if (merge == NULL)
        return cw_fail(err, CW_NO_MEMORY, "merge");
    merge->released_at = released_at;
    enum cw_status status = cw_map64_create(&merge->index, SOURCES_MAX, err);
    if (status == CW_OK)
        status = cw_cells_create(&merge->cells, err);
    if (status != CW_OK)
        cw_merge_destroy(&merge);
    else
        *made = merge;
    return status;
}

void cw_merge_destroy(struct cw_merge **merge)
{
    struct cw_merge *gone = *merge;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->source_count; i++)
        cw_source_fini(&gone->sources[i]);
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++)
        cw_inlet_destroy(&gone->inlets[i]);
    cw_cells_destroy(&gone->cells);
    cw_map64_destroy(&gone->index);
    free(gone->sources);
    free(gone->rulings);
    free(gone->items);
    free(gone->taken);
    free(gone);
    *merge = NULL;
}

enum cw_status cw_merge_add_topic(struct cw_merge *merge, enum cw_topic topic,
                                  int64_t restart_offset, struct cw_error *err)
{
    assert(merge->inlets[topic] == NULL);
    return cw_inlet_create(&merge->inlets[topic], topic, restart_offset,
                           merge->cells, err);
}

static uint64_t key_of(enum cw_topic topic, uint64_t source)
{
    return cw_hash_mix(source, topic);
}

enum cw_status cw_merge_add_source(struct cw_merge *merge,
                                   const struct cw_source_state *state,
                                   struct cw_error *err)
{
    struct cw_inlet *inlet = merge->inlets[state->topic];
    assert(inlet != NULL);
    struct cw_source *grown = realloc(
        merge->sources, (merge->source_count + 1) * sizeof(*merge->sources));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "sources");
    merge->sources = grown;
    grown[merge->source_count] = cw_source_of(inlet, state);
    enum cw_status status =
        cw_map64_put(merge->index, key_of(state->topic, state->source),
                     merge->source_count, err);
    if (status == CW_OK)
        status =
            cw_inlet_add_source(inlet, state->source, &state->position, err);
    if (status == CW_OK)
        merge->source_count++;
    return status;
}

/* ---- taking messages ---------------------------------------------------- */

static struct cw_source *find_source(const struct cw_merge *merge,
                                     enum cw_topic topic, uint64_t id)
{
    uint64_t at;
    return cw_map64_find(merge->index, key_of(topic, id), &at)
               ? &merge->sources[at]
               : NULL;
}

static enum cw_status give_items(void *to, enum cw_topic topic,
                                 struct cw_flight *flight,
                                 const struct cw_flight_entry *entry,
                                 size_t first_item, struct cw_error *err)
{
    struct cw_merge *merge = to;
    struct cw_source *source = find_source(merge, topic, entry->source);
    assert(source != NULL);
    for (size_t i = first_item; i < first_item + entry->count; i++) {
        const struct cw_waiting item = {flight->items[i], flight,
                                        flight->cells[i]};
        if (cw_source_breaks_mark(source, &item.item))
            return cw_fail(err, CW_GAP,
                           "an item behind the mark of its source");
        if (cw_source_has_seen(source, merge->released_at, &item.item)) {
            cw_inlet_pass_over(source->inlet, flight, item.cell);
            continue;
        }
        const enum cw_status status = cw_source_push(source, &item, err);
        if (status != CW_OK)
            return status;
    }
    if (entry->mark_at > source->mark_at)
        source->mark_at = entry->mark_at;
    return CW_OK;
}

enum cw_status cw_merge_take(struct cw_merge *merge, enum cw_topic topic,
                             int64_t offset, struct cw_text header,
                             struct cw_text value, struct cw_error *err)
{
    assert(merge->inlets[topic] != NULL);
    const struct cw_inlet_message message = {offset, header, value};
    return cw_inlet_take(merge->inlets[topic], &message, give_items, merge,
                         err);
}

/* ---- rulings ------------------------------------------------------------ */

static void enforce(struct cw_merge *merge,
                    const struct cw_source_ruling *ruling)
{
    struct cw_source *source =
        find_source(merge, ruling->topic, ruling->source);
    if (source != NULL) /* else one the manifest no longer has */
        cw_source_obey(source, ruling);
}

/* Rulings that hold for the next slice come into force. */
static void enforce_due(struct cw_merge *merge)
{
    size_t due = 0;
    while (due < merge->ruling_count &&
           merge->rulings[due].slice_at <= merge->released_at + CW_SLICE_US)
        enforce(merge, &merge->rulings[due++]);
    if (due == 0)
        return;
    memmove(merge->rulings, merge->rulings + due,
            (merge->ruling_count - due) * sizeof(*merge->rulings));
    merge->ruling_count -= due;
}

enum cw_status cw_merge_rule(struct cw_merge *merge,
                             const struct cw_source_ruling *ruling,
                             struct cw_error *err)
{
    if (ruling->slice_at <= merge->released_at)
        return cw_fail(err, CW_BROKEN, "a ruling for a slice already closed");
    /* The first slice of all ends just above the beginning of time. */
    if (ruling->slice_at < CW_BEGINNING + CW_SLICE_US ||
        ruling->slice_at >= CW_TIME_MAX ||
        (merge->ruling_count > 0 &&
         merge->rulings[merge->ruling_count - 1].slice_at > ruling->slice_at))
        return cw_fail(err, CW_BROKEN, "rulings are not in order");
    if (merge->ruling_count == merge->ruling_capacity) {
        const size_t capacity =
            merge->ruling_capacity ? merge->ruling_capacity * 2 : 8;
        void *grown =
            realloc(merge->rulings, capacity * sizeof(*merge->rulings));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "rulings");
        merge->rulings = grown;
        merge->ruling_capacity = capacity;
    }
    merge->rulings[merge->ruling_count++] = *ruling;
    enforce_due(merge);
    return CW_OK;
}

/* ---- slices ------------------------------------------------------------- */

static int64_t floor_slice(int64_t at)
{
    if (at == INT64_MIN)
        return at;
    const int64_t rest = at % CW_SLICE_US;
    return at - (rest < 0 ? rest + CW_SLICE_US : rest);
}

int64_t cw_slice_end(int64_t at)
{
    const int64_t floor = floor_slice(at);
    return floor == at ? at : floor + CW_SLICE_US;
}

/* Slices up to here are complete under the rulings in force. A slice with an
 * entering source waits until that source has reached it, like any other. */
static int64_t complete_until(const struct cw_merge *merge)
{
    int64_t until = INT64_MAX;
#ifdef CW_MUTATE_WAIT
    until = INT64_MIN;
    for (size_t i = 0; i < merge->source_count; i++)
        if (merge->sources[i].mark_at > until)
            until = merge->sources[i].mark_at;
    return floor_slice(until);
#endif
    for (size_t i = 0; i < merge->source_count; i++)
        if (!merge->sources[i].absent && merge->sources[i].mark_at < until)
            until = merge->sources[i].mark_at;
    if (until == INT64_MAX) /* nobody present: time cannot pass */
        return merge->released_at;
    until = floor_slice(until);
    /* The next ruling changes who is waited for: stop just before it. */
    if (merge->ruling_count > 0 &&
        merge->rulings[0].slice_at - CW_SLICE_US < until)
        until = merge->rulings[0].slice_at - CW_SLICE_US;
    return until;
}

static int64_t next_event(const struct cw_merge *merge, int64_t deadline_at)
{
    int64_t next = deadline_at;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct cw_source *source = &merge->sources[i];
        if (source->absent || source->count == 0)
            continue;
        const int64_t at = cw_source_entry_at(source, merge->released_at,
                                              &cw_source_front(source)->item);
        if (at < next)
            next = at;
    }
    return next;
}

static enum cw_status take_one(struct cw_merge *merge,
                               const struct cw_waiting *item, int64_t stream_at,
                               struct cw_error *err)
{
    if (merge->taken_count == merge->taken_capacity) {
        const size_t capacity =
            merge->taken_capacity ? merge->taken_capacity * 2 : 64;
        struct cw_waiting *taken =
            realloc(merge->taken, capacity * sizeof(*taken));
        if (taken == NULL)
            return cw_fail(err, CW_NO_MEMORY, "slice of %zu items", capacity);
        merge->taken = taken;
        struct cw_item *items =
            realloc(merge->items, capacity * sizeof(*items));
        if (items == NULL)
            return cw_fail(err, CW_NO_MEMORY, "slice of %zu items", capacity);
        merge->items = items;
        merge->taken_capacity = capacity;
    }
    merge->taken[merge->taken_count] = *item;
    merge->items[merge->taken_count] = item->item;
    merge->items[merge->taken_count].stream_at = stream_at;
    merge->taken_count++;
    return CW_OK;
}

static enum cw_status gather(struct cw_merge *merge, int64_t to_at,
                             struct cw_error *err)
{
    for (size_t i = 0; i < merge->source_count; i++) {
        struct cw_source *source = &merge->sources[i];
        while (!source->absent && source->count > 0) {
            const struct cw_waiting *item = cw_source_front(source);
            const int64_t at =
                cw_source_entry_at(source, merge->released_at, &item->item);
            if (at > to_at)
                break;
            if (at <= merge->released_at)
                return cw_fail(err, CW_GAP, "an item of a slice closed before");
            const enum cw_status status = take_one(merge, item, at, err);
            if (status != CW_OK)
                return status;
            cw_source_pop(source);
        }
    }
    cw_items_sort(merge->items, merge->taken_count);
    return CW_OK;
}

/* Slices up to here are closed: whoever was to enter in one has. */
static void close_until(struct cw_merge *merge, int64_t at)
{
    merge->released_at = at;
#ifdef CW_MUTATE_ENTRY
    if (merge->taken_count == 0)
        return;
#endif
    for (size_t i = 0; i < merge->source_count; i++)
        if (merge->sources[i].enter_at <= at)
            merge->sources[i].enter_at = CW_NEVER;
}

/* End of the next slice that has something to do, or CW_NEVER. What is due
 * earlier than the slices still open acts in the first of them. */
static int64_t next_slice(const struct cw_merge *merge, int64_t deadline_at)
{
    const int64_t event_at = next_event(merge, deadline_at);
    if (event_at == CW_NEVER)
        return CW_NEVER;
    const int64_t to_at = cw_slice_end(event_at);
    if (merge->released_at != CW_BEGINNING && to_at <= merge->released_at)
        return merge->released_at + CW_SLICE_US;
    return to_at;
}

static enum cw_status release_slice(struct cw_merge *merge, int64_t to_at,
                                    struct cw_slice *slice,
                                    struct cw_error *err)
{
    const enum cw_status status = gather(merge, to_at, err);
    if (status != CW_OK)
        return status;
    *slice = (struct cw_slice){
        .from_at = to_at - CW_SLICE_US,
        .to_at = to_at,
        .items = merge->items,
        .count = merge->taken_count,
    };
    close_until(merge, to_at);
    return CW_OK;
}

/* Closes slices in which nothing is to do; whether a ruling may let time pass
 * further. */
static bool pass_time(struct cw_merge *merge, int64_t until)
{
    if (until <= merge->released_at)
        return false;
    close_until(merge, until);
    return merge->ruling_count > 0;
}

enum cw_status cw_merge_next(struct cw_merge *merge, int64_t deadline_at,
                             struct cw_slice *slice, bool *found,
                             struct cw_error *err)
{
    assert(merge->taken_count == 0);
    *found = false;
    for (;;) {
        enforce_due(merge);
        const int64_t until = complete_until(merge);
        const int64_t to_at = next_slice(merge, deadline_at);
        if (to_at != CW_NEVER && to_at <= until) {
            const enum cw_status status =
                release_slice(merge, to_at, slice, err);
            *found = status == CW_OK;
            return status;
        }
        if (!pass_time(merge, until))
            return CW_OK;
    }
}

void cw_merge_done(struct cw_merge *merge)
{
    for (size_t i = 0; i < merge->taken_count; i++) {
        struct cw_waiting *item = &merge->taken[i];
        cw_inlet_release(merge->inlets[item->item.topic], item->flight,
                         item->cell);
    }
    merge->taken_count = 0;
}

/* ---- asking ------------------------------------------------------------- */

int64_t cw_merge_released_at(const struct cw_merge *merge)
{
    return merge->released_at;
}

static void tell(const struct cw_source *source, enum cw_topic *topic,
                 uint64_t *id)
{
    *topic = cw_inlet_topic(source->inlet);
    *id = source->id;
}

bool cw_merge_slowest(const struct cw_merge *merge, enum cw_topic *topic,
                      uint64_t *source, int64_t *mark_at)
{
    const struct cw_source *slowest = NULL;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct cw_source *one = &merge->sources[i];
        if (!one->absent &&
            (slowest == NULL || one->mark_at < slowest->mark_at))
            slowest = one;
    }
    if (slowest == NULL)
        return false;
    tell(slowest, topic, source);
    *mark_at = slowest->mark_at;
    return true;
}

bool cw_merge_caught_up(const struct cw_merge *merge, enum cw_topic *topic,
                        uint64_t *source)
{
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct cw_source *one = &merge->sources[i];
        if (one->absent && one->mark_at != INT64_MIN &&
            one->mark_at >= merge->released_at) {
            tell(one, topic, source);
            return true;
        }
    }
    return false;
}

size_t cw_merge_held(const struct cw_merge *merge)
{
    return cw_cells_held(merge->cells);
}

uint64_t cw_merge_repeats(const struct cw_merge *merge)
{
    uint64_t repeats = 0;
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++)
        if (merge->inlets[i] != NULL)
            repeats += cw_inlet_repeats(merge->inlets[i]);
    return repeats;
}

int64_t cw_merge_restart_offset(const struct cw_merge *merge,
                                enum cw_topic topic)
{
    return cw_inlet_restart_offset(merge->inlets[topic]);
}

int64_t cw_merge_next_offset(const struct cw_merge *merge, enum cw_topic topic)
{
    return cw_inlet_next_offset(merge->inlets[topic]);
}

size_t cw_merge_source_count(const struct cw_merge *merge)
{
    return merge->source_count;
}

struct cw_source_state cw_merge_source(const struct cw_merge *merge,
                                       size_t index)
{
    const struct cw_source *source = &merge->sources[index];
    return (struct cw_source_state){
        .topic = cw_inlet_topic(source->inlet),
        .source = source->id,
        .position = cw_inlet_restart_position(source->inlet, source->id),
        .absent = cw_source_is_outside(source),
        .absent_from_at = source->absent_from_at,
    };
}

int64_t cw_merge_mark(const struct cw_merge *merge, size_t index)
{
    return merge->sources[index].mark_at;
}
