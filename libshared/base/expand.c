#include "base/expand.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"

#define MARK            "${env:"
#define MARK_SIZE       (sizeof(MARK) - 1)
#define NAME_SIZE       128u
#define RESULT_SIZE_MAX ((size_t)1024 * 1024)

/* Value of what stands between ${env: and }. */
static enum cw_status look_up(struct cw_text inside, struct cw_text *value,
                              struct cw_error *err)
{
    char name[NAME_SIZE];
    const char *dash =
        inside.size > 0 ? memmem(inside.bytes, inside.size, ":-", 2) : NULL;
    const size_t size =
        dash != NULL ? (size_t)(dash - inside.bytes) : inside.size;
    if (size == 0 || size >= sizeof(name))
        return cw_fail(err, CW_BAD_CONFIG,
                       "${env:NAME} needs a name of 1 to 127 bytes");
    memcpy(name, inside.bytes, size);
    name[size] = '\0';
    const char *set = getenv(name);
    if (set == NULL && dash == NULL)
        return cw_fail(err, CW_BAD_CONFIG,
                       "${env:%s}: the variable is not set; ${env:%s:-x} "
                       "would fall back to x",
                       name, name);
    *value = set != NULL ? cw_text_of(set)
                         : (struct cw_text){dash + 2, inside.size - size - 2};
    return CW_OK;
}

/* The next piece: what stands before the mark, what the mark says, and where
 * the text goes on. */
struct piece {
    struct cw_text before;
    struct cw_text value;
    const char *rest;
};

static enum cw_status cut(const char *text, const char *mark,
                          struct piece *piece, struct cw_error *err)
{
    if (mark > text && mark[-1] == '$') {
        piece->before = (struct cw_text){text, (size_t)(mark - 1 - text)};
        piece->value = CW_TEXT(MARK);
        piece->rest = mark + MARK_SIZE;
        return CW_OK;
    }
    const char *end = strchr(mark, '}');
    if (end == NULL)
        return cw_fail(err, CW_BAD_CONFIG, MARK " without }");
    piece->before = (struct cw_text){text, (size_t)(mark - text)};
    piece->rest = end + 1;
    const struct cw_text inside = {mark + MARK_SIZE,
                                   (size_t)(end - mark) - MARK_SIZE};
    return look_up(inside, &piece->value, err);
}

static enum cw_status expand(const char *text, struct cw_pack *done,
                             struct cw_error *err)
{
    for (;;) {
        struct piece piece = {.rest = ""};
        const char *mark = strstr(text, MARK);
        if (mark == NULL)
            break;
        const enum cw_status status = cut(text, mark, &piece, err);
        if (status != CW_OK)
            return status;
        cw_pack_bytes(done, piece.before.bytes, piece.before.size);
        cw_pack_bytes(done, piece.value.bytes, piece.value.size);
        text = piece.rest;
    }
    cw_pack_bytes(done, text, strlen(text) + 1);
    return CW_OK;
}

enum cw_status cw_expand(const char *text, struct cw_arena *arena,
                         const char **expanded, struct cw_error *err)
{
    struct cw_pack done;
    if (strstr(text, MARK) == NULL) {
        *expanded = text;
        return CW_OK;
    }
    cw_pack_init(&done, RESULT_SIZE_MAX);
    enum cw_status status = expand(text, &done, err);
    if (status == CW_OK) {
        const char *copy =
            done.failed ? NULL : cw_arena_copy(arena, done.bytes, done.size);
        if (copy != NULL)
            *expanded = copy;
        else
            status = cw_fail(err, CW_NO_MEMORY, "text with variables put in");
    }
    cw_pack_fini(&done);
    return status;
}
