#include "core/cells.h"

#include <assert.h>
#include <stdlib.h>

#define CELL_SIZE ((size_t)256 * 1024)
#define CELL_MAX  ((size_t)64 * 1024 * 1024)

struct cw_cells {
    struct cw_cell *open;
    struct cw_cell *spare;
    struct cw_cell *made; /* all of them, for destroy */
    size_t held;
};

enum cw_status cw_cells_create(struct cw_cells **made, struct cw_error *err)
{
    struct cw_cells *cells = calloc(1, sizeof(*cells));
    if (cells == NULL)
        return cw_fail(err, CW_NO_MEMORY, "cells");
    *made = cells;
    return CW_OK;
}

void cw_cells_destroy(struct cw_cells **cells)
{
    if (*cells == NULL)
        return;
    struct cw_cell *cell = (*cells)->made;
    while (cell != NULL) {
        struct cw_cell *next = cell->next_made;
        cw_arena_destroy(&cell->arena);
        free(cell);
        cell = next;
    }
    free(*cells);
    *cells = NULL;
}

static void recycle(struct cw_cells *cells, struct cw_cell *cell)
{
    cw_arena_reset(cell->arena);
    cell->closed = false;
    cell->next_spare = cells->spare;
    cells->spare = cell;
}

static void close_open(struct cw_cells *cells)
{
    struct cw_cell *cell = cells->open;
    cells->open = NULL;
    cell->closed = true;
    if (cell->item_count > 0)
        cells->held += cw_arena_size(cell->arena);
    else
        recycle(cells, cell); /* it held only marks */
}

static enum cw_status make_cell(struct cw_cells *cells, struct cw_error *err)
{
    struct cw_cell *cell = calloc(1, sizeof(*cell));
    if (cell == NULL)
        return cw_fail(err, CW_NO_MEMORY, "cell");
    const enum cw_status status = cw_arena_create(&cell->arena, CELL_MAX, err);
    if (status != CW_OK) {
        free(cell);
        return status;
    }
    cell->next_made = cells->made;
    cells->made = cell;
    cells->open = cell;
    return CW_OK;
}

enum cw_status cw_cells_open(struct cw_cells *cells, struct cw_cell **cell,
                             struct cw_error *err)
{
    if (cells->open != NULL && cw_arena_size(cells->open->arena) > CELL_SIZE)
        close_open(cells);
    if (cells->open == NULL && cells->spare != NULL) {
        cells->open = cells->spare;
        cells->spare = cells->open->next_spare;
    }
    enum cw_status status = CW_OK;
    if (cells->open == NULL)
        status = make_cell(cells, err);
    if (status == CW_OK)
        *cell = cells->open;
    return status;
}

void cw_cells_leave(struct cw_cells *cells, struct cw_cell *cell)
{
    assert(cell->item_count > 0);
    if (--cell->item_count > 0 || !cell->closed)
        return;
    cells->held -= cw_arena_size(cell->arena);
    recycle(cells, cell);
}

size_t cw_cells_held(const struct cw_cells *cells)
{
    return cells->held;
}
