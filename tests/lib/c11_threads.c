/* C11's threads on top of POSIX's, for builds under ThreadSanitizer: it knows
 * pthread_create and its kin, not thrd_create, in which librdkafka makes its
 * threads. A thread it does not know crashes it, a lock it does not see looks
 * like a race. glibc's types have the size and layout of its POSIX ones;
 * parameters are named as in its <threads.h>. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t");
_Static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "once_flag");

struct start {
    thrd_start_t run;
    void *with;
};

static int status_of(int code)
{
    return code == 0           ? thrd_success
           : code == ETIMEDOUT ? thrd_timedout
           : code == EBUSY     ? thrd_busy
           : code == ENOMEM    ? thrd_nomem
                               : thrd_error;
}

static void *run(void *context)
{
    const struct start start = *(struct start *)context;
    free(context);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): carried, never dereferenced */
    return (void *)(intptr_t)start.run(start.with);
}

int thrd_create(thrd_t *thr, thrd_start_t func, void *arg)
{
    struct start *start = malloc(sizeof(*start));
    if (start == NULL)
        return thrd_nomem;
    *start = (struct start){func, arg};
    const int code = pthread_create(thr, NULL, run, start);
    if (code != 0)
        free(start);
    return status_of(code);
}

int thrd_join(thrd_t thr, int *res)
{
    void *returned = NULL;
    const int code = pthread_join(thr, &returned);
    if (res != NULL)
        *res = (int)(intptr_t)returned;
    return status_of(code);
}

void call_once(once_flag *flag, void (*func)(void))
{
    (void)pthread_once((pthread_once_t *)flag, func);
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, type & mtx_recursive
                                                     ? PTHREAD_MUTEX_RECURSIVE
                                                     : PTHREAD_MUTEX_NORMAL);
    const int code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    return status_of(code);
}

int mtx_lock(mtx_t *mutex)
{
    return status_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex)
{
    return status_of(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return status_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex)
{
    (void)pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *cond)
{
    return status_of(pthread_cond_init((pthread_cond_t *)cond, NULL));
}

int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return status_of(
        pthread_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *time_point)
{
    return status_of(pthread_cond_timedwait(
        (pthread_cond_t *)cond, (pthread_mutex_t *)mutex, time_point));
}

int cnd_signal(cnd_t *cond)
{
    return status_of(pthread_cond_signal((pthread_cond_t *)cond));
}

int cnd_broadcast(cnd_t *cond)
{
    return status_of(pthread_cond_broadcast((pthread_cond_t *)cond));
}

void cnd_destroy(cnd_t *cond)
{
    (void)pthread_cond_destroy((pthread_cond_t *)cond);
}
