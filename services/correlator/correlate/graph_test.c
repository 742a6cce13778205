#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */

#include "correlate/graph_inner.h" /* to make a snapshot that no graph writes */
#include "correlate/reach.h"

static struct corr_graph *make(size_t edge_max)
{
    struct cw_error err = {0};
    struct corr_graph *graph = NULL;
    assert_int_equal(corr_graph_create(&graph, edge_max, &err), CW_OK);
    return graph;
}

static struct cw_entity service(const char *name)
{
    return (struct cw_entity){CW_TEXT("service"), cw_text_of(name)};
}

static uint64_t id_of(const char *name)
{
    return corr_entity_id(service(name));
}

static struct corr_edge_sight sight(const char *caller, const char *callee,
                                    int64_t at)
{
    return (struct corr_edge_sight){
        .caller = service(caller),
        .callee = service(callee),
        .kind = CW_TEXT("calls"),
        .source = CORR_EDGE_SEEN,
        .from_at = at,
        .to_at = at,
        .calls = 1.0,
    };
}

static uint32_t put(struct corr_graph *graph, const char *caller,
                    const char *callee, int64_t at)
{
    struct cw_error err = {0};
    const struct corr_edge_sight seen = sight(caller, callee, at);
    uint32_t edge = CORR_NONE;
    bool fresh = false;
    assert_int_equal(corr_graph_put(graph, &seen, &edge, &fresh, &err), CW_OK);
    return edge;
}

/* Hops from `core` at time 100, -1 = out of reach. */
static int hops(const struct corr_graph *graph, const char *core,
                const char *member, const char *to, uint32_t max_hops)
{
    struct cw_error err = {0};
    struct corr_reach reach = {0};
    struct cw_map64 *members = NULL;
    const uint64_t id = id_of(core);
    assert_int_equal(cw_map64_create(&members, 10, &err), CW_OK);
    if (member != NULL)
        assert_int_equal(cw_map64_put(members, id_of(member), 0, &err), CW_OK);
    const struct corr_reach_from from = {&id, 1, members, 100, 100, max_hops};
    assert_int_equal(corr_reach_build(&reach, graph, &from, &err), CW_OK);
    const uint32_t place =
        corr_reach_find(&reach, corr_graph_node(graph, id_of(to)));
    const int found = place == CORR_NONE ? -1 : reach.places[place].hops;
    corr_reach_fini(&reach);
    cw_map64_destroy(&members);
    return found;
}

/*  web -> cart -> db <- pay      db -> disk */
static struct corr_graph *shop(void)
{
    struct corr_graph *graph = make(100);
    (void)put(graph, "web", "cart", 1);
    (void)put(graph, "cart", "db", 1);
    (void)put(graph, "pay", "db", 1);
    (void)put(graph, "db", "disk", 1);
    return graph;
}

static void distances_of_the_worked_example(void **state)
{
    (void)state;
    struct corr_graph *graph = shop();
    assert_int_equal(hops(graph, "db", NULL, "db", 3), 0);
    assert_int_equal(hops(graph, "db", NULL, "web", 3), 2);
    assert_int_equal(hops(graph, "db", NULL, "web", 1), -1);
    assert_int_equal(hops(graph, "web", NULL, "disk", 3), 3);
    assert_int_equal(hops(graph, "cart", NULL, "pay", 3), 2); /* both need db */
    assert_int_equal(hops(graph, "cart", NULL, "mars", 3), -1);
    corr_graph_destroy(&graph);
}

static void a_common_caller_leads_on_only_as_a_member(void **state)
{
    (void)state;
    struct corr_graph *graph = shop();
    (void)put(graph, "web", "search", 1);
    assert_int_equal(hops(graph, "cart", NULL, "search", 3), -1);
    assert_int_equal(hops(graph, "cart", "web", "search", 3), 2);
    corr_graph_destroy(&graph);
}

static void a_cycle_ends(void **state)
{
    (void)state;
    struct corr_graph *graph = make(100);
    (void)put(graph, "a", "b", 1);
    (void)put(graph, "b", "c", 1);
    (void)put(graph, "c", "a", 1);
    assert_int_equal(hops(graph, "a", NULL, "c", 3), 1);
    corr_graph_destroy(&graph);
}

static void an_edge_counts_only_while_it_is_valid(void **state)
{
    (void)state;
    struct corr_graph *graph = make(100);
    const uint32_t early = put(graph, "a", "b", 1);
    (void)put(graph, "a", "late", 101);
    assert_int_equal(hops(graph, "a", NULL, "b", 3), 1);
    assert_int_equal(hops(graph, "a", NULL, "late", 3), -1);
    corr_graph_end(graph, early, 101);
    assert_int_equal(hops(graph, "a", NULL, "b", 3), 1);
    corr_graph_end(graph, early, 100);
    assert_int_equal(hops(graph, "a", NULL, "b", 3), -1);
    (void)put(graph, "a", "b", 90); /* seen again */
    assert_int_equal(hops(graph, "a", NULL, "b", 3), 1);
    corr_graph_destroy(&graph);
}

static void a_full_graph_refuses_until_an_edge_is_dropped(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct corr_graph *graph = make(2);
    const uint32_t first = put(graph, "a", "b", 1);
    (void)put(graph, "b", "c", 1);
    (void)put(graph, "a", "b", 2); /* known already */
    const struct corr_edge_sight third = sight("c", "d", 1);
    uint32_t edge = 7;
    bool fresh = false;
    assert_int_equal(corr_graph_put(graph, &third, &edge, &fresh, &err),
                     CW_FULL);
    assert_int_equal(edge, 7);
    assert_int_equal(corr_graph_node(graph, id_of("d")), CORR_NONE);
    corr_graph_drop(graph, first);
    assert_int_equal(corr_graph_node(graph, id_of("a")), CORR_NONE);
    assert_int_equal(corr_graph_put(graph, &third, &edge, &fresh, &err), CW_OK);
    assert_int_equal(hops(graph, "b", NULL, "d", 3), 2);
    corr_graph_destroy(&graph);
}

static void saved_and_loaded_it_answers_alike(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct cw_pack pack;
    struct corr_graph *graph = shop();
    struct corr_graph *loaded = make(100);
    corr_graph_drop(graph, put(graph, "x", "y", 1)); /* a hole in the slots */
    cw_pack_init(&pack, 1 << 20);
    corr_graph_save(graph, &pack);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(corr_graph_load(loaded, &in, &err), CW_OK);
    assert_int_equal(cw_unpack_end(&in, &err), CW_OK);
    assert_int_equal(hops(loaded, "web", NULL, "disk", 3), 3);
    assert_int_equal(put(loaded, "n", "m", 1), put(graph, "n", "m", 1));
    assert_true(corr_graph_epoch(loaded) == corr_graph_epoch(graph));
    corr_graph_destroy(&loaded);

    loaded = make(100);
    in = cw_unpack_of(pack.bytes, pack.size - 1); /* cut short */
    assert_int_not_equal(corr_graph_load(loaded, &in, &err), CW_OK);
    corr_graph_destroy(&loaded);
    corr_graph_destroy(&graph);
    cw_pack_fini(&pack);
}

/* Drops every edge: walks all lists and all free slots. */
static void take_apart(struct corr_graph *graph)
{
    for (uint32_t i = 0; i < corr_graph_slots(graph); i++)
        if (corr_graph_edge(graph, i)->used)
            corr_graph_drop(graph, i);
    assert_int_equal(corr_graph_edges(graph), 0);
}

static void a_changed_snapshot_is_refused_or_is_a_graph(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 2, 5, 127, 255};
    struct cw_error err = {0};
    struct cw_pack pack;
    struct corr_graph *graph = shop();
    size_t refused = 0;
    corr_graph_drop(graph, put(graph, "x", "y", 1));
    cw_pack_init(&pack, 1 << 20);
    corr_graph_save(graph, &pack);
    corr_graph_destroy(&graph);
    for (size_t i = 0; i < pack.size * sizeof(values); i++) {
        const size_t at = i / sizeof(values);
        const unsigned char was = pack.bytes[at];
        pack.bytes[at] = values[i % sizeof(values)];
        struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
        graph = make(100);
        if (corr_graph_load(graph, &in, &err) == CW_OK) {
            (void)put(graph, "n", "m", 1);
            (void)put(graph, "o", "p", 1);
            take_apart(graph);
        } else {
            refused++;
        }
        corr_graph_destroy(&graph);
        pack.bytes[at] = was;
    }
    assert_true(refused > 100);
    cw_pack_fini(&pack);
}

/* Taken out of the list of its callee, the degree as if it had never been. */
static void an_edge_in_one_list_only_is_refused(void **state)
{
    (void)state;
    struct cw_error err = {0};
    struct cw_pack pack;
    struct corr_graph *graph = make(100);
    struct corr_graph *loaded = make(100);
    (void)put(graph, "a", "b", 1);
    (void)put(graph, "b", "c", 1);
    struct corr_node *callee =
        &graph->nodes[corr_graph_node(graph, id_of("b"))];
    callee->first_in = CORR_NONE;
    callee->degree--;
    cw_pack_init(&pack, 1 << 20);
    corr_graph_save(graph, &pack);
    struct cw_unpack in = cw_unpack_of(pack.bytes, pack.size);
    assert_int_equal(corr_graph_load(loaded, &in, &err), CW_BAD_STATE);
    corr_graph_destroy(&loaded);
    corr_graph_destroy(&graph);
    cw_pack_fini(&pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_of_the_worked_example),
        cmocka_unit_test(a_common_caller_leads_on_only_as_a_member),
        cmocka_unit_test(a_cycle_ends),
        cmocka_unit_test(an_edge_counts_only_while_it_is_valid),
        cmocka_unit_test(a_full_graph_refuses_until_an_edge_is_dropped),
        cmocka_unit_test(saved_and_loaded_it_answers_alike),
        cmocka_unit_test(a_changed_snapshot_is_refused_or_is_a_graph),
        cmocka_unit_test(an_edge_in_one_list_only_is_refused),
    };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
