#include "entity.h"

#include <stdlib.h>

#include "base/hash.h"

uint64_t entity_key(const struct cw_log *log)
{
    return cw_hash_mix_text((uint64_t)log->route, log->domain);
}

static void follow(void *context, uint32_t from, uint32_t into)
{
    struct entity *entity = context;
    novelty_follow(&entity->novelty, from, into);
}

/* The four names in one piece of memory. */
static enum cw_status keep_names(struct entity *entity,
                                 const struct cw_text names[4],
                                 struct cw_error *err)
{
    struct cw_text *const to[4] = {&entity->tenant, &entity->domain,
                                   &entity->kind, &entity->name};
    size_t size = 1;
    for (size_t i = 0; i < 4; i++)
        size += names[i].size;
    char *bytes = malloc(size);
    if (bytes == NULL)
        return cw_fail(err, CW_NO_MEMORY, "names of %zu bytes", size);
    entity->names = bytes;
    for (size_t i = 0; i < 4; i++) {
        if (names[i].size > 0)
            memcpy(bytes, names[i].bytes, names[i].size);
        *to[i] = (struct cw_text){bytes, names[i].size};
        bytes += names[i].size;
    }
    return CW_OK;
}

/* NULL and *err filled without memory. */
static struct entity *make(const struct cw_text names[4], size_t max_patterns,
                           struct cw_error *err)
{
    struct entity *entity = calloc(1, sizeof(*entity));
    if (entity == NULL) {
        (void)cw_fail(err, CW_NO_MEMORY, "entity");
        return NULL;
    }
    if (generalise_create(&entity->set, max_patterns, err) != CW_OK ||
        keep_names(entity, names, err) != CW_OK) {
        entity_destroy(&entity);
        return NULL;
    }
    generalise_listen(entity->set, follow, entity);
    return entity;
}

enum cw_status entity_create(struct entity **made, const struct cw_log *log,
                             size_t max_patterns, struct cw_error *err)
{
    const struct cw_text names[4] = {log->tenant, log->domain, log->entity.kind,
                                     log->entity.name};
    struct entity *entity = make(names, max_patterns, err);
    if (entity == NULL)
        return err->status;
    entity->key = entity_key(log);
    entity->route = (uint64_t)log->route;
    *made = entity;
    return CW_OK;
}

void entity_destroy(struct entity **entity)
{
    if (*entity == NULL)
        return;
    generalise_destroy(&(*entity)->set);
    novelty_fini(&(*entity)->novelty);
    free((*entity)->names);
    free(*entity);
    *entity = NULL;
}

struct cw_entity entity_name(const struct entity *entity)
{
    return (struct cw_entity){.kind = entity->kind, .name = entity->name};
}

void entity_save(const struct entity *entity, struct cw_pack *out)
{
    cw_pack_text(out, entity->tenant);
    cw_pack_text(out, entity->domain);
    cw_pack_text(out, entity->kind);
    cw_pack_text(out, entity->name);
    cw_pack_u64(out, entity->key);
    cw_pack_u64(out, entity->route);
    cw_pack_u32(out, entity->serial);
    cw_pack_i64(out, entity->first_at);
    cw_pack_i64(out, entity->last_at);
    cw_pack_u64(out, entity->window_lines);
    cw_pack_u64(out, entity->window_errors);
    cw_pack_u64(out, entity->window_others);
    cw_pack_u64(out, entity->other_lines);
    cw_pack_bool(out, entity->reported);
    generalise_save(entity->set, out);
    novelty_save(&entity->novelty, out);
}

static enum cw_status load_parts(struct entity *entity, struct cw_unpack *in,
                                 struct cw_error *err)
{
    entity->key = cw_unpack_u64(in);
    entity->route = cw_unpack_u64(in);
    entity->serial = cw_unpack_u32(in);
    entity->first_at = cw_unpack_i64(in);
    entity->last_at = cw_unpack_i64(in);
    entity->window_lines = cw_unpack_u64(in);
    entity->window_errors = cw_unpack_u64(in);
    entity->window_others = cw_unpack_u64(in);
    entity->other_lines = cw_unpack_u64(in);
    entity->reported = cw_unpack_bool(in);
    const enum cw_status status = generalise_load(entity->set, in, err);
    return status == CW_OK ? novelty_load(&entity->novelty, in, err) : status;
}

enum cw_status entity_load(struct entity **made, size_t max_patterns,
                           struct cw_unpack *in, struct cw_error *err)
{
    struct cw_text names[4];
    for (size_t i = 0; i < 4; i++)
        names[i] = cw_unpack_text(in);
    struct entity *entity = make(names, max_patterns, err);
    if (entity == NULL)
        return err->status;
    const enum cw_status status = load_parts(entity, in, err);
    if (status != CW_OK) {
        entity_destroy(&entity);
        return status;
    }
    *made = entity;
    return CW_OK;
}
