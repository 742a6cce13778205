#include "patterns.h"

#include <stdlib.h>

#include "base/hash.h"
#include "generalise.h"
#include "memo.h"

#define OTHER_SERIAL 0u /* serials of patterns begin at 1 */
#define OTHER_TEXT   "<other>"

struct patterns {
    struct generalise *set;
    struct memo *memo;
    uint32_t *lines; /* serial at the time; count of capacity */
    size_t line_count;
    size_t line_capacity;
    uint32_t *into; /* by serial: what it became; itself when it still is */
    size_t into_capacity;
    uint32_t *index_of; /* by serial: in the set, as of index_generation */
    size_t index_capacity;
    uint32_t index_generation;
    uint64_t other_count;
    char text[TEMPLATE_SIZE_MAX];
};

static void note_merge(void *context, uint32_t from, uint32_t into)
{
    struct patterns *patterns = context;
    patterns->into[from] = into;
}

enum cw_status patterns_create(struct patterns **made, size_t max_patterns,
                               struct cw_error *err)
{
    struct patterns *patterns = calloc(1, sizeof(*patterns));
    if (patterns == NULL)
        return cw_fail(err, CW_NO_MEMORY, "patterns");
    enum cw_status status =
        generalise_create(&patterns->set, max_patterns, err);
    if (status == CW_OK)
        status = memo_create(&patterns->memo, err);
    if (status != CW_OK) {
        patterns_destroy(&patterns);
        return status;
    }
    generalise_listen(patterns->set, note_merge, patterns);
    *made = patterns;
    return CW_OK;
}

void patterns_destroy(struct patterns **patterns)
{
    if (*patterns == NULL)
        return;
    generalise_destroy(&(*patterns)->set);
    memo_destroy(&(*patterns)->memo);
    free((*patterns)->lines);
    free((*patterns)->into);
    free((*patterns)->index_of);
    free(*patterns);
    *patterns = NULL;
}

static enum cw_status grow(uint32_t **array, size_t *capacity, size_t needed,
                           struct cw_error *err)
{
    if (needed <= *capacity)
        return CW_OK;
    size_t larger = *capacity ? *capacity : 1024;
    while (larger < needed)
        larger *= 2;
    uint32_t *grown = realloc(*array, larger * sizeof(*grown));
    if (grown == NULL)
        return cw_fail(err, CW_NO_MEMORY, "%zu lines", larger);
    *array = grown;
    *capacity = larger;
    return CW_OK;
}

/* The next serial must have its place before generalise tells of a merge. */
static enum cw_status make_room(struct patterns *patterns, struct cw_error *err)
{
    const size_t before = patterns->into_capacity;
    enum cw_status status = grow(&patterns->lines, &patterns->line_capacity,
                                 patterns->line_count + 1, err);
    if (status == CW_OK)
        status = grow(&patterns->into, &patterns->into_capacity,
                      patterns->line_count + 2, err);
    for (size_t i = before; i < patterns->into_capacity; i++)
        patterns->into[i] = (uint32_t)i;
    return status;
}

enum cw_status patterns_add(struct patterns *patterns, struct cw_text line,
                            struct cw_error *err)
{
    enum cw_status status = make_room(patterns, err);
    if (status != CW_OK)
        return status;
    struct skeleton skeleton;
    skeleton_build(&skeleton, line);
    const struct memo_key key = {skeleton.id,
                                 generalise_generation(patterns->set), 0};
    struct generalise_answer answer = {memo_find(patterns->memo, key),
                                       GENERALISE_KNOWN};
    if (answer.pattern == NULL) {
        status =
            generalise_assign(patterns->set, &skeleton, line, 0, &answer, err);
        if (status != CW_OK)
            return status;
        if (answer.pattern != NULL)
            memo_put(patterns->memo,
                     (struct memo_key){skeleton.id,
                                       generalise_generation(patterns->set), 0},
                     answer.pattern);
    }
    uint32_t serial = OTHER_SERIAL;
    if (answer.pattern != NULL) {
        generalise_count(patterns->set, answer.pattern);
        serial = answer.pattern->serial;
    } else {
        patterns->other_count++;
    }
    patterns->lines[patterns->line_count++] = serial;
    return CW_OK;
}

size_t patterns_line_count(const struct patterns *patterns)
{
    return patterns->line_count;
}

size_t patterns_count(const struct patterns *patterns)
{
    return generalise_pattern_count(patterns->set);
}

/* The serial a serial became, the way there shortened for the next time. */
static uint32_t latest(struct patterns *patterns, uint32_t serial)
{
    uint32_t last = serial;
    while (patterns->into[last] != last)
        last = patterns->into[last];
    while (patterns->into[serial] != last) {
        const uint32_t next = patterns->into[serial];
        patterns->into[serial] = last;
        serial = next;
    }
    return last;
}

/* Where each pattern stands, looked up once after the last change. */
static bool index_patterns(struct patterns *patterns)
{
    const uint32_t generation = generalise_generation(patterns->set);
    struct cw_error err;
    if (patterns->index_generation == generation)
        return true;
    if (grow(&patterns->index_of, &patterns->index_capacity,
             patterns->into_capacity, &err) != CW_OK)
        return false;
    for (size_t i = 0; i < generalise_pattern_count(patterns->set); i++)
        patterns->index_of[generalise_pattern(patterns->set, i)->serial] =
            (uint32_t)i;
    patterns->index_generation = generation;
    return true;
}

static const struct pattern *pattern_of(struct patterns *patterns,
                                        uint32_t serial)
{
    if (serial == OTHER_SERIAL)
        return NULL;
    if (!index_patterns(patterns))
        return generalise_find(patterns->set, serial); /* slow, as true */
    return generalise_pattern(patterns->set, patterns->index_of[serial]);
}

struct patterns_row patterns_row(struct patterns *patterns, size_t line)
{
    const struct pattern *pattern =
        pattern_of(patterns, latest(patterns, patterns->lines[line]));
    if (pattern == NULL)
        return (struct patterns_row){cw_hash_text(CW_TEXT(OTHER_TEXT)),
                                     CW_TEXT(OTHER_TEXT),
                                     patterns->other_count};
    const size_t size = pattern_text(pattern, patterns->text);
    return (struct patterns_row){
        pattern->id, {patterns->text, size}, pattern->lines};
}
