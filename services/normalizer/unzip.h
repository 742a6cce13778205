/*
 * unzip - payloads that a producer compressed itself.
 *
 * Place    core: raw value -> [unzip] -> recognise
 * Input    gzip (1f 8b), zlib is not recognised (no magic), zstd (28 b5 2f fd);
 *          anything else passes through untouched
 * Limits   the result has at most max_size bytes: a bomb is refused as soon as
 *          it passes that, and never takes more memory than that
 * Threads  pure
 * Source   RFC 1952, RFC 8878
 */
#ifndef NORMALIZER_UNZIP_H
#define NORMALIZER_UNZIP_H

#include "base/arena.h"
#include "base/text.h"

/* *plain borrows bytes or arena. CW_TOO_LARGE, CW_BAD_RECORD (broken or cut
 * short). */
CW_MUST_USE enum cw_status unzip(struct cw_text *plain, struct cw_text bytes,
                                 size_t max_size, struct cw_arena *arena,
                                 struct cw_error *err);

#endif
