/* Any bytes as a time zone file: refused, or every instant has a text that is
 * whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/time.h"
#include "zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_texts(const struct notifier_zone *zone)
{
    static const int64_t instants[] = {0, 1, INT64_C(1700000000000000),
                                       CW_TIME_MAX - 1};
    char text[NOTIFIER_ZONE_TEXT_SIZE];
    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        const size_t length = notifier_zone_format(zone, instants[i], text);
        check(length < sizeof(text) && strlen(text) == length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char name[16];
    struct notifier_zone *zone = NULL;
    struct cw_error err = {0};
    const int file = memfd_create("zone", MFD_CLOEXEC);
    check(file >= 0 && write(file, bytes, size) == (ssize_t)size);
    (void)snprintf(name, sizeof(name), "%d", file);
    if (notifier_zone_open(&zone, "/proc/self/fd", name, &err) == CW_OK)
        check_texts(zone);
    else
        check(zone == NULL && err.text[0] != '\0');
    notifier_zone_close(&zone);
    (void)close(file);
    return 0;
}
