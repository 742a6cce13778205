#include "desk.h"

#include <stdio.h>

#include "record/canonical.h"

enum cw_status remedy_desk_read(const struct remedy_desk *desk,
                                const struct remedy_entry *entry,
                                struct cw_action *action)
{
    /* A copy: the action is still read after its entry got new bytes. */
    const void *bytes = cw_arena_copy(cw_emit_arena(desk->emit),
                                      entry->bytes.bytes, entry->bytes.size);
    struct cw_unpack in = cw_unpack_of(bytes, entry->bytes.size);

    memset(action, 0, sizeof(*action));
    if (entry->bytes.size == 0)
        return cw_fail(desk->err, CW_BROKEN, "an action that is over");
    if (bytes == NULL)
        return cw_fail(desk->err, CW_NO_MEMORY, "no memory for an action");
    return cw_action_decode(action, &in, cw_emit_arena(desk->emit), desk->err);
}

/* ---- audit -------------------------------------------------------------- */

static void cut(char *to, size_t room, struct cw_text text)
{
    (void)snprintf(to, room, "%.*s", CW_TEXT_ARG(text));
}

static struct remedy_chain *chain_of(struct remedy_shard *shard,
                                     const struct remedy_note *note)
{
    char name[CW_AUDIT_NAME_MAX];

    for (uint32_t i = 0; i < shard->chain_count; i++)
        if (shard->chains[i].route == note->route ||
            i == REMEDY_CHAIN_MAX) /* the last is everybody's */
            return &shard->chains[i];
    struct remedy_chain *made = &shard->chains[shard->chain_count];
    const bool last = shard->chain_count == REMEDY_CHAIN_MAX;
    (void)snprintf(name, sizeof(name), "remediator/%.*s/%.*s",
                   CW_TEXT_ARG(note->tenant), CW_TEXT_ARG(note->domain));
    cw_audit_chain_init(&made->chain,
                        cw_text_of(last ? "remediator/overflow" : name));
    made->route = note->route;
    cut(made->tenant, sizeof(made->tenant), note->tenant);
    cut(made->domain, sizeof(made->domain), note->domain);
    shard->chain_count++;
    return made;
}

enum cw_status remedy_desk_note(const struct remedy_desk *desk,
                                const struct remedy_note *note)
{
    struct remedy_chain *chain = chain_of(desk->shard, note);
    struct cw_audit link = {
        .meta =
            cw_emit_meta(desk->emit, note->tenant, note->domain, desk->now_at),
    };
    const enum cw_status status =
        cw_audit_link(&chain->chain, &desk->config->audit_key, &note->entry,
                      &link, cw_emit_arena(desk->emit), desk->err);

    if (status != CW_OK)
        return status;
    return cw_emit_put(desk->emit, CW_TOPIC_AUDIT, note->route, CW_TEXT(""),
                       &link, desk->err);
}

static enum cw_status note_action(const struct remedy_desk *desk,
                                  const struct remedy_entry *entry,
                                  const struct cw_action *action)
{
    struct remedy_note note = {
        .route = entry->route,
        .tenant = action->meta.tenant,
        .domain = action->meta.domain,
        .entry = {.what = cw_text_of(cw_action_state_name(action->state)),
                  .subject = action->action_id},
    };
    const enum cw_status status =
        cw_canonical_text(&cw_action_type, action, cw_emit_arena(desk->emit),
                          &note.entry.detail, desk->err);

    return status == CW_OK ? remedy_desk_note(desk, &note) : status;
}

/* ---- actions ------------------------------------------------------------ */

static enum cw_status store(const struct remedy_desk *desk,
                            struct remedy_entry *entry,
                            const struct cw_action *action)
{
    struct cw_pack bytes;

    cw_pack_init(&bytes, REMEDY_RECORD_MAX);
    if (!remedy_entry_is_over(entry))
        cw_action_encode(action, &bytes);
    if (bytes.failed) {
        cw_pack_fini(&bytes);
        return cw_fail(desk->err, CW_NO_MEMORY, "no memory for an action");
    }
    cw_pack_fini(&entry->bytes);
    entry->bytes = bytes;
    return CW_OK;
}

enum cw_status remedy_desk_put(const struct remedy_desk *desk,
                               struct remedy_entry *entry,
                               struct cw_action *action,
                               enum cw_action_state state,
                               struct cw_text reason)
{
    const struct cw_text tenant = action->meta.tenant;
    const struct cw_text domain = action->meta.domain;

    entry->state = state;
    entry->revision++;
    action->state = state;
    action->reason = reason;
    action->decided_at = desk->now_at;
    action->meta = cw_emit_meta(desk->emit, tenant, domain, desk->now_at);
    action->meta.revision = entry->revision;
    action->meta.idempotency_key = action->action_id;
    enum cw_status status =
        cw_emit_put(desk->emit, CW_TOPIC_ACTIONS, entry->route,
                    action->action_id, action, desk->err);
    if (status == CW_OK)
        status = note_action(desk, entry, action);
    if (status == CW_OK)
        status = store(desk, entry, action);
    remedy_book_refresh(&desk->shard->book);
    return status;
}

enum cw_status remedy_desk_turn(const struct remedy_desk *desk,
                                struct remedy_entry *entry,
                                enum cw_action_state state,
                                struct cw_text reason)
{
    struct cw_action action;
    const enum cw_status status = remedy_desk_read(desk, entry, &action);

    return status == CW_OK
               ? remedy_desk_put(desk, entry, &action, state, reason)
               : status;
}
