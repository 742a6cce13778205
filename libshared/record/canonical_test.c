#include "record/canonical.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "record/records.h"

#define ARENA_SIZE ((size_t)1024 * 1024)

struct fixture {
    struct cw_arena *arena;
    struct cw_canonical_fold *fold;
    struct cw_error err;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(
        cw_arena_create(&fixture->arena, ARENA_SIZE, &fixture->err), CW_OK);
    assert_int_equal(cw_canonical_fold_create(&fixture->fold, 3, &fixture->err),
                     CW_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cw_canonical_fold_destroy(&fixture->fold);
    cw_arena_destroy(&fixture->arena);
    free(fixture);
    return 0;
}

static struct cw_incident incident(const char *id, int32_t revision,
                                   const char *title)
{
    return (struct cw_incident){
        .meta = {.tenant = CW_TEXT("default"), .revision = revision},
        .incident_id = cw_text_of(id),
        .title = cw_text_of(title)};
}

static enum cw_status put(struct fixture *fixture,
                          const struct cw_incident *record)
{
    return cw_canonical_fold_put(fixture->fold, &cw_incident_type, record,
                                 &fixture->err);
}

static bool line_has(const struct fixture *fixture, size_t index,
                     const char *part)
{
    return strstr(cw_canonical_fold_line(fixture->fold, index).bytes, part) !=
           NULL;
}

static void keys_are_sorted_and_volatile_fields_gone(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_factor_value factor = {CW_TEXT("share"), 0.25};
    struct cw_text text;
    assert_int_equal(cw_canonical_text(&cw_factor_value_type, &factor,
                                       fixture->arena, &text, &fixture->err),
                     CW_OK);
    assert_true(cw_text_is(text, "{\"name\":\"share\",\"value\":0.25}"));
    const struct cw_mark mark = {.meta = {.ingest_at = 5, .revision = 6}};
    assert_int_equal(cw_canonical_text(&cw_mark_type, &mark, fixture->arena,
                                       &text, &fixture->err),
                     CW_OK);
    assert_true(cw_text_is(
        text, "{\"meta\":{\"config_hash\":0,\"covers_from\":0,\"covers_to\":0,"
              "\"domain\":\"\",\"event_at\":0,\"idempotency_key\":\"\","
              "\"origin_topic\":\"\",\"redaction_version\":0,\"stream_at\":0,"
              "\"tenant\":\"\"}}"));
}

static void the_highest_revision_stays(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_incident first = incident("INC-2", 1, "first");
    const struct cw_incident third = incident("INC-2", 3, "third");
    const struct cw_incident second = incident("INC-2", 2, "second");
    assert_int_equal(put(fixture, &first), CW_OK);
    assert_int_equal(put(fixture, &third), CW_OK);
    assert_int_equal(put(fixture, &second), CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 1);
    assert_true(line_has(fixture, 0, "\"title\":\"third\""));
}

static void of_equal_revisions_the_later_stays(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_incident first = incident("INC-2", 1, "first");
    const struct cw_incident again = incident("INC-2", 1, "again");
    assert_int_equal(put(fixture, &first), CW_OK);
    assert_int_equal(put(fixture, &again), CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 1);
    assert_true(line_has(fixture, 0, "\"title\":\"again\""));
}

static void the_order_of_arrival_does_not_show(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_incident b = incident("INC-B", 1, "b");
    const struct cw_incident a = incident("INC-A", 1, "a");
    const struct cw_action action = {.action_id = CW_TEXT("z")};
    assert_int_equal(put(fixture, &b), CW_OK);
    assert_int_equal(put(fixture, &a), CW_OK);
    assert_int_equal(cw_canonical_fold_put(fixture->fold, &cw_action_type,
                                           &action, &fixture->err),
                     CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 3);
    assert_true(line_has(fixture, 0, "\"type\":\"Action\""));
    assert_true(line_has(fixture, 1, "\"key\":[\"default\",\"INC-A\"]"));
    assert_true(line_has(fixture, 2, "\"key\":[\"default\",\"INC-B\"]"));
    assert_int_equal(put(fixture, &a), CW_OK); /* found after the sort too */
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 3);
}

static void tenants_have_incidents_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_incident one = incident("INC-2", 1, "one");
    struct cw_incident other = incident("INC-2", 1, "other");
    other.meta.tenant = CW_TEXT("beta");
    assert_int_equal(put(fixture, &one), CW_OK);
    assert_int_equal(put(fixture, &other), CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 2);
}

static void records_without_identity_stay_apart_by_content(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_log one = {.body = CW_TEXT("a")};
    const struct cw_log other = {.body = CW_TEXT("b"), .offset = 1};
    const struct cw_log repeat = {.body = CW_TEXT("b"), .offset = 2};
    const struct cw_log *const logs[] = {&one, &other, &repeat};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cw_canonical_fold_put(fixture->fold, &cw_log_type,
                                               logs[i], &fixture->err),
                         CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 2);
}

static void what_only_keeps_it_going_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_clock clock = {.offset = 1};
    assert_false(cw_canonical_is_final(&cw_snapshot_type));
    assert_false(cw_canonical_is_final(&cw_log_batch_type));
    assert_true(cw_canonical_is_final(&cw_cause_type));
    assert_int_equal(cw_canonical_fold_put(fixture->fold, &cw_clock_type,
                                           &clock, &fixture->err),
                     CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 0);
}

static void a_full_fold_still_takes_revisions(void **state)
{
    struct fixture *fixture = *state;
    static const char *const ids[] = {"INC-2", "INC-3", "INC-4"};
    for (size_t i = 0; i < 3; i++) {
        const struct cw_incident record = incident(ids[i], 1, "old");
        assert_int_equal(put(fixture, &record), CW_OK);
    }
    const struct cw_incident fourth = incident("INC-5", 1, "new");
    assert_int_equal(put(fixture, &fourth), CW_FULL);
    const struct cw_incident revision = incident("INC-4", 2, "new");
    assert_int_equal(put(fixture, &revision), CW_OK);
    assert_int_equal(cw_canonical_fold_end(fixture->fold), 3);
    assert_true(line_has(fixture, 2, "\"title\":\"new\""));
}

/* Allocations still allowed, ours and jansson's; the linker puts these in
 * place of malloc and its kin. */
static unsigned allowed_count = UINT_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *bytes, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *bytes, size_t size);

static bool is_allowed(void)
{
    if (allowed_count == 0)
        return false;
    if (allowed_count != UINT_MAX)
        allowed_count--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return is_allowed() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_allowed() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *bytes, size_t size)
{
    return is_allowed() ? __real_realloc(bytes, size) : NULL;
}

static void without_memory_nothing_is_put(void **state)
{
    struct fixture *fixture = *state;
    const struct cw_entity entity = {CW_TEXT("service"), CW_TEXT("cart")};
    struct cw_incident record = incident("INC-2", 1, "x");
    record.entities = &entity;
    record.entities_count = 1;
    enum cw_status status = CW_NO_MEMORY;
    json_set_alloc_funcs(__wrap_malloc, free);
    for (unsigned n = 0; status != CW_OK; n++) {
        assert_true(n < 2000);
        allowed_count = n;
        status = put(fixture, &record);
        allowed_count = UINT_MAX;
        assert_true(status == CW_OK || status == CW_NO_MEMORY);
        assert_int_equal(cw_canonical_fold_end(fixture->fold),
                         status == CW_OK ? 1 : 0);
    }
    assert_true(line_has(fixture, 0, "\"name\":\"cart\""));
}

static void without_memory_no_fold_is_made(void **state)
{
    struct fixture *fixture = *state;
    struct cw_canonical_fold *fold = NULL;
    enum cw_status status = CW_NO_MEMORY;
    for (unsigned n = 0; status != CW_OK; n++) {
        assert_true(n < 20);
        allowed_count = n;
        status = cw_canonical_fold_create(&fold, 3, &fixture->err);
        allowed_count = UINT_MAX;
        assert_true(status == CW_OK || status == CW_NO_MEMORY);
        assert_true((fold != NULL) == (status == CW_OK));
    }
    cw_canonical_fold_destroy(&fold);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_sorted_and_volatile_fields_gone),
        TEST(the_highest_revision_stays),
        TEST(of_equal_revisions_the_later_stays),
        TEST(the_order_of_arrival_does_not_show),
        TEST(tenants_have_incidents_of_their_own),
        TEST(records_without_identity_stay_apart_by_content),
        TEST(what_only_keeps_it_going_is_left_out),
        TEST(a_full_fold_still_takes_revisions),
        TEST(without_memory_nothing_is_put),
        TEST(without_memory_no_fold_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
