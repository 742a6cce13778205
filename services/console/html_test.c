#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "charts.h"
#include "html.h"
#include "layout.h"

static void assert_written(struct html *html, const char *want)
{
    assert_int_equal(html->size, strlen(want));
    assert_memory_equal(html->bytes, want, html->size);
    html_fini(html);
}

static void text_of_strangers_is_text(void **state)
{
    (void)state;
    const struct {
        struct cw_text in;
        const char *out;
    } cases[] = {
        {CW_TEXT("<script>alert('1')</script>"),
         "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"},
        {CW_TEXT("\" onload=\"x"), "&quot; onload=&quot;x"},
        {CW_TEXT("&lt;"), "&amp;lt;"},
        {CW_TEXT("a\0b\x1b\xff"), "a\xef\xbf\xbd"
                                  "b\xef\xbf\xbd\xef\xbf\xbd"},
        {CW_TEXT("x\xe2\x80\xaey\xe2\x80\xac"), "xy"},
        {CW_TEXT("\xc3\xa4\n"), "\xc3\xa4\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct html html;
        html_init(&html);
        html_text(&html, cases[i].in);
        assert_written(&html, cases[i].out);
    }
}

static void an_url_part_cannot_leave_its_part(void **state)
{
    (void)state;
    struct html html;
    html_init(&html);
    html_url(&html, "a/b?c=\"d\"&\xc3\xa4");
    assert_written(&html, "a%2Fb%3Fc%3D%22d%22%26%C3%A4");
}

static void a_page_that_is_too_long_still_closes(void **state)
{
    (void)state;
    struct html html;
    html_init(&html);
    layout_begin(&html, "long");
    for (size_t i = 0; i < HTML_MAX; i += 8)
        html_str(&html, "12345678");
    assert_true(html.cut);
    layout_end(&html, NULL);
    assert_true(html.size <= HTML_MAX);
    assert_memory_equal(html.bytes + html.size - 8, "</html>\n", 8);
    html_fini(&html);
}

static void numbers_have_three_digits(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } cases[] = {{0.0, "0"},        {0.01234, "0.0123"}, {999.4, "999"},
                 {1500.0, "1.5k"},  {-2e6, "-2M"},       {3.25e9, "3.25G"},
                 {1e300, "1e+300"}, {(double)NAN, "nan"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        chart_number(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_band_without_numbers_is_no_picture(void **state)
{
    (void)state;
    const struct chart_band none[] = {
        {.actual = (double)NAN},
        {.expected = HUGE_VAL},
        {.actual = -1.7e308, .expected = 1.7e308}};
    struct html html;
    html_init(&html);
    for (size_t i = 0; i < 3; i++)
        chart_band(&html, &none[i]);
    assert_int_equal(html.size, 0);
    const struct chart_band half = {.lower = (double)-INFINITY,
                                    .has_band = true};
    chart_band(&html, &half); /* a band that is open is left out, not the dot */
    html_raw(&html, "");
    assert_null(memmem(html.bytes, html.size, "inf", 3));
    assert_null(memmem(html.bytes, html.size, "range", 5));
    html_fini(&html);
}

/* a -> b -> c -> a: the map ends, and every node is inside the picture. */
static void a_map_with_a_cycle_ends(void **state)
{
    (void)state;
    const struct chart_edge edges[] = {{"a", "b", true, false},
                                       {"b", "c", false, false},
                                       {"c", "a", false, true},
                                       {"a", "a", true, true}};
    struct html html;
    html_init(&html);
    chart_map(&html, edges, 4);
    assert_non_null(memmem(html.bytes, html.size, "3 of 4 edges", 12));
    html_fini(&html);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_strangers_is_text),
        cmocka_unit_test(an_url_part_cannot_leave_its_part),
        cmocka_unit_test(a_page_that_is_too_long_still_closes),
        cmocka_unit_test(numbers_have_three_digits),
        cmocka_unit_test(a_band_without_numbers_is_no_picture),
        cmocka_unit_test(a_map_with_a_cycle_ends),
    };
    return cmocka_run_group_tests_name("console.html", tests, NULL, NULL);
}
