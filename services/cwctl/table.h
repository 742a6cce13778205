/*
 * table - rows for people, for programs, for spreadsheets.
 *
 * Place    every command that lists -> [table] -> standard output
 * Output   table: aligned columns with a heading; json: an object a line, keys
 *          in the order of the columns; csv: with a heading
 * Limits   TABLE_COLUMNS_MAX columns; rows in memory until printed
 * Threads  one owner thread
 */
#ifndef CWCTL_TABLE_H
#define CWCTL_TABLE_H

#include "base/arena.h"
#include "command.h"

#define TABLE_COLUMNS_MAX 16

struct table;

/* columns: names, ended by NULL; a name that begins with # holds numbers (and
 * is printed without it). Borrowed for the table's life. */
CW_MUST_USE enum cw_status table_create(struct table **made,
                                        const char *const *columns,
                                        struct cw_error *err);
void table_destroy(struct table **table);

/* Takes one row, a text a column; copies. CW_NO_MEMORY. */
CW_MUST_USE enum cw_status table_add(struct table *table,
                                     const struct cw_text *cells,
                                     struct cw_error *err);
size_t table_count(const struct table *table);

void table_print(const struct table *table, enum output_form form, FILE *out);

#endif
