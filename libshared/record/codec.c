#include "record/codec.h"

#include <math.h>

#define VARINT_SIZE_MAX 10

static size_t put_varint(unsigned char *at, uint64_t value)
{
    size_t size = 0;
    while (value >= 0x80) {
        at[size++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    at[size++] = (unsigned char)value;
    return size;
}

void cw_write_varint(struct cw_pack *out, uint64_t value)
{
    unsigned char bytes[VARINT_SIZE_MAX];
    if (cw_write_has_room(out, VARINT_SIZE_MAX))
        out->size += put_varint(out->bytes + out->size, value);
    else
        cw_pack_bytes(out, bytes, put_varint(bytes, value));
}

/* One check of the room for many numbers. */
#define LONGS_AT_ONCE 64

static void write_longs(struct cw_pack *out, const int64_t *values,
                        size_t count)
{
    unsigned char *at = out->bytes + out->size;
    for (size_t i = 0; i < count; i++)
        at += put_varint(at, cw_zigzag(values[i]));
    out->size = (size_t)(at - out->bytes);
}

void cw_write_long_array(struct cw_pack *out, const int64_t *values,
                         size_t count)
{
    cw_write_count(out, count);
    for (size_t i = 0; i < count;) {
        const size_t left = count - i;
        const size_t most = left < LONGS_AT_ONCE ? left : LONGS_AT_ONCE;
        const bool fits = cw_write_has_room(out, most * VARINT_SIZE_MAX);
        if (fits)
            write_longs(out, values + i, most);
        else
            cw_write_long(out, values[i]); /* makes room */
        i += fits ? most : 1;
    }
    cw_write_array_end(out, count);
}

/* Avro's doubles are little endian, as the machines we build for. */
void cw_write_double_array(struct cw_pack *out, const double *values,
                           size_t count)
{
    cw_write_count(out, count);
    cw_pack_bytes(out, values, count * sizeof(*values));
    cw_write_array_end(out, count);
}

struct cw_reader cw_reader_of(const struct cw_unpack *in,
                              struct cw_arena *arena)
{
    static const unsigned char nothing[1]; /* to move by 0 is no UB there */
    struct cw_reader reader = {.at = nothing, .end = nothing, .arena = arena};
    if (in->bytes != NULL && !in->failed) {
        reader.at = in->bytes + in->at;
        reader.end = in->bytes + in->size;
    }
    return reader;
}

enum cw_status cw_reader_end(const struct cw_reader *reader,
                             struct cw_unpack *in, const char *name,
                             struct cw_error *err)
{
    if (reader->status == CW_OK) {
        in->at = in->size - (size_t)(reader->end - reader->at);
        return CW_OK;
    }
    in->failed = true;
    return cw_fail(err, reader->status, "%s: %s at byte %zu of %zu", name,
                   reader->why, in->size - reader->left_at_failure, in->size);
}

void cw_reader_fail(struct cw_reader *in, enum cw_status status,
                    const char *why)
{
    if (in->status == CW_OK) {
        in->status = status;
        in->why = why;
        in->left_at_failure = (size_t)(in->end - in->at);
    }
    in->at = in->end;
}

uint64_t cw_read_varint(struct cw_reader *in)
{
    const size_t left = (size_t)(in->end - in->at);
    const size_t most = left < VARINT_SIZE_MAX ? left : VARINT_SIZE_MAX;
    uint64_t value = 0;
    for (size_t i = 0; i < most; i++) {
        const uint64_t byte = in->at[i];
        value |= (byte & 0x7f) << (7 * i);
        if (byte >= 0x80)
            continue;
        if (i == VARINT_SIZE_MAX - 1 && byte > 1)
            break; /* more than 64 bits */
        in->at += i + 1;
        return value;
    }
    cw_reader_fail(in, CW_BAD_RECORD,
                   most < VARINT_SIZE_MAX ? "ends inside a number"
                                          : "number over 64 bits");
    return 0;
}

static const unsigned char *take(struct cw_reader *in, size_t size)
{
    if (size > (size_t)(in->end - in->at)) {
        cw_reader_fail(in, CW_BAD_RECORD, "ends inside a value");
        return NULL;
    }
    const unsigned char *bytes = in->at;
    in->at += size;
    return bytes;
}

double cw_read_double(struct cw_reader *in)
{
    double value = 0.0;
    const unsigned char *bytes = take(in, sizeof(value));
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof(value));
    return value;
}

bool cw_read_bool(struct cw_reader *in)
{
    const unsigned char *byte = take(in, 1);
    if (byte != NULL && *byte > 1)
        cw_reader_fail(in, CW_BAD_RECORD, "boolean neither 0 nor 1");
    return byte != NULL && *byte == 1;
}

int32_t cw_read_int(struct cw_reader *in)
{
    const int64_t value = cw_read_long(in);
    if (value >= INT32_MIN && value <= INT32_MAX)
        return (int32_t)value;
    cw_reader_fail(in, CW_BAD_RECORD, "int over 32 bits");
    return 0;
}

struct cw_text cw_read_text(struct cw_reader *in)
{
    const int64_t size = cw_read_long(in);
    if (size < 0 || (uint64_t)size > (uint64_t)(in->end - in->at)) {
        cw_reader_fail(in, CW_BAD_RECORD, "text longer than what is left");
        return (struct cw_text){"", 0};
    }
    const char *bytes = size > 0 ? (const char *)in->at : "";
    in->at += size;
    return (struct cw_text){bytes, (size_t)size};
}

int cw_read_enum(struct cw_reader *in, int count, int fallback)
{
    const int64_t value = cw_read_long(in);
    if (value >= 0 && value < count)
        return (int)value;
    if (fallback < 0 || value < 0 || value > INT32_MAX) {
        cw_reader_fail(in, CW_BAD_RECORD, "symbol not known");
        return 0;
    }
    return fallback;
}

/* Doubles the room, so an array in many small blocks is copied O(1) times an
 * item. */
static bool make_room(struct cw_reader *in, struct cw_read_array *array)
{
    if (array->block_end <= array->capacity)
        return true;
    size_t capacity =
        array->capacity == 0 ? array->block_end : array->capacity * 2;
    if (capacity < array->block_end)
        capacity = array->block_end;
    size_t size;
    if (__builtin_mul_overflow(capacity, array->item_size, &size) ||
        size > cw_arena_left(in->arena)) {
        cw_reader_fail(in, CW_TOO_LARGE, "array over the memory of a batch");
        return false;
    }
    void *items = cw_arena_take(in->arena, size);
    if (items == NULL) {
        cw_reader_fail(in, CW_NO_MEMORY, "no memory for an array");
        return false;
    }
    if (array->count > 0)
        memcpy(items, array->items, array->count * array->item_size);
    array->items = items;
    array->capacity = capacity;
    return true;
}

/* A negative count is followed by the size of the block in bytes. */
uint64_t cw_read_count(struct cw_reader *in, size_t min_size,
                       const unsigned char **stop)
{
    const int64_t stated = cw_read_long(in);
    const uint64_t count =
        stated < 0 ? UINT64_C(0) - (uint64_t)stated : (uint64_t)stated;
    size_t left = (size_t)(in->end - in->at);
    *stop = NULL;
    if (stated < 0) {
        const int64_t size = cw_read_long(in);
        left = (size_t)(in->end - in->at);
        if (size < 0 || (uint64_t)size > left) {
            cw_reader_fail(in, CW_BAD_RECORD, "block longer than what is left");
            return 0;
        }
        left = (size_t)size;
        *stop = in->at + size;
    }
    uint64_t least;
    if (!__builtin_mul_overflow(count, min_size, &least) && least <= left)
        return count;
    cw_reader_fail(in, CW_BAD_RECORD, "more items than bytes for them");
    return 0;
}

bool cw_read_block(struct cw_reader *in, struct cw_read_array *array,
                   size_t min_size)
{
    if (array->block_stop != NULL && in->at != array->block_stop)
        cw_reader_fail(in, CW_BAD_RECORD, "block not of its stated size");
    const uint64_t count = cw_read_count(in, min_size, &array->block_stop);
    if (count == 0)
        return false;
    array->block_end = array->count + (size_t)count;
    return make_room(in, array);
}

const void *cw_read_array_end(const struct cw_reader *in,
                              const struct cw_read_array *array, size_t *count)
{
    const bool whole = in->status == CW_OK;
    *count = whole ? array->count : 0;
    return whole ? array->items : NULL;
}

const int64_t *cw_read_long_array(struct cw_reader *in, size_t *count)
{
    struct cw_read_array array = {.item_size = sizeof(int64_t)};
    while (cw_read_block(in, &array, 1)) {
        int64_t *items = array.items;
        while (array.count < array.block_end)
            items[array.count++] = cw_read_long(in);
    }
    return cw_read_array_end(in, &array, count);
}

const int32_t *cw_read_int_array(struct cw_reader *in, size_t *count)
{
    struct cw_read_array array = {.item_size = sizeof(int32_t)};
    while (cw_read_block(in, &array, 1)) {
        int32_t *items = array.items;
        while (array.count < array.block_end)
            items[array.count++] = cw_read_int(in);
    }
    return cw_read_array_end(in, &array, count);
}

const double *cw_read_double_array(struct cw_reader *in, size_t *count)
{
    struct cw_read_array array = {.item_size = sizeof(double)};
    while (cw_read_block(in, &array, sizeof(double))) {
        double *items = array.items;
        const size_t size = (array.block_end - array.count) * sizeof(double);
        const unsigned char *bytes = take(in, size);
        if (bytes != NULL)
            memcpy(items + array.count, bytes, size);
        array.count = array.block_end;
    }
    return cw_read_array_end(in, &array, count);
}

const bool *cw_read_bool_array(struct cw_reader *in, size_t *count)
{
    struct cw_read_array array = {.item_size = sizeof(bool)};
    while (cw_read_block(in, &array, 1)) {
        bool *items = array.items;
        while (array.count < array.block_end)
            items[array.count++] = cw_read_bool(in);
    }
    return cw_read_array_end(in, &array, count);
}

const struct cw_text *cw_read_text_array(struct cw_reader *in, size_t *count)
{
    struct cw_read_array array = {.item_size = sizeof(struct cw_text)};
    while (cw_read_block(in, &array, 1)) {
        struct cw_text *items = array.items;
        while (array.count < array.block_end)
            items[array.count++] = cw_read_text(in);
    }
    return cw_read_array_end(in, &array, count);
}

uint64_t cw_mix_double(uint64_t seed, double value)
{
    uint64_t bits = 0;
    if (isnan(value))
        bits = UINT64_C(0x7ff8000000000000);
    else if (value < 0.0 || value > 0.0)
        memcpy(&bits, &value, sizeof(bits));
    return cw_hash_mix(seed, bits);
}

const char *cw_codec_symbol(const char *const *names, int count, int value)
{
    return value >= 0 && value < count ? names[value] : "";
}

int cw_codec_find(const char *const *names, int count, struct cw_text name)
{
    for (int i = 0; i < count; i++)
        if (cw_text_is(name, names[i]))
            return i;
    return count;
}
