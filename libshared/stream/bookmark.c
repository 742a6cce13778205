#include "stream/bookmark.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

size_t cw_bookmark_format(const char *name, int64_t at,
                          char out[CW_BOOKMARK_TEXT_SIZE])
{
    return (size_t)snprintf(out, CW_BOOKMARK_TEXT_SIZE, "%.16s=%" PRId64, name,
                            at);
}

void cw_bookmark_attach(rd_kafka_topic_partition_t *offset, const char *name,
                        int64_t at)
{
    char text[CW_BOOKMARK_TEXT_SIZE];
    if (at == CW_BOOKMARK_NONE)
        return;
    const size_t size = cw_bookmark_format(name, at, text);
    offset->metadata = strdup(text);
    offset->metadata_size = offset->metadata == NULL ? 0 : size;
}

int64_t cw_bookmark_parse(const char *name, struct cw_text text)
{
    char number[24];
    char *end = NULL;
    const struct cw_text wanted = cw_text_of(name);
    if (!cw_text_starts(text, wanted) || text.size == wanted.size ||
        text.bytes[wanted.size] != '=')
        return CW_BOOKMARK_NONE;
    const size_t size = text.size - wanted.size - 1;
    if (size == 0 || size >= sizeof(number))
        return CW_BOOKMARK_NONE;
    memcpy(number, text.bytes + wanted.size + 1, size);
    number[size] = '\0';
    if (strspn(number, "-0123456789") != size)
        return CW_BOOKMARK_NONE;
    const int64_t at = strtoll(number, &end, 10);
    return *end == '\0' && cw_time_is_bounded(at) ? at : CW_BOOKMARK_NONE;
}
