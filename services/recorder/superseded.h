/*
 * superseded - rows of a batch that need not be written.
 *
 * Place    bridge: messages -> batch -> [superseded] -> rows -> PostgreSQL
 * Input    a batch in the order of its offsets
 * Output   true: a later revision of the same incident or cause, each the whole
 *          of it, follows soon in the same transaction and would take its place
 * Limits   looks 256 rows ahead; one that it misses costs time, nothing else
 * Threads  pure
 */
#ifndef RECORDER_SUPERSEDED_H
#define RECORDER_SUPERSEDED_H

#include "rows.h"

bool recorder_is_superseded(const struct recorder_batch *batch, size_t at);

#endif
