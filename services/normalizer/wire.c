#include "wire.h"

struct wire wire_of(struct cw_text message)
{
    const unsigned char *bytes =
        (const unsigned char *)(message.bytes ? message.bytes : "");
    return (struct wire){bytes, bytes + message.size, false};
}

static bool turn_bad(struct wire *wire)
{
    wire->bad = true;
    wire->at = wire->end;
    return false;
}

static bool read_varint(struct wire *wire, uint64_t *value)
{
    uint64_t sum = 0;
    for (unsigned shift = 0; shift < 70 && wire->at < wire->end; shift += 7) {
        const unsigned char byte = *wire->at++;
        if (shift == 63 && byte > 1)
            break; /* more than 64 bits */
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = sum;
            return true;
        }
    }
    return turn_bad(wire);
}

static bool read_fixed(struct wire *wire, size_t size, uint64_t *value)
{
    if ((size_t)(wire->end - wire->at) < size)
        return turn_bad(wire);
    *value = 0;
    memcpy(value, wire->at, size); /* little endian on both sides */
    wire->at += size;
    return true;
}

static bool read_bytes(struct wire *wire, struct cw_text *bytes)
{
    uint64_t size;
    if (!read_varint(wire, &size))
        return false;
    if (size > (uint64_t)(wire->end - wire->at))
        return turn_bad(wire);
    *bytes = (struct cw_text){(const char *)wire->at, (size_t)size};
    wire->at += size;
    return true;
}

bool wire_next(struct wire *wire, struct wire_field *field)
{
    uint64_t tag;
    if (wire->at == wire->end || !read_varint(wire, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return turn_bad(wire);
    field->number = (uint32_t)(tag >> 3);
    field->type = (enum wire_type)(tag & 7);
    field->bits = 0;
    field->bytes = (struct cw_text){"", 0};
    switch (field->type) {
    case WIRE_VARINT:
        return read_varint(wire, &field->bits);
    case WIRE_I64:
        return read_fixed(wire, 8, &field->bits);
    case WIRE_I32:
        return read_fixed(wire, 4, &field->bits);
    case WIRE_LEN:
        return read_bytes(wire, &field->bytes);
    }
    return turn_bad(wire); /* a group, or a type nobody defined */
}

size_t wire_fixed64_count(const struct wire_field *field)
{
    return field->type == WIRE_LEN ? field->bytes.size / 8
                                   : field->type == WIRE_I64;
}

uint64_t wire_fixed64(const struct wire_field *field, size_t index)
{
    uint64_t bits = field->bits;
    if (field->type == WIRE_LEN)
        memcpy(&bits, field->bytes.bytes + 8 * index, sizeof(bits));
    return bits;
}
