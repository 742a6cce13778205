#include "base/pack.h"

#include <stdlib.h>

void cw_pack_init(struct cw_pack *pack, size_t max_size)
{
    *pack = (struct cw_pack){.max_size = max_size};
}

void cw_pack_fini(struct cw_pack *pack)
{
    free(pack->bytes);
    *pack = (struct cw_pack){.max_size = pack->max_size};
}

void cw_pack_reset(struct cw_pack *pack)
{
    pack->size = 0;
    pack->failed = false;
}

static bool make_room(struct cw_pack *pack, size_t size)
{
    if (pack->failed || size > pack->max_size - pack->size ||
        size > SIZE_MAX / 4 - pack->size) {
        pack->failed = true;
        return false;
    }
    if (pack->capacity - pack->size >= size)
        return true;
    size_t capacity = pack->capacity ? pack->capacity * 2 : 256;
    while (capacity - pack->size < size)
        capacity *= 2;
    unsigned char *bytes = realloc(pack->bytes, capacity);
    if (bytes == NULL) {
        pack->failed = true;
        return false;
    }
    pack->bytes = bytes;
    pack->capacity = capacity;
    return true;
}

void cw_pack_bytes(struct cw_pack *pack, const void *bytes, size_t size)
{
    if (size == 0 || !make_room(pack, size))
        return;
    memcpy(pack->bytes + pack->size, bytes, size);
    pack->size += size;
}

void cw_pack_u8(struct cw_pack *pack, uint8_t value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

/* Every machine we build for is little endian (checked at configure time). */
void cw_pack_u32(struct cw_pack *pack, uint32_t value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

void cw_pack_u64(struct cw_pack *pack, uint64_t value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

void cw_pack_i64(struct cw_pack *pack, int64_t value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

void cw_pack_f64(struct cw_pack *pack, double value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

void cw_pack_f32(struct cw_pack *pack, float value)
{
    cw_pack_bytes(pack, &value, sizeof(value));
}

void cw_pack_bool(struct cw_pack *pack, bool value)
{
    cw_pack_u8(pack, value ? 1 : 0);
}

void cw_pack_text(struct cw_pack *pack, struct cw_text text)
{
    if (text.size > UINT32_MAX)
        pack->failed = true;
    cw_pack_u32(pack, (uint32_t)text.size);
    cw_pack_bytes(pack, text.bytes, text.size);
}

struct cw_unpack cw_unpack_of(const void *bytes, size_t size)
{
    return (struct cw_unpack){.bytes = bytes, .size = size};
}

const void *cw_unpack_bytes(struct cw_unpack *in, size_t size)
{
    if (in->failed || size > in->size - in->at) {
        in->failed = true;
        return NULL;
    }
    if (size == 0)
        return ""; /* bytes may be NULL */
    const void *bytes = in->bytes + in->at;
    in->at += size;
    return bytes;
}

static void get(struct cw_unpack *in, void *value, size_t size)
{
    const void *bytes = cw_unpack_bytes(in, size);
    if (bytes != NULL)
        memcpy(value, bytes, size);
    else
        memset(value, 0, size);
}

uint8_t cw_unpack_u8(struct cw_unpack *in)
{
    uint8_t value;
    get(in, &value, sizeof(value));
    return value;
}

uint32_t cw_unpack_u32(struct cw_unpack *in)
{
    uint32_t value;
    get(in, &value, sizeof(value));
    return value;
}

uint64_t cw_unpack_u64(struct cw_unpack *in)
{
    uint64_t value;
    get(in, &value, sizeof(value));
    return value;
}

int64_t cw_unpack_i64(struct cw_unpack *in)
{
    int64_t value;
    get(in, &value, sizeof(value));
    return value;
}

double cw_unpack_f64(struct cw_unpack *in)
{
    double value;
    get(in, &value, sizeof(value));
    return value;
}

float cw_unpack_f32(struct cw_unpack *in)
{
    float value;
    get(in, &value, sizeof(value));
    return value;
}

bool cw_unpack_bool(struct cw_unpack *in)
{
    const uint8_t value = cw_unpack_u8(in);
    if (value > 1)
        in->failed = true;
    return value == 1;
}

struct cw_text cw_unpack_text(struct cw_unpack *in)
{
    const uint32_t size = cw_unpack_u32(in);
    const char *bytes = cw_unpack_bytes(in, size);
    return bytes != NULL ? (struct cw_text){bytes, size}
                         : (struct cw_text){"", 0};
}

uint32_t cw_unpack_count(struct cw_unpack *in, size_t item_size)
{
    const uint32_t count = cw_unpack_u32(in);
    if (in->failed ||
        (item_size > 0 && count > (in->size - in->at) / item_size)) {
        in->failed = true;
        return 0;
    }
    return count;
}

enum cw_status cw_unpack_end(const struct cw_unpack *in, struct cw_error *err)
{
    if (in->failed)
        return cw_fail(err, CW_BAD_STATE, "state ends early or is malformed");
    if (in->at != in->size)
        return cw_fail(err, CW_BAD_STATE, "%zu bytes left over in the state",
                       in->size - in->at);
    return CW_OK;
}
