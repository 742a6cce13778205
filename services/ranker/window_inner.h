/*
 * window_inner - what keeping and saving of a window share.
 *
 * Place    window.c keeps, window_state.c saves and loads; nobody else
 * Threads  one owner thread
 */
#ifndef RANKER_WINDOW_INNER_H
#define RANKER_WINDOW_INNER_H

#include "base/map64.h"
#include "window.h"

struct ranker_window {
    struct ranker_entity *entities; /* RANKER_ENTITY_MAX places */
    struct ranker_change *changes;  /* RANKER_CHANGE_MAX, oldest first */
    struct cw_map64 *places;        /* id -> place */
    uint32_t size;                  /* places ever used */
    uint32_t change_count;
};

#endif
