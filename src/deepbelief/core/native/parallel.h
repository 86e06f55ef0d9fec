/* How work is split over the cores.

   A job is cut into PIECES pieces for each thread. A thread first does its own pieces, and then takes pieces of the
   other threads that nobody has begun. So if another program occupies the core of a thread, the job waits for one piece
   at most, and not for all pieces of this thread.

   After a job a thread asks for the next one about a millisecond long, and lets other threads run in between. Then it
   sleeps until it is woken. */
#ifndef DEEPBELIEF_PARALLEL_H
#define DEEPBELIEF_PARALLEL_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "vectors.h"

#define MOST_THREADS 256
#define PIECES 8      /* for each thread */
#define PATIENCE 2000 /* how often a thread asks for a job before it sleeps */
#define OPEN ((size_t)1 << 32) /* a bit of `door` above all counts of threads */

/* Do piece `index` of `pieces`. */
typedef void Task(const void *job, Index index, Index pieces);

static struct {
    pthread_mutex_t in_use; /* only one caller may use the pool at a time */
    pthread_mutex_t lock;
    pthread_cond_t has_job;
    Task *task;
    const void *job;
    Control control;       /* of the caller; each thread sets it, to round like the caller */
    atomic_ptrdiff_t size; /* how many threads share a job; the caller is one of them */
    Index started;         /* how many threads were started; the caller does not count */
    _Alignas(64) atomic_size_t jobs; /* how many jobs were begun so far */
    _Alignas(64) atomic_size_t door; /* how many threads work on the job, plus OPEN while others may join */
    struct {
        _Alignas(64) atomic_size_t next; /* the first piece of this thread that nobody has begun */
    } own[MOST_THREADS];
} pool = {.in_use = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .has_job = PTHREAD_COND_INITIALIZER,
          .size = 1};

typedef struct {
    Index first, last;
} Range;

/* Part `index` of `total` items, which are cut into `parts` nearly equal parts. */
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

/* Wait until more than `seen` jobs were begun. Return how many were begun. */
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

/* Start the threads that are missing, or as many of them as the system allows. They block all signals, so that signals
   are handled by the threads of Python. */
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

/* Called in a child process after a fork, because the threads of the parent do not exist in the child. */
static void forget_threads(void)
{
    pthread_mutex_init(&pool.in_use, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.has_job, NULL);
    pool.started = 0;
    pool.door = 0;
}

/* Do a whole job. This thread does it alone if the job is too small to be shared (`is_worth_it` is 0), or if another
   thread of Python is using the pool. */
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

/* Set how many threads share a job. The caller is one of them. */
static void resize_pool(Index size)
{
    pthread_mutex_lock(&pool.in_use);
    pool.size = at_most(size < 1 ? 1 : size, MOST_THREADS);
    pthread_mutex_unlock(&pool.in_use);
}

#endif
