/*
 * skeleton - what stays of a line when its values are taken out.
 *
 *   Received block blk_388 of size 67108864 from /10.250.14.224
 *   ^const   ^const ^value ^c ^const ^value ^c   ^value
 *
 * Place    line -> tokens, mask -> [skeleton] -> generalise
 * Input    one log body; of a body of several lines the first that says a word
 * Output   items in order: a constant (its hash) or a value (SKELETON_VALUE);
 *          and the hash over them, which is the id of the line's pattern as
 *          long as nothing more general holds. Gaps are not part of it: other
 *          spacing or quoting is no other pattern
 * Limits   SKELETON_ITEM_MAX items and SKELETON_LINE_MAX bytes are looked at;
 *          what follows is left out. Allocates nothing
 * Threads  pure
 * Source   the idea that values are known by digits, '=' and place: Rodrigues,
 *          Luo, Yuan, CLP, OSDI 2021
 *
 * Beyond mask_is_value, a token is a value when it stands right behind '=',
 * alone between quotes, or in a list "key: a,b,c". Neighbouring values are one
 * item, a unit goes with its number, and a bracket "(18.4 KB)" that holds
 * values only is left out, so optional measures make no pattern of their own.
 */
#ifndef LOGCLUSTER_SKELETON_H
#define LOGCLUSTER_SKELETON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define SKELETON_ITEM_MAX   48
#define SKELETON_LINE_MAX   2048
#define SKELETON_HIDDEN_MAX 8
#define SKELETON_VALUE      UINT64_C(0) /* hash of a value's place */

struct skeleton_item {
    uint64_t hash;
    uint32_t at; /* in the line */
    uint32_t size;
};

/* A value left out of the items, but not to be shown either. */
struct skeleton_span {
    uint32_t at;
    uint32_t size;
};

struct skeleton {
    struct skeleton_item items[SKELETON_ITEM_MAX];
    size_t count;
    size_t constant_count;
    struct skeleton_span hidden[SKELETON_HIDDEN_MAX];
    size_t hidden_count;
    size_t end; /* bytes of the line that were looked at */
    uint64_t id;
};

/* Total over any bytes. line must outlive nothing: only offsets are kept. */
void skeleton_build(struct skeleton *skeleton, struct cw_text line);

/* The id of a pattern from the hashes of its items. */
uint64_t skeleton_id(const uint64_t *hashes, size_t count);

#endif
