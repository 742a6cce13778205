/*
 * flatten - a JSON object as dotted paths, so that {"log":{"level":..}} and
 * {"log.level":..} are the same.
 *
 * Place    formats: JSON with any nesting -> [flatten] -> labels
 * Output   leaves in document order: path and scalar; an array becomes its
 *          scalars joined by a comma, an array of objects is left out
 * Limits   FLATTEN_DEPTH_MAX levels and FLATTEN_PATH_MAX bytes of path; what
 *          lies beyond is left out and counted in cut
 * Threads  pure
 */
#ifndef NORMALIZER_FLATTEN_H
#define NORMALIZER_FLATTEN_H

#include "base/arena.h"
#include "json_shim.h"

#define FLATTEN_DEPTH_MAX 8
#define FLATTEN_PATH_MAX  256

/* path is lent until the call returns. */
typedef void flatten_leaf(void *to, struct cw_text path,
                          struct tree_value value);

struct flatten {
    flatten_leaf *leaf;
    void *to;
    size_t cut;
};

void flatten_object(struct flatten *flatten, struct tree_value object);

/* A scalar as text: strings borrowed, the rest in arena; null, objects and a
 * full arena give nothing. Arrays of scalars joined by a comma. */
struct cw_text flatten_text(struct tree_value value, struct cw_arena *arena);

/* Shortest decimal that reads back the same. */
struct cw_text flatten_number(double number, struct cw_arena *arena);

#endif
