#include "correlate/silence.h"

#include <stdlib.h>

#include "base/hash.h"

#define SAVED_SIZE 21u

void corr_silences_fini(struct corr_silences *silences)
{
    for (size_t i = 0; i < silences->count; i++)
        free(silences->list[i]);
    free(silences->list);
    silences->list = NULL;
    silences->count = 0;
    silences->capacity = 0;
}

uint64_t corr_silence_id(struct cw_text name)
{
    return cw_hash_text(name);
}

static enum cw_status check(const struct cw_said *said, int64_t now_at,
                            struct cw_error *err)
{
    if (said->said_id.size == 0 || said->by.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "silence without id or owner");
    if (said->reason.size == 0)
        return cw_fail(err, CW_BAD_RECORD, "silence without reason");
    if (said->expires_at <= now_at)
        return cw_fail(err, CW_BAD_RECORD, "silence without a future expiry");
    if (said->matchers_count == 0)
        return cw_fail(err, CW_BAD_RECORD, "silence without matcher");
    if (said->matchers_count > CORR_MATCHERS_MAX)
        return cw_fail(err, CW_BAD_RECORD, "silence with over %u matchers",
                       CORR_MATCHERS_MAX);
    for (size_t i = 0; i < said->matchers_count; i++)
        if (said->matchers[i].label.size == 0)
            return cw_fail(err, CW_BAD_RECORD, "matcher without label");
    return CW_OK;
}

static struct corr_silence keep_all(struct corr_keep *keep,
                                    const struct corr_silence *silence)
{
    struct corr_silence kept = *silence;
    struct cw_matcher *matchers =
        corr_keep_room(keep, silence->matchers_count * sizeof(*matchers));
    for (size_t i = 0; i < silence->matchers_count; i++) {
        struct cw_matcher matcher;
        matcher.label = corr_keep_text(keep, silence->matchers[i].label);
        matcher.value = corr_keep_text(keep, silence->matchers[i].value);
        if (matchers != NULL)
            matchers[i] = matcher;
    }
    kept.matchers = matchers;
    kept.name = corr_keep_text(keep, silence->name);
    kept.by = corr_keep_text(keep, silence->by);
    kept.reason = corr_keep_text(keep, silence->reason);
    return kept;
}

static struct corr_silence *copy_of(const struct corr_silence *silence)
{
    struct corr_keep keep = {0};
    (void)corr_keep_room(&keep, sizeof(*silence));
    (void)keep_all(&keep, silence);
    keep.base = malloc(keep.used);
    if (keep.base == NULL)
        return NULL;
    keep.used = 0;
    struct corr_silence *copy = corr_keep_room(&keep, sizeof(*copy));
    *copy = keep_all(&keep, silence);
    return copy;
}

static enum cw_status append(struct corr_silences *silences,
                             const struct corr_silence *silence,
                             struct cw_error *err)
{
    if (silences->count == silences->capacity) {
        const size_t capacity = silences->capacity ? silences->capacity * 2 : 8;
        void *grown =
            realloc(silences->list, capacity * sizeof(struct corr_silence *));
        if (grown == NULL)
            return cw_fail(err, CW_NO_MEMORY, "silences");
        silences->list = grown;
        silences->capacity = capacity;
    }
    struct corr_silence *copy = copy_of(silence);
    if (copy == NULL)
        return cw_fail(err, CW_NO_MEMORY, "silence");
    silences->list[silences->count++] = copy;
    return CW_OK;
}

enum cw_status corr_silences_add(struct corr_silences *silences,
                                 const struct cw_said *said, int64_t now_at,
                                 const struct corr_silence **made,
                                 struct cw_error *err)
{
    enum cw_status status = check(said, now_at, err);
    if (status != CW_OK)
        return status;
    if (silences->count >= silences->max_count)
        return cw_fail(err, CW_FULL, "%zu silences are in force",
                       silences->count);
    const struct corr_silence silence = {
        .id = corr_silence_id(said->said_id),
        .name = said->said_id,
        .by = said->by,
        .reason = said->reason,
        .expires_at = said->expires_at,
        .matchers = said->matchers,
        .matchers_count = said->matchers_count,
    };
    (void)corr_silences_remove(silences, silence.id);
    status = append(silences, &silence, err);
    if (status == CW_OK)
        *made = silences->list[silences->count - 1];
    return status;
}

bool corr_silences_remove(struct corr_silences *silences, uint64_t id)
{
    for (size_t i = 0; i < silences->count; i++) {
        if (silences->list[i]->id != id)
            continue;
        free(silences->list[i]);
        silences->count--;
        memmove(&silences->list[i], &silences->list[i + 1],
                (silences->count - i) * sizeof(struct corr_silence *));
        return true;
    }
    return false;
}

static bool same_letters(struct cw_text a, struct cw_text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if ((a.bytes[i] | 0x20) != (b.bytes[i] | 0x20))
            return false;
    return true;
}

bool corr_matcher_holds(const struct cw_matcher *matcher,
                        const struct corr_signal *signal)
{
    const struct cw_text have = corr_signal_label(signal, matcher->label);
    struct cw_text want = matcher->value;
    if (want.size > 0 && want.bytes[want.size - 1] == '*') {
        want.size--;
        return cw_text_starts(have, want);
    }
    if (cw_text_is(matcher->label, "severity"))
        return same_letters(have, want);
    return cw_text_equal(have, want);
}

static bool covers(const struct corr_silence *silence,
                   const struct corr_signal *signal)
{
    for (size_t i = 0; i < silence->matchers_count; i++)
        if (!corr_matcher_holds(&silence->matchers[i], signal))
            return false;
    return true;
}

const struct corr_silence *
corr_silences_find(const struct corr_silences *silences,
                   const struct corr_signal *signal)
{
    for (size_t i = 0; i < silences->count; i++)
        if (covers(silences->list[i], signal))
            return silences->list[i];
    return NULL;
}

static void save_one(const struct corr_silence *silence, struct cw_pack *out)
{
    cw_pack_text(out, silence->name);
    cw_pack_text(out, silence->by);
    cw_pack_text(out, silence->reason);
    cw_pack_i64(out, silence->expires_at);
    cw_pack_u8(out, (uint8_t)silence->matchers_count);
    for (size_t i = 0; i < silence->matchers_count; i++) {
        cw_pack_text(out, silence->matchers[i].label);
        cw_pack_text(out, silence->matchers[i].value);
    }
}

void corr_silences_save(const struct corr_silences *silences,
                        struct cw_pack *out)
{
    cw_pack_u32(out, (uint32_t)silences->count);
    for (size_t i = 0; i < silences->count; i++)
        save_one(silences->list[i], out);
}

enum cw_status corr_silences_load(struct corr_silences *silences,
                                  struct cw_unpack *in, struct cw_error *err)
{
    struct cw_matcher matchers[CORR_MATCHERS_MAX];
    const uint32_t count = cw_unpack_count(in, SAVED_SIZE);
    enum cw_status status = CW_OK;
    for (uint32_t i = 0; i < count && status == CW_OK; i++) {
        struct corr_silence silence = {.name = cw_unpack_text(in)};
        silence.id = corr_silence_id(silence.name);
        silence.by = cw_unpack_text(in);
        silence.reason = cw_unpack_text(in);
        silence.expires_at = cw_unpack_i64(in);
        silence.matchers = matchers;
        silence.matchers_count = cw_unpack_u8(in);
        if (silence.matchers_count > CORR_MATCHERS_MAX)
            return cw_fail(err, CW_BAD_STATE, "silence of %zu matchers",
                           silence.matchers_count);
        for (size_t k = 0; k < silence.matchers_count; k++) {
            matchers[k].label = cw_unpack_text(in);
            matchers[k].value = cw_unpack_text(in);
        }
        status = append(silences, &silence, err);
    }
    return status;
}
