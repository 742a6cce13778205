#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generalise.h"
#include "patterns.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct generalise *make(size_t max_patterns)
{
    struct cw_error err;
    struct generalise *set = NULL;
    assert_int_equal(generalise_create(&set, max_patterns, &err), CW_OK);
    return set;
}

static struct generalise_answer give(struct generalise *set, const char *line,
                                     int64_t now_at)
{
    struct cw_error err;
    struct skeleton skeleton;
    struct generalise_answer answer;
    skeleton_build(&skeleton, cw_text_of(line));
    assert_int_equal(generalise_assign(set, &skeleton, cw_text_of(line), now_at,
                                       &answer, &err),
                     CW_OK);
    if (answer.pattern != NULL) {
        generalise_count(set, answer.pattern);
        answer.pattern->last_at = now_at;
    }
    return answer;
}

/* The pattern a line falls into, lent until the next; NULL = overflow. */
static const struct pattern *pattern_of(struct generalise *set,
                                        const char *line)
{
    return give(set, line, 1).pattern;
}

static void expect_text(const struct pattern *pattern, const char *want)
{
    char text[TEMPLATE_SIZE_MAX + 1];
    text[pattern_text(pattern, text)] = '\0';
    assert_string_equal(text, want);
}

/* Three users are three patterns, the fourth makes the place variable: by rule
 * 2 with three constants beside it (Failed password for ... from). */
static void the_fourth_value_makes_a_place_variable(void **state)
{
    (void)state;
    struct generalise *set = make(100);
    const char *const lines[] = {"Failed password for root from 1.2.3.4",
                                 "Failed password for admin from 1.2.3.4",
                                 "Failed password for guest from 1.2.3.4"};
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_int_equal(give(set, lines[i], 1).news, GENERALISE_NEW);
    assert_int_equal(generalise_pattern_count(set), 3);
    const struct generalise_answer answer =
        give(set, "Failed password for mysql from 1.2.3.4", 1);
    assert_int_equal(answer.news, GENERALISE_MERGED);
    assert_int_equal(generalise_pattern_count(set), 1);
    assert_int_equal(answer.pattern->lines, 4);
    assert_int_equal(answer.pattern->replaced_count, 3);
    expect_text(answer.pattern, "Failed password for <*> from <*>");
    assert_int_equal(give(set, "Failed password for oper from 9.9.9.9", 1).news,
                     GENERALISE_KNOWN);
    generalise_destroy(&set);
}

static void state_words_and_first_words_stay(void **state)
{
    (void)state;
    struct generalise *set = make(100);
    const char *const words[] = {"opened",  "closed", "started",
                                 "stopped", "lost",   "ready"};
    char line[64];
    for (size_t i = 0; i < COUNT(words); i++) {
        (void)snprintf(line, sizeof(line), "session %s for user x", words[i]);
        (void)give(set, line, 1);
        (void)snprintf(line, sizeof(line), "%s thread", words[i]);
        (void)give(set, line, 1);
    }
    assert_int_equal(generalise_pattern_count(set), 2 * COUNT(words));
    generalise_destroy(&set);
}

static void a_value_seen_by_its_looks_covers_the_words_before_it(void **state)
{
    (void)state;
    struct generalise *set = make(100);
    const uint64_t before = pattern_of(set, "worker alpha took over shard")->id;
    const struct generalise_answer answer =
        give(set, "worker beta7 took over shard", 1);
    assert_int_equal(answer.news, GENERALISE_MERGED);
    assert_int_equal(answer.pattern->replaced_count, 1);
    assert_true(answer.pattern->replaced[0] == before);
    generalise_destroy(&set);
}

static void a_full_set_evicts_what_is_idle_and_refuses_else(void **state)
{
    (void)state;
    struct generalise *set = make(2);
    const int64_t late_at = 2 + GENERALISE_IDLE_US;
    (void)give(set, "first kind of", 1);
    (void)give(set, "second sort", 3);
    assert_null(give(set, "third thing which waits", late_at - 2).pattern);
    const struct generalise_answer third =
        give(set, "third thing which waits", late_at);
    assert_int_equal(third.news, GENERALISE_NEW);
    assert_int_equal(generalise_pattern_count(set), 2);
    /* The evicted one is no news when it comes back. */
    assert_int_equal(
        give(set, "first kind of", late_at + 3 + GENERALISE_IDLE_US).news,
        GENERALISE_MERGED);
    generalise_destroy(&set);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A log of a few kinds of lines, some with words as values. */
static void write_line(char *line, size_t size, uint32_t *seed)
{
    static const char *const users[] = {"root", "amy", "bob",  "carol", "dave",
                                        "eve",  "fay", "gina", "hal",   "ivy"};
    static const char *const disks[] = {"alpha", "beta", "gamma"};
    const char *user = users[next(seed) % COUNT(users)];
    const char *disk = disks[next(seed) % COUNT(disks)];
    const unsigned number = next(seed) % 1000;
    switch (next(seed) % 5) {
    case 0:
        (void)snprintf(line, size, "accepted password for %s from 10.0.0.%u",
                       user, number);
        break;
    case 1:
        (void)snprintf(line, size, "session opened for user %s by uid=%u", user,
                       number);
        break;
    case 2:
        (void)snprintf(line, size, "volume %s is %u percent full", disk,
                       number);
        break;
    case 3:
        (void)snprintf(line, size, "user %s ran out of quota on volume %s",
                       user, disk);
        break;
    default:
        (void)snprintf(line, size, "checkpoint %u complete", number);
        break;
    }
}

#define LINES 600

static void shuffle(size_t *order, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i-- > 1;) {
        const size_t other = next(&seed) % (i + 1);
        const size_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void assign_all(char lines[LINES][96], const size_t *order,
                       uint64_t ids[LINES])
{
    struct cw_error err;
    struct patterns *patterns = NULL;
    assert_int_equal(patterns_create(&patterns, 1000, &err), CW_OK);
    for (size_t i = 0; i < LINES; i++)
        assert_int_equal(
            patterns_add(patterns, cw_text_of(lines[order[i]]), &err), CW_OK);
    for (size_t i = 0; i < LINES; i++)
        ids[order[i]] = patterns_row(patterns, i).pattern_id;
    patterns_destroy(&patterns);
}

static void the_order_of_lines_does_not_change_their_ids(void **state)
{
    (void)state;
    static char lines[LINES][96];
    static uint64_t first[LINES];
    static uint64_t ids[LINES];
    static size_t order[LINES];
    uint32_t seed = 7;
    for (size_t i = 0; i < LINES; i++)
        write_line(lines[i], sizeof(lines[i]), &seed);
    for (uint32_t round = 0; round < 20; round++) {
        shuffle(order, LINES, round);
        assign_all(lines, order, round == 0 ? first : ids);
        if (round > 0)
            assert_memory_equal(ids, first, sizeof(first));
    }
}

static void a_saved_set_answers_as_before(void **state)
{
    (void)state;
    struct cw_error err;
    struct generalise *set = make(1000);
    struct generalise *loaded = make(1000);
    struct cw_pack pack;
    char line[96];
    uint32_t seed = 3;
    for (size_t i = 0; i < 100; i++) {
        write_line(line, sizeof(line), &seed);
        (void)give(set, line, 1);
    }
    cw_pack_init(&pack, 1 << 20);
    generalise_save(set, &pack);
    assert_false(pack.failed);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(generalise_load(loaded, &in, &err), CW_OK);
    assert_int_equal(cw_unpack_end(&in, &err), CW_OK);
    assert_int_equal(generalise_once_count(loaded), generalise_once_count(set));
    for (size_t i = 0; i < 100; i++) {
        write_line(line, sizeof(line), &seed);
        const struct generalise_answer a = give(set, line, 2);
        const struct generalise_answer b = give(loaded, line, 2);
        assert_int_equal(a.news, b.news);
        assert_true(a.pattern->id == b.pattern->id);
        assert_int_equal(a.pattern->lines, b.pattern->lines);
    }
    cw_pack_fini(&pack);
    generalise_destroy(&set);
    generalise_destroy(&loaded);
}

static void a_torn_state_is_refused(void **state)
{
    (void)state;
    struct cw_error err;
    struct generalise *set = make(10);
    struct cw_pack pack;
    (void)give(set, "volume alpha is 3 percent full", 1);
    cw_pack_init(&pack, 1 << 20);
    generalise_save(set, &pack);
    for (size_t size = 0; size < pack.size; size++) {
        struct generalise *torn = make(10);
        struct cw_unpack in = cw_unpack_of(pack.bytes, size);
        const enum cw_status status = generalise_load(torn, &in, &err);
        assert_true(status != CW_OK || cw_unpack_end(&in, &err) != CW_OK);
        generalise_destroy(&torn);
    }
    cw_pack_fini(&pack);
    generalise_destroy(&set);
}

/* 10^6 lines that have nothing in common but their length. */
static void a_flood_of_kinds_stays_within_the_bound(void **state)
{
    (void)state;
    struct cw_error err;
    struct patterns *patterns = NULL;
    char line[64];
    uint32_t seed = 1;
    assert_int_equal(patterns_create(&patterns, 100, &err), CW_OK);
    for (size_t i = 0; i < 100000; i++) {
        for (size_t k = 0; k < 40; k++)
            line[k] = (char)(k % 8 == 7 ? ' ' : 'g' + next(&seed) % 20);
        assert_int_equal(
            patterns_add(patterns, (struct cw_text){line, 40}, &err), CW_OK);
    }
    assert_int_equal(patterns_count(patterns), 100);
    const struct patterns_row last = patterns_row(patterns, 99999);
    assert_memory_equal(last.text.bytes, "<other>", last.text.size);
    assert_int_equal(last.line_count, 99900);
    patterns_destroy(&patterns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fourth_value_makes_a_place_variable),
        cmocka_unit_test(state_words_and_first_words_stay),
        cmocka_unit_test(a_value_seen_by_its_looks_covers_the_words_before_it),
        cmocka_unit_test(a_full_set_evicts_what_is_idle_and_refuses_else),
        cmocka_unit_test(the_order_of_lines_does_not_change_their_ids),
        cmocka_unit_test(a_saved_set_answers_as_before),
        cmocka_unit_test(a_torn_state_is_refused),
        cmocka_unit_test(a_flood_of_kinds_stays_within_the_bound),
    };
    return cmocka_run_group_tests_name("generalise", tests, NULL, NULL);
}
