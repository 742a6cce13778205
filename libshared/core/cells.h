/*
 * cells - memory for records that wait: filled in order, given back together.
 *
 * Place    merge and inlet: decoded messages until their items are released
 * Limits   one message decodes into at most 64 MiB; a cell is closed above
 *          256 KiB and used again when its last item has left
 * Threads  one owner thread
 */
#ifndef CW_CORE_CELLS_H
#define CW_CORE_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct cw_cells;

struct cw_cell {
    struct cw_arena *arena;
    uint32_t item_count; /* items that still lie in it */
    bool closed;         /* no longer filled */
    struct cw_cell *next_spare;
    struct cw_cell *next_made;
};

CW_MUST_USE enum cw_status cw_cells_create(struct cw_cells **made,
                                           struct cw_error *err);
/* Frees every cell, with whatever still lies in it. */
void cw_cells_destroy(struct cw_cells **cells);

/* The cell to decode the next message into. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_cells_open(struct cw_cells *cells,
                                         struct cw_cell **cell,
                                         struct cw_error *err);

/* An item of the cell is no longer needed. */
void cw_cells_leave(struct cw_cells *cells, struct cw_cell *cell);

/* Bytes in closed cells that still hold items. */
size_t cw_cells_held(const struct cw_cells *cells);

#endif
