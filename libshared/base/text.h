/*
 * text - a run of bytes with its length; not terminated, never owned.
 *
 * Place    keys, labels, bodies: whatever a record lends
 * Limits   the bytes live as long as their lender says (batch, state, process)
 * Threads  pure
 */
#ifndef CW_BASE_TEXT_H
#define CW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct cw_text {
    const char *bytes; /* may be NULL when size is 0 */
    size_t size;
};

#define CW_TEXT(literal) ((struct cw_text){(literal), sizeof(literal) - 1})
/* printf("%.*s", CW_TEXT_ARG(text)) */
#define CW_TEXT_ARG(text) (int)(text).size, (text).bytes ? (text).bytes : ""

static inline struct cw_text cw_text_of(const char *terminated)
{
    return (struct cw_text){terminated, terminated ? strlen(terminated) : 0};
}

static inline bool cw_text_equal(struct cw_text a, struct cw_text b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static inline bool cw_text_is(struct cw_text a, const char *terminated)
{
    return cw_text_equal(a, cw_text_of(terminated));
}

/* < 0, 0, > 0 as memcmp, a prefix before what it begins. */
static inline int cw_text_compare(struct cw_text a, struct cw_text b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common ? memcmp(a.bytes, b.bytes, common) : 0;
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

static inline bool cw_text_starts(struct cw_text a, struct cw_text prefix)
{
    return a.size >= prefix.size &&
           (prefix.size == 0 ||
            memcmp(a.bytes, prefix.bytes, prefix.size) == 0);
}

#endif
