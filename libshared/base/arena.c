#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT  16u

struct block {
    struct block *next;
    size_t size; /* of bytes[] */
    size_t used; /* <= size */
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct cw_arena {
    struct block *first; /* newest first */
    struct block *spare; /* standard blocks kept over a reset */
    size_t max_size;
    size_t handed_out;
};

enum cw_status cw_arena_create(struct cw_arena **made, size_t max_size,
                               struct cw_error *err)
{
    struct cw_arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL)
        return cw_fail(err, CW_NO_MEMORY, "arena");
    arena->max_size = max_size;
    *made = arena;
    return CW_OK;
}

static void free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void cw_arena_destroy(struct cw_arena **arena)
{
    if (*arena == NULL)
        return;
    free_blocks((*arena)->first);
    free_blocks((*arena)->spare);
    free(*arena);
    *arena = NULL;
}

static struct block *add_block(struct cw_arena *arena, size_t size)
{
    struct block *block = NULL;
    if (size <= BLOCK_SIZE && arena->spare != NULL) {
        block = arena->spare;
        arena->spare = block->next;
    } else {
        const size_t room = size <= BLOCK_SIZE ? BLOCK_SIZE : size;
        block = malloc(sizeof(*block) + room);
        if (block == NULL)
            return NULL;
        block->size = room;
    }
    block->used = 0;
    block->next = arena->first;
    arena->first = block;
    return block;
}

void *cw_arena_take(struct cw_arena *arena, size_t size)
{
    if (size > arena->max_size - arena->handed_out || size > SIZE_MAX / 2)
        return NULL;
    const size_t room = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *block = arena->first;
    if (block == NULL || block->size - block->used < room)
        block = add_block(arena, room);
    if (block == NULL)
        return NULL;
    void *taken = block->bytes + block->used;
    block->used += room;
    arena->handed_out += room < arena->max_size - arena->handed_out
                             ? room
                             : arena->max_size - arena->handed_out;
    memset(taken, 0, room);
    return taken;
}

void *cw_arena_copy(struct cw_arena *arena, const void *bytes, size_t size)
{
    void *taken = cw_arena_take(arena, size);
    if (taken != NULL && size > 0)
        memcpy(taken, bytes, size);
    return taken;
}

struct cw_text cw_arena_text(struct cw_arena *arena, struct cw_text text)
{
    if (text.size == 0)
        return (struct cw_text){"", 0};
    return (struct cw_text){cw_arena_copy(arena, text.bytes, text.size),
                            text.size};
}

struct cw_text cw_arena_print(struct cw_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *bytes = size < 0 ? NULL : cw_arena_take(arena, (size_t)size + 1);
    if (bytes == NULL)
        return (struct cw_text){"", 0};
    va_start(args, format);
    (void)vsnprintf(bytes, (size_t)size + 1, format, args);
    va_end(args);
    return (struct cw_text){bytes, (size_t)size};
}

void cw_arena_reset(struct cw_arena *arena)
{
    struct block *block = arena->first;
    while (block != NULL) {
        struct block *next = block->next;
        if (block->size == BLOCK_SIZE) {
            block->next = arena->spare;
            arena->spare = block;
        } else {
            free(block);
        }
        block = next;
    }
    arena->first = NULL;
    arena->handed_out = 0;
}

size_t cw_arena_size(const struct cw_arena *arena)
{
    return arena->handed_out;
}

size_t cw_arena_left(const struct cw_arena *arena)
{
    return arena->max_size - arena->handed_out;
}
