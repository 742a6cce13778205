#include "options_fixture.h"

static void check_password(const char *text, struct cw_faults *faults)
{
    if (strlen(text) > 0 && strlen(text) < 4)
        cw_faults_add(faults, "is too short");
    if (cw_faults_truth(faults, "detector.shadow"))
        cw_faults_add(faults, "has no place beside a shadow");
}

static enum cw_status check_kafka(const char *key, const char *value,
                                  struct cw_error *err)
{
    return strcmp(key, "acks") == 0 && strcmp(value, "all") != 0
               ? cw_fail(err, CW_BAD_CONFIG, "takes all")
               : CW_OK;
}

static const struct cw_option_check checks[] = {
    {"store.password", check_password}};

static enum cw_status load_checked(struct fixture *f, const char *text)
{
    const struct cw_options_source source = {
        .table = table,
        .count = COUNT(table),
        .file = f->file,
        .checks = checks,
        .check_count = 1,
        .check_kafka = check_kafka,
    };
    cw_options_destroy(&f->options);
    write_file(f->file, text, 0600);
    return cw_options_load_checked(&f->options, &source, &f->config, &f->err);
}

static void what_is_right_passes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load_checked(f, "kafka:\n  brokers: b:1\n  acks: all\n"
                                     "store:\n  password: long enough\n"),
                     CW_OK);
}

/* One round of mending, not one a kind of fault. */
static void all_faults_stand_together_with_their_places(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load_checked(f, "kafka:\n  acks: none\n"
                                     "store:\n  password: abc\n"
                                     "detector:\n  shadow: true\n"
                                     "  limit: much\n"),
                     CW_BAD_CONFIG);
    assert_int_equal(cw_options_fault_count(f->options), 5);
    assert_fault(f, "c.yml:2: kafka.acks: takes all");
    assert_fault(f, "c.yml:4: store.password: is too short");
    assert_fault(f, "c.yml:4: store.password: has no place");
    assert_fault(f, "c.yml:7: detector.limit: ");
    assert_fault(f, "kafka.brokers: is required");
}

static void a_reload_is_judged_too(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load_checked(f, "kafka:\n  brokers: b:1\n"), CW_OK);
    write_file(f->file, "kafka:\n  brokers: b:1\nstore:\n  password: abc\n",
               0600);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err),
                     CW_BAD_CONFIG);
    assert_fault(f, "c.yml:4: store.password: is too short");
    assert_string_equal(f->config.password, "");
}

/* A policy with other words under the same path decides otherwise. */
static void the_content_of_a_file_is_part_of_the_hash(void **state)
{
    static const struct cw_option rows[] = {
        {"policy.file", CW_OPT_TEXT, AT(brokers), "", 0, 0, "",
         CW_OPT_LOCAL | CW_OPT_RESTART | CW_OPT_CONTENT, ""},
    };
    struct fixture *f = *state;
    char text[128];
    (void)snprintf(text, sizeof(text), "policy.file: %s\n", f->secret);
    write_file(f->file, text, 0600);
    write_file(f->secret, "level: 1", 0600);
    assert_int_equal(
        cw_options_load(&f->options, rows, 1, f->file, &f->config, &f->err),
        CW_OK);
    const uint64_t before = cw_options_hash(f->options);
    write_file(f->secret, "level: 3", 0600);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err), CW_OK);
    /* What runs has read the old one: a change that needs a restart. */
    assert_int_equal(cw_options_change_count(f->options), 1);
    assert_true(cw_options_change(f->options, 0)->kept);
    assert_int_equal(cw_options_hash(f->options), before);
    cw_options_destroy(&f->options);
    assert_int_equal(
        cw_options_load(&f->options, rows, 1, f->file, &f->config, &f->err),
        CW_OK);
    assert_int_not_equal(cw_options_hash(f->options), before);
    (void)unlink(f->secret);
    assert_int_equal(cw_options_reload(f->options, &f->config, &f->err),
                     CW_BAD_CONFIG);
    assert_fault(f, "No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_right_passes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            all_faults_stand_together_with_their_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reload_is_judged_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            the_content_of_a_file_is_part_of_the_hash, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
