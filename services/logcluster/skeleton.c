#include "skeleton.h"

#include "base/hash.h"
#include "mask.h"
#include "tokens.h"

#define ID_SEED UINT64_C(0x63617573657761f9)

/* Where the scan stands. */
struct scan {
    struct skeleton *skeleton;
    const char *bytes;
    size_t end;
    struct tokens_gap gap;    /* before the current run */
    struct cw_text previous;  /* run before it */
    bool in_value;            /* the run belongs to a value begun before */
    bool commas;              /* ... which may hold commas */
    bool bracket;             /* inside ( ... ) */
    size_t bracket_count;     /* items when it opened */
    size_t bracket_constants; /* constants when it opened */
};

static struct cw_text text_of(const struct scan *scan, struct tokens_run run)
{
    return (struct cw_text){scan->bytes + run.at, run.size};
}

static char byte_at(const struct scan *scan, size_t at)
{
    if (at < scan->end)
        return scan->bytes[at];
    return '\0';
}

static char last_of_gap(const struct scan *scan)
{
    const struct tokens_gap gap = scan->gap;
    if (gap.size == 0)
        return '\0';
    return scan->bytes[gap.at + gap.size - 1];
}

/* `key=value`, the key touching: not `a == b`, `a => b` or `= b`. */
static bool stands_behind_equal(const struct scan *scan)
{
    return scan->gap.size == 1 && (scan->gap.kinds & TOKENS_EQUAL) &&
           scan->previous.size > 0;
}

/* "value" but not "key":, and not the t of don't. */
static bool stands_in_quotes(const struct scan *scan, struct tokens_run run)
{
    if (!(scan->gap.kinds & TOKENS_QUOTE))
        return false;
    const char quote = last_of_gap(scan);
    const size_t after = run.at + run.size;
    if (byte_at(scan, after) != quote)
        return false;
    const char next = byte_at(scan, after + 1);
    return next != ':' && next != '=';
}

/* The first word of "acls to: yarn,curi": words touching their commas. */
static bool begins_a_list(const struct scan *scan, struct tokens_run run)
{
    const size_t after = run.at + run.size;
    return (scan->gap.kinds & (TOKENS_COLON | TOKENS_EQUAL | TOKENS_OPEN)) !=
               0 &&
           byte_at(scan, after) == ',' && after + 1 < scan->end &&
           !tokens_is_delimiter(scan->bytes[after + 1]);
}

static bool names_a_port(const struct scan *scan, struct tokens_run run)
{
    const size_t after = run.at + run.size;
    const char next = byte_at(scan, after + 1);
    return (run.classes & TOKENS_DOT) && byte_at(scan, after) == ':' &&
           next >= '0' && next <= '9';
}

static bool is_hex_pair(const struct scan *scan, size_t at)
{
    if (at + 2 > scan->end ||
        (at + 2 < scan->end && !tokens_is_delimiter(scan->bytes[at + 2])))
        return false;
    const unsigned classes = tokens_run(scan->bytes, at, at + 2).classes;
    return !(classes & (TOKENS_NOT_HEX | TOKENS_SIGN | TOKENS_DELIMITER)) &&
           tokens_run(scan->bytes, at, at + 2).size == 2;
}

/* One of the pairs of FF:AB:DC: hex pairs joined by colons. */
static bool belongs_to_an_address(const struct scan *scan,
                                  struct tokens_run run)
{
    if (run.size != 2 || !is_hex_pair(scan, run.at))
        return false;
    const bool before =
        scan->gap.size == 1 && (scan->gap.kinds & TOKENS_COLON) &&
        scan->previous.size == 2 && is_hex_pair(scan, run.at - 3);
    const bool after =
        byte_at(scan, run.at + 2) == ':' && is_hex_pair(scan, run.at + 3);
    return before || after;
}

static bool continues_value(const struct scan *scan)
{
    unsigned stops = TOKENS_SPACE | TOKENS_CLOSE | TOKENS_QUOTE;
    if (!scan->commas)
        stops |= TOKENS_COMMA;
    return scan->in_value && !(scan->gap.kinds & stops);
}

static bool looks_like_value(const struct scan *scan, struct tokens_run run)
{
    return mask_is_value(text_of(scan, run), run.classes) ||
           names_a_port(scan, run) || belongs_to_an_address(scan, run);
}

static bool is_value(struct scan *scan, struct tokens_run run)
{
    if (continues_value(scan))
        return true;
    scan->in_value = false;
    if (scan->gap.kinds == TOKENS_SPACE) /* most words; nothing marks them */
        return looks_like_value(scan, run);
    const bool behind_equal = stands_behind_equal(scan);
    if ((behind_equal || stands_in_quotes(scan, run)) &&
        !mask_is_telling_key(scan->previous)) {
        scan->in_value = behind_equal;
        scan->commas = false;
        return true;
    }
    if (begins_a_list(scan, run)) {
        scan->in_value = true;
        scan->commas = true;
        return true;
    }
    return looks_like_value(scan, run);
}

static bool last_is_value(const struct skeleton *skeleton)
{
    return skeleton->count > 0 &&
           skeleton->items[skeleton->count - 1].hash == SKELETON_VALUE;
}

static void stretch_last(struct skeleton *skeleton, struct tokens_run run)
{
    struct skeleton_item *last = &skeleton->items[skeleton->count - 1];
    last->size = (uint32_t)(run.at + run.size) - last->at;
}

/* The first value of a bracket stays apart: the bracket may be left out. */
static void add_value(const struct scan *scan, struct tokens_run run)
{
    struct skeleton *skeleton = scan->skeleton;
    const bool first_of_bracket =
        scan->bracket && skeleton->count == scan->bracket_count;
    if (last_is_value(skeleton) && !first_of_bracket) {
        stretch_last(skeleton, run);
        return;
    }
    skeleton->items[skeleton->count++] = (struct skeleton_item){
        SKELETON_VALUE, (uint32_t)run.at, (uint32_t)run.size};
}

/* "done." and "done" are one word. */
static struct cw_text without_stop(struct cw_text token)
{
    while (token.size > 1 && (token.bytes[token.size - 1] == '.' ||
                              token.bytes[token.size - 1] == '!'))
        token.size--;
    return token;
}

static void add_constant(struct scan *scan, struct tokens_run run)
{
    struct skeleton *skeleton = scan->skeleton;
    const struct cw_text token = without_stop(text_of(scan, run));
    if (last_is_value(skeleton) && mask_is_unit(token)) {
        stretch_last(skeleton, run);
        return;
    }
    const uint64_t hash = cw_hash_text(token);
    skeleton->items[skeleton->count++] =
        (struct skeleton_item){hash == SKELETON_VALUE ? 1 : hash,
                               (uint32_t)run.at, (uint32_t)token.size};
    skeleton->constant_count++;
}

/* A bracket of values only leaves the skeleton; its values stay unseen. */
static void close_bracket(struct scan *scan)
{
    struct skeleton *skeleton = scan->skeleton;
    const bool open = scan->bracket;
    scan->bracket = false;
    if (!open || skeleton->constant_count != scan->bracket_constants ||
        skeleton->count != scan->bracket_count + 1 ||
        skeleton->hidden_count == SKELETON_HIDDEN_MAX)
        return;
    const struct skeleton_item *last = &skeleton->items[--skeleton->count];
    skeleton->hidden[skeleton->hidden_count++] =
        (struct skeleton_span){last->at, last->size};
}

static void cross_gap(struct scan *scan)
{
    if (scan->gap.closes_round)
        close_bracket(scan);
    if (scan->gap.opens_round) {
        scan->bracket = true;
        scan->bracket_count = scan->skeleton->count;
        scan->bracket_constants = scan->skeleton->constant_count;
    }
}

static bool is_full(const struct scan *scan)
{
    const struct skeleton *skeleton = scan->skeleton;
    return skeleton->count == SKELETON_ITEM_MAX ||
           (skeleton->constant_count > 0 && (scan->gap.kinds & TOKENS_NEWLINE));
}

static uint64_t id_of(const struct skeleton *skeleton)
{
    uint64_t id = ID_SEED;
    for (size_t i = 0; i < skeleton->count; i++)
        id = cw_hash_mix(id, skeleton->items[i].hash);
    return id;
}

void skeleton_build(struct skeleton *skeleton, struct cw_text line)
{
    struct scan scan = {
        .skeleton = skeleton,
        .bytes = line.bytes,
        .end = line.size < SKELETON_LINE_MAX ? line.size : SKELETON_LINE_MAX};
    size_t at = 0;
    skeleton->count = 0;
    skeleton->constant_count = 0;
    skeleton->hidden_count = 0;
    for (;;) {
        scan.gap = tokens_gap(scan.bytes, at, scan.end);
        at += scan.gap.size;
        if (scan.gap.kinds & (TOKENS_OPEN | TOKENS_CLOSE))
            cross_gap(&scan);
        if (at == scan.end || is_full(&scan))
            break;
        const struct tokens_run run = tokens_run(scan.bytes, at, scan.end);
        if (at + run.size == SKELETON_LINE_MAX)
            break; /* half a token tells nothing */
        if (is_value(&scan, run))
            add_value(&scan, run);
        else
            add_constant(&scan, run);
        scan.previous = text_of(&scan, run);
        at += run.size;
    }
    skeleton->end = at == line.size ? at : scan.gap.at;
    skeleton->id = id_of(skeleton);
}

uint64_t skeleton_id(const uint64_t *hashes, size_t count)
{
    uint64_t id = ID_SEED;
    for (size_t i = 0; i < count; i++)
        id = cw_hash_mix(id, hashes[i]);
    return id;
}
