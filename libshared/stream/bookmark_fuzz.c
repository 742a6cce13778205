/* Any bytes as the metadata of a committed offset: none, or a possible time
 * that, written again, reads back the same. */
#include <stdlib.h>

#include "base/time.h"
#include "stream/bookmark.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[CW_BOOKMARK_TEXT_SIZE];
    const struct cw_text metadata = {(const char *)bytes, size};
    const int64_t at = cw_bookmark_parse("slice", metadata);
    if (at == CW_BOOKMARK_NONE)
        return 0;
    if (!cw_time_is_bounded(at))
        abort();
    (void)cw_bookmark_format("slice", at, text);
    if (cw_bookmark_parse("slice", cw_text_of(text)) != at)
        abort();
    return 0;
}
