#include "generalise.h"

#include <assert.h>
#include <stdlib.h>

#define VALUES_OF_FEW (2 * GENERALISE_VALUES) /* with few constants */
#define FEW_CONSTANTS 2
#define FORGOTTEN_MAX 256
#define ALIKE         SKELETON_ITEM_MAX /* differs_at: nowhere */
#define APART         (SKELETON_ITEM_MAX + 1)

/* A pattern among those of its length. The first item stands beside it, since
 * it alone tells most lines and patterns apart without touching the pattern. */
struct entry {
    uint64_t first;
    struct pattern *pattern;
};

struct bucket {
    struct entry *entries; /* owned; count of capacity */
    size_t count;
    size_t capacity;
};

struct generalise {
    struct pattern **patterns; /* owned; count of capacity */
    size_t count;
    size_t capacity;
    size_t max_count;
    struct bucket by_length[SKELETON_ITEM_MAX + 1];
    int64_t evict_at; /* no pattern is idle enough before; 0 = not known */
    uint64_t once_count;
    uint64_t line_count;
    uint32_t next_serial;
    uint32_t generation;
    bool may_grow;
    generalise_merged *merged;
    void *context;
    uint64_t forgotten[FORGOTTEN_MAX]; /* ids evicted: not new on return */
    size_t forgotten_count;
    size_t forgotten_at;
};

enum cw_status generalise_create(struct generalise **made, size_t max_patterns,
                                 struct cw_error *err)
{
    struct generalise *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return cw_fail(err, CW_NO_MEMORY, "generalise");
    set->max_count = max_patterns;
    set->next_serial = 1;
    set->may_grow = true;
    *made = set;
    return CW_OK;
}

void generalise_destroy(struct generalise **set)
{
    if (*set == NULL)
        return;
    for (size_t i = 0; i < (*set)->count; i++)
        pattern_destroy(&(*set)->patterns[i]);
    for (size_t i = 0; i <= SKELETON_ITEM_MAX; i++)
        free((*set)->by_length[i].entries);
    free((*set)->patterns);
    free(*set);
    *set = NULL;
}

void generalise_listen(struct generalise *set, generalise_merged *merged,
                       void *context)
{
    set->merged = merged;
    set->context = context;
}

/* ---- the table ---------------------------------------------------------- */

static enum cw_status make_bucket_room(struct bucket *bucket,
                                       struct cw_error *err)
{
    if (bucket->count < bucket->capacity)
        return CW_OK;
    const size_t capacity = bucket->capacity ? bucket->capacity * 2 : 4;
    struct entry *entries =
        realloc(bucket->entries, capacity * sizeof(*entries));
    if (entries == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu patterns", capacity);
    bucket->entries = entries;
    bucket->capacity = capacity;
    return CW_OK;
}

/* For one more pattern of that many items. */
static enum cw_status make_room(struct generalise *set, size_t item_count,
                                struct cw_error *err)
{
    const enum cw_status status =
        make_bucket_room(&set->by_length[item_count], err);
    if (status != CW_OK || set->count < set->capacity)
        return status;
    const size_t capacity = set->capacity ? set->capacity * 2 : 16;
    struct pattern **patterns =
        realloc(set->patterns, capacity * sizeof(struct pattern *));
    if (patterns == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu patterns", capacity);
    set->patterns = patterns;
    set->capacity = capacity;
    return CW_OK;
}

static uint64_t first_of(const struct pattern *pattern)
{
    return pattern->item_count > 0 ? pattern->hashes[0] : SKELETON_VALUE;
}

/* Room was made before. */
static void enter(struct generalise *set, struct pattern *pattern)
{
    struct bucket *bucket = &set->by_length[pattern->item_count];
    assert(set->count < set->capacity && bucket->count < bucket->capacity);
    set->patterns[set->count++] = pattern;
    bucket->entries[bucket->count++] =
        (struct entry){first_of(pattern), pattern};
    set->generation++;
}

static void unlink_pattern(struct generalise *set,
                           const struct pattern *pattern)
{
    struct bucket *bucket = &set->by_length[pattern->item_count];
    size_t at = 0;
    while (bucket->entries[at].pattern != pattern)
        at++;
    bucket->entries[at] = bucket->entries[--bucket->count];
}

static void leave(struct generalise *set, size_t index)
{
    struct pattern *pattern = set->patterns[index];
    set->once_count -= pattern->lines == 1;
    unlink_pattern(set, pattern);
    set->patterns[index] = set->patterns[--set->count];
    pattern_destroy(&pattern);
    set->generation++;
}

static size_t index_of(const struct generalise *set,
                       const struct pattern *pattern)
{
    size_t index = 0;
    while (set->patterns[index] != pattern)
        index++;
    return index;
}

static void forget(struct generalise *set, uint64_t id)
{
    set->forgotten[set->forgotten_at] = id;
    set->forgotten_at = (set->forgotten_at + 1) % FORGOTTEN_MAX;
    if (set->forgotten_count < FORGOTTEN_MAX)
        set->forgotten_count++;
}

static bool was_forgotten(const struct generalise *set, uint64_t id)
{
    for (size_t i = 0; i < set->forgotten_count; i++)
        if (set->forgotten[i] == id)
            return true;
    return false;
}

/* Room for one more: true, if need be after evicting the one idle longest. */
static bool has_place(struct generalise *set, int64_t now_at)
{
    if (set->may_grow && set->count < set->max_count)
        return true;
    if (set->count == 0 || now_at < set->evict_at)
        return false;
    size_t oldest = 0;
    for (size_t i = 1; i < set->count; i++) {
        const struct pattern *pattern = set->patterns[i];
        const struct pattern *best = set->patterns[oldest];
        if (pattern->last_at < best->last_at ||
            (pattern->last_at == best->last_at &&
             pattern->serial < best->serial))
            oldest = i;
    }
    /* Later lines only make them younger. */
    set->evict_at = set->patterns[oldest]->last_at + GENERALISE_IDLE_US;
    if (now_at < set->evict_at)
        return false;
    forget(set, set->patterns[oldest]->id);
    leave(set, oldest);
    return true;
}

/* ---- the rules ---------------------------------------------------------- */

/* Merges *other, a member, into *pattern, which is none. */
static void take_in(struct generalise *set, struct pattern *pattern,
                    struct pattern *other)
{
    pattern_absorb(pattern, other);
    if (set->merged != NULL)
        set->merged(set->context, other->serial, pattern->serial);
    leave(set, index_of(set, other));
}

/* Of the members in question the one with the smallest id goes first: neither
 * the order of arrival nor a restart may show in what is told of a merge. */
static struct pattern *smaller(struct pattern *best, struct pattern *other)
{
    return best == NULL || other->id < best->id ? other : best;
}

/* Rule 1 once: whether a member was taken in. */
static bool unite_covered(struct generalise *set, struct pattern *pattern)
{
    const struct bucket *bucket = &set->by_length[pattern->item_count];
    struct pattern *member = NULL;
    for (size_t i = 0; i < bucket->count; i++) {
        struct pattern *other = bucket->entries[i].pattern;
        if (pattern_covers(pattern, other) || pattern_covers(other, pattern))
            member = smaller(member, other);
    }
    if (member == NULL)
        return false;
    take_in(set, pattern, member);
    return true;
}

/* The only place where two patterns hold different constants, all else being
 * the same; ALIKE when there is none, APART when there is more. */
static size_t differs_at(const struct pattern *a, const struct pattern *b)
{
    size_t place = ALIKE;
    for (size_t i = 0; i < a->item_count; i++) {
        if (a->hashes[i] == b->hashes[i])
            continue;
        if (place != ALIKE || a->hashes[i] == SKELETON_VALUE ||
            b->hashes[i] == SKELETON_VALUE ||
            ((a->states | b->states) >> i & 1) != 0)
            return APART;
        place = i;
    }
    return place;
}

static size_t values_needed(const struct pattern *pattern)
{
    return pattern->constant_count <= FEW_CONSTANTS ? VALUES_OF_FEW
                                                    : GENERALISE_VALUES;
}

/* The place of *pattern that took most values, if enough; APART if none. */
static size_t variable_place(const struct generalise *set,
                             const struct pattern *pattern)
{
    size_t values[SKELETON_ITEM_MAX] = {0}; /* beside its own */
    const struct bucket *bucket = &set->by_length[pattern->item_count];
    for (size_t i = 0; i < bucket->count; i++) {
        const size_t place = differs_at(pattern, bucket->entries[i].pattern);
        if (place < ALIKE)
            values[place]++;
    }
    size_t best = APART;
    for (size_t i = 0; i < pattern->item_count; i++)
        if (values[i] + 1 >= values_needed(pattern) &&
            pattern_may_vary(i, pattern->constant_count) &&
            (best == APART || values[i] > values[best]))
            best = i;
    return best;
}

/* Rule 2 once: takes one member in, which makes the place wide; the others
 * are covered then and follow by rule 1. */
static bool unite_varying(struct generalise *set, struct pattern *pattern)
{
    const size_t place = variable_place(set, pattern);
    if (place == APART)
        return false;
    const struct bucket *bucket = &set->by_length[pattern->item_count];
    struct pattern *member = NULL;
    for (size_t i = 0; i < bucket->count; i++)
        if (differs_at(pattern, bucket->entries[i].pattern) == place)
            member = smaller(member, bucket->entries[i].pattern);
    assert(member != NULL); /* variable_place counted it */
    take_in(set, pattern, member);
    return true;
}

static void settle(struct generalise *set, struct pattern *pattern)
{
    while (unite_covered(set, pattern) || unite_varying(set, pattern))
        continue;
    /* Its own id is no ancestor. */
    size_t kept = 0;
    for (size_t i = 0; i < pattern->replaced_count; i++)
        if (pattern->replaced[i] != pattern->id)
            pattern->replaced[kept++] = pattern->replaced[i];
    pattern->replaced_count = kept;
}

/* ---- lines -------------------------------------------------------------- */

/* The members that cover the line: one of them, and how many. */
static size_t count_covering(const struct generalise *set,
                             const struct skeleton *skeleton,
                             struct cw_text line, struct pattern **found)
{
    const struct bucket *bucket = &set->by_length[skeleton->count];
    const uint64_t first =
        skeleton->count > 0 ? skeleton->items[0].hash : SKELETON_VALUE;
    size_t count = 0;
    for (size_t i = 0; i < bucket->count; i++) {
        const struct entry *entry = &bucket->entries[i];
        if ((entry->first == first || entry->first == SKELETON_VALUE) &&
            pattern_covers_line(entry->pattern, skeleton, line)) {
            *found = entry->pattern;
            count++;
        }
    }
    return count;
}

static enum cw_status add(struct generalise *set,
                          const struct skeleton *skeleton, struct cw_text line,
                          int64_t now_at, struct generalise_answer *answer,
                          struct cw_error *err)
{
    struct pattern *pattern = NULL;
    enum cw_status status = pattern_create(&pattern, skeleton, line, err);
    if (status == CW_OK)
        status = make_room(set, skeleton->count, err);
    if (status != CW_OK) {
        pattern_destroy(&pattern);
        return status;
    }
    const uint64_t first_id = pattern->id;
    const size_t before = set->count;
    pattern->serial = set->next_serial++;
    pattern->last_at = now_at;
    settle(set, pattern);
    enter(set, pattern);
    answer->pattern = pattern;
    answer->news = set->count <= before || was_forgotten(set, first_id)
                       ? GENERALISE_MERGED
                       : GENERALISE_NEW;
    return CW_OK;
}

enum cw_status generalise_assign(struct generalise *set,
                                 const struct skeleton *skeleton,
                                 struct cw_text line, int64_t now_at,
                                 struct generalise_answer *answer,
                                 struct cw_error *err)
{
    struct pattern *pattern = NULL;
    const size_t covering = count_covering(set, skeleton, line, &pattern);
    if (covering == 1) {
        *answer = (struct generalise_answer){pattern, GENERALISE_KNOWN};
        return CW_OK;
    }
    if (covering == 0 && !has_place(set, now_at)) {
        *answer = (struct generalise_answer){NULL, GENERALISE_KNOWN};
        return CW_OK;
    }
    return add(set, skeleton, line, now_at, answer, err);
}

void generalise_count(struct generalise *set, struct pattern *pattern)
{
    set->line_count++;
    pattern->lines++;
    if (pattern->lines == 1)
        set->once_count++;
    else if (pattern->lines == 2)
        set->once_count--;
}

uint32_t generalise_generation(const struct generalise *set)
{
    return set->generation;
}

size_t generalise_pattern_count(const struct generalise *set)
{
    return set->count;
}

struct pattern *generalise_pattern(const struct generalise *set, size_t index)
{
    return set->patterns[index];
}

struct pattern *generalise_find(const struct generalise *set, uint32_t serial)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->patterns[i]->serial == serial)
            return set->patterns[i];
    return NULL;
}

uint64_t generalise_once_count(const struct generalise *set)
{
    return set->once_count;
}

uint64_t generalise_line_count(const struct generalise *set)
{
    return set->line_count;
}

void generalise_allow(struct generalise *set, bool may_grow)
{
    set->may_grow = may_grow;
}

/* ---- state -------------------------------------------------------------- */

void generalise_save(const struct generalise *set, struct cw_pack *out)
{
    cw_pack_u32(out, set->next_serial);
    cw_pack_u64(out, set->line_count);
    cw_pack_u32(out, (uint32_t)set->forgotten_at);
    cw_pack_u32(out, (uint32_t)set->forgotten_count);
    for (size_t i = 0; i < set->forgotten_count; i++)
        cw_pack_u64(out, set->forgotten[i]);
    cw_pack_u32(out, (uint32_t)set->count);
    for (size_t i = 0; i < set->count; i++)
        pattern_save(set->patterns[i], out);
}

static enum cw_status load_patterns(struct generalise *set, uint32_t count,
                                    struct cw_unpack *in, struct cw_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        struct pattern *pattern = NULL;
        enum cw_status status = pattern_load(&pattern, in, err);
        if (status == CW_OK)
            status = make_room(set, pattern->item_count, err);
        if (status != CW_OK) {
            pattern_destroy(&pattern);
            return status;
        }
        enter(set, pattern);
        set->once_count += pattern->lines == 1;
    }
    return CW_OK;
}

enum cw_status generalise_load(struct generalise *set, struct cw_unpack *in,
                               struct cw_error *err)
{
    set->next_serial = cw_unpack_u32(in);
    set->line_count = cw_unpack_u64(in);
    set->forgotten_at = cw_unpack_u32(in) % FORGOTTEN_MAX;
    set->forgotten_count = cw_unpack_count(in, sizeof(uint64_t));
    if (set->forgotten_count > FORGOTTEN_MAX)
        return cw_fail(err, CW_BAD_STATE, "%zu forgotten ids",
                       set->forgotten_count);
    for (size_t i = 0; i < set->forgotten_count; i++)
        set->forgotten[i] = cw_unpack_u64(in);
    return load_patterns(set, cw_unpack_count(in, sizeof(uint64_t)), in, err);
}
