/*
 * bookmark - the time that stands beside a committed offset, in its metadata.
 *
 * Place    flows: offsets of a commit <-> [bookmark] <-> Kafka's group
 * Input    text of at most 4 KiB, written by us or by whoever resets a group
 * Output   "slice=1700000000050000", "stream=1700000000012345": a name and a
 *          stream time, us
 * Threads  pure
 */
#ifndef CW_STREAM_BOOKMARK_H
#define CW_STREAM_BOOKMARK_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define CW_BOOKMARK_NONE      INT64_MIN
#define CW_BOOKMARK_TEXT_SIZE 48

/* Always terminated; returns the length. name is short. */
size_t cw_bookmark_format(const char *name, int64_t at,
                          char out[CW_BOOKMARK_TEXT_SIZE]);

/* Puts it beside an offset about to be committed, freed with its list; nothing
 * for CW_BOOKMARK_NONE or without memory. */
void cw_bookmark_attach(rd_kafka_topic_partition_t *offset, const char *name,
                        int64_t at);

/* CW_BOOKMARK_NONE: not such a text, of another name, or no possible time. */
int64_t cw_bookmark_parse(const char *name, struct cw_text text);

#endif
