#include "shelf.h"

#include <stdlib.h>

#include "base/map64.h"

#define CAUSES_MAX     1024
#define CAUSE_SIZE_MAX ((size_t)4 << 20)

struct slot {
    uint64_t incident; /* 0 = free */
    struct cw_pack bytes;
};

struct notifier_shelf {
    struct slot *slots;
    size_t next;               /* the oldest */
    struct cw_map64 *index_of; /* incident -> slot */
};

enum cw_status notifier_shelf_create(struct notifier_shelf **made,
                                     struct cw_error *err)
{
    struct notifier_shelf *shelf = calloc(1, sizeof(*shelf));
    if (shelf == NULL)
        return cw_fail(err, CW_NO_MEMORY, "shelf");
    shelf->slots = calloc(CAUSES_MAX, sizeof(*shelf->slots));
    enum cw_status status =
        shelf->slots ? CW_OK : cw_fail(err, CW_NO_MEMORY, "shelf");
    if (status == CW_OK)
        status = cw_map64_create(&shelf->index_of, CAUSES_MAX, err);
    if (status != CW_OK) {
        notifier_shelf_destroy(&shelf);
        return status;
    }
    *made = shelf;
    return CW_OK;
}

void notifier_shelf_destroy(struct notifier_shelf **shelf)
{
    if (*shelf == NULL)
        return;
    for (size_t i = 0; (*shelf)->slots != NULL && i < CAUSES_MAX; i++)
        cw_pack_fini(&(*shelf)->slots[i].bytes);
    free((*shelf)->slots);
    cw_map64_destroy(&(*shelf)->index_of);
    free(*shelf);
    *shelf = NULL;
}

bool notifier_shelf_has(const struct notifier_shelf *shelf, uint64_t incident)
{
    uint64_t index = 0;
    return cw_map64_find(shelf->index_of, incident, &index);
}

static enum cw_status make_room(struct notifier_shelf *shelf, uint64_t incident,
                                uint64_t *index, struct cw_error *err)
{
    struct slot *oldest = &shelf->slots[shelf->next];
    if (oldest->incident != 0)
        (void)cw_map64_remove(shelf->index_of, oldest->incident);
    oldest->incident = 0;
    const enum cw_status status =
        cw_map64_put(shelf->index_of, incident, shelf->next, err);
    if (status != CW_OK)
        return status;
    oldest->incident = incident;
    *index = shelf->next;
    shelf->next = (shelf->next + 1) % CAUSES_MAX;
    return CW_OK;
}

enum cw_status notifier_shelf_put(struct notifier_shelf *shelf,
                                  uint64_t incident,
                                  const struct cw_cause *cause,
                                  struct cw_error *err)
{
    uint64_t index = 0;
    enum cw_status status = CW_OK;
    if (!cw_map64_find(shelf->index_of, incident, &index))
        status = make_room(shelf, incident, &index, err);
    if (status != CW_OK)
        return status;
    struct slot *slot = &shelf->slots[index];
    cw_pack_fini(&slot->bytes);
    cw_pack_init(&slot->bytes, CAUSE_SIZE_MAX);
    cw_cause_encode(cause, &slot->bytes);
    return CW_OK;
}

bool notifier_shelf_find(const struct notifier_shelf *shelf, uint64_t incident,
                         struct cw_arena *arena, struct cw_cause *cause)
{
    uint64_t index = 0;
    struct cw_error err = {0};
    if (!cw_map64_find(shelf->index_of, incident, &index))
        return false;
    const struct cw_pack *bytes = &shelf->slots[index].bytes;
    struct cw_unpack in = cw_unpack_of(bytes->bytes, bytes->size);
    return !bytes->failed && cw_cause_decode(cause, &in, arena, &err) == CW_OK;
}
