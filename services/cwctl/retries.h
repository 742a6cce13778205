/*
 * retries - which dead letters to put in again, and which are in already.
 *
 * Place    deadletter retry: letters chosen, headers on raw topics ->
 *          [retries] -> what to send
 * Input    chosen letters, each by its place on the dead-letter topic; then the
 *          values of header causeway-retry-of found on the raw topics:
 *          "<dead-letter topic>/<partition>/<offset>"
 * Output   the raw partitions to look at, each from the first chosen record
 *          on: what was put in again lies behind it; then, what is wanted
 * Limits   RETRIES_MAX letters, RETRIES_PLACES_MAX raw partitions (CW_FULL)
 * Threads  one owner thread
 */
#ifndef CWCTL_RETRIES_H
#define CWCTL_RETRIES_H

#include <stdbool.h>

#include "record/records.h"

#define RETRIES_HEADER     "causeway-retry-of"
#define RETRIES_COUNT      "causeway-retry"
#define RETRIES_MAX        ((size_t)1000000)
#define RETRIES_PLACES_MAX 4096
#define RETRIES_TEXT_SIZE  320

struct retries;

struct retries_place {
    char topic[256]; /* raw */
    int32_t partition;
    int64_t offset; /* of the first chosen record in it */
};

/* Whether it is a raw record, all of it: no part of one, none that was cut for
 * its size, and no item that a stage behind the normalizer refused (that has no
 * offset; its topic is ours, or a raw topic of the same name). */
bool retries_can(const struct cw_dead_letter *letter);

/* topic: the dead-letter topic, copied. */
CW_MUST_USE enum cw_status
retries_create(struct retries **made, const char *topic, struct cw_error *err);
void retries_destroy(struct retries **retries);

/* The letter at partition and offset is to be put in again. */
CW_MUST_USE enum cw_status retries_choose(struct retries *retries,
                                          int32_t partition, int64_t offset,
                                          const struct cw_dead_letter *letter,
                                          struct cw_error *err);

/* Lent until the next choice. */
const struct retries_place *retries_places(const struct retries *retries,
                                           size_t *count);

/* What causeway-retry-of says of the letter; text of RETRIES_TEXT_SIZE. */
void retries_name(const struct retries *retries, int32_t partition,
                  int64_t offset, char *text);

/* A raw record says it is the retry of a letter. */
void retries_found(struct retries *retries, struct cw_text name);

/* Chosen, and not found on a raw topic. */
bool retries_wants(const struct retries *retries, int32_t partition,
                   int64_t offset);

size_t retries_chosen(const struct retries *retries);
size_t retries_found_count(const struct retries *retries);

#endif
