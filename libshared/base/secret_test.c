#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

struct fixture {
    char folder[32];
    char path[48];
};

static int set_up(void **state)
{
    static struct fixture f;
    (void)snprintf(f.folder, sizeof(f.folder), "/tmp/cw_secret_XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    (void)snprintf(f.path, sizeof(f.path), "%s/key", f.folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    const struct fixture *f = *state;
    (void)unlink(f->path);
    (void)rmdir(f->folder);
    return 0;
}

static void write_key(const struct fixture *f, const void *bytes, size_t size,
                      mode_t mode)
{
    (void)unlink(f->path);
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
    assert_int_equal(chmod(f->path, mode), 0);
}

static void assert_refuses(const struct fixture *f, const char *part)
{
    struct cw_secret secret = {NULL, 77};
    struct cw_error err;
    assert_int_equal(cw_secret_read(&secret, f->path, &err), CW_BAD_CONFIG);
    assert_non_null(strstr(err.text, part));
    assert_non_null(strstr(err.text, f->path));
    assert_int_equal(secret.size, 77);
}

static void one_line_end_is_not_part_of_it(void **state)
{
    struct fixture *f = *state;
    static const char *const contents[] = {"key", "key\n", "key\r\n"};
    for (int i = 0; i < 3; i++) {
        struct cw_secret secret = {NULL, 0};
        struct cw_error err;
        write_key(f, contents[i], strlen(contents[i]), 0400);
        assert_int_equal(cw_secret_read(&secret, f->path, &err), CW_OK);
        assert_string_equal(secret.bytes, "key");
        assert_int_equal(secret.size, 3);
        cw_secret_fini(&secret);
        assert_null(secret.bytes);
        cw_secret_fini(&secret);
    }
}

static void modes_that_let_others_in_are_refused(void **state)
{
    struct fixture *f = *state;
    static const mode_t refused[] = {0444, 0404, 0402, 0401, 0420, 0460};
    static const mode_t taken[] = {0400, 0600, 0440, 0640};
    for (size_t i = 0; i < 6; i++) {
        write_key(f, "key", 3, refused[i]);
        assert_refuses(f, "others could read or change it");
    }
    for (size_t i = 0; i < 4; i++) {
        struct cw_secret secret = {NULL, 0};
        struct cw_error err;
        write_key(f, "key", 3, taken[i]);
        assert_int_equal(cw_secret_read(&secret, f->path, &err), CW_OK);
        cw_secret_fini(&secret);
    }
}

static void what_is_no_secret_is_refused(void **state)
{
    struct fixture *f = *state;
    static char large[65537];
    memset(large, 'x', sizeof(large));
    assert_refuses(f, "No such file");
    write_key(f, "", 0, 0400);
    assert_refuses(f, "is empty");
    write_key(f, "\n", 1, 0400);
    assert_refuses(f, "is empty");
    write_key(f, "a\0b", 3, 0400);
    assert_refuses(f, "holds a NUL");
    write_key(f, large, 65537, 0400);
    assert_refuses(f, "larger than 64 KiB");
    (void)unlink(f->path);
    assert_int_equal(mkfifo(f->path, 0400), 0); /* and does not wait */
    assert_refuses(f, "is no file");
}

static void the_largest_is_read_whole(void **state)
{
    struct fixture *f = *state;
    static char large[65536];
    struct cw_secret secret = {NULL, 0};
    struct cw_error err;
    memset(large, 'x', sizeof(large));
    write_key(f, large, sizeof(large), 0400);
    assert_int_equal(cw_secret_read(&secret, f->path, &err), CW_OK);
    assert_int_equal(secret.size, 65536);
    cw_secret_fini(&secret);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(one_line_end_is_not_part_of_it),
        CLAIM(modes_that_let_others_in_are_refused),
        CLAIM(what_is_no_secret_is_refused),
        CLAIM(the_largest_is_read_whole),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
