/*
 * unpack - a message to the items it carries.
 *
 * Place    inlet: bytes of a topic -> [unpack] -> cw_item
 * Input    the framed Avro value of a message
 * Output   items with their order and route; records decoded into an arena
 * Limits   message size bounded by the caller; items by the message
 * Threads  pure
 */
#ifndef CW_CORE_UNPACK_H
#define CW_CORE_UNPACK_H

#include "core/core.h"

/* Called for each item in order; a status other than OK ends the walk. */
typedef enum cw_status cw_unpack_take(void *to, const struct cw_item *item,
                                      struct cw_error *err);

/* bytes must live as long as the items (records borrow them). A Mark yields
 * no item. CW_BAD_RECORD, CW_BAD_SCHEMA, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_unpack_message(enum cw_topic topic,
                                             struct cw_text bytes,
                                             struct cw_arena *arena,
                                             cw_unpack_take *take, void *to,
                                             struct cw_error *err);

/* Route of a record put on a topic, from its own fields. */
uint64_t cw_record_route(enum cw_topic topic, const void *record);

/* content_id, computed when first asked: only ties need it. */
uint64_t cw_item_content_id(struct cw_item *item);

/* Sorts into the order of core.h: stream_at, event_at, content_id. */
void cw_items_sort(struct cw_item *items, size_t count);

#endif
