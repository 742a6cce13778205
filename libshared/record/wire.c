#include "record/wire.h"

#include "record/resolve.h"

struct opened_record {
    const struct cw_record_type *type;
    const void *record;
};

static const unsigned char magic[2] = {0xc3, 0x01};

/* Small bodies grow most: a record of nothing but defaults. */
#define GROWTH_FLOOR ((size_t)64 * 1024)

void cw_wire_frame(const struct cw_record_type *type, struct cw_pack *out)
{
    cw_pack_bytes(out, magic, sizeof(magic));
    cw_pack_u64(out, type->fingerprint);
}

void cw_wire_seal(const struct cw_record_type *type, const void *record,
                  struct cw_pack *out)
{
    cw_wire_frame(type, out);
    type->encode(record, out);
}

/* Why the arena gave nothing: its bound is the record's fault, memory is not.
 */
static enum cw_status refuse(const struct cw_arena *arena, const char *name,
                             size_t size, struct cw_error *err)
{
    if (size > cw_arena_left(arena))
        return cw_fail(err, CW_TOO_LARGE, "%s over the memory of a batch",
                       name);
    return cw_fail(err, CW_NO_MEMORY, "%s", name);
}

static enum cw_status decode(const struct cw_record_type *type,
                             struct cw_text body, struct cw_arena *arena,
                             const void **record, struct cw_error *err)
{
    struct cw_unpack in = cw_unpack_of(body.bytes, body.size);
    void *room = cw_arena_take(arena, type->size);
    if (room == NULL)
        return refuse(arena, type->name, type->size, err);
    const enum cw_status status = type->decode(room, &in, arena, err);
    if (status != CW_OK)
        return status;
    if (in.at != in.size)
        return cw_fail(err, CW_BAD_RECORD, "%s: %zu bytes after the record",
                       type->name, in.size - in.at);
    *record = room;
    return CW_OK;
}

enum cw_status cw_wire_adopt(const struct cw_record_type *type,
                             const struct cw_pack *body, struct cw_arena *arena,
                             const void **record, struct cw_error *err)
{
    const struct cw_text kept = cw_arena_text(
        arena, (struct cw_text){(const char *)body->bytes, body->size});
    if (kept.bytes == NULL)
        return refuse(arena, type->name, body->size, err);
    return decode(type, kept, arena, record, err);
}

size_t cw_wire_growth_max(size_t size)
{
    return size > SIZE_MAX / 2 / CW_WIRE_GROWTH
               ? SIZE_MAX / 2
               : size * CW_WIRE_GROWTH + GROWTH_FLOOR;
}

static enum cw_status decode_past(const struct cw_record_history *past,
                                  const struct cw_record_type *type,
                                  struct cw_text body, struct cw_arena *arena,
                                  const void **record, struct cw_error *err)
{
    struct cw_pack today;
    cw_pack_init(&today, cw_wire_growth_max(body.size));
    enum cw_status status = cw_resolve(past->plan, body, &today, err);
    if (status == CW_OK)
        status = cw_wire_adopt(type, &today, arena, record, err);
    cw_pack_fini(&today);
    return status;
}

static enum cw_status open_body(struct cw_foreign *foreign,
                                uint64_t fingerprint, struct cw_text body,
                                struct cw_arena *arena,
                                struct opened_record *opened,
                                struct cw_error *err)
{
    const struct cw_record_history *past = NULL;
    opened->type = cw_record_type_by_fingerprint(fingerprint);
    if (opened->type != NULL)
        return decode(opened->type, body, arena, &opened->record, err);
    past = cw_record_history_find(fingerprint);
    if (past != NULL) {
        opened->type = cw_record_type_by_name(cw_text_of(past->name));
        return decode_past(past, opened->type, body, arena, &opened->record,
                           err);
    }
    opened->type = foreign ? cw_foreign_type(foreign, fingerprint) : NULL;
    if (opened->type != NULL)
        return cw_foreign_open(foreign, fingerprint, body, arena,
                               &opened->record, err);
    return cw_fail(err, CW_BAD_SCHEMA, "schema %016llx is not in this build",
                   (unsigned long long)fingerprint);
}

bool cw_wire_fingerprint(struct cw_text message, uint64_t *fingerprint)
{
    if (message.size < CW_WIRE_HEADER_SIZE ||
        memcmp(message.bytes, magic, sizeof(magic)) != 0)
        return false;
    memcpy(fingerprint, message.bytes + sizeof(magic), sizeof(*fingerprint));
    return true;
}

enum cw_status cw_wire_open(struct cw_text message, struct cw_arena *arena,
                            const struct cw_record_type **type,
                            const void **record, struct cw_error *err)
{
    return cw_wire_open_any(NULL, message, arena, type, record, err);
}

enum cw_status cw_wire_open_any(struct cw_foreign *foreign,
                                struct cw_text message, struct cw_arena *arena,
                                const struct cw_record_type **type,
                                const void **record, struct cw_error *err)
{
    struct opened_record opened = {NULL, NULL};
    uint64_t fingerprint;
    if (!cw_wire_fingerprint(message, &fingerprint))
        return cw_fail(err, CW_UNKNOWN_FORMAT,
                       "%zu bytes that are no Avro single object",
                       message.size);
    const struct cw_text body = {message.bytes + CW_WIRE_HEADER_SIZE,
                                 message.size - CW_WIRE_HEADER_SIZE};
    const enum cw_status status =
        open_body(foreign, fingerprint, body, arena, &opened, err);
    if (status != CW_OK)
        return status;
    *type = opened.type;
    *record = opened.record;
    return CW_OK;
}

enum cw_status cw_wire_seal_registered(const struct cw_wire_ids *ids,
                                       const struct cw_record_type *type,
                                       const void *record, struct cw_pack *out,
                                       struct cw_error *err)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (ids->ids[i].fingerprint != type->fingerprint)
            continue;
        const uint32_t id = ids->ids[i].id;
        cw_pack_u8(out, 0);
        for (int shift = 24; shift >= 0; shift -= 8)
            cw_pack_u8(out, (uint8_t)(id >> shift));
        type->encode(record, out);
        return CW_OK;
    }
    return cw_fail(err, CW_NOT_FOUND, "%s has no id in the registry",
                   type->name);
}

static const struct cw_wire_id *find_id(const struct cw_wire_ids *ids,
                                        uint32_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->ids[i].id == id)
            return &ids->ids[i];
    return NULL;
}

enum cw_status cw_wire_open_registered(const struct cw_wire_ids *ids,
                                       struct cw_text message,
                                       struct cw_arena *arena,
                                       const struct cw_record_type **type,
                                       const void **record,
                                       struct cw_error *err)
{
    const unsigned char *bytes = (const unsigned char *)message.bytes;
    struct opened_record opened = {NULL, NULL};
    if (message.size < CW_WIRE_REGISTERED_HEADER_SIZE || bytes[0] != 0)
        return cw_fail(err, CW_UNKNOWN_FORMAT,
                       "%zu bytes without a registry header", message.size);
    const uint32_t id = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 8 | (uint32_t)bytes[4];
    const struct cw_wire_id *found = find_id(ids, id);
    if (found == NULL)
        return cw_fail(err, CW_BAD_SCHEMA, "schema id %u is not known", id);
    const struct cw_text body = {message.bytes + CW_WIRE_REGISTERED_HEADER_SIZE,
                                 message.size - CW_WIRE_REGISTERED_HEADER_SIZE};
    const enum cw_status status =
        open_body(ids->foreign, found->fingerprint, body, arena, &opened, err);
    if (status != CW_OK)
        return status;
    *type = opened.type;
    *record = opened.record;
    return CW_OK;
}
