#include "novelty.h"

#include <stdlib.h>

#include "base/fixmath.h"

void novelty_fini(struct novelty *novelty)
{
    free(novelty->entries);
    novelty->entries = NULL;
    novelty->count = 0;
}

double novelty_surprise(uint64_t once_count, uint64_t line_count)
{
    const double chance =
        ((double)once_count + 0.5) / ((double)line_count + 1.0);
    const double surprise = cw_round6(-cw_log10(chance));
    if (!(surprise > 0.0))
        return 0.0;
    return surprise < NOVELTY_SURPRISE_MAX ? surprise : NOVELTY_SURPRISE_MAX;
}

static bool has_place(struct novelty *novelty)
{
    if (novelty->entries == NULL)
        novelty->entries = calloc(NOVELTY_ENTRY_MAX, sizeof(*novelty->entries));
    return novelty->entries != NULL && novelty->count < NOVELTY_ENTRY_MAX;
}

struct novelty_entry *novelty_add(struct novelty *novelty,
                                  const struct pattern *pattern,
                                  double surprise)
{
    if (!has_place(novelty)) {
        novelty->missed_count++;
        return NULL;
    }
    struct novelty_entry *entry = &novelty->entries[novelty->count++];
    *entry = (struct novelty_entry){.serial = pattern->serial,
                                    .pattern_id = pattern->id,
                                    .surprise = surprise};
    entry->text_size = pattern_text(pattern, entry->text);
    return entry;
}

struct novelty_entry *novelty_find(struct novelty *novelty, uint32_t serial)
{
    for (size_t i = 0; i < novelty->count; i++)
        if (novelty->entries[i].serial == serial)
            return &novelty->entries[i];
    return NULL;
}

void novelty_follow(struct novelty *novelty, uint32_t from, uint32_t into)
{
    for (size_t i = 0; i < novelty->count; i++)
        if (novelty->entries[i].serial == from)
            novelty->entries[i].serial = into;
}

void novelty_remove(struct novelty *novelty, size_t index)
{
    novelty->count--;
    for (size_t i = index; i < novelty->count; i++)
        novelty->entries[i] = novelty->entries[i + 1];
    if (novelty->count == 0)
        novelty_fini(novelty);
}

void novelty_save(const struct novelty *novelty, struct cw_pack *out)
{
    cw_pack_u64(out, novelty->missed_count);
    cw_pack_u32(out, (uint32_t)novelty->count);
    for (size_t i = 0; i < novelty->count; i++) {
        const struct novelty_entry *entry = &novelty->entries[i];
        cw_pack_u32(out, entry->serial);
        cw_pack_u64(out, entry->pattern_id);
        cw_pack_text(out, (struct cw_text){entry->text, entry->text_size});
        cw_pack_u32(out, (uint32_t)entry->severity);
        cw_pack_i64(out, entry->first_event_at);
        cw_pack_i64(out, entry->first_at);
        cw_pack_i64(out, entry->last_event_at);
        cw_pack_i64(out, entry->last_at);
        cw_pack_u64(out, entry->lines);
        cw_pack_u64(out, entry->told_lines);
        cw_pack_f64(out, entry->surprise);
        cw_pack_i64(out, entry->opened_at);
    }
}

static enum cw_status load_entry(struct novelty_entry *entry,
                                 struct cw_unpack *in, struct cw_error *err)
{
    entry->serial = cw_unpack_u32(in);
    entry->pattern_id = cw_unpack_u64(in);
    const struct cw_text text = cw_unpack_text(in);
    if (text.size > TEMPLATE_SIZE_MAX)
        return cw_fail(err, CW_BAD_STATE, "text of %zu bytes", text.size);
    if (text.size > 0)
        memcpy(entry->text, text.bytes, text.size);
    entry->text_size = text.size;
    entry->severity = (int32_t)cw_unpack_u32(in);
    entry->first_event_at = cw_unpack_i64(in);
    entry->first_at = cw_unpack_i64(in);
    entry->last_event_at = cw_unpack_i64(in);
    entry->last_at = cw_unpack_i64(in);
    entry->lines = cw_unpack_u64(in);
    entry->told_lines = cw_unpack_u64(in);
    entry->surprise = cw_unpack_f64(in);
    entry->opened_at = cw_unpack_i64(in);
    return CW_OK;
}

enum cw_status novelty_load(struct novelty *novelty, struct cw_unpack *in,
                            struct cw_error *err)
{
    novelty->missed_count = cw_unpack_u64(in);
    const uint32_t count = cw_unpack_count(in, sizeof(uint64_t));
    if (count > NOVELTY_ENTRY_MAX)
        return cw_fail(err, CW_BAD_STATE, "%u new patterns", count);
    if (count > 0 && !has_place(novelty))
        return cw_fail(err, CW_NO_MEMORY, "novelty");
    for (; novelty->count < count; novelty->count++) {
        const enum cw_status status =
            load_entry(&novelty->entries[novelty->count], in, err);
        if (status != CW_OK)
            return status;
    }
    return CW_OK;
}
