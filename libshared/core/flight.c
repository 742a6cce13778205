#include "core/flight.h"

#include "base/hash.h"
#include "base/time.h"

#define HEAD_VERSION 1u
#define ENTRY_SIZE   (8u + 8u + 8u + 8u + 4u)

void cw_flight_encode(const struct cw_flight_head *head, struct cw_pack *out)
{
    cw_pack_u8(out, HEAD_VERSION);
    cw_pack_bool(out, head->last);
    cw_pack_u64(out, head->writer);
    cw_pack_u32(out, head->part);
    if (!head->last)
        return;
    cw_pack_u64(out, head->digest);
    cw_pack_u32(out, head->entry_count);
    for (uint32_t i = 0; i < head->entry_count; i++) {
        const struct cw_flight_entry *entry = &head->entries[i];
        cw_pack_u64(out, entry->source);
        cw_pack_i64(out, entry->from);
        cw_pack_i64(out, entry->to);
        cw_pack_i64(out, entry->mark_at);
        cw_pack_u32(out, entry->count);
    }
}

static enum cw_status decode_entries(struct cw_flight_head *head,
                                     struct cw_unpack *in,
                                     struct cw_arena *arena,
                                     struct cw_error *err)
{
    head->digest = cw_unpack_u64(in);
    head->entry_count = cw_unpack_count(in, ENTRY_SIZE);
    if (in->failed || head->entry_count > CW_FLIGHT_ENTRIES_MAX)
        return cw_fail(err, CW_BAD_RECORD, "flight header ends early");
    struct cw_flight_entry *entries =
        cw_arena_take(arena, head->entry_count * sizeof(*entries));
    if (entries == NULL)
        return cw_fail(err, CW_NO_MEMORY, "flight entries");
    for (uint32_t i = 0; i < head->entry_count; i++) {
        entries[i].source = cw_unpack_u64(in);
        entries[i].from = cw_unpack_i64(in);
        entries[i].to = cw_unpack_i64(in);
        entries[i].mark_at = cw_unpack_i64(in);
        entries[i].count = cw_unpack_u32(in);
        if (entries[i].to < entries[i].from)
            return cw_fail(err, CW_BAD_RECORD, "interval runs backwards");
        if (entries[i].mark_at != INT64_MIN &&
            !cw_time_is_bounded(entries[i].mark_at))
            return cw_fail(err, CW_BAD_RECORD, "mark is no time");
    }
    head->entries = entries;
    return CW_OK;
}

enum cw_status cw_flight_decode(struct cw_flight_head *head,
                                struct cw_text bytes, struct cw_arena *arena,
                                struct cw_error *err)
{
    struct cw_unpack in = cw_unpack_of(bytes.bytes, bytes.size);
    const uint8_t version = cw_unpack_u8(&in);
    struct cw_flight_head read = {0};
    read.last = cw_unpack_bool(&in);
    read.writer = cw_unpack_u64(&in);
    read.part = cw_unpack_u32(&in);
    if (in.failed || version != HEAD_VERSION)
        return cw_fail(err, CW_BAD_RECORD, "not a flight header");
    if (read.last) {
        const enum cw_status status = decode_entries(&read, &in, arena, err);
        if (status != CW_OK)
            return status;
    }
    if (in.failed || in.at != in.size)
        return cw_fail(err, CW_BAD_RECORD, "flight header has another length");
    *head = read;
    return CW_OK;
}

uint64_t cw_flight_digest(uint64_t earlier, struct cw_text value)
{
    return cw_hash_mix_text(earlier, value);
}

uint64_t cw_source_id(const char *service, struct cw_text topic,
                      int32_t partition)
{
    uint64_t id = cw_hash_text(cw_text_of(service));
    id = cw_hash_mix_text(id, topic);
    return cw_hash_mix(id, (uint64_t)partition);
}

enum cw_status cw_position_check(const struct cw_position *position,
                                 const struct cw_flight_entry *entry,
                                 uint64_t digest, enum cw_coverage *coverage,
                                 struct cw_error *err)
{
    if (entry->from == entry->to && entry->count > 0)
        return cw_fail(err, CW_GAP, "items in an empty interval");
    if (position->covered_to == CW_UNCOVERED) {
        *coverage = CW_COVERS_NEW;
        return CW_OK;
    }
#ifdef CW_MUTATE_INTERVAL
    *coverage = CW_COVERS_NEW;
    return CW_OK;
#endif
    if (entry->from == entry->to && entry->to <= position->covered_to) {
        *coverage = CW_COVERS_NOTHING;
        return CW_OK;
    }
    if (entry->from == position->covered_to) {
        *coverage = CW_COVERS_NEW;
        return CW_OK;
    }
    if (entry->to == position->covered_to &&
        entry->from == position->last_from && digest == position->digest) {
        *coverage = CW_COVERS_REPEAT;
        return CW_OK;
    }
    return cw_fail(err, CW_GAP,
                   "source %016llx: (%lld, %lld] does not join on to %lld",
                   (unsigned long long)entry->source, (long long)entry->from,
                   (long long)entry->to, (long long)position->covered_to);
}

void cw_position_move(struct cw_position *position,
                      const struct cw_flight_entry *entry, uint64_t digest)
{
    if (entry->to != entry->from || position->covered_to == CW_UNCOVERED) {
        position->covered_to = entry->to;
        position->last_from = entry->from;
        position->digest = digest;
    }
    if (entry->mark_at > position->mark_at)
        position->mark_at = entry->mark_at;
}
