/* POSIX threads. In a task each takes the next few items until there are no more. */
#include "os/thread.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"

enum { MOST_THREADS = 64, MOST_ITEMS_AT_ONCE = 32 };

void
lock_init(struct lock *lock)
{
    pthread_mutex_init(&lock->mutex, NULL);
}

void
lock_enter(struct lock *lock)
{
    if (pthread_mutex_lock(&lock->mutex) != 0) {
        BUG("a lock cannot be taken");
    }
}

void
lock_leave(struct lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}

void
lock_release(struct lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

unsigned
processor_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    return 1;
}

/* ---- Threads that wait ---- */

struct worker {
    struct thread_pool *pool;
    unsigned number; /* from 1: 0 is the owner */
    pthread_t thread;
};

struct thread_pool {
    pthread_mutex_t mutex; /* of all down to `is_over` */
    pthread_cond_t has_work;
    pthread_cond_t is_idle;
    void (*function)(void *context, unsigned number);
    void *context;
    unsigned wanted; /* calls that no thread has begun */
    unsigned running;
    bool is_over;
    unsigned thread_limit; /* without the owner */
    unsigned thread_count;
    struct worker *workers;
    void (*job)(void *context); /* of thread_pool_start() */
    void *job_context;
};

static void *
wait_and_work(void *argument)
{
    const struct worker *worker = argument;
    struct thread_pool *pool = worker->pool;

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->wanted && !pool->is_over) {
            pthread_cond_wait(&pool->has_work, &pool->mutex);
        }
        if (!pool->wanted) {
            break;
        }
        pool->wanted--;
        pool->running++;
        pthread_mutex_unlock(&pool->mutex);
        pool->function(pool->context, worker->number);
        pthread_mutex_lock(&pool->mutex);
        pool->running--;
        if (!pool->running) {
            pthread_cond_signal(&pool->is_idle);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

struct thread_pool *
thread_pool_new(unsigned thread_count)
{
    struct thread_pool *pool = memory_alloc_zeroed(sizeof *pool);
    unsigned limit = thread_count > MOST_THREADS ? MOST_THREADS : thread_count ? thread_count : 1;

    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->has_work, NULL);
    pthread_cond_init(&pool->is_idle, NULL);
    pool->thread_limit = limit - 1;
    pool->workers = memory_alloc_zeroed(limit * sizeof *pool->workers);
    return pool;
}

void
thread_pool_free(struct thread_pool *pool)
{
    if (!pool) {
        return;
    }
    thread_pool_join(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->is_over = true;
    pthread_cond_broadcast(&pool->has_work);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->has_work);
    pthread_cond_destroy(&pool->is_idle);
    pthread_mutex_destroy(&pool->mutex);
    memory_free(pool->workers);
    memory_free(pool);
}

/* Nothing runs: makes up to `wanted` threads call the function, each once; returns how many there are for it. */
static unsigned
begin(struct thread_pool *pool, unsigned wanted, void (*function)(void *context, unsigned number), void *context)
{
    while (pool->thread_count < wanted && pool->thread_count < pool->thread_limit) {
        struct worker *worker = &pool->workers[pool->thread_count];
        *worker = (struct worker){.pool = pool, .number = pool->thread_count + 1};
        if (pthread_create(&worker->thread, NULL, wait_and_work, worker) != 0) {
            pool->thread_limit = pool->thread_count; /* more are not to be had */
            break;
        }
        pool->thread_count++;
    }
    wanted = wanted < pool->thread_count ? wanted : pool->thread_count;
    pthread_mutex_lock(&pool->mutex);
    pool->function = function;
    pool->context = context;
    pool->wanted = wanted;
    if (wanted == 1) {
        pthread_cond_signal(&pool->has_work);
    } else {
        pthread_cond_broadcast(&pool->has_work);
    }
    pthread_mutex_unlock(&pool->mutex);
    return wanted;
}

void
thread_pool_join(struct thread_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->running || pool->wanted) {
        pthread_cond_wait(&pool->is_idle, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void
call_job(void *context, unsigned number)
{
    const struct thread_pool *pool = context;

    (void)number;
    pool->job(pool->job_context);
}

void
thread_pool_start(struct thread_pool *pool, void (*function)(void *context), void *context)
{
    thread_pool_join(pool);
    pool->job = function;
    pool->job_context = context;
    if (!begin(pool, 1, call_job, pool)) {
        function(context);
    }
}

/* ---- Tasks ---- */

struct task {
    parallel_function function;
    void *context;
    size_t count;
    size_t items_at_once;
    atomic_size_t next;
};

static void
take_items(void *context, unsigned number)
{
    struct task *task = context;

    for (;;) {
        size_t first = atomic_fetch_add(&task->next, task->items_at_once);
        if (first >= task->count) {
            return;
        }
        size_t left = task->count - first;
        size_t end = first + (left < task->items_at_once ? left : task->items_at_once);
        for (size_t i = first; i < end; i++) {
            task->function(task->context, number, i);
        }
    }
}

void
thread_pool_for(struct thread_pool *pool, size_t count, parallel_function function, void *context)
{
    unsigned others = count > pool->thread_limit ? pool->thread_limit : count ? (unsigned)count - 1 : 0;
    size_t items_at_once = count / (others + 1) / 64 + 1;
    struct task task = {.function = function, .context = context, .count = count};

    task.items_at_once = items_at_once > MOST_ITEMS_AT_ONCE ? MOST_ITEMS_AT_ONCE : items_at_once;
    thread_pool_join(pool);
    begin(pool, others, take_items, &task);
    take_items(&task, 0);
    /* Threads that did not wake until now have nothing left to do. */
    pthread_mutex_lock(&pool->mutex);
    pool->wanted = 0;
    pthread_mutex_unlock(&pool->mutex);
    thread_pool_join(pool);
}
