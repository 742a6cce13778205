/*
 * inlet - one input topic of a partition: flights put together, intervals
 * checked, and the offset from which a restart has to read again.
 *
 * Place    merge: message -> [inlet] -> items of one source each
 * Input    messages in offset order
 * Output   per complete flight: its entries that are new, with their items
 * State    per source its position now, and as of the restart offset
 * Limits   flights in progress are bounded by what their writers have open:
 *          one a writer
 * Threads  one owner thread
 */
#ifndef CW_CORE_INLET_H
#define CW_CORE_INLET_H

#include "core/cells.h"
#include "core/core.h"
#include "core/flight.h"

struct cw_inlet;

struct cw_flight {
    uint64_t writer;
    int64_t first_offset;
    uint32_t next_part;
    uint32_t waiting; /* items handed out and not yet released */
    bool headless;    /* its first parts lie before the restart offset */
    bool complete;
    uint64_t digest;
    struct cw_item *items;  /* until handed out */
    struct cw_cell **cells; /* of each item */
    size_t item_count;
    size_t item_capacity;
    struct cw_flight_entry *entries; /* of a complete flight, copied */
    uint32_t entry_count;
};

/* Hands out the items of one source of a complete flight. */
typedef enum cw_status cw_inlet_give(void *to, enum cw_topic topic,
                                     struct cw_flight *flight,
                                     const struct cw_flight_entry *entry,
                                     size_t first_item, struct cw_error *err);

/* Borrows cells, into which messages are decoded, for its life. */
CW_MUST_USE enum cw_status cw_inlet_create(struct cw_inlet **made,
                                           enum cw_topic topic,
                                           int64_t restart_offset,
                                           struct cw_cells *cells,
                                           struct cw_error *err);
void cw_inlet_destroy(struct cw_inlet **inlet);

CW_MUST_USE enum cw_status
cw_inlet_add_source(struct cw_inlet *inlet, uint64_t source,
                    const struct cw_position *position, struct cw_error *err);

/* As Kafka has it; borrowed until taken. */
struct cw_inlet_message {
    int64_t offset;
    struct cw_text header;
    struct cw_text value;
};

/* Takes one message and copies it. give is called for each source when it
 * completes a flight. CW_GAP, CW_BAD_RECORD, CW_BAD_SCHEMA, CW_NO_MEMORY. */
CW_MUST_USE enum cw_status cw_inlet_take(struct cw_inlet *inlet,
                                         const struct cw_inlet_message *message,
                                         cw_inlet_give *give, void *to,
                                         struct cw_error *err);

/* One item of the flight, lying in cell, has been released. */
void cw_inlet_release(struct cw_inlet *inlet, struct cw_flight *flight,
                      struct cw_cell *cell);
/* The same while the flight is being handed out (inside give). */
void cw_inlet_pass_over(struct cw_inlet *inlet, struct cw_flight *flight,
                        struct cw_cell *cell);

enum cw_topic cw_inlet_topic(const struct cw_inlet *inlet);
int64_t cw_inlet_next_offset(const struct cw_inlet *inlet);
/* The offset to read from again, so that nothing unreleased is missed. */
int64_t cw_inlet_restart_offset(const struct cw_inlet *inlet);
/* Position of a source as of the restart offset. CW_UNCOVERED when unknown. */
struct cw_position cw_inlet_restart_position(const struct cw_inlet *inlet,
                                             uint64_t source);
uint64_t cw_inlet_repeats(const struct cw_inlet *inlet);

#endif
