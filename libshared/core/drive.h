/*
 * drive - one core on a bench: items in, outputs out, for tests.
 *
 * Place    unit tests and benchmarks of a core
 * Input    items in rising stream_at
 * Limits   keeps every output since the last clear: for tests, not for life
 * Threads  one owner thread
 */
#ifndef CW_CORE_DRIVE_H
#define CW_CORE_DRIVE_H

#include "core/emit.h"

#define CW_DRIVE_SLICE_US 50000

struct cw_drive;

struct cw_drive_output {
    enum cw_topic topic;
    uint64_t route;
    struct cw_text key;
    int64_t now_at;
    const void *record;   /* decoded again from its bytes; lent until clear */
    struct cw_text bytes; /* as encoded: for comparing runs */
};

/* config is borrowed for the life of the drive. */
CW_MUST_USE enum cw_status cw_drive_create(struct cw_drive **made,
                                           const struct cw_core_type *type,
                                           const void *config,
                                           struct cw_error *err);
void cw_drive_destroy(struct cw_drive **drive);

/* Gives one item: slices before it are closed and timers fired. Copies the
 * item by encoding it (RAW items are borrowed until their slice closes). */
CW_MUST_USE enum cw_status cw_drive_item(struct cw_drive *drive,
                                         const struct cw_item *item,
                                         struct cw_error *err);

/* Lets stream time pass: every slice up to stream_at closes. */
CW_MUST_USE enum cw_status cw_drive_advance(struct cw_drive *drive,
                                            int64_t stream_at,
                                            struct cw_error *err);

/* Saves every shard at the last closed slice, destroys the core, makes it
 * again and loads: nothing a core does later may differ. Closes the open slice
 * first. */
CW_MUST_USE enum cw_status cw_drive_restart(struct cw_drive *drive,
                                            struct cw_error *err);

/* The state of a shard at the last closed slice, into a pack that the caller
 * has initialised and owns. */
CW_MUST_USE enum cw_status cw_drive_save(const struct cw_drive *drive,
                                         uint32_t shard, struct cw_pack *pack,
                                         struct cw_error *err);

size_t cw_drive_output_count(const struct cw_drive *drive);
const struct cw_drive_output *cw_drive_output(const struct cw_drive *drive,
                                              size_t index);
/* Items the core refused since creation. */
size_t cw_drive_refused_count(const struct cw_drive *drive);
void cw_drive_clear(struct cw_drive *drive);

/* Hash over topic, key and bytes of every output since the last clear. */
uint64_t cw_drive_digest(const struct cw_drive *drive);

#endif
