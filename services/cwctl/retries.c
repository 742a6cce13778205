#include "retries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map64.h"
#include "record/dead_letter.h"

#define RETRY_MAX 1000 /* of a header's number */

enum { WANTED, FOUND };

struct retries {
    char topic[256];
    struct cw_map64 *letters; /* hash of the name -> WANTED or FOUND */
    struct retries_place *places;
    size_t place_count;
    size_t found;
};

bool retries_can(const struct cw_dead_letter *letter)
{
    return cw_dead_letter_is_whole(letter) && letter->index < 0 &&
           letter->offset >= 0 && letter->retry < RETRY_MAX;
}

enum cw_status retries_create(struct retries **made, const char *topic,
                              struct cw_error *err)
{
    struct retries *retries = calloc(1, sizeof(*retries));
    if (retries == NULL)
        return cw_fail(err, CW_NO_MEMORY, "retries");
    (void)snprintf(retries->topic, sizeof(retries->topic), "%s", topic);
    retries->places = calloc(RETRIES_PLACES_MAX, sizeof(*retries->places));
    enum cw_status status =
        retries->places == NULL
            ? cw_fail(err, CW_NO_MEMORY, "places of retries")
            : cw_map64_create(&retries->letters, RETRIES_MAX, err);
    if (status != CW_OK)
        retries_destroy(&retries);
    else
        *made = retries;
    return status;
}

void retries_destroy(struct retries **retries)
{
    if (*retries == NULL)
        return;
    cw_map64_destroy(&(*retries)->letters);
    free((*retries)->places);
    free(*retries);
    *retries = NULL;
}

void retries_name(const struct retries *retries, int32_t partition,
                  int64_t offset, char *text)
{
    (void)snprintf(text, RETRIES_TEXT_SIZE, "%s/%d/%" PRId64, retries->topic,
                   partition, offset);
}

static uint64_t key_of(const struct retries *retries, int32_t partition,
                       int64_t offset)
{
    char name[RETRIES_TEXT_SIZE];
    retries_name(retries, partition, offset, name);
    return cw_hash_text(cw_text_of(name));
}

static enum cw_status add_place(struct retries *retries,
                                const struct cw_dead_letter *letter,
                                struct cw_error *err)
{
    size_t at = 0;
    while (at < retries->place_count &&
           (retries->places[at].partition != letter->partition ||
            !cw_text_is(letter->topic, retries->places[at].topic)))
        at++;
    struct retries_place *place = &retries->places[at];
    if (at == RETRIES_PLACES_MAX || letter->topic.size >= sizeof(place->topic))
        return cw_fail(err, CW_FULL, "letters of over %d raw partitions",
                       RETRIES_PLACES_MAX);
    if (at == retries->place_count) {
        *place = (struct retries_place){.partition = letter->partition,
                                        .offset = letter->offset};
        (void)snprintf(place->topic, sizeof(place->topic), "%.*s",
                       CW_TEXT_ARG(letter->topic));
        retries->place_count++;
    } else if (letter->offset < place->offset) {
        place->offset = letter->offset;
    }
    return CW_OK;
}

enum cw_status retries_choose(struct retries *retries, int32_t partition,
                              int64_t offset,
                              const struct cw_dead_letter *letter,
                              struct cw_error *err)
{
    if (cw_map64_count(retries->letters) == RETRIES_MAX)
        return cw_fail(err, CW_FULL,
                       "over %zu letters: choose fewer with --topic or --code",
                       RETRIES_MAX);
    const enum cw_status status = add_place(retries, letter, err);
    return status == CW_OK
               ? cw_map64_put(retries->letters,
                              key_of(retries, partition, offset), WANTED, err)
               : status;
}

const struct retries_place *retries_places(const struct retries *retries,
                                           size_t *count)
{
    *count = retries->place_count;
    return retries->places;
}

void retries_found(struct retries *retries, struct cw_text name)
{
    struct cw_error err;
    uint64_t before;
    const uint64_t key = cw_hash_text(name);
    if (!cw_map64_find(retries->letters, key, &before) || before == FOUND)
        return;
    if (cw_map64_put(retries->letters, key, FOUND, &err) == CW_OK)
        retries->found++; /* it is there, so putting needs no room */
}

bool retries_wants(const struct retries *retries, int32_t partition,
                   int64_t offset)
{
    uint64_t state;
    return cw_map64_find(retries->letters, key_of(retries, partition, offset),
                         &state) &&
           state == WANTED;
}

size_t retries_chosen(const struct retries *retries)
{
    return cw_map64_count(retries->letters);
}

size_t retries_found_count(const struct retries *retries)
{
    return retries->found;
}
