/* The small pure parts: fingerprint, ident, title, matcher. */
#include "correlate/correlate_kit.h"

#include "correlate/fingerprint.h"
#include "correlate/ident.h"
#include "correlate/silence.h"
#include "correlate/title.h"

static const struct cw_key_value labels_a[] = {
    {CW_TEXT("env"), CW_TEXT("prod")}, {CW_TEXT("pod"), CW_TEXT("cart-1")}};
static const struct cw_key_value labels_b[] = {
    {CW_TEXT("env"), CW_TEXT("prod")}, {CW_TEXT("pod"), CW_TEXT("cart-2")}};

static struct cw_event event_with(const struct cw_key_value *labels)
{
    return (struct cw_event){
        .source = CW_TEXT("grafana"),
        .title = CW_TEXT("slow"),
        .severity = CW_SEVERITY_ERROR,
        .entity = kit_service("cart"),
        .labels = labels,
        .labels_count = 2,
    };
}

static bool same(const char *fields, const struct cw_event *a,
                 const struct cw_event *b)
{
    struct cw_error err = {0};
    struct corr_fingerprint fingerprint;
    assert_int_equal(corr_fingerprint_parse(&fingerprint, fields, &err), CW_OK);
    return corr_fingerprint_of(&fingerprint, a) ==
           corr_fingerprint_of(&fingerprint, b);
}

static void T2_an_ignored_field_folds_and_a_kept_one_parts(void **state)
{
    (void)state;
    const struct cw_event a = event_with(labels_a);
    const struct cw_event b = event_with(labels_b);
    assert_true(same("source, title, label:env", &a, &b));
    assert_false(same("source, title, label:pod", &a, &b));
    assert_false(same("", &a, &b)); /* no key: all labels count */
    struct cw_event louder = a;
    louder.severity = CW_SEVERITY_CRITICAL;
    assert_true(same("", &a, &louder));
    assert_false(same("title,severity", &a, &louder));
}

static void T2_the_sources_own_key_is_the_default(void **state)
{
    (void)state;
    struct cw_event a = event_with(labels_a);
    struct cw_event b = event_with(labels_b);
    a.dedup_key = CW_TEXT("f1");
    b.dedup_key = CW_TEXT("f1");
    assert_true(same("", &a, &b));
    b.source = CW_TEXT("other"); /* may use the same keys */
    assert_false(same("", &a, &b));
}

static void an_unknown_field_is_refused_by_name(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct corr_fingerprint fingerprint;
    assert_int_equal(corr_fingerprint_parse(&fingerprint, "source,nme", &err),
                     CW_BAD_CONFIG);
    assert_non_null(strstr(err.text, "\"nme\""));
    assert_int_equal(corr_fingerprint_parse(&fingerprint, "label:", &err),
                     CW_BAD_CONFIG);
}

static void a_config_outside_its_range_is_refused(void **state)
{
    (void)state;
    struct correlate_config bad[3];
    for (size_t i = 0; i < 3; i++)
        bad[i] = correlate_config_default();
    bad[0].resolve = "some";
    bad[1].max_hops = 4;
    bad[2].window_us = 0;
    for (size_t i = 0; i < 3; i++) {
        struct cw_error err = {0};
        struct cw_core *core = NULL;
        assert_int_equal(correlate_core_type.create(&core, &bad[i], &err),
                         CW_BAD_CONFIG);
        assert_null(core);
    }
}

static void the_table_of_options_says_the_defaults(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct cw_options *options = NULL;
    struct correlate_config read = {0};
    const struct correlate_config wanted = correlate_config_default();
    assert_int_equal(cw_options_load(&options, correlate_options,
                                     correlate_option_count, NULL, &read, &err),
                     CW_OK);
    assert_string_equal(read.resolve, wanted.resolve);
    assert_string_equal(read.fingerprint, wanted.fingerprint);
    read.resolve = wanted.resolve;
    read.fingerprint = wanted.fingerprint;
    assert_memory_equal(&read, &wanted, sizeof(read));
    cw_options_destroy(&options);
}

static void an_incidents_name_follows_from_its_content(void **state)
{
    (void)state;
    char name[CORR_IDENT_SIZE];
    corr_ident_print(0, name);
    assert_string_equal(name, "INC-22222");
    corr_ident_print((1u << 25) - 1, name);
    assert_string_equal(name, "INC-ZZZZZ");
    corr_ident_print(1u << 20 | 31u, name); /* 1, 0, 0, 0, 31 */
    assert_string_equal(name, "INC-3222Z");
    const struct corr_ident_facts facts = {CW_TEXT("t"), CW_TEXT("d"),
                                           CW_TEXT("m"), 7};
    struct corr_ident_facts later = facts;
    later.started_at = 8;
    assert_true(corr_ident_number(&facts, 0) == corr_ident_number(&facts, 0));
    assert_true(corr_ident_number(&facts, 0) != corr_ident_number(&later, 0));
    assert_true(corr_ident_number(&facts, 0) != corr_ident_number(&facts, 1));
    assert_true(corr_ident_number(&facts, 0) < 1u << 25);
}

static void an_anomaly_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        enum cw_anomaly_kind kind;
        enum cw_family family;
        double actual, expected;
        const char *words;
    } cases[] = {
        {CW_ANOMALY_KIND_METRIC, CW_FAMILY_LATENCY, 0.42, 0.1,
         "latency up 4.2x"},
        {CW_ANOMALY_KIND_METRIC, CW_FAMILY_TRAFFIC, 10, 100,
         "traffic down to 10 %"},
        {CW_ANOMALY_KIND_METRIC, CW_FAMILY_ERRORS, 12, 0,
         "errors at 12 instead of 0"},
        {CW_ANOMALY_KIND_METRIC, CW_FAMILY_OTHER, -2, 3,
         "m at -2 instead of 3"},
        {CW_ANOMALY_KIND_MISSING, CW_FAMILY_OTHER, 0, 3, "no data of m"},
        {CW_ANOMALY_KIND_NEW_PATTERN, CW_FAMILY_LOGS, 1, 0, "new log line: m"},
        {CW_ANOMALY_KIND_PATTERN_RATE, CW_FAMILY_LOGS, 9, 3,
         "log lines more: m"},
    };
    struct cw_error err = {0};
    struct cw_arena *arena = NULL;
    assert_int_equal(cw_arena_create(&arena, 1 << 20, &err), CW_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cw_anomaly anomaly = {
            .kind = cases[i].kind,
            .family = cases[i].family,
            .metric = CW_TEXT("m"),
            .actual = cases[i].actual,
            .expected = cases[i].expected,
        };
        assert_text(corr_title_anomaly(&anomaly, arena), cases[i].words);
    }
    cw_arena_destroy(&arena);
}

/* {disk, full, on} and {disk, full, at}: 2 * 2 / (3 + 3) = 0.666667. */
static void likeness_ignores_digits_and_order(void **state)
{
    (void)state;
    assert_true(corr_title_likeness(CW_TEXT("disk 17 full on"),
                                    CW_TEXT("full disk at 93")) == 0.666667);
    assert_true(corr_title_likeness(CW_TEXT("17"), CW_TEXT("18")) == 0.0);
    assert_true(corr_title_likeness(CW_TEXT("down"), CW_TEXT("down 2")) == 1.0);
}

static bool holds(const char *label, const char *value)
{
    const struct corr_signal signal = {
        .member = {.entity = kit_service("cart-api"),
                   .title = CW_TEXT("slow"),
                   .severity = CW_SEVERITY_WARNING},
        .metric = CW_TEXT("http.server.duration"),
        .source = CW_TEXT("causeway"),
        .labels = labels_a,
        .labels_count = 2,
    };
    const struct cw_matcher matcher = {cw_text_of(label), cw_text_of(value)};
    return corr_matcher_holds(&matcher, &signal);
}

static void T5_a_matcher_is_exact_or_a_prefix(void **state)
{
    (void)state;
    assert_true(holds("entity", "cart-api"));
    assert_false(holds("entity", "cart"));
    assert_true(holds("entity", "cart*"));
    assert_true(holds("kind", "service"));
    assert_true(holds("metric", "http.*"));
    assert_true(holds("severity", "warning"));
    assert_true(holds("env", "prod"));
    assert_false(holds("env", "dev"));
    assert_false(holds("absent", "x"));
    assert_true(holds("absent", "")); /* has no such label */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T2_an_ignored_field_folds_and_a_kept_one_parts),
        cmocka_unit_test(T2_the_sources_own_key_is_the_default),
        cmocka_unit_test(an_unknown_field_is_refused_by_name),
        cmocka_unit_test(a_config_outside_its_range_is_refused),
        cmocka_unit_test(the_table_of_options_says_the_defaults),
        cmocka_unit_test(an_incidents_name_follows_from_its_content),
        cmocka_unit_test(an_anomaly_is_told_in_words),
        cmocka_unit_test(likeness_ignores_digits_and_order),
        cmocka_unit_test(T5_a_matcher_is_exact_or_a_prefix),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
