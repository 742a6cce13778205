#include "pattern.h"

#include <stdlib.h>
#include <strings.h>

#include "mask.h"

#define WIDE_CONSTANTS_MIN  2 /* fewer constants say too little to widen */
#define FIRST_CONSTANTS_MIN 4 /* ... and to let the first word vary */
#define SEVERITY_ERROR      17
#define SEVERITY_WARNING    13

/* NULL without memory. */
static struct pattern *allocate(size_t item_count, size_t outline_size)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    if (pattern == NULL)
        return NULL;
    pattern->hashes = calloc(item_count + 1, sizeof(*pattern->hashes));
    pattern->outline = calloc(outline_size + 1, 1);
    if (pattern->hashes == NULL || pattern->outline == NULL)
        pattern_destroy(&pattern);
    if (pattern == NULL)
        return NULL;
    pattern->item_count = (uint32_t)item_count;
    pattern->outline_size = outline_size;
    return pattern;
}

enum cw_status pattern_create(struct pattern **made,
                              const struct skeleton *skeleton,
                              struct cw_text line, struct cw_error *err)
{
    char outline[TEMPLATE_OUTLINE_MAX];
    const size_t outline_size = template_outline(skeleton, line, outline);
    struct pattern *pattern = allocate(skeleton->count, outline_size);
    if (pattern == NULL)
        return cw_fail(err, CW_NO_MEMORY, "pattern");
    memcpy(pattern->outline, outline, outline_size);
    for (size_t i = 0; i < skeleton->count; i++) {
        const struct skeleton_item item = skeleton->items[i];
        const struct cw_text token = {line.bytes + item.at, item.size};
        pattern->hashes[i] = item.hash;
        if (item.hash != SKELETON_VALUE && mask_is_state(token))
            pattern->states |= UINT64_C(1) << i;
    }
    pattern->constant_count = (uint32_t)skeleton->constant_count;
    pattern->id = skeleton->id;
    pattern->changed = true;
    *made = pattern;
    return CW_OK;
}

void pattern_destroy(struct pattern **pattern)
{
    if (*pattern == NULL)
        return;
    for (size_t i = 0; i < (*pattern)->example_count; i++)
        free((*pattern)->example_bytes[i]);
    free((*pattern)->hashes);
    free((*pattern)->outline);
    free(*pattern);
    *pattern = NULL;
}

bool pattern_may_vary(size_t at, size_t constant_count)
{
    return constant_count >=
           (at == 0 ? FIRST_CONSTANTS_MIN : WIDE_CONSTANTS_MIN);
}

/* Whether the value at item i takes constants too, state words apart. */
static bool takes_constants(const struct pattern *pattern, size_t i)
{
    return pattern->hashes[i] == SKELETON_VALUE &&
           ((pattern->wide >> i & 1) != 0 ||
            pattern_may_vary(i, pattern->constant_count));
}

bool pattern_covers(const struct pattern *pattern, const struct pattern *other)
{
    if (pattern->item_count != other->item_count)
        return false;
    for (size_t i = 0; i < pattern->item_count; i++)
        if (pattern->hashes[i] != other->hashes[i] &&
            ((other->states >> i & 1) != 0 || !takes_constants(pattern, i)))
            return false;
    return true;
}

bool pattern_covers_line(const struct pattern *pattern,
                         const struct skeleton *skeleton, struct cw_text line)
{
    if (pattern->item_count != skeleton->count)
        return false;
    for (size_t i = 0; i < pattern->item_count; i++) {
        const struct skeleton_item item = skeleton->items[i];
        if (pattern->hashes[i] != item.hash &&
            (!takes_constants(pattern, i) ||
             mask_is_state((struct cw_text){line.bytes + item.at, item.size})))
            return false;
    }
    return true;
}

static void widen(struct pattern *pattern, const struct pattern *other)
{
    bool changed = false;
    for (size_t i = 0; i < pattern->item_count; i++) {
        if (pattern->hashes[i] == other->hashes[i] ||
            pattern->hashes[i] == SKELETON_VALUE)
            continue;
        pattern->hashes[i] = SKELETON_VALUE;
        pattern->states &= ~(UINT64_C(1) << i);
        pattern->wide |= UINT64_C(1) << i;
        pattern->constant_count--;
        changed = true;
    }
    pattern->wide |= other->wide;
    if (changed)
        pattern->id = skeleton_id(pattern->hashes, pattern->item_count);
}

static void remember(struct pattern *pattern, uint64_t id)
{
    for (size_t i = 0; i < pattern->replaced_count; i++)
        if (pattern->replaced[i] == id)
            return;
    if (pattern->replaced_count < PATTERN_LINEAGE_MAX)
        pattern->replaced[pattern->replaced_count++] = id;
}

/* The smaller text of the two, so that the order of arrival does not show. */
static void choose_outline(struct pattern *pattern, const struct pattern *other)
{
    const struct cw_text mine = {pattern->outline, pattern->outline_size};
    const struct cw_text theirs = {other->outline, other->outline_size};
    if (cw_text_compare(mine, theirs) <= 0)
        return;
    char *copy = malloc(theirs.size + 1);
    if (copy == NULL)
        return; /* the other text is as true */
    memcpy(copy, theirs.bytes, theirs.size);
    free(pattern->outline);
    pattern->outline = copy;
    pattern->outline_size = theirs.size;
}

static void add_example(struct pattern *pattern, struct cw_text example)
{
    if (pattern->example_count == PATTERN_EXAMPLE_COUNT || example.size == 0)
        return;
    for (size_t i = 0; i < pattern->example_count; i++)
        if (cw_text_equal(pattern->examples[i], example))
            return;
    char *copy = malloc(example.size);
    if (copy == NULL)
        return; /* an example less is no wrong */
    memcpy(copy, example.bytes, example.size);
    pattern->example_bytes[pattern->example_count] = copy;
    pattern->examples[pattern->example_count++] =
        (struct cw_text){copy, example.size};
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void pattern_absorb(struct pattern *pattern, const struct pattern *other)
{
    widen(pattern, other);
    choose_outline(pattern, other);
    for (size_t i = 0; i < other->replaced_count; i++)
        remember(pattern, other->replaced[i]);
    remember(pattern, other->id);
    for (size_t i = 0; i < other->example_count; i++)
        add_example(pattern, other->examples[i]);
    pattern->first_event_at =
        pattern->lines == 0
            ? other->first_event_at
            : earlier(pattern->first_event_at, other->first_event_at);
    pattern->made_at = pattern->lines == 0
                           ? other->made_at
                           : earlier(pattern->made_at, other->made_at);
    if (other->last_at > pattern->last_at)
        pattern->last_at = other->last_at;
    if (other->severity > pattern->severity)
        pattern->severity = other->severity;
    pattern->lines += other->lines;
    pattern->window_lines += other->window_lines;
    pattern->tracked |= other->tracked;
    pattern->watched |= other->watched;
    pattern->changed = true;
}

void pattern_keep_example(struct pattern *pattern, struct cw_text line)
{
    if (pattern->example_count == PATTERN_EXAMPLE_COUNT)
        return;
    char text[PATTERN_EXAMPLE_SIZE];
    const size_t size = template_example(line, text, sizeof(text));
    add_example(pattern, (struct cw_text){text, size});
}

size_t pattern_text(const struct pattern *pattern, char text[TEMPLATE_SIZE_MAX])
{
    return template_render(
        (struct cw_text){pattern->outline, pattern->outline_size},
        pattern->hashes, pattern->item_count, text);
}

static bool is_any(struct cw_text token, const char *const *words)
{
    for (; *words != NULL; words++)
        if (token.size == strlen(*words) &&
            strncasecmp(token.bytes, *words, token.size) == 0)
            return true;
    return false;
}

static bool ends_in(struct cw_text token, const char *end)
{
    const size_t size = strlen(end);
    return token.size >= size &&
           memcmp(token.bytes + token.size - size, end, size) == 0;
}

int32_t pattern_guess_severity(const struct skeleton *skeleton,
                               struct cw_text line)
{
    static const char *const error[] = {
        "error",    "errors",  "fatal",     "panic", "critical", "failed",
        "failure",  "refused", "exception", "crash", "crashed",  "aborted",
        "segfault", "killed",  "deadlock",  NULL};
    static const char *const warning[] = {"warn",       "warning",  "timeout",
                                          "retry",      "retrying", "denied",
                                          "deprecated", NULL};
    int32_t severity = 0;
    for (size_t i = 0; i < skeleton->count; i++) {
        const struct skeleton_item item = skeleton->items[i];
        const struct cw_text token = {line.bytes + item.at, item.size};
        if (item.hash == SKELETON_VALUE)
            continue;
        if (is_any(token, error) || ends_in(token, "Exception") ||
            ends_in(token, "Error"))
            return SEVERITY_ERROR;
        if (is_any(token, warning))
            severity = SEVERITY_WARNING;
    }
    return severity;
}

void pattern_save(const struct pattern *pattern, struct cw_pack *out)
{
    cw_pack_u32(out, pattern->serial);
    cw_pack_u32(out, pattern->item_count);
    for (size_t i = 0; i < pattern->item_count; i++)
        cw_pack_u64(out, pattern->hashes[i]);
    cw_pack_u64(out, pattern->states);
    cw_pack_u64(out, pattern->wide);
    cw_pack_text(out,
                 (struct cw_text){pattern->outline, pattern->outline_size});
    cw_pack_u32(out, (uint32_t)pattern->example_count);
    for (size_t i = 0; i < pattern->example_count; i++)
        cw_pack_text(out, pattern->examples[i]);
    cw_pack_u32(out, (uint32_t)pattern->replaced_count);
    for (size_t i = 0; i < pattern->replaced_count; i++)
        cw_pack_u64(out, pattern->replaced[i]);
    cw_pack_i64(out, pattern->first_event_at);
    cw_pack_i64(out, pattern->made_at);
    cw_pack_i64(out, pattern->last_at);
    cw_pack_u64(out, pattern->lines);
    cw_pack_u64(out, pattern->window_lines);
    cw_pack_u32(out, (uint32_t)pattern->severity);
    cw_pack_bool(out, pattern->tracked);
    cw_pack_bool(out, pattern->changed);
    cw_pack_bool(out, pattern->watched);
}

static void load_items(struct pattern *pattern, const uint64_t *hashes)
{
    for (size_t i = 0; i < pattern->item_count; i++) {
        pattern->hashes[i] = hashes[i];
        pattern->constant_count += hashes[i] != SKELETON_VALUE;
    }
    pattern->id = skeleton_id(pattern->hashes, pattern->item_count);
}

static void load_counts(struct pattern *pattern, struct cw_unpack *in)
{
    const uint32_t examples = cw_unpack_count(in, sizeof(uint32_t));
    for (uint32_t i = 0; i < examples; i++)
        add_example(pattern, cw_unpack_text(in));
    const uint32_t replaced = cw_unpack_count(in, sizeof(uint64_t));
    for (uint32_t i = 0; i < replaced; i++)
        remember(pattern, cw_unpack_u64(in));
    pattern->first_event_at = cw_unpack_i64(in);
    pattern->made_at = cw_unpack_i64(in);
    pattern->last_at = cw_unpack_i64(in);
    pattern->lines = cw_unpack_u64(in);
    pattern->window_lines = cw_unpack_u64(in);
    pattern->severity = (int32_t)cw_unpack_u32(in);
    pattern->tracked = cw_unpack_bool(in);
    pattern->changed = cw_unpack_bool(in);
    pattern->watched = cw_unpack_bool(in);
}

enum cw_status pattern_load(struct pattern **made, struct cw_unpack *in,
                            struct cw_error *err)
{
    const uint32_t serial = cw_unpack_u32(in);
    const uint32_t item_count = cw_unpack_count(in, sizeof(uint64_t));
    if (item_count > SKELETON_ITEM_MAX)
        return cw_fail(err, CW_BAD_STATE, "pattern of %u items", item_count);
    uint64_t hashes[SKELETON_ITEM_MAX];
    for (uint32_t i = 0; i < item_count; i++)
        hashes[i] = cw_unpack_u64(in);
    const uint64_t states = cw_unpack_u64(in);
    const uint64_t wide = cw_unpack_u64(in);
    const struct cw_text outline = cw_unpack_text(in);
    if (outline.size > TEMPLATE_OUTLINE_MAX)
        return cw_fail(err, CW_BAD_STATE, "outline of %zu", outline.size);
    struct pattern *pattern = allocate(item_count, outline.size);
    if (pattern == NULL)
        return cw_fail(err, CW_NO_MEMORY, "pattern");
    pattern->serial = serial;
    if (outline.size > 0)
        memcpy(pattern->outline, outline.bytes, outline.size);
    pattern->states = states;
    pattern->wide = wide;
    load_items(pattern, hashes);
    load_counts(pattern, in);
    *made = pattern;
    return CW_OK;
}
