#include "flatten.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JOINED_MAX 1024

struct path {
    char bytes[FLATTEN_PATH_MAX];
    size_t size;
};

/* False: no room for the key. */
static bool push(struct path *path, struct cw_text key)
{
    const size_t dot = path->size > 0;
    if (key.size + dot > FLATTEN_PATH_MAX - path->size)
        return false;
    if (dot)
        path->bytes[path->size] = '.';
    if (key.size > 0)
        memcpy(path->bytes + path->size + dot, key.bytes, key.size);
    path->size += dot + key.size;
    return true;
}

/* depth bounds the recursion. */
static void walk(struct flatten *flatten, struct tree_value object,
                 struct path *path, unsigned depth)
{
    struct tree_walk fields = tree_walk_of(object);
    struct cw_text key;
    struct tree_value value;
    const size_t size = path->size;
    while (tree_walk_next(&fields, &key, &value)) {
        const bool nested = tree_type_of(value) == TREE_OBJECT;
        path->size = size;
        if ((nested && depth == FLATTEN_DEPTH_MAX) || !push(path, key))
            flatten->cut++;
        else if (nested)
            walk(flatten, value, path, depth + 1);
        else
            flatten->leaf(flatten->to,
                          (struct cw_text){path->bytes, path->size}, value);
    }
    path->size = size;
}

void flatten_object(struct flatten *flatten, struct tree_value object)
{
    struct path path;
    path.size = 0;
    if (tree_type_of(object) == TREE_OBJECT)
        walk(flatten, object, &path, 1);
}

struct cw_text flatten_number(double number, struct cw_arena *arena)
{
    char text[40];
    int size = snprintf(text, sizeof(text), "%.15g", number);
    if (strtod(text, NULL) != number)
        size = snprintf(text, sizeof(text), "%.17g", number);
    const struct cw_text made = {text, (size_t)size};
    const struct cw_text kept = cw_arena_text(arena, made);
    return kept.bytes == NULL ? (struct cw_text){"", 0} : kept;
}

static struct cw_text integer_text(int64_t number, struct cw_arena *arena)
{
    char text[24];
    size_t at = sizeof(text);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        text[--at] = '-';
    const struct cw_text made = {text + at, sizeof(text) - at};
    const struct cw_text kept = cw_arena_text(arena, made);
    return kept.bytes == NULL ? (struct cw_text){"", 0} : kept;
}

static struct cw_text scalar_text(struct tree_value value,
                                  struct cw_arena *arena)
{
    int64_t integer;
    double number;
    switch (tree_type_of(value)) {
    case TREE_STRING:
        return tree_string(value);
    case TREE_BOOL:
        return tree_true(value) ? CW_TEXT("true") : CW_TEXT("false");
    case TREE_INT:
        return tree_integer(value, &integer) ? integer_text(integer, arena)
                                             : CW_TEXT("");
    case TREE_UINT:
    case TREE_DOUBLE:
        return tree_number(value, &number) ? flatten_number(number, arena)
                                           : CW_TEXT("");
    case TREE_NONE:
    case TREE_NULL:
    case TREE_ARRAY:
    case TREE_OBJECT:
        break;
    }
    return CW_TEXT("");
}

static struct cw_text joined(struct tree_value array, struct cw_arena *arena)
{
    char text[JOINED_MAX];
    size_t size = 0;
    struct tree_walk items = tree_walk_of(array);
    struct tree_value item;
    while (tree_walk_next(&items, NULL, &item)) {
        const struct cw_text part = scalar_text(item, arena);
        const size_t comma = size > 0;
        if (part.size == 0 || part.size + comma > sizeof(text) - size)
            continue;
        if (comma)
            text[size] = ',';
        memcpy(text + size + comma, part.bytes, part.size);
        size += comma + part.size;
    }
    const struct cw_text made = {text, size};
    const struct cw_text kept = cw_arena_text(arena, made);
    return kept.bytes == NULL ? (struct cw_text){"", 0} : kept;
}

struct cw_text flatten_text(struct tree_value value, struct cw_arena *arena)
{
    if (tree_type_of(value) == TREE_ARRAY)
        return joined(value, arena);
    return scalar_text(value, arena);
}
