#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <string.h>

#include "party.h"
#include "trace.h"

#define NONE     CW_SPAN_KIND_UNSPECIFIED
#define INTERNAL CW_SPAN_KIND_INTERNAL
#define SERVER   CW_SPAN_KIND_SERVER
#define CLIENT   CW_SPAN_KIND_CLIENT
#define PRODUCER CW_SPAN_KIND_PRODUCER
#define CONSUMER CW_SPAN_KIND_CONSUMER

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Parties, for reading. */
enum { WEB = 1, CART, REDIS, QUEUE };

static struct trace_span span(enum cw_span_kind kind, uint32_t party,
                              uint64_t id, uint64_t parent)
{
    return (struct trace_span){.id = id,
                               .parent = parent,
                               .party = party,
                               .peer = PARTY_NONE,
                               .duration_us = (int64_t)id * 100,
                               .weight = PARTY_UNIT,
                               .kind = kind};
}

static struct trace_span with_peer(struct trace_span from, uint32_t peer)
{
    from.peer = peer;
    return from;
}

struct heard {
    struct trace_call calls[64];
    uint64_t call_ids[64];
    size_t call_count;
    uint64_t served[64];
    size_t served_count;
};

static void hear_call(void *context, const struct trace_call *call)
{
    struct heard *heard = context;
    heard->call_ids[heard->call_count] = call->span->id;
    heard->calls[heard->call_count++] = *call;
}

static void hear_served(void *context, const struct trace_span *served)
{
    struct heard *heard = context;
    heard->served[heard->served_count++] = served->id;
}

static void join_all(const struct trace_span *spans, size_t count,
                     struct heard *heard)
{
    struct cw_error err;
    struct trace trace = {0};
    const struct trace_sink sink = {heard, hear_call, hear_served};
    memset(heard, 0, sizeof(*heard));
    for (size_t i = 0; i < count; i++) {
        enum trace_answer answer;
        assert_int_equal(trace_add(&trace, &spans[i], &answer, &err), CW_OK);
        assert_int_equal(answer, TRACE_ADDED);
    }
    trace_join(&trace, &sink);
    trace_fini(&trace);
}

static void expect_call(const struct heard *heard, size_t index,
                        uint32_t caller, uint32_t callee, uint64_t id)
{
    assert_true(index < heard->call_count);
    assert_int_equal(heard->calls[index].caller, caller);
    assert_int_equal(heard->calls[index].callee, callee);
    assert_int_equal(heard->call_ids[index], id);
}

/* The drawing of trace.h: web calls cart, whose duration it is; cart's call of
 * redis is known from its own side only. */
static void the_drawn_trace_makes_two_calls(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        span(CLIENT, WEB, 1, 0), span(SERVER, CART, 2, 1),
        with_peer(span(CLIENT, CART, 3, 2), REDIS)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 2);
    expect_call(&heard, 0, WEB, CART, 2);
    expect_call(&heard, 1, CART, REDIS, 3);
    assert_true(heard.calls[1].by_peer && !heard.calls[0].by_peer);
    assert_int_equal(heard.served_count, 0);
}

static void the_order_of_spans_does_not_matter(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        with_peer(span(CLIENT, CART, 3, 2), REDIS), span(SERVER, CART, 2, 1),
        span(CLIENT, WEB, 1, 0)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 2);
    expect_call(&heard, 0, WEB, CART, 2);
    expect_call(&heard, 1, CART, REDIS, 3);
}

static void a_client_whose_call_arrived_needs_no_peer(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        with_peer(span(CLIENT, WEB, 1, 0), REDIS), span(SERVER, CART, 2, 1)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 1);
    expect_call(&heard, 0, WEB, CART, 2);
}

/* Zipkin: both halves are span 2; span 3 is a child of the serving half. */
static void the_halves_of_a_shared_span_are_a_call(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        span(SERVER, WEB, 1, 0), with_peer(span(CLIENT, WEB, 2, 1), CART),
        span(SERVER, CART, 2, 1), span(CLIENT, CART, 3, 2)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 1);
    expect_call(&heard, 0, WEB, CART, 2);
}

static void a_missing_parent_makes_no_call(void **state)
{
    (void)state;
    const struct trace_span spans[] = {span(SERVER, CART, 2, 1)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 0);
    assert_int_equal(heard.served_count, 0); /* it counted when it came */
}

static void spans_of_no_kind_serve_where_their_party_is_entered(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        span(NONE, WEB, 1, 0),      /* root: at once */
        span(INTERNAL, WEB, 2, 1),  /* same party: inside */
        span(INTERNAL, CART, 3, 2), /* entered here */
        span(NONE, QUEUE, 5, 4),    /* parent unseen: entered here */
        span(NONE, QUEUE, 6, 7)};   /* ... once is enough */
    struct heard heard;
    assert_true(trace_serves_at_once(&spans[0]));
    assert_false(trace_serves_at_once(&spans[2]));
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.served_count, 2);
    assert_int_equal(heard.served[0], 3);
    assert_int_equal(heard.served[1], 5);
    assert_int_equal(heard.call_count, 1);
    expect_call(&heard, 0, WEB, CART, 3);
}

static void a_queue_sends(void **state)
{
    (void)state;
    const struct trace_span spans[] = {
        with_peer(span(PRODUCER, WEB, 1, 0), QUEUE),
        span(CONSUMER, CART, 2, 1)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 1);
    assert_true(heard.calls[0].sends);
    join_all(spans, 1, &heard);
    expect_call(&heard, 0, WEB, QUEUE, 1);
    assert_true(heard.calls[0].sends && heard.calls[0].by_peer);
}

static void a_cycle_ends(void **state)
{
    (void)state;
    const struct trace_span spans[] = {span(SERVER, WEB, 1, 2),
                                       span(SERVER, CART, 2, 1),
                                       span(INTERNAL, REDIS, 3, 3)};
    struct heard heard;
    join_all(spans, COUNT(spans), &heard);
    assert_int_equal(heard.call_count, 2);
    expect_call(&heard, 0, CART, WEB, 1);
    expect_call(&heard, 1, WEB, CART, 2);
}

static void a_span_counts_once_and_a_crowd_is_refused(void **state)
{
    (void)state;
    struct cw_error err;
    struct trace trace = {0};
    enum trace_answer answer;
    for (uint64_t i = 1; i <= TRACE_SPAN_MAX; i++) {
        const struct trace_span next = span(SERVER, CART, i, 0);
        assert_int_equal(trace_add(&trace, &next, &answer, &err), CW_OK);
        assert_int_equal(answer, TRACE_ADDED);
    }
    const struct trace_span again = span(SERVER, CART, 7, 0);
    assert_int_equal(trace_add(&trace, &again, &answer, &err), CW_OK);
    assert_int_equal(answer, TRACE_DUPLICATE);
    const struct trace_span further = span(SERVER, CART, 9999, 0);
    assert_int_equal(trace_add(&trace, &further, &answer, &err), CW_OK);
    assert_int_equal(answer, TRACE_FULL);
    trace_fini(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drawn_trace_makes_two_calls),
        cmocka_unit_test(the_order_of_spans_does_not_matter),
        cmocka_unit_test(a_client_whose_call_arrived_needs_no_peer),
        cmocka_unit_test(the_halves_of_a_shared_span_are_a_call),
        cmocka_unit_test(a_missing_parent_makes_no_call),
        cmocka_unit_test(spans_of_no_kind_serve_where_their_party_is_entered),
        cmocka_unit_test(a_queue_sends),
        cmocka_unit_test(a_cycle_ends),
        cmocka_unit_test(a_span_counts_once_and_a_crowd_is_refused),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
