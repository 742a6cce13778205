/*
 * codec - Avro's binary values: what the generated code is made of.
 *
 * Place    generated records -> [codec] -> pack, unpack
 * Input    Avro 1.11 binary encoding
 * Limits   a reader never reads past its end. Its first refusal moves it to
 *          the end, so every later value is zero and every later block empty:
 *          callers check status once. An array's count is at most the bytes
 *          left over the fewest bytes an item takes
 * Threads  one owner thread
 * Source   Apache Avro 1.11 specification, Binary Encoding
 */
#ifndef CW_RECORD_CODEC_H
#define CW_RECORD_CODEC_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/pack.h"
#include "base/status.h"
#include "base/text.h"

/* ---- writing ------------------------------------------------------------ */

void cw_write_varint(struct cw_pack *out, uint64_t value);

/* Zigzag: small magnitudes of either sign take one byte. */
static inline uint64_t cw_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

/* Can size bytes be written in place? */
static inline bool cw_write_has_room(const struct cw_pack *out, size_t size)
{
    const size_t end =
        out->capacity < out->max_size ? out->capacity : out->max_size;
    return !out->failed && end - out->size >= size;
}

static inline void cw_write_byte(struct cw_pack *out, unsigned char value)
{
    if (cw_write_has_room(out, 1))
        out->bytes[out->size++] = value;
    else
        cw_pack_u8(out, value);
}

static inline void cw_write_long(struct cw_pack *out, int64_t value)
{
    const uint64_t raw = cw_zigzag(value);
    if (raw < 0x80)
        cw_write_byte(out, (unsigned char)raw);
    else
        cw_write_varint(out, raw);
}

static inline void cw_write_int(struct cw_pack *out, int32_t value)
{
    cw_write_long(out, value);
}

static inline void cw_write_bool(struct cw_pack *out, bool value)
{
    cw_write_byte(out, value ? 1 : 0);
}

static inline void cw_write_double(struct cw_pack *out, double value)
{
    cw_pack_f64(out, value);
}

static inline void cw_write_text(struct cw_pack *out, struct cw_text value)
{
    cw_write_long(out, (int64_t)value.size);
    if (value.size == 0)
        return;
    if (!cw_write_has_room(out, value.size)) {
        cw_pack_bytes(out, value.bytes, value.size);
        return;
    }
    memcpy(out->bytes + out->size, value.bytes, value.size);
    out->size += value.size;
}

static inline void cw_write_enum(struct cw_pack *out, int count, int value)
{
    assert(value >= 0 && value < count);
    cw_write_long(out, value);
}

/* One block: its count, the items, then the empty block that ends it. */
static inline void cw_write_count(struct cw_pack *out, size_t count)
{
    cw_write_long(out, (int64_t)count);
}

static inline void cw_write_array_end(struct cw_pack *out, size_t count)
{
    if (count > 0)
        cw_write_byte(out, 0);
}

void cw_write_long_array(struct cw_pack *out, const int64_t *values,
                         size_t count);
void cw_write_double_array(struct cw_pack *out, const double *values,
                           size_t count);

/* ---- reading ------------------------------------------------------------ */

struct cw_reader {
    const unsigned char *at;
    const unsigned char *end;
    struct cw_arena *arena; /* arrays come from it */
    enum cw_status status;  /* of the first refusal */
    const char *why;
    size_t left_at_failure;
};

struct cw_reader cw_reader_of(const struct cw_unpack *in,
                              struct cw_arena *arena);

/* Moves *in to where the reader stands and reports its first refusal. */
CW_MUST_USE enum cw_status cw_reader_end(const struct cw_reader *reader,
                                         struct cw_unpack *in, const char *name,
                                         struct cw_error *err);

void cw_reader_fail(struct cw_reader *in, enum cw_status status,
                    const char *why);

uint64_t cw_read_varint(struct cw_reader *in);
double cw_read_double(struct cw_reader *in);
bool cw_read_bool(struct cw_reader *in);
struct cw_text cw_read_text(struct cw_reader *in); /* lends */
int32_t cw_read_int(struct cw_reader *in);
/* fallback is the symbol for an unknown one; -1 = refuse it. */
int cw_read_enum(struct cw_reader *in, int count, int fallback);

static inline int64_t cw_read_long(struct cw_reader *in)
{
    const uint64_t raw =
        in->at < in->end && *in->at < 0x80 ? *in->at++ : cw_read_varint(in);
    return (int64_t)((raw >> 1) ^ (UINT64_C(0) - (raw & 1)));
}

/* Count of the next block, 0 = the end: never more than the bytes of the
 * block hold items of min_size. *stop: where a block that states its size
 * ends, else NULL. */
uint64_t cw_read_count(struct cw_reader *in, size_t min_size,
                       const unsigned char **stop);

/* An array being read, block by block. */
struct cw_read_array {
    size_t item_size; /* of its C type; set by the caller */
    void *items;      /* lent by the arena */
    size_t count;     /* read so far; the caller counts up to block_end */
    size_t block_end;
    size_t capacity;
    const unsigned char *block_stop; /* of a block that states its size */
};

/* Begins the next block with room for all its items; false at the end. */
bool cw_read_block(struct cw_reader *in, struct cw_read_array *array,
                   size_t min_size);
/* The items and their count; NULL and 0 when empty or refused. */
const void *cw_read_array_end(const struct cw_reader *in,
                              const struct cw_read_array *array, size_t *count);

const int64_t *cw_read_long_array(struct cw_reader *in, size_t *count);
const int32_t *cw_read_int_array(struct cw_reader *in, size_t *count);
const double *cw_read_double_array(struct cw_reader *in, size_t *count);
const bool *cw_read_bool_array(struct cw_reader *in, size_t *count);
const struct cw_text *cw_read_text_array(struct cw_reader *in, size_t *count);

/* ---- content ids -------------------------------------------------------- */

static inline uint64_t cw_mix_long(uint64_t seed, int64_t value)
{
    return cw_hash_mix(seed, (uint64_t)value);
}

static inline uint64_t cw_mix_int(uint64_t seed, int32_t value)
{
    return cw_hash_mix(seed, (uint64_t)(int64_t)value);
}

static inline uint64_t cw_mix_bool(uint64_t seed, bool value)
{
    return cw_hash_mix(seed, value ? 1 : 0);
}

static inline uint64_t cw_mix_text(uint64_t seed, struct cw_text value)
{
    return cw_hash_mix_text(seed, value);
}

/* By bits; -0 is 0, and every NaN is the same NaN. */
uint64_t cw_mix_double(uint64_t seed, double value);

/* ---- symbols of enums --------------------------------------------------- */

/* "" when value is none of them. */
const char *cw_codec_symbol(const char *const *names, int count, int value);
/* count when no symbol has that name. */
int cw_codec_find(const char *const *names, int count, struct cw_text name);

#endif
