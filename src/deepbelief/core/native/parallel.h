/* How work is split over the cores.

   A job has more pieces than there are threads. Each thread does its own, then helps the others: a thread whose core
   is taken by another program, or by a library that waits there for its next task, holds up one piece and not its
   share of the job. Between jobs threads wait for a millisecond awake, letting others run, and then asleep. */
#ifndef DEEPBELIEF_PARALLEL_H
#define DEEPBELIEF_PARALLEL_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "vectors.h"

#define MOST_THREADS 256
#define PIECES 8      /* for each thread */
#define PATIENCE 2000 /* looks for a job before falling asleep */
#define OPEN ((size_t)1 << 32)

/* Do piece `index` of `pieces`. */
typedef void Task(const void *job, Index index, Index pieces);

static struct {
    pthread_mutex_t in_use; /* by one caller at a time */
    pthread_mutex_t lock;
    pthread_cond_t has_job;
    Task *task;
    const void *job;
    Control control;       /* the caller's: each thread computes as the caller would */
    atomic_ptrdiff_t size; /* threads for each job, the caller's included */
    Index started;         /* without the callers' */
    _Alignas(64) atomic_size_t jobs; /* begun so far */
    _Alignas(64) atomic_size_t door; /* threads at work, and OPEN as long as others may join them */
    struct {
        _Alignas(64) atomic_size_t next; /* piece of this thread's that nobody has begun */
    } own[MOST_THREADS];
} pool = {.in_use = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .has_job = PTHREAD_COND_INITIALIZER,
          .size = 1};

typedef struct {
    Index first, last;
} Range;

/* One of several nearly equal parts of `total` items. */
static inline Range part(Index total, Index parts, Index index)
{
    return (Range){total * index / parts, total * (index + 1) / parts};
}

static inline Index parts_of(Index total, Index most)
{
    return (total + most - 1) / most;
}

static inline Index at_most(Index a, Index b)
{
    return a < b ? a : b;
}

static void do_pieces(Index thread)
{
    for (Index i = 0; i < pool.size; i++) {
        Index owner = (thread + i) % pool.size, piece;
        while ((piece = (Index)pool.own[owner].next++) < PIECES * (owner + 1))
            pool.task(pool.job, piece, PIECES * pool.size);
    }
}

/* Wait until more jobs were begun than `seen`; return how many. */
static size_t await_job(size_t seen)
{
    for (int looks = 0; looks < PATIENCE; looks++) {
        if (pool.jobs != seen)
            return pool.jobs;
        sched_yield();
    }
    pthread_mutex_lock(&pool.lock);
    while (pool.jobs == seen)
        pthread_cond_wait(&pool.has_job, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
    return pool.jobs;
}

static void *work(void *thread)
{
    for (size_t seen = 0;;) {
        seen = await_job(seen);
        size_t inside = (Index)thread < pool.size ? pool.door : 0;
        while (inside & OPEN && !atomic_compare_exchange_weak(&pool.door, &inside, inside + 1))
            continue;
        if (inside & OPEN) {
            set_control(pool.control);
            do_pieces((Index)thread);
            pool.door--;
        }
    }
    return NULL;
}

/* Start the missing threads, or as many as the system allows. They block signals, which Python's threads handle. */
static void start_threads(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; pool.started < pool.size - 1; pool.started++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)(pool.started + 1)))
            break;
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A child process has none of its parent's threads. */
static void forget_threads(void)
{
    pthread_mutex_init(&pool.in_use, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.has_job, NULL);
    pool.started = 0;
    pool.door = 0;
}

/* Do all of a job; on this thread alone if that is faster, or if another thread is using the pool. */
static void in_parallel(Task *task, const void *job, int is_worth_it)
{
    if (!is_worth_it || pool.size == 1 || pthread_mutex_trylock(&pool.in_use)) {
        task(job, 0, 1);
        return;
    }
    start_threads();
    pool.task = task, pool.job = job, pool.control = control();
    for (Index i = 0; i < pool.size; i++)
        pool.own[i].next = (size_t)(PIECES * i);
    pool.door = OPEN;
    pthread_mutex_lock(&pool.lock);
    pool.jobs++;
    pthread_cond_broadcast(&pool.has_job);
    pthread_mutex_unlock(&pool.lock);
    do_pieces(0);
    pool.door &= ~OPEN;
    while (pool.door)
        sched_yield();
    pthread_mutex_unlock(&pool.in_use);
}

/* Set how many threads, the caller's included, share each job. */
static void resize_pool(Index size)
{
    pthread_mutex_lock(&pool.in_use);
    pool.size = at_most(size < 1 ? 1 : size, MOST_THREADS);
    pthread_mutex_unlock(&pool.in_use);
}

#endif
