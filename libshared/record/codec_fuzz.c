/* First byte: which message; the rest its body. What our decoder takes,
 * libavro takes too once we wrote it again, and writes the same bytes. */
#include <assert.h>
#include <avro.h>
#include <stdlib.h>

#include "record/record_type.h"

#define ARENA_SIZE ((size_t)16 * 1024 * 1024)
#define BODY_SIZE  ((size_t)1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Reads the body into value and writes it again; the size written. */
static size_t rewrite(avro_value_t *value, const struct cw_pack *body,
                      char *again, size_t capacity)
{
    avro_reader_t reader =
        avro_reader_memory((const char *)body->bytes, (int64_t)body->size);
    avro_writer_t writer = avro_writer_memory(again, (int64_t)capacity);
    const int read = avro_value_read(reader, value);
    assert(read == 0);
    const int written = avro_value_write(writer, value);
    assert(written == 0);
    const size_t size = (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
    avro_reader_free(reader);
    return size;
}

static void check_libavro(const struct cw_record_type *type,
                          const struct cw_pack *body)
{
    avro_schema_t schema;
    avro_value_t value;
    const int parsed = avro_schema_from_json_length(
        type->schema_json, strlen(type->schema_json), &schema);
    assert(parsed == 0);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    char *again = malloc(body->size + 1);
    avro_generic_value_new(iface, &value);
    const size_t size = rewrite(&value, body, again, body->size + 1);
    assert(size == body->size);
    assert(memcmp(again, body->bytes, body->size) == 0);
    avro_value_decref(&value);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    free(again);
}

static void check_body(const struct cw_record_type *type, const void *bytes,
                       size_t size, struct cw_arena *arena)
{
    struct cw_error err;
    struct cw_unpack in = cw_unpack_of(bytes, size);
    void *record = cw_arena_take(arena, type->size);
    if (record == NULL || type->decode(record, &in, arena, &err) != CW_OK)
        return;
    struct cw_pack pack;
    cw_pack_init(&pack, BODY_SIZE);
    type->encode(record, &pack);
    if (!pack.failed)
        check_libavro(type, &pack);
    cw_pack_fini(&pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cw_error err;
    struct cw_arena *arena = NULL;
    if (size == 0 || cw_arena_create(&arena, ARENA_SIZE, &err) != CW_OK)
        return 0;
    check_body(cw_record_messages[bytes[0] % cw_record_message_count],
               bytes + 1, size - 1, arena);
    cw_arena_destroy(&arena);
    return 0;
}
