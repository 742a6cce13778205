/* Any text as an instant: what is taken is in range, and written it reads
 * back the same; the same bytes as a number of the epoch. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_instant(int64_t at)
{
    char text[CW_TIME_TEXT_SIZE];
    int64_t again = -1;
    if (at < 0 || at >= CW_TIME_MAX)
        abort();
    (void)cw_time_format(at, text);
    if (!cw_time_parse(cw_text_of(text), &again) || again != at)
        abort();
}

static void check_quantities(struct cw_text text)
{
    char written[CW_QUANTITY_TEXT_SIZE];
    int64_t value = -1;
    int64_t again = -1;
    if (cw_duration_parse(text, &value)) {
        (void)cw_duration_format(value, written);
        if (value < 0 || !cw_duration_parse(cw_text_of(written), &again) ||
            again != value)
            abort();
    }
    if (cw_size_parse(text, &value)) {
        (void)cw_size_format(value, written);
        if (value < 0 || !cw_size_parse(cw_text_of(written), &again) ||
            again != value)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct cw_text text = {(const char *)bytes, size};
    int64_t at;
    int64_t whole = 0;
    double real = 0.0;
    if (cw_time_parse(text, &at))
        check_instant(at);
    check_quantities(text);
    memcpy(&whole, bytes, size < sizeof(whole) ? size : sizeof(whole));
    memcpy(&real, bytes, size < sizeof(real) ? size : sizeof(real));
    if (cw_time_epoch(whole, &at))
        check_instant(at);
    if (cw_time_epoch_real(real, &at))
        check_instant(at);
    return 0;
}
