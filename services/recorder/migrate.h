/*
 * migrate - brings the schema to the version this program was built with.
 *
 * Place    recorder at start, cwctl schema -> [migrate] -> store
 * Input    numbered files: 1, 2, 3, ... without a gap
 * Output   each file applied in its own transaction together with its row of
 *          causeway.schema_migrations; under an advisory lock, so two that
 *          start at once apply each file once
 * Limits   refuses a database whose applied file has other bytes than ours,
 *          and one that is newer than this program
 * Threads  one owner thread
 */
#ifndef RECORDER_MIGRATE_H
#define RECORDER_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store.h"

struct recorder_migration {
    int32_t version;
    const char *name;
    const char *sql; /* terminated */
    size_t size;
};

/* Those of schemas/sql, embedded at build time. */
extern const struct recorder_migration recorder_migrations[];
extern const size_t recorder_migration_count;

/* Applies what is missing; *applied counts it. The store must be ready.
 * CW_BAD_STATE: another checksum, a newer schema, or a gap; nothing changed.
 * Others as recorder_store_fault, the files before the failing one stay. */
CW_MUST_USE enum cw_status
recorder_migrate(struct recorder_store *store,
                 const struct recorder_migration *migrations, size_t count,
                 size_t *applied, struct cw_error *err);

/* Version of the database without changing it; 0 = none. */
CW_MUST_USE enum cw_status
recorder_migrate_version(struct recorder_store *store, int32_t *version,
                         struct cw_error *err);

#endif
