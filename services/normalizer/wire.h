/*
 * wire - protocol buffers, read field by field where they lie.
 *
 * Place    formats/otlp_*: bytes -> [wire] -> draft
 * Input    one message
 * Output   fields in their order; texts borrow the message
 * Limits   never reads past the message; the first thing that cannot be a
 *          field turns the reader bad, and it stays so: check once, at the
 *          end. Groups (wire types 3 and 4) are refused; unknown fields of the
 *          other types are the caller's to skip
 * Threads  pure
 * Source   protobuf.dev, Encoding. Read in place since generated code would
 *          allocate every label of a million points a second
 */
#ifndef NORMALIZER_WIRE_H
#define NORMALIZER_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum wire_type { WIRE_VARINT = 0, WIRE_I64 = 1, WIRE_LEN = 2, WIRE_I32 = 5 };

struct wire {
    const unsigned char *at;
    const unsigned char *end;
    bool bad;
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t bits;        /* VARINT, I64, I32 */
    struct cw_text bytes; /* LEN */
};

struct wire wire_of(struct cw_text message);

/* False at the end, or when the message is bad. */
bool wire_next(struct wire *wire, struct wire_field *field);

static inline double wire_double(const struct wire_field *field)
{
    double number;
    memcpy(&number, &field->bits, sizeof(number));
    return number;
}

/* Packed fixed64, also one unpacked: how many, and the one at index. */
size_t wire_fixed64_count(const struct wire_field *field);
uint64_t wire_fixed64(const struct wire_field *field, size_t index);

#endif
