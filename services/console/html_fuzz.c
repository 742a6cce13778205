/* Text of strangers opens no tag, ends no attribute, and stays UTF-8. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "html.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct html html;
    char *terminated = malloc(size + 1);
    if (terminated == NULL)
        return 0;
    if (size > 0)
        memcpy(terminated, bytes, size);
    terminated[size] = '\0';
    html_init(&html);
    html_text(&html, (struct cw_text){(const char *)bytes, size});
    html_url(&html, terminated);
    const struct cw_text page = {html.bytes, html.size};
    check(!html.failed && cw_utf8_valid(page));
    for (size_t i = 0; i < page.size; i++)
        check(strchr("<>\"'", page.bytes[i]) == NULL || page.bytes[i] == '\0');
    check(page.size == 0 || memchr(page.bytes, '\0', page.size) == NULL);
    html_fini(&html);
    free(terminated);
    return 0;
}
