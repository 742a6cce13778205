/* The schema comes to the program's version once, or the program says why not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define COPIES 16

/* The embedded files, to be bent by a test. */
static size_t copy_migrations(struct recorder_migration copies[COPIES])
{
    assert_true(recorder_migration_count <= COPIES - 1);
    for (size_t i = 0; i < recorder_migration_count; i++)
        copies[i] = recorder_migrations[i];
    return recorder_migration_count;
}

static void a_second_run_applies_nothing(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    size_t applied = 9;
    int32_t version = 0;
    assert_int_equal(recorder_migrate(world.store, recorder_migrations,
                                      recorder_migration_count, &applied, &err),
                     CW_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(recorder_migrate_version(world.store, &version, &err),
                     CW_OK);
    assert_int_equal(version, recorder_migration_count);
    world_drop(&world);
}

static void an_edited_file_is_refused(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    size_t applied = 0;
    struct recorder_migration copies[COPIES];
    const size_t count = copy_migrations(copies);
    copies[2].sql = "SELECT 1";
    copies[2].size = 8;
    assert_int_equal(
        recorder_migrate(world.store, copies, count, &applied, &err),
        CW_BAD_STATE);
    assert_non_null(strstr(err.text, copies[2].name));
    world_drop(&world);
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    size_t applied = 0;
    assert_int_equal(recorder_migrate(world.store, recorder_migrations,
                                      recorder_migration_count - 1, &applied,
                                      &err),
                     CW_BAD_STATE);
    assert_non_null(strstr(err.text, "newer"));
    world_drop(&world);
}

static void a_failing_file_leaves_nothing_of_itself(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    size_t applied = 0;
    struct recorder_migration copies[COPIES];
    size_t count = copy_migrations(copies);
    const char *sql = "CREATE TABLE causeway.half (x integer); SELECT 1 / 0;";
    copies[count] = (struct recorder_migration){
        (int32_t)count + 1, "9999_half.sql", sql, strlen(sql)};
    count++;
    assert_int_not_equal(
        recorder_migrate(world.store, copies, count, &applied, &err), CW_OK);
    char *there = world_value(
        &world,
        "SELECT to_regclass('causeway.half') IS NULL AND max(version) = "
        "count(*) FROM causeway.schema_migrations");
    assert_string_equal(there, "t");
    /* and it comes in once it is right */
    sql = "CREATE TABLE causeway.half (x integer)";
    copies[count - 1].sql = sql;
    copies[count - 1].size = strlen(sql);
    assert_int_equal(
        recorder_migrate(world.store, copies, count, &applied, &err), CW_OK);
    assert_int_equal(applied, 1);
    free(there);
    world_drop(&world);
}

/* No superuser: a login that is a member of the owner role and may create. */
static void an_owner_without_superuser_can_migrate(void **state)
{
    (void)state;
    struct world world = world_make();
    struct cw_error err = {0};
    size_t applied = 0;
    world_run(&world,
              "DROP SCHEMA causeway CASCADE; DROP ROLE IF EXISTS installer;"
              "CREATE ROLE installer LOGIN IN ROLE causeway_owner;"
              "GRANT CREATE ON DATABASE postgres TO installer;"
              "SET SESSION AUTHORIZATION installer");
    if (recorder_migrate(world.store, recorder_migrations,
                         recorder_migration_count, &applied, &err) != CW_OK)
        fail_msg("%s", err.text);
    assert_int_equal(applied, recorder_migration_count);
    world_run(&world, "RESET SESSION AUTHORIZATION;"
                      "REVOKE CREATE ON DATABASE postgres FROM installer");
    char *owner =
        world_value(&world, "SELECT DISTINCT tableowner FROM pg_tables "
                            "WHERE schemaname = 'causeway'");
    assert_string_equal(owner, "causeway_owner");
    free(owner);
    world_drop(&world);
}

static void everything_people_use_is_commented(void **state)
{
    (void)state;
    struct world world = world_make();
    char *bare = world_value(
        &world,
        "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') "
        "FROM pg_class AS c WHERE relnamespace = 'causeway'::regnamespace "
        "AND relkind IN ('r', 'p', 'v') AND NOT relispartition AND "
        "obj_description(c.oid, 'pg_class') IS NULL");
    assert_string_equal(bare, "");
    free(bare);
    world_drop(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_run_applies_nothing),
        cmocka_unit_test(an_edited_file_is_refused),
        cmocka_unit_test(a_newer_schema_is_refused),
        cmocka_unit_test(a_failing_file_leaves_nothing_of_itself),
        cmocka_unit_test(an_owner_without_superuser_can_migrate),
        cmocka_unit_test(everything_people_use_is_commented),
    };
    return cmocka_run_group_tests_name("recorder.migrate", tests, NULL, NULL);
}
