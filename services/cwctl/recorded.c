#include "recorded.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map64.h"
#include "base/time.h"

#define NAMES_MAX ((size_t)16 << 20)

struct place {
    struct recorded_place known;
    struct recorded_tick *ticks;
    size_t count;
    size_t capacity;
    size_t next;
};

struct recorded {
    struct cw_arena *names;
    struct cw_map64 *index; /* topic and partition -> places */
    struct place *places;
    size_t place_count;
    struct raw_log_ruling *rulings;
    size_t ruling_count;
    uint32_t partitions;
};

enum cw_status recorded_create(struct recorded **made, struct cw_error *err)
{
    struct recorded *recorded = calloc(1, sizeof(*recorded));
    if (recorded == NULL)
        return cw_fail(err, CW_NO_MEMORY, "recorded");
    enum cw_status status = cw_arena_create(&recorded->names, NAMES_MAX, err);
    if (status == CW_OK)
        status = cw_map64_create(&recorded->index, RECORDED_PLACES_MAX, err);
    if (status != CW_OK)
        recorded_destroy(&recorded);
    else
        *made = recorded;
    return status;
}

void recorded_destroy(struct recorded **recorded)
{
    if (*recorded == NULL)
        return;
    for (size_t i = 0; i < (*recorded)->place_count; i++)
        free((*recorded)->places[i].ticks);
    free((*recorded)->places);
    free((*recorded)->rulings);
    cw_map64_destroy(&(*recorded)->index);
    cw_arena_destroy(&(*recorded)->names);
    free(*recorded);
    *recorded = NULL;
}

static struct cw_text text_at(struct tree_value record, const char *name)
{
    return tree_string(tree_get(record, cw_text_of(name)));
}

static bool number_at(struct tree_value record, const char *name,
                      int64_t *number)
{
    return tree_integer(tree_get(record, cw_text_of(name)), number);
}

/* ---- clock -------------------------------------------------------------- */

static enum cw_status find_place(struct recorded *recorded,
                                 struct cw_text topic, int32_t partition,
                                 struct place **place, struct cw_error *err)
{
    const uint64_t key = cw_source_id("clock", topic, partition);
    uint64_t at;
    if (cw_map64_find(recorded->index, key, &at)) {
        *place = &recorded->places[at];
        return CW_OK;
    }
    struct place *grown =
        realloc(recorded->places, (recorded->place_count + 1) * sizeof(*grown));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "clock");
    recorded->places = grown;
    const enum cw_status status =
        cw_map64_put(recorded->index, key, recorded->place_count, err);
    if (status != CW_OK)
        return status;
    *place = &grown[recorded->place_count++];
    **place = (struct place){
        .known = {cw_arena_text(recorded->names, topic), partition}};
    return (*place)->known.topic.bytes == NULL
               ? cw_fail(err, CW_FULL, "names of the clock")
               : CW_OK;
}

static enum cw_status add_tick(struct place *place,
                               const struct recorded_tick *tick,
                               struct cw_error *err)
{
    if (place->count == place->capacity) {
        const size_t capacity = place->capacity ? place->capacity * 2 : 64;
        struct recorded_tick *grown =
            realloc(place->ticks, capacity * sizeof(*grown));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "%zu ticks", capacity);
        place->ticks = grown;
        place->capacity = capacity;
    }
    place->ticks[place->count++] = *tick;
    return CW_OK;
}

/* Not only ticks: where records before the export are missing, the running
 * maximum they left behind stands here as well. */
static enum cw_status take_clock(struct recorded *recorded,
                                 struct tree_value record, struct cw_error *err)
{
    const struct cw_text topic = text_at(record, "topic");
    struct recorded_tick tick;
    struct place *place = NULL;
    int64_t partition;
    if (topic.size == 0 || !number_at(record, "partition", &partition) ||
        partition < 0 || partition >= RAW_LOG_PARTITIONS_MAX ||
        !number_at(record, "offset", &tick.offset) ||
        !number_at(record, "stream_at", &tick.stream_at) ||
        !cw_time_is_bounded(tick.stream_at))
        return cw_fail(err, CW_BAD_RECORD,
                       "a clock without topic, partition, "
                       "offset or stream_at");
    const enum cw_status status =
        find_place(recorded, topic, (int32_t)partition, &place, err);
    if (status != CW_OK)
        return status;
    assert(place != NULL);
    return add_tick(place, &tick, err);
}

/* ---- verdicts ----------------------------------------------------------- */

static bool find_service(struct cw_text name, enum cw_service *service)
{
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++)
        if (cw_text_is(name, cw_service_name((enum cw_service)s))) {
            *service = (enum cw_service)s;
            return true;
        }
    return false;
}

static enum cw_status take_verdict(struct recorded *recorded,
                                   struct tree_value record,
                                   struct cw_error *err)
{
    struct raw_log_ruling ruling = {0};
    int64_t partition;
    int64_t source;
    const struct cw_text said = text_at(record, "ruling");
    ruling.ruling.topic = cw_topic_find(text_at(record, "topic"));
    if (!find_service(text_at(record, "service"), &ruling.service) ||
        ruling.ruling.topic == CW_TOPIC_COUNT ||
        !number_at(record, "partition", &partition) || partition < 0 ||
        partition > INT32_MAX || !number_at(record, "source", &source) ||
        !number_at(record, "slice_at", &ruling.ruling.slice_at))
        return cw_fail(err, CW_BAD_RECORD,
                       "a verdict without service, topic, "
                       "partition, source or slice_at");
    ruling.partition = (uint32_t)partition;
    ruling.ruling.source = (uint64_t)source;
    ruling.ruling.absent = cw_text_is(said, "ABSENT");
    if (!ruling.ruling.absent && !cw_text_is(said, "PRESENT"))
        return CW_OK; /* STARTED, STATE_LOST: nobody's absence */
    struct raw_log_ruling *grown =
        realloc(recorded->rulings,
                (recorded->ruling_count + 1) * sizeof(*recorded->rulings));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "rulings");
    recorded->rulings = grown;
    grown[recorded->ruling_count++] = ruling;
    return CW_OK;
}

/* ---- all ---------------------------------------------------------------- */

static bool ends_with(struct cw_text text, const char *tail)
{
    const struct cw_text end = cw_text_of(tail);
    return text.size >= end.size &&
           memcmp(text.bytes + text.size - end.size, end.bytes, end.size) == 0;
}

static bool is_verdicts(struct cw_text topic)
{
    for (unsigned s = 0; s < CW_SERVICE_COUNT; s++) {
        char tail[64];
        (void)snprintf(tail, sizeof(tail), "verdicts.%s",
                       cw_service_name((enum cw_service)s));
        if (ends_with(topic, tail))
            return true;
    }
    return ends_with(topic, "verdicts");
}

enum cw_status recorded_take(struct recorded *recorded, struct cw_text topic,
                             struct tree_value record, struct cw_error *err)
{
    int64_t partitions;
    if (ends_with(topic, "clock"))
        return take_clock(recorded, record, err);
    if (is_verdicts(topic))
        return take_verdict(recorded, record, err);
    if (ends_with(topic, "manifest") &&
        number_at(record, "partitions", &partitions) && partitions > 0 &&
        partitions <= 65536)
        recorded->partitions = (uint32_t)partitions;
    return CW_OK;
}

static int by_offset(const void *a, const void *b)
{
    const struct recorded_tick *x = a;
    const struct recorded_tick *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->stream_at > y->stream_at) - (x->stream_at < y->stream_at);
}

/* Equal slices: absent before present, as it must have been. */
static int by_slice(const void *a, const void *b)
{
    const struct raw_log_ruling *x = a;
    const struct raw_log_ruling *y = b;
    if (x->ruling.slice_at != y->ruling.slice_at)
        return x->ruling.slice_at < y->ruling.slice_at ? -1 : 1;
    return (int)y->ruling.absent - (int)x->ruling.absent;
}

void recorded_sort(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->place_count; i++)
        qsort(recorded->places[i].ticks, recorded->places[i].count,
              sizeof(*recorded->places[i].ticks), by_offset);
    if (recorded->ruling_count > 0)
        qsort(recorded->rulings, recorded->ruling_count,
              sizeof(*recorded->rulings), by_slice);
}

size_t recorded_place_count(const struct recorded *recorded)
{
    return recorded->place_count;
}

const struct recorded_place *recorded_place(const struct recorded *recorded,
                                            size_t index)
{
    return &recorded->places[index].known;
}

const struct recorded_tick *recorded_tick(const struct recorded *recorded,
                                          size_t index)
{
    const struct place *place = &recorded->places[index];
    return place->next < place->count ? &place->ticks[place->next] : NULL;
}

void recorded_pop(struct recorded *recorded, size_t index)
{
    recorded->places[index].next++;
}

uint32_t recorded_partitions(const struct recorded *recorded)
{
    return recorded->partitions;
}

const struct raw_log_ruling *recorded_rulings(const struct recorded *recorded,
                                              size_t *count)
{
    *count = recorded->ruling_count;
    return recorded->rulings;
}
