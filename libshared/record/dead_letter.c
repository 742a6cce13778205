#include "record/dead_letter.h"

#include <inttypes.h>

/* Ends the message of a letter that does not hold the whole record. */
#define CUT_MARK " [cut: "

/* An empty header takes room too: the two lengths. */
#define HEADER_FRAME_SIZE 2

static size_t headers_size(const struct cw_refusal *refusal)
{
    size_t size = 0;
    for (size_t i = 0; i < refusal->header_count; i++)
        size += refusal->headers[i].key.size + refusal->headers[i].value.size +
                HEADER_FRAME_SIZE;
    return size;
}

static struct cw_text cut(struct cw_text text, size_t *left)
{
    if (text.size > *left)
        text.size = *left;
    *left -= text.size;
    return text;
}

static struct cw_text message_of(const struct cw_refusal *refusal,
                                 const struct cw_dead_letter *letter,
                                 const struct cw_error *reason,
                                 struct cw_arena *arena)
{
    const bool whole = letter->key.size == refusal->key.size &&
                       letter->value.size == refusal->value.size &&
                       letter->headers_count == refusal->header_count;
    const struct cw_text message =
        whole
            ? cw_arena_print(arena, "%s", reason->text)
            : cw_arena_print(arena,
                             "%s" CUT_MARK
                             "key %zu of %zu bytes, value %zu of %zu, "
                             "headers %zu of %zu]",
                             reason->text, letter->key.size, refusal->key.size,
                             letter->value.size, refusal->value.size,
                             letter->headers_count, refusal->header_count);
    if (message.size > 0)
        return message;
    return whole ? cw_text_of(cw_status_text(reason->status))
                 : CW_TEXT("refused" CUT_MARK "no memory to say what]");
}

struct cw_dead_letter cw_dead_letter_of(const struct cw_refusal *refusal,
                                        const struct cw_error *reason,
                                        size_t max_size, struct cw_arena *arena)
{
    struct cw_dead_letter letter = {
        .meta = refusal->meta,
        .code = cw_text_of(cw_status_code(reason->status)),
        .service = refusal->service,
        .topic = refusal->topic,
        .partition = refusal->partition,
        .offset = refusal->offset,
        .index = refusal->index,
        .retry = refusal->retry,
        .timestamp_at = refusal->timestamp_at,
        .has_key = refusal->has_key,
    };
    size_t left = max_size;
    letter.key = cut(refusal->key, &left);
    letter.value = cut(refusal->value, &left);
    if (headers_size(refusal) <= left) {
        letter.headers = refusal->headers;
        letter.headers_count = refusal->header_count;
    }
    letter.message = message_of(refusal, &letter, reason, arena);
    return letter;
}

bool cw_dead_letter_is_whole(const struct cw_dead_letter *letter)
{
    return letter->message.size == 0 ||
           memmem(letter->message.bytes, letter->message.size, CUT_MARK,
                  sizeof(CUT_MARK) - 1) == NULL;
}

enum cw_status cw_dead_letter_headers(const struct cw_dead_letter *letter,
                                      struct cw_text build,
                                      struct cw_arena *arena,
                                      struct cw_header_bytes *headers,
                                      struct cw_error *err)
{
    const struct cw_text partition =
        cw_arena_print(arena, "%" PRId32, letter->partition);
    const struct cw_text offset =
        cw_arena_print(arena, "%" PRId64, letter->offset);
    if (partition.size == 0 || offset.size == 0)
        return cw_fail(err, CW_NO_MEMORY, "headers of a dead letter");
    const struct cw_header_bytes all[CW_DEAD_LETTER_HEADER_COUNT] = {
        {CW_TEXT("causeway.error.code"), letter->code},
        {CW_TEXT("causeway.error.message"), letter->message},
        {CW_TEXT("causeway.error.service"), letter->service},
        {CW_TEXT("causeway.error.topic"), letter->topic},
        {CW_TEXT("causeway.error.partition"), partition},
        {CW_TEXT("causeway.error.offset"), offset},
        {CW_TEXT("causeway.error.build"), build},
    };
    memcpy(headers, all, sizeof(all));
    return CW_OK;
}
