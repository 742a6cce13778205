#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "targets.h"

static struct notifier_targets read_all(const char *text)
{
    struct notifier_targets targets;
    struct cw_error err = {0};
    if (notifier_targets_init(&targets, text, false, &err) != CW_OK)
        fail_msg("%s", err.text);
    return targets;
}

static void refused(const char *text, const char *because)
{
    struct notifier_targets targets;
    struct cw_error err = {0};
    assert_int_equal(notifier_targets_init(&targets, text, false, &err),
                     CW_BAD_CONFIG);
    if (strstr(err.text, because) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, because);
    assert_null(targets.arena);
}

static void no_text_means_nobody_is_told(void **state)
{
    (void)state;
    struct notifier_targets targets = read_all(" ;\n # nobody yet\n");
    assert_int_equal(targets.count, 0);
    notifier_targets_fini(&targets);
}

static void lines_and_semicolons_part_targets(void **state)
{
    (void)state;
    struct notifier_targets targets = read_all(
        "night=slack+https://hooks.example.org/T/B/x min=error doubt=resend\n"
        "bus=webhook+https://bus.example.org:8443/in drills acknowledged;"
        "am=alertmanager+https://am.example.org/hook tenant=shop domain=eu");
    assert_int_equal(targets.count, 3);
    assert_string_equal(targets.list[0].name, "night");
    assert_int_equal(targets.list[0].form, NOTIFIER_FORM_SLACK);
    assert_int_equal(targets.list[0].min_severity, CW_SEVERITY_ERROR);
    assert_int_equal(targets.list[0].doubt, NOTIFIER_RESEND);
    assert_string_equal(targets.list[1].url, "https://bus.example.org:8443/in");
    assert_true(targets.list[1].drills);
    assert_true(targets.list[1].acknowledged);
    assert_string_equal(targets.list[2].tenant, "shop");
    assert_string_equal(targets.list[2].domain, "eu");
    notifier_targets_fini(&targets);
}

static void only_the_targets_own_hosts_are_destinations(void **state)
{
    (void)state;
    struct notifier_targets targets =
        read_all("a=webhook+https://a.example.org/x;"
                 "b=webhook+https://[2001:db8::1]:444/y");
    assert_string_equal(targets.hosts[0], "a.example.org:443");
    assert_string_equal(targets.hosts[1], "[2001:db8::1]:444");
    notifier_targets_fini(&targets);
}

static void what_is_wrong_is_said_with_the_targets_name(void **state)
{
    (void)state;
    refused("a=mail+https://h/", "'a': the form is webhook");
    refused("https://hooks.example.org/T/B/x", "target 1 is not NAME=FORM+URL");
    refused("a b=webhook+https://h/", "target 1 is not");
    refused("a=webhook+http://h/", "'a': https only");
    refused("a=webhook+ftp://h/", "'a': https only");
    refused("a=webhook+https://u:p@h/", "'a': not a URL");
    refused("a=webhook+https:/h/token", "'a': not a URL");
    refused("a=webhook+https://h/;a=slack+https://h/", "'a' is there twice");
    refused("a=webhook+https://h/ min=loud", "'a': min=loud is none of");
    refused("a=webhook+https://h/ shout", "unknown word 'shout'");
    refused("a=webhook+https://h/ secret-file=/nowhere/at/all", "/nowhere");
}

static void no_fault_repeats_the_token_of_a_url(void **state)
{
    (void)state;
    struct notifier_targets targets;
    struct cw_error err = {0};
    assert_int_equal(
        notifier_targets_init(&targets, "a=slack+http://h/TOKEN", false, &err),
        CW_BAD_CONFIG);
    assert_null(strstr(err.text, "TOKEN"));
    refused("a=webhook+https://h/ https://h/s3cret", "a URL stands where");
    refused("a=webhook+https://h/ url=https://h/s3cret", "a URL stands where");
    refused("a=webhook+https://h/ ://", "a URL stands where");
}

static void one_target_too_many_is_refused(void **state)
{
    (void)state;
    char text[NOTIFIER_TARGETS_MAX * 40 + 100] = "";
    size_t size = 0;
    for (int i = 0; i < NOTIFIER_TARGETS_MAX; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size,
                                 "t%d=webhook+https://h/;", i);
    struct notifier_targets targets = read_all(text);
    assert_int_equal(targets.count, NOTIFIER_TARGETS_MAX);
    notifier_targets_fini(&targets);
    (void)snprintf(text + size, sizeof(text) - size, "x=webhook+https://h/");
    refused(text, "more than 64");
}

static void a_secret_comes_from_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/cw-targets-XXXXXX";
    char text[128];
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "hush\n", 5), 5);
    (void)close(file);
    (void)chmod(path, 0400);
    (void)snprintf(text, sizeof(text), "a=webhook+https://h/ secret-file=%s",
                   path);
    struct notifier_targets targets = read_all(text);
    assert_string_equal(targets.list[0].secret, "hush");
    notifier_targets_fini(&targets);
    (void)unlink(path);
}

/* Four targets are wrong in five ways, one is right: one round of mending. */
static void all_that_is_wrong_is_said_at_once(void **state)
{
    static const char text[] = "a=fax+https://x.example;"
                               "b=slack+http://x.example;"
                               "right=slack+https://x.example;"
                               "c=slack+https://x.example min=huge purple;"
                               "nothing";
    static const struct cw_option rows[] = {
        {"notify.targets", CW_OPT_TEXT, 0, text, 0, 0, "", CW_OPT_SECRET, ""},
    };
    static const struct cw_option_check checks[] = {
        {"notify.targets", notifier_targets_check}};
    const struct cw_options_source source = {
        .table = rows, .count = 1, .checks = checks, .check_count = 1};
    struct cw_options *options = NULL;
    const char *target = NULL;
    struct cw_error err;
    (void)state;
    assert_int_equal(cw_options_load_checked(&options, &source, &target, &err),
                     CW_BAD_CONFIG);
    assert_int_equal(cw_options_fault_count(options), 5);
    assert_string_equal(cw_options_fault(options, 4),
                        "default: notify.targets: target 5 is not "
                        "NAME=FORM+URL");
    cw_options_destroy(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_means_nobody_is_told),
        cmocka_unit_test(lines_and_semicolons_part_targets),
        cmocka_unit_test(only_the_targets_own_hosts_are_destinations),
        cmocka_unit_test(what_is_wrong_is_said_with_the_targets_name),
        cmocka_unit_test(no_fault_repeats_the_token_of_a_url),
        cmocka_unit_test(one_target_too_many_is_refused),
        cmocka_unit_test(a_secret_comes_from_a_file),
        cmocka_unit_test(all_that_is_wrong_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
