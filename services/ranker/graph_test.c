/* Claims of graph and view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <math.h>

#include "view.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define T0     (1700000040 * SECOND) /* begins a minute */
#define ROUTE  77

struct stage {
    struct ranker_window *window;
    struct ranker_graph *graph;
    struct cw_arena *arena;
    struct ranker_view view;
    uint32_t hops[64];
    uint32_t queue[64];
};

static struct cw_entity entity(const char *name)
{
    return (struct cw_entity){CW_TEXT("service"), cw_text_of(name)};
}

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct cw_error err;

    *state = stage;
    return stage == NULL ||
           ranker_window_create(&stage->window, &err) != CW_OK ||
           ranker_graph_create(&stage->graph, &err) != CW_OK ||
           cw_arena_create(&stage->arena, 1 << 24, &err) != CW_OK;
}

static int end(void **state)
{
    struct stage *stage = *state;

    ranker_window_destroy(&stage->window);
    ranker_graph_destroy(&stage->graph);
    cw_arena_destroy(&stage->arena);
    free(stage);
    return 0;
}

static uint32_t place(struct stage *stage, const char *name)
{
    const struct cw_entity named = entity(name);
    struct cw_error err;
    uint32_t found = 0;

    assert_int_equal(
        ranker_window_enter(stage->window, ROUTE, &named, T0, &found, &err),
        CW_OK);
    return found;
}

static void declare(struct stage *stage, const char *caller, const char *callee,
                    int64_t from_at, int64_t to_at)
{
    const struct cw_topology_edge edge = {.caller = entity(caller),
                                          .callee = entity(callee),
                                          .kind = CW_TEXT("calls"),
                                          .source = CW_TEXT("declared"),
                                          .valid_from = from_at,
                                          .valid_to = to_at,
                                          .criticality = 1};
    struct cw_error err;

    (void)place(stage, caller);
    (void)place(stage, callee);
    assert_int_equal(ranker_graph_declare(stage->graph, ROUTE, &edge, T0, &err),
                     CW_OK);
}

static void count(struct stage *stage, int64_t at, double calls, double errors)
{
    const struct cw_edge edge = {.from_at = at,
                                 .to_at = at + 5 * SECOND,
                                 .caller = entity("a"),
                                 .callee = entity("b"),
                                 .kind = CW_TEXT("calls"),
                                 .count = calls,
                                 .errors = errors};
    struct cw_error err;

    assert_int_equal(ranker_graph_count(stage->graph, ROUTE, &edge, at, &err),
                     CW_OK);
}

static void look(struct stage *stage, int64_t at, int64_t now_at)
{
    const struct ranker_view_of of = {stage->window, stage->graph, ROUTE, at,
                                      now_at};
    struct cw_error err;

    assert_int_equal(ranker_view_make(&stage->view, &of, stage->arena, &err),
                     CW_OK);
}

static void walk(struct stage *stage, const char *from, uint32_t limit)
{
    for (uint32_t p = 0; p < stage->view.size; p++)
        stage->hops[p] = RANKER_NONE;
    stage->hops[place(stage, from)] = 0;
    ranker_view_walk(&stage->view, &stage->view.callees, limit, stage->hops,
                     stage->queue);
}

static void u16_an_edge_counts_while_it_was_valid(void **state)
{
    struct stage *stage = *state;

    declare(stage, "a", "b", T0, T0 + 10 * MINUTE);
    look(stage, T0 - RANKER_SLACK_US - 1, T0 - RANKER_SLACK_US - 1);
    assert_int_equal(stage->view.edge_count, 0);
    look(stage, T0 - RANKER_SLACK_US, T0);
    assert_int_equal(stage->view.edge_count, 1);
    look(stage, T0 + 10 * MINUTE - 1, T0 + 10 * MINUTE);
    assert_int_equal(stage->view.edge_count, 1);
    look(stage, T0 + 10 * MINUTE, T0 + 10 * MINUTE);
    assert_int_equal(stage->view.edge_count, 0);
}

static void u16_edges_of_now_stand_in_and_are_called_stale(void **state)
{
    struct stage *stage = *state;

    declare(stage, "a", "b", T0 + 5 * MINUTE, 0);
    look(stage, T0, T0 + 6 * MINUTE);
    assert_int_equal(stage->view.edge_count, 1);
    assert_true(stage->view.stale);
}

static void u16_cycles_end(void **state)
{
    struct stage *stage = *state;

    declare(stage, "a", "b", T0, 0);
    declare(stage, "b", "c", T0, 0);
    declare(stage, "c", "a", T0, 0);
    look(stage, T0, T0);
    walk(stage, "a", RANKER_NONE - 1);
    assert_int_equal(stage->hops[place(stage, "b")], 1);
    assert_int_equal(stage->hops[place(stage, "c")], 2);
    assert_int_equal(stage->hops[place(stage, "a")], 0);
}

static void a_walk_stops_at_its_limit(void **state)
{
    struct stage *stage = *state;

    declare(stage, "a", "b", T0, 0);
    declare(stage, "b", "c", T0, 0);
    declare(stage, "c", "d", T0, 0);
    declare(stage, "d", "e", T0, 0);
    look(stage, T0, T0);
    walk(stage, "a", 3);
    assert_int_equal(stage->hops[place(stage, "d")], 3);
    assert_int_equal(stage->hops[place(stage, "e")], RANKER_NONE);
}

/* Worked: 100 calls with 1 error before, 50 with 26 since: .52 - .01. */
static void excess_is_the_share_since_less_the_share_before(void **state)
{
    struct stage *stage = *state;
    double share = 0;

    count(stage, T0, 100, 1);
    count(stage, T0 + MINUTE, 50, 26);
    const double excess = ranker_edge_excess(ranker_graph_at(stage->graph, 0),
                                             T0 + MINUTE, &share);
    assert_true(fabs(share - .52) < 1e-9);
    assert_true(fabs(excess - .51) < 1e-9);
}

static void few_calls_say_nothing(void **state)
{
    struct stage *stage = *state;
    double share = 0;

    count(stage, T0, 9, 9);
    assert_true(
        ranker_edge_excess(ranker_graph_at(stage->graph, 0), T0, &share) <= 0);
    count(stage, T0, 1, 1);
    assert_true(
        ranker_edge_excess(ranker_graph_at(stage->graph, 0), T0, &share) > .99);
}

static void old_minutes_fade_into_the_base(void **state)
{
    struct stage *stage = *state;
    double share = 0;

    for (int i = 0; i < 40; i++)
        count(stage, T0 + i * MINUTE, 100, 50); /* it always fails by half */
    count(stage, T0 + 40 * MINUTE, 100, 50);
    assert_true(ranker_edge_excess(ranker_graph_at(stage->graph, 0),
                                   T0 + 40 * MINUTE, &share) <= 1e-6);
    assert_true(fabs(share - .5) < 1e-9);
}

static void counts_that_cannot_be_are_refused(void **state)
{
    struct stage *stage = *state;
    const struct cw_edge more_errors = {.count = 1, .errors = 2};
    const struct cw_edge not_a_number = {.count = (double)NAN, .errors = 0};
    struct cw_error err;

    assert_int_equal(
        ranker_graph_count(stage->graph, ROUTE, &more_errors, T0, &err),
        CW_BAD_RECORD);
    assert_int_equal(
        ranker_graph_count(stage->graph, ROUTE, &not_a_number, T0, &err),
        CW_BAD_RECORD);
    assert_int_equal(ranker_graph_size(stage->graph), 0);
}

static void a_full_graph_lets_the_longest_unheard_go(void **state)
{
    struct stage *stage = *state;
    struct cw_error err;
    char name[16];

    for (uint32_t i = 0; i <= RANKER_EDGE_MAX; i++) {
        (void)snprintf(name, sizeof(name), "e%u", i);
        const struct cw_topology_edge edge = {
            .caller = entity("a"), .callee = entity(name), .valid_from = T0};
        assert_int_equal(ranker_graph_declare(stage->graph, ROUTE, &edge,
                                              T0 + (int64_t)i, &err),
                         CW_OK);
    }
    const struct cw_entity first = entity("e0");
    assert_int_equal(ranker_graph_size(stage->graph), RANKER_EDGE_MAX);
    for (uint32_t i = 0; i < RANKER_EDGE_MAX; i++)
        assert_true(ranker_graph_at(stage->graph, i)->callee !=
                    ranker_entity_id(ROUTE, &first));
}

static void a_saved_graph_loads_and_a_cut_one_does_not(void **state)
{
    struct stage *stage = *state;
    struct ranker_graph *loaded = NULL;
    struct cw_pack pack;
    struct cw_error err;
    double share = 0;

    count(stage, T0, 100, 10);
    cw_pack_init(&pack, 1 << 20);
    ranker_graph_save(stage->graph, &pack);
    for (size_t cut = 0; cut <= pack.size; cut++) {
        struct cw_unpack in = cw_unpack_of(pack.bytes, cut);
        assert_int_equal(ranker_graph_create(&loaded, &err), CW_OK);
        assert_int_equal(ranker_graph_load(loaded, &in, &err) == CW_OK,
                         cut == pack.size);
        if (cut == pack.size)
            assert_true(fabs(ranker_edge_excess(ranker_graph_at(loaded, 0), T0,
                                                &share) -
                             .1) < 1e-6);
        ranker_graph_destroy(&loaded);
    }
    cw_pack_fini(&pack);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CLAIM(u16_an_edge_counts_while_it_was_valid),
        CLAIM(u16_edges_of_now_stand_in_and_are_called_stale),
        CLAIM(u16_cycles_end),
        CLAIM(a_walk_stops_at_its_limit),
        CLAIM(excess_is_the_share_since_less_the_share_before),
        CLAIM(few_calls_say_nothing),
        CLAIM(old_minutes_fade_into_the_base),
        CLAIM(counts_that_cannot_be_are_refused),
        CLAIM(a_full_graph_lets_the_longest_unheard_go),
        CLAIM(a_saved_graph_loads_and_a_cut_one_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
