#include "correlate/keep.h"

#include <stdalign.h>

void *corr_keep_room(struct corr_keep *keep, size_t size)
{
    const size_t mask = alignof(max_align_t) - 1;
    const size_t at = (keep->used + mask) & ~mask;
    keep->used = at + size;
    return keep->base ? keep->base + at : NULL;
}

struct cw_text corr_keep_text(struct corr_keep *keep, struct cw_text text)
{
    const size_t at = keep->used;
    keep->used += text.size;
    if (keep->base == NULL || text.size == 0)
        return (struct cw_text){"", 0};
    memcpy(keep->base + at, text.bytes, text.size);
    return (struct cw_text){keep->base + at, text.size};
}

struct cw_entity corr_keep_entity(struct corr_keep *keep,
                                  struct cw_entity entity)
{
    struct cw_entity kept;
    kept.kind = corr_keep_text(keep, entity.kind);
    kept.name = corr_keep_text(keep, entity.name);
    return kept;
}

const struct cw_key_value *corr_keep_labels(struct corr_keep *keep,
                                            const struct cw_key_value *labels,
                                            size_t count)
{
    struct cw_key_value *kept = corr_keep_room(keep, count * sizeof(*kept));
    for (size_t i = 0; i < count; i++) {
        struct cw_key_value label;
        label.key = corr_keep_text(keep, labels[i].key);
        label.value = corr_keep_text(keep, labels[i].value);
        if (kept != NULL)
            kept[i] = label;
    }
    return kept;
}

static const struct cw_text *keep_path(struct corr_keep *keep,
                                       const struct cw_text *path, size_t count)
{
    struct cw_text *kept = corr_keep_room(keep, count * sizeof(*kept));
    for (size_t i = 0; i < count; i++) {
        const struct cw_text step = corr_keep_text(keep, path[i]);
        if (kept != NULL)
            kept[i] = step;
    }
    return kept;
}

struct cw_member corr_keep_member(struct corr_keep *keep,
                                  const struct cw_member *member)
{
    struct cw_member kept = *member;
    kept.reason.shared_labels = corr_keep_labels(
        keep, member->reason.shared_labels, member->reason.shared_labels_count);
    kept.reason.path =
        keep_path(keep, member->reason.path, member->reason.path_count);
    kept.member_id = corr_keep_text(keep, member->member_id);
    kept.kind = corr_keep_text(keep, member->kind);
    kept.entity = corr_keep_entity(keep, member->entity);
    kept.title = corr_keep_text(keep, member->title);
    kept.reason.rule = corr_keep_text(keep, member->reason.rule);
    kept.reason.text = corr_keep_text(keep, member->reason.text);
    return kept;
}
