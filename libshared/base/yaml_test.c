#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>

#include "base/yaml.h"

struct fixture {
    struct cw_arena *arena;
    const struct cw_yaml_entry *entries;
    size_t count;
    struct cw_error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    assert_int_equal(cw_arena_create(&f.arena, 8u << 20, &f.err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_arena_destroy(&f->arena);
    return 0;
}

static enum cw_status read_text(struct fixture *f, struct cw_text text)
{
    cw_arena_reset(f->arena);
    f->entries = NULL;
    f->count = 0;
    return cw_yaml_read(text, f->arena, &f->entries, &f->count, &f->err);
}

static void assert_entry(const struct fixture *f, size_t i, const char *key,
                         const char *value, unsigned line)
{
    assert_true(i < f->count);
    assert_string_equal(f->entries[i].key, key);
    assert_string_equal(f->entries[i].value, value);
    assert_int_equal(f->entries[i].line, line);
}

static void keys_are_joined_and_their_lines_kept(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, CW_TEXT("# a file\n"
                                          "a:\n"
                                          "  b: 1 # one\n"
                                          "  c.d: 'x: y'\n"
                                          "  e: [p, \"q r\"]\n"
                                          "f: |\n"
                                          "  two\n"
                                          "  lines\n")),
                     CW_OK);
    assert_int_equal(f->count, 4);
    assert_entry(f, 0, "a.b", "1", 3);
    assert_entry(f, 1, "a.c.d", "x: y", 4);
    assert_entry(f, 2, "a.e", "p,q r", 5);
    assert_entry(f, 3, "f", "two\nlines\n", 6);
    assert_int_equal(f->entries[0].column, 3);
}

static void nothing_and_an_empty_text_differ(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, CW_TEXT("a:\nb: ~\nc: null\nd: \"\"\n"
                                          "e: 'null'\nf: []\n")),
                     CW_OK);
    const bool empty[] = {true, true, true, false, false, false};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(f->entries[i].empty, empty[i]);
}

static void an_empty_file_has_no_settings(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, (struct cw_text){"", 0}), CW_OK);
    assert_int_equal(f->count, 0);
    assert_int_equal(read_text(f, CW_TEXT("# nothing\n")), CW_OK);
    assert_int_equal(read_text(f, CW_TEXT("---\n...\n")), CW_OK);
    assert_int_equal(read_text(f, CW_TEXT("{}")), CW_OK);
    assert_int_equal(f->count, 0);
}

static void faults_name_line_and_column(void **state)
{
    struct fixture *f = *state;
    static const char *const pairs[][2] = {
        {"a: 1\n b: 2\n", "2:3: "},
        {"a: \"x\n", ": "},
        {"\t- a", "1:"},
        {"a", "1:1: the file must hold"},
        {"[1]", "1:1: the file must hold"},
        {"a: [[1]]", "1:5: a list may hold"},
        {"a: ['x,y']", "1:5: an item of a list"},
        {"a: &x 1\nb: *x", "2:4: aliases"},
        {"<<: {a: 1}", "1:1: an empty key and <<"},
        {"? {a: 1}\n: 2", "1:3: a key must be a word"},
        {"\"\": 1", "1:1: an empty key"},
        {"a: \"\\0\"", "1:4: a NUL"},
        {"a: \xFF", "1:"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_int_equal(read_text(f, cw_text_of(pairs[i][0])), CW_BAD_CONFIG);
        if (strstr(f->err.text, pairs[i][1]) == NULL)
            fail_msg("%s: %s", pairs[i][0], f->err.text);
        assert_null(f->entries);
    }
}

static void keys_and_counts_are_bounded(void **state)
{
    struct fixture *f = *state;
    static char text[100000];
    memset(text, 'k', 600);
    memcpy(text + 511, ": 1", 4);
    assert_int_equal(read_text(f, cw_text_of(text)), CW_BAD_CONFIG);
    assert_non_null(strstr(f->err.text, "longer than 510"));
    memcpy(text + 510, ": 1", 4);
    assert_int_equal(read_text(f, cw_text_of(text)), CW_OK);
    size_t size = 0;
    for (unsigned i = 0; i < 4096; i++)
        size +=
            (size_t)snprintf(text + size, sizeof(text) - size, "k%u: 1\n", i);
    assert_int_equal(read_text(f, cw_text_of(text)), CW_OK);
    assert_int_equal(f->count, 4096);
    (void)snprintf(text + size, sizeof(text) - size, "last: 1\n");
    assert_int_equal(read_text(f, cw_text_of(text)), CW_BAD_CONFIG);
    const struct cw_text huge = {text, CW_YAML_SIZE_MAX + 1};
    assert_int_equal(read_text(f, huge), CW_BAD_CONFIG);
    assert_non_null(strstr(f->err.text, "1 MiB"));
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(keys_are_joined_and_their_lines_kept),
        CLAIM(nothing_and_an_empty_text_differ),
        CLAIM(an_empty_file_has_no_settings),
        CLAIM(faults_name_line_and_column),
        CLAIM(keys_and_counts_are_bounded),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
