#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h> /* needs the four above */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "base/reload.h"

struct fixture {
    sem_t woken;
    struct cw_reload *reload;
};

struct asker {
    struct fixture *fixture;
    pthread_t thread;
    int64_t patience_us;
    enum cw_status status;
    struct cw_error err;
};

static void wake(void *context)
{
    struct fixture *f = context;
    (void)sem_post(&f->woken);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct cw_error err;
    (void)sem_init(&f.woken, 0, 0);
    assert_int_equal(cw_reload_create(&f.reload, wake, &f, &err), CW_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cw_reload_destroy(&f->reload);
    assert_null(f->reload);
    (void)sem_destroy(&f->woken);
    return 0;
}

static void *ask(void *context)
{
    struct asker *asker = context;
    asker->status =
        cw_reload_ask(asker->fixture->reload, asker->patience_us, &asker->err);
    return NULL;
}

static void start(struct asker *asker, struct fixture *f)
{
    *asker = (struct asker){.fixture = f, .patience_us = 10000000};
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
    (void)sem_wait(&f->woken);
}

static void answer(struct fixture *f, uint64_t begun, enum cw_status status)
{
    struct cw_error outcome = {.status = CW_OK};
    if (status != CW_OK)
        (void)cw_fail(&outcome, status, "c.yml:3: fault");
    cw_reload_answer(f->reload, begun, &outcome);
}

static void the_outcome_comes_back(void **state)
{
    struct fixture *f = *state;
    struct asker asker;
    start(&asker, f);
    answer(f, cw_reload_begin(f->reload), CW_BAD_CONFIG);
    assert_int_equal(pthread_join(asker.thread, NULL), 0);
    assert_int_equal(asker.status, CW_BAD_CONFIG);
    assert_string_equal(asker.err.text, "c.yml:3: fault");
    start(&asker, f);
    answer(f, cw_reload_begin(f->reload), CW_OK);
    assert_int_equal(pthread_join(asker.thread, NULL), 0);
    assert_int_equal(asker.status, CW_OK);
}

static void one_answer_serves_all_who_asked_before(void **state)
{
    struct fixture *f = *state;
    struct asker askers[4];
    for (int i = 0; i < 4; i++)
        start(&askers[i], f);
    answer(f, cw_reload_begin(f->reload), CW_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_int_equal(askers[i].status, CW_OK);
    }
}

/* The file may have been read before the second changed it. */
static void who_asks_during_a_reload_waits_for_the_next(void **state)
{
    struct fixture *f = *state;
    struct asker first;
    struct asker second;
    start(&first, f);
    const uint64_t begun = cw_reload_begin(f->reload);
    start(&second, f);
    answer(f, begun, CW_OK);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    assert_int_equal(first.status, CW_OK);
    answer(f, cw_reload_begin(f->reload), CW_BAD_CONFIG);
    assert_int_equal(pthread_join(second.thread, NULL), 0);
    assert_int_equal(second.status, CW_BAD_CONFIG);
}

static void patience_ends(void **state)
{
    struct fixture *f = *state;
    struct cw_error err;
    assert_int_equal(cw_reload_ask(f->reload, 2000, &err), CW_UNAVAILABLE);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(the_outcome_comes_back),
        CLAIM(one_answer_serves_all_who_asked_before),
        CLAIM(who_asks_during_a_reload_waits_for_the_next),
        CLAIM(patience_ends),
    };
    return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
