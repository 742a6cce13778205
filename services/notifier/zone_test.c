#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "zone.h"

#define SECOND_US INT64_C(1000000)
#define WINTER    (INT64_C(1772366400) * SECOND_US) /* 2026-03-01 12:00 UTC */

/* A zone of our own: +1 h CET, from 2026-03-29 01:00 UTC on +2 h CEST. */
static const unsigned char made_zone[] = {
    'T', 'Z', 'i', 'f',  '2',  0,   0,    0,    0,    0,    0,    0, 0, 0,
    0,   0,   0,   0,    0,    0,   0,    0,    0,    0,    0,    0, 0, 0,
    0,   0,   0,   0,    0,    0,   0,    0,    0,    0,    0,    1, 0, 0,
    0,   1,   0,   0,    0,    0,   0,    0,    0, /* first block: one type, one
                                                      character */
    'T', 'Z', 'i', 'f',  '2',  0,   0,    0,    0,    0,    0,    0, 0, 0,
    0,   0,   0,   0,    0,    0,   0,    0,    0,    0,    0,    0, 0, 0,
    0,   0,   0,   0,    0,    0,   0,    1,    0,    0,    0,    2, 0, 0,
    0,   9,   0,   0,    0,    0,   0x69, 0xc8, 0x79, 0x90, /* 1774746000 */
    1,   0,   0,   0x0e, 0x10, 0,   0,    0,    0,    0x1c, 0x20, 1, 4, 'C',
    'E', 'T', 0,   'C',  'E',  'S', 'T',  0};

static void write_zone(const char *folder, size_t size)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/Made", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(made_zone, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void drop_zone(const char *folder)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/Made", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void tells_both_times(void **state)
{
    (void)state;
    char folder[] = "/tmp/causeway-zone-XXXXXX";
    char text[NOTIFIER_ZONE_TEXT_SIZE];
    struct cw_error err = {0};
    struct notifier_zone *zone = NULL;
    assert_non_null(mkdtemp(folder));
    write_zone(folder, sizeof(made_zone));
    if (notifier_zone_open(&zone, folder, "Made", &err) != CW_OK)
        fail_msg("%s", err.text);
    (void)notifier_zone_format(zone, WINTER, text);
    assert_string_equal(text, "2026-03-01 12:00:00 UTC (13:00:00 CET)");
    (void)notifier_zone_format(zone, INT64_C(1774745999) * SECOND_US, text);
    assert_string_equal(text, "2026-03-29 00:59:59 UTC (01:59:59 CET)");
    (void)notifier_zone_format(zone, INT64_C(1774746000) * SECOND_US, text);
    assert_string_equal(text, "2026-03-29 01:00:00 UTC (03:00:00 CEST)");
    (void)notifier_zone_format(zone, INT64_C(1774828800) * SECOND_US - 1, text);
    assert_string_equal(text,
                        "2026-03-29 23:59:59 UTC (2026-03-30 01:59:59 CEST)");
    notifier_zone_close(&zone);
    drop_zone(folder);
}

static void utc_needs_no_file_and_says_nothing_twice(void **state)
{
    (void)state;
    char text[NOTIFIER_ZONE_TEXT_SIZE];
    struct cw_error err = {0};
    struct notifier_zone *zone = NULL;
    assert_int_equal(notifier_zone_open(&zone, "/nowhere", "UTC", &err), CW_OK);
    (void)notifier_zone_format(zone, WINTER, text);
    assert_string_equal(text, "2026-03-01 12:00:00 UTC");
    notifier_zone_close(&zone);
    (void)notifier_zone_format(NULL, WINTER, text);
    assert_string_equal(text, "2026-03-01 12:00:00 UTC");
}

static void refuses_what_is_no_zone(void **state)
{
    (void)state;
    char folder[] = "/tmp/causeway-zone-XXXXXX";
    struct cw_error err = {0};
    struct notifier_zone *zone = NULL;
    const char *const names[] = {"", "../passwd", "/etc/passwd", "No/Such",
                                 "a b"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(notifier_zone_open(&zone, NULL, names[i], &err),
                         CW_BAD_CONFIG);
    assert_non_null(mkdtemp(folder));
    for (size_t size = 0; size < sizeof(made_zone); size++) { /* cut anywhere */
        write_zone(folder, size);
        assert_int_equal(notifier_zone_open(&zone, folder, "Made", &err),
                         CW_BAD_CONFIG);
    }
    drop_zone(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_both_times),
        cmocka_unit_test(utc_needs_no_file_and_says_nothing_twice),
        cmocka_unit_test(refuses_what_is_no_zone),
    };
    return cmocka_run_group_tests_name("notifier.zone", tests, NULL, NULL);
}
