#include "unzip.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#define ZLIB_CONST /* it only reads its input */
#include <zlib.h>
#include <zstd.h>

#define FIRST_GUESS 4 /* times the packed size */
#define GZIP_WINDOW (15 + 16)

/* Grows by doubling: what was taken before stays in the arena, at most once
 * more the final size. */
struct room {
    struct cw_arena *arena;
    unsigned char *bytes;
    size_t size;
    size_t used;
    size_t max_size;
};

static enum cw_status grow(struct room *room, struct cw_error *err)
{
    if (room->size == room->max_size)
        return cw_fail(err, CW_TOO_LARGE, "unpacks to more than %zu bytes",
                       room->max_size);
    const size_t wanted =
        room->size > room->max_size / 2 ? room->max_size : room->size * 2;
    unsigned char *bytes = cw_arena_take(room->arena, wanted);
    if (bytes == NULL)
        return cw_fail(err, CW_TOO_LARGE, "no room to unpack %zu bytes",
                       wanted);
    if (room->used > 0)
        memcpy(bytes, room->bytes, room->used);
    room->bytes = bytes;
    room->size = wanted;
    return CW_OK;
}

static enum cw_status start(struct room *room, size_t packed_size,
                            struct cw_error *err)
{
    room->size = packed_size * FIRST_GUESS / 2;
    if (room->size > room->max_size / 2)
        room->size = room->max_size / 2;
    if (room->size < 512)
        room->size = 512;
    return grow(room, err);
}

/* One call of inflate into the room that is left; *told is its answer. */
static void inflate_some(z_stream *stream, struct room *room, int *told)
{
    const size_t left = room->size - room->used;
    const uInt offered = left > UINT_MAX ? UINT_MAX : (uInt)left;
    stream->next_out = room->bytes + room->used;
    stream->avail_out = offered;
    *told = inflate(stream, Z_NO_FLUSH);
    room->used += offered - stream->avail_out;
}

static enum cw_status inflate_all(z_stream *stream, struct room *room,
                                  struct cw_error *err)
{
    for (;;) {
        int told;
        inflate_some(stream, room, &told);
        if (told == Z_STREAM_END && stream->avail_in == 0)
            return CW_OK;
        if (told == Z_STREAM_END) /* members follow one another */
            told = inflateReset(stream);
        else if (stream->avail_out > 0 && told != Z_DATA_ERROR)
            return cw_fail(err, CW_BAD_RECORD, "gzip cut short");
        if (told != Z_OK && told != Z_BUF_ERROR)
            return cw_fail(err, CW_BAD_RECORD, "gzip: %s",
                           stream->msg ? stream->msg : "broken");
        if (room->used < room->size)
            continue;
        const enum cw_status status = grow(room, err);
        if (status != CW_OK)
            return status;
    }
}

static enum cw_status gunzip(struct room *room, struct cw_text bytes,
                             struct cw_error *err)
{
    if (bytes.size > UINT_MAX)
        return cw_fail(err, CW_TOO_LARGE, "gzip of %zu bytes", bytes.size);
    z_stream stream = {0};
    stream.next_in = (const Bytef *)bytes.bytes;
    stream.avail_in = (uInt)bytes.size;
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return cw_fail(err, CW_NO_MEMORY, "gzip");
    const enum cw_status status = inflate_all(&stream, room, err);
    (void)inflateEnd(&stream);
    return status;
}

static enum cw_status unzstd_all(ZSTD_DCtx *context, struct room *room,
                                 struct cw_text bytes, struct cw_error *err)
{
    ZSTD_inBuffer in = {bytes.bytes, bytes.size, 0};
    for (;;) {
        ZSTD_outBuffer out = {room->bytes, room->size, room->used};
        const size_t told = ZSTD_decompressStream(context, &out, &in);
        const bool moved = out.pos > room->used;
        room->used = out.pos;
        if (ZSTD_isError(told))
            return cw_fail(err, CW_BAD_RECORD, "zstd: %s",
                           ZSTD_getErrorName(told));
        if (told == 0 && in.pos == in.size)
            return CW_OK;
        if (out.pos == out.size) {
            const enum cw_status status = grow(room, err);
            if (status != CW_OK)
                return status;
        } else if (in.pos == in.size && !moved) {
            return cw_fail(err, CW_BAD_RECORD, "zstd cut short");
        }
    }
}

static enum cw_status unzstd(struct room *room, struct cw_text bytes,
                             struct cw_error *err)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (context == NULL)
        return cw_fail(err, CW_NO_MEMORY, "zstd");
    /* A frame may ask for a window of gigabytes: 8 MiB is what RFC 8878
     * section 3.1.1.1.2 asks a reader to support. */
    enum cw_status status = CW_NO_MEMORY;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 23)))
        (void)cw_fail(err, CW_NO_MEMORY, "zstd window");
    else
        status = unzstd_all(context, room, bytes, err);
    (void)ZSTD_freeDCtx(context);
    return status;
}

enum cw_status unzip(struct cw_text *plain, struct cw_text bytes,
                     size_t max_size, struct cw_arena *arena,
                     struct cw_error *err)
{
    const bool gzip = cw_text_starts(bytes, CW_TEXT("\x1f\x8b"));
    const bool zstd = cw_text_starts(bytes, CW_TEXT("\x28\xb5\x2f\xfd"));
    if (!gzip && !zstd) {
        *plain = bytes;
        return CW_OK;
    }
    struct room room = {arena, NULL, 0, 0, max_size};
    enum cw_status status = start(&room, bytes.size, err);
    if (status == CW_OK)
        status = gzip ? gunzip(&room, bytes, err) : unzstd(&room, bytes, err);
    if (status == CW_OK)
        *plain = (struct cw_text){(const char *)room.bytes, room.used};
    return status;
}
