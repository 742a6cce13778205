/* Any bytes as the header of a flight: refused, or written again it reads back
 * the same; and its entries join a position or are refused, never both. */
#include <stdlib.h>
#include <string.h>

#include "core/flight.h"

#define ARENA_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_again(const struct cw_flight_head *head,
                        struct cw_arena *arena)
{
    struct cw_flight_head again;
    struct cw_error err;
    struct cw_pack pack;
    cw_pack_init(&pack, ARENA_MAX);
    cw_flight_encode(head, &pack);
    check(!pack.failed);
    const struct cw_text bytes = {(const char *)pack.bytes, pack.size};
    check(cw_flight_decode(&again, bytes, arena, &err) == CW_OK);
    check(again.writer == head->writer && again.part == head->part &&
          again.last == head->last && again.digest == head->digest &&
          again.entry_count == head->entry_count);
    for (uint32_t i = 0; i < head->entry_count; i++) {
        const struct cw_flight_entry *a = &head->entries[i];
        const struct cw_flight_entry *b = &again.entries[i];
        check(a->source == b->source && a->from == b->from && a->to == b->to &&
              a->mark_at == b->mark_at && a->count == b->count);
    }
    cw_pack_fini(&pack);
}

/* All entries, as if of one source: what is new moves the position, and given
 * once more it is a repeat or nothing. */
static void check_positions(const struct cw_flight_head *head)
{
    struct cw_position position = {CW_UNCOVERED, 0, 0, INT64_MIN};
    struct cw_error err;
    for (uint32_t i = 0; i < head->entry_count; i++) {
        const struct cw_flight_entry *entry = &head->entries[i];
        enum cw_coverage coverage;
        if (cw_position_check(&position, entry, head->digest, &coverage,
                              &err) != CW_OK)
            continue;
        if (coverage != CW_COVERS_NEW || entry->to == CW_UNCOVERED)
            continue;
        cw_position_move(&position, entry, head->digest);
        check(position.covered_to == entry->to);
        check(cw_position_check(&position, entry, head->digest, &coverage,
                                &err) == CW_OK);
        check(coverage == (entry->from == entry->to ? CW_COVERS_NOTHING
                                                    : CW_COVERS_REPEAT));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_flight_head head;
    struct cw_arena *arena = NULL;
    struct cw_error err;
    const struct cw_text text = {(const char *)bytes, size};
    check(cw_arena_create(&arena, ARENA_MAX, &err) == CW_OK);
    if (cw_flight_decode(&head, text, arena, &err) == CW_OK) {
        check(head.entry_count <= CW_FLIGHT_ENTRIES_MAX);
        check_again(&head, arena);
        check_positions(&head);
    }
    cw_arena_destroy(&arena);
    return 0;
}
