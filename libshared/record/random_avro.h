/*
 * random_avro - values of any schema libavro parsed, from a seed.
 *
 * Place    records_test, foreign_test
 * Threads  pure
 */
#ifndef CW_RECORD_RANDOM_AVRO_H
#define CW_RECORD_RANDOM_AVRO_H

#include <avro.h>
#include <stdint.h>

#include "base/hash.h"

static inline uint64_t random_next(uint64_t *seed)
{
    *seed = cw_hash_mix(*seed, 0x5eed);
    return *seed;
}

/* Any magnitude, either sign. */
static inline int64_t random_long(uint64_t *seed)
{
    const uint64_t shift = random_next(seed) % 64;
    return (int64_t)(random_next(seed) >> shift) *
           (random_next(seed) % 2 ? 1 : -1);
}

static inline double random_double(uint64_t *seed)
{
    static const double special[] = {0.0, 1.0, 1e-310, 1e308, -2.5, 1.0 / 3};
    const uint64_t pick = random_next(seed) % 12;
    return pick < 6 ? special[pick] : (double)random_long(seed) / 1e6;
}

static inline void random_fill_string(avro_value_t *value, uint64_t *seed)
{
    static const char *const words[] = {
        "", "cart", "db-7", "Überlauf \"x\"", "a\nb\tc", "\xe2\x82\xac 5"};
    avro_value_set_string(value, words[random_next(seed) % 6]);
}

/* No zero byte: libavro's JSON ends a bytes value there. */
static inline void random_fill_bytes(avro_value_t *value, uint64_t *seed)
{
    unsigned char bytes[40];
    const size_t size = (size_t)(random_next(seed) % sizeof(bytes));
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(1 + random_next(seed) % 255);
    avro_value_set_bytes(value, bytes, size);
}

static inline void random_fill(avro_value_t *value, uint64_t *seed);

static inline void random_fill_array(avro_value_t *value, uint64_t *seed)
{
    const uint64_t count = random_next(seed) % 4;
    for (uint64_t i = 0; i < count; i++) {
        avro_value_t item = {0};
        size_t index;
        if (avro_value_append(value, &item, &index) == 0)
            random_fill(&item, seed);
    }
}

static inline void random_fill_record(avro_value_t *value, uint64_t *seed)
{
    size_t count = 0;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field = {0};
        if (avro_value_get_by_index(value, i, &field, NULL) == 0)
            random_fill(&field, seed);
    }
}

static inline void random_fill_enum(avro_value_t *value, uint64_t *seed)
{
    avro_schema_t schema = avro_value_get_schema(value);
    const int count = avro_schema_enum_number_of_symbols(schema);
    avro_value_set_enum(value, (int)(random_next(seed) % (uint64_t)count));
}

static inline void random_fill(avro_value_t *value, uint64_t *seed)
{
    const avro_type_t kind = avro_value_get_type(value);
    if (kind == AVRO_RECORD)
        random_fill_record(value, seed);
    else if (kind == AVRO_ARRAY)
        random_fill_array(value, seed);
    else if (kind == AVRO_STRING)
        random_fill_string(value, seed);
    else if (kind == AVRO_BYTES)
        random_fill_bytes(value, seed);
    else if (kind == AVRO_ENUM)
        random_fill_enum(value, seed);
    else if (kind == AVRO_INT32)
        avro_value_set_int(value, (int32_t)random_long(seed));
    else if (kind == AVRO_INT64)
        avro_value_set_long(value, random_long(seed));
    else if (kind == AVRO_DOUBLE)
        avro_value_set_double(value, random_double(seed));
    else if (kind == AVRO_BOOLEAN)
        avro_value_set_boolean(value, (int)(random_next(seed) % 2));
}

#endif
