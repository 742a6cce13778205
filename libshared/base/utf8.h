/*
 * utf8 - is it text, and what to keep of it when it is not.
 *
 * Place    formats and log: bytes from outside -> text that can be stored
 * Limits   as the arena given; U+FFFD for each byte that fits nowhere;
 *          PostgreSQL refuses U+0000, so it is dropped
 * Threads  pure
 * Source   RFC 3629: no overlong form, no surrogate, nothing over U+10FFFF
 */
#ifndef CW_BASE_UTF8_H
#define CW_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* Size in bytes of the character text begins with, 1 to 4, and its code
 * point; 0 when it begins with none. text is not empty. */
size_t cw_utf8_next(struct cw_text text, uint32_t *code_point);

/* NUL counts as valid here. */
bool cw_utf8_valid(struct cw_text text);

/* Whether cleaning leaves nothing of it: no byte but NUL. */
bool cw_utf8_is_empty(struct cw_text text);

/* The text itself when it is valid and holds no NUL, else a cleaned copy in
 * the arena. bytes is NULL and size > 0 never happens: a full arena gives
 * false and an empty text. */
bool cw_utf8_clean(struct cw_arena *arena, struct cw_text text,
                   struct cw_text *clean);

/* Longest prefix of at most max_size bytes that cuts no character of valid
 * text in two. */
struct cw_text cw_utf8_prefix(struct cw_text text, size_t max_size);

#endif
