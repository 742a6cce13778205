#include "core/merge.h"

#include <assert.h>
#include <stdlib.h>

#include "base/map64.h"
#include "base/time.h"
#include "core/inlet.h"
#include "core/unpack.h"

#define SOURCES_MAX 65536u

struct waiting_item {
    struct cw_item item;
    struct cw_flight *flight;
    struct cw_cell *cell;
};

struct source {
    struct cw_inlet *inlet;
    uint64_t id;
    int64_t mark_at;
    bool absent;
    int64_t absent_from_at;     /* items later than this wait while absent */
    int64_t enter_at;           /* slice in which late items enter; CW_NEVER */
    struct waiting_item *queue; /* ring */
    size_t head, count, capacity;
};

struct cw_merge {
    int64_t released_at;
    struct cw_inlet *inlets[CW_TOPIC_COUNT]; /* NULL: not an input */
    struct source *sources;
    size_t source_count;
    struct cw_source_ruling
        *rulings; /* not yet in force, in order of slice_at */
    size_t ruling_count;
    size_t ruling_capacity;
    struct cw_map64 *index; /* topic and source -> sources[] */
    struct cw_cells *cells; /* decoded messages */
    struct cw_item *items;  /* of the slice being run */
    struct waiting_item *taken;
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

void cw_merge_destroy(struct cw_merge **made)
{
    struct cw_merge *merge = *made;
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->source_count; i++)
        free(merge->sources[i].queue);
    for (unsigned i = 0; i < CW_TOPIC_COUNT; i++)
        cw_inlet_destroy(&merge->inlets[i]);
    cw_cells_destroy(&merge->cells);
    cw_map64_destroy(&merge->index);
    free(merge->sources);
    free(merge->rulings);
    free(merge->items);
    free(merge->taken);
    free(merge);
    *made = NULL;
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
    struct source *grown = realloc(merge->sources, (merge->source_count + 1) *
                                                       sizeof(*merge->sources));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "sources");
    merge->sources = grown;
    grown[merge->source_count] = (struct source){
        .inlet = inlet,
        .id = state->source,
        .mark_at = state->position.mark_at,
        .absent = state->absent,
        .absent_from_at = state->absent_from_at,
        .enter_at = CW_NEVER,
    };
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

static struct source *find_source(const struct cw_merge *merge,
                                  enum cw_topic topic, uint64_t id)
{
    uint64_t at;
    return cw_map64_find(merge->index, key_of(topic, id), &at)
               ? &merge->sources[at]
               : NULL;
}

static enum cw_status push_item(struct source *source,
                                const struct waiting_item *item,
                                struct cw_error *err)
{
    if (source->count == source->capacity) {
        const size_t capacity = source->capacity ? source->capacity * 2 : 16;
        struct waiting_item *queue = malloc(capacity * sizeof(*queue));
        if (queue == NULL)
            return cw_fail(err, CW_NO_MEMORY, "queue of %zu items", capacity);
        for (size_t i = 0; i < source->count; i++)
            queue[i] = source->queue[(source->head + i) % source->capacity];
        free(source->queue);
        source->queue = queue;
        source->capacity = capacity;
        source->head = 0;
    }
    source->queue[(source->head + source->count) % source->capacity] = *item;
    source->count++;
    return CW_OK;
}

/* A source never goes back behind the mark it gave. */
static bool breaks_mark(const struct source *source, const struct cw_item *item)
{
    return item->stream_at <= source->mark_at;
}

/* Absent, or present again but what it brought late has not entered yet. */
static bool is_outside(const struct source *source)
{
#ifdef CW_MUTATE_LATE
    return source->absent;
#endif
    return source->absent || source->enter_at != CW_NEVER;
}

/* After a restart the log is read again from before released_at: what the
 * state has seen already is let go. An absent source's items have not been
 * seen since it was ruled absent. */
static bool is_seen(const struct cw_merge *merge, const struct source *source,
                    const struct cw_item *item)
{
#ifdef CW_MUTATE_SEEN
    return false;
#endif
    return item->stream_at <=
           (is_outside(source) ? source->absent_from_at : merge->released_at);
}

static enum cw_status give_items(void *to, enum cw_topic topic,
                                 struct cw_flight *flight,
                                 const struct cw_flight_entry *entry,
                                 size_t first_item, struct cw_error *err)
{
    struct cw_merge *merge = to;
    struct source *source = find_source(merge, topic, entry->source);
    assert(source != NULL);
    for (size_t i = first_item; i < first_item + entry->count; i++) {
        const struct waiting_item item = {flight->items[i], flight,
                                          flight->cells[i]};
        if (breaks_mark(source, &item.item))
            return cw_fail(err, CW_GAP,
                           "an item behind the mark of its source");
        if (is_seen(merge, source, &item.item)) {
            cw_inlet_pass_over(source->inlet, flight, item.cell);
            continue;
        }
        const enum cw_status status = push_item(source, &item, err);
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
    return cw_inlet_take(merge->inlets[topic], offset, header, value,
                         give_items, merge, err);
}

/* ---- rulings ------------------------------------------------------------ */

static void enforce(struct cw_merge *merge,
                    const struct cw_source_ruling *ruling)
{
    struct source *source = find_source(merge, ruling->topic, ruling->source);
    if (source == NULL)
        return; /* a source the manifest no longer has */
    if (ruling->absent && !source->absent) {
        if (!is_outside(source)) /* else what is late stays late */
            source->absent_from_at = ruling->slice_at - CW_SLICE_US;
        source->absent = true;
        source->enter_at = CW_NEVER;
    } else if (!ruling->absent && source->absent) {
        source->absent = false;
        source->enter_at = ruling->slice_at;
    }
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

static int64_t slice_of(int64_t at)
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

static int64_t entry_time(const struct cw_merge *merge,
                          const struct source *source,
                          const struct cw_item *item)
{
    if (source->enter_at != CW_NEVER && item->stream_at <= merge->released_at)
        return source->enter_at - CW_SLICE_US + 1;
    return item->stream_at;
}

static int64_t next_event(const struct cw_merge *merge, int64_t deadline_at)
{
    int64_t next = deadline_at;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct source *source = &merge->sources[i];
        if (source->absent || source->count == 0)
            continue;
        const int64_t at =
            entry_time(merge, source, &source->queue[source->head].item);
        if (at < next)
            next = at;
    }
    return next;
}

static enum cw_status take_one(struct cw_merge *merge,
                               const struct waiting_item *item,
                               int64_t stream_at, struct cw_error *err)
{
    if (merge->taken_count == merge->taken_capacity) {
        const size_t capacity =
            merge->taken_capacity ? merge->taken_capacity * 2 : 64;
        struct waiting_item *taken =
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
        struct source *source = &merge->sources[i];
        while (!source->absent && source->count > 0) {
            const struct waiting_item *item = &source->queue[source->head];
            const int64_t at = entry_time(merge, source, &item->item);
            if (at > to_at)
                break;
            if (at <= merge->released_at)
                return cw_fail(err, CW_GAP, "an item of a slice closed before");
            const enum cw_status status = take_one(merge, item, at, err);
            if (status != CW_OK)
                return status;
            source->head = (source->head + 1) % source->capacity;
            source->count--;
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

enum cw_status cw_merge_next(struct cw_merge *merge, int64_t deadline_at,
                             struct cw_slice *slice, bool *found,
                             struct cw_error *err)
{
    assert(merge->taken_count == 0);
    *found = false;
    for (;;) {
        enforce_due(merge);
        const int64_t until = complete_until(merge);
        int64_t next = next_event(merge, deadline_at);
        if (next != CW_NEVER) {
            next = slice_of(next);
            if (merge->released_at != CW_BEGINNING &&
                next <= merge->released_at)
                next = merge->released_at + CW_SLICE_US;
        }
        if (next == CW_NEVER || next > until) {
            if (until <= merge->released_at)
                return CW_OK;
            close_until(merge, until);
            if (merge->ruling_count == 0)
                return CW_OK;
            continue; /* a ruling may let time pass further */
        }
        const enum cw_status status = gather(merge, next, err);
        if (status != CW_OK)
            return status;
        *slice = (struct cw_slice){
            .from_at = next - CW_SLICE_US,
            .to_at = next,
            .items = merge->items,
            .count = merge->taken_count,
        };
        close_until(merge, next);
        *found = true;
        return CW_OK;
    }
}

void cw_merge_done(struct cw_merge *merge)
{
    for (size_t i = 0; i < merge->taken_count; i++) {
        struct waiting_item *item = &merge->taken[i];
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

static void tell(const struct source *source, enum cw_topic *topic,
                 uint64_t *id)
{
    *topic = cw_inlet_topic(source->inlet);
    *id = source->id;
}

bool cw_merge_slowest(const struct cw_merge *merge, enum cw_topic *topic,
                      uint64_t *source, int64_t *mark_at)
{
    const struct source *slowest = NULL;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct source *one = &merge->sources[i];
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
        const struct source *one = &merge->sources[i];
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
    const struct source *source = &merge->sources[index];
    return (struct cw_source_state){
        .topic = cw_inlet_topic(source->inlet),
        .source = source->id,
        .position = cw_inlet_restart_position(source->inlet, source->id),
        .absent = is_outside(source),
        .absent_from_at = source->absent_from_at,
    };
}

int64_t cw_merge_mark(const struct cw_merge *merge, size_t index)
{
    return merge->sources[index].mark_at;
}
