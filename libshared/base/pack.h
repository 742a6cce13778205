/*
 * pack - state to bytes and back: little endian, fixed width, in order.
 *
 * Place    shard state <-> snapshot record
 * Input    values in the order they were packed
 * Limits   a pack holds at most max_size bytes; past it, or out of memory, it
 *          turns failed and stays so: check once, at the end. An unpack never
 *          reads past its bytes; past them it yields zeros and turns failed
 * Threads  one owner thread
 */
#ifndef CW_BASE_PACK_H
#define CW_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct cw_pack {
    unsigned char *bytes; /* owned; cw_pack_fini frees */
    size_t size;
    size_t capacity;
    size_t max_size;
    bool failed;
};

struct cw_unpack {
    const unsigned char *bytes; /* borrowed until the last get */
    size_t size;
    size_t at;
    bool failed;
};

void cw_pack_init(struct cw_pack *pack, size_t max_size);
void cw_pack_fini(struct cw_pack *pack);
void cw_pack_reset(struct cw_pack *pack);

void cw_pack_bytes(struct cw_pack *pack, const void *bytes, size_t size);
void cw_pack_u8(struct cw_pack *pack, uint8_t value);
void cw_pack_u32(struct cw_pack *pack, uint32_t value);
void cw_pack_u64(struct cw_pack *pack, uint64_t value);
void cw_pack_i64(struct cw_pack *pack, int64_t value);
void cw_pack_f64(struct cw_pack *pack, double value);
void cw_pack_f32(struct cw_pack *pack, float value);
void cw_pack_bool(struct cw_pack *pack, bool value);
void cw_pack_text(struct cw_pack *pack, struct cw_text text); /* u32 + bytes */

struct cw_unpack cw_unpack_of(const void *bytes, size_t size);
/* Lends size bytes, or NULL and failed. */
const void *cw_unpack_bytes(struct cw_unpack *in, size_t size);
uint8_t cw_unpack_u8(struct cw_unpack *in);
uint32_t cw_unpack_u32(struct cw_unpack *in);
uint64_t cw_unpack_u64(struct cw_unpack *in);
int64_t cw_unpack_i64(struct cw_unpack *in);
double cw_unpack_f64(struct cw_unpack *in);
float cw_unpack_f32(struct cw_unpack *in);
bool cw_unpack_bool(struct cw_unpack *in);
struct cw_text cw_unpack_text(struct cw_unpack *in); /* lends */

/* Count of things of at least item_size bytes each: 0 and failed when the
 * bytes left cannot hold them, so a loop over it is always bounded. */
uint32_t cw_unpack_count(struct cw_unpack *in, size_t item_size);

/* CW_BAD_STATE unless everything was read and nothing failed. */
CW_MUST_USE enum cw_status cw_unpack_end(const struct cw_unpack *in,
                                         struct cw_error *err);

#endif
