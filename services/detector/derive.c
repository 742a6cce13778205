#include "derive.h"

#include "base/hash.h"
#include "config.h"

#define WINDOW_US DETECTOR_MINUTE

static const struct {
    const char *suffix; /* after the separator */
    enum derive_role role;
} suffixes[] = {
    {"sum", ROLE_SUM},
    {"count", ROLE_COUNT},
    {"errors", ROLE_ERRORS},
};

enum derive_role derive_role_of(struct cw_text name, struct cw_text *stem)
{
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const struct cw_text suffix = cw_text_of(suffixes[i].suffix);
        if (name.size < suffix.size + 2)
            continue;
        const size_t at = name.size - suffix.size;
        const char separator = name.bytes[at - 1];
        const struct cw_text end = {name.bytes + at, suffix.size};
        if ((separator != '.' && separator != '_') ||
            !cw_text_equal(end, suffix))
            continue;
        *stem = (struct cw_text){name.bytes, at - 1};
        return suffixes[i].role;
    }
    return ROLE_NONE;
}

uint64_t derive_key(const struct cw_series_definition *definition,
                    struct cw_text stem)
{
    uint64_t key = cw_hash_text(definition->tenant);
    key = cw_hash_mix_text(key, definition->entity.kind);
    key = cw_hash_mix_text(key, definition->entity.name);
    key = cw_hash_mix_text(key, stem);
    for (size_t i = 0; i < definition->labels_count; i++) {
        key = cw_hash_mix_text(key, definition->labels[i].key);
        key = cw_hash_mix_text(key, definition->labels[i].value);
    }
    return key;
}

void quotient_add_top(struct quotient *quotient, int64_t at, double events)
{
    quotient->top += events;
    quotient->top_at = at;
}

void quotient_add_bottom(struct quotient *quotient, int64_t at, double events)
{
    quotient->bottom += events;
    quotient->bottom_at = at;
}

static void empty_window(struct quotient *quotient)
{
    quotient->window_top = 0.0;
    quotient->window_bottom = 0.0;
    quotient->window_from = 0;
}

bool quotient_at(struct quotient *quotient, int64_t at, bool lenient,
                 double *value)
{
    if (quotient->bottom_at != at || (quotient->top_at != at && !lenient))
        return false;
    if (quotient->window_from == 0)
        quotient->window_from = at;
    quotient->window_top += quotient->top;
    quotient->window_bottom += quotient->bottom;
    quotient->top = 0.0;
    quotient->bottom = 0.0;
    if (quotient->window_bottom >= DERIVE_LEAST) {
        *value = quotient->window_top / quotient->window_bottom;
        empty_window(quotient);
        return true;
    }
    if (at - quotient->window_from >= WINDOW_US)
        empty_window(quotient);
    return false;
}

void quotient_save(const struct quotient *quotient, struct cw_pack *out)
{
    cw_pack_f64(out, quotient->top);
    cw_pack_f64(out, quotient->bottom);
    cw_pack_i64(out, quotient->top_at);
    cw_pack_i64(out, quotient->bottom_at);
    cw_pack_f64(out, quotient->window_top);
    cw_pack_f64(out, quotient->window_bottom);
    cw_pack_i64(out, quotient->window_from);
}

void quotient_load(struct quotient *quotient, struct cw_unpack *in)
{
    quotient->top = cw_unpack_f64(in);
    quotient->bottom = cw_unpack_f64(in);
    quotient->top_at = cw_unpack_i64(in);
    quotient->bottom_at = cw_unpack_i64(in);
    quotient->window_top = cw_unpack_f64(in);
    quotient->window_bottom = cw_unpack_f64(in);
    quotient->window_from = cw_unpack_i64(in);
}
